package main

import (
	"bufio"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"domainsync": main})
}

// TestScripts runs every script; a directory without one fails.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":      code,
			"simulator": startSimulator,
		},
	})
}

// code runs a program and wants an exit code: code N program argument…
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program argument…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// startSimulator starts `domainsync simulator` with the arguments, until the
// script ends, and leaves its address in ENDPOINT.
func startSimulator(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: simulator argument…")
	}
	binary, err := exec.LookPath("domainsync")
	ts.Check(err)
	cmd := exec.Command(binary, append([]string{"simulator"}, args...)...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Signal(os.Interrupt) //nolint:errcheck // it may have ended
		cmd.Wait()                       //nolint:errcheck // its exit code is of no interest
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	ts.Check(err)
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		ts.Fatalf("the simulator's first line is %q", line)
	}
	ts.Setenv("ENDPOINT", endpoint)
}
