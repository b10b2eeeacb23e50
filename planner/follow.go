package planner

import (
	"maps"
	"slices"

	"github.com/domainsync/domainsync/config/attr"
)

// follow decides which changes follow others in the same apply. A change that
// follows one which the plan does not make waits for a later plan, and says
// why.
func (p *Plan) follow(w *spread) {
	byID := make(map[string]*attr.Change, len(p.Changes))
	for i := range p.Changes {
		byID[p.Changes[i].ID] = &p.Changes[i]
	}
	leave := func(c *attr.Change, id string) bool {
		switch first := byID[id]; {
		case c.Follows != id || first != nil && first.Planned():
			return false
		case first == nil:
			c.Block(attr.Waiting, "%s, and this plan leaves it out", c.Reason)
		default:
			c.BlockWith(first, c.Reason)
		}
		return true
	}
	var left []string
	for i := range p.Changes {
		c := &p.Changes[i]
		w.looks++
		if c.Follows != "" && leave(c, c.Follows) {
			left = append(left, c.ID)
		}
	}
	w.from(left, p.Changes, follows, leave)
	p.closeLast()
	for _, c := range p.Follows() {
		c.Follow(c.Follows, "%s; this follows in the same apply", c.Reason)
	}
}

// Follows returns the changes that an apply plans and makes when others have
// been made.
func (p *Plan) Follows() []*attr.Change {
	var all []*attr.Change
	for i := range p.Changes {
		if p.Changes[i].Follows != "" {
			all = append(all, &p.Changes[i])
		}
	}
	return all
}

// followersOf returns the changes that follow, directly or not, one that is done.
func (p *Plan) followersOf(w *spread, done []string) []*attr.Change {
	begun := make(map[string]bool, len(done))
	for _, id := range done {
		begun[id] = true
	}
	var all []*attr.Change
	taken := make(map[string]bool)
	w.from(slices.Sorted(maps.Keys(begun)), p.Changes, follows, func(c *attr.Change, _ string) bool {
		if taken[c.ID] {
			return false
		}
		taken[c.ID] = true
		all = append(all, c)
		return !begun[c.ID]
	})
	return all
}

// Follow plans the changes that a plan has announced to follow others. Done
// names the others, which are made now, by their IDs. Nothing else is planned,
// and no purchases. Read returns the input for such a plan; a nil plan says
// that nothing follows.
func Follow(shown *Plan, done []string, read func(Selection) (Input, error)) (*Plan, error) {
	announced := make(map[string]bool)
	var names []string
	next := shown.followersOf(new(spread), done)
	for _, c := range next {
		announced[c.ID] = true
		names = append(names, c.Domain)
	}
	if len(names) == 0 {
		return nil, nil
	}
	in, err := read(SelectNames(names))
	if err != nil {
		return nil, err
	}
	in.Only = SelectNames(names)
	in.Approval = in.Approval.ofAnnounced(next)
	return guarded(in, func(in Input) *Plan { return planAnnounced(in, announced) }), nil
}

// planAnnounced plans what was announced, by the IDs of changes or attributes.
func planAnnounced(in Input, announced map[string]bool) *Plan {
	today := diff(in)
	var kept []attr.Change
	for c := range today.Differences() {
		if c.Cost == nil && (announced[c.ID] || announced[attr.ChangeID(c.Domain, c.Attribute)]) {
			kept = append(kept, *c)
		}
	}
	today.Missing, today.Unmanaged = []string{}, []string{}
	p := today.restrictTo(in, kept)
	p.Threats, p.Rescues, p.Summary.Threatened, p.Summary.Endangered = nil, nil, 0, 0 // the plan before it has told them
	return p
}
