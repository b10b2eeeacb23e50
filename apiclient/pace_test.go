package apiclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

func limit(perSecond float64) func(*Config) {
	return func(c *Config) { c.Limits = func(string) float64 { return perSecond } }
}

// after answers like the service over a line that takes a while.
func after(d time.Duration, answer service) service {
	return func(n int, r *http.Request, form url.Values) (*http.Response, error) {
		time.Sleep(d) // the bubble's clock
		return answer(n, r, form)
	}
}

func ok(int, *http.Request, url.Values) (*http.Response, error) { return answered(200, fine) }

// readMany makes calls from 32 goroutines, as reading an account does.
func readMany(ctx context.Context, c *Client, calls int) error {
	p := pool.New().WithErrors().WithMaxGoroutines(32)
	for range calls {
		p.Go(func() error {
			_, err := c.QueryDomainByDomainName(ctx, aRead)
			return err
		})
	}
	return p.Wait()
}

// most returns the largest number of requests in any window of that length.
func most(times []time.Time, window time.Duration) int {
	largest, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= window {
			from++
		}
		largest = max(largest, to-from+1)
	}
	return largest
}

func TestLimitIsUsedAndKept(t *testing.T) {
	for _, perSecond := range []float64{10, 50, 200} {
		synctest.Test(t, func(t *testing.T) {
			c, s := newClient(t, after(80*time.Millisecond, ok), limit(perSecond))
			calls := int(60 * perSecond)
			start := time.Now()
			if err := readMany(t.Context(), c, calls); err != nil {
				t.Fatal(err)
			}
			use := float64(calls) / perSecond / time.Since(start).Seconds()
			t.Logf("%v calls a second: %.1f%% of the limit used", perSecond, 100*use)
			if use < 0.98 {
				t.Errorf("%.1f%% of %v calls a second used", 100*use, perSecond)
			}
			if got := most(s.times, time.Second); got > int(perSecond)+burst(0)+int(perSecond/100) {
				t.Errorf("%d calls in one second, the limit is %v", got, perSecond)
			}
		})
	}
}

func TestLimitsAreOfOneOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newClient(t, ok, limit(1))
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = c.QueryDomainByDomainName(t.Context(), aRead) })
		wg.Go(func() { _, _ = c.QueryDSRecord(t.Context(), &wire.QueryDSRecordRequest{DomainName: "example.com"}) })
		wg.Wait()
		if took := time.Since(start); took > 0 {
			t.Errorf("two operations waited %v for each other", took)
		}
	})
}

func TestHintHoldsAllCallers(t *testing.T) {
	for _, perSecond := range []float64{0, 20} {
		synctest.Test(t, func(t *testing.T) {
			c, s := newClient(t, after(10*time.Millisecond, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
				if n == 5 {
					return refused(400, "Throttling.Api", "x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:7000,Reset:1234")
				}
				return ok(n, r, form)
			}), limit(perSecond))
			if err := readMany(t.Context(), c, 100); err != nil {
				t.Fatal(err)
			}
			told := s.times[5].Add(10 * time.Millisecond)
			for i, at := range s.times {
				if at.After(told) && at.Before(told.Add(7*time.Second)) {
					t.Errorf("call %d went out %v after the hint", i, at.Sub(told))
				}
			}
			rush := 0
			for _, at := range s.times {
				if d := at.Sub(told); d >= 7*time.Second && d < 7*time.Second+100*time.Millisecond {
					rush++
				}
			}
			if rush > 5 {
				t.Errorf("%v calls a second: %d calls within 100 ms after the hint: %v", perSecond, rush, s.times[32:40])
			}
		})
	}
}

// TestPaceFindsTheServicesLimit runs against a service that takes less than
// the configuration says.
func TestPaceFindsTheServicesLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var second time.Time
		taken, throttled := 0, 0
		c, _ := newClient(t, after(50*time.Millisecond, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if now := time.Now(); now.Sub(second) >= time.Second {
				second, taken = now.Truncate(time.Second), 0
			}
			if taken++; taken > 5 {
				throttled++
				return refused(400, "Throttling.User")
			}
			return ok(n, r, form)
		}), limit(20))
		start := time.Now()
		if err := readMany(t.Context(), c, 600); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		t.Logf("600 calls at 5 a second took %v, %d were throttled", took, throttled)
		if took > 4*time.Minute || throttled > 300 {
			t.Errorf("600 calls at 5 a second took %v, %d were throttled", took, throttled)
		}
	})
}

func TestPaceRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, after(10*time.Millisecond, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
			if n < 20 {
				return refused(400, "Throttling")
			}
			return ok(n, r, form)
		}), limit(10))
		if err := readMany(t.Context(), c, 600); err != nil {
			t.Fatal(err)
		}
		last := s.times[len(s.times)-100:]
		if took := last[99].Sub(last[0]); took > 10*time.Second {
			t.Errorf("the last 100 calls took %v at 10 a second", took)
		}
		if got := most(s.times, time.Second); got > 11 {
			t.Errorf("%d calls in one second", got)
		}
	})
}

func TestUnlimitedOperationIsFreeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := newClient(t, after(10*time.Millisecond, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
			if n == 100 {
				return refused(400, "Throttling")
			}
			return ok(n, r, form)
		}), limit(0))
		start := time.Now()
		if err := readMany(t.Context(), c, 10_000); err != nil {
			t.Fatal(err)
		}
		if p := c.paces.known[wire.Lookup("QueryDomainByDomainName")]; p.slowed.Load() {
			t.Errorf("still slowed to %v", p.limiter.Limit())
		}
		t.Logf("%d calls in %v", len(s.times), time.Since(start))
	})
}

func TestRushSlowsDownOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(100)
		sent := time.Now()
		time.Sleep(time.Millisecond) // the bubble's clock
		for range 32 {
			p.slow(sent, 0)
		}
		if got := p.limiter.Limit(); got != 50 {
			t.Errorf("slowed to %v", got)
		}
	})
}

// jumping is a time that passes only where somebody waits, and then at once.
type jumping struct {
	mu     sync.Mutex
	now    time.Time
	bounds []time.Duration // timeouts that it was asked for
}

func (j *jumping) Now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

func (j *jumping) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now = j.now.Add(d)
	fired := make(chan time.Time, 1)
	fired <- j.now
	return fired, func() bool { return false }
}

func (j *jumping) WithTimeoutCause(ctx context.Context, d time.Duration, _ error) (context.Context, context.CancelFunc) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.bounds = append(j.bounds, d)
	return context.WithCancel(ctx)
}

// TestEveryWaitIsByTheGivenClock: the limiter's, those between attempts, and
// those that the service asks for. The bubble's time, which is package time's,
// stands still meanwhile.
func TestEveryWaitIsByTheGivenClock(t *testing.T) {
	throttledOnce := func(n int, _ *http.Request, _ url.Values) (*http.Response, error) {
		if n == 0 {
			return refused(400, "Throttling.User", "x-acs-retry-after", "60000")
		}
		return answered(200, fine)
	}
	failingOnce := func(n int, _ *http.Request, _ url.Values) (*http.Response, error) {
		if n == 0 {
			return refused(503, "ServiceUnavailable")
		}
		return answered(200, fine)
	}
	for _, test := range []struct {
		name        string
		answer      service
		limit       float64
		calls       int
		least, most time.Duration
	}{
		{"limiter", ok, 0.1, 5, 40 * time.Second, 40 * time.Second},
		{"hint", throttledOnce, 0, 1, time.Minute, time.Minute + time.Second},
		{"retry", failingOnce, 0, 1, 100 * time.Millisecond, 300 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
				j := &jumping{now: begin}
				c, s := newClient(t, test.answer, limit(test.limit), func(c *Config) { c.Clock = clock.New(j) })
				real := time.Now()
				for range test.calls {
					if _, err := c.QueryDomainByDomainName(t.Context(), aRead); err != nil {
						t.Fatal(err)
					}
				}
				if took := j.Now().Sub(begin); took < test.least || took > test.most {
					t.Errorf("it took %v by the clock, and not between %v and %v", took, test.least, test.most)
				}
				if waited := time.Since(real); waited != 0 {
					t.Errorf("%v were waited past the clock", waited)
				}
				if len(j.bounds) != len(s.forms) || j.bounds[0] != 30*time.Second {
					t.Errorf("%d attempts have the bounds %v by the clock", len(s.forms), j.bounds)
				}
				if got := s.forms[0].Get("Timestamp"); got != "2027-01-31T00:00:00Z" {
					t.Errorf("the request is signed at %q", got)
				}
			})
		})
	}
}

// TestLateTokensAreNotWaitedFor: a call whose turn comes after its deadline
// fails at once, and leaves its token to others.
func TestLateTokensAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1)
		if err := p.wait(t.Context(), p.waitForToken); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
			defer cancel()
			if err := p.wait(ctx, p.waitForToken); !errors.Is(err, errLateToken) || time.Since(begin) != 0 {
				t.Errorf("after %v: %v", time.Since(begin), err)
			}
		}
		given, cancel := context.WithCancel(t.Context())
		time.AfterFunc(500*time.Millisecond, cancel)
		if err := p.wait(given, p.waitForToken); !errors.Is(err, context.Canceled) || time.Since(begin) != 500*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		if err := p.wait(t.Context(), p.waitForToken); err != nil || time.Since(begin) != time.Second {
			t.Errorf("the next token came after %v: %v", time.Since(begin), err)
		}
	})
}

// TestThrottlingOfTheUserSlowsAllOperations: a limit of the user is one of all
// operations; one of an operation, whatever the code says, holds no other back.
func TestThrottlingOfTheUserSlowsAllOperations(t *testing.T) {
	for _, test := range []struct {
		code   string
		header []string
		all    bool
	}{
		{"Throttling.User", []string{"x-ratelimit-user", "Limit:10,Remain:0,TimeLeft:3000,Reset:3000"}, true},
		{"Throttling.User", []string{"x-acs-retry-after", "3000"}, true},
		{"Throttling.User", []string{"x-ratelimit-user-api", "Limit:10,Remain:0,TimeLeft:3000,Reset:3000"}, false},
		{"Throttling.Api", []string{"x-acs-retry-after", "3000"}, false},
		{"Throttling", []string{"x-acs-retry-after", "3000"}, false},
	} {
		t.Run(test.code+" "+test.header[0], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newClient(t, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
					if n == 0 {
						return refused(400, test.code, test.header...)
					}
					return ok(n, r, form)
				}, limit(10))
				start := time.Now()
				var early sync.WaitGroup
				early.Go(func() { _, _ = c.QueryDomainByDomainName(t.Context(), aRead) })
				synctest.Wait()
				_, _ = c.QueryDSRecord(t.Context(), &wire.QueryDSRecordRequest{DomainName: "example.com"})
				held := time.Since(start) >= 3*time.Second
				if held != test.all {
					t.Errorf("another operation was sent after %v", time.Since(start))
				}
				if slowed := c.paces.known[wire.Lookup("QueryDSRecord")].limiter.Limit() < 10; slowed != test.all {
					t.Errorf("it is slowed: %v", slowed)
				}
				early.Wait()
			})
		})
	}
}
