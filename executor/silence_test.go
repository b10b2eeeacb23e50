package executor_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
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
// somebody else takes their results, at most as many are looked at together as
// requests can be under way, and each of them is looked at all the same.
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
			p, err := w.plan(t.Context())
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

// pagesInTurn is a service that notes the calls to its queue of results, in
// their order: pages by their number, acknowledgements as zero. It refuses one
// page, where that is not zero.
type pagesInTurn struct {
	executor.Service
	mu      *sync.Mutex // guards calls: acknowledgements leave side by side
	calls   *[]int
	refuses int
}

func (s pagesInTurn) note(call int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.calls = append(*s.calls, call)
}

func (s pagesInTurn) PollTaskResult(ctx context.Context, r *wire.PollTaskResultRequest) (*wire.PollTaskResultResponse, error) {
	s.note(r.PageNum)
	if r.PageNum == s.refuses {
		return nil, &wire.Error{Operation: "PollTaskResult", HTTPStatus: 403, Code: "Forbidden.RAM", Message: "no permission"}
	}
	return s.Service.PollTaskResult(ctx, r)
}

func (s pagesInTurn) AcknowledgeTaskResult(ctx context.Context, r *wire.AcknowledgeTaskResultRequest) (*wire.AcknowledgeTaskResultResponse, error) {
	s.note(0)
	return s.Service.AcknowledgeTaskResult(ctx, r)
}

// TestPagesOfResultsAreRecordedOneByOne: a queue of many pages is never held as
// a whole. What a page says is recorded before the next one is asked for, and
// acknowledged only after the last one, so that no page moves.
func TestPagesOfResultsAreRecordedOneByOne(t *testing.T) {
	t.Parallel()
	for refuses, recorded := range map[int]int{0: 2500, 2: 1000, 3: 2000} {
		t.Run(fmt.Sprint("page ", refuses), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				took := map[wire.TaskType]simulator.Range{"*": {Min: 20 * time.Second, Max: 20 * time.Second}}
				w := newWorld(t, many(2500), simulator.Options{Faults: simulator.Faults{Durations: took}})
				var calls []int
				err := w.open(t.Context(), func(j *journal.Journal) error {
					p, err := w.plan(t.Context())
					if err != nil {
						return err
					}
					cfg := w.config(j)
					cfg.Service = pagesInTurn{cfg.Service, new(sync.Mutex), &calls, refuses}
					if _, err = executor.Run(t.Context(), p, cfg); err != nil {
						return err
					}
					l, err := j.Ledger(t.Context(), 1)
					if err == nil {
						w.recorded(l, recorded)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				inTurn(t, calls, refuses)
			})
		})
	}
}

// recorded checks how many results a run has.
func (w *world) recorded(l *journal.Ledger, want int) {
	w.t.Helper()
	n := 0
	for _, b := range l.Batches {
		n += len(slices.Collect(b.Results()))
	}
	if n != want {
		w.t.Errorf("%d results are recorded, want %d", n, want)
	}
}

// inTurn checks that pages follow each other up to the last one, and that nothing
// is acknowledged between the first page of a reading and that one.
func inTurn(t *testing.T, calls []int, last int) {
	t.Helper()
	before, acknowledged := 0, 0
	for _, page := range calls {
		switch {
		case page == 0:
			acknowledged++
			continue
		case page > 1 && (page != before+1 || acknowledged > 0):
			t.Errorf("page %d comes after page %d and %d acknowledgements", page, before, acknowledged)
		}
		before, acknowledged = page, 0
	}
	if last == 0 {
		last = 3
	}
	if before != last {
		t.Errorf("the last page is %d, want %d", before, last)
	}
}
