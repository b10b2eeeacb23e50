package executor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// verifyTries is how often a change that does not show is looked for.
const verifyTries = 3

// verify reads again what was changed and records what the live state says. A
// change may take a moment to show, so what differs is read again.
func (e *engine) verify(ctx context.Context, changes []*attr.Change) error {
	left := slices.DeleteFunc(slices.Clone(changes), func(c *attr.Change) bool { return !e.done(c) })
	if len(left) == 0 || e.cfg.Read == nil {
		return nil
	}
	p := e.progress()
	p.Reading = true
	e.cfg.Progress(p)
	var verdicts []journal.Verification
	for try := 1; len(left) > 0 && ctx.Err() == nil; try++ {
		live, err := e.cfg.Read(ctx, namesOf(left), changeFacts(left))
		var still []*attr.Change
		for _, c := range left {
			v, ok := verdict(c, live, err)
			if !ok && try < verifyTries {
				still = append(still, c)
				continue
			}
			verdicts = append(verdicts, v)
		}
		if left = still; len(left) > 0 {
			e.pause(ctx, e.cfg.Timing.VerifyDelay)
		}
	}
	return e.l.Verify(ctx, verdicts)
}

// pause waits, or returns when the run is to end at once.
func (e *engine) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// done reports whether every step of a change was executed.
func (e *engine) done(c *attr.Change) bool {
	for _, s := range c.Steps {
		if e.g.byID[s.ID].end != endDone {
			return false
		}
	}
	return true
}

// verdict says whether the live state shows a change; ok is false where it
// may do so later.
func verdict(c *attr.Change, live *snapshot.Account, readErr error) (v journal.Verification, ok bool) {
	v = journal.Verification{Change: c.ID, Verdict: string(Verified), At: time.Now()}
	got, known := observe(c, live, readErr)
	switch {
	case !known:
		v.Verdict, v.Note = string(Done), "it could not be read again: "+whyUnread(c.Domain, live, readErr)
		return v, false
	case !equal(got, c.After):
		v.Verdict, v.Note = string(Differs), fmt.Sprintf("the live value is %v", got)
		return v, false
	}
	return v, true
}

func whyUnread(name string, live *snapshot.Account, readErr error) string {
	if readErr != nil {
		return readErr.Error()
	}
	for _, f := range live.Failures {
		if f.Domain == name {
			return f.Message
		}
	}
	return "the answer does not say"
}

// namesOf returns the names of changes, sorted.
func namesOf(changes []*attr.Change) []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Domain
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// changeFacts are the facts in which the changes are observed.
func changeFacts(changes []*attr.Change) snapshot.Facts {
	var f snapshot.Facts
	for _, c := range changes {
		f |= attr.Lookup(c.Attribute).Facts
	}
	return f
}
