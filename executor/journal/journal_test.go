package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, o Options) *Journal {
	t.Helper()
	j, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, j *Journal) *Ledger {
	t.Helper()
	return must[*Ledger](t)(j.Begin(t.Context(), Run{
		Kind: Apply, Began: noon, ConfigHash: "c", PlanID: "p", Plan: []byte("the plan"), Declared: []string{"a.example", "b.example"},
	}))
}

func intent(steps ...string) Intent {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i], _, _ = strings.Cut(s, "/")
	}
	return Intent{Operation: "Op", Key: "Op&x", Request: map[string]string{"DomainName.1": names[0]}, Steps: steps, Names: names, At: noon}
}

func TestStatesFollowFromFacts(t *testing.T) {
	t.Parallel()
	const a, b = "a.example/x#set", "b.example/x#set"
	submit := func(l *Ledger, n int64) error {
		return l.Submit(context.Background(), Submission{Batch: n, Task: "t", At: noon})
	}
	fail := func(kind CallKind) func(*Ledger, int64) error {
		return func(l *Ledger, n int64) error {
			return l.Fail(context.Background(), CallFailure{Batch: n, Kind: kind, At: noon})
		}
	}
	result := func(step string, ok bool) func(*Ledger, int64) error {
		return func(l *Ledger, n int64) error {
			return l.Settle(context.Background(), []Result{{Batch: n, Detail: "d-" + step, Step: step, Success: ok, At: noon}})
		}
	}
	ack := func(steps ...string) func(*Ledger, int64) error {
		return func(l *Ledger, _ int64) error {
			var acks []Acknowledgement
			for _, s := range steps {
				acks = append(acks, Acknowledgement{Detail: "d-" + s, At: noon})
			}
			return l.Acknowledge(context.Background(), acks)
		}
	}
	conclude := func(step string, v Verdict) func(*Ledger, int64) error {
		return func(l *Ledger, n int64) error {
			return l.Conclude(context.Background(), []Conclusion{{Batch: n, Step: step, Verdict: v, At: noon}})
		}
	}
	type facts []func(*Ledger, int64) error
	for name, test := range map[string]struct {
		facts facts
		a, b  State
		batch State
	}{
		"intended":             {nil, Intended, Intended, Intended},
		"unknown":              {facts{fail(CallUnknown)}, Intended, Intended, Intended},
		"not done":             {facts{fail(CallNotDone)}, Planned, Planned, Failed},
		"refused":              {facts{fail(CallRefused)}, Failed, Failed, Failed},
		"submitted":            {facts{submit}, Submitted, Submitted, Submitted},
		"adopted":              {facts{fail(CallUnknown), submit}, Submitted, Submitted, Submitted},
		"half settled":         {facts{submit, result(a, true)}, Succeeded, Submitted, Submitted},
		"settled":              {facts{submit, result(a, true), result(b, false)}, Succeeded, Failed, Settled},
		"half acknowledged":    {facts{submit, result(a, true), result(b, false), ack(a)}, Succeeded, Failed, Settled},
		"acknowledged":         {facts{submit, result(a, true), result(b, false), ack(a, b)}, Succeeded, Failed, Acknowledged},
		"acknowledged twice":   {facts{submit, result(a, true), result(b, true), ack(a, b), ack(a)}, Succeeded, Succeeded, Acknowledged},
		"first result counts":  {facts{submit, result(a, true), result(a, false)}, Succeeded, Submitted, Submitted},
		"hangs":                {facts{submit, result(a, true), conclude(b, FoundNothing)}, Succeeded, InDoubt, InDoubt},
		"hung and came":        {facts{submit, conclude(a, FoundNothing), conclude(b, FoundNothing), result(a, true), result(b, true)}, Succeeded, Succeeded, Settled},
		"found by state":       {facts{fail(CallUnknown), conclude(a, FoundDone), conclude(b, FoundNotDone)}, Succeeded, Planned, Acknowledged},
		"refused in part":      {facts{conclude(a, FoundDone), conclude(b, FoundRefused)}, Succeeded, Failed, Acknowledged},
		"refused one by one":   {facts{conclude(a, FoundRefused), conclude(b, FoundRefused)}, Failed, Failed, Failed},
		"found to be not done": {facts{conclude(a, FoundNotDone), conclude(b, FoundNotDone)}, Planned, Planned, Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := begin(t, open(t, t.TempDir(), Options{}))
			batch := must[[]*Batch](t)(l.Intend(t.Context(), []Intent{intent(a, b)}))[0]
			for _, fact := range test.facts {
				check(t, fact(l, batch.Batch))
			}
			if got := batch.State(); got != test.batch {
				t.Errorf("the batch is %s, want %s", got, test.batch)
			}
			for step, want := range map[string]State{a: test.a, b: test.b} {
				if got, _ := l.Step(step); got != want {
					t.Errorf("step %s is %s, want %s", step, got, want)
				}
			}
		})
	}
}

// TestLastIntentCounts shows that a step that is sent again stands where its
// last batch does.
func TestLastIntentCounts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := begin(t, open(t, t.TempDir(), Options{}))
	const step = "a.example/x#set"
	if state, b := l.Step(step); state != Planned || b != nil {
		t.Errorf("before: %s in %v", state, b)
	}
	first := must[[]*Batch](t)(l.Intend(ctx, []Intent{intent(step)}))[0]
	check(t, l.Fail(ctx, CallFailure{Batch: first.Batch, Kind: CallRefused, At: noon}))
	second := must[[]*Batch](t)(l.Intend(ctx, []Intent{intent(step)}))[0]
	if state, b := l.Step(step); state != Intended || b != second {
		t.Errorf("after: %s in %v", state, b)
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir, Options{})
	_, err := Open(t.Context(), dir, Options{LockTimeout: 60 * time.Millisecond})
	locked, ok := errors.AsType[*LockedError](err)
	if !ok {
		t.Fatalf("got %v, want a LockedError", err)
	}
	if want := fmt.Sprintf("process %d on ", os.Getpid()); !strings.Contains(locked.Error(), want) {
		t.Errorf("%q does not say who holds it (%s)", locked, want)
	}
	check(t, first.Close())
	open(t, dir, Options{})
}

func TestReaders(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "state")
	empty := open(t, dir, Options{ReadOnly: true})
	if runs := must[[]Run](t)(empty.Runs(ctx)); len(runs) != 0 {
		t.Errorf("an empty journal has %d runs", len(runs))
	}
	if names := must[[]string](t)(empty.LastDeclared(ctx)); names != nil {
		t.Errorf("an empty journal has declared names: %v", names)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made the directory: %v", err)
	}

	l := begin(t, open(t, dir, Options{}))
	reader := open(t, dir, Options{ReadOnly: true})
	check(t, l.Mark(ctx, Mark{Ended, noon}))
	runs := must[[]Run](t)(reader.Runs(ctx))
	if len(runs) != 1 || runs[0].Open() || !runs[0].Ended().Equal(noon) {
		t.Errorf("beside a run: %+v", runs)
	}
	if _, err := reader.Begin(ctx, Run{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a reader wrote: %v", err)
	}
}

func BenchmarkResults(b *testing.B) {
	const page = 1000
	j, err := Open(b.Context(), b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	}()
	l, err := j.Begin(b.Context(), Run{Kind: Apply})
	if err != nil {
		b.Fatal(err)
	}
	batches, err := l.Intend(b.Context(), []Intent{intent("a.example/x#set")})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	results, n := make([]Result, page), 0
	for b.Loop() {
		for i := range results {
			results[i] = Result{Batch: batches[0].Batch, Detail: fmt.Sprint("detail-", n), Step: "a.example/x#set", Success: true, At: noon}
			n++
		}
		if err := l.Settle(b.Context(), results); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

// jumping is a time that passes only where somebody waits, and then at once.
type jumping struct {
	now   time.Time
	until time.Time // when the context ends that was made last
	end   context.CancelCauseFunc
}

func (j *jumping) Now() time.Time { return j.now }

func (j *jumping) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	if j.now = j.now.Add(d); !j.now.Before(j.until) {
		j.end(context.DeadlineExceeded)
	}
	fired := make(chan time.Time, 1)
	fired <- j.now
	return fired, func() bool { return false }
}

func (j *jumping) WithTimeoutCause(ctx context.Context, d time.Duration, _ error) (context.Context, context.CancelFunc) {
	ended, cancel := context.WithCancelCause(ctx)
	j.until, j.end = j.now.Add(d), cancel
	return late{ended}, func() { cancel(nil) }
}

// late is a context that can only end by its deadline.
type late struct{ context.Context }

func (l late) Err() error {
	if l.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

// TestLockIsWaitedForByTheClock: a minute of it is over in a moment, and who holds
// the lock is told with the clock's time.
func TestLockIsWaitedForByTheClock(t *testing.T) {
	t.Parallel()
	dir, begin := t.TempDir(), time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	source := &jumping{now: begin}
	j := open(t, dir, Options{Clock: clock.New(source)})
	if !j.Now().Equal(begin) {
		t.Errorf("the journal says %v", j.Now())
	}
	_, err := Open(t.Context(), dir, Options{Clock: clock.New(source), LockTimeout: time.Minute})
	if held, ok := errors.AsType[*LockedError](err); !ok || !strings.Contains(held.Holder, "since 2027-01-31T00:00:00Z") {
		t.Errorf("got %v", err)
	}
	if waited := source.now.Sub(begin); waited < time.Minute || waited > time.Minute+time.Second {
		t.Errorf("waited %v", waited)
	}
}

// TestRecordsHaveATimeOfTheirOwn: what a journal records is of the time that it is
// told, and its waits go by its clock, which that does not move.
func TestRecordsHaveATimeOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir, begin := t.TempDir(), time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	source, recorded := &jumping{now: begin}, begin.AddDate(3, 0, 0)
	j := open(t, dir, Options{Clock: clock.New(source), Now: func() time.Time { return recorded }})
	if !j.Now().Equal(recorded) {
		t.Errorf("the journal says %v", j.Now())
	}
	_, err := Open(t.Context(), dir, Options{Clock: clock.New(source), Now: func() time.Time { return recorded }, LockTimeout: time.Minute})
	if held, ok := errors.AsType[*LockedError](err); !ok || !strings.Contains(held.Holder, "since 2027-01-31T00:00:00Z") {
		t.Errorf("got %v", err)
	}
	if waited := source.now.Sub(begin); waited < time.Minute || waited > time.Minute+time.Second {
		t.Errorf("waited %v", waited)
	}
}
