package planner

import (
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
		if !d.Only.Has("") && decl.Attribute.SavedProfile == nil {
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

// keepUsedEmails keeps addresses in the account that a contact uses: a live
// contact, as far as it was read, or a declared one.
func (d *differ) keepUsedEmails() {
	deleted := func(c *attr.Change) string {
		address := attr.Lookup(c.Attribute).DeletedEmail
		if address == nil || c.Status != attr.Ready {
			return ""
		}
		return address(c)
	}
	var users map[string]string
	for i := range d.plan.Changes {
		c := &d.plan.Changes[i]
		address := deleted(c)
		if address == "" {
			continue
		}
		if users == nil {
			users = usersOfEmails(d.Input)
		}
		if name := users[address]; name != "" {
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
			if c, ok := decl.Value.(attr.Referring); ok {
				users[c.Email()] = want.Name
			}
		}
	}
	for i := range in.Live.Domains {
		d := &in.Live.Domains[i]
		in.looksAt(d, snapshot.AllContacts)
		for _, c := range d.Contacts {
			users[snapshot.CanonicalEmail(c.Email)] = d.Name
		}
	}
	return users
}
