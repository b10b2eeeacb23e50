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
	"github.com/domainsync/domainsync/planner"
)

// listVerdicts is how many verdicts of the list are written at once.
const listVerdicts = 1000

// listed are the names that wait for one reading of the list of names, which
// verifies them all with fewer calls than direct reads of each. It is read when
// the last of them has ended.
type listed struct {
	list    *planner.List   // nil: none is to be read
	first   map[string]bool // changes for which steps of others wait
	open    int             // names whose steps have not ended
	waiting []*unread       // to be read
}

// considerList decides whether what is changed is to be verified by a list of
// names, should all changes be made, and by which.
func (e *engine) considerList(changes []*attr.Change) {
	v := &e.verify
	if e.cfg.ReadList == nil {
		return
	}
	v.list.first = planner.NeededFirst(changes)
	var spared planner.Savings
	for i := range v.names {
		r := v.list.rereadOf(&v.names[i])
		spared.Add(&r)
	}
	v.list.list = spared.CheapestList(e.cfg.Names, e.cfg.lists().pageSize)
	if v.list.list == nil {
		return
	}
	for i := range v.names {
		u := &v.names[i]
		if u.spares = v.list.spared(u); u.spares > 0 && u.open > 0 {
			v.list.open++
		}
	}
}

// rereadOf returns what of a name is read again.
func (l *listed) rereadOf(u *unread) (r planner.Reread) {
	for _, c := range u.changes {
		r.Add(c, l.first[c.ID])
	}
	return r
}

// spared returns how many direct reads the list spares for the changes of a name.
func (l *listed) spared(u *unread) int16 {
	r := l.rereadOf(u)
	return int16(r.Spares(l.list))
}

// ended takes note that the last step of a name has ended.
func (l *listed) ended(u *unread) {
	if u.spares > 0 {
		l.open--
	}
}

// await lets a name wait for the list where that spares a read of it.
func (l *listed) await(u *unread) bool {
	if u.spares == 0 {
		return false
	}
	// Some of its changes may not have been made.
	if u.spares = l.spared(u); u.spares == 0 {
		return false
	}
	l.waiting = append(l.waiting, u)
	return true
}

// listDue reads the list when no more names will wait for it. Where those that do
// have become too few, they are read directly.
func (e *engine) listDue(ctx context.Context, now time.Time) {
	v := &e.verify
	if v.list.open > 0 || len(v.list.waiting) == 0 {
		return
	}
	names, spares := v.list.waiting, 0
	for _, u := range names {
		spares += int(u.spares)
	}
	v.list.waiting = nil
	if spares <= v.list.list.Calls(e.cfg.Names, e.cfg.lists().pageSize) {
		v.enqueueAll(names, now)
		return
	}
	slices.SortFunc(names, func(a, b *unread) int { return strings.Compare(a.name, b.name) })
	v.busy++
	e.call(ctx, func(ctx context.Context) event {
		proved, err := v.list.read(ctx, e.cfg.ReadList, names)
		return func(ctx context.Context) error { return e.listRead(ctx, names, proved, err) }
	})
}

func (v *verifier) enqueueAll(names []*unread, now time.Time) {
	for _, u := range names {
		v.enqueue(u.name, now)
	}
}

// read returns the changes that rows of the list prove to be made. One that
// another row of its name contradicts is not proved. The loop does not touch the
// names meanwhile.
func (l *listed) read(ctx context.Context, list ReadList, names []*unread) (map[*attr.Change]bool, error) {
	proved := make(map[*attr.Change]bool)
	find := func(name string) (int, bool) {
		return slices.BinarySearchFunc(names, name, func(u *unread, name string) int { return strings.Compare(u.name, name) })
	}
	wanted := func(name string) bool {
		_, ok := find(name)
		return ok
	}
	err := list(ctx, l.list.Operation, wanted, func(rows []snapshot.Domain) {
		for i := range rows {
			row := newReading(&snapshot.Account{Domains: rows[i : i+1]}, nil)
			at, _ := find(rows[i].Name)
			for _, c := range names[at].changes {
				if !l.list.Proves(c, l.first[c.ID]) {
					continue
				}
				got, known := row.observe(c)
				before, seen := proved[c]
				proved[c] = known && equal(got, c.After) && (before || !seen)
			}
		}
	})
	return proved, err
}

// listRead records what the list proves. All else is read directly: a row that
// shows something else may be older than the change.
func (e *engine) listRead(ctx context.Context, names []*unread, proved map[*attr.Change]bool, readErr error) error {
	v := &e.verify
	v.busy--
	if errors.Is(readErr, context.Canceled) {
		return nil // the run stops at once
	}
	now := e.now()
	if readErr != nil {
		e.cfg.Log.Warn("the list of names cannot be read, so that what was changed is read name by name", "names", len(names), "error", readErr)
		v.enqueueAll(names, now)
		return nil
	}
	for some := range slices.Chunk(names, listVerdicts) {
		var told []readBack
		for _, u := range some {
			u.changes = slices.DeleteFunc(u.changes, func(c *attr.Change) bool {
				if proved[c] {
					told = append(told, readBack{journal.Verification{Change: c.ID, Verdict: string(Verified), At: now}, c})
				}
				return proved[c]
			})
			if len(u.changes) == 0 {
				v.done++
			} else {
				v.enqueue(u.name, now)
			}
		}
		if err := e.recordVerdicts(ctx, told); err != nil {
			return err
		}
	}
	return nil
}
