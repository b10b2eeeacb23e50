package planner

import (
	"iter"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
)

// Reread is what of a name is read again to verify its changes.
type Reread struct {
	facts    snapshot.Facts             // in which the changes are observed
	directly [len(lists)]snapshot.Facts // those of them that rows of each list do not prove
}

// Add adds a change of the name. First says that steps of other changes wait for
// it.
func (r *Reread) Add(c *attr.Change, first bool) {
	facts := attr.Lookup(c.Attribute).Facts
	r.facts |= facts
	for i := range lists {
		if !lists[i].Proves(c, first) {
			r.directly[i] |= facts
		}
	}
}

// Directly returns the facts that are read directly where a list is read; nil: none
// is.
func (r *Reread) Directly(list *List) snapshot.Facts {
	for i := range lists {
		if list == &lists[i] {
			return r.directly[i]
		}
	}
	return r.facts
}

// Spares returns how many direct reads of the name a list spares.
func (r *Reread) Spares(list *List) int {
	spared := 0
	for range directReads(&snapshot.Domain{}, r.facts) {
		spared++
	}
	for range directReads(&snapshot.Domain{}, r.Directly(list)) {
		spared--
	}
	return spared
}

// Savings are the direct reads that each list spares.
type Savings [len(lists)]int

// Add adds those of a name.
func (s *Savings) Add(r *Reread) {
	for i := range lists {
		s[i] += r.Spares(&lists[i])
	}
}

// CheapestList returns the list that spares the most calls more than it takes, of an
// account of so many names; nil: none does. None is read where nobody knows how
// many names there are.
func (s *Savings) CheapestList(names, pageSize int) *List {
	var best *List
	most := 0
	for i := range lists {
		if gain := s[i] - lists[i].Calls(names, pageSize); names > 0 && gain > most {
			best, most = &lists[i], gain
		}
	}
	return best
}

// Proves reports whether a row of the list that shows a change as made is a proof
// of it. A list may lag: only where it told the value from before is a row with the
// new one not still older. What others wait for is asked of the name itself.
func (l *List) Proves(c *attr.Change, first bool) bool { return c.ListedBy == l.Operation && !first }

// NeededFirst returns the changes for which steps of others wait, by ID.
func NeededFirst(changes []*attr.Change) map[string]bool {
	first := make(map[string]bool)
	for _, c := range changes {
		for i := range c.Steps {
			s := &c.Steps[i]
			for _, ids := range [][]string{s.Needs, s.After} {
				for _, id := range ids {
					if change := attr.ChangeOf(id); change != c.ID {
						first[change] = true
					}
				}
			}
		}
	}
	return first
}

// listedBy returns the operation of a list whose row told what an attribute of a
// name is observed in, "" for none.
func listedBy(a *attr.Attribute, live *snapshot.Domain) string {
	for i := range lists {
		if l := &lists[i]; a.Facts&^(l.told(live)&l.Facts) == 0 {
			return l.Operation
		}
	}
	return ""
}

// directReads ranges over the reads that tell facts of a name of which something
// is known.
func directReads(known *snapshot.Domain, facts snapshot.Facts) iter.Seq[*Read] {
	return func(yield func(*Read) bool) {
		for i := range reads {
			if r := &reads[i]; facts&r.Facts != 0 && known.InstanceID == "" {
				facts |= r.Instance
			}
		}
		for i := range reads {
			r := &reads[i]
			if wanted := facts & r.Facts; wanted != 0 && !known.Has(wanted) && !yield(r) {
				return
			}
		}
	}
}
