package bucket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// whole is how much later than a time in whole seconds the true one may be.
const whole = time.Second

// take takes the account and waits for it at most the timeout.
func (s *Store) take(ctx context.Context, timeout time.Duration) error {
	begin := s.holding.Clock.Now()
	for {
		err := s.tryTake(ctx)
		if _, held := errors.AsType[*store.LockedError](err); !held || s.holding.Clock.Since(begin) >= timeout {
			return err
		}
		if err := s.holding.Clock.Sleep(ctx, s.holding.Lease/15); err != nil {
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
	asked := s.holding.Clock.Now()
	s.holder = store.HolderText(asked)
	made, err := s.makeTenure(ctx)
	switch {
	case err != nil:
		return err
	case !made:
		return s.lockedBy(ctx, s.fence)
	}
	s.holding.Answered(asked)
	if err := s.alone(ctx, former); err != nil {
		return err // the lease of this fence stands in for the former one's until it ends
	}
	if err := s.begin(ctx, former); err != nil {
		return errors.Join(err, s.giveBack(context.WithoutCancel(ctx)))
	}
	// A renewal that is cut off could still come after the last word of Close.
	s.holding.Keep(ctx, func(ctx context.Context) error { return s.renew(context.WithoutCancel(ctx)) })
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
	return encode(tenure{ID: s.id, Holder: s.holder, Lease: s.holding.Lease.Milliseconds(), Closed: closed})
}

// makeTenure takes the fence, and reports whether nobody else did.
func (s *Store) makeTenure(ctx context.Context) (bool, error) {
	data, err := s.tenure(false)
	if err != nil {
		return false, err
	}
	return s.make(ctx, s.numbered("fence", s.fence), s.id, data)
}

// renew asks for more time. An error that is no FencedError says that the service
// could not be asked.
func (s *Store) renew(ctx context.Context) error {
	ctx, cancel := s.holding.Clock.WithTimeout(ctx, s.holding.Lease/3)
	defer cancel()
	asked := s.holding.Clock.Now()
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
	s.holding.Answered(asked)
	return nil
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
		return s.holding.Lose(fmt.Errorf("%s is not what it was: the lease of this run is gone from it", s.where))
	}
	t, _, _, err := s.tenureOf(ctx, last)
	if err != nil {
		t.Holder = "" // that it is lost is certain
	}
	return s.holding.Lose(&store.FencedError{Where: s.where, Mine: s.fence, Now: last, Holder: t.Holder})
}

// Held implements [store.Store].
func (s *Store) Held(ctx context.Context) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	return s.holding.Held(ctx, s.renew)
}

// Incarnation implements [store.Store]. The object that says that the account has a
// journal is written once, so a copy of it is of another time or at another place.
func (s *Store) Incarnation(ctx context.Context) (string, error) {
	key := s.key("accounts", s.account)
	o, err := s.objects.get(ctx, key)
	if errors.Is(err, errAbsent) {
		return "", nil
	}
	if err != nil {
		return "", s.unreadable(err)
	}
	var first tenure
	if err := decode(o.data, &first); err != nil {
		return "", s.unreadable(err)
	}
	return fmt.Sprintf("object %s, %s of %s", key, first.ID, o.modified.UTC().Format(time.RFC3339)), nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	if !s.holding.End() {
		return nil
	}
	if _, fenced := errors.AsType[*store.FencedError](s.holding.Lost()); fenced {
		return nil
	}
	return s.giveBack(s.closing)
}

// giveBack says that the account is held no more.
func (s *Store) giveBack(ctx context.Context) error {
	ctx, cancel := s.holding.Clock.WithTimeout(ctx, s.holding.Lease)
	defer cancel()
	data, err := s.tenure(true)
	if err == nil {
		err = s.objects.put(ctx, s.numbered("fence", s.fence), data)
	}
	if err != nil {
		return fmt.Errorf("the account is not given back in %s, so it stays held for %v: %w", s.where, s.holding.Lease, err)
	}
	return nil
}
