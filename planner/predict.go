package planner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// pollPage is the most results in one answer of PollTaskResult.
const pollPage = 1000

// predict counts the calls of an apply: the least that batches allow, one
// acknowledgement for 13 results, and the reads that verify each changed name.
// What the service takes for its tasks is not known and not counted.
func (p *Plan) predict(limits config.Limits) {
	calls := make(map[string]int)
	steps := p.readySteps()
	batches := make(map[string]int)
	checks := make(map[string]bool)
	results := 0
	for _, s := range steps {
		batches[wire.Key(s.Request)]++
		if key := s.CheckKey(); key != "" && !checks[key] {
			checks[key] = true
			calls[wire.OperationOf(s.Check).Name]++
		}
		if wire.OperationOf(s.Request).Async() {
			results++
		}
	}
	orders := 0
	for key, n := range batches {
		name, _, _ := strings.Cut(key, "&")
		if wire.Lookup(name).Spends {
			orders = 1 // one look at the account's order tasks serves all that leave together
		}
		calls[name] += ceil(n, min(wire.Lookup(name).BatchSize(), limits.BatchSize))
	}
	calls["QueryTaskList"] += orders
	calls["QueryTaskInfoHistory"] += orders
	calls["PollTaskResult"] += ceil(results, pollPage)
	calls["AcknowledgeTaskResult"] += ceil(results, wire.Lookup("AcknowledgeTaskResult").BatchSize())
	for _, facts := range p.changedFacts() {
		for _, r := range reads {
			if facts&r.facts != 0 {
				calls[r.operation]++
			}
		}
		for _, r := range accountReads {
			if facts&r.facts != 0 {
				calls[r.operation] = r.least
			}
		}
	}
	p.setCalls(calls, limits)
}

func (p *Plan) setCalls(calls map[string]int, limits config.Limits) {
	p.Calls = []Calls{}
	for name, n := range calls {
		if n == 0 {
			continue
		}
		c := Calls{Operation: name, Calls: n}
		if rate := limits.Rate(name); rate > 0 {
			c.Seconds = float64(n) / rate
		}
		p.Calls = append(p.Calls, c)
		// Operations have limits of their own and run side by side.
		p.Summary.Seconds = max(p.Summary.Seconds, c.Seconds)
	}
	slices.SortFunc(p.Calls, func(a, b Calls) int { return cmp.Compare(a.Operation, b.Operation) })
}

func (p *Plan) readySteps() []attr.Step {
	return append(stepsOf(p.Changes), stepsOf(p.Unlocks)...)
}

// changedFacts returns the facts in which the changes of each name are seen.
func (p *Plan) changedFacts() map[string]snapshot.Facts {
	facts := make(map[string]snapshot.Facts)
	for _, changes := range [][]attr.Change{p.Changes, p.Unlocks} {
		for i := range changes {
			if c := &changes[i]; c.Status == attr.Ready {
				facts[c.Domain] |= attr.Lookup(c.Attribute).Facts
			}
		}
	}
	return facts
}

// stepsOf returns the steps of the ready ones among changes.
func stepsOf(changes []attr.Change) []attr.Step {
	var steps []attr.Step
	for i := range changes {
		if changes[i].Status == attr.Ready {
			steps = append(steps, changes[i].Steps...)
		}
	}
	return steps
}

func ceil(n, size int) int { return (n + max(size, 1) - 1) / max(size, 1) }
