package job

import (
	"errors"
	"slices"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// ErrInterrupted says that a run was asked to stop before it came to its end.
var ErrInterrupted = errors.New("interrupted")

// A RefusedError says that a plan must not be applied as it is. Nothing was
// changed.
type RefusedError struct{ Reason string }

// Error says why.
func (e *RefusedError) Error() string { return e.Reason + "; nothing was changed" }

// A SavedPlanError says why a saved plan cannot be applied to the account.
type SavedPlanError struct{ Err error }

// Error says why, without the plan's file.
func (e *SavedPlanError) Error() string { return e.Err.Error() }

func (e *SavedPlanError) Unwrap() error { return e.Err }

// Result is what became of a run: plain data.
type Result struct {
	Operation Operation
	Version   string // of the program
	Endpoint  string
	Account   string // "": it holds no name to tell it

	// Settled is what became of what earlier runs had left; nil: nothing was.
	Settled *executor.Report
	// Stopped says that a run was asked to stop while earlier ones were
	// settled: nothing was planned.
	Stopped bool

	// Plan is what was to be done; nil: the run ended before it was known.
	Plan *planner.Plan
	// Months are the account by month as the run found it, where that was to be counted;
	// nil: it was not.
	Months *report.Months
	// LastKnown is what is known from before of the ends of names, where the run was to
	// plan and ended before it had a plan; nil: it has one.
	LastKnown *planner.LastKnown
	// Of a saved plan: what no longer holds, the IDs of what was live already,
	// and whether the files or variables are not those that it was made with.
	Stale      []planner.Stale
	Done       []string
	OtherFiles bool
	// Refusal is why the plan must not be applied as it is; "": it may.
	Refusal string
	// Follow are the plans of what was announced to follow.
	Follow []*planner.Plan

	// Report is what became of the changes, what followed included; nil: none
	// was to be made.
	Report *executor.Report

	// BrokenGlass is what was made of late without the persons whom the rule of the
	// account's fleet asks, by this run or earlier ones, the oldest first.
	BrokenGlass []journal.BrokenGlass

	// Work compares what the run was expected to take with what it took, part by
	// part.
	Work []Work

	// Took is what all of the run took.
	Took Took
	// Complete says that the run looked at all that the files declare, and went to its
	// end: what it did not find is not there.
	Complete bool

	// Conditions are what a person has to know of after the run, the severest first.
	Conditions []Condition
	// Reasons say why the run did not end well, by its conditions; none: it did, as
	// far as there was no error.
	Reasons []Reason
}

// Open reports whether the run leaves something that is to be resumed or settled. One
// that was interrupted before anything was sent does not.
func (r *Result) Open() bool {
	return r.Operation == Resuming || r.Operation == Relocking || r.Stopped || r.Report != nil || slices.Contains(r.Reasons, Open)
}

// Reason is why a run does not end well.
type Reason = planner.EndReason

// The reasons.
const (
	Open       Reason = "open"       // interrupted or in doubt: resume
	Failed     Reason = "failed"     // something failed, is unknown, stale, missing, blocked, overdue, threatened or differs
	Guarded    Reason = "guarded"    // a guard refuses the plan
	Impossible Reason = "impossible" // the plan has errors
	Unapproved Reason = "unapproved" // changes were left out that nobody has approved
	Pending    Reason = "pending"    // the plan has changes, and only a plan was asked for
)

// allReasons are all, from the one that says most: what is open may cost money,
// what failed needs a person, what is refused was not begun.
var allReasons = []Reason{Open, Failed, Guarded, Impossible, Unapproved, Pending}
