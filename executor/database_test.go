package executor_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// TestLossOfTheDatabase: a database that goes away in the middle of a run is a
// journal that cannot be written. The report has the tasks that are open, and the
// next run brings the account to the end with no change made twice.
func TestLossOfTheDatabase(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	m := &machines{state: c.Database(t)}
	// What waits for the server's words must be outside the bubbles, whose time
	// would stand still meanwhile.
	again, begun := make(chan bool), make(chan bool)
	defer close(again)
	go func() {
		for range again {
			c.Begin()
			begun <- true
		}
	}()
	for _, lost := range []string{"task ", "results: before", "acknowledgements: before", "verifications: before"} {
		t.Run(lost, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, few(), simulator.Options{})
				w.moveTo(m.home)
				hook, gone := w.options.Hook, false
				w.options.Hook = func(point string) error {
					if !gone && strings.HasPrefix(point, lost) {
						gone = true
						c.End(syscall.SIGQUIT)
					}
					return hook(point)
				}
				_, r, err := w.apply(t.Context())
				if _, ok := errors.AsType[*journal.WriteError](err); !ok || !strings.Contains(err.Error(), "the account is not given back") {
					t.Errorf("the run ended with %v", err)
				}
				if lost == "task " && (r == nil || len(r.OpenTasks) == 0) {
					t.Errorf("the report names no open task: %+v", r)
				}
				again <- true
				<-begun
				m.endLeases(t)
				w.revive()
				w.finish("apply")
			})
		})
	}
}

// endLeases lets the time of all leases be over.
func (m *machines) endLeases(t *testing.T) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), m.state)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Exec(t.Context(), `UPDATE domainsync_accounts SET ends = clock_timestamp()`)
	if err := errors.Join(err, c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}
