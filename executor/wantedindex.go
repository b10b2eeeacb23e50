package executor

import (
	"math/bits"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// A wantedIndex finds the batches without an answer whose task one of the lists may
// be. What decides that is the operation, how many names there are, the time, and
// which names. A service in trouble leaves thousands of such batches and as many
// tasks, so that nothing may compare each with each.
type wantedIndex struct {
	all    []wanted
	kinds  []*wire.Operation // each once
	groups map[wantedGroup]*periods
	byName map[string][]int // the batches about a name, by their place in all
	same   map[string][]int // those about exactly some names
	looks  int              // at batches, so far: what it costs
}

// wantedGroup is what batches have in common that the same tasks may be of.
type wantedGroup struct {
	operation *wire.Operation
	names     int // how many; 0: any number
}

func indexWanted(all []wanted) *wantedIndex {
	x := &wantedIndex{all: all, groups: make(map[wantedGroup]*periods), byName: make(map[string][]int), same: make(map[string][]int)}
	members := make(map[wantedGroup][]int)
	for i := range all {
		w := &all[i]
		x.looks++
		if !w.operation.Async() {
			continue // it has no task
		}
		if !slices.Contains(x.kinds, w.operation) {
			x.kinds = append(x.kinds, w.operation)
		}
		for _, names := range []int{0, len(w.names)} {
			g := wantedGroup{w.operation, names}
			members[g] = append(members[g], i)
		}
		for _, name := range slices.Compact(slices.Clone(w.names)) {
			x.byName[name] = append(x.byName[name], i)
		}
		x.same[namesKey(w.names)] = append(x.same[namesKey(w.names)], i)
	}
	for g, some := range members {
		x.groups[g] = newPeriods(all, some)
	}
	return x
}

// namesKey stands for a list of names.
func namesKey(names []string) string { return strings.Join(names, "\x00") }

// groupsOf returns the groups of batches that a task can be of, as its type and the
// number of its names tell.
func (x *wantedIndex) groupsOf(c *candidate) (some []*periods) {
	for _, o := range x.kinds {
		if p := x.groups[wantedGroup{o, c.names}]; p != nil && c.mayBeOf(o) {
			some = append(some, p)
		}
	}
	return some
}

// any reports whether a task may be that of a batch, as far as lists tell.
func (x *wantedIndex) any(c *candidate) bool {
	return slices.ContainsFunc(x.groupsOf(c), func(p *periods) bool { return x.find(p, c) >= 0 })
}

// find returns the place of a batch of a group in whose time a task was created, -1
// where there is none.
func (x *wantedIndex) find(p *periods, c *candidate) int {
	if c.created.IsZero() {
		return p.find(nil, &x.looks)
	}
	if at := p.find(&c.created.First, &x.looks); at >= 0 {
		return at
	}
	return p.find(&c.created.Last, &x.looks)
}

// exactly returns the batches about exactly some names that a task may be of.
func (x *wantedIndex) exactly(c *candidate, names []string) []*wanted {
	return x.matching(c, x.same[namesKey(names)], nil)
}

// about returns the batches that a task may be of which tells some of its names.
func (x *wantedIndex) about(c *candidate, names []string) []*wanted {
	return x.matching(c, x.byName[names[0]], names)
}

// matching returns those of some batches that a task may be of, and that are about
// all of some names.
func (x *wantedIndex) matching(c *candidate, places []int, names []string) (some []*wanted) {
	for _, i := range places {
		w := &x.all[i]
		x.looks++
		if c.matches(w) && !slices.ContainsFunc(names, func(name string) bool { return !w.has(name) }) {
			some = append(some, w)
		}
	}
	return some
}

// takeAll returns the batches that a task may be of which tells no names, each for
// the first such task alone: of which one it is changes nothing.
func (x *wantedIndex) takeAll(c *candidate) (some []*wanted) {
	for _, p := range x.groupsOf(c) {
		for at := x.find(p, c); at >= 0; at = x.find(p, c) {
			w := &x.all[at]
			x.groups[wantedGroup{w.operation, 0}].remove(at)
			x.groups[wantedGroup{w.operation, len(w.names)}].remove(at)
			some = append(some, w)
		}
	}
	return some
}

// periods are the times in which the tasks of some batches can have been created,
// as a tree of the latest ends: whether a time lies in one takes as many looks as
// the tree is deep.
type periods struct {
	places []int // of the batches, by the beginning of their time
	from   []time.Time
	to     []time.Time
	node   map[int]int // by place
	// latest is, of each node, the period below it that ends last, -1 for none. The
	// children of node n are 2n and 2n+1, and the leaves are the last half.
	latest []int
	leaves int
}

func newPeriods(all []wanted, places []int) *periods {
	slices.SortStableFunc(places, func(a, b int) int { return all[a].from.Compare(all[b].from) })
	leaves := 1 << bits.Len(uint(len(places)))
	p := &periods{places: places, node: make(map[int]int, len(places)), leaves: leaves, latest: make([]int, 2*leaves)}
	for i := range p.latest {
		p.latest[i] = -1
	}
	for i, at := range places {
		p.from, p.to = append(p.from, all[at].from), append(p.to, all[at].to)
		p.node[at], p.latest[leaves+i] = leaves+i, i
	}
	for n := leaves - 1; n > 0; n-- {
		p.settle(n)
	}
	return p
}

// settle decides about a node by its children.
func (p *periods) settle(n int) {
	a, b := p.latest[2*n], p.latest[2*n+1]
	if p.latest[n] = a; a < 0 || b >= 0 && p.to[b].After(p.to[a]) {
		p.latest[n] = b
	}
}

// remove takes a batch out.
func (p *periods) remove(place int) {
	n := p.node[place]
	p.latest[n] = -1
	for n /= 2; n > 0; n /= 2 {
		p.settle(n)
	}
}

// find returns the place of a batch in whose period a time lies, -1 where there is
// none; without a time, any.
func (p *periods) find(t *time.Time, looks *int) int {
	began := len(p.from)
	if t != nil {
		began = sort.Search(len(p.from), func(i int) bool { *looks++; return p.from[i].After(*t) })
	}
	ends := func(n int) bool { // whether a period below a node ends late enough
		*looks++
		i := p.latest[n]
		return i >= 0 && (t == nil || !p.to[i].Before(*t))
	}
	// The nodes whose periods are the first ones, up to the last that began by then.
	for lo, hi := p.leaves, p.leaves+began; lo < hi; lo, hi = lo/2, hi/2 {
		if lo%2 == 1 {
			if ends(lo) {
				return p.places[p.latest[lo]]
			}
			lo++
		}
		if hi%2 == 1 {
			if hi--; ends(hi) {
				return p.places[p.latest[hi]]
			}
		}
	}
	return -1
}
