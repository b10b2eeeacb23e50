package executor

import (
	"cmp"
	"slices"
	"time"
)

// A dispatch knows which queues must be looked at: those in which something has
// changed, and those whose time has come. A step that waits is not looked at
// again because another one ends.
type dispatch struct {
	touched   []*queue
	alarms    agenda[*queue]
	activated int
	looks     int // at steps, so far; what it costs
}

// A queue holds the steps with one batch key that are ready.
type queue struct {
	key     string
	size    int
	due     []*node       // can be sent, in the order in which they came
	oldest  time.Time     // since when the first of due can be sent, not always due[0]; zero: not known
	later   agenda[*node] // are sent again, but not before their time
	behind  int           // wait for their row
	pending int           // steps that wait for their predecessors
	gone    int           // of due and later, those that have ended there

	order   int // of its activation: queues are cut in this order
	touched bool
	wake    time.Time // it is looked at again; zero: when something changes
}

// place says where a ready step waits.
type place uint8

const (
	inDue place = iota + 1
	inLater
	inRow
)

// A perNameSerial holds the steps for the elements of one attribute of one name, which
// are sent one after the other: the service works on one task of a kind and a
// name at a time, and refuses others as TaskIsBeingProcessed.
type perNameSerial struct {
	busy   int     // steps under way
	next   *node   // the one that is sent next, in its queue already
	behind []*node // the others that are ready, in the order in which they came
}

// stepMoved is called when a step of the row has left a phase.
func (s *perNameSerial) stepMoved(n *node, was phase) {
	if s.next == n && n.phase != ready {
		s.next = nil
	}
	switch {
	case was.underWay() && !n.phase.underWay():
		s.busy--
	case n.phase.underWay() && !was.underWay():
		s.busy++
	}
}

// offerNext makes the next step of a row sendable where none is under way.
func (g *graph) offerNext(s *perNameSerial) {
	for s.busy == 0 && s.next == nil && len(s.behind) > 0 {
		n := s.behind[0]
		s.behind[0], s.behind = nil, s.behind[1:]
		g.looks++
		if n.phase == ready {
			n.queue.behind--
			g.enter(n)
		}
	}
}

// enqueue makes a step ready, but for not before a time.
func (g *graph) enqueue(n *node, notBefore time.Time) {
	g.move(n, ready)
	q := n.queue
	if len(q.due)+len(q.later.entries)+q.behind == 0 {
		g.activated++
		q.order = g.activated
	}
	if notBefore.IsZero() {
		g.enter(n)
	} else {
		n.place = inLater
		q.later.add(notBefore, n)
	}
	g.touch(q)
}

// enter makes a ready step sendable, or lines it up behind those of its row.
func (g *graph) enter(n *node) {
	q := n.queue
	g.touch(q)
	if s := n.serial; s != nil {
		if s.busy > 0 || s.next != nil {
			n.place = inRow
			s.behind = append(s.behind, n)
			q.behind++
			return
		}
		s.next = n
	}
	n.place = inDue
	if len(q.due) == 0 || !q.oldest.IsZero() && n.since.Before(q.oldest) {
		q.oldest = n.since // one that stood in a row can be older than all others
	}
	q.due = append(q.due, n)
}

// leave is called when a ready step goes into another phase. A step that goes
// into a batch was taken out of its queue before.
func (g *graph) leave(n *node, to phase) {
	switch {
	case n.place == inRow:
		n.queue.behind--
	case to != batched:
		n.queue.gone++
	}
	n.place = 0
	g.touch(n.queue)
}

func (g *graph) touch(q *queue) {
	if !q.touched {
		q.touched = true
		g.touched = append(g.touched, q)
	}
}

// cutBatches returns the batches that can be sent now, and when to look again;
// zero where only the end of a step can bring more. A batch is cut when it is
// full, when no unfinished predecessor can add to it, or when its first step
// has waited for the given time.
func (g *graph) cutBatches(now time.Time, wait time.Duration) (batches [][]*node, wake time.Time) {
	g.touchDueQueues(now)
	touched := g.touched
	slices.SortFunc(touched, func(a, b *queue) int { return cmp.Compare(a.order, b.order) })
	g.touched = nil
	for _, q := range touched {
		b, w := g.cutQueue(q, now, wait)
		for _, nodes := range b {
			for _, n := range nodes {
				g.move(n, batched)
			}
		}
		batches = append(batches, b...)
		if !w.IsZero() && !w.Equal(q.wake) {
			g.alarms.add(w, q)
		}
		q.wake = w
	}
	for _, q := range touched { // what it is touched for was done just now
		q.touched = false
	}
	return batches, g.touchDueQueues(now)
}

// touchDueQueues touches the queues whose time has come, and returns when that of the
// next one will.
func (g *graph) touchDueQueues(now time.Time) time.Time {
	for {
		q, at, ok := g.alarms.next()
		switch {
		case !ok:
			return time.Time{}
		case !at.Equal(q.wake): // it was to be looked at earlier, and was
		case at.After(now):
			return at
		default:
			q.wake = time.Time{}
			g.touch(q)
		}
		g.alarms.take()
	}
}

func (g *graph) cutQueue(q *queue, now time.Time, wait time.Duration) (batches [][]*node, wake time.Time) {
	g.looks++
	q.dropEnded()
	g.releaseDue(q, now)
	for len(q.due) > 0 {
		first := q.dueSince().Add(wait)
		held := q.pending+len(q.later.entries)+q.behind > 0 && first.After(now)
		if held && len(q.due) < q.size {
			wake = first
			break
		}
		batch, rest := fillBatch(q.due, q.size)
		g.looks += len(batch)
		if held && len(batch) < q.size {
			wake = first
			break
		}
		batches, q.due, q.oldest = append(batches, batch), rest, time.Time{}
	}
	if _, at, ok := q.later.next(); ok {
		wake = earliest(wake, at)
	}
	return batches, wake
}

// dueSince returns since when the first of the steps can be sent that still wait.
func (q *queue) dueSince() time.Time {
	if q.oldest.IsZero() {
		for _, n := range q.due {
			q.oldest = earliest(q.oldest, n.since)
		}
	}
	return q.oldest
}

// releaseDue makes steps sendable whose time has come.
func (g *graph) releaseDue(q *queue, now time.Time) {
	for {
		n, at, ok := q.later.next()
		if !ok || at.After(now) {
			return
		}
		q.later.take()
		g.looks++
		g.enter(n)
	}
}

// dropEnded lets go of steps that have ended in the queue.
func (q *queue) dropEnded() {
	if q.gone == 0 {
		return
	}
	q.gone = 0
	q.due, q.oldest = slices.DeleteFunc(q.due, func(n *node) bool { return n.phase != ready }), time.Time{}
	q.later.keep(func(n *node) bool { return n.phase == ready })
}

// fillBatch returns the first steps that fit into one call, and the others,
// which it may store in the place of those that it takes. A name stands in a
// call only once: the task could not tell two steps of it apart. Steps without
// a name save no task.
func fillBatch(due []*node, size int) (batch, rest []*node) {
	if size == 1 {
		return due[:1:1], due[1:]
	}
	names := make(map[string]bool, min(size, len(due)))
	var twice []*node
	for i, n := range due {
		if len(batch) == size {
			rest = due[i-len(twice):]
			copy(rest, twice)
			return batch, rest
		}
		if n.name() != "" && names[n.name()] {
			twice = append(twice, n)
			continue
		}
		names[n.name()] = true
		batch = append(batch, n)
	}
	return batch, twice
}
