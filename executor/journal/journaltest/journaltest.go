// Package journaltest holds what every store of journals must do. A store that
// passes [Run] keeps what package store promises.
package journaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

// A Kind is a kind of stores.
type Kind struct {
	// New makes a place that holds nothing, for the time of a test.
	New func(t *testing.T) (place string)
	// Open opens a store in a place.
	Open func(ctx context.Context, place string, o store.Options) (store.Store, error)
	// Leases says that an account is held for a time, not by the operating system:
	// a holder that stands still loses it.
	Leases bool
	// OfProcess says that what lies in a place ends with its process.
	OfProcess bool
	// Bytes returns all that lies in a place, freed room included; nil: the store does
	// not give it.
	Bytes func(t *testing.T, place string) []byte
}

// The account that most tests are about.
const (
	endpoint = "https://domain.example"
	account  = "1406926474064770"
)

// lease is short, since some tests wait for its end, and not so short that a busy
// machine lets it end.
const lease = 1500 * time.Millisecond

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Run tests a kind of stores.
func Run(t *testing.T, k Kind) {
	if Victim() {
		k.die(t, os.Getenv(victim))
		return
	}
	for name, test := range map[string]func(*testing.T, Kind){
		"records are as a plain list would have them": testModel,
		"hostile bytes":                              testHostileBytes,
		"a write of many records":                    testManyRecords,
		"fences grow":                                testFences,
		"one writer at a time":                       testOneWriter,
		"a writer waits for another":                 testWaits,
		"readers":                                    testReaders,
		"accounts are apart":                         testAccountsApart,
		"a place has a name of its own":              testIncarnation,
		"writers at once are all or none":            testAtOnce,
		"a process that is killed":                   testKilled,
		"a process that is stopped":                  testStopped,
		"a holder that stands still":                 testStandsStill,
		"a journal survives":                         testJournalSurvives,
		"a journal tells what it told before":        testStory,
		"the hook sees every write":                  testStopsAtEveryWrite,
		"a fact is recorded though its context ends": testCancelledContext,
		"bindings":                                   testBinding,
		"purchases":                                  testPurchases,
		"sightings":                                  testSightings,
		"approvals are used once":                    testApprovals,
		"approvals of other clocks are used once":    testApprovalsOfOtherClocks,
		"what names were declared as":                testBaseline,
		"what people were told":                      testTold,
		"what the files permit":                      testCeilings,
		"what is known survives its runs":            testBaselinePruned,
		"who worked on a run":                        testCommands,
		"pauses hold until they are ended":           testPauses,
		"since when it remembers":                    testRemembers,
		"a journal in another place":                 testOtherPlace,
		"moves":                                      testMoves,
		"a backup":                                   testBackup,
		"a restore that dies":                        testRestoreDies,
		"a move that dies":                           testMoveDies,
		"a journal without its first records":        testCutJournal,
		"prune forgets whole runs":                   testPruneForgets,
		"prune keeps what is needed":                 testPruneKeeps,
		"prune forgets what decides nothing":         testOutdated,
		"persons lie in one place":                   testPersons,
		"whoever is told of is named to be masked":   testPersonsOfAnswers,
		"persons are forgotten":                      testForget,
		"persons of former runs are forgotten":       testForgetFormer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, k)
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		check(t, err)
		return v
	}
}

// options are those of the account that most tests are about.
func options(o store.Options) store.Options {
	if o.Endpoint == "" {
		o.Endpoint, o.Account = endpoint, account
	}
	o.Lease = lease
	return o
}

// open opens a store that the test closes.
func (k Kind) open(t *testing.T, place string, o store.Options) store.Store {
	t.Helper()
	return must[store.Store](t)(k.Open(t.Context(), place, options(o)))
}

// journal opens a journal that the test closes.
func (k Kind) journal(t *testing.T, place string, o journal.Options) *journal.Journal {
	t.Helper()
	return journal.In(k.open(t, place, store.Options{ReadOnly: o.ReadOnly}), o)
}

// load returns the records that a query selects.
func load(t *testing.T, s store.Store, q store.Query) []store.Record {
	t.Helper()
	var all []store.Record
	check(t, s.Load(t.Context(), q, func(r *store.Record) error {
		all = append(all, *r)
		return nil
	}))
	return all
}

// given is a record as it was given to a store: without what the store adds.
func given(r store.Record) store.Record {
	r.Number, r.Fence = 0, 0
	if len(r.Data) == 0 {
		r.Data = nil
	}
	return r
}

func givens(all []store.Record) []store.Record {
	out := make([]store.Record, len(all))
	for i, r := range all {
		out[i] = given(r)
	}
	return out
}

// drawer draws records and queries from a seed.
type drawer struct{ *rand.Rand }

func pick[T any](d drawer, of ...T) T { return of[d.IntN(len(of))] }

func (d drawer) record() store.Record {
	data := make([]byte, d.IntN(40))
	for i := range data {
		data[i] = byte(d.Uint32())
	}
	return store.Record{
		Run: int64(d.IntN(4)), Batch: int64(d.IntN(5)), Kind: pick(d, "a", "A", "b"), Key: pick(d, "", "k", "K", "\x00", "\xff", "ä"),
		At: int64(d.IntN(6)) * 1000, Data: data,
	}
}

func (d drawer) query() (q store.Query) {
	if d.IntN(2) == 0 {
		q.Kinds = pick(d, []string{"a"}, []string{"b", "a"}, []string{"none"})
	}
	if d.IntN(3) == 0 {
		q.Keys = pick(d, []string{"k"}, []string{"", "\xff"}, []string{"\x00", "ä"})
	}
	if d.IntN(3) == 0 {
		q.Run = int64(d.IntN(5))
	}
	if d.IntN(3) == 0 {
		q.Batches = pick(d, []int64{1}, []int64{4, 2}, []int64{9}, []int64{0})
	}
	q.Since = int64(max(0, d.IntN(9)-3)) * 1000
	q.Last = d.IntN(3) == 0
	return q
}

// testModel draws what is done to a store, and does it to a plain list as well.
func testModel(t *testing.T, k Kind) {
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for seed := range rounds {
		d := drawer{rand.New(rand.NewPCG(uint64(seed), 1))}
		place := k.New(t)
		s := k.open(t, place, store.Options{})
		var list []store.Record
		for range 40 {
			switch d.IntN(8) {
			case 0:
				check(t, s.Close())
				s = k.open(t, place, store.Options{})
			case 1:
				list = d.remove(t, s, list)
				d.replace(t, s, list)
			case 2, 3, 4:
				var records []store.Record
				for range 1 + d.IntN(5) {
					records = append(records, d.record())
				}
				check(t, s.Append(t.Context(), slices.Clone(records)))
				list = append(list, records...)
			default:
				compare(t, s, list, d.query(), seed)
			}
		}
		compare(t, s, list, store.Query{}, seed)
		check(t, s.Close())
	}
}

// remove removes runs and records from a store, and returns what is left of a
// list of the same.
func (d drawer) remove(t *testing.T, s store.Store, list []store.Record) []store.Record {
	t.Helper()
	runs := []int64{int64(1 + d.IntN(4))}
	all := load(t, s, store.Query{})
	var numbers []int64
	var left []store.Record
	for i, r := range list {
		switch {
		case r.Run == runs[0]:
		case d.IntN(6) == 0:
			numbers = append(numbers, all[i].Number)
		default:
			left = append(left, r)
		}
	}
	check(t, s.Remove(t.Context(), runs, numbers))
	return left
}

// replace puts others in the place of records of a store and of a list of the same.
func (d drawer) replace(t *testing.T, s store.Store, list []store.Record) {
	t.Helper()
	var records []store.Record
	for i, r := range load(t, s, store.Query{}) {
		if d.IntN(4) == 0 {
			other := d.record()
			r.Kind, r.Data = other.Kind, other.Data
			list[i].Kind, list[i].Data = other.Kind, other.Data
			records = append(records, r)
		}
	}
	check(t, s.Replace(t.Context(), records))
}

// compare holds what a query selects of a store against the same of a list.
func compare(t *testing.T, s store.Store, list []store.Record, q store.Query, seed int) {
	t.Helper()
	var want []store.Record
	for i := range list {
		if q.Selects(&list[i]) {
			want = append(want, list[i])
		}
	}
	if q.Last && len(want) > 1 {
		want = want[len(want)-1:]
	}
	got := load(t, s, q)
	if diff := cmp.Diff(givens(want), givens(got)); diff != "" {
		t.Fatalf("seed %d: %+v selects (-list +store):\n%s", seed, q, diff)
	}
	for i := 1; i < len(got); i++ {
		if got[i-1].Number >= got[i].Number {
			t.Fatalf("seed %d: the numbers %d and %d follow on each other", seed, got[i-1].Number, got[i].Number)
		}
	}
}

// testHostileBytes: what is written comes back, whatever the service sent.
func testHostileBytes(t *testing.T, k Kind) {
	place := k.New(t)
	s := k.open(t, place, store.Options{})
	var all []store.Record
	for _, text := range []string{"", "\x00", "a\x00b", "\xff\xfe\x00", "'; DROP TABLE records; --", "\\x41", "{\"bytes\":\"\"}", "\u2028ä漢😀", strings.Repeat("x", 3000), string(make([]byte, 100))} {
		all = append(all, store.Record{Kind: "kind", Key: text, Data: []byte(text)})
	}
	check(t, s.Append(t.Context(), all))
	check(t, s.Close())
	s = k.open(t, place, store.Options{ReadOnly: true})
	if diff := cmp.Diff(givens(all), givens(load(t, s, store.Query{}))); diff != "" {
		t.Error(diff)
	}
	for _, r := range all {
		if got := load(t, s, store.Query{Keys: []string{r.Key}}); len(got) != 1 || got[0].Key != r.Key {
			t.Errorf("the key %q finds %d records", r.Key, len(got))
		}
	}
	check(t, s.Close())
}

// testManyRecords: one write of many records, and of a large one.
func testManyRecords(t *testing.T, k Kind) {
	s := k.open(t, k.New(t), store.Options{})
	many := make([]store.Record, 5000)
	for i := range many {
		many[i] = store.Record{Run: 1, Batch: int64(i), Kind: "many", Data: fmt.Append(nil, i)}
	}
	check(t, s.Append(t.Context(), many))
	large := bytes.Repeat([]byte("\x00\xffdata"), 1<<20)
	check(t, s.Append(t.Context(), []store.Record{{Kind: "large", Data: large}}))
	if got := load(t, s, store.Query{Kinds: []string{"large"}}); len(got) != 1 || !bytes.Equal(got[0].Data, large) {
		t.Error("a large record does not come back")
	}
	got := load(t, s, store.Query{Kinds: []string{"many"}})
	if diff := cmp.Diff(givens(many), givens(got)); diff != "" {
		t.Error(diff)
	}
	var batches []int64
	for i := range 4000 {
		batches = append(batches, int64(i))
	}
	if got := load(t, s, store.Query{Batches: batches, Run: 1}); len(got) != len(batches) {
		t.Errorf("%d batches are found of %d", len(got), len(batches))
	}
	check(t, s.Close())
}

// testFences: each holder's fence is greater than those before, and its records
// carry it.
func testFences(t *testing.T, k Kind) {
	place := k.New(t)
	for range 3 {
		s := k.open(t, place, store.Options{})
		check(t, s.Held(t.Context()))
		check(t, s.Append(t.Context(), []store.Record{{Kind: "a"}, {Kind: "b"}}))
		check(t, s.Append(t.Context(), []store.Record{{Kind: "c"}}))
		check(t, s.Close())
	}
	s := k.open(t, place, store.Options{ReadOnly: true})
	all := load(t, s, store.Query{})
	check(t, s.Close())
	for i := range all {
		same := i%3 != 0
		if i > 0 && (all[i].Fence < all[i-1].Fence || same != (all[i].Fence == all[i-1].Fence)) {
			t.Errorf("record %d has the fence %d, the one before %d", i, all[i].Fence, all[i-1].Fence)
		}
	}
}

// testOneWriter: a second writer is refused until the first one closes, and hears
// who that is.
func testOneWriter(t *testing.T, k Kind) {
	place := k.New(t)
	first := k.open(t, place, store.Options{})
	_, err := k.Open(t.Context(), place, options(store.Options{}))
	locked, ok := errors.AsType[*store.LockedError](err)
	if !ok {
		t.Fatalf("got %v, want a LockedError", err)
	}
	if want := fmt.Sprintf("process %d on ", os.Getpid()); !strings.Contains(locked.Error(), want) {
		t.Errorf("%q does not say who holds it (%s)", locked, want)
	}
	check(t, first.Append(t.Context(), []store.Record{{Kind: "a"}}))
	check(t, first.Close())
	second := k.open(t, place, store.Options{})
	check(t, second.Append(t.Context(), []store.Record{{Kind: "b"}}))
	check(t, second.Close())
}

// testWaits: a writer that has time gets the account when it is given back, and a
// holder that lives keeps it for longer than its lease.
func testWaits(t *testing.T, k Kind) {
	place := k.New(t)
	first := k.open(t, place, store.Options{})
	if _, err := k.Open(t.Context(), place, options(store.Options{LockTimeout: 3 * lease})); err == nil {
		t.Fatal("a holder that lives has lost the account")
	}
	check(t, first.Held(t.Context()))
	check(t, first.Append(t.Context(), []store.Record{{Kind: "a"}}))
	var waiting sync.WaitGroup
	waiting.Go(func() {
		second, err := k.Open(t.Context(), place, options(store.Options{LockTimeout: time.Minute}))
		if err == nil {
			err = second.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	check(t, first.Close())
	waiting.Wait()
}

// testStandsStill: a holder whose clock stands still renews nothing. Who comes after
// the lease gets the account, and the first one adds and removes nothing more.
func testStandsStill(t *testing.T, k Kind) {
	if !k.Leases {
		t.Skip("the operating system holds the account")
	}
	place := k.New(t)
	still := options(store.Options{Clock: clock.New(stopped{})})
	first := must[store.Store](t)(k.Open(t.Context(), place, still))
	check(t, first.Append(t.Context(), []store.Record{{Kind: "a", Run: 1}}))
	second := k.open(t, place, store.Options{LockTimeout: time.Minute})
	check(t, second.Append(t.Context(), []store.Record{{Kind: "b"}}))
	for what, err := range map[string]error{
		"added":   first.Append(t.Context(), []store.Record{{Kind: "c"}}),
		"removed": first.Remove(t.Context(), []int64{1}, nil),
		"held":    first.Held(t.Context()),
	} {
		lost, ok := errors.AsType[*store.FencedError](err)
		if !ok || lost.Now <= lost.Mine || !strings.Contains(err.Error(), fmt.Sprintf("process %d on ", os.Getpid())) {
			t.Errorf("a holder that lost the account %s: %v", what, err)
		}
	}
	check(t, first.Close())
	check(t, second.Append(t.Context(), []store.Record{{Kind: "d"}}))
	var kinds strings.Builder
	for _, r := range load(t, second, store.Query{}) {
		kinds.WriteString(r.Kind)
	}
	if kinds.String() != "abd" {
		t.Errorf("there are %q", kinds.String())
	}
	check(t, second.Close())
}

// stopped is a time that stands still.
type stopped struct{}

func (stopped) Now() time.Time { return noon }

func (stopped) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return nil, func() bool { return true }
}

func (stopped) WithTimeoutCause(ctx context.Context, _ time.Duration, _ error) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// testReaders: they need no lock, see what is added, and write nothing.
func testReaders(t *testing.T, k Kind) {
	place := k.New(t)
	nothing := k.open(t, place, store.Options{ReadOnly: true})
	if got := load(t, nothing, store.Query{}); len(got) != 0 {
		t.Errorf("where nothing is yet there are %d records", len(got))
	}
	check(t, nothing.Close())
	writer := k.open(t, place, store.Options{})
	check(t, writer.Append(t.Context(), []store.Record{{Kind: "a"}}))
	reader := k.open(t, place, store.Options{ReadOnly: true})
	check(t, writer.Append(t.Context(), []store.Record{{Kind: "b"}}))
	if got := load(t, reader, store.Query{}); len(got) != 2 {
		t.Errorf("beside a writer there are %d records of 2", len(got))
	}
	for what, err := range map[string]error{
		"added":   reader.Append(t.Context(), []store.Record{{Kind: "c"}}),
		"removed": reader.Remove(t.Context(), []int64{1}, nil),
		"held":    reader.Held(t.Context()),
	} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("a reader %s: %v", what, err)
		}
	}
	check(t, errors.Join(reader.Close(), writer.Close()))
}

// testIncarnation: a place has one name, whoever asks and whatever is written or
// removed, and no other place has it.
func testIncarnation(t *testing.T, k Kind) {
	names := make(map[string]bool)
	for range 2 {
		place := k.New(t)
		writer := k.open(t, place, store.Options{})
		check(t, writer.Append(t.Context(), []store.Record{{Kind: "a", Run: 1}}))
		name := must[string](t)(writer.Incarnation(t.Context()))
		check(t, writer.Remove(t.Context(), []int64{1}, nil))
		check(t, writer.Close())
		if name == "" || names[name] {
			t.Errorf("a place has the name %q, and the one before %v", name, names)
		}
		names[name] = true
		for _, readOnly := range []bool{true, false} {
			s := k.open(t, place, store.Options{ReadOnly: readOnly})
			if got := must[string](t)(s.Incarnation(t.Context())); got != name {
				t.Errorf("a place has the names %q and %q", name, got)
			}
			check(t, s.Close())
		}
	}
}

// testAccountsApart: what belongs to others in the same place is neither seen nor
// changed, nor does it hold anybody back.
func testAccountsApart(t *testing.T, k Kind) {
	place := k.New(t)
	keys := [][2]string{{"https://one.example", "1"}, {"https://one.example", "2"}, {"https://ONE.example", "1"}, {"https://one.exampl", "e1"}}
	var stores []store.Store
	for i, key := range keys {
		s := k.open(t, place, store.Options{Endpoint: key[0], Account: key[1]})
		stores = append(stores, s)
		check(t, s.Append(t.Context(), []store.Record{{Run: 1, Kind: "of", Data: fmt.Append(nil, i)}}))
	}
	check(t, stores[0].Remove(t.Context(), []int64{1}, nil))
	for i, s := range stores {
		want := min(i, 1) // the first one has removed its own
		if got := load(t, s, store.Query{}); len(got) != want || want > 0 && string(got[0].Data) != fmt.Sprint(i) {
			t.Errorf("%v has %v", keys[i], got)
		}
		check(t, s.Close())
	}
}

// testAtOnce: many goroutines write to one store at once; each write stays
// together, and none is lost.
func testAtOnce(t *testing.T, k Kind) {
	const writers, writes, size = 4, 8, 5
	place := k.New(t)
	s := k.open(t, place, store.Options{})
	var working sync.WaitGroup
	for w := range writers {
		working.Go(func() {
			for n := range writes {
				records := make([]store.Record, size)
				for i := range records {
					records[i] = store.Record{Kind: "at once", Run: int64(w + 1), Batch: int64(n)}
				}
				if err := s.Append(context.WithoutCancel(t.Context()), records); err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	all := load(t, s, store.Query{})
	if len(all) != writers*writes*size {
		t.Fatalf("there are %d records", len(all))
	}
	for i := range all {
		if first := all[i-i%size]; all[i].Run != first.Run || all[i].Batch != first.Batch {
			t.Errorf("record %d is between those of another write", i)
		}
	}
	check(t, s.Close())
}
