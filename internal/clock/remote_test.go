package clock_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// answer is a Date that came at once.
func answer(r *clock.Remote, ahead time.Duration) *clock.Difference {
	now := time.Now()
	return r.Observe(now.Add(ahead).Truncate(time.Second), now)
}

func TestRemoteDecidesTheTimeOfARun(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct {
		name    string
		trusted bool
		answers []time.Duration // how far ahead the other clock is
		run     time.Duration   // how far ahead the run's is
		apart   bool
		most    time.Duration // how much later it may be
		moved   bool
		told    int // how often that is said
	}{
		{"before an answer it is the local time", false, nil, 0, false, 0, false, 0},
		{"clocks that agree are one", false, []time.Duration{0, 0}, 0, false, 0, false, 0},
		{"within the precision they agree", false, []time.Duration{400 * time.Millisecond}, 0, false, 0, false, 0},
		{"a little ahead it is the other's", false, []time.Duration{4 * time.Minute}, 4 * time.Minute, false, 0, false, 0},
		{"a little behind as well", false, []time.Duration{-4 * time.Minute}, -4 * time.Minute, false, 0, false, 0},
		{"far ahead it is the local one", false, []time.Duration{3 * day, 3 * day}, 0, true, 3 * day, false, 1},
		{"far behind it is the other's", false, []time.Duration{-3 * day}, -3 * day, true, 3 * day, false, 1},
		{"trusted and ahead", true, []time.Duration{300 * day, 300 * day}, 300 * day, true, 0, false, 1},
		{"trusted and behind", true, []time.Duration{-300 * day}, -300 * day, true, 0, false, 1},
		{"one that jumps ahead moves no run", false, []time.Duration{0, 5 * day}, 0, true, 5 * day, false, 1},
		{"one that jumps back moves no run", false, []time.Duration{0, -5 * day}, 0, true, 0, false, 1},
		{"trusted it moves no run either", true, []time.Duration{0, 5 * day}, 0, true, 0, false, 1},
		{"a first lie that is ahead is forgotten", false, []time.Duration{5 * day, 0}, 0, false, 0, false, 1},
		{"a first lie that is behind spoils the run", false, []time.Duration{-5 * day, 0}, -5 * day, true, 5 * day, true, 1},
		{"each time it begins is said", false, []time.Duration{5 * day, 5 * day, 0, 5 * day}, 0, true, 5 * day, false, 2},
		{"trusted and long ago", true, []time.Duration{-90 * 365 * day}, -90 * 365 * day, true, 0, false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := clock.NewRemote(clock.Clock{}, test.trusted)
				if _, known := r.Apart(); known {
					t.Error("something is known before any answer")
				}
				told := 0
				for _, ahead := range test.answers {
					time.Sleep(time.Minute)
					if answer(r, ahead) != nil {
						told++
					}
				}
				time.Sleep(time.Hour)
				now := time.Now()
				near(t, "the run", r.Clock().Now().Sub(now), test.run)
				near(t, "the latest time", r.Latest(now).Sub(now), test.most)
				apart, _ := r.Apart()
				if (apart != nil) != test.apart || told != test.told || apart != nil && apart.Moved() != test.moved {
					t.Errorf("they stand as %+v, which was said %d times, want %+v", apart, told, test)
				}
			})
		})
	}
}

func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if (got - want).Abs() > time.Second {
		t.Errorf("%s is %v ahead, want %v", what, got, want)
	}
}

// TestRemoteBeginsAnew: each run decides its time by its own first answer.
func TestRemoteBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := clock.NewRemote(clock.Clock{}, true)
		for night := range 5 {
			ahead := time.Duration(night) * 48 * time.Hour
			r.Begin()
			if _, known := r.Apart(); known {
				t.Error("a run knows what was told before it")
			}
			answer(r, ahead)
			answer(r, ahead+time.Hour) // somebody moves it meanwhile
			near(t, "the run", time.Until(r.Clock().Now()), ahead)
			time.Sleep(24 * time.Hour)
			near(t, "the run after a day", time.Until(r.Clock().Now()), ahead)
		}
	})
}

// TestRemoteNeverOpensEarly holds for all that a machine may tell that
// is not trusted: the time of a run is never later than the local one by more
// than what nobody minds, never goes back after the first answer, and with its
// doubt covers both clocks.
func TestRemoteNeverOpensEarly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		synctest.Test(t, func(t *testing.T) {
			r := clock.NewRemote(clock.Clock{}, false)
			var last time.Time
			for range 20 {
				time.Sleep(time.Duration(rnd.IntN(1000)) * time.Second)
				ahead := time.Duration(math.Pow(10, 1+8*rnd.Float64()) * float64(time.Second))
				if rnd.IntN(2) == 0 {
					ahead = -ahead
				}
				if rnd.IntN(3) == 0 {
					ahead = 0
				}
				answer(r, ahead)
				now, run := time.Now(), r.Clock().Now()
				late := r.Latest(run)
				switch {
				case run.After(now.Add(clock.MostApart + time.Second)):
					t.Fatalf("seed %d: the run is at %v, and it is %v", seed, run, now)
				case run.Before(last):
					t.Fatalf("seed %d: the run goes back from %v to %v", seed, last, run)
				case late.Before(now.Add(-clock.MostApart-time.Second)) || late.Before(now.Add(ahead-clock.MostApart-time.Second)):
					t.Fatalf("seed %d: it is %v at the latest, and %v here, and %v there", seed, late, now, now.Add(ahead))
				}
				last = run
			}
		})
	}
}

// TestRemoteIsDecidedByAnAnswerWithoutATime: no later answer moves the run, which may
// have begun to wait.
func TestRemoteIsDecidedByAnAnswerWithoutATime(t *testing.T) {
	t.Parallel()
	for _, none := range []func(*clock.Remote){
		(*clock.Remote).ObserveNone,
		func(r *clock.Remote) { r.Observe(time.Time{}, time.Now()) },
	} {
		r := clock.NewRemote(clock.Clock{}, true)
		none(r)
		answer(r, time.Hour)
		near(t, "the run", time.Until(r.Clock().Now()), 0)
		r.Begin()
		answer(r, time.Hour)
		near(t, "the next run", time.Until(r.Clock().Now()), time.Hour)
		none(r)
		near(t, "the run that was decided", time.Until(r.Clock().Now()), time.Hour)
	}
}

func TestRemoteTakesNoNonsense(t *testing.T) {
	t.Parallel()
	r := clock.NewRemote(clock.Clock{}, true)
	for _, at := range []time.Time{{}, time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if d := r.Observe(at, time.Now()); d != nil {
			t.Errorf("%v puts the clocks apart: %+v", at, d)
		}
		if _, known := r.Skew(); known {
			t.Errorf("%v tells a time", at)
		}
	}
	near(t, "the run", time.Until(r.Clock().Now()), 0)
}

// TestShiftedWaits: only the time is another.
func TestShiftedWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const year = 365 * 24 * time.Hour
		c := clock.Shifted(clock.Clock{}, func() time.Duration { return year })
		begin := time.Now()
		if err := c.Sleep(t.Context(), time.Hour); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("an hour took %v: %v", time.Since(begin), err)
		}
		if got := c.Since(begin); got != year+time.Hour {
			t.Errorf("it was %v ago", got)
		}
		ctx, cancel := c.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if at, _ := ctx.Deadline(); !at.Equal(begin.Add(2 * time.Hour)) {
			t.Errorf("whoever reads the deadline of the context gets %v", at)
		}
		<-ctx.Done()
		if got := time.Since(begin); got != 2*time.Hour {
			t.Errorf("it ended after %v", got)
		}
	})
}
