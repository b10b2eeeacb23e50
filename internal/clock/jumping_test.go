package clock_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/internal/clock"
)

// Tests of a clock that jumps are not parallel: it waits until all of the process
// is idle.

var begin = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)

// jumping runs a function by a clock that jumps.
func jumping(t *testing.T, f func(ctx context.Context, c clock.Clock) error) error {
	t.Helper()
	j := clock.NewJumping(begin)
	return j.Run(t.Context(), func(ctx context.Context) error { return f(ctx, clock.New(j)) })
}

func TestJumpingTakesNoTime(t *testing.T) {
	real := time.Now()
	err := jumping(t, func(ctx context.Context, c clock.Clock) error {
		for night := range 365 {
			if err := c.Sleep(ctx, 24*time.Hour); err != nil {
				return err
			}
			if got, want := c.Now(), begin.AddDate(0, 0, night+1); !got.Equal(want) {
				return fmt.Errorf("it is %v after night %d, want %v", got, night, want)
			}
		}
		return nil
	})
	if took := time.Since(real); err != nil || took > time.Minute {
		t.Errorf("a year took %v, and ended with %v", took, err)
	}
}

// TestJumpingFiresInOrder holds that timers fire by their time, those of one
// time in the order of their making, none is left out, and no time goes back.
func TestJumpingFiresInOrder(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		type timer struct {
			nth int
			at  time.Duration
		}
		var want, got []timer
		var mu sync.Mutex
		err := jumping(t, func(_ context.Context, c clock.Clock) error {
			var group conc.WaitGroup
			defer group.Wait()
			for nth := range 30 {
				d := time.Duration(rnd.IntN(6)-1) * time.Second
				fired, stop := c.NewTimer(d)
				if rnd.IntN(4) == 0 {
					if !stop() || stop() {
						return errors.New("a timer that runs is stopped once")
					}
					continue
				}
				want = append(want, timer{nth, max(d, 0)})
				group.Go(func() {
					at := <-fired
					mu.Lock()
					defer mu.Unlock()
					if now := c.Now(); !at.Equal(now) || stop() {
						t.Errorf("timer %d fired at %v, and it is %v", nth, at, now)
					}
					got = append(got, timer{nth, at.Sub(begin)})
				})
			}
			return nil
		})
		slices.SortStableFunc(want, func(a, b timer) int { return int(a.at - b.at) })
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d: timers fired as %v, want %v (%v)", seed, got, want, err)
		}
	}
}

// script is what the workers of a test do, and when: at random, and so that the
// times depend on nothing but the clock.
type script struct {
	c     clock.Clock
	begin time.Time
	mu    sync.Mutex
	seen  []string
}

func (s *script) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, fmt.Sprintf("%v ", s.c.Since(s.begin))+fmt.Sprintf(format, args...))
}

// play lets workers sleep, wait for each other, for timers and for contexts, and
// returns what happened when.
func (s *script) play(ctx context.Context, seed uint64) []string {
	s.begin = s.c.Now()
	const workers = 4
	meet := make([]chan int, workers)
	for i := range meet {
		meet[i] = make(chan int)
	}
	turn := make(chan struct{}, 1)
	p := pool.New()
	for i := range workers {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		p.Go(func() {
			for n := range 12 {
				s.step(ctx, rnd, i, n)
				if n%4 == 3 { // two and two meet, by whichever is later
					if i%2 == 0 {
						meet[i] <- n
					} else {
						<-meet[i-1]
					}
					s.note("%d has met at %d", i, n)
				}
			}
			turn <- struct{}{}
			defer func() { <-turn }()
			_ = s.c.Sleep(ctx, 3*time.Second) // the others wait for their turn meanwhile
		})
	}
	p.Wait()
	s.note("end")
	slices.Sort(s.seen)
	return s.seen
}

func (s *script) step(ctx context.Context, rnd *rand.Rand, i, n int) {
	d := time.Duration(rnd.IntN(20)) * time.Second
	switch rnd.IntN(4) {
	case 0:
		s.note("%d slept at %d: %v", i, n, s.c.Sleep(ctx, d))
	case 1:
		short, cancel := s.c.WithTimeoutCause(ctx, time.Duration(rnd.IntN(20))*time.Second+time.Millisecond, errors.New("late"))
		defer cancel()
		s.note("%d tried to sleep at %d: %v", i, n, s.c.Sleep(short, d))
	case 2:
		fired, stop := s.c.NewTimer(d + time.Second)
		_ = s.c.Sleep(ctx, time.Duration(rnd.IntN(10))*time.Second+time.Millisecond)
		if stop() {
			s.note("%d stopped a timer at %d", i, n)
			return
		}
		s.note("%d had a timer at %d: %v", i, n, (<-fired).Sub(s.begin))
	case 3:
		ended := make(chan struct{})
		var group conc.WaitGroup
		group.Go(func() {
			_ = s.c.Sleep(ctx, d)
			close(ended)
		})
		<-ended
		group.Wait()
		s.note("%d was told at %d", i, n)
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(got), len(want))
}

// TestJumpingIsLikeABubble plays at random by a clock that jumps, and by the
// system's in a bubble, which knows by other means when all is idle.
func TestJumpingIsLikeABubble(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		var got, want []string
		err := jumping(t, func(ctx context.Context, c clock.Clock) error {
			got = (&script{c: c}).play(ctx, seed)
			return nil
		})
		synctest.Test(t, func(t *testing.T) { want = (&script{}).play(t.Context(), seed) })
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d (%v): %s", seed, err, firstDifference(got, want))
		}
		if len(want) < 40 {
			t.Fatalf("seed %d: only %d things happened", seed, len(want))
		}
	}
}

// TestJumpingWhileLocked is what no bubble can do: somebody sleeps with a lock, and
// the others wait for it.
func TestJumpingWhileLocked(t *testing.T) {
	err := jumping(t, func(ctx context.Context, c clock.Clock) error {
		var lock sync.RWMutex
		var group conc.WaitGroup
		for range 5 {
			group.Go(func() {
				lock.Lock()
				defer lock.Unlock()
				_ = c.Sleep(ctx, time.Minute)
			})
		}
		group.Wait()
		if got := c.Since(begin); got != 5*time.Minute {
			return fmt.Errorf("five sleeps of a minute, one after the other, took %v", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestJumpingWhileTheRuntimeWorks lets the function wait for the runtime itself,
// which works for nobody while it is looked at: that is no standstill.
func TestJumpingWhileTheRuntimeWorks(t *testing.T) {
	err := jumping(t, func(context.Context, clock.Clock) error {
		var stats runtime.MemStats
		for range 1000 {
			runtime.ReadMemStats(&stats)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// kept is the key of a value.
type kept struct{}

// endings are contexts that end in many ways: what ends them, and how they and
// those made of them have ended.
func endings(ctx context.Context, c clock.Clock) (seen []string) {
	late, enough := errors.New("late"), errors.New("enough")
	note := func(what string, all ...context.Context) {
		for i, x := range all {
			<-x.Done()
			at, ok := x.Deadline()
			seen = append(seen, fmt.Sprintf("%s %d: %v, %v, in %v %v", what, i, x.Err(), context.Cause(x), c.Until(at).Round(time.Hour), ok))
		}
	}
	for _, cause := range []error{nil, late} {
		a, cancel := c.WithTimeoutCause(ctx, time.Hour, cause)
		child, end := context.WithCancel(a)
		value := context.WithValue(child, kept{}, 1)
		shorter, end2 := c.WithTimeoutCause(value, time.Minute, enough)
		longer, end3 := c.WithTimeoutCause(value, 2*time.Hour, enough)
		called := make(chan struct{})
		context.AfterFunc(a, func() { close(called) })
		stopped := context.AfterFunc(a, func() { seen = append(seen, "what was stopped was called") })
		seen = append(seen, fmt.Sprint(a.Err(), context.Cause(a), stopped(), stopped()))
		note("deadline", shorter, a, child, value, longer)
		<-called
		for _, f := range []func(){cancel, end, end2, end3, cancel} {
			f()
		}
		note("the deadline stays", shorter, a, child, value, longer)
	}
	parent, end := context.WithCancelCause(ctx)
	a, cancel := c.WithTimeoutCause(parent, time.Hour, late)
	b, cancel2 := c.WithTimeoutCause(a, 0, late)
	defer cancel2()
	note("at once", b)
	end(enough)
	seen = append(seen, fmt.Sprint(a.Err()))
	note("parent", a)
	cancel()
	gone, cancel3 := c.WithTimeout(parent, time.Hour)
	defer cancel3()
	note("gone", gone)
	own, cancel4 := c.WithTimeoutCause(ctx, time.Hour, late)
	child, cancel5 := context.WithCancel(own)
	defer cancel5()
	cancel4()
	seen = append(seen, fmt.Sprint(own.Err(), child.Err()))
	note("own", own, child)
	return seen
}

func TestJumpingEndsContexts(t *testing.T) {
	var got, want []string
	err := jumping(t, func(ctx context.Context, c clock.Clock) error {
		got = endings(ctx, c)
		if c.Until(begin.Add(2*time.Hour)) != 0 {
			t.Errorf("two contexts of an hour took until %v", c.Now())
		}
		return nil
	})
	synctest.Test(t, func(t *testing.T) { want = endings(t.Context(), clock.Clock{}) })
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s (%v)", firstDifference(got, want), err)
	}
}

func TestJumpingReportsAStandstill(t *testing.T) {
	never := make(chan int)
	for _, test := range []struct {
		name string
		f    func(ctx context.Context, c clock.Clock) error
		want string
	}{
		{"of who heeds the context", func(ctx context.Context, _ clock.Clock) error {
			<-ctx.Done()
			return nil
		}, "no timer is left"},
		{"of who cleans up slowly", func(ctx context.Context, c clock.Clock) error {
			<-ctx.Done()
			return c.Sleep(context.WithoutCancel(ctx), time.Hour)
		}, "no timer is left"},
		{"after a while", func(ctx context.Context, c clock.Clock) error {
			_ = c.Sleep(ctx, time.Hour)
			_, stop := c.NewTimer(time.Hour)
			stop()
			<-ctx.Done()
			return context.Cause(ctx)
		}, "no timer is left"},
		{"of who does not", func(context.Context, clock.Clock) error {
			<-never
			return nil
		}, "no timer is left"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := jumping(t, test.f)
			stuck, ok := errors.AsType[*clock.StuckError](err)
			if !ok || !strings.Contains(err.Error(), test.want) || !strings.Contains(stuck.Goroutines, "jumping_test.go") {
				t.Errorf("got %v, want a standstill that says %q, and where", err, test.want)
			}
		})
	}
	close(never)
}

// TestJumpingWaitsForNothingOutside is what a caller learns who lets the function
// use the network.
func TestJumpingWaitsForNothingOutside(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	j := clock.NewJumping(begin)
	j.Patience = 20 * time.Millisecond
	err = j.Run(t.Context(), func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { _ = listener.Close() })
		_, _ = clock.New(j).NewTimer(time.Hour)
		_, err := listener.Accept()
		return err
	})
	if _, ok := errors.AsType[*clock.StuckError](err); !ok || !strings.Contains(err.Error(), "outside of the process (IO wait)") {
		t.Errorf("got %v", err)
	}
	if now := j.Now(); !now.Equal(begin) {
		t.Errorf("meanwhile it was %v", now)
	}
}

func TestJumpingReturnsWhatTheFunctionDoes(t *testing.T) {
	why := errors.New("why")
	if err := jumping(t, func(context.Context, clock.Clock) error { return why }); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	err := jumping(t, func(context.Context, clock.Clock) error { runtime.Goexit(); return nil })
	if err == nil || !strings.Contains(err.Error(), "did not return") {
		t.Errorf("a function that ends its goroutine: got %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	err = clock.NewJumping(begin).Run(ctx, func(ctx context.Context) error { return context.Cause(ctx) })
	if !errors.Is(err, why) {
		t.Errorf("got %v from a context that has ended", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic was lost")
		}
	}()
	_ = jumping(t, func(context.Context, clock.Clock) error { panic("here") })
}

// TestJumpingBeside lets two clocks jump in one process, with somebody who waits
// for signals.
func TestJumpingBeside(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	var group conc.WaitGroup
	for i := range 2 {
		step := time.Duration(i+1) * time.Minute
		group.Go(func() {
			err := jumping(t, func(ctx context.Context, c clock.Clock) error {
				for range 100 {
					if err := c.Sleep(ctx, step); err != nil {
						return err
					}
				}
				if got := c.Since(begin); got != 100*step {
					return fmt.Errorf("it was %v instead of %v", got, 100*step)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
