package planner

import (
	"maps"
	"slices"

	"github.com/domainsync/domainsync/config/attr"
)

// percentFloor is the number of managed names below which a change of many of
// them says nothing: two of three are no accident.
const percentFloor = 10

// The names of the guards, as the guard block has them.
const (
	GuardPercent     = "max_change_percent"
	GuardDelegations = "max_delegations"
	GuardRegistrants = "max_registrant_changes"
	GuardReleased    = "max_released"
	GuardFailures    = "max_failures"
)

// guard compares the plan with the limits of the guard block.
func (p *Plan) guard(in Input) {
	p.Guards = []Guard{}
	g := in.Portfolio.Guard
	if managed := p.Summary.Names; g.MaxChangePercent != nil && managed >= percentFloor {
		percent := (p.changing()*100 + managed - 1) / managed
		p.limit(GuardPercent, g.MaxChangePercent, percent)
	}
	p.limit(GuardDelegations, g.MaxDelegations, p.delegations(in.Live))
	if n := p.registrants(in.Portfolio.Policy()); n > 0 || g.MaxRegistrantChanges != nil && *g.MaxRegistrantChanges > 0 {
		p.limit(GuardRegistrants, g.MaxRegistrantChanges, n)
	}
	p.limit(GuardReleased, g.MaxReleased, released(in.History.Declared, p.Declared))
	if g.MaxFailures != nil {
		p.Guards = append(p.Guards, Guard{Name: GuardFailures, Limit: *g.MaxFailures})
	}
}

// changing counts the names that an apply changes.
func (p *Plan) changing() (n int) {
	last := ""
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Planned() && c.Domain != last {
			n, last = n+1, c.Domain
		}
	}
	return n
}

func (p *Plan) limit(name string, limit *int, value int) {
	if limit != nil {
		p.Guards = append(p.Guards, Guard{Name: name, Limit: *limit, Value: value, Refuses: value > *limit})
	}
}

// delegations counts the names whose delegation would change, those included
// that delegate to a host which changes, and those that may.
func (p *Plan) delegations(live *Live) int {
	names, hosts := make(map[string]bool), make(map[string]bool)
	for i := range p.Changes {
		c := &p.Changes[i]
		if !c.Planned() || c.Hazard != attr.Delegation {
			continue
		}
		names[c.Domain] = true
		if c.Attribute == attr.GlueHosts && c.Status == attr.Ready && c.Action != attr.Create {
			hosts[attr.HostName(c)] = true
		}
	}
	if len(hosts) > 0 {
		users, unread := usersOf(hosts, live)
		for _, some := range append(slices.Collect(maps.Values(users)), unread) {
			for _, name := range some {
				names[name] = true
			}
		}
	}
	return len(names)
}

// released counts the names of before that are not among now. Both are sorted.
func released(before, now []string) int {
	n := 0
	for _, name := range before {
		if _, ok := slices.BinarySearch(now, name); !ok {
			n++
		}
	}
	return n
}
