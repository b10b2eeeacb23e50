package apiclient

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/wire"
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
