package planner

import (
	"iter"
	"math"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// An Effort is how many calls something takes or took, and how long that is.
type Effort struct {
	Calls   map[string]int `json:"calls"` // by operation
	Seconds float64        `json:"seconds"`
}

// Total returns the number of all calls.
func (e Effort) Total() (n int) {
	for _, calls := range e.Calls {
		n += calls
	}
	return n
}

// Then adds calls that are made after all others. Those of different operations are
// made side by side, each as fast as the limits allow.
func (e *Effort) Then(calls map[string]int, l config.Limits) {
	if e.Calls == nil {
		e.Calls = make(map[string]int)
	}
	longest := 0.0
	for operation, n := range calls {
		if n == 0 {
			continue
		}
		e.Calls[operation] += n
		longest = max(longest, secondsOf(operation, n, l))
	}
	e.Seconds = math.Round((e.Seconds+longest)*1000) / 1000
}

// secondsOf is the least time of some calls under the limits.
func secondsOf(operation string, calls int, l config.Limits) float64 {
	if rate := l.Rate(operation); rate > 0 {
		return float64(calls) / rate
	}
	return 0
}

// Much says when two forecasts of the same differ so much that the later one is
// worth to be told.
const (
	muchMore    = 1.1
	muchCalls   = 10
	muchSeconds = 5
)

// Near reports whether somebody who was told an effort need not be told another one.
func (e Effort) Near(other Effort) bool {
	near := func(a, b, least float64) bool { return max(a, b)-min(a, b) < least || max(a, b) <= min(a, b)*muchMore }
	return near(float64(e.Total()), float64(other.Total()), muchCalls) && near(e.Seconds, other.Seconds, muchSeconds)
}

// ForeseenFacts ranges over the names of which a plan is expected to need something, with
// the facts in which what is declared of each is observed, and those that checks look at,
// and what an account has of the name; nil: nothing.
func ForeseenFacts(p *config.Portfolio, only Selection, account *Live) iter.Seq2[snapshot.Facts, *snapshot.Domain] {
	looks := checksLook(p)
	ofChecks := looks.names
	if !only.All() && only.Exact() {
		ofChecks = 0
	}
	return func(yield func(snapshot.Facts, *snapshot.Domain) bool) {
		for want, d := range declaredNames(p, account) {
			selected := only.Has(want.Name)
			if !selected && ofChecks == 0 {
				continue
			}
			facts := attr.FactsOf(want.Name, ofChecks)
			for i := range want.Declared {
				if selected {
					facts |= want.Declared[i].Attribute.Facts
				}
			}
			if !yield(facts, d) {
				return
			}
		}
		if ofChecks == 0 {
			return
		}
		for i := range account.Domains {
			d := &account.Domains[i]
			if p.Domain(d.Name) == nil && !yield(attr.FactsOf(d.Name, ofChecks), d) {
				return
			}
		}
	}
}

// CountCheckReads adds the least calls that tell what checks look at of the account.
func CountCheckReads(calls map[string]int, p *config.Portfolio) {
	looks := checksLook(p)
	CountAccountReads(calls, looks.account)
	if looks.transfers {
		CountTransfersIn(calls)
	}
}

// CountReads adds the calls that tell facts of a name, none of which is known.
func CountReads(calls map[string]int, facts snapshot.Facts) {
	for r := range directReads(&listed, facts) {
		calls[r.Operation]++
		if r.Next != "" {
			calls[r.Next]++
		}
	}
}

// listed is a name of which the list has told how it is asked for.
var listed = snapshot.Domain{InstanceID: "listed"}

// CountAccountReads adds the least calls that tell facts of the account as a whole.
func CountAccountReads(calls map[string]int, facts snapshot.Facts) {
	for _, r := range accountReads {
		if facts&r.Facts != 0 {
			calls[r.Operation] += r.Least
		}
	}
}
