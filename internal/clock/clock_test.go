package clock_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

func TestZeroClockIsTheSystems(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		begin := time.Now()
		if got := c.Now(); !got.Equal(begin) {
			t.Errorf("it is %v, and the clock says %v", begin, got)
		}
		if err := c.Sleep(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begin); got != time.Hour {
			t.Errorf("slept %v instead of an hour", got)
		}
		if since, until := c.Since(begin), c.Until(begin); since != time.Hour || until != -time.Hour {
			t.Errorf("the begin was %v ago, and comes in %v", since, until)
		}
		fired, stop := c.NewTimer(time.Minute)
		if at := <-fired; at.Sub(begin) != time.Hour+time.Minute || stop() {
			t.Errorf("the timer fired at %v, or could be stopped after that", at)
		}
		if _, stop := c.NewTimer(time.Minute); !stop() {
			t.Error("a timer that runs cannot be stopped")
		}
	})
}

func TestSleepEnds(t *testing.T) {
	t.Parallel()
	why := errors.New("enough")
	for _, test := range []struct {
		name   string
		sleep  time.Duration
		cancel time.Duration // when the context ends; 0: before
		slept  time.Duration
		err    error
	}{
		{"in time", time.Second, time.Minute, time.Second, nil},
		{"with the context", time.Minute, time.Second, time.Second, why},
		{"at once where the context has ended", time.Minute, 0, 0, why},
		{"at once where there is nothing to wait for", 0, 0, 0, nil},
		{"at once where the time is over", -time.Second, time.Minute, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if test.cancel == 0 {
					cancel(why)
				}
				end := time.AfterFunc(test.cancel, func() { cancel(why) })
				defer end.Stop()
				begin := time.Now()
				if err := (clock.Clock{}).Sleep(ctx, test.sleep); !errors.Is(err, test.err) {
					t.Errorf("got %v, want %v", err, test.err)
				}
				if got := time.Since(begin); got != test.slept {
					t.Errorf("slept %v, want %v", got, test.slept)
				}
			})
		})
	}
}

func TestContextsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		begin, why := time.Now(), errors.New("too long")
		for _, cause := range []error{nil, why} {
			ctx, cancel := c.WithTimeoutCause(t.Context(), time.Minute, cause)
			if cause == nil {
				cancel()
				ctx, cancel = c.WithTimeout(t.Context(), time.Minute)
				cause = context.DeadlineExceeded
			}
			if at, ok := ctx.Deadline(); !ok || !at.Equal(begin.Add(time.Minute)) {
				t.Errorf("the deadline is %v, %v", at, ok)
			}
			<-ctx.Done()
			if got := context.Cause(ctx); time.Since(begin) != time.Minute || !errors.Is(got, cause) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("after %v it ended for %v (%v), want %v", time.Since(begin), got, ctx.Err(), cause)
			}
			cancel()
			begin = time.Now()
		}
	})
}

// noted is a source that notes what it is asked for. Its time stands still, and
// its timers fire at once.
type noted struct {
	now   time.Time
	asked []string
}

func (n *noted) Now() time.Time {
	n.asked = append(n.asked, "now")
	return n.now
}

func (n *noted) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	n.asked = append(n.asked, "timer "+d.String())
	fired := make(chan time.Time, 1)
	fired <- n.now.Add(d)
	return fired, func() bool {
		n.asked = append(n.asked, "stop")
		return false
	}
}

func (n *noted) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	n.asked = append(n.asked, "timeout "+d.String())
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(cause)
	return ctx, func() { cancel(nil) }
}

// TestSourceKnowsEveryWait is what a source needs to tell whether all wait.
func TestSourceKnowsEveryWait(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	source := &noted{now: at}
	c := clock.New(source)
	if got := c.Now(); !got.Equal(at) {
		t.Errorf("the clock says %v", got)
	}
	if since, until := c.Since(at.Add(-time.Hour)), c.Until(at.Add(time.Hour)); since != time.Hour || until != time.Hour {
		t.Errorf("an hour ago was %v ago, and in an hour is in %v", since, until)
	}
	fired, stop := c.NewTimer(time.Minute)
	if got := <-fired; !got.Equal(at.Add(time.Minute)) || stop() {
		t.Errorf("the timer fired at %v, or could be stopped after that", got)
	}
	if err := c.Sleep(t.Context(), 24*time.Hour); err != nil {
		t.Error(err)
	}
	for _, sleep := range []time.Duration{0, -time.Hour} {
		if err := c.Sleep(t.Context(), sleep); err != nil {
			t.Error(err)
		}
	}
	_, cancel := c.WithTimeout(t.Context(), time.Second)
	cancel()
	why := errors.New("too long")
	ctx, cancel := c.WithTimeoutCause(t.Context(), 2*time.Second, why)
	cancel()
	if got := context.Cause(ctx); !errors.Is(got, why) {
		t.Errorf("the context ended for %v", got)
	}
	want := []string{"now", "now", "now", "timer 1m0s", "stop", "timer 24h0m0s", "stop", "timeout 1s", "timeout 2s"}
	if !slices.Equal(source.asked, want) {
		t.Errorf("the source was asked for %q, want %q", source.asked, want)
	}
}
