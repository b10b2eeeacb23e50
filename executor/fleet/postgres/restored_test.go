package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/fleet/turns"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// run has a job run that somebody asks for.
func run(t *testing.T, table *postgres.Table, name string) *fleet.Turn {
	t.Helper()
	turn := take(t, table, name)
	check(t, table.End(t.Context(), turn, fleet.Outcome{}, time.Time{}))
	return turn
}

// take asks for a run of a job and takes it.
func take(t *testing.T, table *postgres.Table, name string) *fleet.Turn {
	t.Helper()
	ask(t, table, name)
	claim := anyJob("machine")
	claim.Job = name
	turn, _, err := table.Take(t.Context(), claim)
	check(t, err)
	if turn == nil {
		t.Fatalf("%s is not due", name)
	}
	return turn
}

// restores returns the acts that say that a table was put back.
func restores(t *testing.T, table *postgres.Table) []fleet.Act {
	t.Helper()
	acts, err := table.Acts(t.Context(), fleet.ActQuery{Deed: fleet.DeedRestore})
	check(t, err)
	return acts
}

// testRestored puts back a fleet from a dump, of before runs that were made since.
func testRestored(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	table := create(t, database)
	declare(t, table, 3, func(i int) string { return fmt.Sprint(i) })
	before := run(t, table, "job00")
	working := take(t, table, "job01") // its process goes on
	ask(t, table, "job02")
	session := fleet.Session{ID: sha256.Sum256([]byte("ada")), Person: "ada", Began: time.Now(), Until: time.Now().Add(time.Hour)}
	check(t, table.BeginSession(t.Context(), session))
	if all := restores(t, create(t, database)); len(all) != 0 {
		t.Errorf("nothing was put back: %+v", all)
	}
	backup := c.Dumped(t, database)
	forgotten := run(t, table, "job00")
	restored := create(t, backup)
	if all := restores(t, restored); len(all) != 1 || !strings.Contains(all[0].Detail, "are not known here") || all[0].ID <= turns.Step {
		t.Errorf("acts are %+v", all)
	}
	if s, err := restored.Session(t.Context(), session.ID); err != nil || s != nil {
		t.Errorf("a session that may have ended is known: %+v, %v", s, err)
	}
	check(t, restored.Renew(t.Context(), working, lease))
	check(t, restored.End(t.Context(), working, fleet.Outcome{}, time.Time{}))
	claim := anyJob("machine")
	owed, _, err := restored.Take(t.Context(), claim)
	if err != nil || owed == nil || owed.Job != "job02" || owed.Run <= turns.Step {
		t.Errorf("took %+v, %v", owed, err)
	}
	after := run(t, restored, "job00")
	if after.Run <= forgotten.Run || after.Fence <= forgotten.Fence || forgotten.Run <= before.Run {
		t.Errorf("turns are %+v, %+v and %+v", before, forgotten, after)
	}
	if all := restores(t, create(t, backup)); len(all) != 1 {
		t.Errorf("it is said twice: %+v", all)
	}
}

// TestServersThatTakeItsPlace has a copy of the files of a server take its place beneath
// a process that serves.
func TestServersThatTakeItsPlace(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	database := c.Database(t)
	through, there := cuts(t, database)
	table := create(t, there)
	declare(t, table, 2, func(i int) string { return fmt.Sprint(i) })
	run(t, table, "job00")
	working := take(t, table, "job01")
	execute(t, database, `CHECKPOINT`)
	copied := c.Restored()
	forgotten := run(t, table, "job00")
	u, err := url.Parse(copied.Moved(database))
	check(t, err)
	through.LeadTo(u.Host)
	c.End(syscall.SIGINT)
	var turn *fleet.Turn
	for tries := 0; turn == nil && tries < 100; tries++ {
		if table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "job00"}) == nil {
			turn, _, _ = table.Take(t.Context(), anyJob("machine")) // the first one notices
		}
	}
	if turn == nil || turn.Run <= turns.Step || turn.Run <= forgotten.Run || turn.Fence <= forgotten.Fence {
		t.Errorf("took %+v, and before that %+v", turn, forgotten)
	}
	if all := restores(t, table); len(all) != 1 {
		t.Errorf("acts are %+v", all)
	}
	check(t, table.Renew(t.Context(), working, lease))
}
