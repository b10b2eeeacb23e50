package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// Attend is [fleet.Processes.Attend].
func (t *Table) Attend(ctx context.Context, p fleet.Process) error {
	return t.write(ctx, func(tx *sql.Tx, now time.Time) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO processes (id, name, version, file, since, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
			ON CONFLICT (id) DO UPDATE SET name = ?2, version = ?3, file = ?4, seen = ?5, since = CASE WHEN file = ?4 THEN since ELSE ?5 END`,
			p.ID, p.Name, p.Version, p.File, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM processes WHERE seen < ?`, now.Add(-fleet.ForgottenAfter).UnixMilli())
		return err
	})
}

// Leave is [fleet.Processes.Leave].
func (t *Table) Leave(ctx context.Context, id string) error {
	return t.write(ctx, func(tx *sql.Tx, _ time.Time) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM processes WHERE id = ?`, id)
		return err
	})
}

// Attendance is [fleet.Processes.Attendance].
func (t *Table) Attendance(ctx context.Context) (a fleet.Attendance, err error) {
	a.Now = t.clock.Now()
	rows, err := t.db.QueryContext(ctx, `SELECT id, name, version, file, since, seen FROM processes ORDER BY id`)
	if err != nil {
		return a, t.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p fleet.Process
		var since, seen int64
		if err := rows.Scan(&p.ID, &p.Name, &p.Version, &p.File, &since, &seen); err != nil {
			return a, t.failed(err)
		}
		p.Since, p.Seen = time.UnixMilli(since).UTC(), time.UnixMilli(seen).UTC()
		a.Processes = append(a.Processes, p)
	}
	return a, t.failed(rows.Err())
}
