package executor

import (
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// A graph is the order in which steps can be sent, and which of them go into
// one call. It does no I/O and knows no clock: the same calls give the same
// batches.
type graph struct {
	nodes   []*node // in the plan's order
	byID    map[string]*node
	queues  map[string]*queue
	serials map[string]*perNameSerial
	limit   int // of the names in one call
	dispatch
	phases [ended + 1]int
	ends   [numEndings]int
	onEnd  func(*node, time.Time) // nil: nobody
}

// phase says where a step stands in the schedule.
type phase uint8

const (
	waiting phase = iota // for its predecessors
	ready                // to be sent
	batched              // in a batch that was not sent yet
	sent
	ended
)

// ending says how a step ended.
type ending uint8

const (
	endDone ending = iota + 1
	endFailed
	endDoubt
	endNotSent
	endWaiting // an order: a later run reads how it ended
	numEndings
)

// String returns the ending in words, "" for none.
func (e ending) String() string {
	return [numEndings]string{endDone: "done", endFailed: "failed", endDoubt: "in doubt", endNotSent: "not sent", endWaiting: "not ended"}[e]
}

// A node is one step in the schedule. A run may have millions.
type node struct {
	*attr.Step
	change *attr.Change
	queue  *queue
	serial *perNameSerial // nil: nothing else of the name is in its way

	dependants []*node
	since      time.Time // it can be sent
	why        string    // it was not sent, or is in doubt
	blockers   int32     // predecessors that have not ended
	tries      int16     // how often this process has sent it
	phase      phase
	place      place // where it waits while it is ready
	end        ending
	held       bool // it must not be sent, or not again: its lock was being closed
}

// name returns the name that the step is about, "" where it is about the account.
func (n *node) name() string { return n.change.Domain }

// underWay reports whether a step of the phase is under way, so that the next of its row must wait.
func (p phase) underWay() bool { return p == batched || p == sent }

// newGraph returns the schedule of the steps of the changes. limit bounds the
// names in one call. past puts steps that an earlier process has sent into
// their phase; nil where there are none.
func newGraph(changes []*attr.Change, limit int, now time.Time, past func(*node)) (*graph, error) {
	steps := 0
	for _, c := range changes {
		steps += len(c.Steps)
	}
	g := &graph{
		nodes: make([]*node, 0, steps), byID: make(map[string]*node, steps),
		queues: make(map[string]*queue), serials: make(map[string]*perNameSerial), limit: limit,
	}
	room := make([]node, steps)
	for _, c := range changes {
		for i := range c.Steps {
			n := &room[len(g.nodes)]
			g.add(n, c, &c.Steps[i])
			if past != nil {
				past(n)
			}
		}
	}
	for _, n := range g.nodes {
		if err := g.link(n); err != nil {
			return nil, err
		}
	}
	for _, n := range g.nodes {
		if n.phase == waiting && n.blockers == 0 {
			g.release(n, now)
		}
	}
	return g, nil
}

// link makes a step wait for its predecessors.
func (g *graph) link(n *node) error {
	g.phases[n.phase]++
	switch n.phase {
	case waiting:
		n.queue.pending++
	case sent:
		if n.serial != nil {
			n.serial.busy++
		}
	case ended:
		g.ends[n.end]++
	}
	for _, id := range slices.Concat(n.Needs, n.After) {
		p := g.byID[id]
		if p == nil {
			return fmt.Errorf("step %s waits for %s, which is not in the plan", n.ID, id)
		}
		if p.phase != ended {
			p.dependants = append(p.dependants, n)
			n.blockers++
		}
	}
	return nil
}

// add adds a step to the schedule, at the place of n.
func (g *graph) add(n *node, c *attr.Change, s *attr.Step) {
	key := wire.Key(s.Request)
	q := g.queues[key]
	if q == nil {
		q = &queue{key: key, size: wire.OperationOf(s.Request).BatchSize()}
		if g.limit > 0 {
			q.size = min(q.size, g.limit)
		}
		g.queues[key] = q
	}
	n.Step, n.change, n.queue, n.serial = s, c, q, g.serialOf(c)
	g.nodes = append(g.nodes, n)
	g.byID[s.ID] = n
}

func (g *graph) serialOf(c *attr.Change) *perNameSerial {
	if c.Domain == "" || c.Element == "" {
		return nil
	}
	id := attr.ChangeID(c.Domain, c.Attribute)
	if g.serials[id] == nil {
		g.serials[id] = new(perNameSerial)
	}
	return g.serials[id]
}

// move puts a step into another phase. Where it was under way, or was to be
// sent, the next of its row can be.
func (g *graph) move(n *node, p phase) {
	was := n.phase
	if was == ready {
		g.leave(n, p)
	}
	g.phases[was]--
	n.phase = p
	g.phases[p]++
	if n.serial != nil {
		n.serial.stepMoved(n, was)
		g.offerNext(n.serial)
	}
}

// unfinished returns the number of steps that have not ended.
func (g *graph) unfinished() int { return len(g.nodes) - g.phases[ended] }

// finish ends a step and lets those that waited for it go on.
func (g *graph) finish(n *node, e ending, why string, now time.Time) {
	if n.phase == ended {
		return
	}
	if n.phase == waiting {
		n.queue.pending--
		g.touch(n.queue) // which waits for it no longer
	}
	g.move(n, ended)
	n.end, n.why = e, why
	g.ends[e]++
	if g.onEnd != nil {
		g.onEnd(n, now)
	}
	for _, d := range n.dependants {
		if d.blockers--; d.blockers == 0 && d.phase == waiting {
			g.release(d, now)
		}
	}
}

// release makes a step ready whose predecessors have ended, or ends it where
// they forbid it.
func (g *graph) release(n *node, now time.Time) {
	if why := g.blockReason(n); why != "" {
		g.finish(n, endNotSent, why, now)
		return
	}
	n.queue.pending--
	n.since = now
	g.enqueue(n, time.Time{})
}

// blockReason says why a step must not be sent after all, "" if it may.
func (g *graph) blockReason(n *node) string {
	if n.held {
		return lockIsBeingClosed
	}
	for _, id := range n.Needs {
		p := g.byID[id]
		switch {
		case p.end == endDone:
		case p.end == endNotSent && p.why != "":
			return p.why
		default:
			return fmt.Sprintf("it needs %s (%s)", id, p.end)
		}
	}
	if n.Owed && !g.owed(n) {
		return notOwed
	}
	return ""
}

// notOwed is why a lock is not closed that nobody opened.
const notOwed = "there is nothing to undo"

// owed reports whether a step must be executed: the step of the same change
// that it undoes was sent, and may have been executed.
func (g *graph) owed(n *node) bool {
	for _, p := range g.openers(n) {
		if p.phase == sent || p.end == endDone || p.end == endDoubt {
			return true
		}
	}
	return false
}

// openers returns the steps that an owed step undoes: those of its own change.
func (g *graph) openers(n *node) []*node {
	var openers []*node
	for _, id := range n.After {
		if p := g.byID[id]; p != nil && p.change == n.change {
			openers = append(openers, p)
		}
	}
	return openers
}

// requeue makes a sent step ready once more, not before a time.
func (g *graph) requeue(n *node, notBefore time.Time) {
	n.since = notBefore
	g.enqueue(n, notBefore)
}

// stop ends the steps that were not sent and that the filter selects.
func (g *graph) stop(why string, now time.Time, selects func(*node) bool) {
	for _, n := range g.nodes {
		if n.phase < sent && selects(n) {
			g.finish(n, endNotSent, why, now)
		}
	}
	g.prune(now)
}

// prune leaves locks closed whose opening nothing needs any more.
func (g *graph) prune(now time.Time) {
	for _, n := range g.nodes {
		if !n.Owed || n.phase != waiting || !g.isNeedless(n) {
			continue
		}
		for _, o := range g.openers(n) {
			g.finish(o, endNotSent, notNeeded, now)
		}
	}
}

// isNeedless reports whether an owed step has nothing to undo: nothing was
// opened for it, and everything that it was to be opened for has ended.
func (g *graph) isNeedless(n *node) bool {
	for _, id := range n.After {
		p := g.byID[id]
		if p.change == n.change && p.phase >= sent || p.change != n.change && p.phase != ended {
			return false
		}
	}
	return true
}

// notNeeded is why a lock is not opened for which nothing is left to do.
const notNeeded = "there is nothing left to open it for"

// isNotOwed selects what an interrupted run leaves out: all but the locks that it
// opened.
func isNotOwed(n *node) bool { return !n.Owed }

// earliest returns the earlier of two times, of which zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// operation returns the operation of a step.
func (n *node) operation() *wire.Operation { return wire.OperationOf(n.Request) }
