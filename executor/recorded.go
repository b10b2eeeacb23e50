package executor

import (
	"context"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// A Recorded is what the journal has of a run.
type Recorded struct {
	*journal.Ledger
	// Plan is the plan that the run executes, as far as it does, with what it has
	// announced to follow.
	Plan *planner.Plan
	// Report says what became of the changes, as far as the records tell. Why a step was
	// not sent they tell in general only.
	Report *Report
	// Problem is why the plan cannot be read, and so no change is known; "": it can.
	Problem string
}

// ReadRecorded reads what the journal has of a run. It changes nothing and asks
// nobody. Of a run whose plan cannot be read the rest is there.
func ReadRecorded(ctx context.Context, j *journal.Journal, id int64) (*Recorded, error) {
	l, err := j.Ledger(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := decodePlan(l.Plan)
	if err == nil {
		var e *engine
		var changes []*attr.Change
		if e, changes, err = engineOf(Config{Journal: j}.defaults(), l, p, false); err == nil {
			return &Recorded{Ledger: l, Plan: p, Report: e.report(changes)}, nil
		}
	}
	return &Recorded{Ledger: l, Plan: new(planner.Plan), Report: new(Report), Problem: err.Error()}, nil
}
