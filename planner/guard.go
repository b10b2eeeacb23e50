package planner

import (
	"slices"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// percentFloor is the number of managed names below which a share says nothing:
// two of three names may well change at once.
const percentFloor = 10

// The names of the guards, as the guard block has them.
const (
	GuardPercent     = "max_change_percent"
	GuardDelegations = "max_delegations"
	GuardRegistrants = "max_registrant_changes"
	GuardReleased    = "max_released"
	GuardFailures    = "max_failures"
)

// Guard is one limit of the guard block against what the plan would do.
type Guard struct {
	Name  string `json:"name"`
	Limit int    `json:"limit"`
	Value int    `json:"value"`
	// Refuses says that it counts more than its limit: what it counts is refused, and
	// with StopsAll the whole plan.
	Refuses  bool `json:"refuses"`
	StopsAll bool `json:"stops_all,omitempty"`
	// Counted is how many names it counts, and Names are the first of them.
	Counted int      `json:"counted,omitempty"`
	Names   []string `json:"names,omitempty"`
	// Waiting is how many names it will count when they no longer wait.
	Waiting int `json:"waiting,omitempty"`
	// Unseen says what it could not see, "" where it saw all that it counts.
	Unseen string `json:"unseen,omitempty"`
}

// namedByGuard is how many of the names that it counts a guard tells.
const namedByGuard = 10

// refusals says of each guard which changes it refuses where it counts too much: those
// that it counts. [GuardReleased] counts no changes, but names that the files may have
// lost: nothing that these files say is made then.
var refusals = map[string]func(c *attr.Change) bool{
	GuardPercent:     changesName,
	GuardDelegations: func(c *attr.Change) bool { return c.Hazard == attr.Delegation },
	GuardRegistrants: func(c *attr.Change) bool { return attr.Lookup(c.Attribute).Mails != nil },
	GuardReleased:    changesName,
}

// changesName reports whether a change makes something else of a name. What keeps a name,
// or buys it, does not: the budget bounds that, and a name that is not renewed is lost.
func changesName(c *attr.Change) bool {
	keeps := c.Cost != nil || c.Hazard == attr.Money && attr.IsOn(c.After)
	return c.Domain != "" && !keeps
}

// guarded plans, until no guard counts too much that was not known to refuse: what one
// refuses is planned as if nobody had declared it, so that unlocks, batches, orders and
// limits are those of what is made. Another guard may count more then only where --limit
// has let other names come up.
func guarded(in Input, plan func(Input) *Plan) *Plan {
	in = in.overUndo()
	for {
		p, known := plan(in), len(in.refusing)
		for _, g := range p.Guards {
			if g.Refuses && !g.StopsAll && !isAmong(in.refusing, g.Name) {
				in.refusing = append(slices.Clip(in.refusing), g)
			}
		}
		if len(in.refusing) == known {
			return p
		}
	}
}

func isAmong(guards []Guard, name string) bool {
	return slices.ContainsFunc(guards, func(g Guard) bool { return g.Name == name })
}

// refuseName holds back the changes of a name that a guard refuses, and with them those
// that would be in their way, as [differ.approveName] does.
func (d *differ) refuseName(s *subject) {
	if len(d.refusing) == 0 {
		return
	}
	for i := range s.changes {
		c := &s.changes[i]
		for _, g := range d.refusing {
			if c.Planned() && refusals[g.Name](c) {
				c.BlockFor(attr.GuardCause, attr.Refused, "guard %s counts %s, more than its limit of %s", g.Name, words.Number(g.Value), words.Number(g.Limit))
				d.reordered = true
			}
		}
	}
	holdBackByLock(s)
}

// guard compares the plan with the limits of the guard block. Guards that refuse keep
// what they counted before they did.
func (p *Plan) guard(in Input) {
	p.Guards = []Guard{}
	g := in.Portfolio.Guard
	if managed := p.Summary.Names; g.MaxChangePercent != nil && managed >= percentFloor {
		changing := p.changedNames()
		p.limit(in, Guard{Name: GuardPercent, Limit: *g.MaxChangePercent, Value: (len(changing)*100 + managed - 1) / managed}, changing)
	}
	if g.MaxDelegations != nil {
		names, unseen := p.delegations(in)
		p.limit(in, Guard{Name: GuardDelegations, Limit: *g.MaxDelegations, Value: len(names), Unseen: unseen}, names)
	}
	names, waiting := p.registrants(in)
	if n := g.MaxRegistrantChanges; n != nil && (len(names)+waiting+*n > 0 || isAmong(in.refusing, GuardRegistrants)) {
		p.limit(in, Guard{Name: GuardRegistrants, Limit: *n, Value: len(names), Waiting: waiting}, names)
	}
	p.guardReleased(in)
	if g.MaxFailures != nil {
		p.Guards = append(p.Guards, Guard{Name: GuardFailures, Limit: *g.MaxFailures})
	}
}

// limit adds a guard with the sorted names that it counts.
func (p *Plan) limit(in Input, g Guard, names []string) {
	for _, before := range in.refusing {
		if before.Name == g.Name {
			p.Guards = append(p.Guards, before)
			return
		}
	}
	g.Refuses, g.StopsAll = g.Value > g.Limit, g.Value > g.Limit && in.Portfolio.Guard.StopAll
	g.Counted = len(names)
	g.Names = slices.Clone(names[:min(len(names), namedByGuard)])
	p.Guards = append(p.Guards, g)
}

// changedNames returns the names that an apply changes.
func (p *Plan) changedNames() (names []string) {
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Planned() && changesName(c) && !c.Temporary() && (len(names) == 0 || names[len(names)-1] != c.Domain) {
			names = append(names, c.Domain)
		}
	}
	return names
}

// delegations returns the names whose delegation changes, names that delegate
// to a changed host included. Names that may be among them count as well;
// unseen says which those are.
func (p *Plan) delegations(in Input) (names []string, unseen string) {
	hosts := make(map[string]bool)
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Planned() || c.Hazard != attr.Delegation {
			continue
		}
		names = append(names, c.Domain)
		if of := attr.Lookup(c.Attribute).Hosts; of != nil && c.Status == attr.Ready && c.Action != attr.Create {
			for _, host := range of(c) {
				hosts[host] = true
			}
		}
	}
	if len(hosts) > 0 {
		users, unread := in.delegatingNames(hosts)
		for _, some := range users {
			names = append(names, some...)
		}
		if names = append(names, unread...); len(unread) > 0 {
			unseen = "the nameservers of " + firstOf(unread) + " could not be read, and count as changed"
		}
	}
	slices.Sort(names)
	return slices.Compact(names), unseen
}

// firstOf names the first of some names and counts the others.
func firstOf(names []string) string {
	return words.List(names[:1], len(names)-1)
}

// guardReleased compares the number of names that left the files with the
// limit. Where the files state none, it is one in a hundred of the managed
// names. The guard is shown only where names have left.
func (p *Plan) guardReleased(in Input) {
	if in.Transfers != nil || in.Undo != nil {
		return // such a plan looks at no name of the files
	}
	stated := in.Portfolio.Guard.MaxReleased
	g := Guard{Name: GuardReleased, Limit: in.Portfolio.MaxReleased()}
	var names []string
	if in.History.Declared == nil {
		g.Unseen = "no earlier apply is recorded here, so that nobody knows which names left the files"
	} else {
		names = in.leftOf(in.History.Declared)
	}
	if g.Value = len(names); stated != nil || g.Value > 0 || g.Unseen != "" {
		p.limit(in, g, names)
	}
	if g.Value > g.Limit {
		// The next plan must find them, too: that it was refused once is no answer.
		p.Declared = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Declared, names))))
	}
}
