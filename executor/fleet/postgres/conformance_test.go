package postgres_test

import (
	"testing"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/fleettest"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
)

// TestPostgreSQL holds that a database is a table of jobs, before it and behind a pooler
// that gives a connection to each transaction and so keeps nothing of a session. What
// else can happen to one server is tried beside that.
func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	pooled := c.Pooled()
	for name, place := range map[string]func(*testing.T) string{
		"server": c.Database,
		"pooler": func(t *testing.T) string { return pooled(c.Database(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleettest.Run(t, func(t *testing.T) fleettest.Open { return opens(place(t)) })
		})
	}
	for name, test := range map[string]func(*testing.T, *pgtest.Cluster){
		"processes that race":        testRace,
		"declared at once":           testDeclaredAtOnce,
		"connections that are cut":   testCuts,
		"a process that has stopped": testStoppedProcess,
		"locks that end":             testLocksEnd,
		"clocks that disagree":       testClocksThatDisagree,
		"numbers given twice":        testNumbersGivenTwice,
		"a newer table":              testNewerTable,
		"put back from a backup":     testRestored,
		"no table":                   testNoTable,
		"no right to make it":        testNoRight,
		"strange texts":              testStrangeTexts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// opens opens the table of a database, which goes by the clock of a test.
func opens(database string) fleettest.Open {
	return func(t *testing.T, c clock.Clock) fleet.Table {
		table, err := postgres.Create(t.Context(), database, c)
		if err != nil {
			t.Fatal(err)
		}
		postgres.MoveDatabase(table, c)
		return table
	}
}
