package executor_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// slipping is a store whose account is lost at some moment, or when it was asked
// for so many times.
type slipping struct {
	store.Store
	lost  atomic.Bool
	after int32 // 0: however often it was asked for
	asked atomic.Int32
}

func (s *slipping) Held(ctx context.Context) error {
	if n := s.asked.Add(1); s.lost.Load() || s.after > 0 && n > s.after {
		return &store.FencedError{Where: "the state", Mine: 1, Now: 2}
	}
	return s.Store.Held(ctx)
}

// TestNothingIsSentWithoutTheAccount: a process that was stopped between the durable
// intent and the call, or while the call waited for its turn, for so long that
// another one took the account, sends nothing when it goes on. The other one finds
// an intent that nobody answered, waits, and makes the change once.
func TestNothingIsSentWithoutTheAccount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		point string // of the journal, at which the account is lost
		after int32  // 0: not by being asked for
	}{
		"behind the intent":      {point: "an intent: after"},
		"while it waits to send": {after: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, few(), simulator.Options{})
				kept, err := w.options.Memory.State(w.dir).Open(t.Context(), store.Options{})
				if err != nil {
					t.Fatal(err)
				}
				s := &slipping{Store: kept, after: test.after}
				loseAccount(t, w, s, test.point)
				w.revive()
				w.finish("apply")
			})
		})
	}
}

// loseAccount makes a run that loses its account, at a point of its journal or by
// what the store counts, and wants it to send nothing.
func loseAccount(t *testing.T, w *world, s *slipping, point string) {
	t.Helper()
	j := w.job()
	j.Journal = func(context.Context, string, string, bool) (*journal.Journal, error) {
		return journal.In(s, journal.Options{Hook: func(at string) error {
			if point != "" && strings.HasPrefix(at, point) {
				s.lost.Store(true)
			}
			return nil
		}}), nil
	}
	_, err := j.Apply(t.Context(), job.ApplyOptions{})
	if _, ok := errors.AsType[*journal.WriteError](err); !ok || !strings.Contains(err.Error(), "this run has lost the account") {
		t.Errorf("the run ended with %v", err)
	}
	for change, n := range w.sim.Saved() {
		t.Errorf("%s was sent %d times", change, n)
	}
}

// TestNothingIsAcknowledgedWithoutTheAccount: whoever took the account over settles
// what the results are of, and takes them off the queue.
func TestNothingIsAcknowledgedWithoutTheAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		kept, err := w.options.Memory.State(w.dir).Open(t.Context(), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &slipping{Store: kept}
		j := w.job()
		j.Journal = func(context.Context, string, string, bool) (*journal.Journal, error) {
			return journal.In(s, journal.Options{Hook: func(at string) error {
				if at == "results: after" {
					s.lost.Store(true)
				}
				return nil
			}}), nil
		}
		_, err = j.Apply(t.Context(), job.ApplyOptions{})
		if _, ok := errors.AsType[*journal.WriteError](err); !ok || !strings.Contains(err.Error(), "this run has lost the account") {
			t.Errorf("the run ended with %v", err)
		}
		if n := w.sim.Stats()["AcknowledgeTaskResult"]; n > 0 {
			t.Errorf("%d acknowledgements were sent", n)
		}
		w.revive()
		w.finish("apply")
	})
}
