package planner

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// consequences warns of dangers beside the declared attributes: those that a
// name is in, or gets into by the plan. It uses what was read anyway and asks
// for nothing more.
func (p *Plan) consequences(in Input) {
	rest := p.Changes
	for want, d := range declaredNames(in.Portfolio, in.Live) {
		name := want.Name
		var changes []attr.Change
		if changes, rest = splitChanges(name, rest); d == nil || !in.Only.Has(name) {
			continue
		}
		for _, w := range warningsOf(want, d, changes, in.Live.Profiles) {
			w.Severity, w.Domain = SeverityWarning, name
			p.Diagnostics = append(p.Diagnostics, w)
		}
	}
}

// splitChanges returns the changes of a name, and those of the names behind it. All
// are sorted by name.
func splitChanges(name string, all []attr.Change) (own, rest []attr.Change) {
	for len(all) > 0 && all[0].Domain < name {
		all = all[1:]
	}
	n := 0
	for n < len(all) && all[n].Domain == name {
		n++
	}
	return all[:n], all[n:]
}

// warningsOf returns what is to be known of one name beside its changes.
func warningsOf(want *config.Domain, d *snapshot.Domain, changes []attr.Change, profiles []snapshot.Profile) (all []Diagnostic) {
	for i := range changes {
		c := &changes[i]
		if why := realNameLoss(c, profiles); why != "" && (d.RealName == "" || d.RealName.Passed()) {
			all = append(all, Diagnostic{
				Summary: "Loses its verified real name",
				Detail:  "The name gets another registrant, and " + why + ". The registry puts names on hold whose real name is not verified in time.",
			})
		}
		if movesSigned(want, d, c, changes) {
			all = append(all, Diagnostic{
				Summary: "Moves with its DS records",
				Detail:  "The nameservers change and the DS records stay (keep_ds): where the new ones do not serve the same keys, the name stops resolving.",
			})
		}
	}
	return all
}

// realNameLoss says why a name gives up its verified real name by a change, "" where
// it does not.
func realNameLoss(c *attr.Change, profiles []snapshot.Profile) string {
	if loss := attr.Lookup(c.Attribute).RealNameLoss; loss != nil {
		return loss(c, profiles)
	}
	return ""
}
