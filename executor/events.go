package executor

import (
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// An Event is one thing that happened while a plan was executed: plain data,
// which [Config.Events] is given as it happens. Kind is its name in JSON.
type Event interface{ Kind() string }

// Executing says that the changes of a recorded run are about to be made: those
// of a new one, or what is left of an earlier one.
type Executing struct {
	Run     int64 // its number in the journal
	Changes int
	Steps   int
}

// Submitted says that the service saved a task for a request, and that the
// number of the task is recorded.
type Submitted struct {
	Operation string
	Names     []string // canonical; "" is the account
	Task      string
}

// StepResult says how steps ended of which the same is to be said.
type StepResult struct {
	Attribute string
	Operation string
	Result    ChangeResult // [Done], [Failed], [NotSent], [Stale], [InDoubt] or [Waiting]
	Changes   []string     // by ID
	Names     []string     // of the changes
	Code      string       // of the service's refusal
	Message   string       // why they did not end well
	RequestID string
	Task      string
}

// ReadBack says what the account shows of executed changes, when it was read
// again after them.
type ReadBack struct {
	Attribute string
	Result    ChangeResult // [Verified], [Waiting], [Differs], or [Done] where it could not be read
	Changes   []string     // by ID
	Names     []string     // of the changes
	Message   string       // why they are not verified
}

// Kind is "executing".
func (Executing) Kind() string { return "executing" }

// Kind is "submitted".
func (Submitted) Kind() string { return "submitted" }

// Kind is "result".
func (StepResult) Kind() string { return "result" }

// Kind is "verified".
func (ReadBack) Kind() string { return "verified" }

// Kind is "progress".
func (Progress) Kind() string { return "progress" }

// emitResults tells how the steps ended that have ended since it did so last.
// That a lock was not closed because nobody opened it is left out.
func (e *engine) emitResults() {
	type saying struct {
		ChangeReport
		operation string
		owed      bool
	}
	said, alike := partBy(e.unreported, func(n *node) saying {
		o := e.endingOf(n)
		o.Attribute = n.change.Attribute
		return saying{o, n.operation().Name, n.Owed}
	})
	e.unreported = nil
	for i, o := range said {
		if o.owed && o.Result == NotSent {
			continue
		}
		var r StepResult
		for _, n := range alike[i] {
			r.Changes, r.Names = addChange(r.Changes, r.Names, n.change)
		}
		r.Attribute, r.Operation, r.Result = o.Attribute, o.operation, o.Result
		r.Code, r.Message, r.RequestID, r.Task = o.Code, o.Message, o.RequestID, o.Task
		e.cfg.Events(r)
	}
}

// endingOf says of one step what a report says of its change.
func (e *engine) endingOf(n *node) (o ChangeReport) {
	state, b := e.l.Step(n.ID)
	if n.end != endDone {
		e.explain(&o, n, state, b)
		return o
	}
	if o.Result = Done; b != nil && b.Task != nil {
		o.Task, o.RequestID = b.Task.Task, b.Task.RequestID
	}
	return o
}

// emitReadBack tells what was found out of changes by reading them again.
func (e *engine) emitReadBack(found []readBack) {
	type saying struct{ attribute, verdict, note string }
	said, alike := partBy(found, func(f readBack) saying {
		return saying{f.change.Attribute, f.Verdict, f.Note}
	})
	for i, s := range said {
		r := ReadBack{Attribute: s.attribute, Result: ChangeResult(s.verdict), Message: s.note}
		for _, f := range alike[i] {
			r.Changes, r.Names = addChange(r.Changes, r.Names, f.change)
		}
		e.cfg.Events(r)
	}
}

// readBack is what was found out of one change.
type readBack struct {
	journal.Verification
	change *attr.Change
}

// partBy parts things by their keys. Keys and parts are in the order in which
// they first occur.
func partBy[T any, K comparable](things []T, key func(T) K) (keys []K, parts [][]T) {
	at := make(map[K]int)
	for _, t := range things {
		k := key(t)
		i, known := at[k]
		if !known {
			i = len(keys)
			at[k] = i
			keys, parts = append(keys, k), append(parts, nil)
		}
		parts[i] = append(parts[i], t)
	}
	return keys, parts
}

// addChange adds the ID of a change, and its name unless that is the last one.
func addChange(ids, names []string, c *attr.Change) (moreIDs, moreNames []string) {
	if n := len(names); n == 0 || names[n-1] != c.Domain {
		names = append(names, c.Domain)
	}
	return append(ids, c.ID), names
}
