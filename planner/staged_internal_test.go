package planner

import (
	"maps"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// stages reads as a reader would that knows beforehand which facts a plan needs,
// in which order: a model of what [Needs] has to come to, by predicates of its
// own. It asks no change log.
func (r *reading) stages(in Input) {
	in.Live = r.known
	if stagedLacksNames(in) {
		r.transfersIn()
	}
	r.offers(slices.Sorted(maps.Keys(stagedToRegister(in))), snapshot.Profiles)
	r.stage(stagedDeclaredNeeds(in))
	r.account(stagedAccountNeeds(in))
	r.stage(stagedSafetyNeeds(in))
	r.stage(stagedSafetyNeeds(in)) // what a renewal costs
	r.stage(stagedSafetyNeeds(in)) // what a premium name costs
	r.stage(stagedOwnerNeeds(in))
	r.stage(stagedDependantNeeds(in))
}

func (r *reading) stage(needs []stagedNeed) {
	for _, n := range needs {
		r.name(n.Domain.Name, n.Facts)
		r.account(n.Facts)
	}
}

// stagedNeed is facts to be read of one name.
type stagedNeed struct {
	Domain *snapshot.Domain // in the live state
	Facts  snapshot.Facts
}

// stagedDeclaredNeeds returns what declared attributes are observed in and is not
// known, and the hosts of the names that the nameservers belong to which orders
// may carry.
func stagedDeclaredNeeds(in Input) []stagedNeed {
	all := stagedNeeds(in, stagedDeclaredFacts)
	asked := make(map[*snapshot.Domain]int)
	for i := range all {
		asked[all[i].Domain] = i
	}
	for _, name := range stagedParents(in, func(name string) bool { return in.Live.Lacking(name) != nil }) {
		d := in.Live.Domain(name)
		if d == nil || d.Has(snapshot.Hosts) {
			continue
		}
		if i, ok := asked[d]; ok {
			all[i].Facts |= snapshot.Hosts
		} else {
			all = append(all, stagedNeed{d, snapshot.Hosts})
		}
	}
	return all
}

// stagedSafetyNeeds returns what the changes of names must know and do not.
func stagedSafetyNeeds(in Input) []stagedNeed { return stagedNeeds(in, stagedSafetyFacts) }

// stagedOwnerNeeds asks for the hosts of the names that own what selected names are
// to be delegated to.
func stagedOwnerNeeds(in Input) (all []stagedNeed) {
	asked := make(map[*snapshot.Domain]bool)
	for want, d := range declaredNames(in.Portfolio, in.Live) {
		if !in.Only.Has(want.Name) || d == nil && in.Live.Lacking(want.Name) == nil {
			continue
		}
		for _, o := range stagedOwnersOfNewHosts(want, d, in.Live) {
			if !o.Has(snapshot.Hosts) && !asked[o] {
				asked[o] = true
				all = append(all, stagedNeed{o, snapshot.Hosts})
			}
		}
	}
	return all
}

// stagedDependantNeeds asks for the nameservers of all names where it matters which of
// them delegate to some host: one that would go, or one that would change where
// the files limit how many names that may concern.
func stagedDependantNeeds(in Input) []stagedNeed {
	hosts := attr.Lookup(attr.GlueHosts)
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
		changes := hosts.Changes(stagedInput(in.Portfolio, in.Live, want, v, d))
		if slices.ContainsFunc(changes, func(c attr.Change) bool {
			return c.Action == attr.Delete || c.Action == attr.Update && in.Portfolio.Guard.MaxDelegations != nil
		}) {
			return stagedNeedsOfAll(in.Live, snapshot.Nameservers)
		}
	}
	return nil
}

// stagedNeedsOfAll asks for the facts of every name, as far as names of its suffix
// have them.
func stagedNeedsOfAll(live *Live, facts snapshot.Facts) []stagedNeed {
	needs := make([]stagedNeed, 0, len(live.Domains))
	for i := range live.Domains {
		d := &live.Domains[i]
		if n := attr.FactsOf(d.Name, facts); !live.Knows(d, n) {
			needs = append(needs, stagedNeed{d, n})
		}
	}
	return needs
}

// stagedAccountNeeds returns what the declared attributes of the account are observed
// in, and the registrant profiles that names refer to.
func stagedAccountNeeds(in Input) (facts snapshot.Facts) {
	for i := range in.Portfolio.Declared {
		if a := in.Portfolio.Declared[i].Attribute; in.Only.Has("") || a.Name == attr.RegistrantProfile && refersToProfile(in.Portfolio, in.Only) {
			facts |= a.Facts
		}
	}
	return facts
}

// stagedLacksNames reports whether the account lacks a declared name: it may be on its
// way.
func stagedLacksNames(in Input) bool {
	return slices.ContainsFunc(in.Portfolio.Domains, func(d config.Domain) bool {
		return in.Only.Has(d.Name) && in.Live.Domain(d.Name) == nil
	})
}

// stagedToRegister returns the names that the files have registered and the account
// lacks, and for how many years.
func stagedToRegister(in Input) map[string]int {
	years := make(map[string]int)
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		r, declared := want.Value(attr.RegistrationName).(attr.Registration)
		if declared && in.Only.Has(want.Name) && in.Live.Domain(want.Name) == nil && !stagedArrives(in.Live, want.Name) {
			years[want.Name] = r.Years
		}
	}
	return years
}

// stagedNeeds returns what the attributes of declared names still ask for.
func stagedNeeds(in Input, facts func(*config.Portfolio, *Live, *config.Domain, *snapshot.Domain) snapshot.Facts) []stagedNeed {
	var all []stagedNeed
	for want, d := range declaredNames(in.Portfolio, in.Live) {
		if d == nil || !in.Only.Has(want.Name) {
			continue
		}
		if n := facts(in.Portfolio, in.Live, want, d); n != 0 && !in.Live.Knows(d, n) {
			all = append(all, stagedNeed{d, n})
		}
	}
	return all
}

// stagedParents returns the names that the nameservers belong to which the
// orders for missing names may carry, sorted: what hosts those have must be known.
func stagedParents(in Input, missing func(name string) bool) []string {
	var parents []string
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		if !want.Declares(attr.RegistrationName) || !in.Only.Has(want.Name) || !missing(want.Name) {
			continue
		}
		for j := range want.Declared {
			parents = append(parents, stagedParentsOf(want.Name, &want.Declared[j])...)
		}
	}
	slices.Sort(parents)
	return slices.Compact(parents)
}

func stagedParentsOf(name string, decl *config.Declared) (parents []string) {
	nameservers, ok := decl.Value.(attr.NameserverSet)
	if !ok || !decl.Attribute.Carry(nameservers, new(wire.Registration)) {
		return nil
	}
	for _, host := range nameservers {
		parents = append(parents, parentsOf(host)...)
	}
	if slices.Contains(parents, name) {
		return nil
	}
	return parents
}

// stagedArrives reports whether a name is being transferred into the account.
func stagedArrives(live *Live, name string) bool {
	return slices.ContainsFunc(live.TransfersIn, func(t snapshot.TransferIn) bool { return t.Domain == name })
}

// stagedDeclaredFacts are what the declared attributes are observed in.
func stagedDeclaredFacts(_ *config.Portfolio, _ *Live, want *config.Domain, _ *snapshot.Domain) snapshot.Facts {
	var f snapshot.Facts
	for i := range want.Declared {
		f |= want.Declared[i].Attribute.Facts
	}
	return f
}

// stagedSafetyFacts are what the changes of a name must know. What could not be
// observed does not change and asks for nothing.
func stagedSafetyFacts(p *config.Portfolio, live *Live, want *config.Domain, d *snapshot.Domain) snapshot.Facts {
	var f snapshot.Facts
	for i := range want.Declared {
		a := want.Declared[i].Attribute
		if a.Safety == nil || !live.Knows(d, a.Facts) {
			continue
		}
		in := stagedInput(p, live, want, want.Declared[i].Value, d)
		if len(a.Changes(in)) == 0 {
			continue
		}
		if a.Price != nil && !d.Has(a.Price(in)) {
			f |= a.Price(in)
		} else {
			f |= a.Safety(in)
		}
	}
	return f
}

// stagedInput is what the changes of one attribute of one name follow from, as far
// as the files and the live state tell.
func stagedInput(p *config.Portfolio, live *Live, want *config.Domain, v attr.Value, d *snapshot.Domain) attr.Input {
	return attr.Input{
		Name: want.Name, Desired: v, Live: d, Settings: want.Settings, Policy: p.Policy(), Account: live,
		Declares: want.Declares, Now: live.ReadAt, Prices: p.PricesOf(want.Name), Buys: p.Budget != nil,
	}
}

// stagedOwnersOfNewHosts returns the names of the account that own a host to which a
// name is to be delegated and is not yet. Their hosts must be known.
func stagedOwnersOfNewHosts(want *config.Domain, d *snapshot.Domain, live *Live) (owners []*snapshot.Domain) {
	for i := range want.Declared {
		for _, host := range attr.Nameservers(want.Declared[i].Value) {
			if d != nil && slices.Contains(d.Nameservers, host) {
				continue
			}
			for _, parent := range parentsOf(host) {
				if o := live.Domain(parent); o != nil {
					owners = append(owners, o)
					break
				}
			}
		}
	}
	return owners
}
