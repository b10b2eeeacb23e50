package pages

import (
	"context"
	"fmt"
	"io"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/planner"
)

// Accounts are the states of the accounts of a fleet. Looking at one changes nothing.
type Accounts interface {
	// Plan returns the last plan of a job that was kept for persons, with what they have
	// said of it until now; nil: nothing waits for them. One that is kept no more is a
	// [*NoPlanError]. What tells of persons is masked unless it is asked for.
	Plan(ctx context.Context, job string, personal bool) (*Plan, error)
	// Decide records what a person says of changes. One that the state does not take is
	// a [*RefusedError].
	Decide(ctx context.Context, d Decision) error
	// Report writes the report of a job's portfolio as one page, by what its runs have
	// read last. What tells of persons is masked. Where nothing was read there is a
	// [*NoReportError].
	Report(ctx context.Context, job string, w io.Writer) error
}

// A Plan is a plan that was kept for persons.
type Plan struct {
	*planner.Plan
	Run     fleet.Run          // that made it
	Waiting []planner.Awaiting // its changes that wait for persons
}

// A Decision is what a person says of changes of a plan.
type Decision struct {
	Job, Hash, By string
	Changes       []string // IDs
	Reject        bool
	Reason        string
}

// A NoPlanError says that a state has no more the plan that waits.
type NoPlanError struct{ Job string }

// Error names the job.
func (e *NoPlanError) Error() string {
	return fmt.Sprintf("the state of %s has the plan that waits no more", e.Job)
}

// A NoReportError says that no run of a job has read its account yet.
type NoReportError struct{ Job string }

// Error names the job.
func (e *NoReportError) Error() string {
	return fmt.Sprintf("no run of %s has read its account yet", e.Job)
}

// A RefusedError says why a state does not take a decision, for whoever made it.
type RefusedError struct{ Why string }

// Error says why.
func (e *RefusedError) Error() string { return e.Why }
