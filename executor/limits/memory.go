package limits

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// Memory is a ledger of one process.
type Memory struct {
	Clock clock.Clock

	mu    sync.Mutex
	rows  map[[2]string]*row
	swept time.Time
}

// row is what is known of the calls of an operation with a key.
type row struct {
	free      time.Time // when the next slot may begin
	perSecond float64   // that was asked for last
	slowed    float64   // calls a second after the last slowdown; 0: there was none
	changed   time.Time // when that was
}

// rate is how many calls a second there may be now.
func (r *row) rate(now time.Time) float64 {
	if r.slowed == 0 {
		return r.perSecond
	}
	return min(r.perSecond, r.slowed*math.Pow(Recovery, now.Sub(r.changed).Seconds()))
}

func (m *Memory) row(key, operation string) *row {
	if m.rows == nil {
		m.rows = make(map[[2]string]*row)
	}
	at := [2]string{key, operation}
	if m.rows[at] == nil {
		m.sweep(m.Clock.Now())
		m.rows[at] = new(row)
	}
	return m.rows[at]
}

// sweep forgets what nobody has called for long: by then a slowed rate has come back.
func (m *Memory) sweep(now time.Time) {
	if now.Sub(m.swept) < idle {
		return
	}
	m.swept = now
	maps.DeleteFunc(m.rows, func(_ [2]string, r *row) bool { return r.free.Before(now.Add(-idle)) })
}

// Reserve implements [Ledger].
func (m *Memory) Reserve(_ context.Context, r Request) (Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of, now := m.row(r.Key, r.Operation), m.Clock.Now()
	of.perSecond = r.PerSecond
	every := interval(of.rate(now))
	begin := now
	if of.free.After(now) {
		begin = of.free
	}
	of.free = begin.Add(time.Duration(r.Calls) * every)
	return Slot{In: begin.Sub(now), Every: every, Calls: r.Calls}, nil
}

// interval is the time from one call to the next.
func interval(perSecond float64) time.Duration {
	return time.Duration(float64(time.Second) * (1 + Margin) / perSecond)
}

// Slow implements [Ledger].
func (m *Memory) Slow(_ context.Context, s Slowdown) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.Clock.Now()
	for at, of := range m.rows {
		if at[0] != s.Key || s.Operation != "" && at[1] != s.Operation {
			continue
		}
		if hold := now.Add(s.Hint); hold.After(of.free) {
			of.free = hold
		}
		if of.slowed > 0 && now.Add(-s.Ago).Before(of.changed) {
			continue
		}
		of.slowed, of.changed = max(of.rate(now)/2, of.perSecond/MostSlowdown), now
	}
	return nil
}
