package main

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// TestScriptsOnPostgreSQL runs the scripts that want a database: its URL, with a password,
// is DATABASE, and that of an empty one RESTORED.
func TestScriptsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	p := scripts()
	p.Dir = "../../testdata/script/postgres"
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		for _, name := range []string{"DATABASE", "RESTORED"} {
			u, err := url.Parse(c.Database(t))
			if err != nil {
				return err
			}
			u.User = url.UserPassword(u.User.Username(), "opensesame")
			env.Setenv(name, u.String())
		}
		env.Setenv("PATH", env.Getenv("PATH")+string(os.PathListSeparator)+c.Bin())
		return setup(env)
	}
	testscript.Run(t, p)
}

// servedKey is where a script has the processes that serve a fleet.
const servedKey = "served"

// startServe starts `domainsync serve` with the arguments, and leaves its address in
// SERVER. The script ends it by terminate, the last one first.
func startServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: serve argument…")
	}
	binary, err := exec.LookPath("domainsync")
	ts.Check(err)
	cmd := exec.Command(binary, append([]string{"serve"}, args...)...)
	log, err := os.CreateTemp(ts.Getenv("WORK"), "serve-*.log")
	ts.Check(err)
	cmd.Dir, cmd.Stderr, cmd.Env = ts.Getenv("WORK"), log, append(os.Environ(), testKey...)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Kill() //nolint:errcheck // it has ended where the script has come to its end
		text, _ := os.ReadFile(log.Name())
		ts.Logf("what the process that serves has said:\n%s", text)
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		ts.Fatalf("the first line is %q: %v", line, err)
	}
	ts.Setenv("SERVER", address)
	all := ts.Value(servedKey).(*[]*exec.Cmd)
	*all = append(*all, cmd)
}

// served is the process that serves, the last one that has begun.
func served(ts *testscript.TestScript, neg bool) *exec.Cmd {
	all := *ts.Value(servedKey).(*[]*exec.Cmd)
	if neg || len(all) == 0 {
		ts.Fatalf("no process serves")
	}
	return all[len(all)-1]
}

// hangup has the process that serves read its file anew.
func hangup(ts *testscript.TestScript, neg bool, _ []string) {
	ts.Check(served(ts, neg).Process.Signal(syscall.SIGHUP))
}

// terminate ends the process that serves, and wants an exit code: terminate N.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	cmd := served(ts, neg)
	want, err := strconv.Atoi(strings.Join(args, ""))
	ts.Check(err)
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	cmd.Wait() //nolint:errcheck // its exit code is compared
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("the process that serves ends with %d, want %d", got, want)
	}
	all := ts.Value(servedKey).(*[]*exec.Cmd)
	*all = (*all)[:len(*all)-1]
}

// await gets a page until it matches: await URL PATTERN.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await URL PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	tick, over := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	page := ""
	for {
		if resp, err := http.Get(args[0]); err == nil {
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if page = string(text); pattern.MatchString(page) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-over:
			ts.Fatalf("%s says %q", args[0], page)
		}
	}
}
