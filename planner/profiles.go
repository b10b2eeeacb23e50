package planner

import (
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// profilesFirst lets names get the contact of a registrant profile, and be
// registered for it, only after the profile's own changes, also those that are
// kept aside.
func (d *differ) profilesFirst() {
	saved, byLabel := make(map[int64]*attr.Change), make(map[string]*attr.Change)
	save := func(c *attr.Change) {
		if number := attr.Lookup(c.Attribute).SavedProfile(c); number != 0 {
			saved[number], byLabel[c.Element] = c, c
		}
	}
	for i := range d.unselectedProfileChanges {
		c := &d.unselectedProfileChanges[i]
		c.Block(attr.Deferred, "this plan leaves the account itself out")
		save(c)
	}
	for i := range d.plan.Changes {
		if c := &d.plan.Changes[i]; attr.Lookup(c.Attribute).SavedProfile != nil {
			save(c)
		}
	}
	if len(saved) == 0 {
		return
	}
	labels := profilesOfContacts(d.Portfolio)
	for i := range d.plan.Changes {
		c := &d.plan.Changes[i]
		profile := saved[c.ProfileNumber()]
		if label := labels[c.ID]; profile == nil && label != "" {
			profile = byLabel[label] // the request has what the profile will hold
		}
		switch {
		case profile == nil || c.Status != attr.Ready:
		case profile.Status == attr.Ready:
			c.Need(profile.Steps[0].ID)
		default:
			c.BlockWith(profile, "its registrant profile changes first")
			d.reordered = true
		}
	}
}

// profilesOfContacts returns the labels of the profiles that contacts of names
// refer to, by the changes that give them to the names.
func profilesOfContacts(portfolio *config.Portfolio) map[string]string {
	labels := make(map[string]string)
	for i := range portfolio.Domains {
		want := &portfolio.Domains[i]
		for j := range want.Declared {
			if c, ok := want.Declared[j].Value.(attr.Referring); ok && c.ProfileLabel() != "" {
				labels[attr.ChangeID(want.Name, want.Declared[j].Attribute.Name)] = c.ProfileLabel()
			}
		}
	}
	return labels
}
