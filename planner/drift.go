package planner

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// doubtfulAttributes are those of which nobody knows what became of a change, as
// name/attribute.
func doubtfulAttributes(inDoubt map[string]string) map[string]bool {
	doubtful := make(map[string]bool, len(inDoubt))
	for id := range inDoubt {
		name, rest, _ := strings.Cut(id, "/")
		attribute, _, _ := strings.Cut(rest, "/")
		doubtful[attr.ChangeID(name, attribute)] = true
	}
	return doubtful
}

func (d *differ) doubtful(name, attribute string) bool {
	return len(d.doubted) > 0 && d.doubted[attr.ChangeID(name, attribute)]
}

// setOrigins says of the changes of one attribute of a name who calls for them.
func (d *differ) setOrigins(want *config.Domain, decl *config.Declared, changes []attr.Change) {
	b := d.History.Baseline
	if len(changes) == 0 || b == nil || len(b.Names) == 0 || !decl.Attribute.CanDrift(decl.Value) || d.doubtful(want.Name, decl.Attribute.Name) {
		return
	}
	k := b.of(want.Name)
	if k == nil {
		if _, before := slices.BinarySearch(d.History.Declared, want.Name); before || d.History.Declared == nil {
			return
		}
		k = &Known{Name: want.Name}
	}
	for i := range changes {
		changes[i].Origin = d.originOf(&changes[i], decl, k)
	}
}

// originOf says who calls for a change of a name of which something is known. What a
// run of ours may have sent is neither an edit nor a drift until an apply has looked
// again. A change that was left open stays what it was as long as the live value does.
func (d *differ) originOf(c *attr.Change, decl *config.Declared, k *Known) attr.Origin {
	declared, had := k.Declared[c.Attribute]
	_, sent, unseen := k.sentOf(c.Attribute)
	open, wasOpen := k.Open[c.ID]
	switch {
	case !had:
		return attr.Edit
	case !d.hash.tells(declared):
		return attr.NoOrigin
	case declared != d.hash.declared(decl):
		return attr.Edit
	case wasOpen && !d.hash.tells(open.Before):
		return attr.NoOrigin
	case wasOpen && open.Before == d.hash.of(c.Before):
		return open.Origin
	case unseen, sent && k.leftOpen(c.Attribute):
		return attr.NoOrigin
	}
	return attr.Drift
}

// leftOpen reports whether an apply has left some change of an attribute open.
func (k *Known) leftOpen(attribute string) bool {
	for id := range k.Open {
		if id == attr.ChangeID(k.Name, attribute) || strings.HasPrefix(id, attr.ChangeID(k.Name, attribute)+"/") {
			return true
		}
	}
	return false
}

// reportDrift changes nothing back that somebody else has changed and that the drift
// block says to report.
func (d *differ) reportDrift(s *subject) {
	held := 0
	for i := range s.changes {
		if c := &s.changes[i]; c.Origin == attr.Drift && d.Portfolio.Drift.Reports(c.Hazard) {
			c.Hold("it has drifted, and the drift block says to report that")
			held++
		}
	}
	if held > 0 && held < len(s.changes) {
		d.reordered = true
		holdBackByLock(s)
	}
}
