package apiclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// notedMeter lets each call wait for a while, and notes what it is told.
type notedMeter struct {
	mu     sync.Mutex
	wait   time.Duration
	err    error
	keys   []string
	waited []string
	told   []string
}

func (m *notedMeter) Wait(ctx context.Context, key, operation string, perSecond float64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys, m.waited = append(m.keys, key), append(m.waited, operation)
	if perSecond != 5 {
		return errors.New("it was told another limit")
	}
	if m.err != nil {
		return m.err
	}
	time.Sleep(m.wait) // the bubble's clock
	return context.Cause(ctx)
}

func (m *notedMeter) Throttled(_ context.Context, key, operation string, ago, hint time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys, m.told = append(m.keys, key), append(m.told, strings.TrimSpace(operation+" "+ago.String()+" "+hint.String()))
}

// TestMeterDecidesWhenCallsGoOut: each attempt waits for it, the repeated ones too, and
// it is told what was throttled.
func TestMeterDecidesWhenCallsGoOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &notedMeter{wait: time.Second}
		c, s := newClient(t, after(80*time.Millisecond, func(n int, r *http.Request, form url.Values) (*http.Response, error) {
			switch n {
			case 1:
				return refused(400, "Throttling.Api", "x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:7000,Reset:1234")
			case 2:
				return refused(400, "Throttling.User")
			}
			return ok(n, r, form)
		}), limit(5), func(c *Config) { c.Meter = m })
		for range 2 {
			if _, err := c.QueryDomainByDomainName(t.Context(), aRead); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.times) != 4 || len(m.waited) < 4 || s.times[1].Sub(s.times[0]) < time.Second+80*time.Millisecond {
			t.Errorf("calls at %v waited for %q", s.times, m.waited)
		}
		if want := []string{"QueryDomainByDomainName 80ms 7s", "80ms 0s"}; !slices.Equal(m.told, want) {
			t.Errorf("it is told of %q, want %q", m.told, want)
		}
		for _, key := range m.keys {
			if key != m.keys[0] || strings.Contains(key, "testid") || len(key) != 64 {
				t.Errorf("the key is named %q", key)
			}
		}
	})
}

// TestTurnThatTheMeterRefuses is one under the caller's own limits: nothing was sent.
func TestTurnThatTheMeterRefuses(t *testing.T) {
	m := &notedMeter{err: errors.New("too late")}
	c, s := newClient(t, ok, limit(5), func(c *Config) { c.Meter = m })
	_, err := c.QueryDomainByDomainName(t.Context(), aRead)
	if !errors.Is(err, wire.ErrNoTurn) || !errors.Is(err, m.err) || len(s.times) > 0 {
		t.Errorf("%d calls, %v", len(s.times), err)
	}
}

// TestMeterHasNoPartInWhatHasNoLimit: such a call goes out at once.
func TestMeterHasNoPartInWhatHasNoLimit(t *testing.T) {
	m := &notedMeter{err: errors.New("it was asked")}
	c, _ := newClient(t, ok, func(c *Config) { c.Meter = m })
	if _, err := c.QueryDomainByDomainName(t.Context(), aRead); err != nil {
		t.Error(err)
	}
}

// TestKeysThatShareALimit have one name; that of another key or service is another one.
func TestKeysThatShareALimit(t *testing.T) {
	name := func(endpoint, account string, c Credential) string {
		client, _ := newClient(t, ok, func(f *Config) { f.Endpoint, f.Account = endpoint, account })
		return client.keyName(c)
	}
	const one, two = "https://domain.aliyuncs.com", "https://domain-intl.aliyuncs.com"
	long, other := Credential{AccessKeyID: "a", Secret: "1"}, Credential{AccessKeyID: "b", Secret: "1"}
	hour, next := Credential{AccessKeyID: "STS.a", SecurityToken: "x"}, Credential{AccessKeyID: "STS.b", SecurityToken: "y"}
	for what, test := range map[string]struct {
		names [2]string
		equal bool
	}{
		"one key":                                {[2]string{name(one, "", long), name(one, "42", long)}, true},
		"two keys":                               {[2]string{name(one, "", long), name(one, "", other)}, false},
		"two services":                           {[2]string{name(one, "", long), name(two, "", long)}, false},
		"temporary keys of one account":          {[2]string{name(one, "42", hour), name(one, "42", next)}, true},
		"temporary keys of an account not known": {[2]string{name(one, "", hour), name(one, "", next)}, false},
		"temporary keys of two accounts":         {[2]string{name(one, "42", hour), name(one, "43", hour)}, false},
		"an account that is called like a key":   {[2]string{name(one, "a", hour), name(one, "", long)}, false},
	} {
		if (test.names[0] == test.names[1]) != test.equal {
			t.Errorf("%s: %v", what, test.names)
		}
	}
}
