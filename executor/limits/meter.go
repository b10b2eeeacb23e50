package limits

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// A Meter has the calls of one process wait for their turn under the limits of a ledger.
// While the ledger cannot be reached, it lets through a small part of them.
type Meter struct {
	Ledger Ledger
	Clock  clock.Clock
	Log    *slog.Logger

	mu     sync.Mutex
	places map[[2]string]*place
	swept  time.Time // when those that nobody uses any more were left out
	lost   time.Time // since when the ledger cannot be reached; zero: it can
	tried  time.Time // when it was tried last
}

// The meter's times.
const (
	longestSlot = time.Second     // so that others have their turn soon
	tryFor      = 2 * time.Second // that an answer of the ledger may take
	tryAgain    = 200 * time.Millisecond
	patience    = 10 * time.Second // before the process goes on alone: a database begins anew in less
	lookAgain   = 5 * time.Second  // between two looks whether it can be reached again
)

// ShareAlone is the part of a limit that a process takes that cannot reach the others.
const ShareAlone = 0.1

// ErrLate is why a call does not wait for its turn: that comes after the call's deadline.
var ErrLate = errors.New("its turn comes after its deadline")

// place is where the calls of an operation with a key wait in line.
type place struct {
	request Request
	turn    chan struct{} // held by the one caller that is next

	mu   sync.Mutex
	slot held
	want int // calls of the next slot
}

// held is a slot by the clock of its holder.
type held struct {
	next, last time.Time // when a call may be sent at the earliest, and at the latest
	every      time.Duration
	calls      int // that are left
	given      int
}

// New returns a meter that goes by a ledger.
func New(l Ledger, c clock.Clock, log *slog.Logger) *Meter {
	return &Meter{Ledger: l, Clock: c, Log: log, places: make(map[[2]string]*place)}
}

// Wait blocks until one more call of an operation may be sent with a key, when all
// together make perSecond of them a second at most. A call whose turn comes after its
// deadline leaves it to others.
func (m *Meter) Wait(ctx context.Context, key, operation string, perSecond float64) error {
	p := m.place(key, operation)
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	p.request.PerSecond = perSecond
	for {
		at, ok := p.next(m.Clock.Now())
		if !ok {
			if err := m.refill(ctx, p); err != nil {
				return err
			}
			continue
		}
		if deadline, ok := ctx.Deadline(); ok && at.After(deadline) {
			return ErrLate
		}
		if err := m.Clock.Sleep(ctx, m.Clock.Until(at)); err != nil {
			return err
		}
		if p.spend(m.Clock.Now()) {
			return nil
		}
	}
}

func (m *Meter) place(key, operation string) *place {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := [2]string{key, operation}
	if m.places[at] == nil {
		m.sweep(m.Clock.Now())
		m.places[at] = &place{request: Request{Key: key, Operation: operation}, turn: make(chan struct{}, 1), want: 1}
	}
	return m.places[at]
}

// idle is for how long nobody called before a key is forgotten: temporary keys change each
// hour, and a process lives for months.
const idle = time.Hour

// sweep forgets what nobody has used for long. Who waits there all the same goes on: it is
// the ledger that no two slots have the same time.
func (m *Meter) sweep(now time.Time) {
	if now.Sub(m.swept) < idle {
		return
	}
	m.swept = now
	maps.DeleteFunc(m.places, func(_ [2]string, p *place) bool { return len(p.turn) == 0 && p.idleSince(now.Add(-idle)) })
}

func (p *place) idleSince(t time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.slot.last.Before(t)
}

// next returns when the next call of the slot may be sent; false: the slot is over.
func (p *place) next(now time.Time) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.slot.next
	if now.After(at) {
		at = now
	}
	return at, p.slot.calls > 0 && !at.After(p.slot.last)
}

// spend takes a call out of the slot, unless it has ended, or been dropped, meanwhile.
func (p *place) spend(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.slot
	if s.calls == 0 || now.Before(s.next) || now.After(s.last) {
		return false
	}
	s.calls, s.next = s.calls-1, now.Add(s.every)
	return true
}

// ask is the request for the next slot. It is greater than the last one as long as each is
// used up at once, and as small as what was used where one is not.
func (p *place) ask(now time.Time) Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := p.slot.given - p.slot.calls
	switch {
	case p.slot.given == 0:
	case used == 0: // it was over before it came
		p.want = max(2, 2*p.want)
	case now.Sub(p.slot.last) < p.slot.every && 2*used >= p.slot.given:
		p.want = 2 * p.want
	default:
		p.want = used
	}
	most := int(p.request.PerSecond * longestSlot.Seconds())
	p.want = max(1, min(p.want, max(2, most)))
	r := p.request
	r.Calls = p.want
	return r
}

// fill has the place go by a slot that was asked for and answered at some times. Where in
// between the ledger gave it, nobody knows: the slot is cut at both ends.
func (p *place) fill(s Slot, asked, answered time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := asked.Add(s.In + time.Duration(s.Calls-1)*s.Every + lateness(s.Every))
	p.slot = held{next: answered.Add(s.In), last: last, every: s.Every, calls: s.Calls, given: s.Calls}
}

// drop gives up what is left of the slot.
func (p *place) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slot = held{}
}

// refill gets the next slot of a place.
func (m *Meter) refill(ctx context.Context, p *place) error {
	begin := m.Clock.Now()
	for {
		if m.isAlone() {
			p.fillAlone(m.Clock.Now())
			return nil
		}
		asked := m.Clock.Now()
		bounded, cancel := m.Clock.WithTimeout(ctx, tryFor)
		s, err := m.Ledger.Reserve(bounded, p.ask(asked))
		cancel()
		if err == nil {
			p.fill(s, asked, m.Clock.Now())
			m.found()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if m.Clock.Since(begin) >= patience || m.wasAlone() {
			m.goAlone(err)
			continue
		}
		if err := m.Clock.Sleep(ctx, tryAgain); err != nil {
			return err
		}
	}
}

// isAlone reports whether the ledger could not be reached, and is not to be tried yet.
func (m *Meter) isAlone() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.lost.IsZero() && m.Clock.Since(m.tried) < lookAgain
}

func (m *Meter) wasAlone() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.lost.IsZero()
}

// goAlone has the process go on without the ledger.
func (m *Meter) goAlone(why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tried = m.Clock.Now(); m.lost.IsZero() {
		m.lost = m.tried
		m.Log.Warn("the limits of calls cannot be shared with other processes: this one makes a tenth of the calls that a limit allows until they can", "error", why)
	}
}

// found notes that the ledger can be reached.
func (m *Meter) found() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.lost.IsZero() {
		m.Log.Info("the limits of calls are shared with other processes again", "after", m.Clock.Since(m.lost).Round(time.Second))
		m.lost = time.Time{}
	}
}

// fillAlone gives the place one call. It comes a whole interval from now on, in which the
// slots that others were given before come to their end.
func (p *place) fillAlone(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	every := interval(p.request.PerSecond * ShareAlone)
	p.slot = held{next: now.Add(every), last: now.Add(2 * every), every: every, calls: 1, given: 1}
}

// Throttled tells that the service refused a call that was sent a while ago because it
// came too early, and for how long it wants no other one. Without an operation the limit
// was one of all operations.
func (m *Meter) Throttled(ctx context.Context, key, operation string, ago, hint time.Duration) {
	m.drop(key, operation)
	bounded, cancel := m.Clock.WithTimeout(context.WithoutCancel(ctx), tryFor)
	defer cancel()
	if err := m.Ledger.Slow(bounded, Slowdown{Key: key, Operation: operation, Ago: ago, Hint: hint}); err != nil {
		m.Log.Warn("other processes could not be told that the service throttles, and find out for themselves", "error", err)
	}
}

// drop gives up slots that were given before it was known that they are too fast.
func (m *Meter) drop(key, operation string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for at, p := range m.places {
		if at[0] == key && (operation == "" || at[1] == operation) {
			p.drop()
		}
	}
}
