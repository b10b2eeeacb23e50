// Package memory keeps the journal of an account in memory, for runs on an account
// that ends with the process, as a simulated one does. It keeps the promises of a
// store but for what is to survive the process: nothing does.
package memory

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// States are states by their names. One is made when it is asked for. The zero value has
// none. They are safe for use by many goroutines at once.
type States struct {
	mu     sync.Mutex
	states map[string]*State
}

// State returns the state of a name.
func (s *States) State(name string) *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.states == nil {
		s.states = make(map[string]*State)
	}
	if s.states[name] == nil {
		s.states[name] = New()
	}
	return s.states[name]
}

// State is what is kept of one account: the records of its journal, and pieces of data
// by their kind. It is safe for use by many goroutines at once.
type State struct {
	name string        // no other state has it
	held chan struct{} // whoever has put something in holds the account

	mu      sync.Mutex
	holder  string // who holds the account, or held it last
	fence   int64
	last    int64 // the number that was given last
	records []store.Record
	// byKind and byRun are where the records of each stand. Records about the account
	// are not in byRun.
	byKind map[string][]int32
	byRun  map[int64][]int32
	blobs  map[string]map[string][]byte // by kind and key
}

// New returns a state that keeps nothing yet.
func New() *State {
	return &State{
		name: "memory " + rand.Text(), held: make(chan struct{}, 1), blobs: make(map[string]map[string][]byte),
		byKind: make(map[string][]int32), byRun: make(map[int64][]int32),
	}
}

// Open opens the journal. To write, it holds the account until Close; a
// [*store.LockedError] says that another run does.
func (s *State) Open(ctx context.Context, o store.Options) (store.Store, error) {
	if o.ReadOnly {
		return &journal{State: s}, nil
	}
	if err := s.hold(ctx, o); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder = store.HolderText(o.Clock.Now())
	return &journal{State: s, writes: true}, nil
}

// hold takes the account, and waits for it for as long as the options say.
func (s *State) hold(ctx context.Context, o store.Options) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.held <- struct{}{}:
		return nil
	default:
	}
	waiting, cancel := o.Clock.WithTimeout(ctx, o.LockTimeout)
	defer cancel()
	select {
	case s.held <- struct{}{}:
		return nil
	case <-waiting.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &store.LockedError{Where: s.name, Holder: s.holder}
}

// journal is the [store.Store] of a state, for one who opened it.
type journal struct {
	*State
	writes bool  // it holds the account
	mine   int64 // its fence; 0: nothing was written yet
}

var _ store.Store = (*journal)(nil)

// write changes the records, all or none: f returns what stands in their place, and may
// change nothing of what was there before.
func (j *journal) write(f func() []store.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.writes {
		return store.ErrReadOnly
	}
	if j.mine == 0 {
		j.fence++
		j.mine = j.fence
	}
	j.records = f()
	return nil
}

// Append implements [store.Store].
func (j *journal) Append(_ context.Context, records []store.Record) error {
	return j.write(func() []store.Record {
		all := j.records
		for _, r := range records {
			j.last++
			r.Number, r.Fence, r.Data = j.last, j.mine, bytes.Clone(r.Data)
			j.index(int32(len(all)), &r)
			all = append(all, r)
		}
		return all
	})
}

// index notes where a record stands. The caller holds the lock.
func (s *State) index(at int32, r *store.Record) {
	s.byKind[r.Kind] = append(s.byKind[r.Kind], at)
	if r.Run != 0 {
		s.byRun[r.Run] = append(s.byRun[r.Run], at)
	}
}

// Remove implements [store.Store].
func (j *journal) Remove(_ context.Context, runs, numbers []int64) error {
	return j.write(func() []store.Record {
		return j.indexed(slices.DeleteFunc(slices.Clone(j.records), func(r store.Record) bool {
			return slices.Contains(runs, r.Run) || slices.Contains(numbers, r.Number)
		}))
	})
}

// Replace implements [store.Store].
func (j *journal) Replace(_ context.Context, records []store.Record) error {
	return j.write(func() []store.Record {
		all := slices.Clone(j.records)
		for _, r := range records {
			at, ok := slices.BinarySearchFunc(all, r.Number, func(r store.Record, number int64) int { return int(r.Number - number) })
			if ok {
				all[at].Kind, all[at].Data = r.Kind, bytes.Clone(r.Data)
			}
		}
		return j.indexed(all)
	})
}

// indexed notes anew where all records stand, and returns them. The caller holds the
// lock.
func (s *State) indexed(all []store.Record) []store.Record {
	clear(s.byKind)
	clear(s.byRun)
	for i := range all {
		s.index(int32(i), &all[i])
	}
	return all
}

// Load implements [store.Store].
func (j *journal) Load(ctx context.Context, q store.Query, each func(*store.Record) error) error {
	for _, r := range j.selected(q) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the journal in %s cannot be read: %w", j.name, err)
		}
		r.Data = bytes.Clone(r.Data)
		if err := each(&r); err != nil {
			return fmt.Errorf("the journal in %s cannot be read: %w", j.name, err)
		}
	}
	return nil
}

// selected returns the records that a query selects, in their order.
func (s *State) selected(q store.Query) (found []store.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	selects := q.Selector()
	places := s.places(&q)
	if q.Last {
		for _, at := range slices.Backward(places) {
			if r := &s.records[at]; selects(r) {
				return []store.Record{*r}
			}
		}
		return nil
	}
	for _, at := range places {
		if r := &s.records[at]; selects(r) {
			found = append(found, *r)
		}
	}
	return found
}

// places returns where the records stand among which are those that a query selects.
func (s *State) places(q *store.Query) (places []int32) {
	switch {
	case q.Run != 0:
		return s.byRun[q.Run]
	case len(q.Kinds) == 1:
		return s.byKind[q.Kinds[0]]
	case q.Kinds != nil:
		for i, kind := range q.Kinds {
			if !slices.Contains(q.Kinds[:i], kind) {
				places = append(places, s.byKind[kind]...)
			}
		}
		slices.Sort(places)
		return places
	}
	for i := range s.records {
		places = append(places, int32(i))
	}
	return places
}

// Held implements [store.Store].
func (j *journal) Held(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.writes {
		return store.ErrReadOnly
	}
	return nil
}

// Incarnation implements [store.Store]: a state in memory is never put back.
func (j *journal) Incarnation(context.Context) (string, error) { return j.name, nil }

// Close implements [store.Store].
func (j *journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.writes {
		j.writes = false
		<-j.held
	}
	return nil
}
