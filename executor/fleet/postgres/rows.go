package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
)

// A querier is a pool of connections, or a transaction.
type querier interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// text is one as a database takes it: no zero bytes, and nothing that is no text.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "�"), "�")
}

// timeOf is a time as a database has it; nil: never.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// orNull is a time as a database takes it.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// entryColumns and entryTables select jobs with what they refer to.
const (
	entryColumns = `j.name, j.declared, j.schedule, j.priority, j.account, j.next, j.due, j.attempt, j.fence, j.until, j.lost, j.lost_at,
		p.at, p.who, p.detail, a.at, a.who, a.detail,
		r.id, r.holder, r.due, r.missed, r.began, r.asked_by, r.attempt`
	entryTables = ` FROM domainsync_fleet.jobs j
		LEFT JOIN domainsync_fleet.acts p ON p.id = j.paused
		LEFT JOIN domainsync_fleet.acts a ON a.id = j.asked
		LEFT JOIN domainsync_fleet.runs r ON r.id = j.run`
	entries = `SELECT ` + entryColumns + entryTables
)

// row is what a row of entries tells.
type row struct {
	turns.Job
	declared                                                   bool
	next, due, until, lostAt, pausedAt, askedAt, runDue, began *time.Time
	pausedBy, pausedFor, askedBy, askedFor, holder, runBy      *string
	run                                                        *int64
	missed, attempt                                            *int
}

// targets are what the columns of entries are read into.
func (r *row) targets() []any {
	return []any{
		&r.Name, &r.declared, &r.Schedule, &r.Priority, &r.Account, &r.next, &r.due, &r.Attempt, &r.Fence, &r.until, &r.Lost, &r.lostAt,
		&r.pausedAt, &r.pausedBy, &r.pausedFor, &r.askedAt, &r.askedBy, &r.askedFor,
		&r.run, &r.holder, &r.runDue, &r.missed, &r.began, &r.runBy, &r.attempt,
	}
}

// job puts together what was read.
func (r *row) job() turns.Job {
	j := r.Job
	j.Next, j.Owed, j.LostAt = timeOf(r.next), timeOf(r.due), timeOf(r.lostAt)
	if r.pausedAt != nil {
		j.Paused = &fleet.Act{At: timeOf(r.pausedAt), By: *r.pausedBy, Deed: fleet.DeedPause, Job: r.Name, Detail: *r.pausedFor}
	}
	if r.askedAt != nil {
		j.Asked = &fleet.Act{At: timeOf(r.askedAt), By: *r.askedBy, Deed: fleet.DeedAsk, Job: r.Name, Detail: *r.askedFor}
	}
	if r.run != nil {
		j.Turn = &fleet.Turn{
			Job: r.Name, Run: *r.run, Fence: r.Fence, Holder: *r.holder, Due: timeOf(r.runDue), Missed: *r.missed,
			Began: timeOf(r.began), Until: timeOf(r.until), By: *r.runBy, Attempt: *r.attempt,
		}
	}
	return j
}

// seen is what a look at jobs tells.
type seen struct {
	now   time.Time       // by the clock of the database
	jobs  []turns.Job     // of the fleet
	busy  map[string]bool // accounts that somebody works on, for jobs that a file has no more, too
	count int             // of all jobs, those that a file has no more included
}

// collect reads rows of entries.
func (s *seen) collect(rows pgx.Rows) error {
	s.jobs, s.busy, s.count = nil, make(map[string]bool), 0
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.targets()...); err != nil {
			return err
		}
		s.count++
		j := r.job()
		if j.Turn != nil && j.Turn.Until.After(s.now) {
			s.busy[j.Account] = true
		}
		if r.declared {
			s.jobs = append(s.jobs, j)
		}
	}
	return rows.Err()
}

// reading limits how long an answer to a question is waited for.
func (t *Table) reading(ctx context.Context) (context.Context, context.CancelFunc) {
	return t.clock.WithTimeout(ctx, answers)
}

// look reads the jobs that a claim may be for, and those of the same accounts.
func (t *Table) look(ctx context.Context, db querier, c *fleet.Claim) (*seen, error) {
	ctx, cancel := t.reading(ctx)
	defer cancel()
	var s seen
	var b pgx.Batch
	b.Queue(`SELECT clock_timestamp()`).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&s.now)
		s.now = t.byDatabase(s.now).UTC()
		return err
	})
	b.Queue(entries+` WHERE (j.declared OR j.run IS NOT NULL)
		AND ($1 = '' OR j.account = (SELECT account FROM domainsync_fleet.jobs WHERE name = $1)) ORDER BY j.name`, c.Job).Query(s.collect)
	return &s, db.SendBatch(ctx, &b).Close()
}

// Jobs is [fleet.Table.Jobs].
func (t *Table) Jobs(ctx context.Context) ([]fleet.Entry, error) {
	ctx, cancel := t.reading(ctx)
	defer cancel()
	var all []fleet.Entry
	var ahead time.Duration
	var b pgx.Batch
	b.Queue(`SELECT clock_timestamp()`).QueryRow(func(row pgx.Row) error {
		var now time.Time
		err := row.Scan(&now)
		ahead = t.clock.Now().Sub(t.byDatabase(now))
		return err
	})
	b.Queue(entriesWithLast).Query(func(rows pgx.Rows) error {
		var err error
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (fleet.Entry, error) { return scanEntry(r, ahead) })
		return err
	})
	return all, t.failed(t.pool.SendBatch(ctx, &b).Close())
}

// Metrics is [fleet.Table.Metrics].
func (t *Table) Metrics(ctx context.Context, job string) (metrics []byte, err error) {
	ctx, cancel := t.reading(ctx)
	defer cancel()
	err = t.pool.QueryRow(ctx, `SELECT metrics FROM domainsync_fleet.jobs WHERE name = $1`, text(job)).Scan(&metrics)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return metrics, t.failed(err)
}

// entriesWithLast selects jobs with their last runs, too.
const entriesWithLast = `SELECT ` + entryColumns + `, j.metrics, l.*` + entryTables + ` LEFT JOIN LATERAL (
	SELECT ` + runColumns + ` FROM domainsync_fleet.runs WHERE job = j.name AND ended IS NOT NULL ORDER BY id DESC LIMIT 1) l ON true
	WHERE j.declared ORDER BY j.name`

// scanEntry reads a row of entriesWithLast, for a process whose clock is ahead of that of
// the database.
func scanEntry(from pgx.CollectableRow, ahead time.Duration) (fleet.Entry, error) {
	var r row
	var last struct {
		id                       *int64
		job, by, holder, outcome *string
		due, began, ended        *time.Time
		missed, attempt          *int
	}
	err := from.Scan(append(r.targets(), &r.Metrics, &last.id, &last.job, &last.due, &last.missed, &last.attempt, &last.began, &last.ended, &last.by, &last.holder, &last.outcome)...)
	if err != nil {
		return fleet.Entry{}, err
	}
	e := r.job().Entry
	if e.Turn != nil {
		e.Turn.Until = e.Turn.Until.Add(ahead)
	}
	if last.id == nil {
		return e, nil
	}
	e.Last = &fleet.Run{
		ID: *last.id, Job: *last.job, Due: timeOf(last.due), Missed: *last.missed, Began: timeOf(last.began), Ended: timeOf(last.ended),
		By: *last.by, Holder: *last.holder, Attempt: *last.attempt,
	}
	return e, json.Unmarshal([]byte(*last.outcome), &e.Last.Outcome)
}

const runColumns = `id, job, due, missed, attempt, began, ended, asked_by, holder, outcome`

func scanRun(from pgx.CollectableRow) (fleet.Run, error) {
	var r fleet.Run
	var ended *time.Time
	var outcome string
	if err := from.Scan(&r.ID, &r.Job, &r.Due, &r.Missed, &r.Attempt, &r.Began, &ended, &r.By, &r.Holder, &outcome); err != nil {
		return r, err
	}
	r.Due, r.Began, r.Ended = r.Due.UTC(), r.Began.UTC(), timeOf(ended)
	return r, json.Unmarshal([]byte(outcome), &r.Outcome)
}

// Runs is [fleet.Table.Runs].
func (t *Table) Runs(ctx context.Context, q fleet.RunQuery) ([]fleet.Run, error) {
	ctx, cancel := t.reading(ctx)
	defer cancel()
	rows, err := t.pool.Query(ctx, `SELECT `+runColumns+` FROM domainsync_fleet.runs
		WHERE ($1 = 0 OR id = $1) AND ($2 = '' OR job = $2) AND ($3 = 0 OR id < $3) AND (NOT $4 OR ended IS NOT NULL AND exit_code <> 0)
		ORDER BY id DESC LIMIT $5`, q.ID, text(q.Job), q.Before, q.Failed, limit(q.Limit))
	if err != nil {
		return nil, t.failed(err)
	}
	all, err := pgx.CollectRows(rows, scanRun)
	return all, t.failed(err)
}

// limit is how many rows are read at most; nil: all.
func limit(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// Lines is [fleet.Table.Lines].
func (t *Table) Lines(ctx context.Context, run, after int64) ([]fleet.Line, error) {
	ctx, cancel := t.reading(ctx)
	defer cancel()
	rows, err := t.pool.Query(ctx, `SELECT number, data FROM domainsync_fleet.lines WHERE run = $1 AND number > $2 ORDER BY number`, run, after)
	if err != nil {
		return nil, t.failed(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[fleet.Line])
	return all, t.failed(err)
}

// Acts is [fleet.Table.Acts].
func (t *Table) Acts(ctx context.Context, q fleet.ActQuery) ([]fleet.Act, error) {
	ctx, cancel := t.reading(ctx)
	defer cancel()
	rows, err := t.pool.Query(ctx, `SELECT id, at, who, deed, job, run, detail FROM domainsync_fleet.acts
		WHERE ($1 = '' OR job = $1) AND ($2 = '' OR who = $2) AND ($3 = '' OR deed = $3) AND ($4 = 0 OR id < $4)
		ORDER BY id DESC LIMIT $5`, text(q.Job), text(q.By), string(q.Deed), q.Before, limit(q.Limit))
	if err != nil {
		return nil, t.failed(err)
	}
	all, err := pgx.CollectRows(rows, func(from pgx.CollectableRow) (fleet.Act, error) {
		var a fleet.Act
		err := from.Scan(&a.ID, &a.At, &a.By, &a.Deed, &a.Job, &a.Run, &a.Detail)
		a.At = a.At.UTC()
		return a, err
	})
	return all, t.failed(err)
}
