// Package turns decides what each table of jobs has to decide, whatever it lies in: which
// jobs are due, what a turn is like, and what a new file changes.
package turns

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// A Job is one as a table keeps it.
type Job struct {
	fleet.Entry
	Account string
	Fence   int64     // of its last turn
	Owed    time.Time // the time that an earlier attempt was for, and Next is for again; zero: there was none
	Attempt int       // the number of that attempt
	Lost    int       // runs right before that of the turn whose holders died
}

// dueSince returns since when the job is to be run; false: it is not.
func (j *Job) dueSince(now time.Time) (since time.Time, due bool) {
	switch {
	case j.Turn != nil && j.Turn.Until.After(now):
		return since, false
	case j.Asked != nil:
		return j.Asked.At, true
	case j.Paused != nil:
		return since, false
	case j.Turn != nil && j.Lost+1 < fleet.MostLost:
		return j.Turn.Due, true
	}
	return j.Next, !j.Next.IsZero() && !j.Next.After(now)
}

// lookAt is when the job may have to be looked at again; zero: when something changes.
func (j *Job) lookAt(now time.Time) time.Time {
	switch {
	case j.Turn != nil && j.Turn.Until.After(now):
		return j.Turn.Until
	case j.Paused != nil:
		return time.Time{}
	}
	return j.Next
}

// A Candidate is a job that is due.
type Candidate struct {
	*Job
	Since time.Time
	Waits time.Duration // since then
}

// Due returns the jobs that are due and that a claim may be for, in the order in which
// they are taken: one of each account, and none of an account that somebody is at work on.
// Next is when another one may become due; zero: when something changes.
func Due(jobs []Job, busy map[string]bool, c *fleet.Claim, now time.Time) (due []Candidate, next time.Time) {
	for i := range jobs {
		j := &jobs[i]
		if _, known := c.Schedule(j.Name); !known || c.Job != "" && c.Job != j.Name {
			continue
		}
		if since, is := j.dueSince(now); is {
			due = append(due, Candidate{j, since, now.Sub(since)})
		}
		if look := j.lookAt(now); look.After(now) && (next.IsZero() || look.Before(next)) {
			next = look
		}
	}
	slices.SortFunc(due, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name))
	})
	first := make(map[string]bool) // of its account
	return slices.DeleteFunc(due, func(d Candidate) bool {
		another := busy[d.Account] || first[d.Account]
		first[d.Account] = true
		return another
	}), next
}

// A Begun is what becomes of a job that is taken.
type Begun struct {
	fleet.Turn           // whose run has no number yet
	Next       time.Time // when the job is due next
	LostRuns   int       // right before the turn's own
}

// Begin gives a job to who claims it.
func (c Candidate) Begin(claim *fleet.Claim, now time.Time) *Begun {
	b := &Begun{
		Turn: fleet.Turn{Job: c.Name, Fence: c.Fence + 1, Holder: claim.Holder, Due: c.Since, Began: now, Until: now.Add(claim.Lease), Attempt: c.Attempt + 1},
		Next: c.Next,
	}
	if c.Asked != nil {
		b.By = c.Asked.By
	}
	if c.Turn != nil { // its holder is not heard of any more
		b.Lost, b.Attempt, b.LostRuns = c.Turn.Run, c.Turn.Attempt+1, c.Lost+1
	}
	if !b.Next.IsZero() && !b.Next.After(now) {
		if !c.Owed.IsZero() {
			b.Due = c.Owed
		}
		schedule, _ := claim.Schedule(c.Name)
		b.Missed, b.Next = schedule.Missed(b.Next, now), schedule.Next(now)
	}
	return b
}

// Why says in short why the run began.
func (b *Begun) Why() string {
	switch {
	case b.Lost > 0:
		return fmt.Sprintf("after run %d was lost", b.Lost)
	case b.By != "":
		return "asked for by " + b.By
	case b.Attempt > 1:
		return fmt.Sprintf("attempt %d", b.Attempt)
	case b.Late() > 0:
		return "late, for " + b.Due.Format(time.RFC3339)
	}
	return "on schedule"
}

// LostExitCode is that of a run that was interrupted: the next one settles what it left.
const LostExitCode = 5

// Lost is the outcome, as JSON, of the run of a holder that is not heard of any more.
func Lost(holder string) ([]byte, error) {
	return json.Marshal(fleet.Outcome{ExitCode: LostExitCode, Reason: fleet.ReasonLost, Unfinished: true, Message: holder + " was not heard of until its lease ended"})
}

// Ended is an outcome as JSON, without the metrics, which are the job's, and in short.
func Ended(o fleet.Outcome) (outcome []byte, short string, err error) {
	short = fmt.Sprintf("exit %d", o.ExitCode)
	if o.Reason != "" {
		short += ": " + o.Reason
	}
	o.Metrics = nil
	outcome, err = json.Marshal(o)
	return outcome, short, err
}

// Step is the least by which numbers of runs, acts and turns go on in a table that was put
// back from a backup, at the next multiple of it: what was given since the backup is not
// known, and no number is given twice.
const Step = 100_000

// Restored says what is not known of a table that was put back, whose last act was then.
func Restored(last time.Time) string {
	return "put back from a backup, or a replica took its place: runs, pauses and what else was done after " + last.Format(time.RFC3339) + " are not known here"
}
