package journal

import (
	"io"
	"time"
)

// A Run is one apply or resume: the plan that it executes and what became of
// it. What it did stands in its [Ledger].
type Run struct {
	ID         int64     `json:"id"`
	Kind       Kind      `json:"kind"`
	Began      time.Time `json:"began"`
	ConfigHash string    `json:"config_hash"`
	// PlanID identifies the plan: a saved one is applied once.
	PlanID string `json:"plan_id"`
	// Command is the name of the command that began it, and Actor who did so; "": a
	// former program recorded the run.
	Command string `json:"command,omitempty"`
	Actor
	// Follows is the run whose plan has announced this one; 0: none has.
	Follows int64 `json:"follows,omitempty"`
	// Undoes is the run whose changes it takes back; 0: it does not.
	Undoes int64 `json:"undoes,omitempty"`
	// Commands are those that have worked on it and ended, the first one first.
	Commands []Command `json:"commands,omitempty"`
	// Plan is the plan as the caller encoded it.
	Plan []byte `json:"-"`
	// WritePlan writes the plan of a new run, which may be too large to be held
	// beside what it says; nil: Plan holds it.
	WritePlan func(io.Writer) error `json:"-"`
	// Persons are those to whom the plan refers; nil: it refers to none.
	Persons *Persons `json:"-"`
	// Declared are the names that the files declared, sorted.
	Declared []string `json:"-"`
	Marks    []Mark   `json:"marks"`
}

// Kind says which command began a run.
type Kind string

// The kinds of runs.
const (
	Apply Kind = "apply"
)

// A Mark is a fact about a run as a whole.
type Mark struct {
	Name MarkName  `json:"mark"`
	At   time.Time `json:"at"`
}

// MarkName says what happened to a run.
type MarkName string

// The marks of a run. A run without Ended and Abandoned is open.
const (
	Interrupted MarkName = "interrupted" // it stopped before its end
	Resumed     MarkName = "resumed"     // it goes on
	Dropped     MarkName = "dropped"     // what was not sent never will be
	Ended       MarkName = "ended"       // nothing of it is left to do
	Abandoned   MarkName = "abandoned"   // its owner gave it up
)

// Marked reports whether the run has a mark.
func (r *Run) Marked(name MarkName) bool {
	for _, m := range r.Marks {
		if m.Name == name {
			return true
		}
	}
	return false
}

// Open reports whether something of the run is left to do.
func (r *Run) Open() bool { return !r.Marked(Ended) && !r.Marked(Abandoned) }

// Ended returns when the run ended or was abandoned; zero while it is open.
func (r *Run) Ended() time.Time {
	for _, m := range r.Marks {
		if m.Name == Ended || m.Name == Abandoned {
			return m.At
		}
	}
	return time.Time{}
}

// An Intent is a request that is about to leave.
type Intent struct {
	Batch     int64             `json:"batch"`
	Operation string            `json:"operation"`
	Key       string            `json:"key"`
	Request   map[string]string `json:"request"` // the parameters of the call
	Steps     []string          `json:"steps"`
	Names     []string          `json:"names"` // of the steps, in their order
	At        time.Time         `json:"at"`
	// Timestamp is what every attempt of the request is signed with, by the clock of
	// the machine that sends it. Zero: a former program recorded the intent, and each
	// attempt had its own.
	Timestamp time.Time `json:"timestamp,omitzero"`
	// Purchases are what it orders. [Journal.Purchases] reads them.
	Purchases []Purchase `json:"-"`
}

// An CallFailure is how a call ended that brought no task number.
type CallFailure struct {
	Batch     int64     `json:"batch"`
	Kind      CallKind  `json:"outcome"`
	Code      string    `json:"code,omitempty"`
	Message   string    `json:"message"`
	RequestID string    `json:"request_id,omitempty"`
	At        time.Time `json:"at"`
}

// CallKind is how a call ended.
type CallKind string

// The ways in which a call ends without a task number.
const (
	CallNotDone CallKind = "not done" // certainly not executed
	CallRefused CallKind = "refused"
	CallUnknown CallKind = "unknown" // may have been executed
)

// A Submission is a task that the service saved for a batch.
type Submission struct {
	Batch     int64     `json:"batch"`
	Task      string    `json:"task"`
	RequestID string    `json:"request_id,omitempty"`
	Adopted   bool      `json:"adopted,omitempty"` // found later, after an answer was lost
	At        time.Time `json:"at"`
}

// A Result is what became of one step of a task.
type Result struct {
	Batch     int64     `json:"batch"`
	Detail    string    `json:"detail"`
	Step      string    `json:"step"` // "" where the detail belongs to no step
	Success   bool      `json:"success"`
	Message   string    `json:"message,omitempty"`
	RequestID string    `json:"request_id,omitempty"` // of the answer that held it
	At        time.Time `json:"at"`
}

// An Acknowledgement says that a result is off the service's queue.
type Acknowledgement struct {
	Detail string    `json:"detail"`
	Note   string    `json:"note,omitempty"` // why it was given up, where it was
	At     time.Time `json:"at"`
}

// A Conclusion is what was found out about a step whose result does not come.
// A later one replaces it, and so does a result.
type Conclusion struct {
	Batch   int64     `json:"batch"`
	Step    string    `json:"step"`
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// Verdict is what was found out about a step.
type Verdict string

// The verdicts on a step.
const (
	FoundDone    Verdict = "done"     // the live state shows it
	FoundNotDone Verdict = "not done" // it never was executed and may be sent again
	FoundRefused Verdict = "refused"  // the service said so
	FoundNothing Verdict = "in doubt"
)

// A Verification is what a read after the run says about a change.
type Verification struct {
	Change  string    `json:"change"`
	Verdict string    `json:"verdict"`
	Note    string    `json:"note,omitempty"`
	At      time.Time `json:"at"`
}
