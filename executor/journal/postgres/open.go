// Package postgres keeps journals in a PostgreSQL database, those of many
// accounts beside each other, for many machines.
//
// An account is held by a lease: a row that says until when, by the clock of the
// database, and how many have held it before. Each write checks that number in
// its own transaction. It works behind a pooler that gives a connection to each
// transaction: nothing of it rests on a session.
package postgres

import (
	"context"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

//go:embed migrations/*.sql
var migrations embed.FS

// tables are those of journals.
var tables = pgsql.Tables{Migrations: files, Versions: "domainsync_migrations", Lock: "domainsync_migrations_lock"}

// files are the migrations.
var files = func() fs.FS {
	below, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // no path of the program's own is invalid
	}
	return below
}()

// Open opens the store of an account in the database that a URL names, and makes
// the tables where they are missing. To write, it holds the account until Close;
// a [*store.LockedError] says that another run does.
func Open(ctx context.Context, state string, o store.Options) (store.Store, error) {
	where := pgsql.Redacted(state)
	pool, err := connect(ctx, state)
	if err != nil {
		return nil, err
	}
	s := &Store{
		pool: pool, where: where, holding: store.Holding{Clock: o.Clock, Lease: o.Lease}, patience: patience, readOnly: o.ReadOnly,
		endpoint: o.Endpoint, account: o.Account, closing: context.WithoutCancel(ctx),
	}
	if s.holding.Lease == 0 {
		s.holding.Lease = store.DefaultLease
	}
	switch err := s.open(ctx, o); {
	case errors.Is(err, errNothing):
		pool.Close()
		return store.Empty{}, nil
	case err != nil:
		pool.Close()
		_, held := errors.AsType[*store.LockedError](err)
		_, unsaid := errors.AsType[*store.AccountError](err)
		if held || unsaid {
			return nil, err // it says all
		}
		return nil, &store.OpenError{Where: where, Err: err}
	}
	return s, nil
}

// connections is how many a run uses at most: the writer, its lease, and readers.
const connections = 4

// connect gives connections to the database that a URL names.
func connect(ctx context.Context, state string) (*pgxpool.Pool, error) {
	pool, err := pgsql.Connect(ctx, state, connections)
	if err != nil {
		return nil, &store.OpenError{Where: pgsql.Redacted(state), Err: err}
	}
	return pool, nil
}

// errNothing says that a reader finds nothing to read.
var errNothing = errors.New("there is no journal yet")

// open makes a connection ready: its tables, whose records, and the lease.
func (s *Store) open(ctx context.Context, o store.Options) error {
	switch there, err := tables.Prepare(ctx, s.pool, s.readOnly); {
	case err != nil:
		return err
	case !there:
		return errNothing
	}
	if err := s.choose(ctx, o); err != nil {
		return err
	}
	if s.readOnly {
		return nil
	}
	return s.take(ctx, o.LockTimeout)
}

// choose finds out whose records are meant where that was not said: those of the
// one account that the database has, as in a directory. Who is about to read or to
// change an account must know it.
func (s *Store) choose(ctx context.Context, o store.Options) error {
	switch {
	case s.endpoint != "" && s.account != "":
		return nil
	case !o.Choose:
		return &store.AccountError{Where: s.where}
	}
	all, err := accounts(ctx, s.pool, o)
	switch {
	case err != nil:
		return err
	case len(all) == 1:
		s.endpoint, s.account = all[0].Endpoint, all[0].Account
		return nil
	case len(all) == 0:
		return errNothing
	}
	return &store.AccountError{Where: s.where, Have: all}
}

// accounts returns those that the database has, in order, as far as options name
// them.
func accounts(ctx context.Context, pool *pgxpool.Pool, o store.Options) ([]store.Account, error) {
	rows, err := pool.Query(ctx, `SELECT endpoint, account FROM domainsync_accounts WHERE $1 IN ('', endpoint) AND $2 IN ('', account) ORDER BY endpoint, account`, o.Endpoint, o.Account)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[store.Account])
}

// Accounts returns those that have a journal in the database that a URL names, in
// order, as far as options name them.
func Accounts(ctx context.Context, state string, o store.Options) ([]store.Account, error) {
	pool, err := connect(ctx, state)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	var all []store.Account
	have, _, err := tables.Version(ctx, pool)
	if err == nil && have > 0 {
		all, err = accounts(ctx, pool, o)
	}
	if err != nil {
		return nil, &store.OpenError{Where: pgsql.Redacted(state), Err: err}
	}
	return all, nil
}
