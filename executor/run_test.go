package executor_test

import (
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
)

type standings = map[executor.Standing]int

func yes() *bool { b := true; return &b }

func TestApplyConverges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{
			{name: "a.example", want: newServers},
			{name: "b.example", want: newServers, transfer: yes()},
			{name: "c.example", want: newServers, locked: true},
			{name: "d.example", want: []string{"ns9.example.net"}, locked: true},
			{name: "e.example", want: oldServers},
			{name: "f.example"},
		}, simulator.Options{})
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: 5}, 0)
		w.converged()
		if again := w.mustApply(); again.Run != 0 || len(again.Changes) != 0 {
			t.Errorf("the second apply did something: %+v", again)
		}
	})
}

func TestFewestCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 2500
		w := newWorld(t, many(n), simulator.Options{})
		w.counts(w.mustApply(), standings{executor.Verified: n}, 0)
		if got := w.sim.Stats()["SaveBatchTaskForModifyingDomainDns"]; got != 3 {
			t.Errorf("%d submits, want 3", got)
		}
		if got, want := w.sim.Stats()["AcknowledgeTaskResult"], (n+12)/13; got != want {
			t.Errorf("%d acknowledgements, want %d", got, want)
		}
		w.converged()
	})
}
