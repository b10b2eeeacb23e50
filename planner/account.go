package planner

import (
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// account adds the changes of the account itself. Where the account is not
// selected, the changes of its registrant profiles are kept aside: names refer
// to them.
func (d *differ) account() {
	for i := range d.Portfolio.Declared {
		decl := &d.Portfolio.Declared[i]
		if !d.Only.Has("") && decl.Attribute.Name != attr.RegistrantProfile {
			continue
		}
		if !d.Only.Has("") && !d.Live.Has(decl.Attribute.Facts) && !refersToProfile(d.Portfolio, d.Only) {
			continue // nothing rests on what would have to be read
		}
		changes := d.attribute(&config.Domain{}, decl, &snapshot.Domain{})
		for j := range changes {
			d.applyAccountRules(&changes[j])
		}
		if !d.Only.Has("") {
			d.unselectedProfileChanges = append(d.unselectedProfileChanges, changes...)
			continue
		}
		d.plan.Changes = append(d.plan.Changes, changes...)
	}
}

// leaveIncompleteProfile changes nothing of a registrant profile that the
// service did not tell in full: a member that seems to be missing may be there.
func (d *differ) leaveIncompleteProfile(c *attr.Change) {
	before, ok := c.Before.(attr.Profiles)
	if !ok || c.Action != attr.Update || c.Status != attr.Ready {
		return
	}
	for _, live := range d.Live.Profiles {
		if len(live.Lacks) > 0 && before[c.Element].ID == live.ID {
			c.Steps = nil
			c.Block(attr.Unknown, "could not be read: QueryRegistrantProfiles: the answer does not say %s", strings.Join(live.Lacks, ", "))
		}
	}
}

// keepUsedEmails keeps addresses in the account that a contact uses: a live
// contact, as far as it was read, or a declared one.
func (d *differ) keepUsedEmails() {
	deleted := func(c *attr.Change) bool {
		return c.Attribute == attr.EmailAddresses && c.Action == attr.Delete && c.Status == attr.Ready
	}
	var users map[string]string
	for i := range d.plan.Changes {
		c := &d.plan.Changes[i]
		if !deleted(c) {
			continue
		}
		if users == nil {
			users = usersOfEmails(d.Input)
		}
		if name := users[c.Element]; name != "" {
			c.Block(attr.Blocked, "a contact of %s has the address: give it another first", name)
		}
	}
}

// usersOfEmails returns a name that has each e-mail address in a contact.
func usersOfEmails(in Input) map[string]string {
	users := make(map[string]string)
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		for _, decl := range want.Declared {
			if c, ok := decl.Value.(attr.Contact); ok {
				users[c["email"]] = want.Name
			}
		}
	}
	for i := range in.Live.Domains {
		for _, c := range in.Live.Domains[i].Contacts {
			users[snapshot.CanonicalEmail(c.Email)] = in.Live.Domains[i].Name
		}
	}
	return users
}
