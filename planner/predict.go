package planner

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// pollPage is the most results in one answer of PollTaskResult.
const pollPage = 1000

// A callForecast counts the calls of an apply: the least that batches allow, one
// acknowledgement for 13 results, and the reads that verify each changed name.
// What the service takes for its tasks is not known and not counted.
type callForecast struct {
	calls    map[string]int // by operation
	limits   config.Limits
	names    int // of the account
	pageSize int // of the list of them
}

// predict counts the calls of an apply, run by run: one closes the locks that
// are owed, one makes the plan's changes, one what follows them.
func (p *Plan) predict(in Input) {
	t := callForecast{
		calls: make(map[string]int), limits: in.Portfolio.Limits, names: len(in.Live.Domains),
		pageSize: cmp.Or(in.Portfolio.Refresh.PageSize, config.DefaultRefresh().PageSize),
	}
	t.run(p.relocks())
	t.run(p.Changes)
	t.follow(p, in)
	p.setCalls(t.calls, in.Portfolio.Limits)
}

// run counts the calls of a run that makes the ready ones among changes.
func (t *callForecast) run(changes []attr.Change) {
	batches, checks := make(map[string]int), make(map[string]bool)
	results, orders := 0, 0
	for s := range stepsOf(changes) {
		batches[wire.Key(s.Request)]++
		if key := s.CheckKey(); key != "" && !checks[key] {
			checks[key] = true
			t.calls[wire.OperationOf(s.Check).Name]++
		}
		if wire.OperationOf(s.Request).Async() {
			results++
		}
		if wire.OperationOf(s.Request).Spends {
			orders = 1 // one look at the account's order tasks serves all that leave together
		}
	}
	for key, n := range batches {
		name, _, _ := strings.Cut(key, "&")
		t.calls[name] += ceil(n, min(wire.Lookup(name).BatchSize(), t.limits.BatchSize))
	}
	t.calls["QueryTaskList"] += orders
	t.calls["QueryTaskInfoHistory"] += orders
	t.calls["PollTaskResult"] += ceil(results, pollPage)
	t.calls["AcknowledgeTaskResult"] += ceil(results, wire.Lookup("AcknowledgeTaskResult").BatchSize())
	t.verify(changes)
}

// verify counts the reads that verify the ready ones among changes: the list of
// names where that is cheaper, and direct reads.
func (t *callForecast) verify(changes []attr.Change) {
	var ready []*attr.Change
	for i := range changes {
		if c := &changes[i]; c.Status == attr.Ready {
			ready = append(ready, c)
		}
	}
	alike := rereads(ready)
	var spared Savings
	for r, names := range alike {
		for range names {
			spared.Add(&r)
		}
	}
	list := spared.CheapestList(t.names, t.pageSize)
	if list != nil {
		t.calls[list.Operation] += list.Calls(t.names, t.pageSize)
	}
	for r, names := range alike {
		for range names {
			t.read(&snapshot.Domain{}, r.Directly(list))
		}
	}
}

// rereads counts the names of changes by what of them is read again: a million
// names differ in little.
func rereads(changes []*attr.Change) map[Reread]int {
	neededFirst := NeededFirst(changes)
	slices.SortStableFunc(changes, func(a, b *attr.Change) int { return strings.Compare(a.Domain, b.Domain) })
	names := make(map[Reread]int)
	var r Reread
	for i, c := range changes {
		r.Add(c, neededFirst[c.ID])
		if i+1 == len(changes) || changes[i+1].Domain != c.Domain {
			names[r]++
			r = Reread{}
		}
	}
	return names
}

// read counts the calls that tell facts of a name, or of the account, of which
// something is known.
func (t *callForecast) read(known *snapshot.Domain, facts snapshot.Facts) {
	for r := range directReads(known, facts) {
		t.calls[r.Operation]++
	}
	CountAccountReads(t.calls, facts)
}

func (p *Plan) setCalls(calls map[string]int, limits config.Limits) {
	p.Calls = []Calls{}
	for name, n := range calls {
		if n == 0 {
			continue
		}
		c := Calls{Operation: name, Calls: n, Seconds: secondsOf(name, n, limits)}
		p.Calls = append(p.Calls, c)
		// Operations have limits of their own and run side by side.
		p.Summary.Seconds = max(p.Summary.Seconds, c.Seconds)
	}
	slices.SortFunc(p.Calls, func(a, b Calls) int { return cmp.Compare(a.Operation, b.Operation) })
}

// stepsOf ranges over the steps of the ready ones among changes.
func stepsOf(changes []attr.Change) iter.Seq[*attr.Step] {
	return func(yield func(*attr.Step) bool) {
		for i := range changes {
			if changes[i].Status != attr.Ready {
				continue
			}
			for k := range changes[i].Steps {
				if !yield(&changes[i].Steps[k]) {
					return
				}
			}
		}
	}
}

func ceil(n, size int) int { return (n + max(size, 1) - 1) / max(size, 1) }
