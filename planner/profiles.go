package planner

import "github.com/domainsync/domainsync/config/attr"

// profilesFirst lets names have the contact of a registrant profile, and be
// registered for it, when the profile's own changes have been made, those
// included that the plan leaves aside. It reports whether some have to wait.
func (p *Plan) profilesFirst(aside []attr.Change) (waits bool) {
	saved := make(map[int64]*attr.Change)
	for i := range aside {
		c := &aside[i]
		c.Block(attr.Deferred, "this plan leaves the account itself out")
		saved[attr.SavedProfile(c)] = c
	}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Attribute == attr.RegistrantProfile {
			saved[attr.SavedProfile(c)] = c
		}
	}
	delete(saved, 0)
	if len(saved) == 0 {
		return false
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		step, id := attr.ProfileStep(c)
		profile := saved[id]
		switch {
		case step == nil || profile == nil || c.Status != attr.Ready:
		case profile.Status == attr.Ready:
			step.Needs = append(step.Needs, profile.Steps[0].ID)
		default:
			standBehind(c, profile, "its registrant profile changes first")
			waits = true
		}
	}
	return waits
}
