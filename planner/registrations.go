package planner

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// planRegistration adds the registration of a name that the account lacks. What
// else is declared of the name follows when it is registered. It reports
// whether the files declare a registration.
func (d *differ) planRegistration(want *config.Domain) bool {
	var changes []attr.Change
	for i := range want.Declared {
		decl := &want.Declared[i]
		if decl.Attribute.RegistersNames() {
			changes = append(changes, d.registration(want, decl)...)
		}
	}
	if len(changes) == 0 {
		return false
	}
	for i := range want.Declared {
		decl := &want.Declared[i]
		if decl.Attribute.Hazard == attr.Money || decl.Attribute.Inert || !decl.Attribute.For(want.Name) {
			continue
		}
		changes = append(changes, d.followingChanges(want, decl, changes[0].ID)...)
	}
	d.applyNameRules(&subject{want: want, changes: changes})
	d.add(changes)
	return true
}

// followingChanges returns what follows a registration. A new name has neither DS
// records nor hosts; what else it comes with is not known.
func (d *differ) followingChanges(want *config.Domain, decl *config.Declared, registration string) []attr.Change {
	changes := []attr.Change{d.unknown(want, decl, 0)}
	changes[0].Action = attr.Create
	bare := snapshot.Domain{Name: want.Name, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{}}
	if bare.Has(decl.Attribute.Facts) {
		changes = changesOf(decl, d.inputOf(want, decl, &bare))
	}
	for i := range changes {
		changes[i].Announce(registration, "the name is registered first")
	}
	return changes
}

func (d *differ) registration(want *config.Domain, decl *config.Declared) []attr.Change {
	lacking := d.Live.Lacking(want.Name)
	if lacking == nil {
		d.lacksOffer(want.Name, decl.Value.(attr.Ordering).Term())
		return []attr.Change{d.unknown(want, decl, snapshot.Presence)}
	}
	changes := d.attribute(want, decl, lacking)
	if len(changes) == 0 { // the list lacked a name that the account holds
		return []attr.Change{placeholder(want, decl, attr.Update, attr.Unknown, "the list of names lacks the name, and the account holds it: plan again")}
	}
	return changes
}
