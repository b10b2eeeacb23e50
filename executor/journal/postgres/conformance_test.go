package postgres_test

import (
	"testing"

	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/journal/postgres"
)

// TestConformance holds that a database of PostgreSQL is a store.
func TestConformance(t *testing.T) {
	if journaltest.Victim() {
		journaltest.Run(t, journaltest.Kind{Open: postgres.Open, Leases: true})
		return
	}
	c := pgtest.Start(t)
	t.Run("server", func(t *testing.T) {
		journaltest.Run(t, journaltest.Kind{New: c.Database, Open: postgres.Open, Leases: true})
	})
}

// TestConformanceBehindAPooler: a pooler that gives a connection to each
// transaction keeps nothing of a session.
func TestConformanceBehindAPooler(t *testing.T) {
	if journaltest.Victim() {
		journaltest.Run(t, journaltest.Kind{Open: postgres.Open, Leases: true})
		return
	}
	c := pgtest.Start(t)
	pooled := c.Pooled()
	t.Run("pooler", func(t *testing.T) {
		journaltest.Run(t, journaltest.Kind{New: func(t *testing.T) string { return pooled(c.Database(t)) }, Open: postgres.Open, Leases: true})
	})
}
