package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
)

// entries selects the jobs of the fleet with what they refer to.
const entries = `SELECT j.name, j.schedule, j.priority, j.account, j.next, j.due, j.attempt, j.fence, j.until, j.lost, j.lost_at,
	p.at, p.who, p.detail, a.at, a.who, a.detail,
	r.id, r.holder, r.due, r.missed, r.began, r.asked_by, r.attempt
	FROM jobs j LEFT JOIN acts p ON p.id = j.paused LEFT JOIN acts a ON a.id = j.asked LEFT JOIN runs r ON r.id = j.run
	WHERE j.declared`

// Jobs is [fleet.Table.Jobs].
func (t *Table) Jobs(ctx context.Context) ([]fleet.Entry, error) {
	rows, err := t.rows(ctx, t.db, "")
	if err != nil {
		return nil, t.failed(err)
	}
	all := make([]fleet.Entry, len(rows))
	for i := range rows {
		all[i] = rows[i].Entry
		if all[i].Metrics, err = t.Metrics(ctx, all[i].Name); err != nil {
			return nil, err
		}
		last := t.db.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE job = ? AND ended IS NOT NULL ORDER BY id DESC LIMIT 1`, all[i].Name)
		switch all[i].Last, err = scanRun(last.Scan); {
		case errors.Is(err, sql.ErrNoRows):
			all[i].Last = nil
		case err != nil:
			return nil, t.failed(err)
		}
	}
	return all, nil
}

// Metrics is [fleet.Table.Metrics].
func (t *Table) Metrics(ctx context.Context, job string) (metrics []byte, err error) {
	err = t.db.QueryRowContext(ctx, `SELECT metrics FROM jobs WHERE name = ?`, job).Scan(&metrics)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return metrics, t.failed(err)
}

// querier is a database or a transaction in it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rows returns one job, or all where its name is "".
func (t *Table) rows(ctx context.Context, q querier, name string) ([]turns.Job, error) {
	query, args := entries+` ORDER BY j.name`, []any(nil)
	if name != "" { // found by its key, and not by a look at all
		query, args = entries+` AND j.name = ?`, []any{name}
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []turns.Job
	for rows.Next() {
		r, err := scanRow(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, *r)
	}
	return all, rows.Err()
}

func scanRow(scan func(...any) error) (*turns.Job, error) {
	var r turns.Job
	var next, due, until, lostAt, pausedAt, askedAt, run, runDue, missed, began, attempt sql.NullInt64
	var pausedBy, pausedFor, askedBy, askedFor, holder, runBy sql.NullString
	err := scan(&r.Name, &r.Schedule, &r.Priority, &r.Account, &next, &due, &r.Attempt, &r.Fence, &until, &r.Lost, &lostAt,
		&pausedAt, &pausedBy, &pausedFor, &askedAt, &askedBy, &askedFor,
		&run, &holder, &runDue, &missed, &began, &runBy, &attempt)
	if err != nil {
		return nil, err
	}
	r.Next, r.Owed, r.LostAt = timeOf(next), timeOf(due), timeOf(lostAt)
	if pausedAt.Valid {
		r.Paused = &fleet.Act{At: timeOf(pausedAt), By: pausedBy.String, Deed: fleet.DeedPause, Job: r.Name, Detail: pausedFor.String}
	}
	if askedAt.Valid {
		r.Asked = &fleet.Act{At: timeOf(askedAt), By: askedBy.String, Deed: fleet.DeedAsk, Job: r.Name, Detail: askedFor.String}
	}
	if run.Valid {
		r.Turn = &fleet.Turn{
			Job: r.Name, Run: run.Int64, Fence: r.Fence, Holder: holder.String, Due: timeOf(runDue), Missed: int(missed.Int64),
			Began: timeOf(began), Until: timeOf(until), By: runBy.String, Attempt: int(attempt.Int64),
		}
	}
	return &r, nil
}

// Due is [fleet.Table.Due].
func (t *Table) Due(ctx context.Context, c fleet.Claim) (all []fleet.DueJob, next time.Time, err error) {
	err = t.write(ctx, func(tx *sql.Tx, now time.Time) error { // so that what it reads is of one moment
		due, later, err := t.due(ctx, tx, now, &c)
		for _, d := range due {
			all = append(all, fleet.DueJob{Name: d.Name, Fence: d.Fence, Priority: d.Priority, Since: d.Since, Waits: d.Waits})
		}
		next = later
		return err
	})
	return all, next, err
}

func (t *Table) due(ctx context.Context, tx *sql.Tx, now time.Time, c *fleet.Claim) (due []turns.Candidate, next time.Time, err error) {
	rows, err := t.rows(ctx, tx, c.Job)
	if err != nil {
		return nil, next, err
	}
	busy, err := busyAccounts(ctx, tx, c.Job, now)
	if err != nil {
		return nil, next, err
	}
	due, next = turns.Due(rows, busy, c, now)
	return due, next, nil
}

// Take is [fleet.Table.Take].
func (t *Table) Take(ctx context.Context, c fleet.Claim) (turn *fleet.Turn, next time.Time, err error) {
	err = t.write(ctx, func(tx *sql.Tx, now time.Time) error {
		var due []turns.Candidate
		if due, next, err = t.due(ctx, tx, now, &c); err != nil || len(due) == 0 {
			return err
		}
		turn, err = t.begin(ctx, tx, due[0], now, &c)
		return err
	})
	if err != nil || turn != nil {
		next = time.Time{}
	}
	return turn, next, err
}

// busyAccounts are those that somebody works on, for jobs that a file has no more, too.
// Of one job alone that of its account is told; "": of all.
func busyAccounts(ctx context.Context, tx *sql.Tx, job string, now time.Time) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, `SELECT account FROM jobs WHERE run IS NOT NULL AND until > ?1
		AND (?2 = '' OR account = (SELECT account FROM jobs WHERE name = ?2))`, now.UnixMilli(), job)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	busy := make(map[string]bool)
	for rows.Next() {
		var account string
		if err := rows.Scan(&account); err != nil {
			return nil, err
		}
		busy[account] = true
	}
	return busy, rows.Err()
}

// begin gives a job that is due to who claims it.
func (t *Table) begin(ctx context.Context, tx *sql.Tx, due turns.Candidate, now time.Time, c *fleet.Claim) (*fleet.Turn, error) {
	if due.Turn != nil { // its holder is not heard of any more
		outcome, err := turns.Lost(due.Turn.Holder)
		if err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE runs SET ended = ?, outcome = ? WHERE id = ? AND ended IS NULL`, now.UnixMilli(), string(outcome), due.Turn.Run); err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE jobs SET lost_at = ? WHERE name = ?`, now.UnixMilli(), due.Name); err != nil {
			return nil, err
		}
	}
	b := due.Begin(c, now)
	added, err := tx.ExecContext(ctx, `INSERT INTO runs (job, fence, due, missed, attempt, began, asked_by, holder) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		b.Job, b.Fence, b.Due.UnixMilli(), b.Missed, b.Attempt, now.UnixMilli(), b.By, b.Holder)
	if err != nil {
		return nil, err
	}
	if b.Run, err = added.LastInsertId(); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE jobs SET fence = ?, run = ?, until = ?, lost = ?, next = ?, due = NULL, attempt = 0, asked = NULL WHERE name = ?`,
		b.Fence, b.Run, b.Until.UnixMilli(), b.LostRuns, milliseconds(b.Next), b.Job)
	if err != nil {
		return nil, err
	}
	_, err = note(ctx, tx, now, fleet.Act{By: b.Holder, Deed: fleet.DeedBegin, Job: b.Job, Run: b.Run, Detail: b.Why()})
	return &b.Turn, err
}

// held runs a change of a turn, as long as that is its holder's.
func (t *Table) held(ctx context.Context, turn *fleet.Turn, change func(*sql.Tx, time.Time) error) error {
	return t.write(ctx, func(tx *sql.Tx, now time.Time) error {
		var mine bool
		err := tx.QueryRowContext(ctx, `SELECT count(*) > 0 FROM jobs WHERE name = ? AND fence = ? AND run = ?`, turn.Job, turn.Fence, turn.Run).Scan(&mine)
		if err == nil && !mine {
			err = &fleet.LostError{Job: turn.Job, Holder: turn.Holder}
		}
		if err != nil {
			return err
		}
		return change(tx, now)
	})
}

// Renew is [fleet.Table.Renew].
func (t *Table) Renew(ctx context.Context, turn *fleet.Turn, lease time.Duration) error {
	return t.held(ctx, turn, func(tx *sql.Tx, now time.Time) error {
		done, err := tx.ExecContext(ctx, `UPDATE jobs SET until = ?1 WHERE name = ?2 AND NOT EXISTS (
			SELECT 1 FROM jobs other WHERE other.account = jobs.account AND other.name <> ?2 AND other.run IS NOT NULL AND other.until > ?3)`,
			now.Add(lease).UnixMilli(), turn.Job, now.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return &fleet.LostError{Job: turn.Job, Holder: turn.Holder} // its account is another's now
	})
}

// Record is [fleet.Table.Record].
func (t *Table) Record(ctx context.Context, turn *fleet.Turn, lines [][]byte) error {
	return t.held(ctx, turn, func(tx *sql.Tx, _ time.Time) error { return record(ctx, tx, turn.Run, lines) })
}

func record(ctx context.Context, tx *sql.Tx, run int64, lines [][]byte) error {
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM lines WHERE run = ?`, run).Scan(&last); err != nil {
		return err
	}
	for i, line := range lines {
		if _, err := tx.ExecContext(ctx, `INSERT INTO lines (run, number, data) VALUES (?, ?, ?)`, run, last+int64(i)+1, line); err != nil {
			return err
		}
	}
	return nil
}

// End is [fleet.Table.End].
func (t *Table) End(ctx context.Context, turn *fleet.Turn, o fleet.Outcome, again time.Time) error {
	return t.held(ctx, turn, func(tx *sql.Tx, now time.Time) error {
		outcome, short, err := turns.Ended(o)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE runs SET ended = ?, outcome = ? WHERE id = ?`, now.UnixMilli(), string(outcome), turn.Run); err != nil {
			return err
		}
		set := `UPDATE jobs SET run = NULL, until = NULL, metrics = coalesce(?2, metrics), due = NULL, attempt = 0 WHERE name = ?1`
		args := []any{turn.Job, o.Metrics}
		if !again.IsZero() {
			set = `UPDATE jobs SET run = NULL, until = NULL, metrics = coalesce(?2, metrics),
				due = CASE WHEN declared THEN ?3 END, attempt = ?4, next = CASE WHEN declared THEN min(coalesce(next, ?5), ?5) END WHERE name = ?1`
			args = append(args, turn.Due.UnixMilli(), turn.Attempt, again.UnixMilli())
		}
		if _, err := tx.ExecContext(ctx, set, args...); err != nil {
			return err
		}
		_, err = note(ctx, tx, now, fleet.Act{By: turn.Holder, Deed: fleet.DeedEnd, Job: turn.Job, Run: turn.Run, Detail: short})
		return err
	})
}
