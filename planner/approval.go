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
	// PersonOnly is where the operator's policy says that a person has to approve the
	// others, as file:line; "": nowhere.
	PersonOnly string
	// announced are the changes, by ID, that a plan has announced to follow
	// others, and that were approved then.
	announced map[string]*attr.Change
}

// approves reports whether a change may be made, for all that its own hazard is.
// Nil approves everything.
func (a *Approval) approves(c *attr.Change) bool {
	if a == nil || c.Hazard == attr.None || slices.Contains(a.Hazards, c.Hazard) {
		return true
	}
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
	next := &Approval{announced: make(map[string]*attr.Change, len(follows))}
	for _, c := range follows {
		next.announced[c.ID] = c
	}
	return next
}

// approve holds a change back that nobody has approved.
func (d *differ) approve(c *attr.Change) {
	if d.Approval.approves(c) || !c.Planned() {
		return
	}
	record, why := d.approvals.of(c, d.Live.ReadAt)
	if record != nil {
		return
	}
	if d.Approval.PersonOnly != "" {
		why += fmt.Sprintf("; the operator's policy leaves it to a person (%s)", d.Approval.PersonOnly)
	}
	c.Block(attr.Unapproved, "the hazard %s is not approved%s", c.Hazard, why)
	d.reordered = true
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
// from the least. Changes that are held back with others are not among them.
func (p *Plan) lackedHazards(a *Approval) []attr.Hazard {
	lacked := make(map[attr.Hazard]bool)
	for c := range p.Differences() {
		if c.Status == attr.Unapproved && !a.approves(c) {
			lacked[c.Hazard] = true
		}
	}
	if len(lacked) == 0 {
		return nil
	}
	return slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return !lacked[h] })
}
