package journaltest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/sqlite"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// directories are the other end of moves.
var directories = Kind{New: func(t *testing.T) string { return t.TempDir() }, Open: sqlite.Open}

// filled makes a place with a journal of any records, and returns these.
func (k Kind) filled(t *testing.T, seed uint64, more ...store.Record) (place string, records []store.Record) {
	t.Helper()
	place = k.New(t)
	s := k.open(t, place, store.Options{})
	check(t, journal.In(s, journal.Options{}).Bind(t.Context(), endpoint, account))
	d := drawer{rand.New(rand.NewPCG(seed, 2))}
	for range 3 {
		var some []store.Record
		for range 1 + d.IntN(4) {
			some = append(some, d.record())
		}
		check(t, s.Append(t.Context(), some))
	}
	check(t, s.Append(t.Context(), append(more, store.Record{Kind: "after"})))
	records = moved(t, s)
	check(t, s.Close())
	return place, records
}

// moved returns the records of a store that a move brings along; large data by its
// hash.
func moved(t *testing.T, s store.Store) []store.Record {
	t.Helper()
	all := slices.DeleteFunc(load(t, s, store.Query{}), func(r store.Record) bool { return r.Kind == "move" || r.Kind == "incarnation" })
	for i := range all {
		if len(all[i].Data) > 1000 {
			sum := sha256.Sum256(all[i].Data)
			all[i].Data = sum[:]
		}
	}
	return givens(all)
}

// An end is one of the places of a move.
type end struct {
	Kind
	place string
}

// count reports whether the records of an end count, and if not, what it says.
func (e end) count(t *testing.T) error {
	t.Helper()
	s := e.open(t, e.place, store.Options{ReadOnly: true})
	err := journal.Place{Store: s, Name: e.place}.Counts(t.Context())
	check(t, s.Close())
	return err
}

// move moves what one end has to another one. Both die at a write, if that is not
// nil.
func move(t *testing.T, from, to end, d *death) error {
	t.Helper()
	src, dst := from.open(t, from.place, store.Options{}), to.open(t, to.place, store.Options{})
	_, err := journal.MoveRecords(t.Context(), journal.Place{Store: dying{src, d}, Name: from.place}, journal.Place{Store: dying{dst, d}, Name: to.place}, noon)
	check(t, errors.Join(src.Close(), dst.Close()))
	return err
}

// death is what ends all writes at one of them: it is the last one that is made, or
// the first one that is not.
type death struct {
	at     int // counted from 1; 0: never
	after  bool
	writes int
}

var errDead = errors.New("the process died")

func (d *death) write(f func() error) error {
	d.writes++
	if d.at == 0 || d.writes < d.at {
		return f()
	}
	if d.writes == d.at && d.after {
		if err := f(); err != nil {
			return err
		}
	}
	return errDead
}

// dying is a store whose process dies at a write.
type dying struct {
	store.Store
	*death
}

func (d dying) Append(ctx context.Context, records []store.Record) error {
	return d.write(func() error { return d.Store.Append(ctx, records) })
}

func (d dying) Remove(ctx context.Context, runs, numbers []int64) error {
	return d.write(func() error { return d.Store.Remove(ctx, runs, numbers) })
}

// testMoves moves a journal to a place of the kind, on to another one, and back to
// where it was: all of it is there each time, nothing is lost, and only the last place
// counts.
func testMoves(t *testing.T, k Kind) {
	large := store.Record{Kind: "large", Data: []byte(strings.Repeat("x", 5<<20))} // more than one write of a move holds
	place, want := directories.filled(t, 1, large)
	ends := []end{{directories, place}, {k, k.New(t)}, {directories, directories.New(t)}}
	way := []end{ends[0], ends[1], ends[0], ends[1], ends[2]}
	for i, to := range way[1:] {
		from := way[i]
		check(t, move(t, from, to, &death{}))
		s := to.open(t, to.place, store.Options{})
		if diff := cmp.Diff(want, moved(t, s)); diff != "" {
			t.Fatalf("move %d (-want +got):\n%s", i+1, diff)
		}
		j := journal.In(s, journal.Options{})
		if l := must[*journal.Loss](t)(j.NoticeLoss(t.Context())); l != nil {
			t.Errorf("move %d: the journal takes itself for lost: %+v", i+1, l)
		}
		check(t, j.Close())
		check(t, to.count(t))
		gone, ok := errors.AsType[*journal.MovedError](from.count(t))
		if !ok || gone.To != to.place || !gone.At.Equal(noon) {
			t.Errorf("move %d: the source says %v", i+1, from.count(t))
		}
	}
	if _, ok := errors.AsType[*journal.MovedError](move(t, ends[0], end{k, k.New(t)}, &death{})); !ok {
		t.Error("what was moved away is moved once more")
	}
	other, _ := k.filled(t, 2)
	if _, ok := errors.AsType[*journal.NotEmptyError](move(t, ends[2], end{k, other}, &death{})); !ok {
		t.Error("a place that has records is moved to")
	}
	if _, ok := errors.AsType[*journal.MovedError](move(t, ends[2], ends[1], &death{})); ok {
		t.Error("what was moved away cannot come back")
	}
}

// testMoveDies lets a move die before and after each write at either end: one end
// counts at all times, never both, and who moves again brings it to its end.
func testMoveDies(t *testing.T, k Kind) {
	for at := 1; ; at++ {
		died := false
		for _, after := range []bool{false, true} {
			place, want := k.filled(t, uint64(at))
			from, to := end{k, place}, end{directories, directories.New(t)}
			if at%2 == 0 {
				place, want = directories.filled(t, uint64(at))
				from, to = end{directories, place}, end{k, k.New(t)}
			}
			what := fmt.Sprintf("dead at write %d, after it: %v", at, after)
			err := move(t, from, to, &death{at: at, after: after})
			died = died || err != nil
			decided := oneCounts(t, what, from, to, want)
			if err := move(t, from, to, &death{}); err != nil && (!decided || to.count(t) != nil) {
				t.Fatalf("%s, then: %v", what, err)
			}
			if from.count(t) == nil || to.count(t) != nil {
				t.Errorf("%s: after the second time the ends say %v and %v", what, from.count(t), to.count(t))
			}
			oneCounts(t, what, from, to, want)
		}
		if !died {
			return
		}
	}
}

// oneCounts holds that not both ends of a move count, and that the one which does, or
// will when the move goes on, has all records. It reports whether that is the target.
func oneCounts(t *testing.T, what string, from, to end, want []store.Record) (target bool) {
	t.Helper()
	atSource, atTarget := from.count(t), to.count(t)
	_, left := errors.AsType[*journal.MovedError](atSource)
	_, unfinished := errors.AsType[*journal.UnfinishedError](atTarget)
	counting := from
	if left {
		counting = to
	}
	s := counting.open(t, counting.place, store.Options{ReadOnly: true})
	got := moved(t, s)
	check(t, s.Close())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: records are lost:\n%s", what, diff)
	}
	s = to.open(t, to.place, store.Options{ReadOnly: true})
	empty := len(load(t, s, store.Query{})) == 0
	check(t, s.Close())
	if !left && !unfinished && !empty {
		t.Errorf("%s: both count", what)
	}
	return left
}
