package attr

import "fmt"

// Status says whether a change can be made now.
type Status string

// The statuses of a change. All but Ready carry a reason.
const (
	Ready    Status = "ready"
	Deferred Status = "deferred" // not before a time, or over the budget
	Blocked  Status = "blocked"  // a rule forbids it
	Waiting  Status = "waiting"  // the service is still working on it
	Held     Status = "held"     // a hold block
	Unknown  Status = "unknown"  // what it needs to know could not be read
	InDoubt  Status = "in doubt" // it was sent, and nobody knows what became of it
)

// Planned reports whether an apply makes the change: at once, or after the one
// that it follows.
func (c *Change) Planned() bool { return c.Status == Ready || c.Follows != "" }

// A precedence says over which words about a change another word stands.
type precedence int

const (
	// overPlanned is that of rules that hold a change back: the first of them has
	// the word, the others say nothing.
	overPlanned precedence = iota
	// overBlocked is that of hold blocks: who holds a name knows what is forbidden
	// of it, too.
	overBlocked
	// overRules is that of what is going on in the account, and of what could not be
	// read: rules that rest on another state have no word.
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
	c.Status, c.Reason, c.Follows = s, reason, follows
}

// Block gives the change a status other than ready, unless it has one already.
func (c *Change) Block(s Status, format string, args ...any) {
	c.set(overPlanned, s, fmt.Sprintf(format, args...), "")
}

// Follow makes a planned change wait for another one.
func (c *Change) Follow(change, format string, args ...any) {
	c.set(overPlanned, Waiting, fmt.Sprintf(format, args...), change)
}

// Hold holds a change back that a hold block names, also one that is blocked.
func (c *Change) Hold(reason string) { c.set(overBlocked, Held, reason, "") }

// Overrule gives the change a status whatever rules have said of it: the service
// is at work on what it is about, or what it rests on is not known.
func (c *Change) Overrule(s Status, format string, args ...any) {
	c.set(overRules, s, fmt.Sprintf(format, args...), "")
}

// Release lets a change that followed another one be made, in steps.
func (c *Change) Release(steps []Step) {
	c.Steps = steps
	c.set(overPlanned, Ready, "", "")
}

// Announce makes a change follow another one whatever rules have said of it: they
// rest on a state that the other one makes anew. Its steps are planned then.
func (c *Change) Announce(change, format string, args ...any) {
	c.Steps = nil
	c.set(overRules, Waiting, fmt.Sprintf(format, args...), change)
}
