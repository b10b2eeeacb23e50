// Package postgres keeps the table of a fleet's jobs in a PostgreSQL database, for any
// number of processes on any number of machines.
//
// All that the table decides goes by the clock of the database, so that the clocks of
// machines need not agree: when a job is due, and when a lease ends. Whatever belongs
// together is one transaction. It works behind a pooler that gives a connection to each
// transaction: nothing of it rests on a session.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is what the tables of a fleet lie in. Journals may lie beside it.
const Schema = "domainsync_fleet"

// tables are those of a fleet.
var tables = pgsql.Tables{Migrations: files, Schema: Schema, Versions: Schema + ".migrations", Lock: Schema + ".migrations_lock"}

// files are the migrations.
var files = func() fs.FS {
	below, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // no path of the program's own is invalid
	}
	return below
}()

// connections is how many a process uses at most. A statement takes milliseconds, so
// that few are enough for many jobs, and a server has them for many processes.
const connections = 4

// A Table is a [fleet.Table] in a database.
type Table struct {
	pool  *pgxpool.Pool
	where string
	clock clock.Clock
	// byDatabase is the time that a clock of the database shows. Tests move it.
	byDatabase func(time.Time) time.Time
	place      atomic.Pointer[string] // where the tables lay when the process looked
}

// Create opens the table in the database that a URL names, and makes it where it is
// missing.
func Create(ctx context.Context, state string, c clock.Clock) (*Table, error) {
	return open(ctx, state, c, false)
}

// Open opens the table in the database that a URL names. Where there is none, that is a
// [*fleet.NoTableError].
func Open(ctx context.Context, state string, c clock.Clock) (*Table, error) {
	return open(ctx, state, c, true)
}

func open(ctx context.Context, state string, c clock.Clock, existing bool) (*Table, error) {
	where := pgsql.Redacted(state)
	pool, err := pgsql.Connect(ctx, state, connections)
	if err != nil {
		return nil, &store.OpenError{Where: where, Err: err}
	}
	switch there, err := tables.Prepare(ctx, pool, existing); {
	case err != nil:
		pool.Close()
		return nil, &store.OpenError{Where: where, Err: err}
	case !there:
		pool.Close()
		return nil, &fleet.NoTableError{Where: where}
	}
	t := &Table{pool: pool, where: where, clock: c, byDatabase: func(now time.Time) time.Time { return now }}
	if !existing {
		err = t.settle(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return t, nil
}

// Pool is what the table gets its connections from, for what belongs to it and lies
// beside it in the same database.
func (t *Table) Pool() *pgxpool.Pool { return t.pool }

// Close closes the connections.
func (t *Table) Close() error {
	t.pool.Close()
	return nil
}

// failed says of an error of the database which fleet it is about.
func (t *Table) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the fleet in %s: %w", t.where, err)
}

// isOwn reports whether an error is the fleet's, and says all.
func isOwn[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
