package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/sourcegraph/conc"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/inert"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	fleet   string // file
	listen  string // address; "": nothing is served
	workers int
	drain   time.Duration
	tls     tlsFlags
	// heartbeat is the URL that is called while the process looks after the fleet, or @
	// before a file that holds it; "": none is.
	heartbeat string
}

// usualWorkers is how many jobs run side by side at most unless something else is said:
// they wait for the service most of their time.
const usualWorkers = 8

func newServe(a *app) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the jobs of many accounts on their schedules",
		Long: `Runs the jobs that ` + config.FleetFile + ` declares, each at its times, until it is
interrupted: each run is a plan or an apply of one directory, as it is on disk when the
run begins. A time that was missed is run once, late, and the log says so. When jobs are
due and what became of them lies in ` + "fleet.db" + ` in the state (default .domainsync in --dir);
the journal of each account where it says, by default .domainsync in its directory, where
other commands look for it, too. domainsync jobs shows it all, and asks for runs.

With a state of postgres://… any number of processes on any number of machines share the
jobs; journals lie in the same database, unless a job says another state that machines
share. The machines need the same files, and their clocks need not agree.

A changed ` + config.FleetFile + ` takes effect within 20 seconds, and at once by SIGHUP; where it
has mistakes, the former one stays.
The first interrupt (SIGINT, SIGTERM) begins no run any more, and has those at work
settle what they sent and close the locks that they opened, for --drain at most; the
second stops at once. What is left is taken up by the next process.

With --heartbeat a watcher is called each minute while the jobs are looked after, so that
it tells when they are not; heartbeat in ` + config.FleetFile + ` does so for the runs of one job.

With --listen it serves /healthz, /readyz and /metrics, and pages for the persons of the
file: what needs somebody, the plans that wait, runs with their progress, the history.
Nobody has to sign in for the first three, and the names of domains stand in the last:
listen where only those come who may see them, or have the pages block say whose role
they take. Persons sign in over HTTPS, which --tls-cert and --tls-key serve, through
a proxy that the pages block names, or from the machine itself.`,
		Example: `  domainsync serve --fleet fleet.hcl
  domainsync serve --fleet fleet.hcl --state /var/lib/domainsync --listen 127.0.0.1:9480 --log-format json
  domainsync serve --fleet fleet.hcl --state postgres://db.example.com/domainsync`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return a.serveFleet(i, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.fleet, "fleet", config.FleetFile, "`file` that declares the jobs")
	flags.StringVar(&f.listen, "listen", "", "`address` to serve at, such as 127.0.0.1:9480 (default: nothing is served)")
	flags.IntVar(&f.workers, "workers", usualWorkers, "most `jobs` that run side by side")
	flags.DurationVar(&f.drain, "drain", fleet.DefaultDrain, "how long runs have to end in order after an interrupt")
	f.tls.add(flags)
	flags.StringVar(&f.heartbeat, heartbeatFlag, "", "call this `URL`, or the one in @file, each minute while the jobs are looked after")
	must(cmd.MarkFlagFilename("fleet", "hcl"))
	return cmd
}

// fleetServer is a process that runs the jobs of a fleet.
type fleetServer struct {
	app    *app
	path   string // of the file
	state  *fleetState
	table  fleet.Table
	limits *fleetLimits
	runner *fleet.Runner
	by     string // who it is
	id     string // which tells it from all others
	// certificate is what HTTPS is served with; nil: HTTP is.
	certificate *certificate
	asked       chan os.Signal // to read the file anew
	watch       *fileWatch     // notices that the file has changed

	mu     sync.Mutex
	read   time.Time // when the file was read that holds
	broken string    // what is wrong with the file on disk, in short; "": nothing
	// differing says that processes go by different files; "": they do not.
	differing string
}

// serveFleet runs the jobs of a fleet until it is interrupted.
func (a *app) serveFleet(i interrupts, f serveFlags) (err error) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP) // from the begin on: it would end the process
	defer signal.Stop(asked)
	if f.workers < 1 {
		return fmt.Errorf("--workers %d: at least one job runs at a time", f.workers)
	}
	if f.drain <= 0 {
		return fmt.Errorf("--drain %s: runs need time to end in order, such as 5m", f.drain)
	}
	state, err := a.fleetState()
	if err != nil {
		return err
	}
	watch := watchFile(f.fleet)
	file, diags := a.loadFleet(f.fleet, state)
	if err := diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
		return err
	}
	if file == nil {
		return &exit{code: exitError, said: shortly("the file of the fleet has", diags)}
	}
	defer a.spareMemory()()
	defer outliveReaders()()
	table, err := state.serve(i.soft, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	shared, err := a.shareLimits(i.soft, state.place)
	if err != nil {
		return err
	}
	defer shared.close()
	s := &fleetServer{app: a, limits: shared, path: f.fleet, state: state, table: table, by: a.operator(), id: rand.Text(), asked: asked, watch: watch, read: a.clock.Now()}
	s.runner = fleet.NewRunner(file)
	s.runner.Table, s.runner.Perform, s.runner.Holder, s.runner.Clock, s.runner.Log = table, s.perform, s.by, a.clock, a.log
	s.runner.Workers, s.runner.Drain, s.runner.Lease = f.workers, f.drain, cmp.Or(leaseOfBuild(), fleet.DefaultLease)
	release, err := s.carry(i.soft)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return s.serve(i, f)
}

// loadFleet reads the file of the fleet. Addresses that nobody has given are mistakes.
func (a *app) loadFleet(path string, state *fleetState) (*fleet.File, config.Diagnostics) {
	return fleet.Load(path, fleet.LoadOptions{
		State:   state.journals(),
		Bounds:  a.bounds(),
		Now:     a.clock.Now(),
		Notify:  func(name string) bool { return a.getenv(notifyVariableOf(name)) != "" },
		Address: notifyVariableOf,

		Heartbeat: a.heartbeatOf,
	})
}

// notifyVariableOf is the variable that holds the addresses of a name.
func notifyVariableOf(name string) string { return notifyVariable + "_" + strings.ToUpper(name) }

// serve runs the jobs, and answers, until the interrupt.
func (s *fleetServer) serve(i interrupts, f serveFlags) error {
	a := s.app
	listener, err := s.listen(i.soft, f) // one that cannot changes nothing for the others
	if err != nil {
		return err
	}
	guard, err := s.guarded(i.soft.Done())
	if err == nil {
		err = s.runner.Declare(i.soft, s.by, s.runner.File())
	}
	if err == nil {
		s.tellRule(i.soft)
		err = s.tellAddress(listener)
	}
	if err != nil {
		return err
	}
	if err := s.table.Do(i.soft, fleet.Act{By: s.by, Deed: fleet.DeedServe, Detail: "domainsync " + programVersion()}); err != nil {
		return err
	}
	a.log.Info("serving the fleet", "file", s.path, "jobs", len(s.runner.File().Jobs))
	beside, end := context.WithCancel(i.hard)
	var group conc.WaitGroup
	var answered error
	if listener != nil {
		group.Go(func() {
			if answered = s.serveGuarded(beside, listener, guard); answered != nil {
				a.log.Error("nothing is served any more; jobs are run all the same", "error", answered)
			}
		})
	}
	group.Go(func() { s.recordRules(beside, s.runner.File().Jobs, s.runner.File().Rule()) })
	group.Go(func() { s.reloads(beside) })
	group.Go(func() { s.attends(beside) })
	group.Go(func() { s.forgets(beside) })
	if f.heartbeat != "" {
		group.Go(func() { s.beats(beside, i.soft.Done(), f.heartbeat) })
	}
	err = s.runner.Run(i.hard, i.soft.Done())
	end()
	group.Wait()
	s.leave(context.WithoutCancel(i.hard))
	if failure := s.table.Do(context.WithoutCancel(i.hard), fleet.Act{By: s.by, Deed: fleet.DeedStop}); failure != nil {
		answered = errors.Join(answered, failure)
	}
	if err != nil {
		return failedFor(becauseInterrupted, "runs were stopped before their end: %w; the next process settles what they leave", err)
	}
	a.log.Info("all runs have ended")
	return answered
}

// listen opens the address that is served; nil: none is.
func (s *fleetServer) listen(ctx context.Context, f serveFlags) (listener net.Listener, err error) {
	if s.certificate, err = loadCertificate(f.tls); err != nil {
		return nil, err
	}
	switch _, _, unusable := net.SplitHostPort(f.listen); {
	case f.listen == "" && s.certificate != nil:
		return nil, errors.New("--tls-cert and --tls-key are for what --listen serves: give an address there, such as 0.0.0.0:9480")
	case f.listen == "":
		return nil, nil
	case unusable != nil:
		return nil, fmt.Errorf("--listen %s: it is no address with a port, such as 127.0.0.1:9480", f.listen)
	}
	listener, err = new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", f.listen, err)
	}
	if s.certificate != nil {
		listener = s.certificate.over(listener)
	}
	return listener, nil
}

// tellAddress says where the process is served; nil: it is not.
func (s *fleetServer) tellAddress(listener net.Listener) error {
	if listener == nil {
		return nil
	}
	s.warnOfPlainHTTP(listener.Addr())
	scheme := "http"
	if s.certificate != nil {
		scheme = "https"
	}
	_, err := fmt.Fprintf(s.app.stdout, "listening on %s://%s\n", scheme, listener.Addr())
	return err
}

// reload goes by the file as it is on disk now. One with mistakes is refused.
func (s *fleetServer) reload(ctx context.Context) {
	before, wrong := s.runner.File(), s.brokenFile()
	file, diags := s.app.loadFleet(s.path, s.state)
	broken := ""
	if file == nil {
		broken = shortly("the file of the fleet has", diags)
		s.app.log.Error("the file of the fleet is refused, and the former one stays in force", "file", s.path, "why", broken)
		s.say(diags)
	} else if err := s.runner.Declare(ctx, s.by, file); err != nil {
		broken = "the jobs could not be declared: " + err.Error()
		s.watch.forget() // the database may be there at the next look
		if broken == wrong {
			return
		}
		s.app.log.Error("the file of the fleet is not in force: the former one stays", "file", s.path, "why", broken)
	} else {
		s.say(diags)
		s.tellRule(ctx)
		s.renewRules(ctx, before, file)
		s.attend(ctx)
		s.app.log.Info("the file of the fleet was read anew", "file", s.path, "jobs", len(file.Jobs))
	}
	s.mu.Lock()
	if s.broken = broken; broken == "" {
		s.read = s.app.clock.Now()
	}
	s.mu.Unlock()
	if err := s.table.Do(ctx, fleet.Act{By: s.by, Deed: fleet.DeedReload, Detail: cmp.Or(broken, "in force")}); err != nil {
		s.app.log.Error("that the file of the fleet was read anew could not be recorded", "error", err)
	}
}

// brokenFile says what is wrong with the file on disk; "": nothing.
func (s *fleetServer) brokenFile() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// say logs what is wrong with the file of the fleet, one by one.
func (s *fleetServer) say(diags config.Diagnostics) {
	for _, d := range diags.Diagnostics {
		at := ""
		if d.Subject != nil {
			at = fmt.Sprintf("%s:%d", diags.Path(d.Subject), d.Subject.Start.Line)
		}
		log := s.app.log.Warn
		if d.Severity == hcl.DiagError {
			log = s.app.log.Error
		}
		log(inert.Text(d.Summary), "detail", d.Detail, "at", at)
	}
}

// forgetEvery is how often what is too old is forgotten.
const forgetEvery = 24 * time.Hour

// forgets forgets once a day what is too old.
func (s *fleetServer) forgets(ctx context.Context) {
	for {
		now := s.app.clock.Now()
		err := errors.Join(s.table.Forget(ctx, s.runner.File().Retention.Before(now)), s.limits.forget(ctx))
		if err != nil && ctx.Err() == nil {
			s.app.log.Error("what is too old could not be forgotten", "error", err)
		}
		if s.app.clock.Sleep(ctx, forgetEvery) != nil {
			return
		}
	}
}
