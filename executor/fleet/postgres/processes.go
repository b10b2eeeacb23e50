package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
)

// Attend is [fleet.Processes.Attend].
func (t *Table) Attend(ctx context.Context, p fleet.Process) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		var b pgx.Batch
		b.Queue(`INSERT INTO domainsync_fleet.processes AS p (id, name, version, file, since, seen) VALUES ($1, $2, $3, $4, $5, $5)
			ON CONFLICT (id) DO UPDATE SET name = $2, version = $3, file = $4, seen = $5, since = CASE WHEN p.file = $4 THEN p.since ELSE $5 END`,
			p.ID, text(p.Name), text(p.Version), p.File, tx.now)
		b.Queue(`DELETE FROM domainsync_fleet.processes WHERE seen < $1`, tx.now.Add(-fleet.ForgottenAfter))
		return tx.SendBatch(ctx, &b).Close()
	})
}

// Leave is [fleet.Processes.Leave].
func (t *Table) Leave(ctx context.Context, id string) error {
	return t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		_, err := tx.Exec(ctx, `DELETE FROM domainsync_fleet.processes WHERE id = $1`, id)
		return err
	})
}

// Attendance is [fleet.Processes.Attendance].
func (t *Table) Attendance(ctx context.Context) (a fleet.Attendance, err error) {
	ctx, cancel := t.clock.WithTimeout(ctx, answers)
	defer cancel()
	if err := t.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&a.Now); err != nil {
		return a, t.failed(err)
	}
	a.Now = t.byDatabase(a.Now).UTC()
	rows, err := t.pool.Query(ctx, `SELECT id, name, version, file, since, seen FROM domainsync_fleet.processes ORDER BY id`)
	if err != nil {
		return a, t.failed(err)
	}
	a.Processes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p fleet.Process, err error) {
		err = row.Scan(&p.ID, &p.Name, &p.Version, &p.File, &p.Since, &p.Seen)
		p.Since, p.Seen = p.Since.UTC(), p.Seen.UTC()
		return p, err
	})
	return a, t.failed(err)
}
