package access

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many wrong tokens are looked at: so many at once, and one more after each while.
// Nobody guesses a token of 256 bits, however many they try; the limits keep the log
// readable, and others from guessing a token that somebody has made up.
const (
	wrongOfOne  = 10
	nextOfOne   = 6 * time.Second
	wrongOfAll  = 300
	nextOfAll   = 200 * time.Millisecond
	manyCallers = 1000 // so many are looked through for those who may be forgotten
)

// limits bound tries with wrong tokens, of each address and in all.
type limits struct {
	mu  sync.Mutex
	all *rate.Limiter
	of  map[netip.Prefix]*rate.Limiter
}

func newLimits() *limits {
	return &limits{all: rate.NewLimiter(rate.Every(nextOfAll), wrongOfAll), of: make(map[netip.Prefix]*rate.Limiter)}
}

// try makes an attempt, unless too many before it failed: then it returns how long to
// wait. One is made at a time, so that many at once are no way around the limit.
func (l *limits) try(now time.Time, from netip.Addr, attempt func() bool) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := callerKey(from)
	own := l.of[key]
	switch {
	case own != nil && own.TokensAt(now) < 1:
		return nextOfOne
	case l.all.TokensAt(now) < 1:
		return time.Second
	case attempt():
		return 0
	}
	if own == nil {
		l.forget(now)
		own = rate.NewLimiter(rate.Every(nextOfOne), wrongOfOne)
		l.of[key] = own
	}
	own.AllowN(now, 1)
	l.all.AllowN(now, 1)
	return 0
}

// forget forgets addresses that have not failed for a while. The limit of all bounds how
// many others there are.
func (l *limits) forget(now time.Time) {
	if len(l.of) < manyCallers {
		return
	}
	for key, limiter := range l.of {
		if limiter.TokensAt(now) >= wrongOfOne {
			delete(l.of, key)
		}
	}
}

// callerKey is what counts as one address: a person has 2^64 of IPv6.
func callerKey(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	prefix, _ := a.Prefix(bits) // of an address that is not known: nothing
	return prefix
}
