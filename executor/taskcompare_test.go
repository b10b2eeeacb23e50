package executor_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestTasksOfAStateAreCompared: what the state and the account know alike is no
// difference; what one of them knows alone is told, but for what lies before the time
// that is compared.
func TestTasksOfAStateAreCompared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := newWorld(t, few(), simulator.Options{})
		own := w.dir
		w.dir = t.TempDir() // another state
		w.mustApply()
		others := len(w.sim.Saved())
		if others == 0 {
			t.Fatal("the other state saved nothing")
		}
		time.Sleep(time.Hour)
		w.dir = own
		compare := func(since time.Time) (c *executor.TaskComparison) {
			t.Helper()
			err := w.open(ctx, func(j *journal.Journal) (err error) {
				c, err = executor.CompareTasks(ctx, w.client, 0, j, since)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		begin := time.Now()
		c := compare(begin.Add(-2 * time.Hour))
		if c.Journal != 0 || c.Account == 0 || len(c.Unknown) != c.Account || len(c.Missing) != 0 || c.Unknown[0].Type == "" || c.Unknown[0].Created.IsZero() {
			t.Errorf("of tasks of others: %+v", c)
		}
		known := slices.Clone(c.Unknown)
		if c = compare(begin.Add(24 * time.Hour)); c.Account != 0 || len(c.Unknown) != 0 {
			t.Errorf("tasks from before the time count: %+v", c)
		}
		err := w.open(ctx, func(j *journal.Journal) error { return submitted(ctx, j, known[0].Task, "nowhere") })
		if err != nil {
			t.Fatal(err)
		}
		c = compare(begin.Add(-24 * time.Hour))
		if c.Journal != 2 || len(c.Unknown) != len(known)-1 || !slices.Equal(c.Missing, []string{"nowhere"}) {
			t.Errorf("the state knows one of %d and one that is nowhere: %+v", len(known), c)
		}
	})
}

// submitted records tasks.
func submitted(ctx context.Context, j *journal.Journal, tasks ...string) error {
	l, err := j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: time.Now()})
	if err != nil {
		return err
	}
	for _, no := range tasks {
		b, err := l.Intend(ctx, []journal.Intent{{Operation: "o", Steps: []string{no}, Names: []string{no}, At: time.Now()}})
		if err != nil {
			return err
		}
		if err := l.Submit(ctx, journal.Submission{Batch: b[0].Batch, Task: no, At: time.Now()}); err != nil {
			return err
		}
	}
	return nil
}
