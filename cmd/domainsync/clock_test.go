package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/journal"
	runclock "github.com/domainsync/domainsync/internal/clock"
)

// ahead is the system's clock, some time before it has come so far.
type ahead struct {
	by     time.Duration
	system runclock.Clock
}

func (a ahead) Now() time.Time { return a.system.Now().Add(a.by) }

func (a ahead) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	return a.system.NewTimer(d)
}

func (a ahead) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	end := a.Now().Add(d)
	ctx, cancel := a.system.WithTimeoutCause(ctx, d, cause)
	return endsAt{ctx, end}, cancel
}

// endsAt is a context that tells another deadline than package time's.
type endsAt struct {
	context.Context
	deadline time.Time
}

func (e endsAt) Deadline() (time.Time, bool) { return e.deadline, true }

// TestCommandsGoByOneClock: the service here takes a request only where it is
// signed by the same clock, and what commands record and tell is of that, too.
func TestCommandsGoByOneClock(t *testing.T) {
	t.Parallel()
	here(t, "plan", "--dir", t.TempDir(), "--endpoint", "https://domain.example") // the process listens for signals outside of the bubble
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "main.hcl"), "domain \"example.com\" {\n  transfer_lock = true\n}\n")
		c := runclock.New(ahead{by: 10 * 365 * 24 * time.Hour})
		begin := c.Now()
		sim := simulator.New(simulator.Options{Seed: 1, Clock: c, Account: &snapshot.Account{Domains: []snapshot.Domain{{Name: "example.com"}}}})
		run := func(args ...string) outcome {
			t.Helper()
			var stdout, stderr strings.Builder
			a := newApp(strings.NewReader(""), &stdout, &stderr)
			a.getenv, a.credentials, a.transport, a.clock = func(string) string { return "" }, simulatorKey, sim.Transport(), c
			code := a.execute(t.Context(), append([]string{"--dir", dir, "--endpoint", "https://domain.example", "--quiet"}, args...))
			return outcome{code, stdout.String(), stderr.String()}
		}
		run("apply", "--auto-approve").want(t, exitDone)
		if out := run("log", "--since", "1h", "--format", "csv").want(t, exitDone); !strings.Contains(out.stdout, "example.com") {
			t.Errorf("the log of the last hour is:\n%s", out.stdout)
		}
		if out := run("tasks", "list", "--since", "1h", "--format", "csv").want(t, exitDone); strings.Count(out.stdout, "\n") != 2 {
			t.Errorf("the tasks of the last hour are:\n%s", out.stdout)
		}
		if out := run("api", "call", "QueryChangeLogList", "StartDate=1h", "--all-pages").want(t, exitDone); !strings.Contains(out.stdout, "example.com") {
			t.Errorf("the log of the last hour is, by its operation:\n%s", out.stdout)
		}
		j, err := journal.Open(t.Context(), filepath.Join(dir, ".domainsync"), journal.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}()
		runs, err := j.Runs(t.Context())
		if err != nil || len(runs) != 1 {
			t.Fatalf("%d runs: %v", len(runs), err)
		}
		if r := runs[0]; r.Began.Before(begin) || r.Ended().Before(begin) {
			t.Errorf("the run is recorded from %v to %v, and it was %v at its begin", r.Began, r.Ended(), begin)
		}
	})
}
