package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// placed is the table whose place is that of all of them.
const placed = Schema + ".jobs"

// errElsewhere says that the tables do not lie where they lay when the process looked.
var errElsewhere = errors.New("the fleet was put back from a backup meanwhile, or a replica took its place")

// settle finds out whether the tables lie where they lay when they were written to last.
// What has been put back from a backup gives no number twice: it counts on at the next
// step. Turns that somebody is at work on stay theirs. Sessions end, as some may have
// ended before.
func (t *Table) settle(ctx context.Context) error {
	now, err := pgsql.Incarnation(ctx, t.pool, placed)
	if err != nil || now == "" {
		return t.failed(err)
	}
	place, err := pgsql.Place(ctx, t.pool, placed)
	if err != nil {
		return t.failed(err)
	}
	err = t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		var was string
		if err := tx.QueryRow(ctx, `SELECT incarnation FROM domainsync_fleet.place FOR UPDATE`).Scan(&was); err != nil || was == now {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE domainsync_fleet.place SET incarnation = $1`, now); err != nil || was == "" {
			return err
		}
		return tx.restored(ctx, store.HolderText(tx.now))
	})
	if err == nil {
		t.place.Store(&place)
	}
	return err
}

// restored goes on with tables that were put back.
func (tx *transaction) restored(ctx context.Context, by string) error {
	var until *time.Time
	if err := tx.QueryRow(ctx, `SELECT max(at) FROM domainsync_fleet.acts`).Scan(&until); err != nil {
		return err
	}
	var b pgx.Batch
	b.Queue(`SELECT setval('domainsync_fleet.runs_id_seq', (last_value / $1 + 1) * $1) FROM domainsync_fleet.runs_id_seq`, int64(turns.Step))
	b.Queue(`SELECT setval('domainsync_fleet.acts_id_seq', (last_value / $1 + 1) * $1) FROM domainsync_fleet.acts_id_seq`, int64(turns.Step))
	b.Queue(`UPDATE domainsync_fleet.jobs SET fence = fence + $1 WHERE run IS NULL`, int64(turns.Step))
	b.Queue(`DELETE FROM domainsync_fleet.sessions`)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	_, err := tx.note(ctx, &fleet.Act{By: by, Deed: fleet.DeedRestore, Detail: turns.Restored(timeOf(until))})
	return err
}

// stays reports whether the tables lie where they lay when the process looked.
func (t *Table) stays(ctx context.Context, tx *transaction) error {
	known := t.place.Load()
	if known == nil {
		return nil // it was no server that can be asked
	}
	switch now, err := pgsql.Place(ctx, tx, placed); {
	case err != nil:
		return err
	case now != *known:
		return errElsewhere
	}
	return nil
}
