package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Need is facts to be read of one name.
type Need struct {
	Domain *snapshot.Domain // in the live state
	Facts  snapshot.Facts
}

// DeclaredNeeds returns what declared attributes are observed in and is not
// known, and the hosts of the names that the nameservers belong to which orders
// may carry.
func DeclaredNeeds(in Input) []Need {
	all := needs(in, declaredFacts)
	asked := make(map[*snapshot.Domain]int)
	for i := range all {
		asked[all[i].Domain] = i
	}
	for _, name := range ParentsInOrders(in, func(name string) bool { return absentName(in.Live, name) != nil }) {
		d := in.Live.Domain(name)
		if d == nil || d.Has(snapshot.Hosts) {
			continue
		}
		if i, ok := asked[d]; ok {
			all[i].Facts |= snapshot.Hosts
		} else {
			all = append(all, Need{d, snapshot.Hosts})
		}
	}
	return all
}

// SafetyNeeds returns what the changes of names must know and do not.
func SafetyNeeds(in Input) []Need { return needs(in, safetyFacts) }

// OwnerNeeds asks for the hosts of the names that own what selected names are
// to be delegated to.
func OwnerNeeds(in Input) (all []Need) {
	asked := make(map[*snapshot.Domain]bool)
	for want, d := range declaredNames(in.Portfolio, in.Live) {
		if !in.Only.Has(want.Name) || d == nil && absentName(in.Live, want.Name) == nil {
			continue
		}
		for _, o := range ownersOfNewHosts(want, d, in.Live) {
			if !o.Has(snapshot.Hosts) && !asked[o] {
				asked[o] = true
				all = append(all, Need{o, snapshot.Hosts})
			}
		}
	}
	return all
}

// DependantNeeds asks for the nameservers of all names where it matters which of
// them delegate to some host: one that would go, or one that would change where
// the files limit how many names that may concern.
func DependantNeeds(in Input) []Need {
	hosts, policy := attr.Lookup(attr.GlueHosts), in.Portfolio.Policy()
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		v := want.Value(attr.GlueHosts)
		if v == nil || !in.Only.Has(want.Name) {
			continue
		}
		d := in.Live.Domain(want.Name)
		if d == nil || !d.Has(hosts.Facts) {
			continue
		}
		changes := hosts.Changes(inputOf(policy, in.Live, want, v, d))
		if slices.ContainsFunc(changes, func(c attr.Change) bool {
			return c.Action == attr.Delete || c.Action == attr.Update && in.Portfolio.Guard.MaxDelegations != nil
		}) {
			return NeedsOfAll(in.Live, snapshot.Nameservers)
		}
	}
	return nil
}

// NeedsOfAll asks for the facts of every name, as far as names of its suffix
// have them.
func NeedsOfAll(live *Live, facts snapshot.Facts) []Need {
	needs := make([]Need, 0, len(live.Domains))
	for i := range live.Domains {
		d := &live.Domains[i]
		if n := attr.FactsOf(d.Name, facts); !live.Knows(d, n) {
			needs = append(needs, Need{d, n})
		}
	}
	return needs
}

// AccountNeeds returns what the declared attributes of the account are observed
// in, and the registrant profiles that names refer to.
func AccountNeeds(in Input) (facts snapshot.Facts) {
	for i := range in.Portfolio.Declared {
		if a := in.Portfolio.Declared[i].Attribute; in.Only.Has("") || a.Name == attr.RegistrantProfile && refersToProfile(in.Portfolio, in.Only) {
			facts |= a.Facts
		}
	}
	return facts
}

// HasMissingNames reports whether the account lacks a declared name: it may be on its
// way.
func HasMissingNames(in Input) bool {
	return slices.ContainsFunc(in.Portfolio.Domains, func(d config.Domain) bool {
		return in.Only.Has(d.Name) && in.Live.Domain(d.Name) == nil
	})
}

// ToRegister returns the names that the files have registered and the account
// lacks, and for how many years.
func ToRegister(in Input) map[string]int {
	years := make(map[string]int)
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		r, declared := want.Value(attr.RegistrationName).(attr.Registration)
		if declared && in.Only.Has(want.Name) && in.Live.Domain(want.Name) == nil && !isTransferringIn(in.Live, want.Name) {
			years[want.Name] = r.Years
		}
	}
	return years
}

// refersToProfile reports whether a contact of a selected name is a registrant
// profile.
func refersToProfile(p *config.Portfolio, only Selection) bool {
	return slices.ContainsFunc(p.Domains, func(d config.Domain) bool {
		return only.Has(d.Name) && slices.ContainsFunc(d.Declared, func(x config.Declared) bool {
			c, ok := x.Value.(attr.Contact)
			return ok && c[attr.RegistrantProfile] != ""
		})
	})
}

// needs returns what the attributes of declared names still ask for.
func needs(in Input, facts func(attr.Policy, *Live, *config.Domain, *snapshot.Domain) snapshot.Facts) []Need {
	var all []Need
	policy := in.Portfolio.Policy()
	for want, d := range declaredNames(in.Portfolio, in.Live) {
		if d == nil || !in.Only.Has(want.Name) {
			continue
		}
		if n := facts(policy, in.Live, want, d); n != 0 && !in.Live.Knows(d, n) {
			all = append(all, Need{d, n})
		}
	}
	return all
}

// declaredFacts are what the declared attributes are observed in.
func declaredFacts(_ attr.Policy, _ *Live, want *config.Domain, _ *snapshot.Domain) snapshot.Facts {
	var f snapshot.Facts
	for i := range want.Declared {
		f |= want.Declared[i].Attribute.Facts
	}
	return f
}

// safetyFacts are what the changes of a name must know. What could not be
// observed does not change and asks for nothing.
func safetyFacts(policy attr.Policy, live *Live, want *config.Domain, d *snapshot.Domain) snapshot.Facts {
	var f snapshot.Facts
	for i := range want.Declared {
		a := want.Declared[i].Attribute
		if a.Safety == nil || !live.Knows(d, a.Facts) {
			continue
		}
		if in := inputOf(policy, live, want, want.Declared[i].Value, d); len(a.Changes(in)) > 0 {
			f |= a.Safety(in)
		}
	}
	return f
}

// inputOf is what the changes of one attribute of one name follow from, as far
// as the files and the live state tell.
func inputOf(policy attr.Policy, live *Live, want *config.Domain, v attr.Value, d *snapshot.Domain) attr.Input {
	return attr.Input{
		Name: want.Name, Desired: v, Live: d, Settings: want.Settings, Policy: policy, Account: live,
		Declares: want.Declares, Now: live.ReadAt,
	}
}
