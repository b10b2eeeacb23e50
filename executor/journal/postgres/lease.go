package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// lockRetry is how often an account that somebody else holds is tried again.
const lockRetry = 200 * time.Millisecond

// take takes the account and waits for it at most the timeout.
func (s *Store) take(ctx context.Context, timeout time.Duration) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO domainsync_accounts (endpoint, account) VALUES ($1, $2) ON CONFLICT DO NOTHING`, s.endpoint, s.account)
	if err != nil {
		return err
	}
	begin := s.clock.Now()
	for {
		err := s.tryTake(ctx)
		if _, held := errors.AsType[*store.LockedError](err); !held || s.clock.Since(begin) >= timeout {
			return err
		}
		if err := s.clock.Sleep(ctx, lockRetry); err != nil {
			return err
		}
	}
}

// tryTake takes the account if nobody holds it, and renews it from then on.
func (s *Store) tryTake(ctx context.Context) error {
	asked := s.clock.Now()
	err := s.pool.QueryRow(ctx, `UPDATE domainsync_accounts
		SET fence = fence + 1, holder = $3, ends = clock_timestamp() + make_interval(secs => $4)
		WHERE endpoint = $1 AND account = $2 AND (ends IS NULL OR ends <= clock_timestamp())
		RETURNING fence, last`, s.endpoint, s.account, holderText(asked), s.lease.Seconds()).Scan(&s.fence, &s.last)
	if errors.Is(err, pgx.ErrNoRows) {
		return s.locked(ctx)
	}
	if err != nil {
		return err
	}
	s.heard = asked
	s.keep() //nolint:contextcheck // the lease outlives the call that took it
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

// keep renews the lease in the background until the store is closed.
func (s *Store) keep() {
	ctx, stop := context.WithCancel(s.closing)
	s.stop = stop
	s.renewing.Go(func() {
		for s.clock.Sleep(ctx, s.lease/3) == nil && ctx.Err() == nil {
			if err := s.renew(ctx); err != nil && s.lost() != nil {
				return // whoever sends or writes next gets the error
			}
		}
	})
}

// renew asks the database for more time. An error that is no FencedError says
// that it could not be asked.
func (s *Store) renew(ctx context.Context) error {
	ctx, cancel := s.clock.WithTimeout(ctx, s.lease/3)
	defer cancel()
	asked := s.clock.Now()
	done, err := s.pool.Exec(ctx, `UPDATE domainsync_accounts SET ends = clock_timestamp() + make_interval(secs => $4)
		WHERE endpoint = $1 AND account = $2 AND fence = $3`, s.endpoint, s.account, s.fence, s.lease.Seconds())
	switch {
	case err != nil:
		return fmt.Errorf("the lease of the account cannot be renewed in %s: %w", s.where, err)
	case done.RowsAffected() == 0:
		return s.fenced(ctx)
	}
	s.answered(asked)
	return nil
}

// answered notes that the account was certainly held at a time, and that the
// lease runs from then on.
func (s *Store) answered(asked time.Time) {
	s.state.Lock()
	defer s.state.Unlock()
	if asked.After(s.heard) {
		s.heard = asked
	}
}

// fenced finds out who has the account now, and remembers that it is lost.
func (s *Store) fenced(ctx context.Context) error {
	e := &store.FencedError{Where: s.where, Mine: s.fence}
	err := s.pool.QueryRow(ctx, `SELECT fence, holder FROM domainsync_accounts WHERE endpoint = $1 AND account = $2`, s.endpoint, s.account).Scan(&e.Now, &e.Holder)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && e.Now < s.fence {
		return s.lose(fmt.Errorf("%s is not what it was: it knows this run no more, as after it was put back from a backup or a replica took its place", s.where))
	}
	if err != nil {
		return err
	}
	if e.Now == s.fence {
		return nil
	}
	return s.lose(e)
}

// lose remembers why the account is lost.
func (s *Store) lose(err error) error {
	s.state.Lock()
	defer s.state.Unlock()
	if s.gone == nil {
		s.gone = err
	}
	return s.gone
}

func (s *Store) lost() error {
	s.state.Lock()
	defer s.state.Unlock()
	return s.gone
}

// Held implements [store.Store]. While the last answer of the database is younger
// than two thirds of the lease, nobody else can have the account; after that, as
// in a process that was stopped, the database is asked.
func (s *Store) Held(ctx context.Context) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	if err := s.lost(); err != nil {
		return err
	}
	s.state.Lock()
	heard := s.heard
	s.state.Unlock()
	if s.age(heard) < s.lease*2/3 {
		return nil
	}
	return s.renew(ctx)
}

// age returns how long ago a time was, by whichever of its readings says more:
// the monotonic clock stands still while a machine sleeps.
func (s *Store) age(t time.Time) time.Duration {
	now := s.clock.Now()
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// Close implements [store.Store].
func (s *Store) Close() error {
	if s.stop == nil {
		s.pool.Close()
		return nil
	}
	s.stop()
	s.renewing.Wait()
	s.stop = nil
	ctx, cancel := s.clock.WithTimeout(s.closing, s.lease)
	defer cancel()
	_, err := s.pool.Exec(ctx, `UPDATE domainsync_accounts SET ends = NULL, holder = '' WHERE endpoint = $1 AND account = $2 AND fence = $3`, s.endpoint, s.account, s.fence)
	s.pool.Close()
	if err != nil {
		return fmt.Errorf("the account is not given back in %s, so it stays held for %v: %w", s.where, s.lease, err)
	}
	return nil
}
