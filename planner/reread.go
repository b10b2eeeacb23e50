package planner

import (
	"iter"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
)

// Reread is what of a name is read again to verify its changes.
type Reread struct {
	Facts snapshot.Facts // in which the changes are observed
	// Directly are those of the facts that rows of the list of names do not prove.
	Directly snapshot.Facts
}

// Add adds a change of the name. First says that steps of other changes wait for
// it.
func (r *Reread) Add(c *attr.Change, first bool) {
	facts := attr.Lookup(c.Attribute).Facts
	r.Facts |= facts
	if !ProvedByList(c, first) {
		r.Directly |= facts
	}
}

// Spares returns how many direct reads of the name the list of names spares.
func (r *Reread) Spares() int {
	spared := 0
	for range directReads(&snapshot.Domain{}, r.Facts) {
		spared++
	}
	for range directReads(&snapshot.Domain{}, r.Directly) {
		spared--
	}
	return spared
}

// ProvedByList reports whether a row of the list of names that shows a change as
// made is a proof of it. The list may lag: only where it told the value from
// before is a row with the new one not still older. What others wait for is asked
// of the name itself.
func ProvedByList(c *attr.Change, first bool) bool { return c.FromList && !first }

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

// ListIsCheaper reports whether the list of names of an account takes fewer calls
// than the direct reads that it spares. It is not read where nobody knows how
// many names the account has.
func ListIsCheaper(spares, names, pageSize int) bool {
	return names > 0 && spares > ceil(names, pageSize)
}

// fromList reports whether a row of the list told what an attribute of a name is
// observed in.
func fromList(a *attr.Attribute, live *snapshot.Domain) bool {
	return a.Facts&^(live.FromList&namesList.Facts) == 0
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
