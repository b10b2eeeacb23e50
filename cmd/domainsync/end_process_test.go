package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/journal"
)

// endWorld is a command in this process, with a report, over a simulated account.
type endWorld struct {
	dir, report string
	sim         *simulator.Simulator
	transport   http.RoundTripper
	stdout      *brokenWriter
}

func newEndWorld(t *testing.T) *endWorld {
	t.Helper()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), lockedFile)
	sim := simulator.New(simulator.Options{Seed: 1, Account: way{}.live()})
	return &endWorld{dir: dir, report: filepath.Join(dir, "reports", "report.json"), sim: sim, transport: sim.Transport(), stdout: new(brokenWriter)}
}

// brokenWriter takes what is written, and fails where it is broken.
type brokenWriter struct {
	strings.Builder
	broken bool
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.broken {
		return 0, errors.New("broken pipe")
	}
	return w.Builder.Write(p)
}

func (w *endWorld) run(t *testing.T, args ...string) outcome {
	t.Helper()
	var stderr strings.Builder
	a := newApp(strings.NewReader(""), w.stdout, &stderr)
	a.getenv, a.credentials, a.transport = func(string) string { return "" }, simulatorKey, w.transport
	code := a.execute(t.Context(), append(args, "--dir", w.dir, "--endpoint", "https://domain.example", "--report", w.report))
	return outcome{code, w.stdout.String(), stderr.String()}
}

// sent reports whether anything was written to the account.
func (w *endWorld) sent() bool {
	for operation := range w.sim.Stats() {
		if strings.HasPrefix(operation, "Save") {
			return true
		}
	}
	return false
}

// TestReportOfAHeldAccount: who holds the account stands in the report, too.
func TestReportOfAHeldAccount(t *testing.T) {
	t.Parallel()
	w := newEndWorld(t)
	makeReports(t, w)
	held, err := journal.Open(t.Context(), filepath.Join(w.dir, ".domainsync"), journal.Options{Endpoint: "https://domain.example", Account: "42"})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close() //nolint:errcheck // nothing is written
	out := w.run(t, "apply", "--auto-approve").want(t, exitHeld)
	checkEnd(t, w.report, out, way{code: exitHeld, reason: "account_held", line: "another run holds the account"})
}

// TestReportWhereNobodyReads: where standard output is broken before the plan is
// shown, nothing is sent, and the report says why.
func TestReportWhereNobodyReads(t *testing.T) {
	t.Parallel()
	for _, form := range [][]string{nil, {"--json"}} {
		w := newEndWorld(t)
		makeReports(t, w)
		w.stdout.broken = true
		out := w.run(t, append([]string{"apply", "--auto-approve"}, form...)...).want(t, exitError)
		checkEnd(t, w.report, out, way{code: exitError, reason: "error", line: "broken pipe"})
		if w.sent() {
			t.Error("something was sent, and nobody had seen the plan")
		}
	}
}

// TestReportThatCannotBeWritten: what can be known before is said before anything is
// done. What shows only in the end takes nothing back, and is an error.
func TestReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newEndWorld(t)
	out := w.run(t, "apply", "--auto-approve").want(t, exitError)
	if got := lastLine(out.stderr); !strings.HasPrefix(got, "exit 1: error: the report cannot be saved: ") || !strings.Contains(got, "nothing was done") || strings.Count(out.stderr, "cannot be saved") != 1 {
		t.Errorf("it says %s", out.stderr)
	}
	if len(w.sim.Stats()) > 0 {
		t.Error("the account was asked")
	}
	makeReports(t, w)
	w.transport = hook{w.transport, func() { os.RemoveAll(filepath.Dir(w.report)) }} //nolint:errcheck // the end tells
	out = w.run(t, "apply", "--auto-approve").want(t, exitError)
	if got := lastLine(out.stderr); !strings.HasPrefix(got, "exit 1: error: the report cannot be saved: ") || !w.sent() {
		t.Errorf("it says %s", out.stderr)
	}
}

func makeReports(t *testing.T, w *endWorld) {
	t.Helper()
	if err := os.Mkdir(filepath.Dir(w.report), 0o700); err != nil {
		t.Fatal(err)
	}
}

// hook does something before each request.
type hook struct {
	http.RoundTripper
	before func()
}

func (h hook) RoundTrip(r *http.Request) (*http.Response, error) {
	h.before()
	return h.RoundTripper.RoundTrip(r)
}
