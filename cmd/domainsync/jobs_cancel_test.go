package main

import (
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// TestJobsCancelNamesTheRunAtWork, so that one that begins meanwhile goes on; one whose
// process is gone is none.
func TestJobsCancelNamesTheRunAtWork(t *testing.T) {
	t.Parallel()
	s, _, _ := guardedServer(t)
	out := new(strings.Builder)
	a := newApp(strings.NewReader(""), out, t.Output())
	cancel := func() (string, error) {
		out.Reset()
		err := a.cancelRun(t.Context(), s.table, "corp", "wrong prices")
		return out.String(), err
	}
	if _, err := cancel(); err == nil || !strings.Contains(err.Error(), "no run of corp is at work") {
		t.Errorf("before a run: %v", err)
	}
	if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
		t.Fatal(err)
	}
	turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: "me", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
	if err != nil || turn == nil {
		t.Fatal(turn, err)
	}
	if said, err := cancel(); err != nil || said != "Run 1 of corp is asked to end.\n" {
		t.Errorf("at work: %q, %v", said, err)
	}
	acts, err := s.table.Acts(t.Context(), fleet.ActQuery{Deed: fleet.DeedCancel})
	if err != nil || len(acts) != 1 || acts[0].Run != turn.Run || acts[0].Job != "corp" || acts[0].Detail != "wrong prices" || acts[0].By == "" {
		t.Errorf("acts are %+v, %v", acts, err)
	}
}
