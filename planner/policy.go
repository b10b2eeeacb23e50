package planner

import (
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A PolicyChange is what the files permit beyond those that were applied last: a looser
// guard, budget or price, or a hold that ends earlier. Its hazard is policy.
type PolicyChange struct {
	ID      string `json:"id"`      // policy/ and the setting
	Setting string `json:"setting"` // such as guard.max_delegations
	Before  string `json:"before"`
	After   string `json:"after"`
	// Status is [attr.Ready] where it counts in an apply of the plan, and
	// [attr.Unapproved], or [attr.Refused] by the operator, where the former value goes on.
	Status attr.Status  `json:"status"`
	Reason string       `json:"reason,omitempty"` // why it is not ready
	Source *attr.Source `json:"source,omitempty"`
	// asksPersons says that it lacks a person of the account's fleet.
	asksPersons bool
}

// PolicyChanges returns the changes of what the files permit, and which of them do not
// count. An apply of a saved plan approves those alone that the plan has shown.
func PolicyChanges(all []config.Loosened, a *Approval, saved *Plan, o *config.OperatorPolicy) (changes []PolicyChange, without []config.Loosened) {
	lacks := Awaiting{Hazard: attr.PolicyHazard, Needed: a.rule().needs(attr.PolicyHazard)}
	approved := a.covers(attr.PolicyHazard) && (!a.asksPersons(attr.PolicyHazard) || a.enough(lacks))
	for _, x := range all {
		status, reason, asks := attr.Ready, "", false
		switch {
		case o.WhyForbidden(attr.PolicyHazard) != "":
			status, reason = attr.Refused, o.WhyForbidden(attr.PolicyHazard)
		case !approved:
			status, reason = attr.Unapproved, "the hazard policy is not approved"
			if asks = a.asksPersons(attr.PolicyHazard); asks {
				reason += ": " + lacks.String()
			}
		case saved != nil && !saved.shows(x):
			status, reason = attr.Unapproved, "the saved plan did not show it"
		}
		var source *attr.Source
		if x.Source != nil {
			source = &attr.Source{File: x.Source.Filename, Line: x.Source.Start.Line}
		}
		if status != attr.Ready {
			without = append(without, x)
		}
		changes = append(changes, PolicyChange{
			ID: "policy/" + x.Setting, Setting: x.Setting, Before: x.Before, After: x.After, Status: status, Reason: reason, Source: source, asksPersons: asks,
		})
	}
	return changes, without
}

// shows reports whether a plan has the same change of what the files permit.
func (p *Plan) shows(l config.Loosened) bool {
	return slices.ContainsFunc(p.Policy, func(x PolicyChange) bool {
		return x.Setting == l.Setting && x.Before == l.Before && x.After == l.After && x.Status == attr.Ready
	})
}

// LoosensPolicy reports whether an apply of the plan lets the files permit more than
// before.
func (p *Plan) LoosensPolicy() bool {
	return slices.ContainsFunc(p.Policy, func(c PolicyChange) bool { return c.Status == attr.Ready })
}

// AddPolicy adds changes of what the files permit, and tells them.
func (p *Plan) AddPolicy(changes []PolicyChange) {
	p.Policy = changes
	for i := range changes {
		c := &changes[i]
		d := Diagnostic{Severity: SeverityWarning, Source: c.Source, Summary: "The files permit more: " + c.Setting}
		switch was := fmt.Sprintf("%s was %s at the last apply, and is %s now.", c.Setting, c.Before, c.After); c.Status {
		case attr.Ready:
			d.Detail = was + " That is a change of the hazard policy, which counts in an apply of this plan."
		case attr.Refused:
			d.Detail = was + " What it was goes on, for " + c.Reason + "."
		default:
			d.Detail = was + " What it was goes on, for " + c.Reason + ": " + c.advice() + "."
			if !c.asksPersons && !slices.Contains(p.Summary.Unapproved, attr.PolicyHazard) { // it is the last of all hazards
				p.Summary.Unapproved = append(p.Summary.Unapproved, attr.PolicyHazard)
			}
		}
		p.Diagnostics = append(p.Diagnostics, d)
	}
}

// advice says how a change that is unapproved is approved. Where the fleet asks a person,
// neither a hazard that is named nor a decision beside the state is one.
func (c *PolicyChange) advice() string {
	if c.asksPersons {
		return "have a person of the fleet answer an apply at a terminal with yes"
	}
	return "add policy to --auto-approve, or have a person answer an apply with yes"
}
