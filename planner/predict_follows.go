package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A nextRun is the run that makes what was announced to follow the changes of a
// plan.
type nextRun struct {
	*differ
	made      map[string]bool            // by the plan, by ID
	announced map[string]bool            // to follow, by ID
	locks     map[string]wire.LockStatus // as the plan leaves them, by name
}

// follow counts what follows the changes of a plan, as far as they say what they
// make: names are read again, and what was announced is made in a run of its own.
func (t *callForecast) follow(p *Plan, in Input) {
	next := nextRun{made: make(map[string]bool), announced: make(map[string]bool)}
	var names []string
	for _, c := range p.Follows() {
		names = append(names, c.Domain)
		if c.Reason != inTheOrder {
			next.announced[c.ID] = true
		}
	}
	if len(names) == 0 {
		return
	}
	for _, c := range p.Executed() {
		next.made[c.ID] = true
	}
	in.Live, in.Only, in.Limit = p.withOrders(in), SelectNames(names), 0
	t.fetch(p, in)
	next.differ, next.locks = newDiffer(in), p.locksSet()
	t.run(next.changes())
}

// withOrders returns the account with the names that the plan orders, as far as
// the orders say what they are.
func (p *Plan) withOrders(in Input) *Live {
	with, policy := *in.Live, in.Portfolio.Policy()
	with.Domains = slices.Clone(with.Domains)
	for i := range p.Changes {
		if d := attr.OrderedName(&p.Changes[i], in.Live, policy); d != nil {
			with.Domains = append(with.Domains, *d)
		}
	}
	slices.SortFunc(with.Domains, func(x, y snapshot.Domain) int { return strings.Compare(x.Name, y.Name) })
	return &with
}

// changes returns what was announced, as the attributes and the rules for names
// tell it when what it follows has been made.
func (r *nextRun) changes() (all []attr.Change) {
	for want, live := range declaredNames(r.Portfolio, r.Live) {
		if live == nil || !r.Only.Has(want.Name) {
			continue
		}
		is := *live
		if lock, set := r.locks[want.Name]; set {
			is.UpdateLock = lock
		}
		s := subject{want: want, live: &is}
		for i := range want.Declared {
			s.changes = append(s.changes, r.attribute(want, &want.Declared[i], &is)...)
		}
		r.applyNameRules(&s)
		all = append(all, s.changes...)
	}
	return all
}

// attribute returns what was announced of one attribute.
func (r *nextRun) attribute(want *config.Domain, decl *config.Declared, live *snapshot.Domain) (all []attr.Change) {
	a := decl.Attribute
	if r.Live.Lacks(live, a.Facts) != 0 {
		return nil
	}
	in := inputOf(r.policy, r.Live, want, decl.Value, live)
	in.Seen = r.seen
	whole := r.announced[attr.ChangeID(want.Name, a.Name)]
	for _, c := range a.Changes(in) {
		if c.Cost != nil || !whole && !r.announced[c.ID] {
			continue
		}
		if r.made[c.Follows] && a.Expect != nil {
			c.Release(a.Expect(&c, in))
		}
		all = append(all, c)
	}
	return all
}

// fetch counts the reads of what follows a plan. What the plan changes does not
// change again.
func (t *callForecast) fetch(p *Plan, in Input) {
	rest := make(map[string]bool)
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Status != attr.Ready && c.Reason != inTheOrder {
			rest[attr.ChangeID(c.Domain, c.Attribute)] = true
		}
	}
	t.calls["QueryDomainList"] += ceil(len(in.Live.Domains), cmp.Or(in.Portfolio.Refresh.PageSize, config.DefaultRefresh().PageSize))
	policy := in.Portfolio.Policy()
	var whole snapshot.Facts
	owners, read := make(map[string]*snapshot.Domain), make(map[string]bool)
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		d := in.Live.Domain(want.Name)
		if d == nil || !in.Only.Has(want.Name) {
			continue
		}
		left := *want
		left.Declared = slices.DeleteFunc(slices.Clone(want.Declared), func(x config.Declared) bool {
			return !rest[attr.ChangeID(want.Name, x.Attribute.Name)]
		})
		facts := declaredFacts(policy, in.Live, want, d) | safetyFacts(policy, in.Live, &left, d)
		for _, o := range ownersOfNewHosts(&left, d, in.Live) {
			owners[o.Name] = o
		}
		if facts&snapshot.Hosts != 0 {
			read[d.Name] = true
		}
		t.read(&snapshot.Domain{InstanceID: d.InstanceID, Expires: d.Expires, ExpiresUnclear: d.ExpiresUnclear, Status: d.Status}, facts&^snapshot.OfAccount)
		whole |= facts & snapshot.OfAccount
	}
	for name, o := range owners {
		if !read[name] {
			t.read(&snapshot.Domain{InstanceID: o.InstanceID}, snapshot.Hosts)
		}
	}
	if refersToProfile(in.Portfolio, in.Only) {
		whole |= snapshot.Profiles
	}
	t.read(&snapshot.Domain{}, whole)
}
