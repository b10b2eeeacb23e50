package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/sqlite"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// slipping is a store whose account is lost at some moment.
type slipping struct {
	store.Store
	lost bool
}

func (s *slipping) Held(ctx context.Context) error {
	if s.lost {
		return &store.FencedError{Where: "the state", Mine: 1, Now: 2}
	}
	return s.Store.Held(ctx)
}

// TestNothingIsSentWithoutTheAccount: a process that was stopped between the durable
// intent and the call, for so long that another one took the account, sends nothing
// when it goes on. The other one finds an intent that nobody answered, waits, and
// makes the change once.
func TestNothingIsSentWithoutTheAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		kept, err := sqlite.Open(t.Context(), w.dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, sent := &slipping{Store: kept}, 0
		j := w.job()
		j.Journal = func(context.Context, string, string, bool) (*journal.Journal, error) {
			return journal.In(s, journal.Options{Hook: func(point string) error {
				s.lost = s.lost || strings.HasPrefix(point, "an intent: after")
				return nil
			}}), nil
		}
		_, err = j.Apply(t.Context(), job.ApplyOptions{})
		if _, ok := errors.AsType[*journal.WriteError](err); !ok || !strings.Contains(err.Error(), "this run has lost the account") {
			t.Errorf("the run ended with %v", err)
		}
		for change, n := range w.sim.Saved() {
			t.Logf("%s was saved", change)
			sent += n
		}
		if sent > 0 {
			t.Errorf("%d changes were sent", sent)
		}
		w.revive()
		w.finish("apply")
	})
}
