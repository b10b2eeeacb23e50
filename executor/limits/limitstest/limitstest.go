// Package limitstest has what every ledger of limits must do.
package limitstest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/limits"
	"github.com/domainsync/domainsync/internal/clock"
)

// A Rule is one thing that every ledger must do.
type Rule struct {
	Name string
	play func(t *testing.T, l limits.Ledger, key string)
}

// Hold wants a ledger to hold the rule.
func (r Rule) Hold(t *testing.T, l limits.Ledger) {
	t.Helper()
	r.play(t, l, r.Name)
}

// Rules returns all.
func Rules() []Rule {
	return []Rule{
		{"SlotsFollowEachOther", slotsFollowEachOther},
		{"KeysAndOperationsAreApart", keysAndOperationsAreApart},
		{"SlowHalves", slowHalves},
		{"SlowOnceForARush", slowOnceForARush},
		{"SlowIsBounded", slowIsBounded},
		{"SlowAllOperations", slowAllOperations},
		{"HintsHold", hintsHold},
		{"RatesComeBack", ratesComeBack},
		{"EachGoesByItsOwnLimit", eachGoesByItsOwnLimit},
	}
}

// system is the clock of the test.
var system clock.Clock

// near is how far times may be apart that are taken one after the other.
const near = 300 * time.Millisecond

func reserve(t *testing.T, l limits.Ledger, key, operation string, perSecond float64, calls int) limits.Slot {
	t.Helper()
	s, err := l.Reserve(t.Context(), limits.Request{Key: key, Operation: operation, PerSecond: perSecond, Calls: calls})
	if err != nil {
		t.Fatal(err)
	}
	if s.Calls != calls {
		t.Fatalf("%d calls were asked for: %+v", calls, s)
	}
	return s
}

func slow(t *testing.T, l limits.Ledger, s limits.Slowdown) {
	t.Helper()
	if err := l.Slow(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func wantNear(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if (got - want).Abs() > near {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// wantRate wants the time between calls to be that of a rate, which may have grown for a
// moment.
func wantRate(t *testing.T, s limits.Slot, perSecond float64) {
	t.Helper()
	got := (1 + limits.Margin) / s.Every.Seconds()
	if got < perSecond*0.999 || got > perSecond*1.05 {
		t.Errorf("%.2f calls a second, want %.2f", got, perSecond)
	}
}

func slotsFollowEachOther(t *testing.T, l limits.Ledger, key string) {
	begin := system.Now()
	first, second, third := reserve(t, l, key, "A", 2, 4), reserve(t, l, key, "A", 2, 6), reserve(t, l, key, "A", 2, 1)
	took := system.Since(begin)
	wantRate(t, first, 2)
	wantNear(t, "the first slot", first.In, 0)
	wantNear(t, "the second", second.In, 2020*time.Millisecond)
	wantNear(t, "the third", third.In, 5050*time.Millisecond)
	if third.In+took < 5050*time.Millisecond {
		t.Errorf("the third begins in %v before the second has ended", third.In)
	}
}

func keysAndOperationsAreApart(t *testing.T, l limits.Ledger, key string) {
	reserve(t, l, key, "A", 1, 10)
	for _, other := range [][2]string{{key, "B"}, {key + "x", "A"}} {
		wantNear(t, fmt.Sprint(other), reserve(t, l, other[0], other[1], 1, 1).In, 0)
	}
}

func slowHalves(t *testing.T, l limits.Ledger, key string) {
	wantRate(t, reserve(t, l, key, "A", 100, 1), 100)
	slow(t, l, limits.Slowdown{Key: key, Operation: "A"})
	wantRate(t, reserve(t, l, key, "A", 100, 1), 50)
	slow(t, l, limits.Slowdown{Key: key, Operation: "A"})
	wantRate(t, reserve(t, l, key, "A", 100, 1), 25)
}

func slowOnceForARush(t *testing.T, l limits.Ledger, key string) {
	reserve(t, l, key, "A", 100, 1)
	for range 5 {
		slow(t, l, limits.Slowdown{Key: key, Operation: "A", Ago: time.Minute})
	}
	wantRate(t, reserve(t, l, key, "A", 100, 1), 50)
}

func slowIsBounded(t *testing.T, l limits.Ledger, key string) {
	reserve(t, l, key, "A", 100, 1)
	for range 10 {
		slow(t, l, limits.Slowdown{Key: key, Operation: "A"})
	}
	wantRate(t, reserve(t, l, key, "A", 100, 1), 100./limits.MostSlowdown)
}

func slowAllOperations(t *testing.T, l limits.Ledger, key string) {
	for _, operation := range []string{"A", "B"} {
		reserve(t, l, key, operation, 100, 1)
		reserve(t, l, key+"x", operation, 100, 1)
	}
	slow(t, l, limits.Slowdown{Key: key})
	for _, operation := range []string{"A", "B"} {
		wantRate(t, reserve(t, l, key, operation, 100, 1), 50)
		wantRate(t, reserve(t, l, key+"x", operation, 100, 1), 100)
	}
}

func hintsHold(t *testing.T, l limits.Ledger, key string) {
	reserve(t, l, key, "A", 100, 1)
	slow(t, l, limits.Slowdown{Key: key, Operation: "A", Hint: time.Minute})
	slow(t, l, limits.Slowdown{Key: key, Operation: "A", Hint: time.Second})
	wantNear(t, "after a hint of a minute", reserve(t, l, key, "A", 100, 1).In, time.Minute)
}

func ratesComeBack(t *testing.T, l limits.Ledger, key string) {
	reserve(t, l, key, "A", 100, 1)
	slow(t, l, limits.Slowdown{Key: key, Operation: "A"})
	first := reserve(t, l, key, "A", 100, 1)
	if err := system.Sleep(t.Context(), 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if second := reserve(t, l, key, "A", 100, 1); second.Every >= first.Every || second.Every < first.Every/2 {
		t.Errorf("after half a second a call comes each %v, before each %v", second.Every, first.Every)
	}
}

func eachGoesByItsOwnLimit(t *testing.T, l limits.Ledger, key string) {
	for range 2 {
		wantRate(t, reserve(t, l, key, "A", 10, 1), 10)
		wantRate(t, reserve(t, l, key, "A", 50, 1), 50)
	}
}

// Share has processes share one limit for a while, each with a clock of its own that is
// off by hours, and wants no more calls in any second than the limit, and nobody to starve.
// Callers of a process decide when they call by its clock: these are the moments that are
// counted, however late the machine of the test lets them go on.
func Share(t *testing.T, l limits.Ledger, perSecond float64, lasts time.Duration, processes int) {
	t.Helper()
	var mu sync.Mutex
	var all []time.Time
	counts := make([]int, processes)
	ctx, end := context.WithCancel(t.Context()) // a deadline would be of another clock
	defer end()
	random := rand.New(rand.NewPCG(1, 0))
	var group sync.WaitGroup
	group.Go(func() {
		if system.Sleep(ctx, lasts) == nil {
			end()
		}
	})
	for i := range processes {
		skew := time.Duration(random.Int64N(int64(10*time.Hour))) - 5*time.Hour
		source := &skewed{skew: skew}
		m := limits.New(l, clock.New(source), slog.New(slog.DiscardHandler))
		group.Go(func() {
			for m.Wait(ctx, t.Name(), "A", perSecond) == nil {
				mu.Lock()
				all, counts[i] = append(all, source.said), counts[i]+1
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if got := Most(all); got > int(perSecond) {
		t.Errorf("%d calls in a second, the limit is %v", got, perSecond)
	}
	use := float64(len(all)) / perSecond / lasts.Seconds()
	t.Logf("%d calls of %d processes in %v: %.1f%% of the limit, %v", len(all), processes, lasts, 100*use, counts)
	if use < 0.7 {
		t.Errorf("%.1f%% of the limit are used", 100*use)
	}
	if fair := len(all) / processes; slices.Min(counts) < fair/3 {
		t.Errorf("of %d calls that are fair one process made %d: %v", fair, slices.Min(counts), counts)
	}
}

// Most is the greatest number of calls in any second.
func Most(times []time.Time) int {
	times = slices.SortedFunc(slices.Values(times), time.Time.Compare)
	greatest, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= time.Second {
			from++
		}
		greatest = max(greatest, to-from+1)
	}
	return greatest
}

// skewed is the clock of a process with one caller. It remembers what it said last,
// without what it is off by.
type skewed struct {
	skew time.Duration
	said time.Time
}

func (s *skewed) Now() time.Time {
	s.said = system.Now()
	return s.said.Add(s.skew)
}

func (s *skewed) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	return system.NewTimer(d)
}

func (s *skewed) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return system.WithTimeoutCause(ctx, d, cause)
}
