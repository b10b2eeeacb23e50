package pgsql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Tables are what a part of the program keeps in a database. Others may use the same
// tool for theirs in the same database, so its usual names are not ours.
type Tables struct {
	Migrations fs.FS  // files whose names begin with the version that they make: 1, 2, …
	Versions   string // the table that says which of them were made
	Lock       string // the table that has processes which begin at once wait for each other
	// Schema is what the tables lie in, and is made; "": the usual one, which there is.
	Schema string
}

// Version returns the version of the database's tables, 0 where there are none, and that
// of the program.
func (t *Tables) Version(ctx context.Context, pool *pgxpool.Pool) (have, want int64, err error) {
	files, err := fs.Glob(t.Migrations, "*.sql")
	if err != nil {
		return 0, 0, err
	}
	var there bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, t.Versions).Scan(&there); err != nil {
		return 0, 0, err
	}
	if there {
		err = pool.QueryRow(ctx, `SELECT coalesce(max(version_id) FILTER (WHERE is_applied), 0) FROM `+t.Versions).Scan(&have)
	}
	return have, int64(len(files)), err
}

// Prepare brings the tables to the version of the program, and refuses those of a
// program to come. Who only reads makes none, and learns whether there are any.
func (t *Tables) Prepare(ctx context.Context, pool *pgxpool.Pool, readOnly bool) (there bool, err error) {
	have, want, err := t.Version(ctx, pool)
	switch {
	case err != nil:
		return false, err
	case have > want:
		return true, fmt.Errorf("it was written by a newer domainsync (version %d, this program knows %d): use that one", have, want)
	case have == 0 && readOnly:
		return false, nil
	case have < want:
		if err := t.makeSchema(ctx, pool); err != nil {
			return false, fmt.Errorf("its tables cannot be made: %w", err)
		}
		return true, t.migrate(ctx, pool.Config().ConnConfig)
	}
	return true, nil
}

// schemaLock is the key of the lock under which schemas are made: the statement fails
// where two make one at the same moment.
const schemaLock = 0x646f6d61 // "doma"

// makeSchema makes the schema where it is missing. Who may make none can use one that
// was made for them.
func (t *Tables) makeSchema(ctx context.Context, pool *pgxpool.Pool) error {
	if t.Schema == "" {
		return nil
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var there bool
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, schemaLock); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, t.Schema).Scan(&there); err != nil || there {
			return err
		}
		_, err := tx.Exec(ctx, `CREATE SCHEMA `+pgx.Identifier{t.Schema}.Sanitize())
		if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == insufficientPrivilege {
			return fmt.Errorf("%w; its user needs the right to create schemas, or a schema %s that is its own", err, t.Schema)
		}
		return err
	})
}

// migrate makes what is missing. Processes that begin at once wait for each other by a
// row of a table, since a pooler keeps no lock of a session.
func (t *Tables) migrate(ctx context.Context, config *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing of it is in use any more
	locker, err := lock.NewPostgresTableLocker(lock.WithTableName(t.Lock), lock.WithTableLockTimeout(100*time.Millisecond, 600))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, t.Migrations,
		goose.WithDisableGlobalRegistry(true), goose.WithTableName(t.Versions), goose.WithLocker(locker))
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("its tables cannot be made: %w", err)
	}
	return nil
}
