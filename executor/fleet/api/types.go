// Package api lets programs look at a fleet and act on it over HTTP, as domainsync jobs
// does with --server: the forms of what is sent, the routes of the process that serves a
// fleet, and a client of them.
package api

import (
	"encoding/json"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// Version is in the path of all that is served. A form that is understood otherwise than
// before gets another one.
const Version = "v1"

// root is where everything is.
const root = "/api/" + Version

// Jobs are those of a fleet, by name.
type Jobs struct {
	Jobs []Job `json:"jobs"`
}

// A Job is a [fleet.Entry].
type Job struct {
	Name     string    `json:"name"`
	Schedule string    `json:"schedule"`
	Priority int       `json:"priority"`
	Next     time.Time `json:"next,omitzero"` // absent: when somebody asks for it
	Paused   *Act      `json:"paused,omitempty"`
	Asked    *Act      `json:"asked,omitempty"`
	Turn     *Turn     `json:"turn,omitempty"` // absent: nobody works on it
	Last     *Run      `json:"last,omitempty"` // that ended
	LostAt   time.Time `json:"lost_at,omitzero"`
}

// A Turn is a [fleet.Turn].
type Turn struct {
	Run     int64     `json:"run"`
	Holder  string    `json:"holder"`
	Due     time.Time `json:"due"`
	Missed  int       `json:"missed"`
	Began   time.Time `json:"began"`
	Until   time.Time `json:"until"`
	By      string    `json:"by,omitempty"`
	Attempt int       `json:"attempt"`
	Lost    int64     `json:"lost,omitempty"`
}

// Runs are runs, the newest first.
type Runs struct {
	Runs []Run `json:"runs"`
}

// A Run is a [fleet.Run].
type Run struct {
	ID         int64     `json:"id"`
	Job        string    `json:"job"`
	Due        time.Time `json:"due"`
	Missed     int       `json:"missed"`
	Began      time.Time `json:"began"`
	Ended      time.Time `json:"ended,omitzero"` // absent: it has not
	By         string    `json:"by,omitempty"`
	Holder     string    `json:"holder"`
	Attempt    int       `json:"attempt"`
	ExitCode   int       `json:"exit_code"`
	Reason     string    `json:"reason,omitempty"`
	Message    string    `json:"message,omitempty"`
	Commit     string    `json:"commit,omitempty"`
	Changed    bool      `json:"changed,omitempty"`
	Recorded   int64     `json:"recorded,omitempty"`
	Unfinished bool      `json:"unfinished,omitempty"`
	Held       bool      `json:"held,omitempty"`
	OutOfReach bool      `json:"out_of_reach,omitempty"`
	Plan       string    `json:"plan,omitempty"`
	Waiting    int       `json:"waiting,omitempty"`
	// LinesMissing is how many of its lines could not be written.
	LinesMissing int  `json:"lines_missing,omitempty"`
	Planned      bool `json:"planned,omitempty"`
}

// Lines are what happened in a run.
type Lines struct {
	Lines []Line `json:"lines"`
}

// A Line is a [fleet.Line]: its event as it was written.
type Line struct {
	Number int64           `json:"number"`
	Event  json.RawMessage `json:"event"`
}

// Acts are what was done, the newest first.
type Acts struct {
	Acts []Act `json:"acts"`
}

// An Act is a [fleet.Act].
type Act struct {
	ID     int64      `json:"id,omitempty"`
	At     time.Time  `json:"at"`
	By     string     `json:"by"`
	Deed   fleet.Deed `json:"deed"`
	Job    string     `json:"job,omitempty"`
	Run    int64      `json:"run,omitempty"`
	Detail string     `json:"detail,omitempty"`
}

// An Attendance is a [fleet.Attendance].
type Attendance struct {
	Now       time.Time `json:"now"`
	Processes []Process `json:"processes"`
}

// A Process is a [fleet.Process].
type Process struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Version string    `json:"version"`
	File    string    `json:"file"`
	Since   time.Time `json:"since"`
	Seen    time.Time `json:"seen"`
}

// A Request is what is sent with an act.
type Request struct {
	Reason string `json:"reason,omitempty"`
	Run    int64  `json:"run,omitempty"` // that is to end
}

func toAct(a *fleet.Act) *Act {
	if a == nil {
		return nil
	}
	x := Act(*a)
	return &x
}

func fromAct(a *Act) *fleet.Act {
	if a == nil {
		return nil
	}
	x := fleet.Act(*a)
	return &x
}

func toRun(r *fleet.Run) *Run {
	if r == nil {
		return nil
	}
	o := &r.Outcome
	return &Run{
		r.ID, r.Job, r.Due, r.Missed, r.Began, r.Ended, r.By, r.Holder, r.Attempt,
		o.ExitCode, o.Reason, o.Message, o.Commit, o.Changed, o.Recorded, o.Unfinished, o.Held, o.OutOfReach, o.Plan, o.Waiting, o.LinesMissing, o.Planned,
	}
}

func fromRun(r *Run) *fleet.Run {
	if r == nil {
		return nil
	}
	return &fleet.Run{
		ID: r.ID, Job: r.Job, Due: r.Due, Missed: r.Missed, Began: r.Began, Ended: r.Ended, By: r.By, Holder: r.Holder, Attempt: r.Attempt,
		Outcome: fleet.Outcome{
			ExitCode: r.ExitCode, Reason: r.Reason, Message: r.Message, Commit: r.Commit, Changed: r.Changed,
			Recorded: r.Recorded, Unfinished: r.Unfinished, Held: r.Held, OutOfReach: r.OutOfReach, Plan: r.Plan, Waiting: r.Waiting, LinesMissing: r.LinesMissing, Planned: r.Planned,
		},
	}
}

func toJob(e *fleet.Entry) Job {
	j := Job{Name: e.Name, Schedule: e.Schedule, Priority: e.Priority, Next: e.Next, Paused: toAct(e.Paused), Asked: toAct(e.Asked), Last: toRun(e.Last), LostAt: e.LostAt}
	if t := e.Turn; t != nil {
		j.Turn = &Turn{t.Run, t.Holder, t.Due, t.Missed, t.Began, t.Until, t.By, t.Attempt, t.Lost}
	}
	return j
}

func fromJob(j *Job) fleet.Entry {
	e := fleet.Entry{Name: j.Name, Schedule: j.Schedule, Priority: j.Priority, Next: j.Next, Paused: fromAct(j.Paused), Asked: fromAct(j.Asked), Last: fromRun(j.Last), LostAt: j.LostAt}
	if t := j.Turn; t != nil {
		e.Turn = &fleet.Turn{Job: j.Name, Run: t.Run, Holder: t.Holder, Due: t.Due, Missed: t.Missed, Began: t.Began, Until: t.Until, By: t.By, Attempt: t.Attempt, Lost: t.Lost}
	}
	return e
}
