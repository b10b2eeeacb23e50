package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
)

// Rests returns the facts of names on which the plan of an input rests: those
// that its rules look at where they plan or order something, also of other names.
// What a plan leaves as it is rests on nothing.
//
// A reading from before may hold a change back, and must not cause or permit one.
// So these facts have to be read now, and asked for again until none of them
// stands from before.
func Rests(in Input) map[string]snapshot.Facts {
	in.asked = newAsked(in.Live, nil)
	in.asked.all = true
	guarded(in, func(in Input) *Plan {
		d := newDiffer(in)
		d.decide()
		d.looksAtHosts()
		d.plan.guard(in)
		return d.plan
	})
	return in.asked.Facts
}

// looksAtHosts notes the hosts to which names are to be delegated: one that is
// there by a reading from before may have to be made first.
func (d *differ) looksAtHosts() {
	d.plan.eachDelegation(func(c *attr.Change, _, after []string) {
		if !c.Planned() {
			return
		}
		for _, host := range after {
			for _, owner := range parentsOf(host) {
				if live := d.Live.Domain(owner); live != nil {
					d.looksAt(live, snapshot.Hosts)
				}
			}
		}
	})
}

// noteIfPlanned keeps what the rules for one name look at where they plan
// something, or would if there were money or room for it.
func (d *differ) noteIfPlanned(rules func()) {
	kept, n := d.asked.Facts, len(d.plan.Changes)
	d.asked.Facts = d.asked.aside
	rules()
	d.asked.Facts = kept
	if slices.ContainsFunc(d.plan.Changes[n:], mayBePlanned) {
		for name, facts := range d.asked.aside {
			kept[name] |= facts
		}
	}
	clear(d.asked.aside)
}

func mayBePlanned(c attr.Change) bool {
	return c.Planned() || c.Cost != nil || c.Status == attr.Deferred
}

// looksAt notes facts that a rule uses as far as they were read.
func (in *Input) looksAt(d *snapshot.Domain, facts snapshot.Facts) {
	if in.asked != nil && in.asked.all {
		in.asked.note(d.Name, facts&^in.Live.Lacks(d, facts))
	}
}
