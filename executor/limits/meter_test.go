package limits_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/executor/limits"
	"github.com/domainsync/domainsync/executor/limits/limitstest"
	"github.com/domainsync/domainsync/internal/clock"
)

func TestMemoryConformance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, rule := range limitstest.Rules() {
			rule.Hold(t, new(limits.Memory))
		}
	})
}

func TestJobsShareALimit(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{1, 2, 10, 100} {
		synctest.Test(t, func(t *testing.T) { limitstest.Share(t, new(limits.Memory), perSecond, time.Minute, 5) })
	}
}

// brokenLedger answers after a while, and not at all while it is broken.
type brokenLedger struct {
	limits.Memory
	answers time.Duration
	mu      sync.Mutex
	broken  bool
	asked   int
}

func (l *brokenLedger) set(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
}

func (l *brokenLedger) reach(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked++; l.broken {
		return errors.New("no connection")
	}
	return clock.Clock{}.Sleep(ctx, l.answers)
}

func (l *brokenLedger) Reserve(ctx context.Context, r limits.Request) (limits.Slot, error) {
	if err := l.reach(ctx); err != nil {
		return limits.Slot{}, err
	}
	s, err := l.Memory.Reserve(ctx, r)
	return s, errors.Join(err, clock.Clock{}.Sleep(ctx, l.answers))
}

func (l *brokenLedger) Slow(ctx context.Context, s limits.Slowdown) error {
	if err := l.reach(ctx); err != nil {
		return err
	}
	return l.Memory.Slow(ctx, s)
}

func newMeter(l limits.Ledger) (*limits.Meter, *bytes.Buffer) {
	var said bytes.Buffer
	return limits.New(l, clock.Clock{}, slog.New(slog.NewTextHandler(&said, nil))), &said
}

// count makes calls one after the other for a while, each of which takes some time.
func count(t *testing.T, m *limits.Meter, perSecond float64, lasts, each time.Duration) (calls []time.Time) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < lasts; {
		if err := m.Wait(t.Context(), "key", "A", perSecond); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, time.Now())
		time.Sleep(each)
	}
	return calls
}

// TestLimitIsUsed: a hundred calls a second take a few statements, however far away the
// database is, and nearly all of the limit is used.
func TestLimitIsUsed(t *testing.T) {
	t.Parallel()
	for _, answers := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			l := &brokenLedger{answers: answers}
			m, _ := newMeter(l)
			calls := count(t, m, 100, 30*time.Second, 5*time.Millisecond)
			t.Logf("answers after %v: %d calls by %d statements", 2*answers, len(calls), l.asked)
			if len(calls) < 2800 || l.asked > 60 || limitstest.Most(calls) > 100 {
				t.Errorf("answers after %v: %d calls by %d statements, %d in a second", 2*answers, len(calls), l.asked, limitstest.Most(calls))
			}
		})
	}
}

// TestFewCallsTakeNoMoreThanTheyNeed: who calls now and then leaves the rest to others.
func TestFewCallsTakeNoMoreThanTheyNeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(brokenLedger)
		seldom, _ := newMeter(l)
		often, _ := newMeter(l)
		count(t, seldom, 10, 10*time.Second, 0)
		var group sync.WaitGroup
		group.Go(func() { count(t, seldom, 10, 60*time.Second, 3*time.Second) })
		calls := count(t, often, 10, 60*time.Second, 0)
		group.Wait()
		if len(calls) < 550 {
			t.Errorf("the other one makes %d calls in a minute", len(calls))
		}
	})
}

// TestAlone: without the ledger a process goes on with a small part of the limit, says so,
// and takes its share again when it can.
func TestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(brokenLedger)
		m, said := newMeter(l)
		count(t, m, 10, 3*time.Second, 0)
		l.set(true)
		calls := count(t, m, 10, 2*time.Minute, 0)
		if n := len(calls); n < 90 || n > 120 || limitstest.Most(calls[12:]) > 1 {
			t.Errorf("%d calls in two minutes, %d in a second", n, limitstest.Most(calls[12:]))
		}
		if strings.Count(said.String(), "level=WARN") != 1 || !strings.Contains(said.String(), "no connection") {
			t.Errorf("it says %s", said)
		}
		l.set(false)
		count(t, m, 10, 6*time.Second, 0)
		if calls := count(t, m, 10, 10*time.Second, 0); len(calls) < 95 || !strings.Contains(said.String(), "level=INFO") {
			t.Errorf("afterwards %d calls in ten seconds; it says %s", len(calls), said)
		}
	})
}

// TestShortOutage: where the ledger comes back soon, nobody has called without it.
func TestShortOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &brokenLedger{broken: true}
		m, said := newMeter(l)
		time.AfterFunc(5*time.Second, func() { l.set(false) })
		begin := time.Now()
		if err := m.Wait(t.Context(), "key", "A", 10); err != nil || time.Since(begin) < 5*time.Second || said.Len() > 0 {
			t.Errorf("after %v: %v, it says %s", time.Since(begin), err, said)
		}
	})
}

// TestWaitEnds: with its context, and at once where the turn comes after the deadline,
// which leaves the turn to the next call.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(brokenLedger)
		m, _ := newMeter(l)
		if err := m.Wait(t.Context(), "key", "A", 0.5); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for range 3 {
			late, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := m.Wait(late, "key", "A", 0.5); !errors.Is(err, limits.ErrLate) || time.Since(begin) != 0 {
				t.Errorf("a turn that comes too late: %v after %v", err, time.Since(begin))
			}
			cancel()
		}
		ended, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := m.Wait(ended, "key", "A", 0.5); !errors.Is(err, context.Canceled) || time.Since(begin) != time.Second {
			t.Errorf("a call that nobody waits for: %v after %v", err, time.Since(begin))
		}
		if err := m.Wait(t.Context(), "key", "A", 0.5); err != nil || time.Since(begin) > 2100*time.Millisecond {
			t.Errorf("the next one: %v after %v", err, time.Since(begin))
		}
		l.set(true)
		ended, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := m.Wait(ended, "other", "A", 10); !errors.Is(err, context.Canceled) {
			t.Errorf("without the ledger: %v", err)
		}
	})
}

// stopping is a clock whose process is stopped for a while at one of its waits.
type stopping struct {
	clock.Clock
	at, after int
	lasts     time.Duration
}

func (s *stopping) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	if s.after++; s.after == s.at {
		d += s.lasts
	}
	return s.Clock.NewTimer(d)
}

// TestStoppedProcessSendsNothingLate: what a slot held when its process was stopped is
// somebody else's time when it goes on.
func TestStoppedProcessSendsNothingLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(brokenLedger)
		m := limits.New(l, clock.New(&stopping{at: 50, lasts: 10 * time.Second}), slog.New(slog.DiscardHandler))
		other, _ := newMeter(l)
		var group sync.WaitGroup
		var calls, others []time.Time
		group.Go(func() { others = count(t, other, 10, 30*time.Second, 0) })
		calls = count(t, m, 10, 30*time.Second, 0)
		group.Wait()
		if got := limitstest.Most(append(calls, others...)); got > 10 {
			t.Errorf("%d calls in a second", got)
		}
	})
}

// TestThrottlingSlowsAll: what one process hears slows the others as well, and none goes on
// with the slot that it has.
func TestThrottlingSlowsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(brokenLedger)
		one, said := newMeter(l)
		other, _ := newMeter(l)
		count(t, one, 10, 2*time.Second, 0)
		begin := time.Now()
		one.Throttled(t.Context(), "key", "A", 0, 5*time.Second)
		for _, m := range []*limits.Meter{one, other} {
			if err := m.Wait(t.Context(), "key", "A", 10); err != nil || time.Since(begin) < 5*time.Second {
				t.Errorf("after %v: %v", time.Since(begin), err)
			}
			now := time.Now()
			if err := m.Wait(t.Context(), "key", "B", 10); err != nil || time.Since(now) > time.Second {
				t.Errorf("another operation after %v: %v", time.Since(now), err)
			}
		}
		l.set(true)
		one.Throttled(t.Context(), "key", "", 0, 0)
		if !strings.Contains(said.String(), "level=WARN") {
			t.Errorf("it says %s", said)
		}
	})
}

// TestTheServicesLimitIsFound: where the service takes less than is configured, most calls
// come through all the same.
func TestTheServicesLimitIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := new(brokenLedger)
		taken, throttled := 0, 0
		var mu sync.Mutex
		var second time.Time
		send := func(m *limits.Meter) {
			sent := time.Now()
			time.Sleep(50 * time.Millisecond)
			mu.Lock()
			if now := time.Now(); now.Sub(second) >= time.Second {
				second, taken = now.Truncate(time.Second), 0
			}
			taken++
			refused := taken > 5
			if refused {
				throttled++
			}
			mu.Unlock()
			if refused {
				m.Throttled(t.Context(), "key", "A", time.Since(sent), 0)
			}
		}
		begin := time.Now()
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				m, _ := newMeter(l)
				for range 200 {
					if err := m.Wait(t.Context(), "key", "A", 20); err != nil {
						t.Error(err)
					}
					send(m)
				}
			})
		}
		group.Wait()
		took := time.Since(begin)
		t.Logf("600 calls at 5 a second took %v, %d were throttled", took, throttled)
		if took > 4*time.Minute || throttled > 100 {
			t.Errorf("600 calls at 5 a second took %v, %d were throttled", took, throttled)
		}
	})
}
