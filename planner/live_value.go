package planner

import (
	"reflect"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// domainsMember has the names.
const domainsMember = "domains"

// LiveValue returns the live state as expressions see it, as live, with some of its
// members, or with all of them: nil. It looks like a snapshot in JSON, but for the
// names, which are by name. What was not read is not known: an expression that looks
// at it has no value.
func LiveValue(live *Live, members []string) (cty.Value, error) {
	if members == nil {
		for f := range reflect.TypeFor[Live]().Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
				members = append(members, name)
			}
		}
	}
	v, err := jsonvalue.Members(live, slices.DeleteFunc(slices.Clone(members), func(name string) bool { return name == domainsMember }))
	if err != nil {
		return cty.NilVal, err
	}
	all := v.AsValueMap()
	if all == nil {
		all = make(map[string]cty.Value)
	}
	for _, name := range live.UnreadMembers() {
		if _, wanted := all[name]; wanted {
			all[name] = cty.DynamicVal
		}
	}
	if slices.Contains(members, domainsMember) {
		if all[domainsMember], err = liveDomains(live.Domains); err != nil {
			return cty.NilVal, err
		}
	}
	return cty.ObjectVal(all), nil
}

func liveDomains(domains []snapshot.Domain) (cty.Value, error) {
	maker := jsonvalue.NewMaker()
	all := make(map[string]cty.Value, len(domains))
	for i := range domains {
		d := &domains[i]
		v, err := maker.Of(d)
		if err != nil {
			return cty.NilVal, err
		}
		all[d.Name] = liveDomain(d, v.AsValueMap())
	}
	return cty.ObjectVal(all), nil
}

// liveDomain returns the value of a name, of whose members nothing says yet which are
// not known.
func liveDomain(d *snapshot.Domain, members map[string]cty.Value) cty.Value {
	delete(members, "row") // a hash, for whoever reads the account
	for name, fact := range snapshot.MemberFacts {
		if !d.Has(fact) {
			members[name] = cty.DynamicVal
		}
	}
	for name, known := range map[string]bool{
		"instance_id": d.InstanceID != "", "registered": !d.Registered.IsZero(), "expires": !d.Expires.IsZero(),
		"registrant_updating": d.RegistrantUpdating != "", "real_name": d.RealName != "",
	} {
		if !known {
			members[name] = cty.DynamicVal
		}
	}
	contacts := members["contacts"].AsValueMap()
	if contacts == nil {
		contacts = make(map[string]cty.Value)
	}
	for role := range snapshot.ContactFacts {
		if _, known := d.Contacts[role]; !known {
			contacts[string(role)] = cty.DynamicVal
		}
	}
	members["contacts"] = cty.ObjectVal(contacts)
	return cty.ObjectVal(members)
}
