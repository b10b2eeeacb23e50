package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// lockBlocks blocks the changes of one name that its update lock forbids: it is
// on, and the files let nobody open it.
func (d *differ) lockBlocks(s *subject) {
	if s.live != nil && s.live.UpdateLock.On() && lockChange(s.changes) == nil && !opensTemporarily(s.want) {
		blockLocked(s.want, s.changes)
	}
}

func opensTemporarily(want *config.Domain) bool {
	return attr.IsOn(want.Value(attr.UpdateLock)) && want.Settings.TemporaryUnlock
}

// lockOrder orders the changes of one name around its update lock. Changes
// that the lock blocks are made while it is open:
//
//   - a lock that the files open is opened first;
//   - a lock that the files close is closed last;
//   - a lock that stays closed is opened for the changes and closed again.
func (d *differ) lockOrder(s *subject) {
	locked := lockedSteps(s.changes)
	if s.live == nil || len(locked) == 0 {
		return
	}
	switch set, on := lockChange(s.changes), s.live.UpdateLock.On(); {
	case set != nil && on:
		needAll(s.changes, set.Steps[0].ID)
	case set != nil:
		set.Steps[0].After = stepIDs(locked)
	case on:
		unlock := attr.TemporaryUnlock(s.want.Name, stepIDs(locked))
		needAll(s.changes, unlock.Steps[0].ID)
		s.changes = append(s.changes, unlock)
	}
}

// stands reports whether a change is left for people to let pass.
func stands(c *attr.Change) bool { return lacksWord(c) || c.Status == attr.Held }

// lacksWord reports whether a change would be made at once if somebody approved it, or
// raised a guard.
func lacksWord(c *attr.Change) bool { return c.Status == attr.Unapproved || c.Status == attr.Refused }

// holdBackByLock holds changes of one name back that an unapproved, refused or held change
// keeps from being made: those that wait for the lock to be opened for good, and the
// closing of a lock that would block such a one from then on.
func holdBackByLock(s *subject) {
	at := slices.IndexFunc(s.changes, func(c attr.Change) bool { return c.Attribute == attr.UpdateLock })
	if at < 0 {
		return
	}
	lock := &s.changes[at]
	for i := range s.changes {
		switch c := &s.changes[i]; {
		case !attr.IsOn(lock.After):
			if stands(lock) && blockedByLock(c) {
				c.BlockWith(lock, "the update lock is opened first")
			}
		case stands(c) && attr.Lookup(c.Attribute).Locked && !opensTemporarily(s.want):
			lock.BlockWith(c, c.ID+" is made before the update lock closes")
		}
	}
}

// closeLast makes locks that the files close follow the changes that they would
// block and that follow others.
func (p *Plan) closeLast() {
	behind := make(map[string]*attr.Change) // by name
	for _, c := range p.Follows() {
		if attr.Lookup(c.Attribute).Locked {
			behind[c.Domain] = c
		}
	}
	for c := range p.Differences() {
		if first := behind[c.Domain]; first != nil && c.Attribute == attr.UpdateLock && c.Status == attr.Ready && attr.IsOn(c.After) {
			c.Follow(first.Follows, "the lock is closed after what it would block: %s", first.Reason)
		}
	}
}

// locksSet returns how the plan leaves the update locks that it opens or closes, by
// name.
func (p *Plan) locksSet() map[string]wire.LockStatus {
	locks := make(map[string]wire.LockStatus)
	for c := range p.Differences() {
		if c.Attribute == attr.UpdateLock && c.Status == attr.Ready {
			locks[c.Domain] = wire.Lock(attr.IsOn(c.After))
		}
	}
	return locks
}

// lockedSteps returns the steps of ready changes that the update lock blocks.
func lockedSteps(changes []attr.Change) []*attr.Step {
	var steps []*attr.Step
	for i := range changes {
		if !blockedByLock(&changes[i]) {
			continue
		}
		for j := range changes[i].Steps {
			steps = append(steps, &changes[i].Steps[j])
		}
	}
	return steps
}

func blockedByLock(c *attr.Change) bool {
	return c.Status == attr.Ready && attr.Lookup(c.Attribute).Locked
}

func stepIDs(steps []*attr.Step) []string {
	ids := make([]string, len(steps))
	for i, s := range steps {
		ids[i] = s.ID
	}
	return ids
}

// lockChange returns the ready change of the update lock itself.
func lockChange(changes []attr.Change) *attr.Change {
	for i := range changes {
		if changes[i].Attribute == attr.UpdateLock && changes[i].Status == attr.Ready {
			return &changes[i]
		}
	}
	return nil
}

// needAll makes the first steps of all blocked changes need the step.
func needAll(changes []attr.Change, step string) {
	for i := range changes {
		if c := &changes[i]; blockedByLock(c) {
			c.Steps[0].Needs = append(c.Steps[0].Needs, step)
		}
	}
}

func blockLocked(want *config.Domain, changes []attr.Change) {
	reason := "the update lock is on: declare update_lock = true and temporary_unlock = true to have it opened for the change and closed again, or update_lock = false to open it"
	if attr.IsOn(want.Value(attr.UpdateLock)) {
		reason = "the update lock is on: set temporary_unlock = true to have it opened for the change and closed again"
	}
	for i := range changes {
		if c := &changes[i]; blockedByLock(c) {
			c.Block(attr.Blocked, "%s", reason)
		}
	}
}

// relocks returns what closes the locks that are owed.
func (p *Plan) relocks() []attr.Change {
	changes := make([]attr.Change, len(p.OwedRelocks))
	for i, name := range p.OwedRelocks {
		changes[i] = attr.TemporaryUnlock(name, nil)
		changes[i].Steps = changes[i].Steps[1:]
	}
	return changes
}
