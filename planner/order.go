package planner

import (
	"slices"

	"github.com/domainsync/domainsync/config/attr"
)

// redemptionFirst makes whatever is declared of a name wait that must be
// redeemed: registries change nothing of such a name.
func redemptionFirst(changes []attr.Change) {
	redeemed := func(c attr.Change) bool {
		return c.Attribute == attr.RedemptionName && (c.Status == attr.Ready || c.Status == attr.Deferred || c.Status == attr.Waiting)
	}
	if !slices.ContainsFunc(changes, redeemed) {
		return
	}
	for i := range changes {
		if c := &changes[i]; c.Attribute != attr.RedemptionName {
			c.Block(attr.Waiting, "the name is redeemed first")
		}
	}
}

// dsBeforeNameservers orders the changes of one name: its delegation moves when
// the DS records have been changed. New nameservers may serve the keys of new
// records, and a name that becomes unsigned must lose its records first
// (RFC 6781, section 4.3.5).
func dsBeforeNameservers(changes []attr.Change) {
	var steps []string
	for i := range changes {
		if c := &changes[i]; c.Attribute == attr.DSRecords && c.Status == attr.Ready {
			for _, s := range c.Steps {
				steps = append(steps, s.ID)
			}
		}
	}
	for i := range changes {
		if c := &changes[i]; attr.Lookup(c.Attribute).Group == attr.GroupDelegation && c.Status == attr.Ready {
			c.Steps[0].Needs = append(c.Steps[0].Needs, steps...)
		}
	}
}
