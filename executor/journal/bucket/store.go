package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Store is the [store.Store] of an account in a bucket. Who writes knows all
// records; who reads fetches those that are new.
type Store struct {
	objects         objects
	where           string
	prefix, account string // of the keys
	patience        time.Duration
	readOnly        bool
	closing         context.Context // of last words: it does not end when the run is interrupted

	fence      int64
	id, holder string

	using sync.Mutex // held by who writes, or reads the log
	log   log

	holding store.Holding
}

var _ store.Store = (*Store)(nil)

// entry returns an entry of this holder with the next number.
func (s *Store) entry(kind string) *entry {
	return &entry{ID: newID(), Kind: kind, Number: s.log.next, Fence: s.fence, Next: s.log.number}
}

// Append implements [store.Store].
func (s *Store) Append(ctx context.Context, records []store.Record) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	s.using.Lock()
	defer s.using.Unlock()
	e := s.entry(kindAppend)
	e.Next += int64(len(records))
	e.Records = toRecords(records)
	for i := range e.Records {
		r := &e.Records[i]
		r.Number, r.Fence, r.Data = s.log.number+int64(i), s.fence, bytes.Clone(r.Data)
	}
	return s.write(ctx, e)
}

// Remove implements [store.Store].
func (s *Store) Remove(ctx context.Context, runs, numbers []int64) error {
	return s.compact(ctx, func(all []store.Record) []store.Record {
		return slices.DeleteFunc(all, func(r store.Record) bool {
			return r.Run != 0 && slices.Contains(runs, r.Run) || slices.Contains(numbers, r.Number)
		})
	})
}

// Replace implements [store.Store].
func (s *Store) Replace(ctx context.Context, records []store.Record) error {
	with := make(map[int64]store.Record, len(records))
	for _, r := range records {
		with[r.Number] = r
	}
	return s.compact(ctx, func(all []store.Record) []store.Record {
		for i := range all {
			if r, ok := with[all[i].Number]; ok {
				all[i].Kind, all[i].Data = r.Kind, slices.Clone(r.Data)
			}
		}
		return all
	})
}

// compact makes one entry of the records that change returns, with which reading
// begins; only then the entries before are deleted.
func (s *Store) compact(ctx context.Context, change func([]store.Record) []store.Record) error {
	if s.readOnly {
		return store.ErrReadOnly
	}
	s.using.Lock()
	defer s.using.Unlock()
	left := change(slices.Clone(s.log.records))
	e := s.entry(kindCompaction)
	e.Records, e.Turns = toRecords(left), slices.Clone(s.log.turns)
	if err := s.write(ctx, e); err != nil {
		return err
	}
	if err := s.giveRoom(ctx, e.Number); err != nil {
		return fmt.Errorf("%w: %w", store.ErrRoomKept, err)
	}
	return nil
}

// giveRoom has reading begin with a compaction, and deletes what is before it.
// Turns stay: each has the number that a late writer of an older holder would take.
func (s *Store) giveRoom(ctx context.Context, start int64) error {
	data, err := encode(tenure{ID: newID()})
	if err != nil {
		return err
	}
	if err := s.objects.put(ctx, s.numbered("start", start), data); err != nil {
		return err
	}
	for _, kind := range []string{"log", "start"} {
		keys, err := s.objects.list(ctx, s.all(kind), "")
		if err != nil {
			return err
		}
		for _, key := range keys {
			n, ok := numberOf(key)
			if !ok || n >= start || kind == "log" && slices.Contains(s.log.turns, n) {
				continue
			}
			if err := s.objects.remove(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// write makes an entry durable.
func (s *Store) write(ctx context.Context, e *entry) error {
	if err := s.holding.Lost(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	made, err := s.offer(ctx, e)
	switch {
	case err != nil:
		return err
	case !made:
		return s.refused(ctx)
	}
	return s.log.apply(e)
}

// offer creates an entry, and reports whether its number was free. Whoever does not
// know that writes nothing more.
func (s *Store) offer(ctx context.Context, e *entry) (made bool, err error) {
	data, err := encode(e)
	if err != nil {
		return false, err
	}
	made, err = s.make(ctx, s.numbered("log", e.Number), e.ID, data)
	if unsure, ok := errors.AsType[*unsureError](err); ok {
		return false, s.holding.Lose(unsure)
	}
	return made, err
}

// refused says why a number was taken.
func (s *Store) refused(ctx context.Context) error {
	if err := s.fenced(ctx); err != nil {
		return err
	}
	return s.holding.Lose(fmt.Errorf("%s is not what it was: it has an entry that this run did not write, though nobody else holds the account", s.where))
}

// An unsureError says that it is not known whether an object was made.
type unsureError struct {
	where   string
	err     error // of the request that made it
	reading error // of the one that looked for it
}

func (e *unsureError) Error() string {
	return fmt.Sprintf("whether it was recorded in %s is not known: %v (looking for it: %v)", e.where, e.err, e.reading)
}

func (e *unsureError) Unwrap() []error { return []error{e.err, e.reading} }

const (
	makeTries = 5                      // how often an object is made that was not found after
	makePause = 200 * time.Millisecond // before the second time, and longer each time
)

// make creates an object that has an identity, and reports whether the one that is
// there then is that: where an answer does not come, or says that the object is
// there already, it is read back. An [*unsureError] says that this is not known;
// any other error, that it was not made and will not be.
func (s *Store) make(ctx context.Context, key, id string, data []byte) (bool, error) {
	ctx, cancel := s.holding.Clock.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	var doubt error
	for try := 1; ; try++ {
		err := s.objects.create(ctx, key, data)
		if err == nil {
			return true, nil
		}
		if _, refused := errors.AsType[*refusedError](err); refused && doubt == nil {
			return false, err
		}
		if !errors.Is(err, errExists) {
			doubt = err
		}
		mine, reading := s.made(ctx, key, id)
		if reading == nil {
			return mine, nil
		}
		if try == makeTries || s.holding.Clock.Sleep(ctx, time.Duration(try)*makePause) != nil {
			return false, &unsureError{s.where, err, reading}
		}
	}
}

// made reports whether the object that is there has an identity.
func (s *Store) made(ctx context.Context, key, id string) (bool, error) {
	o, err := s.objects.get(ctx, key)
	if err != nil {
		return false, err
	}
	var it struct {
		ID string `json:"id"`
	}
	return decode(o.data, &it) == nil && it.ID == id, nil
}

// Load implements [store.Store].
func (s *Store) Load(ctx context.Context, q store.Query, each func(*store.Record) error) error {
	records, err := s.known(ctx)
	if err != nil {
		return s.unreadable(err)
	}
	selects := q.Selector()
	if q.Last {
		for i := len(records) - 1; i >= 0; i-- {
			if selects(&records[i]) {
				records = records[i : i+1]
				break
			}
		}
	}
	for _, r := range records {
		if !selects(&r) {
			continue
		}
		if err := each(&r); err != nil {
			return s.unreadable(err)
		}
	}
	return nil
}

// known returns all records. Nobody else adds any while this process writes.
func (s *Store) known(ctx context.Context) ([]store.Record, error) {
	s.using.Lock()
	defer s.using.Unlock()
	if s.readOnly {
		if err := s.refresh(ctx); err != nil {
			return nil, err
		}
	}
	return s.log.records, ctx.Err()
}

// unreadable says of an error which state it is about.
func (s *Store) unreadable(err error) error {
	return fmt.Errorf("the journal in %s cannot be read: %w", s.where, err)
}
