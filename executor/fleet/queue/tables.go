package queue

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Schema is what River's tables lie in, apart from those of others that use it.
const Schema = "domainsync_river"

// Locks of the database, which all of its users share.
const (
	tablesLock = 0x646f6d7274 // "domrt": tables are made
	lookLock   = 0x646f6d726c // "domrl": a process looks
)

// migrate makes River's tables, or brings them to the version that this program knows. It
// refuses those of one to come.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: Schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	known := m.AllVersions()
	want := known[len(known)-1].Version
	if have, err := version(ctx, pool); err != nil || have >= want {
		return refuseNewer(err, have, want)
	}
	// The lock lives as long as its transaction, behind a pooler, too; River makes each
	// version in a transaction of its own, beside it.
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('idle_in_transaction_session_timeout', '60s', true), pg_advisory_xact_lock($1)`, tablesLock); err != nil {
			return err
		}
		have, err := version(ctx, pool)
		if err != nil || have >= want {
			return refuseNewer(err, have, want)
		}
		if err := makeSchema(ctx, pool); err != nil {
			return err
		}
		if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("its tables cannot be made: %w", err)
		}
		return nil
	})
}

func refuseNewer(err error, have, want int) error {
	if err == nil && have > want {
		return fmt.Errorf("it was written by a newer domainsync (River's version %d, this program knows %d): use that one", have, want)
	}
	return err
}

// version is that of River's tables; 0: there are none.
func version(ctx context.Context, pool *pgxpool.Pool) (have int, err error) {
	var there bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, Schema+".river_migration").Scan(&there); err != nil || !there {
		return 0, err
	}
	err = pool.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM `+Schema+`.river_migration`).Scan(&have)
	return have, err
}

// makeSchema makes the schema where it is missing. Who may make none can use one that was
// made for them.
func makeSchema(ctx context.Context, pool *pgxpool.Pool) error {
	var there bool
	if err := pool.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, Schema).Scan(&there); err != nil || there {
		return err
	}
	if _, err := pool.Exec(ctx, `CREATE SCHEMA `+Schema); err != nil {
		return fmt.Errorf("its schema %s cannot be made: %w", Schema, err)
	}
	return nil
}
