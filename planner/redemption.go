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
