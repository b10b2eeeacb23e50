package fleet_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/executor/fleet"
)

// carrying makes the carrier of a process that uses a table and may die at points; nil: it
// works alone.
type carrying func(table fleet.Table, point func() error) fleet.Carrier

// alone has a process work alone.
func alone(fleet.Table, func() error) fleet.Carrier { return nil }

// eachCarrier plays a test with each carrier, in virtual time.
func eachCarrier(t *testing.T, test func(t *testing.T, by carrying)) {
	t.Helper()
	t.Run("direct", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { test(t, alone) })
	})
	t.Run("queue", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { test(t, newQueue().carry) })
	})
}

// A queue brings jobs as one of many machines does: what a look finds due waits in it,
// once for each fence, until a worker of any process takes it. What a process has taken
// that dies stays taken, until the job is due all the same a lease later.
type queue struct {
	mu      sync.Mutex
	tickets map[ticket]time.Time // when they were taken; zero: they wait
	waiting []ticket
	changed chan struct{}
}

type ticket struct {
	job   string
	fence int64
}

func newQueue() *queue {
	return &queue{tickets: make(map[ticket]time.Time), changed: make(chan struct{})}
}

// offer adds what is due, and returns when what was taken counts as lost.
func (q *queue) offer(due []fleet.DueJob, lease time.Duration) (next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range due {
		t := ticket{d.Name, d.Fence}
		taken, known := q.tickets[t]
		if until := taken.Add(lease); known && (taken.IsZero() || time.Now().Before(until)) {
			if !taken.IsZero() && (next.IsZero() || until.Before(next)) {
				next = until
			}
			continue
		}
		q.tickets[t] = time.Time{}
		q.waiting = append(q.waiting, t)
	}
	close(q.changed)
	q.changed = make(chan struct{})
	return next
}

// take waits for a ticket; false: it is over before.
func (q *queue) take(over <-chan struct{}) (t ticket, ok bool) {
	for {
		q.mu.Lock()
		changed := q.changed
		if len(q.waiting) > 0 {
			t, ok = q.waiting[0], true
			q.waiting = q.waiting[1:]
			q.tickets[t] = time.Now()
		}
		q.mu.Unlock()
		if ok {
			return t, true
		}
		select {
		case <-changed:
		case <-over:
			return t, false
		}
	}
}

func (q *queue) end(t ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.tickets, t)
}

func (q *queue) carry(table fleet.Table, point func() error) fleet.Carrier {
	return &queued{queue: q, table: table, point: point, over: make(chan struct{})}
}

// queued is the part of a process in a queue.
type queued struct {
	*queue
	table fleet.Table
	point func() error
	over  chan struct{}
	group conc.WaitGroup
}

func (q *queued) Start(_ context.Context, w fleet.Workers) error {
	for range w.Max {
		q.group.Go(func() {
			for q.step(w) {
				w.Freed()
			}
		})
	}
	return nil
}

// step brings one ticket.
func (q *queued) step(w fleet.Workers) bool {
	t, ok := q.take(q.over)
	if !ok || q.point() != nil {
		return false
	}
	run, err := w.Begin(t.job)
	if run != nil {
		run()
	}
	if q.point() != nil {
		return false
	}
	q.end(t)
	return err == nil
}

func (q *queued) Look(ctx context.Context, c fleet.Claim) (time.Time, error) {
	due, next, err := q.table.Due(ctx, c)
	if err != nil || q.point() != nil {
		return next, err
	}
	if lost := q.offer(due, c.Lease); !lost.IsZero() && (next.IsZero() || lost.Before(next)) {
		next = lost
	}
	return next, nil
}

func (q *queued) Stop() {
	close(q.over)
	q.group.Wait()
}
