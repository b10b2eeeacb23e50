package planner

import (
	"iter"
	"math"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
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

// DeclaredFacts ranges over the selected names of a portfolio, with the facts in
// which what is declared of each is observed, and what an account has of it; nil:
// nothing.
func DeclaredFacts(p *config.Portfolio, only Selection, account *Live) iter.Seq2[snapshot.Facts, *snapshot.Domain] {
	return func(yield func(snapshot.Facts, *snapshot.Domain) bool) {
		for want, d := range declaredNames(p, account) {
			if !only.Has(want.Name) {
				continue
			}
			var facts snapshot.Facts
			for i := range want.Declared {
				facts |= want.Declared[i].Attribute.Facts
			}
			if !yield(facts, d) {
				return
			}
		}
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
