package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
	"github.com/domainsync/domainsync/internal/clock"
)

// A Table is a [fleet.Table] in a file.
type Table struct {
	db    *sql.DB
	path  string
	clock clock.Clock
	lock  *flock.Flock // of the process that runs the jobs; nil: it is another one
}

// Close closes the file.
func (t *Table) Close() error {
	err := t.db.Close()
	if t.lock != nil {
		err = errors.Join(err, t.lock.Close())
	}
	return err
}

// failed says of an error of the database which file it is about.
func (t *Table) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the fleet %s: %w", t.path, err)
}

// write makes changes, all or none. Errors of the fleet's own stay as they are.
func (t *Table) write(ctx context.Context, change func(*sql.Tx, time.Time) error) error {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return t.failed(err)
	}
	err = change(tx, t.clock.Now())
	if err == nil {
		return t.failed(tx.Commit())
	}
	_, lost := errors.AsType[*fleet.LostError](err)
	_, missing := errors.AsType[*fleet.NoJobError](err)
	if rollback := tx.Rollback(); rollback != nil {
		err = errors.Join(err, rollback)
	}
	if lost || missing {
		return err
	}
	return t.failed(err)
}

// milliseconds is a time as the file has it; nil: never.
func milliseconds(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// timeOf reads such a time.
func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// note records an act, and returns its number.
func note(ctx context.Context, tx *sql.Tx, now time.Time, a fleet.Act) (int64, error) {
	r, err := tx.ExecContext(ctx, `INSERT INTO acts (at, who, deed, job, run, detail) VALUES (?, ?, ?, ?, ?, ?)`,
		now.UnixMilli(), a.By, a.Deed, a.Job, a.Run, a.Detail)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// Declare is [fleet.Table.Declare].
func (t *Table) Declare(ctx context.Context, by string, jobs []fleet.Declaration) error {
	return t.write(ctx, func(tx *sql.Tx, now time.Time) error {
		have, err := formerly(ctx, tx)
		if err != nil {
			return err
		}
		changes := turns.Declare(have, jobs, now)
		for _, p := range changes.Put {
			_, err := tx.ExecContext(ctx, `INSERT INTO jobs (name, declared, schedule, priority, account, next) VALUES (?1, 1, ?2, ?3, ?4, ?5)
				ON CONFLICT (name) DO UPDATE SET declared = 1, schedule = ?2, priority = ?3, account = ?4, next = ?5`,
				p.Name, p.Schedule.String(), p.Priority, p.Account, milliseconds(p.Next))
			if err != nil {
				return err
			}
		}
		for _, name := range changes.Gone {
			if _, err := tx.ExecContext(ctx, `UPDATE jobs SET declared = 0, next = NULL, due = NULL, attempt = 0, asked = NULL WHERE name = ?`, name); err != nil {
				return err
			}
		}
		if changes.String() == "" {
			return nil
		}
		_, err = note(ctx, tx, now, fleet.Act{By: by, Deed: fleet.DeedDeclare, Detail: changes.String()})
		return err
	})
}

// formerly returns what the table knows of jobs.
func formerly(ctx context.Context, tx *sql.Tx) (map[string]turns.Former, error) {
	rows, err := tx.QueryContext(ctx, `SELECT name, declared, schedule, priority, account, next, due IS NOT NULL FROM jobs`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]turns.Former)
	for rows.Next() {
		var name string
		var f turns.Former
		var next sql.NullInt64
		if err := rows.Scan(&name, &f.Declared, &f.Schedule, &f.Priority, &f.Account, &next, &f.Again); err != nil {
			return nil, err
		}
		f.Next = timeOf(next)
		all[name] = f
	}
	return all, rows.Err()
}

// Do is [fleet.Table.Do].
func (t *Table) Do(ctx context.Context, a fleet.Act) error {
	return t.write(ctx, func(tx *sql.Tx, now time.Time) error {
		id, err := note(ctx, tx, now, a)
		if err != nil || a.Job == "" {
			return err
		}
		set := map[fleet.Deed]string{
			fleet.DeedPause:  `UPDATE jobs SET paused = ?1 WHERE name = ?2 AND declared`,
			fleet.DeedResume: `UPDATE jobs SET paused = NULL WHERE name = ?2 AND declared AND ?1 > 0`,
			fleet.DeedAsk:    `UPDATE jobs SET asked = coalesce(asked, ?1) WHERE name = ?2 AND declared`,
		}[a.Deed]
		if set == "" {
			return nil
		}
		r, err := tx.ExecContext(ctx, set, id, a.Job)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return noJob(ctx, tx, a.Job)
	})
}

// noJob says that a job is not there, and which are.
func noJob(ctx context.Context, tx *sql.Tx, name string) error {
	rows, err := tx.QueryContext(ctx, `SELECT name FROM jobs WHERE declared ORDER BY name`)
	if err != nil {
		return err
	}
	defer rows.Close()
	missing := &fleet.NoJobError{Job: name}
	for rows.Next() {
		var has string
		if err := rows.Scan(&has); err != nil {
			return err
		}
		missing.Have = append(missing.Have, has)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return missing
}

// Acts is [fleet.Table.Acts].
func (t *Table) Acts(ctx context.Context, q fleet.ActQuery) ([]fleet.Act, error) {
	var w filter
	w.add(q.Job != "", `job = ?`, q.Job)
	w.add(q.By != "", `who = ?`, q.By)
	w.add(q.Deed != "", `deed = ?`, q.Deed)
	w.add(q.Before != 0, `id < ?`, q.Before)
	rows, err := t.db.QueryContext(ctx, `SELECT id, at, who, deed, job, run, detail FROM acts`+w.newest(q.Limit), w.values...)
	if err != nil {
		return nil, t.failed(err)
	}
	defer rows.Close()
	var all []fleet.Act
	for rows.Next() {
		var a fleet.Act
		var at sql.NullInt64
		if err := rows.Scan(&a.ID, &at, &a.By, &a.Deed, &a.Job, &a.Run, &a.Detail); err != nil {
			return nil, t.failed(err)
		}
		a.At = timeOf(at)
		all = append(all, a)
	}
	return all, t.failed(rows.Err())
}

// A filter is what rows must be, so that the file is searched by its indexes.
type filter struct {
	conditions []string
	values     []any
}

// add adds a condition, where it is wanted.
func (f *filter) add(wanted bool, condition string, values ...any) {
	if wanted {
		f.conditions, f.values = append(f.conditions, condition), append(f.values, values...)
	}
}

// newest is the end of a query for so many rows at most, the newest first.
func (f *filter) newest(limit int) string {
	text := ""
	if len(f.conditions) > 0 {
		text = " WHERE " + strings.Join(f.conditions, " AND ")
	}
	if text += " ORDER BY id DESC"; limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", limit)
	}
	return text
}

// Runs is [fleet.Table.Runs].
func (t *Table) Runs(ctx context.Context, q fleet.RunQuery) ([]fleet.Run, error) {
	var w filter
	w.add(q.ID != 0, `id = ?`, q.ID)
	w.add(q.Job != "", `job = ?`, q.Job)
	w.add(q.Before != 0, `id < ?`, q.Before)
	w.add(q.Failed, `ended IS NOT NULL AND outcome ->> 'ExitCode' <> 0`)
	rows, err := t.db.QueryContext(ctx, `SELECT `+runColumns+` FROM runs`+w.newest(q.Limit), w.values...)
	if err != nil {
		return nil, t.failed(err)
	}
	defer rows.Close()
	var all []fleet.Run
	for rows.Next() {
		r, err := scanRun(rows.Scan)
		if err != nil {
			return nil, t.failed(err)
		}
		all = append(all, *r)
	}
	return all, t.failed(rows.Err())
}

const runColumns = `id, job, due, missed, attempt, began, ended, asked_by, holder, outcome`

func scanRun(scan func(...any) error) (*fleet.Run, error) {
	var r fleet.Run
	var due, began, ended sql.NullInt64
	var outcome []byte
	if err := scan(&r.ID, &r.Job, &due, &r.Missed, &r.Attempt, &began, &ended, &r.By, &r.Holder, &outcome); err != nil {
		return nil, err
	}
	r.Due, r.Began, r.Ended = timeOf(due), timeOf(began), timeOf(ended)
	return &r, json.Unmarshal(outcome, &r.Outcome)
}

// Lines is [fleet.Table.Lines].
func (t *Table) Lines(ctx context.Context, run, after int64) ([]fleet.Line, error) {
	rows, err := t.db.QueryContext(ctx, `SELECT number, data FROM lines WHERE run = ? AND number > ? ORDER BY number`, run, after)
	if err != nil {
		return nil, t.failed(err)
	}
	defer rows.Close()
	var all []fleet.Line
	for rows.Next() {
		var l fleet.Line
		if err := rows.Scan(&l.Number, &l.Data); err != nil {
			return nil, t.failed(err)
		}
		all = append(all, l)
	}
	return all, t.failed(rows.Err())
}

// Forget is [fleet.Table.Forget].
func (t *Table) Forget(ctx context.Context, before fleet.Cutoffs) error {
	return t.write(ctx, func(tx *sql.Tx, _ time.Time) error {
		for _, forget := range []struct {
			what   string
			before time.Time
		}{
			{`DELETE FROM lines WHERE run IN (SELECT id FROM runs WHERE ended < ?)`, before.Lines},
			{`DELETE FROM runs WHERE ended < ? AND id NOT IN (SELECT max(id) FROM runs WHERE ended IS NOT NULL GROUP BY job)`, before.Runs},
			{`DELETE FROM acts WHERE at < ? AND id NOT IN (SELECT coalesce(paused, 0) FROM jobs) AND id NOT IN (SELECT coalesce(asked, 0) FROM jobs)`, before.Acts},
		} {
			if _, err := tx.ExecContext(ctx, forget.what, forget.before.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}
