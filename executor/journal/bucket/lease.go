package bucket

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// whole is how much later than a time in whole seconds the true one may be.
const whole = time.Second

// take takes the account and waits for it at most the timeout.
func (s *Store) take(ctx context.Context, timeout time.Duration) error {
	begin := s.clock.Now()
	for {
		err := s.tryTake(ctx)
		if _, held := errors.AsType[*store.LockedError](err); !held || s.clock.Since(begin) >= timeout {
			return err
		}
		if err := s.clock.Sleep(ctx, s.lease/15); err != nil {
			return err
		}
	}
}

// tryTake takes the account if nobody holds it, and renews it from then on.
//
// The lease of the former holder is read before the next fence is taken, so that a
// holder that lives loses nothing, and again after: it may have renewed between the
// two. It looks for later fences after each renewal, so one of the two sees the
// other, whichever comes first.
func (s *Store) tryTake(ctx context.Context) error {
	former, err := s.highest(ctx, "fence")
	if err != nil {
		return err
	}
	if err := s.ended(ctx, former); err != nil {
		return err
	}
	s.fence, s.id = former+1, newID()
	asked := s.clock.Now()
	s.holder = holderText(asked)
	made, err := s.makeTenure(ctx)
	switch {
	case err != nil:
		return err
	case !made:
		return s.lockedBy(ctx, s.fence)
	}
	s.heard = asked
	if err := s.alone(ctx, former); err != nil {
		return err // the lease of this fence stands in for the former one's until it ends
	}
	if err := s.begin(ctx, former); err != nil {
		return errors.Join(err, s.giveBack(context.WithoutCancel(ctx)))
	}
	s.keep(ctx)
	return nil
}

// alone holds that a fence was not taken beside another one: before a later one,
// whose holder has forgotten it, or while the former holder renewed.
func (s *Store) alone(ctx context.Context, former int64) error {
	switch last, err := s.highest(ctx, "fence"); {
	case err != nil:
		return err
	case last != s.fence:
		return s.lockedBy(ctx, last)
	}
	return s.ended(ctx, former)
}

// begin makes the holder the one that writes.
func (s *Store) begin(ctx context.Context, former int64) error {
	if err := s.turn(ctx); err != nil {
		return err
	}
	return s.forget(ctx, former)
}

// turn writes the turn of this holder behind all that was written before it.
func (s *Store) turn(ctx context.Context) error {
	for {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		if s.log.fence >= s.fence {
			return s.lockedBy(ctx, s.log.fence)
		}
		e := s.entry(kindTurn)
		made, err := s.offer(ctx, e)
		if err != nil {
			return err
		}
		if made {
			return s.log.apply(e)
		}
	}
}

// forget deletes the leases of those who are long gone. That of the former holder
// stays, which may still come to renew it.
func (s *Store) forget(ctx context.Context, former int64) error {
	keys, err := s.objects.list(ctx, s.all("fence"), "")
	if err != nil {
		return err
	}
	for _, key := range keys {
		if n, ok := numberOf(key); ok && n < former {
			if err := s.objects.remove(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// highest returns the last number of a kind, 0 where there is none.
func (s *Store) highest(ctx context.Context, kind string) (int64, error) {
	keys, err := s.objects.list(ctx, s.all(kind), "")
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	n, ok := numberOf(keys[len(keys)-1])
	if !ok {
		return 0, fmt.Errorf("there is an object %s, which is not of domainsync", keys[len(keys)-1])
	}
	return n, nil
}

// tenureOf reads the lease of a holder, and until when it holds by the clock of the
// service, which is at now.
func (s *Store) tenureOf(ctx context.Context, fence int64) (t tenure, until, now time.Time, err error) {
	o, err := s.objects.get(ctx, s.numbered("fence", fence))
	if err != nil {
		return t, until, now, err
	}
	if err := decode(o.data, &t); err != nil {
		return t, until, now, fmt.Errorf("the object %s: %w", s.numbered("fence", fence), err)
	}
	return t, o.modified.Add(time.Duration(t.Lease)*time.Millisecond + whole), o.now, nil
}

// ended returns nil when a fence holds the account no more. One that is forgotten
// has ended.
func (s *Store) ended(ctx context.Context, fence int64) error {
	if fence == 0 {
		return nil
	}
	t, until, now, err := s.tenureOf(ctx, fence)
	switch {
	case errors.Is(err, errAbsent):
		return nil
	case err != nil:
		return err
	case t.Closed || !now.Before(until):
		return nil
	}
	return &store.LockedError{Where: s.where, Holder: t.Holder, Until: until}
}

// lockedBy says that a fence holds the account, since it came first.
func (s *Store) lockedBy(ctx context.Context, fence int64) error {
	t, until, _, err := s.tenureOf(ctx, fence)
	if err != nil && !errors.Is(err, errAbsent) {
		return err
	}
	return &store.LockedError{Where: s.where, Holder: t.Holder, Until: until}
}

// tenure returns the object of this holder.
func (s *Store) tenure(closed bool) ([]byte, error) {
	return encode(tenure{ID: s.id, Holder: s.holder, Lease: s.lease.Milliseconds(), Closed: closed})
}

// makeTenure takes the fence, and reports whether nobody else did.
func (s *Store) makeTenure(ctx context.Context) (bool, error) {
	data, err := s.tenure(false)
	if err != nil {
		return false, err
	}
	return s.make(ctx, s.numbered("fence", s.fence), s.id, data)
}

// keep renews the lease in the background until the store is closed.
func (s *Store) keep(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.renewing.Go(func() {
		for s.clock.Sleep(ctx, s.lease/3) == nil && ctx.Err() == nil {
			// A request that is cut off could still come after the one of Close.
			if err := s.renew(context.WithoutCancel(ctx)); err != nil && s.lost() != nil {
				return // whoever sends or writes next gets the error
			}
		}
	})
}

// renew asks for more time. An error that is no FencedError says that the service
// could not be asked.
func (s *Store) renew(ctx context.Context) error {
	ctx, cancel := s.clock.WithTimeout(ctx, s.lease/3)
	defer cancel()
	asked := s.clock.Now()
	data, err := s.tenure(false)
	if err != nil {
		return err
	}
	if err := s.objects.put(ctx, s.numbered("fence", s.fence), data); err != nil {
		return fmt.Errorf("the lease of the account cannot be renewed in %s: %w", s.where, err)
	}
	if err := s.fenced(ctx); err != nil {
		return err
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

// fenced finds out who took the account since, and remembers that it is lost.
func (s *Store) fenced(ctx context.Context) error {
	last, err := s.highest(ctx, "fence")
	switch {
	case err != nil:
		return err
	case last == s.fence:
		return nil
	case last < s.fence:
		return s.lose(fmt.Errorf("%s is not what it was: the lease of this run is gone from it", s.where))
	}
	t, _, _, err := s.tenureOf(ctx, last)
	if err != nil {
		t.Holder = "" // that it is lost is certain
	}
	return s.lose(&store.FencedError{Where: s.where, Mine: s.fence, Now: last, Holder: t.Holder})
}

// lose remembers why the account is lost, or why nothing more may be written.
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

// Held implements [store.Store]. While the last answer of the service is younger
// than two thirds of the lease, nobody else can have the account; after that, as
// in a process that was stopped, the service is asked.
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
		return nil
	}
	s.stop()
	s.renewing.Wait()
	s.stop = nil
	if _, fenced := errors.AsType[*store.FencedError](s.lost()); fenced {
		return nil
	}
	return s.giveBack(s.closing)
}

// giveBack says that the account is held no more.
func (s *Store) giveBack(ctx context.Context) error {
	ctx, cancel := s.clock.WithTimeout(ctx, s.lease)
	defer cancel()
	data, err := s.tenure(true)
	if err == nil {
		err = s.objects.put(ctx, s.numbered("fence", s.fence), data)
	}
	if err != nil {
		return fmt.Errorf("the account is not given back in %s, so it stays held for %v: %w", s.where, s.lease, err)
	}
	return nil
}

// holderText says who holds an account, for people.
func holderText(since time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	return fmt.Sprintf("process %d on %s since %s", os.Getpid(), host, since.UTC().Format(time.RFC3339))
}
