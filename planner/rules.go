package planner

import (
	"fmt"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// The rules of this file decide why a change is not sent, in this order: first
// what the attribute itself says ([attr.Attribute.Changes]), then the rules for
// one name, then the rules across names. Where two rules apply, [attr.Change]
// decides which reason stands.

// subject is one name while its rules are applied.
type subject struct {
	want    *config.Domain
	live    *snapshot.Domain // nil: the account lacks the name
	changes []attr.Change
}

// nameRules are the rules for the changes of one name, in their order. A rule
// takes what it needs to know from the differ.
var nameRules = []struct {
	name string
	rule func(d *differ, s *subject)
}{
	{"DS records stand that the files do not declare", (*differ).keepSigned},
	{"what became of an earlier request is not known", (*differ).inDoubt},
	{"the service is working on an order for the name", (*differ).ordered},
	{"a hold block or a pause names it", (*differ).held},
	{"the drift block says to report it", (*differ).reportDrift},
	{"it was bought, and the account does not show it yet", (*differ).boughtAlready},
	{"the service is working on a task of somebody else for the name", (*differ).waitForOthers},
	{"the budget forbids it whatever else is bought", (*differ).unaffordable},
	{"--target names other attributes", (*differ).outsideTarget},
	{"--limit is reached", (*differ).overLimit},
	{"the name is redeemed first", (*differ).firstThings},
	{"the update lock forbids it", (*differ).lockBlocks},
	{"the operator's policy forbids it, or what it needs", (*differ).forbidName},
	{"nobody has approved it, or what it needs", (*differ).approveName},
	{"a guard refuses it, or what it needs", (*differ).refuseName},
	{"a signed name moves in stages", (*differ).signedMove},
	{"the update lock is opened and closed around it", (*differ).lockOrder},
}

// accountRules are the rules for one change of the account itself, in their order.
var accountRules = []struct {
	name string
	rule func(d *differ, c *attr.Change)
}{
	{"what became of an earlier request is not known", (*differ).changeInDoubt},
	{"a pause names it", (*differ).changeHeld},
	{"the operator's policy forbids it", (*differ).forbid},
	{"nobody has approved it", (*differ).approve},
}

// planRules are the rules across names, in their order.
var planRules = []struct {
	name string
	rule func(d *differ)
}{
	{"hosts are made before delegations to them, and go after", (*differ).glue},
	{"hosts of names that the plan leaves out are made first", (*differ).waitForUnselectedHosts},
	{"registrant profiles change before what refers to them", (*differ).profilesFirst},
	{"what needs a step that is not planned is not planned", (*differ).pruneSteps},
	{"addresses that contacts have stay", (*differ).keepUsedEmails},
	{"the budget pays for what expires first", (*differ).applyBudget},
	{"what follows a change is made after it", func(d *differ) { d.plan.follow(new(spread)) }},
	{"an order carries what follows it", func(d *differ) { d.plan.fillOrders(d.Input) }},
}

// applyNameRules applies the rules for one name to its changes.
func (d *differ) applyNameRules(s *subject) {
	if len(s.changes) == 0 {
		return
	}
	for _, r := range nameRules {
		r.rule(d, s)
	}
}

// applyAccountRules applies the rules for the account to one of its changes.
func (d *differ) applyAccountRules(c *attr.Change) {
	for _, r := range accountRules {
		r.rule(d, c)
	}
}

// applyPlanRules applies the rules across names to all changes.
func (d *differ) applyPlanRules() {
	for _, r := range planRules {
		r.rule(d)
	}
}

// inDoubt lets nothing of a name change while nobody knows what an earlier run
// has changed there.
func (d *differ) inDoubt(s *subject) {
	if doubt := d.doubts[s.want.Name]; doubt != "" {
		for i := range s.changes {
			s.changes[i].Overrule(attr.InDoubt, "%s", doubt)
		}
	}
}

// changeInDoubt lets nothing of the account change while nobody knows what an
// earlier run has changed there.
func (d *differ) changeInDoubt(c *attr.Change) {
	if doubt := d.History.InDoubt[c.ID]; doubt != "" {
		c.Overrule(attr.InDoubt, "%s", doubt)
	}
}

// ordered buys nothing for a name for which an order is under way.
func (d *differ) ordered(s *subject) {
	order := d.orders[s.want.Name]
	for i := range s.changes {
		if c := &s.changes[i]; order != "" && c.Cost != nil {
			c.Overrule(attr.Waiting, "%s", order)
		}
	}
}

// holdReason says until when a hold stops changes, and why.
func holdReason(h *config.Hold) string {
	reason := fmt.Sprintf("held for good by hold %q", h.Label)
	if !h.Until.IsZero() {
		reason = fmt.Sprintf("held until %s by hold %q", h.Until.Format(untilForm), h.Label)
	}
	if h.Reason == "" {
		return reason
	}
	return reason + ": " + h.Reason
}

// boughtAlready holds back what was bought already.
func (d *differ) boughtAlready(s *subject) {
	for i := range s.changes {
		if c := &s.changes[i]; c.Cost != nil && c.Status == attr.Ready {
			if why := d.bought.BlockReason(c, d.Live.ReadAt); why != "" {
				c.Block(attr.Waiting, "%s", why)
			}
		}
	}
}

// unaffordable holds back what cannot be bought even where nothing else is.
func (d *differ) unaffordable(s *subject) {
	for i := range s.changes {
		if c := &s.changes[i]; c.Cost != nil && c.Status == attr.Ready {
			if why, cause := d.budget.blockReason(c, d.foreign); why != "" {
				c.BlockFor(cause, attr.Deferred, "%s", why)
			} else if d.countsOthers() && d.Live.Orders == nil && d.askedInVain(snapshot.PastOrders) {
				c.Overrule(attr.Unknown, "%s", d.whyUnknown("", snapshot.PastOrders))
			}
		}
	}
}

// outsideTarget defers the changes of attributes that nobody has selected. The name
// keeps them: what they hold back, or are needed for, is decided as if they waited.
func (d *differ) outsideTarget(s *subject) {
	for i := range s.changes {
		if c := &s.changes[i]; !d.Only.HasAttribute(c.Domain, c.Attribute) {
			c.BlockFor(attr.TargetCause, attr.Deferred, "--target names other attributes of the name")
		}
	}
}

// overLimit defers the changes of names beyond those that the plan may change.
func (d *differ) overLimit(s *subject) {
	if d.Limit > 0 && d.changed >= d.Limit {
		for i := range s.changes {
			beyondLimit(&s.changes[i], d.Limit)
		}
	}
}

// beyondLimit defers a change of a name beyond those that the plan may change.
func beyondLimit(c *attr.Change, limit int) {
	c.BlockFor(attr.LimitCause, attr.Deferred, "--limit %d is reached", limit)
}
