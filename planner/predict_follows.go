package planner

import (
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
	left      map[string]bool            // what the plan does not change, by ID of the attribute
	waiting   []attr.Change              // of that
	look      Input                      // notes all facts that are looked at
}

// follow counts what follows the changes of a plan, as far as they say what they
// make: names are read again, and what was announced is made in a run of its own.
func (t *callForecast) follow(p *Plan, in Input) {
	next := nextRun{made: make(map[string]bool), announced: make(map[string]bool), left: make(map[string]bool)}
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
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Status != attr.Ready && c.Reason != inTheOrder {
			next.left[attr.ChangeID(c.Domain, c.Attribute)] = true
		}
	}
	in.Live, in.Only, in.Limit = p.withOrders(in), SelectNames(names), 0
	in.Approval = in.Approval.ofAnnounced(p.Follows())
	next.differ, next.locks, next.look = newDiffer(in), p.locksSet(), in
	next.look.asked = newAsked(in.Live, nil)
	next.look.asked.all = true
	changes := next.changes()
	(&Plan{Changes: next.waiting}).eachMissingHost(next.look, func(*attr.Change, *missingHost) {})
	if in.History.Memory.TellsTasks && slices.ContainsFunc(changes, mayBeMade) {
		next.look.lacks(new(snapshot.Domain), snapshot.OthersTasks)
	}
	t.fetch(in, &next.look.asked.Questions)
	t.run(changes)
}

// withOrders returns the account with the names that the plan orders, as far as
// the orders say what they are.
func (p *Plan) withOrders(in Input) *Live {
	with, policy := *in.Live, in.Portfolio.Policy()
	with.Domains = slices.Clone(with.Domains)
	var listed, scrolled snapshot.Facts
	for i := range in.Live.Domains {
		listed, scrolled = listed|in.Live.Domains[i].FromList, scrolled|in.Live.Domains[i].FromScroll
	}
	for i := range p.Changes {
		if d := attr.OrderedName(&p.Changes[i], in.Live, policy); d != nil {
			if len(in.Live.Domains) > 0 && listed&snapshot.AutoRenew == 0 {
				d.AutoRenew = nil // this service does not tell it
			}
			d.FromList, d.FromScroll = d.Known(listed), d.Known(scrolled)
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
	return r.awaitProfiles(all)
}

// awaitProfiles holds back contacts whose registrant profiles still have to change
// when the plan is made.
func (r *nextRun) awaitProfiles(changes []attr.Change) []attr.Change {
	r.account()
	left := append(r.unselectedProfileChanges, r.plan.Changes...)
	r.unselectedProfileChanges = slices.DeleteFunc(left, func(c attr.Change) bool {
		return attr.Lookup(c.Attribute).SavedProfile == nil || r.made[c.ID] || r.announced[c.ID]
	})
	r.plan.Changes = changes
	r.profilesFirst()
	r.pruneSteps()
	return r.plan.Changes
}

// attribute returns what was announced of one attribute. What the plan changes
// does not change again.
func (r *nextRun) attribute(want *config.Domain, decl *config.Declared, live *snapshot.Domain) (all []attr.Change) {
	a, id := decl.Attribute, attr.ChangeID(want.Name, decl.Attribute.Name)
	if r.look.lacks(live, a.Facts) != 0 {
		return nil
	}
	in := r.inputOf(want, decl, live)
	changes := a.Changes(in)
	if len(changes) > 0 && r.left[id] {
		r.waiting = append(r.waiting, changes...)
		if a.Safety != nil {
			r.look.lacks(live, a.Safety(in))
		}
	}
	for _, c := range changes {
		if c.Cost != nil && c.Status == attr.Ready && !r.made[c.ID] && r.countsOthers() && r.budget.allows(&c, r.foreign) {
			r.look.lacks(new(snapshot.Domain), snapshot.PastOrders)
		}
		if c.Cost != nil || !r.announced[id] && !r.announced[c.ID] {
			continue
		}
		if r.made[c.Follows] && a.Expect != nil {
			c.Release(a.Expect(&c, in))
		}
		c.ListedBy = listedBy(a, live)
		all = append(all, c)
	}
	return all
}

// fetch counts the reads of what follows a plan.
func (t *callForecast) fetch(in Input, q *Questions) {
	t.names = len(in.Live.Domains)
	t.calls[namesList.Operation] += ceil(t.names, t.pageSize)
	for name, facts := range q.Facts {
		d := in.Live.Domain(name)
		known := snapshot.Domain{InstanceID: d.InstanceID, Expires: d.Expires, ExpiresUnclear: d.ExpiresUnclear, Status: d.Status, AutoRenew: d.AutoRenew}
		if (d.FromList|d.FromScroll)&snapshot.Nameservers != 0 {
			known.Nameservers = d.Nameservers
		}
		t.read(&known, facts)
	}
	if refersToProfile(in.Portfolio, in.Only) {
		q.Account |= snapshot.Profiles
	}
	t.read(&snapshot.Domain{}, q.Account)
}
