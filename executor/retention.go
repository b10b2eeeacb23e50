package executor

import (
	"context"
	"errors"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
)

// Retention is how far back plans and runs need to know what was done. Older
// purchases do not matter: the names that they were for have expired again.
func Retention(now time.Time) time.Time { return now.AddDate(-1, 0, -7) }

// Retained is what a state has forgotten because of its age.
type Retained struct {
	Pruned    journal.Pruned
	Forgotten Forgotten
}

// Retain forgets runs that ended longer ago than runs says, and what others tell of
// persons that ended longer ago than persons says. Zero forgets nothing. What plans
// and runs need stays, however short the time is.
func Retain(ctx context.Context, j *journal.Journal, persons, runs time.Duration) (r Retained, err error) {
	now := j.Now()
	if runs > 0 {
		before := now.Add(-runs)
		if needed := Retention(now); before.After(needed) {
			before = needed
		}
		if r.Pruned, err = j.Prune(ctx, before); err != nil && !journal.RoomKept(err) {
			return r, err
		}
	}
	if persons == 0 {
		return r, err
	}
	var room error
	r.Forgotten, room = forgetSince(ctx, j, now.Add(-persons))
	return r, errors.Join(err, room)
}

// forgetSince forgets the persons of runs that ended before a time, and since the
// last time that this was done: a run that finds nothing to forget must not read
// the plans of years.
func forgetSince(ctx context.Context, j *journal.Journal, before time.Time) (f Forgotten, err error) {
	done, err := j.ForgottenBefore(ctx)
	if err != nil {
		return f, err
	}
	runs, err := j.Runs(ctx)
	if err != nil {
		return f, err
	}
	due := false
	for i := range runs {
		end := runs[i].Ended()
		due = due || !end.IsZero() && end.Before(before) && !end.Before(done)
	}
	if !due {
		return f, nil
	}
	if f, err = Forget(ctx, j, ForgetOptions{Before: before, since: done}); err != nil {
		return f, err // also where room is kept: the next run tries again
	}
	return f, j.NoteForgotten(ctx, before)
}
