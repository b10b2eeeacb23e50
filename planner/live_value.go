package planner

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// domainsMember has the names.
const domainsMember = "domains"

// liveMembers are the members of a name of a snapshot that only some facts tell.
var liveMembers = map[string]snapshot.Facts{
	"nameservers": snapshot.Nameservers, "transfer_lock": snapshot.TransferLock, "update_lock": snapshot.UpdateLock,
	"ds_records": snapshot.DSRecords, "hosts": snapshot.Hosts, "privacy": snapshot.Privacy, "ens_address": snapshot.Wallet,
	"art": snapshot.Artwork, "transfer_out": snapshot.TransferOut, "status": snapshot.Status, "auto_renew": snapshot.AutoRenew,
	"registrant_updating": snapshot.Holder, "real_name": snapshot.Holder, "email_hold": snapshot.Holder, "email_unverified": snapshot.Holder,
	"premium": snapshot.PriceKind, "quote": snapshot.Quoted, "renewal_price": snapshot.RenewalPriced,
	"offer": snapshot.Presence, "arrival": snapshot.Arriving,
}

// liveMembersOfAccount are those of the account.
var liveMembersOfAccount = map[string]func(live *Live) bool{
	"emails":         func(live *Live) bool { return live.Emails != nil },
	"profiles":       func(live *Live) bool { return live.Profiles != nil },
	"transfers_in":   func(live *Live) bool { return live.TransfersIn != nil },
	"registry_locks": func(live *Live) bool { return live.RegistryLocks != nil },
}

// LiveValue returns the live state as expressions see it, as live, with some of its
// members, or with all of them: nil. It looks like a snapshot in JSON, but for the
// names, which are by name. What was not read is not known: an expression that looks
// at it has no value.
func LiveValue(live *Live, members []string) (cty.Value, error) {
	if members == nil {
		members = []string{"format_version", "endpoint", "account", "read_at", domainsMember, "absent", "left", "failures"}
		for name := range liveMembersOfAccount {
			members = append(members, name)
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
	for name, known := range liveMembersOfAccount {
		if _, wanted := all[name]; wanted && !known(live) {
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
	for name, fact := range liveMembers {
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
