package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/turns"
)

// Due is [fleet.Table.Due].
func (t *Table) Due(ctx context.Context, c fleet.Claim) (all []fleet.DueJob, next time.Time, err error) {
	return t.dueJobs(ctx, t.pool, &c)
}

// DueTx is Due in a transaction of the same database that somebody else has begun.
func (t *Table) DueTx(ctx context.Context, tx pgx.Tx, c fleet.Claim) (all []fleet.DueJob, next time.Time, err error) {
	return t.dueJobs(ctx, tx, &c)
}

func (t *Table) dueJobs(ctx context.Context, db querier, c *fleet.Claim) (all []fleet.DueJob, next time.Time, err error) {
	due, next, err := t.due(ctx, db, c)
	for i := range due {
		d := &due[i]
		all = append(all, fleet.DueJob{Name: d.Name, Fence: d.Fence, Priority: d.Priority, Since: d.Since, Waits: d.Waits})
	}
	return all, next, err
}

func (t *Table) due(ctx context.Context, db querier, c *fleet.Claim) (due []turns.Candidate, next time.Time, err error) {
	s, err := t.look(ctx, db, c)
	if err != nil {
		return nil, time.Time{}, t.failed(err)
	}
	if due, next = turns.Due(s.jobs, s.busy, c, s.now); !next.IsZero() {
		next = next.Add(t.clock.Now().Sub(s.now))
	}
	return due, next, nil
}

// soon is when a job is looked at again that somebody else is about to take or to change.
const soon = 50 * time.Millisecond

// Take is [fleet.Table.Take]. It looks without a lock, as most find nothing to do, and
// then goes through what it found. Each job is looked at again under the lock of its
// account; one that somebody else has a lock on is left to them.
func (t *Table) Take(ctx context.Context, c fleet.Claim) (turn *fleet.Turn, next time.Time, err error) {
	due, next, err := t.due(ctx, t.pool, &c)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, candidate := range due {
		one := c
		one.Job = candidate.Name
		turn, locked, err := t.take(ctx, candidate.Account, &one)
		if errors.Is(err, errElsewhere) {
			return nil, t.clock.Now().Add(soon), t.settle(ctx)
		}
		if err != nil || turn != nil {
			return turn, time.Time{}, err
		}
		if locked {
			next = t.clock.Now().Add(soon)
		}
	}
	return nil, next, nil
}

// lockAccount locks those jobs of an account that nobody else has a lock on. Whoever
// begins a turn has all of them locked, and whoever has a lease run anew that of its job:
// so neither misses the other.
const lockAccount = `SELECT name FROM domainsync_fleet.jobs WHERE account = $1 ORDER BY name FOR UPDATE SKIP LOCKED`

// take takes one job, if it is due. Locked says that somebody else has a lock on one of
// the account's.
func (t *Table) take(ctx context.Context, account string, c *fleet.Claim) (turn *fleet.Turn, locked bool, err error) {
	err = t.write(ctx, shortly, func(ctx context.Context, tx *transaction) error {
		turn, locked = nil, false
		free, s := 0, &seen{now: tx.now}
		var b pgx.Batch
		b.Queue(lockAccount, account).Exec(func(done pgconn.CommandTag) error {
			free = int(done.RowsAffected())
			return nil
		})
		b.Queue(entries+` WHERE j.account = $1 ORDER BY j.name`, account).Query(s.collect) // with a snapshot of after the lock
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		if locked = free < s.count; locked {
			return nil
		}
		due, _ := turns.Due(s.jobs, s.busy, c, tx.now)
		if len(due) == 0 {
			return nil
		}
		if err := t.stays(ctx, tx); err != nil {
			return err
		}
		begun := due[0].Begin(c, tx.now)
		if err := tx.begin(ctx, &due[0], begun); err != nil {
			return err
		}
		begun.Until = begun.Until.Add(tx.ahead)
		turn = &begun.Turn
		return nil
	})
	if err != nil {
		turn = nil
	}
	return turn, locked, err
}

// beginTurn writes down all of a turn that begins, and ends the run before if its holder
// was not heard of any more.
const beginTurn = `WITH lost AS (
	UPDATE domainsync_fleet.runs SET ended = $1, outcome = $2, exit_code = $3 WHERE id = $4 AND ended IS NULL
), run AS (
	INSERT INTO domainsync_fleet.runs (job, fence, due, missed, attempt, began, asked_by, holder) VALUES ($5, $6, $7, $8, $9, $1, $10, $11) RETURNING id
), job AS (
	UPDATE domainsync_fleet.jobs SET fence = $6, run = run.id, until = $12, lost = $13, next = $14, due = NULL, attempt = 0, asked = NULL,
		lost_at = CASE WHEN $4 > 0 THEN $1 ELSE lost_at END
	FROM run WHERE name = $5
), act AS (
	INSERT INTO domainsync_fleet.acts (at, who, deed, job, run, detail) SELECT $1, $11, $15, $5, run.id, $16 FROM run
) SELECT id FROM run`

// begin gives a job that is due to who claims it.
func (tx *transaction) begin(ctx context.Context, due *turns.Candidate, b *turns.Begun) error {
	outcome := []byte("{}")
	if due.Turn != nil {
		var err error
		if outcome, err = turns.Lost(due.Turn.Holder); err != nil {
			return err
		}
	}
	return tx.QueryRow(ctx, beginTurn, tx.now, string(outcome), turns.LostExitCode, b.Turn.Lost,
		b.Job, b.Fence, b.Due, b.Missed, b.Attempt, b.By, text(b.Holder),
		b.Until, b.LostRuns, orNull(b.Next), string(fleet.DeedBegin), text(b.Why())).Scan(&b.Run)
}

// mine selects a turn's job as long as it is its holder's. Numbers may have been given
// twice, where the database was put back from a backup in between: the begin tells.
const mine = `SELECT j.name FROM domainsync_fleet.jobs j JOIN domainsync_fleet.runs r ON r.id = j.run
	WHERE j.name = $1 AND j.fence = $2 AND j.run = $3 AND r.began = $4 AND r.holder = $5 FOR UPDATE OF j`

// held makes a change of a turn, as long as that is its holder's.
func (t *Table) held(ctx context.Context, turn *fleet.Turn, patience time.Duration, c change) error {
	return t.write(ctx, patience, func(ctx context.Context, tx *transaction) error {
		done, err := tx.Exec(ctx, mine, turn.Job, turn.Fence, turn.Run, turn.Began, text(turn.Holder))
		if err != nil {
			return err
		}
		if done.RowsAffected() == 0 {
			return &fleet.LostError{Job: turn.Job, Holder: turn.Holder}
		}
		return c(ctx, tx)
	})
}

// renew has a lease run anew, unless another job of the account is at work.
const renew = `UPDATE domainsync_fleet.jobs j SET until = $2 WHERE name = $1 AND NOT EXISTS (
	SELECT FROM domainsync_fleet.jobs o WHERE o.account = j.account AND o.name <> $1 AND o.run IS NOT NULL AND o.until > $3)`

// Renew is [fleet.Table.Renew].
func (t *Table) Renew(ctx context.Context, turn *fleet.Turn, lease time.Duration) error {
	ctx, cancel := t.clock.WithTimeout(ctx, lease/3)
	defer cancel()
	return t.held(ctx, turn, shortly, func(ctx context.Context, tx *transaction) error {
		done, err := tx.Exec(ctx, renew, turn.Job, tx.now.Add(lease), tx.now)
		if err == nil && done.RowsAffected() == 0 {
			err = &fleet.LostError{Job: turn.Job, Holder: turn.Holder}
		}
		return err
	})
}

// Record is [fleet.Table.Record].
func (t *Table) Record(ctx context.Context, turn *fleet.Turn, lines [][]byte) error {
	return t.held(ctx, turn, shortly, func(ctx context.Context, tx *transaction) error {
		_, err := tx.Exec(ctx, `INSERT INTO domainsync_fleet.lines (run, number, data)
			SELECT $1, (SELECT coalesce(max(number), 0) FROM domainsync_fleet.lines WHERE run = $1) + l.n, l.data
			FROM unnest($2::bytea[]) WITH ORDINALITY AS l (data, n)`, turn.Run, lines)
		return err
	})
}

// endTurn writes down how a run ended, and when its job is due.
const endTurn = `WITH run AS (
	UPDATE domainsync_fleet.runs SET ended = $1, outcome = $2, exit_code = $3 WHERE id = $4
), act AS (
	INSERT INTO domainsync_fleet.acts (at, who, deed, job, run, detail) VALUES ($1, $5, $6, $7, $4, $8)
) UPDATE domainsync_fleet.jobs SET run = NULL, until = NULL, metrics = coalesce($9, metrics),
	due = CASE WHEN declared AND $10::timestamptz IS NOT NULL THEN $11::timestamptz END,
	attempt = CASE WHEN $10::timestamptz IS NOT NULL THEN $12 ELSE 0 END,
	next = CASE WHEN $10::timestamptz IS NULL THEN next WHEN declared THEN least(next, $10::timestamptz) END
	WHERE name = $7`

// End is [fleet.Table.End].
func (t *Table) End(ctx context.Context, turn *fleet.Turn, o fleet.Outcome, again time.Time) error {
	outcome, short, err := turns.Ended(o)
	if err != nil {
		return t.failed(err)
	}
	return t.held(ctx, turn, lastWord, func(ctx context.Context, tx *transaction) error {
		due := orNull(tx.byDatabase(again))
		_, err := tx.Exec(ctx, endTurn, tx.now, string(outcome), o.ExitCode, turn.Run,
			text(turn.Holder), string(fleet.DeedEnd), turn.Job, text(short), o.Metrics, due, turn.Due, turn.Attempt)
		return err
	})
}
