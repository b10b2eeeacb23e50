package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"domainsync": main, "crashing": crashing})
}

// TestScripts runs every script; a directory without one fails.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, scripts())
}

// scripts says where scripts are, and what they can do.
func scripts() testscript.Params {
	return testscript.Params{
		Dir:                 "../../testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, testKey...)
			// Where there are no credentials nobody is to be asked for some.
			env.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
			env.Values[servedKey] = new([]*exec.Cmd)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture":   capture,
			"dates":     dates,
			"code":      code,
			"simulator": startSimulator,
			"fetch":     fetch,
			"serve":     startServe,
			"hangup":    hangup,
			"terminate": terminate,
			"await":     await,
		},
	}
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

// dates writes into a file when days are that lie so far from today: DAY-40 is 40
// days ago, DAY+40 in 40 days.
func dates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dates file")
	}
	now := time.Now().UTC()
	text := regexp.MustCompile(`DAY[+-]\d+`).ReplaceAllStringFunc(ts.ReadFile(args[0]), func(day string) string {
		n, err := strconv.Atoi(day[len("DAY"):])
		ts.Check(err)
		return now.AddDate(0, 0, n).Format("2006-01-02T03:00:00Z")
	})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
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
