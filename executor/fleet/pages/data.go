package pages

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/domainsync/domainsync/planner"
)

// Accounts are the states of the accounts of a fleet. Looking at one changes nothing.
type Accounts interface {
	// Plan returns the plan that a run of a job has kept under a hash, and what persons
	// have said of its changes until now. One that is kept no more is a [*NoPlanError].
	// What tells of persons is masked unless it is asked for.
	Plan(ctx context.Context, job, hash string, personal bool) (*Plan, error)
	// Decide records what a person says of changes. One that the state does not take is
	// a [*RefusedError].
	Decide(ctx context.Context, d Decision) error
	// Report writes the report of a job's portfolio as one page, by what its runs have
	// read last. What tells of persons is masked.
	Report(ctx context.Context, job string, w io.Writer) error
}

// A Plan is the plan of a run that waits for persons.
type Plan struct {
	*planner.Plan
	// Said is what persons have said of changes, by their IDs.
	Said map[string]Said
}

// Said is what persons have said of a change.
type Said struct {
	Needed   int // persons that have to say yes; 0: one
	Approved []Word
	Rejected *Word // nil: nobody has said no
}

// A Word is what one person said.
type Word struct {
	By     string
	Until  time.Time // until when a yes counts; zero for a no
	Reason string
}

// A Decision is what a person says of changes of a plan.
type Decision struct {
	Job, Hash, By string
	Changes       []string // IDs
	Reject        bool
	Reason        string
}

// A NoPlanError says that a state has no plan of a hash any more.
type NoPlanError struct{ Job, Hash string }

// Error names the plan.
func (e *NoPlanError) Error() string {
	return fmt.Sprintf("the state of %s has no plan %s any more", e.Job, e.Hash)
}

// A RefusedError says why a state does not take a decision, for whoever made it.
type RefusedError struct{ Why string }

// Error says why.
func (e *RefusedError) Error() string { return e.Why }
