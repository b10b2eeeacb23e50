package executor_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// slowDetails is a service whose lists of details take a second. It tells how
// many of them were asked for at once; the bubble of the test is its clock.
type slowDetails struct {
	executor.Service
	now, most chan int // hold the count, so that one caller at a time has it
}

func (s slowDetails) count(by int) {
	n := <-s.now + by
	most := <-s.most
	s.most <- max(most, n)
	s.now <- n
}

func (s slowDetails) QueryTaskDetailList(ctx context.Context, r *wire.QueryTaskDetailListRequest) (*wire.QueryTaskDetailListResponse, error) {
	s.count(1)
	defer s.count(-1)
	<-time.After(time.Second)
	return s.Service.QueryTaskDetailList(ctx, r)
}

// TestSilentTasksAreLookedAtAFewAtATime: when many tasks say nothing, because
// somebody else takes their results, no more of them are looked at at once than
// requests can be under way, and each of them all the same.
func TestSilentTasksAreLookedAtAFewAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := many(100)
		for i := range names { // a task each
			names[i].want = []string{fmt.Sprintf("ns%d.example.net", i), "ns.example.net"}
		}
		w := newWorld(t, names, faults(simulator.Fault{Kind: simulator.Steal}))
		s := slowDetails{now: make(chan int, 1), most: make(chan int, 1)}
		s.now <- 0
		s.most <- 0
		err := w.open(t.Context(), func(j *journal.Journal) error {
			p, err := w.plan(t.Context(), j)
			if err != nil {
				return err
			}
			cfg := w.config(j)
			s.Service = cfg.Service
			cfg.Service = s
			r, err := executor.Run(t.Context(), p, cfg)
			if err == nil {
				w.counts(r, map[executor.ChangeResult]int{executor.Verified: len(names)}, 0)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if most := <-s.most; most < 2 || most > 16 {
			t.Errorf("%d tasks were looked at at once", most)
		}
		if calls := w.sim.Stats()["QueryTaskDetailList"]; calls != len(names) {
			t.Errorf("%d looks at %d tasks", calls, len(names))
		}
	})
}
