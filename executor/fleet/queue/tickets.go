package queue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/domainsync/domainsync/executor/fleet"
)

// begin begins the transaction of a look. One process looks at a time, so that none waits
// for what another one adds; and one that stands still in the middle of it is left by the
// server, so that nobody waits for that one.
const begin = `SELECT set_config('idle_in_transaction_session_timeout', '10s', true), set_config('lock_timeout', '20s', true), pg_advisory_xact_lock($1)`

// release ends the tickets of workers that have died: River holds each as running. None
// of these jobs has a turn that lives, or it was not due; so such a ticket is for a turn
// that is over, or its worker has not taken the turn for the time of a lease.
const release = `UPDATE ` + Schema + `.river_job r SET state = 'discarded', finalized_at = now()
	FROM unnest($1::text[], $2::bigint[]) AS due (job, fence)
	WHERE r.state = 'running' AND r.kind = $3 AND r.args->>'job' = due.job
		AND ((r.args->>'fence')::bigint <> due.fence OR r.attempted_at < now() - make_interval(secs => $4))`

// waiting returns the tickets that are not at their end.
const waiting = `SELECT args->>'job', (args->>'fence')::bigint FROM ` + Schema + `.river_job
	WHERE state IN ('available', 'pending', 'running', 'scheduled') AND kind = $1`

// arrange has River bring tickets in our order: of one priority, which all have, it brings
// first what was to be brought at the earliest time.
const arrange = `UPDATE ` + Schema + `.river_job r SET scheduled_at = least(t.scheduled_at, now())
	FROM unnest($1::bigint[], $2::timestamptz[]) AS t (id, scheduled_at) WHERE r.id = t.id`

// add looks at what is due and adds tickets for that, in one transaction. What is due is
// returned also where they cannot be added.
func (q *Queue) add(ctx context.Context, c fleet.Claim) (due []fleet.DueJob, next time.Time, err error) {
	err = pgx.BeginFunc(ctx, q.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, begin, lookLock); err != nil {
			return err
		}
		var err error
		if due, next, err = q.Table.DueTx(ctx, tx, c); err != nil || len(due) == 0 {
			return err
		}
		return q.addTickets(ctx, tx, due, c.Lease)
	})
	return due, next, err
}

func (q *Queue) addTickets(ctx context.Context, tx pgx.Tx, due []fleet.DueJob, lease time.Duration) error {
	names, fences := make([]string, len(due)), make([]int64, len(due))
	for i, d := range due {
		names[i], fences[i] = d.Name, d.Fence
	}
	if _, err := tx.Exec(ctx, release, names, fences, kind, lease.Seconds()); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, waiting, kind)
	if err != nil {
		return err
	}
	have := make(map[ticket]bool)
	var t ticket
	if _, err := pgx.ForEachRow(rows, []any{&t.Job, &t.Fence}, func() error { have[t] = true; return nil }); err != nil {
		return err
	}
	var missing []river.InsertManyParams
	var order []time.Time
	for _, d := range due {
		if t := (ticket{d.Name, d.Fence}); !have[t] {
			missing, order = append(missing, river.InsertManyParams{Args: t, InsertOpts: insertion()}), append(order, place(d))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	added, err := q.client.InsertManyTx(ctx, tx, missing)
	if err != nil {
		return err
	}
	ids := make([]int64, len(added))
	for i, a := range added {
		ids[i] = a.Job.ID
	}
	_, err = tx.Exec(ctx, arrange, ids, order)
	return err
}

// step is how much longer a job counts as due for each step of its priority: more than
// jobs wait in earnest.
const step = 7 * 24 * time.Hour

// place is where a job stands among those that are due, as a time: the earliest is the
// most urgent.
func place(d fleet.DueJob) time.Time {
	return d.Since.Add(-time.Duration(d.Priority+fleet.MostPriority) * step)
}
