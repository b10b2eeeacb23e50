package job

import (
	"sync"
	"time"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// An Event is one thing that happened in a run.
type Event struct {
	// Number counts the events of a run from 1. It is 0 for [Reading] and
	// [executor.Progress], which say how far something is: they come as often
	// as they like, and only the last one counts.
	Number int
	Time   time.Time // by the job's clock
	Job    string    // its name
	Run    int64     // its number in the journal; 0: nothing of it is recorded
	Details
}

// Details is what happened: one of the types below, or one of the executor's,
// which tells of a plan that is being executed:
//
//   - [executor.Executing]: its changes are about to be made
//   - [executor.Submitted]: the service saved a task
//   - [executor.StepResult]: steps have ended, well or not
//   - [executor.ReadBack]: the account shows changes, or does not
//   - [executor.Progress]: how far it is
//
// Kind is its name in JSON.
type Details interface{ Kind() string }

// Operation is what a run is begun for.
type Operation string

// The operations of a job.
const (
	Planning   Operation = "plan"
	Applying   Operation = "apply"
	Resuming   Operation = "resume"
	Abandoning Operation = "abandon"
	// Relocking only closes the locks that an interrupted run has left open.
	Relocking Operation = "relock"
)

// Began is the first event of a run.
type Began struct {
	Operation Operation
	Endpoint  string
	Version   string // of the program
}

// StateLost says that the state may lack the last of its records, so that it
// counts as whole only from now on.
type StateLost struct{ Loss journal.Loss }

// Settled says what became of what earlier runs had left, before anything is
// planned.
type Settled struct {
	Report *executor.Report // nil: they had left nothing
	// Follow says that it was done before what a plan announced to follow is
	// planned.
	Follow bool
}

// Refreshing says how much of what was read before stands, before the names are
// read.
type Refreshing reader.Standing

// Foreseen says what a part of a run is expected to take: before it begins, and
// again where that turns out to be much more or less.
type Foreseen struct {
	Part Part
	planner.Effort
	Names int // that are read one by one; 0: not told
}

// Reading says how far a phase of reading is.
type Reading reader.Progress

// Read says that the account was read.
type Read struct {
	Names    int // that the account holds, or of which something was read
	Failures int // reads without an answer
	Seconds  float64
}

// Planned says what is to be done.
type Planned struct {
	Plan *planner.Plan
	// Of a saved plan: the changes that no longer hold, the IDs of those that
	// are live already, and whether the files or variables are not those that
	// it was made with.
	Stale      []planner.Stale
	Done       []string
	OtherFiles bool
	// NewState says what it means that the state is new; "": it is not, or the plan
	// itself warns of it.
	NewState string
}

// AwaitingApproval says that a plan has something to do, and that somebody is
// asked whether it may.
type AwaitingApproval struct{}

// Approved says that the plan may be applied.
type Approved struct {
	By string // the person who said so; "": nobody in person
}

// Refused says that the plan is not applied, and nothing was changed.
type Refused struct{ Reason string }

// Executed says what became of the changes of one plan. What was announced to
// follow is another one.
type Executed struct{ Report *executor.Report }

// FollowPlanned says what is planned of what a plan has announced to follow.
type FollowPlanned struct{ Plan *planner.Plan }

// Ended is the last event of a run.
type Ended struct {
	Result *Result
	Err    error // why the run could not go on; nil: it went to its end
}

// Kind is "began".
func (Began) Kind() string { return "began" }

// Kind is "state_lost".
func (StateLost) Kind() string { return "state_lost" }

// Kind is "settled".
func (Settled) Kind() string { return "settled" }

// Kind is "refreshing".
func (Refreshing) Kind() string { return "refreshing" }

// Kind is "foreseen".
func (Foreseen) Kind() string { return "foreseen" }

// Kind is "reading".
func (Reading) Kind() string { return "reading" }

// Kind is "read".
func (Read) Kind() string { return "read" }

// Kind is "planned".
func (Planned) Kind() string { return "planned" }

// Kind is "awaiting_approval".
func (AwaitingApproval) Kind() string { return "awaiting_approval" }

// Kind is "approved".
func (Approved) Kind() string { return "approved" }

// Kind is "refused".
func (Refused) Kind() string { return "refused" }

// Kind is "executed".
func (Executed) Kind() string { return "executed" }

// Kind is "follow_planned".
func (FollowPlanned) Kind() string { return "follow_planned" }

// Kind is "ended".
func (Ended) Kind() string { return "ended" }

// emitter numbers events and passes them on. Reads beside the run's goroutine
// tell how far they are, too.
type emitter struct {
	mu     sync.Mutex
	number int
	run    int64
}

// emit tells of something that happens now.
func (r *run) emit(d Details) {
	if r.Events == nil {
		return
	}
	e := &r.emitter
	e.mu.Lock()
	defer e.mu.Unlock()
	if x, ok := d.(executor.Executing); ok {
		e.run = x.Run
	}
	event := Event{Time: r.Clock.Now(), Job: r.Name, Run: e.run, Details: d}
	switch d.(type) {
	case Reading, executor.Progress:
	default:
		e.number++
		event.Number = e.number
	}
	r.Events(event.Masked(r.masker))
}

// leaveRun says that what comes next is not of the run that was executed, and keeps
// what that has verified.
func (r *run) leaveRun() {
	r.keepRestVerified()
	r.emitter.mu.Lock()
	r.emitter.run = 0
	r.emitter.mu.Unlock()
}
