package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	runrender "github.com/domainsync/domainsync/executor/render"
	runclock "github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// run executes one command line and returns the process's exit code. Results
// go to stdout, everything else to stderr.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(stdin, stdout, stderr)
	return a.execute(context.Background(), args)
}

// newApp returns what commands run with. All that they write goes through
// [inert.Writer]: what files and the service say acts on nobody who reads it.
func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	held := new(hold)
	return &app{
		stdin: stdin, stdout: newOutput(held.over(stdout)), stderr: newScreen(held.over(stderr)), held: held,
		streams: [2]io.Writer{stdout, stderr},
		getenv:  os.Getenv, environ: os.Environ, credentials: apiclient.CredentialsFromChain,
	}
}

// output is standard output.
type output struct {
	*inert.Writer
	*heldWriter
}

func newOutput(w *heldWriter) *output {
	_, person := terminal(w)
	return &output{inert.NewWriter(w, person), w}
}

// Write writes what acts on nobody.
func (o *output) Write(p []byte) (int, error) { return o.Writer.Write(p) }

// app is what every command runs with.
type app struct {
	stdin   io.Reader
	stdout  *output
	stderr  *screen
	held    *hold        // of both
	streams [2]io.Writer // both as they are, for another program
	getenv  func(string) string
	environ func() []string // as NAME=value
	// credentials finds those of a profile; "" is the default chain.
	credentials func(profile string) apiclient.Credentials
	transport   http.RoundTripper // sends requests; nil: over the network
	meter       apiclient.Meter   // keeps limits together with other runs; nil: there are none
	flags       globalFlags
	server      serverFlags // of the commands that look at a fleet
	log         *slog.Logger
	clock       runclock.Clock // of all that a command reads, plans and executes
	// lines are what a command prints of its run as JSON; nil: it prints text.
	lines *runrender.Lines
	// ended is what became of the run that a command made, as its events tell it; nil:
	// it made none.
	ended         *job.Result
	began         time.Time // when a command began to work; zero: none did
	pinnedAccount string    // by the files of the command; "": any, or nobody has read them
	reportRefused bool      // the file for the report cannot be written, and that is said
	// masker masks what tells of persons in all that is printed and logged; nil:
	// nothing is masked.
	masker *personal.Masker
	// console computes expressions over the files that the command loads; nil: nobody
	// asks for that.
	console  *config.Console
	job, by  string // the job of a fleet, and who has it run; "": it is none
	fleetRun int64  // the number of its run in the table of the fleet; 0: it is none
	// rule is that of the fleet whose job it is; nil: of none.
	rule *planner.PersonRule
	// keepPlan keeps the plan of such a run, where persons have something to decide, and
	// returns its hash; nil: nobody asks for that.
	keepPlan      func(context.Context, *planner.Plan) (hash string, err error)
	sharesProcess bool // with other runs
}

// execute executes one command line and says how it ended.
func (a *app) execute(ctx context.Context, args []string) int {
	a.flags, a.log, a.masker = globalFlags{}, slog.New(slog.DiscardHandler), personal.NewMasker()
	a.lines, a.ended, a.reportRefused, a.console = nil, nil, false, nil
	a.began, a.pinnedAccount = time.Time{}, ""
	root := newRoot(a)                        //nolint:contextcheck // commands get the context from cobra
	root.SetArgs(append([]string{}, args...)) // nil would mean the process's own
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return a.end(ctx, cmd, args, err)
}

// globalFlags are the flags of every command.
type globalFlags struct {
	dir   string
	root  string
	given []givenValue // values of variables
	// fileLimits multiplies what the files of the configuration may take.
	fileLimits float64
	endpoint   string
	// serviceClock says that the service's time is right, and not this machine's.
	serviceClock bool
	state        string  // a directory, or a URL; @ before a file that holds it
	stateDir     string  // the same by its first name
	policy       string  // file of what the operator permits at most
	qps          float64 // calls a second of each operation; 0: as the files say
	logLevel     string
	logFormat    string
	quiet        bool
	noColor      bool
	warnings     bool // of the files: all
	// showPersonal shows what tells of persons as it is.
	showPersonal bool
}
