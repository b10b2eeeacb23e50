package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
)

// sharedBuffer is a buffer that several write to.
type sharedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *sharedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *sharedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (b *sharedBuffer) lines() []string { return strings.Split(strings.TrimSpace(b.String()), "\n") }

// TestEachLineOfARunHasItsJobAndRun, at each level and in both forms, from its begin to
// its end, over calls that fail and are made again: jobs run side by side, and a line
// that says no job tells nobody anything.
func TestEachLineOfARunHasItsJobAndRun(t *testing.T) {
	t.Parallel()
	for form, has := range map[string]func(line string) bool{
		"json": func(line string) bool {
			var fields struct {
				Job string
				Run int
			}
			return json.Unmarshal([]byte(line), &fields) == nil && fields.Job == "corp" && fields.Run == 1
		},
		"text": func(line string) bool { return strings.Contains(line, " job=corp run=1") },
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			all := loggedRun(t, form)
			for _, line := range all {
				if !has(line) {
					t.Errorf("a line of the run does not say whose it is: %s", line)
				}
			}
			text := strings.Join(all, "\n")
			for _, want := range []string{"the run begins", "the run has ended", "call"} {
				if !strings.Contains(text, want) {
					t.Errorf("nothing says %q in\n%s", want, text)
				}
			}
			if len(all) < 10 {
				t.Errorf("the log of a run has %d lines", len(all))
			}
		})
	}
}

// TestTimesInTheLogAreText: in either form a person reads how long something took.
func TestTimesInTheLogAreText(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"text": "late=1m4s", "json": `"late":"1m4s"`} {
		var log sharedBuffer
		a := &app{stderr: newScreen(new(hold).over(&log))}
		a.flags.logFormat, a.flags.logLevel = form, "info"
		if err := a.startLog(); err != nil {
			t.Fatal(err)
		}
		a.log.With("job", "corp").Warn("the run begins late", "late", 64*time.Second)
		if said := strings.Join(log.lines(), ""); !strings.Contains(said, want) {
			t.Errorf("%s: %s has no %s", form, said, want)
		}
	}
}

// TestAnInterruptIsToldInTheLog: where a program reads the log, each line of it is JSON.
func TestAnInterruptIsToldInTheLog(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{"text": "interrupted: nothing more", "json": `{"time":`} {
		var log sharedBuffer
		held := new(hold)
		a := &app{held: held, stderr: newScreen(held.over(&log))}
		a.flags.logFormat, a.flags.logLevel, a.flags.quiet = form, "info", true
		if err := a.startLog(); err != nil {
			t.Fatal(err)
		}
		signals := make(chan os.Signal, 1)
		i, release := listen(t.Context(), signals, a.clock, speaker{a})
		signals <- os.Interrupt
		<-i.soft.Done()
		release()
		if said := log.lines(); len(said) != 1 || !strings.HasPrefix(said[0], want) || !strings.Contains(said[0], "interrupted: nothing more is begun") {
			t.Errorf("%s: the log says %q", form, said)
		}
	}
}

// loggedRun returns what the log says while a job is run once.
func loggedRun(t *testing.T, form string) []string {
	t.Helper()
	sim := simulatedAlpha()
	if err := sim.SetFaults(simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Fail5xx, Status: 503, Code: "ServiceUnavailable", Operation: "Query*", From: 1, Count: 1}}}); err != nil {
		t.Fatal(err)
	}
	s := server(t, sim.Transport())
	var log sharedBuffer
	s.app.stderr = newScreen(new(hold).over(&log))
	s.app.flags.logFormat, s.app.flags.logLevel = form, "debug"
	if err := s.app.startLog(); err != nil {
		t.Fatal(err)
	}
	s.runner.Log, s.runner.Perform, s.runner.Holder = s.app.log, s.perform, s.by
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	j := fleet.Job{Name: "corp", Dir: dir, State: filepath.Join(dir, ".domainsync"), Action: fleet.Apply, Approve: attr.Hazards()}
	if err := s.runner.Declare(t.Context(), "me", &fleet.File{Jobs: []fleet.Job{j}}); err != nil {
		t.Fatal(err)
	}
	if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.runner.Run(ctx, nil) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		runs, err := s.table.Runs(t.Context(), fleet.RunQuery{Job: "corp"})
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) == 1 && !runs[0].Ended.IsZero() {
			break
		}
	}
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return log.lines()
}

// TestAProcessThatCannotListenDeclaresNothing: its file may be one of long ago.
func TestAProcessThatCannotListenDeclaresNothing(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) //nolint:errcheck // nobody was served
	s := server(t, nil)
	s.runner = fleet.NewRunner(&fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: "corp", State: "corp"}}})
	s.runner.Table = s.table
	if err := s.serve(interrupts{soft: t.Context(), hard: t.Context()}, serveFlags{listen: taken.Addr().String()}); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Fatalf("it ends with %v", err)
	}
	if acts, err := s.table.Acts(t.Context(), fleet.ActQuery{}); err != nil || len(acts) > 0 {
		t.Errorf("it did %+v, %v", acts, err)
	}
}
