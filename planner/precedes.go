package planner

import (
	"slices"

	"github.com/domainsync/domainsync/config/attr"
)

// firstThings makes whatever is declared of a name wait for what precedes it, such
// as its redemption: registries change nothing else of such a name.
func (d *differ) firstThings(s *subject) {
	at := slices.IndexFunc(s.changes, func(c attr.Change) bool {
		return attr.Lookup(c.Attribute).Precedes != "" && (c.Status == attr.Ready || c.Status == attr.Deferred || c.Status == attr.Waiting)
	})
	if at < 0 {
		return
	}
	first := attr.Lookup(s.changes[at].Attribute)
	for i := range s.changes {
		if c := &s.changes[i]; c.Attribute != first.Name {
			c.Block(attr.Waiting, "%s", first.Precedes)
		}
	}
}
