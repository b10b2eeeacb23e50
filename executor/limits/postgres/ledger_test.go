package postgres_test

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/limits"
	"github.com/domainsync/domainsync/executor/limits/limitstest"
	"github.com/domainsync/domainsync/executor/limits/postgres"
	"github.com/domainsync/domainsync/internal/pgsql"
)

func open(t *testing.T, state string) *postgres.Ledger {
	t.Helper()
	l, err := postgres.Open(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestConformance(t *testing.T) {
	t.Parallel()
	l := open(t, pgtest.Start(t).Database(t))
	for _, rule := range limitstest.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			rule.Hold(t, l)
		})
	}
}

func TestProcessesShareALimit(t *testing.T) {
	t.Parallel()
	limitstest.Share(t, open(t, pgtest.Start(t).Database(t)), 20, 5*time.Second, 4)
}

// TestSlotsOutliveTheDatabase: one that was given before a crash is given to nobody else.
func TestSlotsOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	l := open(t, c.Database(t))
	r := limits.Request{Key: "key", Operation: "A", PerSecond: 1, Calls: 60}
	if _, err := l.Reserve(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	c.End(syscall.SIGQUIT)
	if _, err := l.Reserve(t.Context(), r); err == nil {
		t.Error("it answers without the database")
	}
	c.Begin()
	var s limits.Slot
	err := errors.New("not tried yet")
	for range 5 { // connections that the crash has cut are found one by one
		if s, err = l.Reserve(t.Context(), r); err == nil {
			break
		}
	}
	if err != nil || s.In < 30*time.Second {
		t.Errorf("after the crash a slot begins in %v, %v", s.In, err)
	}
}

// TestClockThatIsSetBack: nobody waits until it is as late as it was.
func TestClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	state := pgtest.Start(t).Database(t)
	l := open(t, state)
	r := limits.Request{Key: "key", Operation: "A", PerSecond: 1, Calls: 5}
	if _, err := l.Reserve(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	pool, err := pgsql.Connect(t.Context(), state, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), `UPDATE domainsync_limits SET free = free + interval '3 h', touched = touched + interval '3 h'`); err != nil {
		t.Fatal(err)
	}
	s, err := l.Reserve(t.Context(), r)
	if err != nil || s.In < 4*time.Second || s.In > 6*time.Second {
		t.Errorf("the next slot begins in %v, %v", s.In, err)
	}
}

// TestForget forgets what nobody uses, and nothing that holds calls back.
func TestForget(t *testing.T) {
	t.Parallel()
	state := pgtest.Start(t).Database(t)
	l := open(t, state)
	for _, operation := range []string{"A", "B"} {
		if _, err := l.Reserve(t.Context(), limits.Request{Key: "key", Operation: operation, PerSecond: 1, Calls: 5}); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := pgsql.Connect(t.Context(), state, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), `UPDATE domainsync_limits SET free = free - interval '3 days', touched = touched - interval '3 days' WHERE operation = 'A'`); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := l.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := pool.QueryRow(t.Context(), `SELECT string_agg(operation, ' ') FROM domainsync_limits`).Scan(&left); err != nil || left != "B" {
		t.Errorf("%q is left, %v", left, err)
	}
}
