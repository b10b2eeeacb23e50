// Package fleet runs the jobs of many accounts on their schedules.
//
// What is to be run stands in a file, fleet.hcl, of the operator. When each job is due
// and who works on it stands in a [Table]; so a missed time is not lost with the process,
// and what a process leaves that has died is taken by another one. A [Runner] takes what
// is due, and has each run made by whoever it is given.
package fleet

import (
	"context"
	"fmt"
	"time"
)

// A Table keeps when jobs are due, who works on them, and what became of their runs. It
// may be used by many processes at once. One clock decides for all of them what is due
// and which lease has ended: that of the machine, or of the database. Times of which a
// process thinks by its own clock are told by that: when to look again, when a job is due
// once more, and when a lease ends. It promises that
//
//   - of all who take, one gets a job, and nobody gets one whose account another job is
//     at work on;
//   - a turn that was given to somebody else, or has ended, writes nothing any more: its
//     holder gets a [*LostError];
//   - what it returned without an error survives the end of the process.
type Table interface {
	// Declare makes jobs the fleet's. One that is new is due at its next time; one whose
	// schedule has changed, too, unless it is due already, or is to be run again before
	// that. Those that are left out are not taken any more, and keep their history.
	Declare(ctx context.Context, by string, jobs []Declaration) error
	// Jobs returns those of the fleet, by name.
	Jobs(ctx context.Context) ([]Entry, error)
	// Metrics returns those of a job's last run, as Jobs does; nil: there are none.
	Metrics(ctx context.Context, job string) ([]byte, error)
	// Due returns the jobs that may be taken now, the most urgent first: that of the
	// greatest priority, and of these the one that is due for longest. Of those of one
	// account it has the first alone. Next is when another one may become due; zero:
	// when something changes.
	Due(ctx context.Context, c Claim) (due []DueJob, next time.Time, err error)
	// Take takes the first of the jobs that are due. Without one it is nil, and next
	// is when to look again at the latest; zero: when something changes.
	Take(ctx context.Context, c Claim) (t *Turn, next time.Time, err error)
	// Renew has the lease of a turn run anew, also where it has ended and nobody has taken
	// the job, or another one of its account, since.
	Renew(ctx context.Context, t *Turn, lease time.Duration) error
	// Record adds lines to what is told of a turn's run.
	Record(ctx context.Context, t *Turn, lines [][]byte) error
	// End ends a turn. Again is when the job is due once more, whatever its schedule
	// says; zero: then.
	End(ctx context.Context, t *Turn, o Outcome, again time.Time) error
	// Do records what a person does, and does it. A job that there is not is a
	// [*NoJobError].
	Do(ctx context.Context, a Act) error
	// Runs returns runs, the newest first.
	Runs(ctx context.Context, q RunQuery) ([]Run, error)
	// Lines returns what is told of a run after a line; its numbers count from 1.
	Lines(ctx context.Context, run, after int64) ([]Line, error)
	// Acts returns what was done, the newest first.
	Acts(ctx context.Context, q ActQuery) ([]Act, error)
	// Forget forgets what is older than is wanted. The last run of each job stays, and so
	// do the acts that a job stands on: that it is paused, or asked for.
	Forget(ctx context.Context, before Cutoffs) error
	Sessions
	Processes
	Close() error
}

// Cutoffs are the times before which things are forgotten.
type Cutoffs struct {
	Lines, Runs time.Time // of runs that ended before
	Acts        time.Time
}

// A Declaration is what a file says of a job, as far as a table has to know it.
type Declaration struct {
	Name     string
	Schedule Schedule
	Priority int
	// Account tells jobs apart that may be at work at the same time: those of one
	// account are not.
	Account string
}

// An Entry is a job of the fleet.
type Entry struct {
	Name     string
	Schedule string
	Priority int
	Next     time.Time // when it is due; zero: when somebody asks for it
	Paused   *Act      // nil: it is not
	Asked    *Act      // who has asked for a run that has not begun; nil: nobody
	Turn     *Turn     // nil: nobody works on it
	Last     *Run      // that ended; nil: none did
	// LostAt is when one of its runs was last found to be lost; zero: none was.
	LostAt time.Time
	// Metrics are those of its last run, as [Outcome] has them.
	Metrics []byte
}

// A Claim says who takes a job, and which it may be.
type Claim struct {
	Holder string
	Lease  time.Duration
	Job    string // the only one that it may be; "": any
	// Schedule returns that of a job; false: the holder does not know the job, and
	// leaves it to others.
	Schedule func(job string) (Schedule, bool)
}

// A DueJob is a job that may be taken.
type DueJob struct {
	Name     string
	Fence    int64 // of its last turn: the next one has a greater one; 0: it had none
	Priority int
	Since    time.Time
	Waits    time.Duration // since then, by the clock of the table
}

// A Turn is a job that somebody works on.
type Turn struct {
	Job    string
	Run    int64
	Fence  int64 // greater than those of all turns of the job before it
	Holder string
	Due    time.Time
	Missed int // later times that passed before it began
	Began  time.Time
	Until  time.Time // when another one may take the job, unless its holder lives; by the clock of who asks
	By     string    // who has asked for it; "": the schedule
	// Attempt counts the runs that are owed to one due time, from 1.
	Attempt int
	// Lost is the run before, whose holder was not heard of until its lease ended; 0:
	// there is none.
	Lost int64
}

// MostLost is after how many lost runs in a row a job waits for its next time: one that
// ends the process would keep all others from being run.
const MostLost = 3

// A Run is one run of a job.
type Run struct {
	ID      int64
	Job     string
	Due     time.Time
	Missed  int
	Began   time.Time
	Ended   time.Time // zero: it has not
	By      string    // who has asked for it; "": the schedule
	Holder  string
	Attempt int
	Outcome
}

// How late a run may begin before that is worth a word.
const onTime = time.Minute

// Late is how long after its time the run began, 0 where that is on time.
func (r *Run) Late() time.Duration { return lateness(r.Due, r.Began) }

// Late is [Run.Late] of the turn's run.
func (t *Turn) Late() time.Duration { return lateness(t.Due, t.Began) }

func lateness(due, began time.Time) time.Duration {
	if late := began.Sub(due); late > onTime {
		return late
	}
	return 0
}

// An Outcome is how a run ended.
type Outcome struct {
	ExitCode int
	// Reason is one word, as the last line of a command has it; "": it ended well.
	Reason  string
	Message string // for people; "": there is nothing to say
	// Commit is the one whose files were run; "": git does not tell. Changed says that
	// the files were not those of the commit.
	Commit  string
	Changed bool
	// Recorded is the number of the run in the account's own journal; 0: nothing was
	// to be done.
	Recorded int64
	// Unfinished says that something is left to be settled, Held that another process
	// works on the account.
	Unfinished, Held bool
	// OutOfReach says that nothing was done, as what the run needs could not be reached:
	// the state of its account, or the service.
	OutOfReach bool `json:",omitempty"`
	// Plan is the hash under which the account's state keeps the plan of the run, where
	// persons have something to decide; "": they have not, or it could not be kept.
	Plan string
	// Planned says that the run came to a plan.
	Planned bool
	// Waiting is how many changes of that plan wait for persons.
	Waiting int
	// LinesMissing is how many lines of the run could not be written, for the table to say.
	LinesMissing int `json:",omitempty"`
	// Metrics are those of the job after the run, as text for Prometheus.
	Metrics []byte
}

// ReasonLost is the reason of a run whose process was not heard of any more.
const ReasonLost = "lost"

// A Line is one thing that happened in a run, as JSON.
type Line struct {
	Number int64
	Data   []byte
}

// A Deed is what an [Act] does.
type Deed string

// The deeds.
const (
	DeedPause   Deed = "pause"    // no run of the job begins by its schedule
	DeedResume  Deed = "resume"   // its runs begin by its schedule again
	DeedAsk     Deed = "ask"      // the job is run at once
	DeedCancel  Deed = "cancel"   // a run that is at work is to end in order
	DeedServe   Deed = "serve"    // a process began to run jobs
	DeedStop    Deed = "stop"     // it ended
	DeedReload  Deed = "reload"   // it read the file of the fleet anew
	DeedDeclare Deed = "declare"  // the jobs of the fleet have changed
	DeedBegin   Deed = "begin"    // a run began
	DeedEnd     Deed = "end"      // a run ended
	DeedRestore Deed = "restore"  // the table was put back from a backup
	DeedSignIn  Deed = "sign_in"  // a person signed in
	DeedSignOut Deed = "sign_out" // and out again
)

// The deeds that are about the changes of a job's account.
const (
	DeedApprove Deed = "approve"     // a person said yes to a change
	DeedReject  Deed = "reject"      // or no
	DeedRule    Deed = "rule"        // the file of the fleet asks other persons
	DeedGlass   Deed = "break_glass" // somebody had changes made without their persons
)

// An Act is something that was done, by whom and when.
type Act struct {
	ID     int64
	At     time.Time // the table's to give
	By     string
	Deed   Deed
	Job    string // "": it is about the fleet
	Run    int64
	Detail string
}

// A RunQuery selects runs.
type RunQuery struct {
	ID     int64  // 0: any
	Job    string // "": any
	Before int64  // only runs with smaller numbers; 0: any
	// Failed selects the runs that ended with an exit code other than 0.
	Failed bool
	Limit  int // 0: all
}

// An ActQuery selects acts.
type ActQuery struct {
	Job    string // "": any
	By     string // "": anybody
	Deed   Deed   // "": any
	Before int64  // only acts with smaller numbers; 0: any
	Limit  int    // 0: all
}

// A NoTableError says that a directory or a database has no table.
type NoTableError struct{ Where string }

// Error says how one is made.
func (e *NoTableError) Error() string {
	return fmt.Sprintf("there is no fleet in %s: domainsync serve begins one; name its state with --state", e.Where)
}

// A LostError says that a turn is no longer its holder's.
type LostError struct{ Job, Holder string }

// Error says whose it was.
func (e *LostError) Error() string {
	return fmt.Sprintf("the turn of job %q was taken from %s, whose lease ended", e.Job, e.Holder)
}

// A NoJobError says that the fleet has no job of that name.
type NoJobError struct {
	Job  string
	Have []string
}

// Error says which there are.
func (e *NoJobError) Error() string {
	return fmt.Sprintf("the fleet has no job %q", e.Job)
}
