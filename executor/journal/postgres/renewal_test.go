package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/journal/postgres"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

// alarms is a source of time whose timers fire when a test says so.
type alarms struct{ fire chan time.Time }

func (*alarms) Now() time.Time { return time.Now() }

func (a *alarms) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return a.fire, func() bool { return true }
}

func (*alarms) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, cause)
}

// testRenewalsThatAreCutOff: a lease that is being renewed when its holder gives the
// account back is not there afterwards.
func testRenewalsThatAreCutOff(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	a := &alarms{fire: make(chan time.Time)}
	o := store.Options{Endpoint: "https://domain.example", Account: "1", Clock: clock.New(a)}
	for range 100 {
		s, err := postgres.Open(t.Context(), database, o)
		check(t, err)
		a.fire <- time.Now()
		check(t, s.Close())
	}
	s, err := postgres.Open(t.Context(), database, o)
	check(t, err)
	check(t, s.Close())
}
