package planner

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Questions are what a plan has still to be told of an account.
type Questions struct {
	// Facts are those of names that the account holds, by name.
	Facts map[string]snapshot.Facts
	// Account are facts of the account as a whole.
	Account snapshot.Facts
	// TransfersIn asks which names are on their way into the account.
	TransfersIn bool
	// Offers are the names to register of which the service has not been asked
	// whether it has them, and for how many years.
	Offers map[string]int
	// Terms are for how many years the names are to be renewed of whose renewal
	// nobody knows what it costs.
	Terms map[string]int
	// Arrivals are names that are to be transferred into the account, of which nobody
	// has asked how they stand.
	Arrivals map[string]bool
	// Entries are the names of which the list has to tell whether the account
	// holds them, where it was not read as a whole.
	Entries map[string]bool
	// Log is for how long back the change log is asked of names.
	Log map[string]time.Duration
	// Drifted are the names that have drifted as far as is known, of which the log is
	// asked when all is known that the plan needs, as [Plan.Drifted] returns them.
	Drifted map[string]time.Time
}

// None reports whether nothing is asked.
func (q *Questions) None() bool {
	return len(q.Facts)+len(q.Offers)+len(q.Arrivals)+len(q.Entries)+len(q.Log) == 0 && q.Account == 0 && !q.TransfersIn
}

// Needs returns what [Diff] would be told in vain by its input: the facts for
// which its rules look, and which are neither known nor among the failures. A
// failure is an answer. It runs the rules of Diff, and has none of its own.
func Needs(in Input) Questions { return NewInquiry(in).Next() }

// An Inquiry says again and again what a plan needs while more becomes known in
// the live state of its input. It looks no more at names of which all is known
// that they need, and which are as the files declare them.
type Inquiry struct {
	in      Input
	settled []bool // by the index of the name in the portfolio
}

// NewInquiry begins with what the input knows. The live state may get further
// facts and failures between two calls of [Inquiry.Next]; nothing that is known
// may change.
func NewInquiry(in Input) *Inquiry {
	return &Inquiry{in: in, settled: make([]bool, len(in.overUndo().Portfolio.Domains))}
}

// Next returns what [Needs] returns of the live state as it is now.
func (q *Inquiry) Next() Questions {
	in := q.in
	in.asked = newAsked(in.Live, q.settled)
	p := guarded(in, func(in Input) *Plan {
		d := newDiffer(in)
		d.decide()
		d.plan.guard(in)
		d.plan.warn(in)
		return d.plan
	})
	in.needForChecks()
	in.asked.Drifted = p.Drifted()
	return in.asked.Questions
}

// unlessSettled applies the rules to a name where they may ask for something, or
// plan something: otherwise they will not do so in later rounds either.
func (d *differ) unlessSettled(i int, rules func()) {
	switch {
	case d.asked == nil:
		rules()
		return
	case d.asked.all:
		d.noteIfPlanned(rules)
		return
	case d.asked.settled[i]:
		return
	}
	changes, questions := len(d.plan.Changes), d.asked.n
	rules()
	d.asked.settled[i] = len(d.plan.Changes) == changes && d.asked.n == questions
}

// asked notes what rules look for and do not find.
type asked struct {
	Questions
	failed  map[string]snapshot.Facts // by name; "" is the account
	settled []bool                    // of the inquiry
	n       int                       // questions
	all     bool                      // notes facts that are known or failed, too
	aside   map[string]snapshot.Facts // of the rules for one name; see noteIfPlanned
}

func newAsked(live *Live, settled []bool) *asked {
	a := &asked{
		Questions: Questions{
			Facts: make(map[string]snapshot.Facts), Offers: make(map[string]int), Terms: make(map[string]int), Arrivals: make(map[string]bool),
			Entries: make(map[string]bool), Log: make(map[string]time.Duration),
		},
		failed: make(map[string]snapshot.Facts), settled: settled, aside: make(map[string]snapshot.Facts),
	}
	for _, f := range live.Failures {
		a.failed[f.Domain] |= f.Facts
	}
	return a
}

// waitsFor reports whether some of the facts, which are not known of a name or of
// the account, may still be told.
func (a *asked) waitsFor(name string, lacks snapshot.Facts) bool {
	return a != nil && lacks != 0 && lacks&^(a.failed[name]|a.failed[""]) != 0
}

// waits reports whether something is asked that is told before the change log is.
func (a *asked) waits() bool {
	if a == nil {
		return false
	}
	q := a.Questions
	q.Log = nil
	return !q.None()
}

// facts notes facts that are not known of a name or of the account.
func (a *asked) facts(name string, lacks snapshot.Facts) {
	if !a.waitsFor(name, lacks) {
		return
	}
	a.n++
	a.note(name, lacks&^(a.failed[name]|a.failed[""]))
}

func (a *asked) note(name string, facts snapshot.Facts) {
	a.Account |= facts & snapshot.OfAccount
	if facts &^= snapshot.OfAccount; facts != 0 {
		a.Facts[name] |= facts
	}
}

// lacksPrice reports whether it has to be asked first what a change costs, for the
// years that it buys.
func (in *Input) lacksPrice(a *attr.Attribute, of attr.Input, c *attr.Change) bool {
	if a.Price == nil {
		return false
	}
	lacks := in.lacks(of.Live, a.Price(of))
	if !in.asked.waitsFor(c.Domain, lacks) {
		return false
	}
	if c.Cost != nil {
		in.asked.Terms[c.Domain] = c.Cost.Years
	}
	return true
}

// lacks returns which of the facts, for which a rule looks, are known neither of
// the name nor of the account.
func (in *Input) lacks(d *snapshot.Domain, facts snapshot.Facts) snapshot.Facts {
	lacks := in.Live.Lacks(d, facts)
	if in.asked != nil && in.asked.all {
		in.asked.note(d.Name, facts)
	} else {
		in.asked.facts(d.Name, lacks)
	}
	return lacks
}

// lacksTransfers reports whether it has to be asked first which names are on
// their way into the account: a rule looks for one.
func (in *Input) lacksTransfers() bool {
	if in.asked == nil || in.Live.TransfersIn != nil || in.asked.failed[""]&snapshot.Listed != 0 {
		return false
	}
	in.asked.TransfersIn = true
	in.asked.n++
	return true
}

// lacksOffer notes that nobody has asked what the service says of a name that
// the account lacks.
func (in *Input) lacksOffer(name string, years int) {
	if in.asked != nil {
		in.asked.Offers[name] = years
		in.asked.n++
	}
}

// entry returns what is known of a name, nil where the account lacks it. Where
// the list was read in part it may have to tell that first.
func (in *Input) entry(name string) *snapshot.Domain {
	if in.asked != nil && in.Listed != nil && !in.Listed[name] {
		in.asked.Entries[name] = true
		in.asked.n++
	}
	return in.Live.Domain(name)
}

// recentChanges returns what was done to a name, as far as somebody can tell.
func (in *Input) recentChanges(name string, hold time.Duration) (l RecentChanges, told bool) {
	l, told = in.Log.Recent[name]
	if !told && !in.Log.Offline && in.asked != nil && !in.Log.Failed[name] {
		in.asked.Log[name] = max(hold, in.asked.Log[name])
		in.asked.n++
		return l, true
	}
	return l, told || in.Log.Offline
}

// LogQueries returns the names of which the log must be asked, and how long
// their waits are: those of [Needs].
func LogQueries(in Input) map[string]time.Duration {
	in = in.overUndo()
	q := NewInquiry(in)
	for i := range in.Portfolio.Domains {
		q.settled[i] = !signs(&in.Portfolio.Domains[i])
	}
	return q.Next().Log
}

// refersToProfile reports whether a contact of a selected name is a registrant
// profile.
func refersToProfile(p *config.Portfolio, only Selection) bool {
	return slices.ContainsFunc(p.Domains, func(d config.Domain) bool {
		return only.Has(d.Name) && slices.ContainsFunc(d.Declared, func(x config.Declared) bool {
			c, ok := x.Value.(attr.Referring)
			return ok && c.ProfileLabel() != ""
		})
	})
}
