package attr

import "fmt"

// Status says whether a change can be made now.
type Status string

// The statuses of a change. All but Ready carry a reason.
const (
	Ready      Status = "ready"
	Deferred   Status = "deferred"   // not before a time, or over the budget
	Blocked    Status = "blocked"    // a rule forbids it
	Waiting    Status = "waiting"    // the service is still working on it
	Held       Status = "held"       // a hold block
	Unapproved Status = "unapproved" // nobody has said yes to its hazard
	Refused    Status = "refused"    // a guard refuses what it counts, or the operator's policy what it forbids
	Unknown    Status = "unknown"    // what it needs to know could not be read
	InDoubt    Status = "in doubt"   // it was sent, and nobody knows what became of it
)

// Statuses lists all statuses.
func Statuses() []Status {
	return []Status{Ready, Deferred, Blocked, Waiting, Held, Unapproved, Refused, Unknown, InDoubt}
}

// Planned reports whether an apply makes the change: at once, or after the one
// that it follows.
func (c *Change) Planned() bool { return c.Status == Ready || c.Follows != "" }

// A precedence says which of two reasons for the status of a change stands.
type precedence int

const (
	// overPlanned is the precedence of rules that hold a change back. The first
	// of them gives the reason; the others add nothing.
	overPlanned precedence = iota
	// overBlocked is the precedence of hold blocks: whoever holds a name knows
	// what else is forbidden of it.
	overBlocked
	// overRules is the precedence of what is going on in the account, and of
	// what could not be read. Rules that were computed from another state do
	// not count then.
	overRules
)

// set gives a change its status, the reason and what it follows, where no word of
// a higher precedence stands. Nothing else writes these after the attribute has
// made the change. What may have been sent stays in doubt whatever else is said.
func (c *Change) set(p precedence, s Status, reason, follows string) {
	switch {
	case c.Planned():
	case c.Status == InDoubt:
		return
	case p == overPlanned, p == overBlocked && c.Status != Blocked:
		return
	}
	c.Status, c.Reason, c.Cause, c.Follows, c.HeldWith, c.Awaits = s, reason, NoCause, follows, "", Awaited{}
}

// Cause is what a reason comes from, for whoever has to tell it from others: a text is
// for people, and may change.
type Cause string

// The causes. Saved plans hold their names: never rename one.
const (
	NoCause      Cause = ""        // only the reason says it
	LimitCause   Cause = "limit"   // more names than --limit lets change
	TargetCause  Cause = "target"  // --target names something else
	BudgetCause  Cause = "budget"  // a larger budget would allow it
	GuardCause   Cause = "guard"   // a guard counts more than its limit
	PolicyCause  Cause = "policy"  // the operator's policy lets nobody make it
	PersonsCause Cause = "persons" // fewer persons have approved it than the rule of the fleet asks for
)

// Causes lists all causes that have a name.
func Causes() []Cause {
	return []Cause{LimitCause, TargetCause, BudgetCause, GuardCause, PolicyCause, PersonsCause}
}

// Awaited is what a change waits for. Every wait has a limit, after which somebody
// must look.
type Awaited struct {
	Kind WaitKind
	// Stage tells waits of one kind from each other that come one after the other.
	Stage string
}

// WaitKind says what is waited for.
type WaitKind string

// The kinds of waits. A change that has status Waiting and none of these waits for
// the service.
const (
	ForService WaitKind = "service" // its work, or that of a person whom it asks
	ForTask    WaitKind = "task"    // the end of somebody else's task
	ForHold    WaitKind = "hold"    // the time of ds_hold
)

// WaitFor blocks the change for the time of a wait.
func (c *Change) WaitFor(k WaitKind, s Status, format string, args ...any) {
	if !c.Planned() {
		return
	}
	c.Block(s, format, args...)
	c.Awaits = Awaited{Kind: k, Stage: format}
}

// mapWords puts the same reason in other words, and the same change that this one
// follows under another ID.
func (c *Change) mapWords(reason, id func(string) string) {
	c.Reason, c.Follows, c.HeldWith = reason(c.Reason), id(c.Follows), id(c.HeldWith)
}

// Block gives the change a status other than ready, unless it has one already.
func (c *Change) Block(s Status, format string, args ...any) {
	c.set(overPlanned, s, fmt.Sprintf(format, args...), "")
}

// BlockFor is [Change.Block] for a cause.
func (c *Change) BlockFor(cause Cause, s Status, format string, args ...any) {
	if c.Planned() {
		c.Block(s, format, args...)
		c.Cause = cause
	}
}

// BlockWith holds a planned change back together with the one that must be made
// first: what forbids the one forbids the other. Said, what is said of both, stands
// before the reason of the first.
func (c *Change) BlockWith(first *Change, said string) {
	if !c.Planned() {
		return
	}
	status := first.Status
	if status == InDoubt {
		status = Waiting // nothing of it was sent
	}
	c.Block(status, "%s, and that is %s: %s", said, first.Status, first.Reason)
	c.HeldWith = first.ID
}

// Follow makes a planned change wait for another one.
func (c *Change) Follow(change, format string, args ...any) {
	c.set(overPlanned, Waiting, fmt.Sprintf(format, args...), change)
}

// Hold holds a change back that a hold block names, also one that is blocked.
func (c *Change) Hold(reason string) { c.set(overBlocked, Held, reason, "") }

// Overrule gives the change a status whatever the rules have said of it: the
// service is working on its attribute, or something that it depends on is not
// known.
func (c *Change) Overrule(s Status, format string, args ...any) {
	c.set(overRules, s, fmt.Sprintf(format, args...), "")
}

// Release lets a change that followed another one be made, in steps.
func (c *Change) Release(steps []Step) {
	c.Steps = steps
	c.set(overPlanned, Ready, "", "")
}

// Announce makes a change follow another one whatever the rules have said of
// it: they were computed from a state that the other change replaces. Its steps
// are planned after that.
func (c *Change) Announce(change, format string, args ...any) {
	c.Steps = nil
	c.set(overRules, Waiting, fmt.Sprintf(format, args...), change)
}
