package planner

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
)

// orderHistory tells which purchases let others use the budget first: those
// whose order has failed.
type orderHistory struct {
	failed map[string][]Purchase // by the ID of their change
	done   []time.Time           // of the orders that succeeded, sorted
}

// historyOf leaves out the run that is planned again: it keeps the order in
// which it began.
func historyOf(all []Purchase) orderHistory {
	h := orderHistory{failed: make(map[string][]Purchase)}
	for _, p := range all {
		switch {
		case p.SameRun:
		case p.Failed:
			h.failed[p.Change] = append(h.failed[p.Change], p)
		case p.Done:
			h.done = append(h.done, p.At)
		}
	}
	slices.SortFunc(h.done, time.Time.Compare)
	return h
}

// maxYielded is the most orders of others that a failed one lets go first.
const maxYielded = 16

// yieldsToOthers returns when the order of a change failed last, zero where it
// did not, and whether others come before it now. An order that fails every
// time spends nothing. In its place it would keep the money from everybody
// behind it for ever. So it lets others go first: until one of them has been
// bought, after its second failure two, then four, and so on. Then it has its
// place again. How often runs are made does not matter.
func (h orderHistory) yieldsToOthers(c *attr.Change) (failed time.Time, yes bool) {
	n, failed := h.failuresOf(c)
	if n == 0 {
		return failed, false
	}
	first, _ := slices.BinarySearchFunc(h.done, failed, time.Time.Compare)
	return failed, len(h.done)-first < min(1<<min(n-1, 30), maxYielded)
}

// failuresOf counts the orders of a change for the same term that have failed, and
// returns when the last one did.
func (h orderHistory) failuresOf(c *attr.Change) (n int, last time.Time) {
	for _, p := range h.failed[c.ID] {
		if !sameTerm(p.Before, c.Before) {
			continue
		}
		if n++; p.At.After(last) {
			last = p.At
		}
	}
	return n, last
}

// compare orders two purchases: those that let others go first come last. It
// does not change the order of the rest.
func (h orderHistory) compare(x, y *attr.Change) int {
	last := func(c *attr.Change) int {
		if _, yes := h.yieldsToOthers(c); yes {
			return 1
		}
		return 0
	}
	return cmp.Compare(last(x), last(y))
}

// competitors says for which names the budget is kept when a purchase does not
// fit into it.
func (h orderHistory) competitors(c *attr.Change) string {
	failed, yes := h.yieldsToOthers(c)
	switch {
	case yes:
		return fmt.Sprintf("names that come before it, since its order of %s failed", failed.UTC().Format(time.DateOnly))
	case expiry(c).Equal(never):
		return "names that come before it"
	}
	return "names that expire earlier"
}
