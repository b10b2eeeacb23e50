package simulator

import (
	"cmp"
	"container/heap"
	"time"
)

// agenda is what happens later: a heap by time, and by order of entry among
// equals.
type agenda struct {
	list []event
	last int
}

type event struct {
	at    time.Time
	order int
	do    func(at time.Time)
}

// schedule lets something happen at a time.
func (s *Simulator) schedule(at time.Time, do func(at time.Time)) {
	s.agenda.last++
	heap.Push(&s.agenda, event{at, s.agenda.last, do})
}

// advance lets everything that is due happen, in order, and returns the time.
func (s *Simulator) advance() time.Time {
	now := s.now()
	for a := &s.agenda; a.Len() > 0 && !a.list[0].at.After(now); {
		e := heap.Pop(a).(event)
		s.account.age(e.at)
		e.do(e.at)
	}
	s.account.age(now)
	return now
}

func (a *agenda) Len() int { return len(a.list) }
func (a *agenda) Less(i, j int) bool {
	x, y := a.list[i], a.list[j]
	return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.order, y.order)) < 0
}
func (a *agenda) Swap(i, j int) { a.list[i], a.list[j] = a.list[j], a.list[i] }

// Push is called by container/heap.
func (a *agenda) Push(e any) { a.list = append(a.list, e.(event)) }

// Pop is called by container/heap.
func (a *agenda) Pop() any {
	n := len(a.list) - 1
	last := a.list[n]
	a.list[n] = event{}
	a.list = a.list[:n]
	return last
}
