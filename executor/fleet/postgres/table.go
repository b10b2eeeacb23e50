package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
)

var _ fleet.Table = (*Table)(nil)

// Keys of the locks under which one process at a time declares jobs, and forgets.
const (
	declareLock = 0x646f6d62 // "domb"
	forgetLock  = 0x646f6d63 // "domc"
)

// note records an act, and returns its number.
func (tx *transaction) note(ctx context.Context, a *fleet.Act) (id int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO domainsync_fleet.acts (at, who, deed, job, run, detail) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		tx.now, text(a.By), string(a.Deed), text(a.Job), a.Run, text(a.Detail)).Scan(&id)
	return id, err
}

// Declare is [fleet.Table.Declare].
func (t *Table) Declare(ctx context.Context, by string, jobs []fleet.Declaration) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, declareLock); err != nil {
			return err
		}
		have, err := tx.formerly(ctx)
		if err != nil {
			return err
		}
		changes := turns.Declare(have, jobs, tx.now)
		if changes.String() == "" {
			return nil
		}
		var b pgx.Batch
		for i := range changes.Put {
			p := &changes.Put[i]
			b.Queue(`INSERT INTO domainsync_fleet.jobs (name, declared, schedule, priority, account, next) VALUES ($1, true, $2, $3, $4, $5)
				ON CONFLICT (name) DO UPDATE SET declared = true, schedule = $2, priority = $3, account = $4, next = $5`,
				p.Name, p.Schedule.String(), p.Priority, p.Account, orNull(p.Next))
		}
		b.Queue(`UPDATE domainsync_fleet.jobs SET declared = false, next = NULL, due = NULL, attempt = 0, asked = NULL WHERE name = ANY ($1)`, changes.Gone)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		_, err = tx.note(ctx, &fleet.Act{By: by, Deed: fleet.DeedDeclare, Detail: changes.String()})
		return err
	})
}

// formerly returns what the table knows of jobs, and locks them.
func (tx *transaction) formerly(ctx context.Context) (map[string]turns.Former, error) {
	rows, err := tx.Query(ctx, `SELECT name, declared, schedule, priority, account, next, due IS NOT NULL FROM domainsync_fleet.jobs ORDER BY name FOR UPDATE`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]turns.Former)
	for rows.Next() {
		var name string
		var f turns.Former
		var next *time.Time
		if err := rows.Scan(&name, &f.Declared, &f.Schedule, &f.Priority, &f.Account, &next, &f.Again); err != nil {
			return nil, err
		}
		f.Next = timeOf(next)
		all[name] = f
	}
	return all, rows.Err()
}

// does is what deeds change of a job. The act is $1, the name $2.
var does = map[fleet.Deed]string{
	fleet.DeedPause:  `UPDATE domainsync_fleet.jobs SET paused = $1 WHERE name = $2 AND declared`,
	fleet.DeedResume: `UPDATE domainsync_fleet.jobs SET paused = NULL WHERE name = $2 AND declared AND $1 > 0`,
	fleet.DeedAsk:    `UPDATE domainsync_fleet.jobs SET asked = coalesce(asked, $1) WHERE name = $2 AND declared`,
}

// Do is [fleet.Table.Do].
func (t *Table) Do(ctx context.Context, a fleet.Act) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		id, err := tx.note(ctx, &a)
		set := does[a.Deed]
		if err != nil || a.Job == "" || set == "" {
			return err
		}
		done, err := tx.Exec(ctx, set, id, text(a.Job))
		if err != nil || done.RowsAffected() > 0 {
			return err
		}
		return tx.noJob(ctx, a.Job)
	})
}

// noJob says that a job is not there, and which are.
func (tx *transaction) noJob(ctx context.Context, name string) error {
	rows, err := tx.Query(ctx, `SELECT name FROM domainsync_fleet.jobs WHERE declared ORDER BY name`)
	if err != nil {
		return err
	}
	missing := &fleet.NoJobError{Job: name}
	if missing.Have, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return err
	}
	return missing
}

// Forget is [fleet.Table.Forget]. One process at a time does it for all.
func (t *Table) Forget(ctx context.Context, before fleet.Cutoffs) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		var first bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, forgetLock).Scan(&first); err != nil || !first {
			return err
		}
		var b pgx.Batch
		b.Queue(`DELETE FROM domainsync_fleet.lines l USING domainsync_fleet.runs r WHERE r.id = l.run AND r.ended < $1`, tx.byDatabase(before.Lines))
		b.Queue(`DELETE FROM domainsync_fleet.runs r WHERE ended < $1 AND EXISTS (
			SELECT FROM domainsync_fleet.runs later WHERE later.job = r.job AND later.id > r.id AND later.ended IS NOT NULL)`, tx.byDatabase(before.Runs))
		b.Queue(`DELETE FROM domainsync_fleet.acts a WHERE at < $1 AND NOT EXISTS (
			SELECT FROM domainsync_fleet.jobs j WHERE a.id IN (j.paused, j.asked))`, tx.byDatabase(before.Acts))
		return tx.SendBatch(ctx, &b).Close()
	})
}
