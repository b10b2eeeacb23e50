package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hasty is a time whose timers fire early, and which a test can move.
type hasty struct{ ahead atomic.Int64 }

func (h *hasty) Now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func (h *hasty) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	timer := time.NewTimer(d / 100)
	return timer.C, timer.Stop
}

func (h *hasty) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, cause)
}

// still is a time whose timers never fire, so that nothing is renewed by itself.
type still struct{ hasty }

func (s *still) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return nil, func() bool { return true }
}

// options are those of the account that the tests are about.
func options(source clock.Source) store.Options {
	return store.Options{Endpoint: "https://domain.example", Account: "1", Clock: clock.New(source)}
}

// open opens a store that the test closes.
func open(t *testing.T, b *buckettest.Bucket, o store.Options) store.Store {
	t.Helper()
	s, err := openWithKey(t.Context(), b.URL("p"), o)
	check(t, err)
	return s
}

func add(s store.Store, kind string) error {
	return s.Append(context.Background(), []store.Record{{Kind: kind, Run: 1}, {Kind: kind}})
}

// kinds returns the kinds of all records in a store, in order.
func kinds(t *testing.T, s store.Store) string {
	t.Helper()
	var all []string
	check(t, s.Load(t.Context(), store.Query{}, func(r *store.Record) error {
		all = append(all, r.Kind)
		return nil
	}))
	return strings.Join(all, " ")
}

// read returns the kinds of all records, as a reader finds them.
func read(t *testing.T, b *buckettest.Bucket) string {
	t.Helper()
	o := options(&hasty{})
	o.ReadOnly = true
	s := open(t, b, o)
	defer func() { check(t, s.Close()) }()
	return kinds(t, s)
}

// each runs a test on both protocols.
func each(t *testing.T, test func(t *testing.T, b *buckettest.Bucket)) {
	t.Helper()
	for _, scheme := range schemes {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			test(t, buckettest.Start(t, scheme))
		})
	}
}

// story does one of everything, until something fails. It returns what a reader may
// find then: all that is certain, or the same with what was being done.
func story(ctx context.Context, b *buckettest.Bucket) (may []string, err error) {
	may = []string{""}
	s, err := openWithKey(ctx, b.URL("p"), options(&hasty{}))
	if err != nil {
		return may, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, step := range []struct {
		do    func() error
		after string
	}{
		{func() error { return add(s, "a") }, "a a"},
		{func() error { return add(s, "b") }, "a a b b"},
		{func() error { return s.Remove(ctx, []int64{1}, nil) }, "a b"},
		{func() error { return add(s, "c") }, "a b c c"},
		{func() error { return s.Remove(ctx, nil, []int64{2}) }, "b c c"},
	} {
		err := step.do()
		switch {
		case errors.Is(err, store.ErrRoomKept):
			return []string{step.after}, err
		case err != nil:
			return append(may, step.after), err
		}
		may = []string{step.after}
	}
	return may, nil
}

// TestAnswersThatAreLost: whichever request fails, and however, nothing that was
// durable is lost, nothing is there in part, and the next holder goes on. A request
// that comes late changes nothing after that.
func TestAnswersThatAreLost(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes {
		for _, failure := range buckettest.Failures() {
			t.Run(fmt.Sprint(scheme, "/", failure), func(t *testing.T) {
				t.Parallel()
				for n := int64(1); lose(t, buckettest.Start(t, scheme), n, failure); n++ {
					if testing.Short() {
						n += 4
					}
				}
			})
		}
	}
}

// lose tells the story with one request that fails, and reports whether there were
// as many.
func lose(t *testing.T, b *buckettest.Bucket, n int64, failure buckettest.Action) bool {
	t.Helper()
	var count atomic.Int64
	b.Meddle(func(buckettest.Request) buckettest.Action {
		if count.Add(1) == n {
			return failure
		}
		return buckettest.Serve
	})
	may, err := story(t.Context(), b)
	b.Meddle(nil)
	if count.Load() < n {
		check(t, err)
		return false
	}
	if got := read(t, b); !slices.Contains(may, got) {
		t.Errorf("request %d failed (%v): there are %q, want one of %q", n, err, got, may)
	}
	b.Advance(time.Minute)
	s := open(t, b, options(&hasty{}))
	before := strings.TrimSpace(kinds(t, s) + " d d")
	check(t, add(s, "d"))
	check(t, s.Held(t.Context()))
	b.Land()
	check(t, add(s, "e"))
	check(t, s.Remove(t.Context(), []int64{9}, nil))
	if got := read(t, b); got != before+" e e" || !slices.Contains(may, strings.TrimSpace(strings.TrimSuffix(before, "d d"))) {
		t.Errorf("request %d failed (%v): in the end there are %q, want %q behind one of %q", n, err, got, "d d e e", may)
	}
	check(t, s.Close())
	return true
}

// TestLostAnswersAreLookedUp: an object that may or may not have been made is made
// once, and the run goes on.
func TestLostAnswersAreLookedUp(t *testing.T) {
	t.Parallel()
	for _, failure := range []buckettest.Action{buckettest.Busy, buckettest.Drop, buckettest.Lose, buckettest.Later} {
		each(t, func(t *testing.T, b *buckettest.Bucket) {
			failed := make(map[string]bool)
			var mu sync.Mutex
			b.Meddle(func(q buckettest.Request) buckettest.Action {
				mu.Lock()
				defer mu.Unlock()
				if !q.Once || failed[q.Key] {
					return buckettest.Serve
				}
				failed[q.Key] = true
				return failure
			})
			may, err := story(t.Context(), b)
			if err != nil || len(failed) < 9 { // a probe, the account, a fence, a turn, and each write
				t.Errorf("%d objects failed once: %v", len(failed), err)
			}
			b.Land()
			if got := read(t, b); got != may[0] {
				t.Errorf("there are %q, want %q", got, may[0])
			}
		})
	}
}

// TestDoubtEndsWriting: where a write stays in doubt, nothing more is written, nor
// sent on the strength of the account.
func TestDoubtEndsWriting(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *buckettest.Bucket) {
		s := open(t, b, options(&hasty{}))
		check(t, add(s, "a"))
		b.Meddle(func(buckettest.Request) buckettest.Action { return buckettest.Later })
		for range 2 {
			if err := add(s, "b"); err == nil || !strings.Contains(err.Error(), "whether it was recorded") {
				t.Errorf("got %v", err)
			}
		}
		b.Meddle(nil)
		if err := s.Held(t.Context()); err == nil {
			t.Error("the account is held")
		}
		if b.Land() == 0 {
			t.Error("nothing was under way")
		}
		check(t, s.Close())
		if got := read(t, b); got != "a a b b" {
			t.Errorf("there are %q", got)
		}
	})
}

// TestManyWritersAtOnce: of those that begin at once each gets its turn, alone.
func TestManyWritersAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *buckettest.Bucket) {
		var working sync.WaitGroup
		for i := range 6 {
			working.Go(func() {
				o := options(&hasty{})
				o.LockTimeout = time.Minute
				s, err := openWithKey(context.WithoutCancel(t.Context()), b.URL("p"), o)
				for range 3 {
					if err == nil {
						err = add(s, fmt.Sprint(i))
					}
				}
				if err == nil {
					err = s.Close()
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		working.Wait()
		got := strings.Fields(read(t, b))
		if len(got) != 36 || len(slices.Compact(slices.Clone(got))) != 6 {
			t.Errorf("there are %v", got)
		}
	})
}

// TestLateWriter: a holder that lost the account adds nothing, also where the entry
// that took its number has long been removed.
func TestLateWriter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *buckettest.Bucket) {
		first := open(t, b, options(&still{}))
		check(t, add(first, "a"))
		under := open(t, b, store.Options{Endpoint: "e", Account: "other"}) // beside it, in peace
		_, err := openWithKey(t.Context(), b.URL("p"), options(&hasty{}))
		if _, held := errors.AsType[*store.LockedError](err); !held {
			t.Fatalf("got %v", err)
		}
		b.Advance(store.DefaultLease + 2*time.Second)
		second := open(t, b, options(&still{}))
		check(t, errors.Join(add(second, "b"), second.Remove(t.Context(), []int64{1}, nil), add(second, "c"), second.Remove(t.Context(), []int64{1}, nil)))
		for what, err := range map[string]error{"added": add(first, "x"), "removed": first.Remove(t.Context(), nil, []int64{1}), "held": first.Held(t.Context())} {
			if lost, ok := errors.AsType[*store.FencedError](err); !ok || lost.Mine != 1 || lost.Now != 2 {
				t.Errorf("a holder that lost the account %s: %v", what, err)
			}
		}
		if got := read(t, b); got != "a b c" {
			t.Errorf("there are %q", got)
		}
		check(t, errors.Join(first.Close(), second.Close(), under.Close()))
	})
}

// TestRenewedWhileTaken: a holder that renews between the two looks of another one
// keeps the account until its lease ends.
func TestRenewedWhileTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *buckettest.Bucket) {
		var time1 still
		first := open(t, b, options(&time1))
		b.Advance(store.DefaultLease + 2*time.Second)
		var renewed atomic.Bool
		b.Meddle(func(q buckettest.Request) buckettest.Action {
			if q.Once && strings.Contains(q.Key, "/fence/") && renewed.CompareAndSwap(false, true) {
				time1.ahead.Add(int64(store.DefaultLease))
				if err := first.Held(context.Background()); err != nil {
					t.Errorf("the first holder: %v", err)
				}
			}
			return buckettest.Serve
		})
		_, err := openWithKey(t.Context(), b.URL("p"), options(&hasty{}))
		if _, held := errors.AsType[*store.LockedError](err); !held || !renewed.Load() {
			t.Fatalf("the second holder: %v", err)
		}
		if _, err = openWithKey(t.Context(), b.URL("p"), options(&hasty{})); err == nil {
			t.Error("a third holder took the account while the first one held it")
		}
		check(t, add(first, "a"))
		time1.ahead.Add(int64(store.DefaultLease))
		if _, lost := errors.AsType[*store.FencedError](first.Held(t.Context())); !lost {
			t.Error("the first holder never learns that somebody else came")
		}
		check(t, first.Close())
	})
}

// TestDeathWhileRemoving: a removal that ends anywhere behind its one write is done,
// and the next one gives the room back.
func TestDeathWhileRemoving(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *buckettest.Bucket) {
		for survives := int64(0); ; survives++ {
			s := open(t, b, options(&still{}))
			check(t, errors.Join(add(s, "a"), add(s, "b")))
			var written, changes atomic.Int64
			b.Meddle(func(q buckettest.Request) buckettest.Action {
				switch {
				case strings.Contains(q.Key, "/log/") && q.Method == http.MethodPut:
					written.Store(1)
				case written.Load() == 1 && q.Method != http.MethodGet && changes.Add(1) > survives:
					return buckettest.Drop
				}
				return buckettest.Serve
			})
			err := s.Remove(t.Context(), []int64{1}, nil)
			b.Meddle(nil)
			b.Advance(time.Minute)
			if got, want := read(t, b), strings.TrimSpace(strings.Repeat("a b ", int(survives)+1)); got != want {
				t.Fatalf("after %d more changes there are %q, want %q", survives, got, want)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, store.ErrRoomKept) {
				t.Fatal(err)
			}
		}
		var log []string
		for _, key := range b.Keys() {
			if strings.Contains(key, "/log/") {
				log = append(log, key)
			}
		}
		s := open(t, b, options(&still{})) // one more turn, and no more than turns and one entry are left
		turns := 0
		check(t, s.Load(t.Context(), store.Query{Last: true}, func(r *store.Record) error { turns = int(r.Fence); return nil }))
		if len(log) != turns+1 {
			t.Errorf("there are %d entries and %d turns", len(log), turns)
		}
		check(t, s.Close())
	})
}

// TestManyEntriesBecomeOne: what is long is read at once the next time.
func TestManyEntriesBecomeOne(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it writes a thousand objects")
	}
	b := buckettest.Start(t, "s3")
	s := open(t, b, options(&still{}))
	for range 1001 {
		check(t, add(s, "a"))
	}
	before := kinds(t, s)
	check(t, s.Close())
	s = open(t, b, options(&still{}))
	if got := len(b.Keys()); got > 10 {
		t.Errorf("there are %d objects", got)
	}
	if kinds(t, s) != before || read(t, b) != before {
		t.Error("the records are others than before")
	}
	check(t, s.Close())
}

// TestBucketsThatAreNone: a bucket in which an object can be created twice is
// refused, with what to do, and nothing is left in it.
func TestBucketsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes {
		for want, make := range map[string]func(*buckettest.Bucket){
			"versioning is Enabled":                   func(b *buckettest.Bucket) { b.Version("Enabled") },
			"versioning is Suspended":                 func(b *buckettest.Bucket) { b.Version("Suspended") },
			"creates an object that is there already": func(b *buckettest.Bucket) { b.IgnoreConditions() },
			"needs the permission GetBucketVersioning": func(b *buckettest.Bucket) {
				b.Meddle(func(buckettest.Request) buckettest.Action { return buckettest.Deny })
			},
		} {
			t.Run(scheme+"/"+want, func(t *testing.T) {
				t.Parallel()
				b := buckettest.Start(t, scheme)
				make(b)
				_, err := openWithKey(t.Context(), b.URL("p"), options(&hasty{}))
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "the state "+scheme+"://bucket/p cannot be used") {
					t.Errorf("got %v", err)
				}
				if left := b.Keys(); len(left) > 0 {
					t.Errorf("it left %v", left)
				}
			})
		}
	}
}

// TestDamage: what is not as it was written is never taken for records, nor for
// their absence.
func TestDamage(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func([]byte) []byte{
		"its checksum is wrong":          func(d []byte) []byte { d[len(d)-2] ^= 1; return d },
		"bytes of":                       func(d []byte) []byte { return d[:len(d)-1] },
		"an entry is missing: number 3":  func([]byte) []byte { return nil },
		"it is no object of domainsync":  func([]byte) []byte { return []byte("something else") },
		"newer domainsync (version 2, t": func(d []byte) []byte { return bytes.Replace(d, []byte("domainsync 1"), []byte("domainsync 2"), 1) },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := buckettest.Start(t, "oss")
			s := open(t, b, options(&still{}))
			check(t, errors.Join(add(s, "a"), add(s, "b"), add(s, "c"), s.Close()))
			for _, key := range b.Keys() {
				if strings.HasSuffix(key, "/log/0000000000000000003") {
					b.Change(key, change)
				}
			}
			o := options(&still{})
			_, err := openWithKey(t.Context(), b.URL("p"), o)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a writer: %v", err)
			}
			o.ReadOnly = true
			reader := open(t, b, o)
			if err := reader.Load(t.Context(), store.Query{}, func(*store.Record) error { return nil }); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("a reader: %v", err)
			}
		})
	}
}

// TestWhoseJournal: who may take the one account that there is takes it, and nobody
// takes one of several.
func TestWhoseJournal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *buckettest.Bucket) {
		choose := store.Options{Choose: true, ReadOnly: true}
		if got := kinds(t, open(t, b, choose)); got != "" {
			t.Errorf("an empty bucket has %q", got)
		}
		for _, account := range []string{"1", "2"} {
			s := open(t, b, store.Options{Endpoint: "https://domain.example", Account: account})
			check(t, errors.Join(add(s, account), s.Close()))
			if account == "1" && kinds(t, open(t, b, choose)) != "1 1" {
				t.Error("the one account is not found")
			}
		}
		_, err := openWithKey(t.Context(), b.URL("p"), choose)
		if e, ok := errors.AsType[*store.AccountError](err); !ok || !slices.Equal(e.Have, []store.Account{{Endpoint: "https://domain.example", Account: "1"}, {Endpoint: "https://domain.example", Account: "2"}}) {
			t.Errorf("got %v", err)
		}
		if _, err = openWithKey(t.Context(), b.URL("p"), store.Options{ReadOnly: true}); err == nil {
			t.Error("an account was chosen that nobody asked for")
		}
	})
}
