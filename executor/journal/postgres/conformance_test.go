package postgres_test

import (
	"context"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/journal/postgres"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// TestPostgreSQL holds that a database is a store, before it and behind a pooler
// that gives a connection to each transaction and so keeps nothing of a session.
// What else can happen to one server is tried beside that.
func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	k := journaltest.Kind{Open: postgres.Open, Leases: true}
	if journaltest.Victim() {
		journaltest.Run(t, k)
		return
	}
	c := pgtest.Start(t)
	pooled := c.Pooled()
	for name, place := range map[string]func(*testing.T) string{
		"server": c.Database,
		"pooler": func(t *testing.T) string { return pooled(c.Database(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			k := k
			k.New = place
			journaltest.Run(t, k)
		})
	}
	t.Run("blobs", func(t *testing.T) {
		t.Parallel()
		database := pooled(c.Database(t))
		journaltest.RunBlobs(t, func(ctx context.Context, kind string, o store.Options) (store.Blobs, error) {
			return postgres.OpenBlobs(ctx, database, kind, o)
		}, true)
	})
	for name, test := range map[string]func(*testing.T, *pgtest.Cluster){
		"answers that are lost":     testAnswersThatAreLost,
		"renewals that are cut off": testRenewalsThatAreCutOff,
		"a database that went back": testDatabaseThatWentBack,
		"tables made at once":       func(t *testing.T, c *pgtest.Cluster) { testTablesMadeAtOnce(t, pooled(c.Database(t))) },
		"a newer database":          testNewerDatabase,
		"a copy by SQL":             testCopyBySQL,
		"rights that are missing":   testMissingRights,
		"whose journal":             testWhoseJournal,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// TestServerThatEnds ends a server and starts it again.
func TestServerThatEnds(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	testDatabaseThatDies(t, c)
	testDatabaseThatStaysAway(t, c)
}

// TestServersThatTakeItsPlace has others take the place of a server.
func TestServersThatTakeItsPlace(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	testIncarnations(t, c)
}
