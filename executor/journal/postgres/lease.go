package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// lockRetry is how often an account that somebody else holds is tried again.
const lockRetry = 200 * time.Millisecond

// take takes the account and waits for it at most the timeout.
func (s *Store) take(ctx context.Context, timeout time.Duration) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO domainsync_accounts (endpoint, account) VALUES ($1, $2) ON CONFLICT DO NOTHING`, s.endpoint, s.account)
	if err != nil {
		return err
	}
	begin := s.holding.Clock.Now()
	for {
		err := s.tryTake(ctx)
		if _, held := errors.AsType[*store.LockedError](err); !held || s.holding.Clock.Since(begin) >= timeout {
			return err
		}
		if err := s.holding.Clock.Sleep(ctx, lockRetry); err != nil {
			return err
		}
	}
}

// tryTake takes the account if nobody holds it, and renews it from then on.
func (s *Store) tryTake(ctx context.Context) error {
	asked := s.holding.Clock.Now()
	err := s.pool.QueryRow(ctx, `UPDATE domainsync_accounts
		SET fence = fence + 1, holder = $3, ends = clock_timestamp() + make_interval(secs => $4)
		WHERE endpoint = $1 AND account = $2 AND (ends IS NULL OR ends <= clock_timestamp())
		RETURNING fence, last`, s.endpoint, s.account, store.HolderText(asked), s.holding.Lease.Seconds()).Scan(&s.fence, &s.last)
	if errors.Is(err, pgx.ErrNoRows) {
		return s.locked(ctx)
	}
	if err != nil {
		return err
	}
	s.holding.Answered(asked)
	s.holding.Keep(ctx, s.renew)
	return nil
}

// locked says who holds the account.
func (s *Store) locked(ctx context.Context) error {
	e := &store.LockedError{Where: s.where}
	var ends *time.Time
	err := s.pool.QueryRow(ctx, `SELECT holder, ends FROM domainsync_accounts WHERE endpoint = $1 AND account = $2`, s.endpoint, s.account).Scan(&e.Holder, &ends)
	if err != nil {
		return err
	}
	if ends != nil {
		e.Until = *ends
	}
	return e
}

// renew asks the database for more time. An error that is no FencedError says
// that it could not be asked. What was given back is renewed no more: a renewal that
// was cut off can come after that.
func (s *Store) renew(ctx context.Context) error {
	ctx, cancel := s.holding.Clock.WithTimeout(ctx, s.holding.Lease/3)
	defer cancel()
	asked := s.holding.Clock.Now()
	done, err := s.pool.Exec(ctx, `UPDATE domainsync_accounts SET ends = clock_timestamp() + make_interval(secs => $4)
		WHERE endpoint = $1 AND account = $2 AND fence = $3 AND ends IS NOT NULL`, s.endpoint, s.account, s.fence, s.holding.Lease.Seconds())
	switch {
	case err != nil:
		return fmt.Errorf("the lease of the account cannot be renewed in %s: %w", s.where, err)
	case done.RowsAffected() == 0:
		return cmp.Or(s.fenced(ctx), fmt.Errorf("the account was given back in %s", s.where))
	}
	s.holding.Answered(asked)
	return nil
}

// fenced finds out who has the account now, and remembers that it is lost.
func (s *Store) fenced(ctx context.Context) error {
	e := &store.FencedError{Where: s.where, Mine: s.fence}
	err := s.pool.QueryRow(ctx, `SELECT fence, holder FROM domainsync_accounts WHERE endpoint = $1 AND account = $2`, s.endpoint, s.account).Scan(&e.Now, &e.Holder)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && e.Now < s.fence {
		return s.holding.Lose(fmt.Errorf("%s is not what it was: it knows this run no more, as after it was put back from a backup or a replica took its place", s.where))
	}
	if err != nil {
		return err
	}
	if e.Now == s.fence {
		return nil
	}
	return s.holding.Lose(e)
}

// Held implements [store.Store].
func (s *Store) Held(ctx context.Context) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	return s.holding.Held(ctx, s.renew)
}

// Incarnation implements [store.Store].
func (s *Store) Incarnation(ctx context.Context) (string, error) {
	name, err := pgsql.Incarnation(ctx, s.pool, "domainsync_records")
	if err != nil {
		return "", s.unreadable(err)
	}
	return name, nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	if !s.holding.End() {
		s.pool.Close()
		return nil
	}
	ctx, cancel := s.holding.Clock.WithTimeout(s.closing, s.holding.Lease)
	defer cancel()
	_, err := s.pool.Exec(ctx, `UPDATE domainsync_accounts SET ends = NULL, holder = '' WHERE endpoint = $1 AND account = $2 AND fence = $3`, s.endpoint, s.account, s.fence)
	s.pool.Close()
	if err != nil {
		return fmt.Errorf("the account is not given back in %s, so it stays held for %v: %w", s.where, s.holding.Lease, err)
	}
	return nil
}
