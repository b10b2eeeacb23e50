package planner

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// Stale is a change of a saved plan that can no longer be made as planned.
type Stale struct {
	ID     string `json:"id"`
	Domain string `json:"domain"`
	Reason string `json:"reason"`
}

// Touched returns the names that an apply of the plan would change, sorted.
func (p *Plan) Touched() []string { return p.names((*attr.Change).Planned) }

// Rechecked returns the names that [Recheck] looks at, sorted: those that are touched,
// and those of changes that wait for persons: whoever applies it may be the last of
// them, and what they have approved since is made.
func (p *Plan) Rechecked() []string {
	return p.names(func(c *attr.Change) bool { return c.Planned() || lacksPersons(c) || p.leaves(c) })
}

// names returns the names of some changes, sorted.
func (p *Plan) names(of func(*attr.Change) bool) []string {
	var names []string
	for i := range p.Changes {
		if c := &p.Changes[i]; of(c) && (len(names) == 0 || names[len(names)-1] != c.Domain) {
			names = append(names, c.Domain)
		}
	}
	return names
}

// MaxAge is how old a saved plan may be that is applied, unless somebody says
// otherwise.
const MaxAge = 24 * time.Hour

// CheckAnywhere refuses a saved plan that no apply takes, at whatever endpoint and
// account: what [Plan.Check] refuses of every plan.
func (p *Plan) CheckAnywhere(now time.Time, maxAge time.Duration) error {
	return p.Check(p.Endpoint, p.Account, now, maxAge)
}

// Check refuses a saved plan for another account or endpoint, or for none, one that
// is older than maxAge, and one that refused itself when it was made.
func (p *Plan) Check(endpoint, account string, now time.Time, maxAge time.Duration) error {
	switch age := now.Sub(p.ReadAt); {
	case p.Endpoint == "":
		return errors.New("the plan was made against a snapshot that names no endpoint, so that no account is known to be meant: plan again without --live, or with what domainsync snapshot writes")
	case p.Endpoint != endpoint:
		return fmt.Errorf("the plan was made for the endpoint %s, not %s", p.Endpoint, endpoint)
	case p.Account != "" && account != "" && p.Account != account:
		return fmt.Errorf("the plan was made for account %s, not %s", p.Account, account)
	case age > maxAge:
		return fmt.Errorf("the plan is %s old, more than --max-age %s: plan again", words.Duration(age), words.Duration(maxAge))
	case p.Refused() || p.HasErrors():
		return fmt.Errorf("the plan was refused when it was made: plan again")
	}
	return nil
}

// Recheck returns what of a saved plan can still be made: the ready changes,
// and those that follow them, that stand in today's plan, too, with the same
// values and the same steps. Done are the IDs of those that are live already;
// what followed them is taken from today's plan where it comes to the same. The
// others are stale, and so is what needs them; what today's approval does not
// cover, or the saved plan has left to persons who have not approved it since, is kept
// as unapproved, and what a guard refuses as refused. Today is a plan of the names that the saved one
// touches, from today's files and a new reading; its guards are counted anew for
// what remains. Beyond the limit of the input, names are deferred.
func Recheck(saved *Plan, in Input) (p *Plan, stale []Stale, done []string) {
	p = guarded(in, func(in Input) (p *Plan) {
		p, stale, done = recheck(saved, in)
		return p
	})
	return p, saved.Undo.alsoStale(stale), done
}

func recheck(saved *Plan, in Input) (p *Plan, stale []Stale, done []string) {
	in.Only, in.Approval = SelectNames(saved.Rechecked()), in.Approval.leaving(saved)
	unlimited := in // what is live or stale does not count towards the limit
	unlimited.Limit = 0
	today := diff(unlimited)
	now := make(map[string]*attr.Change, len(today.Changes))
	for i := range today.Changes {
		now[today.Changes[i].ID] = &today.Changes[i]
	}
	made, missing := make(map[string]bool), make(map[string]bool, len(today.Missing))
	for _, name := range today.Missing {
		missing[name] = true
	}
	live := attr.NewObserver(in.Live)
	for c := range saved.Differences() {
		if c.Planned() && isLive(c, live) {
			made[c.ID] = true
			done = append(done, c.ID)
		}
	}
	var kept []attr.Change
	for planned := range saved.Differences() {
		c := *planned
		again := now[c.ID]
		waits := lacksPersons(&c) || saved.leaves(&c)
		if waits && again != nil && !lacksWord(again) && again.ApprovalHash() == c.ApprovalHash() {
			c = *again // whoever applies the plan was the last of them, or they have approved it since
		}
		if saved.leaves(&c) && again != nil && lacksWord(again) {
			kept = append(kept, *again)
		}
		if !c.Planned() || made[c.ID] {
			continue
		}
		if made[c.Follows] && again != nil && again.Cost == nil && sameValue(again.After, c.After) {
			c = *again // it was announced, and what it followed is there
		}
		if again != nil && lacksWord(again) {
			kept = append(kept, *again)
			continue
		}
		withoutNeeds(&c, made)
		if why := whyStale(&c, again, missing, in, live); why != "" {
			stale = append(stale, Stale{ID: c.ID, Domain: c.Domain, Reason: why})
			continue
		}
		c.ListedBy, c.Origin = again.ListedBy, again.Origin
		if c.Origin != attr.Drift { // by today's state
			c.Logged = nil
		}
		kept = append(kept, c)
	}
	kept, stale = dropDependent(new(spread), kept, stale)
	deferBeyond(in.Limit, kept)
	return today.restrictTo(in, kept), stale, done
}

// deferBeyond defers the changes of all names, in their order, beyond as many as may
// change; 0: all may.
func deferBeyond(limit int, changes []attr.Change) {
	names, last := 0, ""
	for i := range changes {
		c := &changes[i]
		if limit == 0 || c.Domain == "" || !c.Planned() {
			continue
		}
		if c.Domain != last {
			names, last = names+1, c.Domain
		}
		if names > limit {
			beyondLimit(c, limit)
		}
	}
}

// withoutNeeds takes out of a change the needs that are met already: it does
// not wait for them any more.
func withoutNeeds(c *attr.Change, made map[string]bool) {
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		for _, ids := range []*[]string{&c.Steps[i].Needs, &c.Steps[i].After} {
			if slices.ContainsFunc(*ids, func(id string) bool { return made[attr.ChangeOf(id)] }) {
				*ids = slices.DeleteFunc(slices.Clone(*ids), func(id string) bool { return made[attr.ChangeOf(id)] })
			}
		}
	}
}

// isLive reports whether the live state is what a change was to make it.
func isLive(c *attr.Change, live *attr.Observer) bool {
	got, known := live.Observe(c)
	return known && sameValue(got, c.After)
}

// dropDependent takes out the changes that need stale ones, or follow them, and
// those that need or follow these. They are stale themselves.
func dropDependent(w *spread, kept []attr.Change, stale []Stale) ([]attr.Change, []Stale) {
	gone, begin := make(map[string]bool, len(stale)), make([]string, len(stale))
	for i, s := range stale {
		gone[s.ID], begin[i] = true, s.ID
	}
	w.from(begin, kept, followsOrNeeds, func(c *attr.Change, _ string) bool {
		fresh := !gone[c.ID]
		gone[c.ID] = true
		return fresh
	})
	kept = slices.DeleteFunc(kept, func(c attr.Change) bool {
		if gone[c.ID] {
			stale = append(stale, Stale{ID: c.ID, Domain: c.Domain, Reason: "it needs " + missingPredecessor(&c, gone) + ", which is stale"})
		}
		return gone[c.ID]
	})
	return kept, stale
}

// missingPredecessor returns the first of the dropped changes that a change
// follows or needs, "" for none.
func missingPredecessor(c *attr.Change, gone map[string]bool) string {
	for _, id := range followsOrNeeds(c) {
		if gone[id] && id != c.ID {
			return id
		}
	}
	return ""
}

// restrictTo is the plan of some of its changes, and of the locks that these need open.
func (p *Plan) restrictTo(in Input, kept []attr.Change) *Plan {
	kept = append([]attr.Change{}, kept...)
	for c := range p.Temporary() {
		kept = append(kept, *c)
	}
	p.Changes, p.Partial = kept, true
	p.pruneSteps()
	p.fillOrders(in)
	p.Diagnostics = []Diagnostic{}
	p.finish(in)
	return p
}

// pruneSteps does so where rules have ordered steps, or held changes back.
func (d *differ) pruneSteps() {
	if d.reordered {
		d.plan.pruneSteps()
	}
}

// pruneSteps holds back changes that need what is no longer planned. It lets no
// step wait for a step that is not planned, and opens no lock that nothing
// needs open.
func (p *Plan) pruneSteps() {
	planned := p.holdBack(new(spread))
	gone := func(id string) bool { return !planned[id] }
	for i := range p.Changes {
		for j := range p.Changes[i].Steps {
			s := &p.Changes[i].Steps[j]
			s.After = slices.DeleteFunc(slices.Clone(s.After), gone)
		}
	}
	p.Changes = slices.DeleteFunc(p.Changes, func(c attr.Change) bool {
		return c.Temporary() && len(c.Steps[len(c.Steps)-1].After) == 1 // its own first step
	})
}

// holdBack holds changes back that need the step of one which is not ready, or
// which the plan leaves out. It returns the steps of those that are ready.
func (p *Plan) holdBack(w *spread) map[string]bool {
	byID := make(map[string]*attr.Change, len(p.Changes))
	for i := range p.Changes {
		byID[p.Changes[i].ID] = &p.Changes[i]
	}
	hold := func(c *attr.Change, id string) bool {
		switch first := byID[id]; {
		case c.Status != attr.Ready || first != nil && first.Status == attr.Ready:
			return false
		case first == nil:
			c.Block(attr.Blocked, "%s is first, and this plan leaves it out", id)
		default:
			c.BlockWith(first, first.ID+" is first")
		}
		return true
	}
	var held []string
	for i := range p.Changes {
		c := &p.Changes[i]
		w.looks++
		if c.Status == attr.Ready && slices.ContainsFunc(firstNeeds(c), func(id string) bool { return hold(c, id) }) {
			held = append(held, c.ID)
		}
	}
	w.from(held, p.Changes, firstNeeds, hold)
	planned := make(map[string]bool)
	for s := range stepsOf(p.Changes) {
		planned[s.ID] = true
	}
	return planned
}

// whyStale says why a saved change cannot be made as planned, "" if it can.
func whyStale(saved, today *attr.Change, missing map[string]bool, in Input, live *attr.Observer) string {
	switch {
	case missing[saved.Domain]:
		return "the account no longer holds the name"
	case today == nil:
		return whyNoChange(saved, in, live)
	case today.Status == attr.Ready && saved.Status != attr.Ready:
		return "it was to follow another change, and does not now"
	case today.Status != saved.Status:
		return fmt.Sprintf("it is %s now: %s", today.Status, today.Reason)
	case saved.Cost != nil && today.Cost != nil && *saved.Cost != *today.Cost:
		return fmt.Sprintf("it would now buy %s, not %s", today.Cost, saved.Cost)
	case !sameChange(saved, today):
		return fmt.Sprintf("it would now change %s to %s", attr.Public(today.Before), attr.Public(today.After))
	}
	return ""
}

// whyNoChange says why today's plan has nothing to change where the saved plan
// had a change, although its result is not live.
func whyNoChange(saved *attr.Change, in Input, live *attr.Observer) string {
	want := in.Portfolio.Domain(saved.Domain)
	got, known := live.Observe(saved)
	switch {
	case in.Undo != nil:
		return in.overlay.whyNotBack(saved.ID)
	case saved.Domain != "" && want == nil:
		return "the files no longer declare the name"
	case saved.Domain != "" && !want.Declares(saved.Attribute):
		return "the files no longer declare it"
	case known:
		return fmt.Sprintf("the files now declare what is live: %s", attr.Public(got))
	}
	return "the live value, or the declared one, is another than when the plan was made"
}

// sameChange compares values and steps by their JSON form. Five things do not
// matter: the place in the files, why a change that follows another one waits,
// what this version of the program calls its hazard, who calls for it, and what an
// order could carry today and does not, because it follows the order.
func sameChange(saved, today *attr.Change) bool {
	x, y := *saved, *today
	x.Source, y.Source, x.Reason, y.Reason, x.Cause, y.Cause = attr.Source{}, attr.Source{}, "", "", "", ""
	x.Hazard, y.Hazard = "", ""
	x.Origin, y.Origin, x.Logged, y.Logged = "", "", nil, nil
	attr.LimitOrder(&y, &x)
	xs, errX := x.MarshalJSON() // as it is: encoding/json would read each again
	ys, errY := y.MarshalJSON()
	return errX == nil && errY == nil && bytes.Equal(xs, ys)
}
