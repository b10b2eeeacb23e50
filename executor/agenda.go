package executor

import (
	"container/heap"
	"time"
)

// An agenda holds things by the time at which they are due. Looking at it costs
// only what is due. Things of one time come in the order in which they were
// added.
type agenda[T any] struct {
	entries agendaHeap[T]
	added   int
}

type agendaEntry[T any] struct {
	at    time.Time
	order int
	what  T
}

func (a *agenda[T]) add(at time.Time, what T) {
	a.added++
	heap.Push(&a.entries, agendaEntry[T]{at, a.added, what})
}

// next returns what is due first, and when; ok is false where nothing is left.
func (a *agenda[T]) next() (what T, at time.Time, ok bool) {
	if len(a.entries) == 0 {
		return what, at, false
	}
	return a.entries[0].what, a.entries[0].at, true
}

// take removes what is due first.
func (a *agenda[T]) take() { heap.Pop(&a.entries) }

// keep removes all that it is not to keep.
func (a *agenda[T]) keep(selects func(T) bool) {
	kept := a.entries[:0]
	for _, e := range a.entries {
		if selects(e.what) {
			kept = append(kept, e)
		}
	}
	clear(a.entries[len(kept):])
	a.entries = kept
	heap.Init(&a.entries)
}

// agendaHeap is the order of an agenda, for package heap.
type agendaHeap[T any] []agendaEntry[T]

func (h agendaHeap[T]) Len() int { return len(h) }

func (h agendaHeap[T]) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].order < h[j].order
	}
	return h[i].at.Before(h[j].at)
}

func (h agendaHeap[T]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *agendaHeap[T]) Push(e any) { *h = append(*h, e.(agendaEntry[T])) }

func (h *agendaHeap[T]) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = agendaEntry[T]{} // let go of it
	*h = (*h)[:last]
	return e
}
