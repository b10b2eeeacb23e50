package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// A cutter is on the way to a database. It ends the connection that carries a message of
// a number, once: before it reaches the database, or before its answer comes back.
type cutter struct {
	*pgtest.Relay
	left    atomic.Int64 // messages until then
	answers atomic.Bool  // it reaches the database
}

// cuts returns a cutter and the URL of a database behind it.
func cuts(t *testing.T, database string) (c *cutter, through string) {
	t.Helper()
	c = new(cutter)
	c.Relay, through = pgtest.Between(t, database, func([]byte) pgtest.Cut {
		switch {
		case c.left.Add(-1) != 0:
			return pgtest.Pass
		case c.answers.Load():
			return pgtest.Answers
		}
		return pgtest.Ask
	})
	return c, through
}

// testCuts makes each kind of change while its connection is cut at each of its messages,
// before that reaches the database and before its answer comes: it is made, and once.
func testCuts(t *testing.T, c *pgtest.Cluster) {
	for name, test := range map[string]func(*testing.T, *cut){
		"declare": cutDeclare, "ask": cutAsk, "take": cutTake, "renew": cutRenew, "record": cutRecord, "end": cutEnd,
	} {
		for _, answers := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s answers %v", name, answers), func(t *testing.T) {
				t.Parallel()
				through, database := cuts(t, c.Database(t))
				w := &cut{cutter: through, table: create(t, database)}
				through.answers.Store(answers)
				check(t, w.table.Declare(t.Context(), "operator", []fleet.Declaration{{Name: "a", Account: "1"}}))
				for w.at, w.reached = 1, true; w.reached; w.at++ {
					test(t, w)
				}
				if w.at < 4 {
					t.Errorf("it has %d messages: the test shows nothing", w.at)
				}
			})
		}
	}
}

// cut is a change that is made while a message of it is cut.
type cut struct {
	*cutter
	table   *postgres.Table
	at      int  // number of the message
	reached bool // the change had so many
}

// make makes the change.
func (c *cut) make(t *testing.T, change func() error) {
	t.Helper()
	c.left.Store(int64(c.at))
	err := change()
	c.reached = c.left.Swap(0) <= 0
	if err != nil {
		t.Fatalf("cut at message %d: %v", c.at, err)
	}
}

// turn takes a job that was asked for.
func (c *cut) turn(t *testing.T) *fleet.Turn {
	t.Helper()
	ask(t, c.table, "a")
	turn, _, err := c.table.Take(t.Context(), anyJob("machine"))
	check(t, err)
	if turn == nil {
		t.Fatalf("cut at message %d: the turn before has not ended", c.at)
	}
	return turn
}

func (c *cut) end(t *testing.T, turn *fleet.Turn) {
	t.Helper()
	check(t, c.table.End(t.Context(), turn, fleet.Outcome{}, time.Time{}))
}

// acts counts acts of a kind.
func (c *cut) acts(t *testing.T, deed fleet.Deed) int {
	t.Helper()
	all, err := c.table.Acts(t.Context(), fleet.ActQuery{Deed: deed})
	check(t, err)
	return len(all)
}

func cutDeclare(t *testing.T, c *cut) {
	all := []fleet.Declaration{{Name: "a", Account: "1", Priority: c.at}}
	c.make(t, func() error { return c.table.Declare(t.Context(), "operator", all) })
	if n := c.acts(t, fleet.DeedDeclare); n != c.at+1 {
		t.Errorf("cut at message %d: %d acts", c.at, n)
	}
}

func cutAsk(t *testing.T, c *cut) {
	c.make(t, func() error { return c.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "a"}) })
	if n := c.acts(t, fleet.DeedAsk); n != c.at {
		t.Errorf("cut at message %d: %d acts", c.at, n)
	}
}

func cutTake(t *testing.T, c *cut) {
	ask(t, c.table, "a")
	var turn *fleet.Turn
	c.make(t, func() (err error) {
		for range 2 { // a look that was cut is made again by whoever takes
			if turn, _, err = c.table.Take(t.Context(), anyJob("machine")); err == nil {
				return nil
			}
		}
		return err
	})
	if turn == nil || turn.Lost != 0 || c.acts(t, fleet.DeedBegin) != c.at {
		t.Fatalf("cut at message %d: %d runs began, the last is %+v", c.at, c.acts(t, fleet.DeedBegin), turn)
	}
	c.end(t, turn)
}

func cutRenew(t *testing.T, c *cut) {
	turn := c.turn(t)
	c.make(t, func() error { return c.table.Renew(t.Context(), turn, time.Hour) })
	if e := entry(t, c.table, "a"); e.Turn == nil || time.Until(e.Turn.Until) < 50*time.Minute {
		t.Errorf("cut at message %d: the job is %+v", c.at, e)
	}
	c.end(t, turn)
}

func cutRecord(t *testing.T, c *cut) {
	turn := c.turn(t)
	c.make(t, func() error { return c.table.Record(t.Context(), turn, [][]byte{{'1'}, {'2'}}) })
	if all, err := c.table.Lines(t.Context(), turn.Run, 0); err != nil || len(all) != 2 {
		t.Errorf("cut at message %d: lines are %v, %v", c.at, all, err)
	}
	c.end(t, turn)
}

func cutEnd(t *testing.T, c *cut) {
	turn := c.turn(t)
	c.make(t, func() error { return c.table.End(t.Context(), turn, fleet.Outcome{ExitCode: 4}, time.Time{}) })
	e := entry(t, c.table, "a")
	if e.Turn != nil || e.Last == nil || e.Last.ID != turn.Run || e.Last.ExitCode != 4 || c.acts(t, fleet.DeedEnd) != c.at {
		t.Errorf("cut at message %d: the job is %+v, %d ends", c.at, e, c.acts(t, fleet.DeedEnd))
	}
}
