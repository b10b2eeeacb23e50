package planner

import (
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/config/attr"
)

// An Approval says which changes may be made. What it does not name is
// unapproved: the plan lists it, and an apply sends nothing of it.
type Approval struct {
	// Hazards may pass. What has none always may.
	Hazards []attr.Hazard
	// All lets every hazard pass.
	All bool
	// PersonOnly is where the operator's policy says that a person has to approve the
	// others, as file:line; "": nowhere.
	PersonOnly string
	// Rule is that of the account's fleet: what it asks persons about passes when they
	// have said yes, whatever Hazards says. Nil: there is none.
	Rule *PersonRule
	// Present is who is asked about the plan before anything is made: it is made as if
	// they had said yes. "": nobody is.
	Present string
	// Outside says that the run is none of the fleet's: what would pass but for the rule
	// is refused.
	Outside bool
	// BreaksGlass lets pass what the rule asks persons about.
	BreaksGlass bool
	// announced are the changes, by ID, that a plan has announced to follow
	// others, and that were approved then.
	announced map[string]*attr.Change
	// left are the changes, by ID, that a saved plan leaves to persons: whoever applies
	// it makes what it says that it makes, so that each of these takes a yes of its own.
	left map[string]bool
}

// covers reports whether a hazard may pass, but for the rule.
func (a *Approval) covers(h attr.Hazard) bool {
	return a == nil || h == attr.None || a.All || slices.Contains(a.Hazards, h)
}

// leaving returns the approval, nil is all, of an apply of a saved plan: what that has
// left unapproved for its hazard takes a person's recorded yes, whatever else may pass.
func (a *Approval) leaving(saved *Plan) *Approval {
	left := make(map[string]bool)
	for c := range saved.Differences() {
		if saved.leaves(c) && c.HeldWith == "" {
			left[c.ID] = true
		}
	}
	if len(left) == 0 {
		return a
	}
	next := Approval{All: true}
	if a != nil {
		next = *a
	}
	next.left = left
	return &next
}

// leaves reports whether the plan leaves a change to persons for its hazard alone.
func (p *Plan) leaves(c *attr.Change) bool { return c.Status == attr.Unapproved && !lacksPersons(c) }

// asksPersons reports whether persons have to say yes to a hazard.
func (a *Approval) asksPersons(h attr.Hazard) bool {
	return a != nil && !a.BreaksGlass && a.Rule.needs(h) > 0
}

// approves reports whether a change may be made, for all that its own hazard is,
// without a word of a person. Nil approves everything.
func (a *Approval) approves(c *attr.Change) bool {
	if a == nil || c.Hazard == attr.None || a.covers(c.Hazard) && !a.asksPersons(c.Hazard) && !a.left[c.ID] {
		return true
	}
	return a.hasAnnounced(c)
}

// hasAnnounced reports whether a plan has announced a change, and it was approved then.
func (a *Approval) hasAnnounced(c *attr.Change) bool {
	if first := a.announced[c.ID]; first != nil {
		return first.Hazard == c.Hazard && sameValue(first.After, c.After)
	}
	whole := a.announced[attr.ChangeID(c.Domain, c.Attribute)]
	return whole != nil && whole.Hazard == c.Hazard
}

// ofAnnounced approves what a plan has announced to follow: that was approved, or
// it would not follow. Where everything is approved it stays so.
func (a *Approval) ofAnnounced(follows []*attr.Change) *Approval {
	if a == nil {
		return nil
	}
	next := &Approval{All: a.All, Rule: a.Rule, Outside: a.Outside, BreaksGlass: a.BreaksGlass, announced: make(map[string]*attr.Change, len(follows))}
	for _, c := range follows {
		next.announced[c.ID] = c
	}
	return next
}

// approve holds a change back that nobody has approved, or too few persons.
func (d *differ) approve(c *attr.Change) {
	a := d.Approval
	if a.approves(c) || !c.Planned() {
		return
	}
	said := d.approvals.said(c, a.Rule, d.Live.ReadAt)
	if a.enough(said) {
		return
	}
	reason := fmt.Sprintf("the hazard %s is not approved%s", c.Hazard, d.approvals.why(c, a, said, d.Live.ReadAt))
	if a.left[c.ID] {
		reason += "; the plan that is applied leaves it to persons: domainsync jobs approve, or an apply at a terminal"
	}
	if a.PersonOnly != "" {
		reason += fmt.Sprintf("; the operator's policy leaves it to a person (%s)", a.PersonOnly)
	}
	d.reordered = true
	switch {
	case !a.asksPersons(c.Hazard):
		c.Block(attr.Unapproved, "%s", reason)
	case a.Outside && a.covers(c.Hazard):
		c.BlockFor(attr.PersonsCause, attr.Refused, "%s", reason)
	default:
		c.BlockFor(attr.PersonsCause, attr.Unapproved, "%s", reason)
	}
}

// approveName holds back the changes of a name that nobody has approved, and with
// them those that need them or would be in their way: what waits for the update
// lock to be opened for good, and the closing of the lock. Rules that come later
// see to the rest: what needs a change that is not ready is not ready either.
func (d *differ) approveName(s *subject) {
	if d.Approval == nil {
		return
	}
	for i := range s.changes {
		d.approve(&s.changes[i])
	}
	holdBackByLock(s)
}

// lackedHazards returns the hazards for which changes of a plan are unapproved,
// from the least. Changes that are held back with others are not among them, and none
// that lack persons, or that a saved plan leaves to them, for a hazard that is named
// approves none of these.
func (p *Plan) lackedHazards(a *Approval) []attr.Hazard {
	lacked := make(map[attr.Hazard]bool)
	for c := range p.Differences() {
		if p.leaves(c) && !a.approves(c) && !a.left[c.ID] {
			lacked[c.Hazard] = true
		}
	}
	if len(lacked) == 0 {
		return nil
	}
	return slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return !lacked[h] })
}
