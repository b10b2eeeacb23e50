package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// begin begins a transaction, whatever the database is set up for: what it said is
// durable before its answer comes, and each statement sees what others did before. One
// whose process has stopped, or whose machine is gone, holds nobody up for long.
const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = on; SET LOCAL idle_in_transaction_session_timeout = '10s'`

// How long the database is waited for.
const (
	answers  = 15 * time.Second       // in one transaction, and then for what became of it
	shortly  = 2 * time.Second        // until a transaction that was not made is made no more
	lastWord = time.Minute            // the same for what nobody says again
	retry    = 100 * time.Millisecond // between two tries
)

// A transaction is one that changes something.
type transaction struct {
	pgx.Tx
	// now is by the clock of the database, ahead is how far the process's is before it.
	now   time.Time
	ahead time.Duration
	id    string // by which the database tells what became of it
}

// stamp is the first statement of each transaction.
const stamp = `SELECT clock_timestamp(), pg_current_xact_id()::text`

// scan reads the answer to stamp.
func (tx *transaction) scan(t *Table, row pgx.Row) error {
	var now time.Time
	if err := row.Scan(&now, &tx.id); err != nil {
		return err
	}
	tx.now = t.byDatabase(now).UTC()
	tx.ahead = t.clock.Now().Sub(tx.now)
	return nil
}

// byDatabase is a time of the process as the clock of the database shows it; zero: never.
func (tx *transaction) byDatabase(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-tx.ahead)
}

// A change makes a transaction's statements. It may be called again where the
// transaction was not made.
type change func(ctx context.Context, tx *transaction) error

// write makes a change, all or nothing. What certainly was not made, because the database
// went away or stopped it for the sake of another, is tried again for some time. Errors
// of the fleet's own stay as they are.
func (t *Table) write(ctx context.Context, patience time.Duration, c change) error {
	trying, cancel := t.clock.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := t.transact(ctx, c)
		if err == nil || isOwn[*fleet.LostError](err) || isOwn[*fleet.NoJobError](err) || errors.Is(err, errElsewhere) {
			return err
		}
		if isOwn[*unsureError](err) || !pgsql.IsTransient(err) || t.clock.Sleep(trying, retry) != nil {
			return t.failed(err)
		}
	}
}

// An unsureError says that it is not known whether a transaction was made.
type unsureError struct{ why, err error }

func (e *unsureError) Error() string {
	return fmt.Sprintf("whether it was recorded is not known: %v (its transaction ended with: %v)", e.why, e.err)
}

// transact makes one transaction. An error that is no unsureError says that it was not made.
func (t *Table) transact(ctx context.Context, c change) error {
	limited, cancel := t.clock.WithTimeout(ctx, answers)
	defer cancel()
	begun, err := t.pool.BeginTx(limited, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return err
	}
	tx := &transaction{Tx: begun}
	err = tx.scan(t, tx.QueryRow(limited, stamp))
	if err == nil {
		err = c(limited, tx)
	}
	if err != nil {
		_ = tx.Rollback(limited) // a connection that is broken ends it as well
		return err
	}
	if err = tx.Commit(limited); err == nil || errors.Is(err, pgx.ErrTxCommitRollback) {
		return err
	}
	switch done, why := t.wasMade(context.WithoutCancel(ctx), tx.id); {
	case why != nil:
		return &unsureError{why, err}
	case done:
		return nil
	}
	return err
}

// wasMade finds out what became of a transaction whose end was not heard of.
func (t *Table) wasMade(ctx context.Context, id string) (bool, error) {
	ctx, cancel := t.clock.WithTimeout(ctx, answers)
	defer cancel()
	for {
		var status *string
		err := t.pool.QueryRow(ctx, `SELECT pg_xact_status($1::xid8)`, id).Scan(&status)
		switch {
		case err != nil && !pgsql.IsTransient(err):
			return false, err
		case err == nil && status == nil:
			return false, errors.New("the database does not know any more")
		case err == nil && *status != "in progress":
			return *status == "committed", nil
		}
		if ended := t.clock.Sleep(ctx, retry); ended != nil {
			return false, errors.Join(err, ended)
		}
	}
}
