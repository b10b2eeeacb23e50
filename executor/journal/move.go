package journal

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// The steps of a move, as the records of both its ends tell them. They stand in
// the journals of users.
//
// A crash must leave one end that counts. The target does not count from its
// first record on, [stepArriving], until its last one, [stepArrived]. Between the
// two the source gets [stepLeft], and that one write decides: before it the source
// counts, after it the target does, which whoever moves again brings to its end.
const (
	stepArriving = "arriving"
	stepLeft     = "left"
	stepArrived  = "arrived"
)

// A Place is a store, and how people call it.
type Place struct {
	Store store.Store
	Name  string // without secrets
}

// A MovedError says that a state counts no more, since it was moved.
type MovedError struct {
	Where, To string
	At        time.Time
}

// Error says where it went.
func (e *MovedError) Error() string {
	return fmt.Sprintf("the state %s was moved to %s on %s and counts no more: give that one as --state or in DOMAINSYNC_STATE",
		e.Where, e.To, e.At.UTC().Format(time.RFC3339))
}

// An UnfinishedError says that a state does not count yet, since not all of what
// is moved or restored to it is there.
type UnfinishedError struct{ Where, From string }

// Error says how it comes to its end.
func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("the state %s does not count yet: bringing %s to it was not finished; do that again, by domainsync state move or state restore, which goes on with it",
		e.Where, e.From)
}

// A NotEmptyError says that a state has records of its own, which a move or a
// restore would mix with others.
type NotEmptyError struct{ Where string }

// Error says what to do.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("the state %s has records of this account already: name one that has none", e.Where)
}

// ErrNoJournal says that a state has no journal of the account.
var ErrNoJournal = errors.New("there is no journal")

// move is the last thing that a record says of moves from or to its store.
type move struct {
	moveData
	at time.Time
}

// lastMove returns what a store says of moves, nil where it says nothing.
func lastMove(ctx context.Context, s store.Store) (m *move, err error) {
	err = s.Load(ctx, store.Query{Kinds: []string{kindMove}, Last: true}, func(r *store.Record) error {
		m = &move{at: fromMillis(r.At)}
		return decode(r, &m.moveData)
	})
	return m, err
}

// Counts returns nil where the records of a place count: nobody has moved them away,
// and all are there.
func (p Place) Counts(ctx context.Context) error {
	m, err := lastMove(ctx, p.Store)
	switch {
	case err != nil, m == nil, m.Step == stepArrived:
		return err
	case m.Step == stepLeft:
		return &MovedError{Where: p.Name, To: string(m.Place), At: m.at}
	}
	return &UnfinishedError{Where: p.Name, From: string(m.Place)}
}

// MoveRecords moves the records of an account from one store to another one, whose
// account nobody else may hold either. The target must have none, or be what is left
// of the same move, which then goes on. All are read back and compared before the
// source is marked. It returns how many there are.
func MoveRecords(ctx context.Context, from, to Place, now time.Time) (int, error) {
	left, err := lastMove(ctx, from.Store)
	if err != nil {
		return 0, err
	}
	a := arrival{id: rand.Text(), from: from.Name, records: recordsOf(ctx, from.Store), to: to, now: now}
	if left != nil && left.Step == stepLeft {
		if err := from.goesOn(ctx, left, to); err != nil {
			return 0, err
		}
		a.id = string(left.ID)
	} else {
		if err := from.Counts(ctx); err != nil {
			return 0, err
		}
		if err := a.copy(ctx, func(m *move) bool { return from.came(ctx, m) }); err != nil {
			return 0, err
		}
		if err := a.leave(ctx, from); err != nil {
			return 0, err
		}
	}
	return a.copied, a.end(context.WithoutCancel(ctx))
}

// goesOn holds that a move that left its source has this target and is not finished.
func (p Place) goesOn(ctx context.Context, left *move, to Place) error {
	m, err := lastMove(ctx, to.Store)
	if err != nil {
		return err
	}
	if m != nil && m.ID == left.ID && m.Step == stepArriving {
		return nil
	}
	return &MovedError{Where: p.Name, To: string(left.Place), At: left.at}
}

// came reports whether a place is where an earlier move from a target ended: what the
// target has is there as well, and more.
func (p Place) came(ctx context.Context, left *move) bool {
	m, err := lastMove(ctx, p.Store)
	return err == nil && m != nil && m.Step == stepArrived && m.ID == left.ID
}

// leave marks the source of a move: from then on the target counts.
func (a *arrival) leave(ctx context.Context, from Place) error {
	if err := errors.Join(from.Store.Held(ctx), a.to.Store.Held(ctx)); err != nil {
		return err
	}
	r, err := moveRecord(moveData{Step: stepLeft, ID: text(a.id), Place: text(a.to.Name)}, a.now)
	if err != nil {
		return err
	}
	return from.Store.Append(ctx, []store.Record{r})
}

// An arrival is the end of a move, or of a restore, where records come to.
type arrival struct {
	id      string
	from    string // for people
	records iter.Seq2[store.Record, error]
	to      Place
	now     time.Time
	copied  int
}

// copy makes the target the unfinished end of this arrival, and brings all records
// there. What an earlier attempt has left there is removed, and what was moved from
// there to where the records come from now, which replaceable says.
func (a *arrival) copy(ctx context.Context, replaceable func(*move) bool) error {
	old, err := a.old(ctx, replaceable)
	if err != nil {
		return err
	}
	first, err := moveRecord(moveData{Step: stepArriving, ID: text(a.id), Place: text(a.from)}, a.now)
	if err != nil {
		return err
	}
	if err := a.to.Store.Append(ctx, []store.Record{first}); err != nil {
		return err
	}
	if len(old) > 0 {
		if err := a.to.Store.Remove(ctx, nil, old); err != nil && !errors.Is(err, store.ErrRoomKept) {
			return err
		}
	}
	if err := a.append(ctx); err != nil {
		return err
	}
	return a.compare(ctx)
}

// old returns the numbers of the records that the target has and may lose. A target
// with any others is refused.
func (a *arrival) old(ctx context.Context, replaceable func(*move) bool) (numbers []int64, err error) {
	m, err := lastMove(ctx, a.to.Store)
	if err != nil {
		return nil, err
	}
	err = a.to.Store.Load(ctx, store.Query{}, func(r *store.Record) error {
		numbers = append(numbers, r.Number)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(numbers) == 0,
		m != nil && m.Step == stepArriving && string(m.Place) == a.from,
		m != nil && m.Step == stepLeft && replaceable(m):
		return numbers, nil
	}
	return nil, cmp.Or(a.to.Counts(ctx), error(&NotEmptyError{Where: a.to.Name}))
}

// How much one write of a move holds at most, but for a single larger record.
const (
	recordsAtOnce = 2000
	bytesAtOnce   = 4 << 20
)

// append adds all records to the target.
func (a *arrival) append(ctx context.Context) error {
	var some []store.Record
	size := 0
	flush := func() error {
		if len(some) == 0 {
			return nil
		}
		err := a.to.Store.Append(ctx, some)
		a.copied += len(some)
		some, size = nil, 0
		return err
	}
	for r, err := range a.records {
		if err != nil {
			return err
		}
		if len(some) == recordsAtOnce || size+len(r.Data) > bytesAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
		r.Number, r.Fence = 0, 0
		some, size = append(some, r), size+len(r.Data)
	}
	return flush()
}

// compare holds that the target has the records that were brought there, and no
// others.
func (a *arrival) compare(ctx context.Context) error {
	next, stop := iter.Pull2(a.records)
	defer stop()
	n := 0
	for got, err := range recordsOf(ctx, a.to.Store) {
		want, wantErr, ok := next()
		if err := errors.Join(err, wantErr); err != nil {
			return err
		}
		n++
		if !ok || !sameRecord(&got, &want) {
			return fmt.Errorf("record %d of those that were brought to %s came back as another one: nothing was moved", n, a.to.Name)
		}
	}
	if _, err, more := next(); more || err != nil {
		return cmp.Or(err, fmt.Errorf("of the records that were brought to %s only %d came back: nothing was moved", a.to.Name, n))
	}
	return nil
}

// end makes the target one that counts.
func (a *arrival) end(ctx context.Context, more ...store.Record) error {
	last, err := moveRecord(moveData{Step: stepArrived, ID: text(a.id), Place: text(a.from)}, a.now)
	if err != nil {
		return err
	}
	records := append(slices.Clone(more), last)
	lies, err := a.to.Store.Incarnation(ctx)
	if err != nil {
		return err
	}
	if lies != "" {
		r, err := incarnationRecord(lies, a.now)
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	return a.to.Store.Append(ctx, records)
}

// ownKinds are the kinds of records that tell of a place, and stay there.
var ownKinds = []string{kindMove, kindIncarnation}

// recordsOf returns the records of a store but for those that tell of the place
// itself, in their order.
func recordsOf(ctx context.Context, s store.Store) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		err := s.Load(ctx, store.Query{}, func(r *store.Record) error {
			if !slices.Contains(ownKinds, r.Kind) && !yield(*r, nil) {
				return errFound
			}
			return nil
		})
		if err != nil && !errors.Is(err, errFound) {
			yield(store.Record{}, err)
		}
	}
}

// sameRecord reports whether two records are one in two stores.
func sameRecord(a, b *store.Record) bool {
	return a.Run == b.Run && a.Batch == b.Batch && a.Kind == b.Kind && a.Key == b.Key && a.At == b.At && bytes.Equal(a.Data, b.Data)
}

// moveRecord makes a record of a step of a move.
func moveRecord(d moveData, at time.Time) (store.Record, error) {
	return encode(about{kind: kindMove, at: at}, d)
}
