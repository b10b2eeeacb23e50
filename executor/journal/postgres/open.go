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
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/domainsync/domainsync/executor/journal/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is the table that says which migrations were made. Others may use the
// same tool in the same database, so the usual name is not ours.
const versions = "domainsync_migrations"

// Is reports whether a state is the URL of a database.
func Is(state string) bool {
	return strings.HasPrefix(state, "postgres://") || strings.HasPrefix(state, "postgresql://")
}

// Redacted returns the URL of a database without its secrets.
func Redacted(state string) string {
	u, err := url.Parse(state)
	if err != nil || misread(u) {
		return "postgres://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Open opens the store of an account in the database that a URL names, and makes
// the tables where they are missing. To write, it holds the account until Close;
// a [*store.LockedError] says that another run does.
func Open(ctx context.Context, state string, o store.Options) (store.Store, error) {
	where := Redacted(state)
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

// connect gives connections to the database that a URL names.
func connect(ctx context.Context, state string) (*pgxpool.Pool, error) {
	var pool *pgxpool.Pool
	config, err := parse(state)
	if err == nil {
		pool, err = pgxpool.NewWithConfig(ctx, config)
	}
	if err != nil {
		return nil, &store.OpenError{Where: Redacted(state), Err: err}
	}
	return pool, nil
}

// errNoURL does not say what is wrong with it: that may be a part of the password.
var errNoURL = errors.New("it is no URL of the form postgres://user:password@host:5432/database?sslmode=verify-full; " +
	"in a password, / is written %2F, ? %3F, # %23, @ %40, and % itself %25")

// misread reports whether a URL ended its host before the @ that was meant, as one
// does whose password has a slash, a question mark or a hash in it: parts of the
// password would count as host, port and database.
func misread(u *url.URL) bool {
	return strings.Contains(u.Path+u.Fragment, "@") || u.User == nil && strings.Contains(u.RawQuery, "@")
}

// parse reads a URL without telling its secrets in an error.
func parse(state string) (*pgxpool.Config, error) {
	if u, err := url.Parse(state); err != nil || misread(u) {
		return nil, errNoURL
	}
	config, err := pgxpool.ParseConfig(state)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			return nil, fmt.Errorf("its URL is not understood: %w", cause)
		}
		return nil, errors.New("its URL is not understood; it has the form postgres://user@host:5432/database?sslmode=verify-full")
	}
	config.MaxConns = 4 // the writer, its lease, and readers
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.StatementCacheCapacity, config.ConnConfig.DescriptionCacheCapacity = 0, 0
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "domainsync"
	}
	return config, nil
}

// errNothing says that a reader finds nothing to read.
var errNothing = errors.New("there is no journal yet")

// open makes a connection ready: its tables, whose records, and the lease.
func (s *Store) open(ctx context.Context, o store.Options) error {
	if err := prepare(ctx, s.pool, s.readOnly); err != nil {
		return err
	}
	if err := s.choose(ctx, o); err != nil {
		return err
	}
	if s.readOnly {
		return nil
	}
	return s.take(ctx, o.LockTimeout)
}

// prepare brings the tables of a database to the version of the program. Who only
// reads makes none where there are none.
func prepare(ctx context.Context, pool *pgxpool.Pool, readOnly bool) error {
	have, want, err := readVersions(ctx, pool)
	switch {
	case err != nil:
		return err
	case have > want:
		return newer(have, want)
	case have == 0 && readOnly:
		return errNothing
	case have < want:
		return migrate(ctx, pool.Config().ConnConfig)
	}
	return nil
}

// newer says that a database has tables that this program does not know.
func newer(have, want int64) error {
	return fmt.Errorf("it was written by a newer domainsync (version %d, this program knows %d): use that one", have, want)
}

// readVersions returns the version of the database's tables, 0 where there are none,
// and that of the program.
func readVersions(ctx context.Context, pool *pgxpool.Pool) (have, want int64, err error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, 0, err
	}
	var there bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, versions).Scan(&there); err != nil {
		return 0, 0, err
	}
	if there {
		err = pool.QueryRow(ctx, `SELECT coalesce(max(version_id) FILTER (WHERE is_applied), 0) FROM `+versions).Scan(&have)
	}
	return have, int64(len(files)), err
}

// migrate brings the tables to the version of the program. Processes that begin
// at once wait for each other by a row of a table, since a pooler keeps no lock of
// a session.
func migrate(ctx context.Context, config *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing of it is in use any more
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresTableLocker(lock.WithTableName("domainsync_migrations_lock"), lock.WithTableLockTimeout(100*time.Millisecond, 600))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithTableName(versions), goose.WithLocker(locker))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("its tables cannot be made: %w", err)
	}
	return nil
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
	have, _, err := readVersions(ctx, pool)
	if err == nil && have > 0 {
		all, err = accounts(ctx, pool, o)
	}
	if err != nil {
		return nil, &store.OpenError{Where: Redacted(state), Err: err}
	}
	return all, nil
}
