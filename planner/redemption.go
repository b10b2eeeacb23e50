package planner

import (
	"slices"

	"github.com/domainsync/domainsync/config/attr"
)

// redemptionFirst makes whatever is declared of a name wait that must be
// redeemed: registries change nothing of such a name.
func (d *differ) redemptionFirst(s *subject) {
	redeemed := func(c attr.Change) bool {
		return c.Attribute == attr.RedemptionName && (c.Status == attr.Ready || c.Status == attr.Deferred || c.Status == attr.Waiting)
	}
	if !slices.ContainsFunc(s.changes, redeemed) {
		return
	}
	for i := range s.changes {
		if c := &s.changes[i]; c.Attribute != attr.RedemptionName {
			c.Block(attr.Waiting, "the name is redeemed first")
		}
	}
}
