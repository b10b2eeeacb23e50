package executor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner/reader"
)

type standings = map[executor.ChangeResult]int

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

// TestNearTheLimits shows that a run takes hardly longer than the limits ask
// for: what it acknowledges and what it reads again goes on side by side.
func TestNearTheLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const qps = 10
		w := newWorld(t, many(3000), simulator.Options{Faults: simulator.Faults{
			Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Second, Max: 10 * time.Second}},
		}})
		limited, err := apiclient.New(apiclient.Config{
			Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: w.sim.Transport(),
			Limits: func(string) float64 { return qps },
		})
		if err != nil {
			t.Fatal(err)
		}
		r := w.runWith(limited, func(c *executor.Config) {
			c.ReadList = nil // each name is read
			c.Read = func(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
				return reader.FetchNames(ctx, limited, facts, reader.Options{Endpoint: endpoint})
			}
		})
		took := time.Duration(r.Seconds * float64(time.Second))
		w.counts(r, standings{executor.Verified: 3000}, 0)
		most := 0
		for _, calls := range limited.Stats() {
			most = max(most, calls)
		}
		bound := time.Duration(most) * time.Second / qps
		t.Logf("%v for %d calls, the limits ask for %v", took, most, bound)
		if took > bound*105/100 {
			t.Errorf("it took %v, the limits ask for %v", took, bound)
		}
	})
}
