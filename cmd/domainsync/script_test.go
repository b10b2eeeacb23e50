package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
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
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, testKey...)
			// Where there are no credentials nobody is to be asked for some.
			env.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture":   capture,
			"code":      code,
			"simulator": startSimulator,
			"fetch":     fetch,
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
	s, err := startSimulatorProcess(binary, ts.Getenv("WORK"), args...)
	ts.Check(err)
	ts.Defer(s.stop)
	ts.Setenv("ENDPOINT", s.endpoint)
}

// fetch gets a page, or posts a file to it: fetch URL [file]. The answer is the
// script's stdout.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: fetch URL [file]")
	}
	var resp *http.Response
	var err error
	if len(args) == 2 {
		resp, err = http.Post(args[0], "application/json", bytes.NewReader([]byte(ts.ReadFile(args[1]))))
	} else {
		resp, err = http.Get(args[0])
	}
	ts.Check(err)
	defer resp.Body.Close()
	_, err = io.Copy(ts.Stdout(), resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s", args[0], resp.Status)
	}
}
