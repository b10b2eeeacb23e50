package executor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

const (
	// verifyTries is how often a change that does not show is looked for.
	verifyTries = 3
	// verifyChunk is how many names are read at once, verifyParallel how many
	// such readings are under way.
	verifyChunk, verifyParallel = 100, 4
)

// A verifier reads again what was changed, each name when the last of its
// changes has ended, beside all other work.
type verifier struct {
	names []unread  // sorted: a map of a million would be twice as large
	queue []string  // names to be read
	since time.Time // the first of them is in the queue
	list  listed
	later []reread
	busy  int
	done  int // names
}

// unread is what of a name is to be read again.
type unread struct {
	name    string
	changes []*attr.Change // those that have not shown yet; nil: there are none
	open    int32          // steps of the name that have not ended
	tries   int16          // how often it was read
	spares  int16          // direct reads that the list of names spares, where it is to be read
}

// reread is a name whose changes did not show.
type reread struct {
	name string
	at   time.Time
}

// verifyAsStepsEnd verifies names as their steps end. What an earlier process
// verified is not read again.
func (e *engine) verifyAsStepsEnd(changes []*attr.Change) {
	v := &e.verify
	if e.cfg.Read == nil {
		return
	}
	verified := make(map[string]bool)
	for _, old := range e.l.Verifications {
		verified[old.Change] = old.Verdict == string(Verified)
	}
	names := namesOf(changes)
	v.names = make([]unread, len(names))
	for i, name := range names {
		v.names[i].name = name
	}
	for _, c := range changes {
		if u := v.of(c.Domain); !verified[c.ID] {
			u.changes = append(u.changes, c)
		}
	}
	for _, n := range e.g.nodes {
		if n.phase != ended {
			v.of(n.name()).open++
		}
	}
	e.considerList(changes)
	now := e.now()
	for i := range v.names {
		if u := &v.names[i]; u.open == 0 {
			e.verifyName(u, now)
		}
	}
}

// of returns what of a name is to be read again; nil where none of its changes is
// made, or nobody reads again.
func (v *verifier) of(name string) *unread {
	at, ok := slices.BinarySearchFunc(v.names, name, func(u unread, name string) int { return strings.Compare(u.name, name) })
	if !ok {
		return nil
	}
	return &v.names[at]
}

// verifyAfter has a name verified when the last of its steps has ended.
func (e *engine) verifyAfter(n *node, now time.Time) {
	u := e.verify.of(n.name())
	if u == nil {
		return // nobody reads it again, or not yet
	}
	if u.open--; u.open == 0 {
		e.verify.list.ended(u)
		e.verifyName(u, now)
	}
}

// verifyName has the changes of a name verified that were executed.
func (e *engine) verifyName(u *unread, now time.Time) {
	v := &e.verify
	u.changes = slices.DeleteFunc(u.changes, func(c *attr.Change) bool { return !e.done(c) })
	if len(u.changes) == 0 {
		u.changes = nil
		return
	}
	if !v.list.await(u) {
		v.enqueue(u.name, now)
	}
}

// enqueue has a name read.
func (v *verifier) enqueue(name string, now time.Time) {
	if len(v.queue) == 0 {
		v.since = now
	}
	v.queue = append(v.queue, name)
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

// verifyDue reads names that were changed: as many as go together, or those
// that have waited for others as long as a step waits for its batch.
func (e *engine) verifyDue(ctx context.Context, now time.Time) (wake time.Time) {
	v := &e.verify
	e.listDue(ctx, now)
	for ; len(v.later) > 0; v.later = v.later[1:] { // all wait equally long: the first is due first
		if first := v.later[0]; first.at.After(now) {
			wake = first.at
			break
		}
		v.queue = append(v.queue, v.later[0].name)
	}
	for len(v.queue) > 0 && v.busy < verifyParallel {
		full := v.since.Add(e.cfg.Timing.BatchWait)
		if len(v.queue) < verifyChunk && e.g.unfinished() > 0 && full.After(now) {
			return earliest(wake, full)
		}
		n := min(verifyChunk, len(v.queue))
		names := slices.Clone(v.queue[:n])
		v.queue = v.queue[n:]
		slices.Sort(names)
		e.readAgain(ctx, names)
	}
	return wake
}

// readAgain reads names whose changes are to be verified.
func (e *engine) readAgain(ctx context.Context, names []string) {
	var changes []*attr.Change
	for _, name := range names {
		changes = append(changes, e.verify.of(name).changes...)
	}
	proofs, began := e.proofs(changes), e.now()
	e.verify.busy++
	e.call(ctx, func(ctx context.Context) event {
		live, err := e.cfg.Read(ctx, changeFacts(changes))
		if err == nil && e.cfg.Keep != nil {
			keepProved(ctx, e.cfg.Keep, began, live, changes, proofs)
		}
		return func(ctx context.Context) error { return e.verified(ctx, names, live, err) }
	})
}

// proofs says what was sent for the names of changes, all of which has ended.
func (e *engine) proofs(changes []*attr.Change) map[string]Proof {
	if e.cfg.Keep == nil {
		return nil
	}
	proofs := make(map[string]Proof)
	for _, c := range changes {
		p := proofs[c.Domain]
		for i := range c.Steps {
			if _, b := e.l.Step(c.Steps[i].ID); b != nil {
				p.Batch, p.Changes, p.Since = max(p.Batch, b.Batch), p.Changes+1, earliest(p.Since, b.At)
			}
		}
		proofs[c.Domain] = p
	}
	return proofs
}

// keepProved keeps the names that show all of their changes.
func keepProved(ctx context.Context, keep func(context.Context, time.Time, *snapshot.Account, map[string]Proof), began time.Time, live *snapshot.Account, changes []*attr.Change, proofs map[string]Proof) {
	read := newReading(live, nil)
	for _, c := range changes {
		if v, ok := verifyResult(c, read, began); !ok || v.Verdict != string(Verified) {
			delete(proofs, c.Domain)
		}
	}
	if len(proofs) == 0 {
		return
	}
	kept := *live
	kept.Failures = nil
	kept.Domains = slices.DeleteFunc(slices.Clone(live.Domains), func(d snapshot.Domain) bool {
		_, proved := proofs[d.Name]
		return !proved
	})
	keep(ctx, began, &kept, proofs)
}

// verified records what the live state says of changes. What differs is read
// again: a change may take a moment to show.
func (e *engine) verified(ctx context.Context, names []string, live *snapshot.Account, readErr error) error {
	v := &e.verify
	v.busy--
	if errors.Is(readErr, context.Canceled) {
		return nil // the run stops at once
	}
	now, read := e.now(), newReading(live, readErr)
	var told []readBack
	for _, name := range names {
		u := v.of(name)
		u.tries++
		var still []*attr.Change
		for _, c := range u.changes {
			found, ok := verifyResult(c, read, now)
			if !ok && u.tries < verifyTries {
				still = append(still, c)
				continue
			}
			told = append(told, readBack{found, c})
		}
		if u.changes = still; len(still) > 0 {
			v.later = append(v.later, reread{name, now.Add(e.cfg.Timing.VerifyDelay)})
		} else {
			v.done++
		}
	}
	return e.recordVerdicts(ctx, told)
}

// recordVerdicts writes what was found out of changes, and tells it.
func (e *engine) recordVerdicts(ctx context.Context, told []readBack) error {
	verdicts := make([]journal.Verification, len(told))
	for i := range told {
		verdicts[i] = told[i].Verification
	}
	if err := e.l.Verify(ctx, verdicts); err != nil {
		return err
	}
	e.emitReadBack(told)
	return nil
}

// verifyResult says whether the live state shows a change; ok is false where it
// may do so later.
func verifyResult(c *attr.Change, read *reading, now time.Time) (v journal.Verification, ok bool) {
	v = journal.Verification{Change: c.ID, Verdict: string(Verified), At: now}
	got, known := read.observe(c)
	switch {
	case !known:
		v.Verdict, v.Note = string(Done), "it could not be read again: "+read.whyUnobserved(c)
		return v, false
	case !equal(got, c.After) && pending(c, read.live) != "":
		v.Verdict, v.Note = string(Waiting), pending(c, read.live)
	case c.Cost != nil && equal(got, c.Before):
		v.Verdict, v.Note = string(Waiting), "it was ordered, and the account does not show it yet"
		return v, false
	case !equal(got, c.After):
		v.Verdict, v.Note = string(Differs), "the live value is "+attr.Public(got)
		return v, false
	}
	return v, true
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

// changeFacts are the facts in which the changes of each name are observed.
func changeFacts(changes []*attr.Change) map[string]snapshot.Facts {
	facts := make(map[string]snapshot.Facts)
	for _, c := range changes {
		facts[c.Domain] |= attr.Lookup(c.Attribute).Facts
	}
	return facts
}
