package planner

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// The rules about signed names see nameservers and DS records together and
// stand in this file. A rule about only one of them stands in the file of its
// attribute.

// A signedMove is a change of the nameservers and DS records of a name.
// Resolvers keep both for a while. Any old set of the one that they know must
// fit any set of the other that they get (RFC 6781, sections 4.1.2 and 4.3.5).
type signedMove struct {
	name        string
	seen        func(mark string) time.Time
	clocks      *clocks
	lately      func(name string, hold time.Duration) (RecentChanges, bool)
	now         time.Time
	hold        time.Duration  // between the stages
	roll        time.Duration  // between a new record and the end of an old one
	unsigns     bool           // no DS record is declared
	nameservers *attr.Change   // nil: they stay
	first, last []*attr.Change // of the DS records: before the nameservers move, and after
}

// newNameAge is for how long nobody is expected to know a name's old delegation.
const newNameAge = time.Hour

// keepSigned blocks a change of the delegation of a signed name whose DS records
// the files leave alone. Validators refuse the answers of nameservers that do not
// serve the keys which the DS records at the registry name (RFC 6781, section
// 4.3.5).
func (d *differ) keepSigned(s *subject) {
	if s.live == nil || len(s.live.DSRecords) == 0 || s.want.Settings.KeepDS || signs(s.want) {
		return
	}
	for i := range s.changes {
		if c := &s.changes[i]; delegates(c) {
			c.Block(attr.Blocked, "DS records stand that the files do not declare: with other nameservers the name may stop resolving; set keep_ds = true if the new ones serve the same keys")
		}
	}
}

// signs reports whether the files say which DS records a name has.
func signs(want *config.Domain) bool { return want.Declares(attr.DSRecords) }

// whyMoveHeld says why the nameservers of a name stay while DS records of it were taken
// back that the files still call for: these were the first stage of a move, of which the
// rest would follow in a later night; "": they do not.
func (d *differ) whyMoveHeld(s *subject) string {
	for i := range s.changes {
		c := &s.changes[i]
		if p := PauseOf(d.History.Pauses, c, d.Live.ReadAt); p != nil && p.Undoes != 0 && c.Attribute == attr.DSRecords {
			return "its DS records are " + p.String()
		}
	}
	return ""
}

// delegates reports whether a change is one of where a name is delegated to.
func delegates(c *attr.Change) bool { return attr.Lookup(c.Attribute).Group == attr.GroupDelegation }

// signedMove orders the changes of the delegation of a name and of its DS
// records, with ds_hold between them:
//
//   - a name that becomes unsigned loses its records before it moves;
//   - one that becomes signed gets them when its new nameservers are known;
//   - one that goes on with other keys has the records of both while it moves.
func (d *differ) signedMove(s *subject) {
	want, live := s.want, s.live
	declared, ok := want.Value(attr.DSRecords).(attr.DSSet)
	if !ok || live == nil {
		return
	}
	m := signedMove{
		name: want.Name, seen: d.seen, clocks: d.clocks(), lately: d.recentChanges, now: d.Live.ReadAt,
		hold: want.Settings.DSHold, roll: want.Settings.DSHold, unsigns: len(declared) == 0,
	}
	if want.Settings.KeepDS || !live.Registered.IsZero() && m.now.Before(live.Registered.Add(newNameAge)) {
		m.hold = 0
	}
	for i := range s.changes {
		switch c := &s.changes[i]; {
		case delegates(c):
			m.nameservers = c
		case c.Attribute != attr.DSRecords:
		case len(live.DSRecords) == 0 || !m.unsigns && attr.RemovesKey(c):
			m.last = append(m.last, c)
		default:
			m.first = append(m.first, c)
		}
	}
	m.afterFirst(len(live.DSRecords) > 0)
	m.beforeLast()
	m.recordMoves()
}

// afterFirst lets the nameservers move when the DS records are such that both
// the old ones and the new ones fit.
func (m *signedMove) afterFirst(signed bool) {
	c := m.nameservers
	if c == nil {
		return
	}
	for _, ds := range m.first {
		switch {
		case !ds.Planned():
			c.BlockWith(ds, "its DS records change first")
		case m.unsigns && m.hold > 0:
			c.WaitFor(attr.ForHold, attr.Deferred, "the nameservers change when the DS records have been gone for %s", attr.Hours(m.hold))
		case c.Status == attr.Ready:
			c.Need(ds.Steps[len(ds.Steps)-1].ID)
		}
	}
	if m.unsigns && !signed {
		mark := unsignedMark(m.name)
		until := m.waitEnd(mark, func(l RecentChanges) time.Time { return l.DSRecords })
		if until.After(m.now) {
			c.WaitFor(attr.ForHold, attr.Deferred, "the nameservers change on %s, when the DS records have been gone for %s", attr.Date(until), attr.Hours(m.hold))
			m.startClock(c, mark)
		}
	}
	if m.unsigns {
		return
	}
	if !signed || len(m.last) == 0 || m.hold == 0 {
		return
	}
	known := m.last[0].StartsClock // of the declared records that are live
	switch until := m.liveWaitEnd(known, m.hold); {
	case len(known) == 0 && len(m.first) == 0:
		c.BlockWith(m.last[0], "its DS records change first")
	case len(known) == 0:
		c.WaitFor(attr.ForHold, attr.Deferred, "the nameservers change when a declared DS record has been live for %s", attr.Hours(m.hold))
	case until.After(m.now):
		c.WaitFor(attr.ForHold, attr.Deferred, "the nameservers change on %s, when a declared DS record has been live for %s", attr.Date(until), attr.Hours(m.hold))
	}
}

// beforeLast holds back what must not be before the new nameservers are known.
func (m *signedMove) beforeLast() {
	if len(m.last) == 0 {
		return
	}
	var until time.Time
	mark := movedMark(m.name)
	if m.nameservers == nil {
		until = m.waitEnd(mark, func(l RecentChanges) time.Time { return l.Nameservers })
	}
	for _, c := range m.last {
		verb := "added"
		if c.Action == attr.Delete {
			verb = "deleted"
		}
		switch ns := m.nameservers; {
		case ns != nil && ns.Status != attr.Ready:
			c.BlockWith(ns, "the nameservers change first")
		case ns != nil && m.hold > 0:
			c.WaitFor(attr.ForHold, attr.Deferred, "it is %s when the new nameservers have been live for %s", verb, attr.Hours(m.hold))
		case ns == nil && until.After(m.now):
			c.WaitFor(attr.ForHold, attr.Deferred, "it is %s on %s, when the new nameservers have been live for %s", verb, attr.Date(until), attr.Hours(m.hold))
			m.startClock(c, mark)
		case c.Status == attr.Ready && len(c.StartsClock) > 0 && m.roll > 0 && m.liveWaitEnd(c.StartsClock, m.roll).After(m.now):
			c.WaitFor(attr.ForHold, attr.Deferred, "it goes on %s, when a declared DS record has been live for %s", attr.Date(m.liveWaitEnd(c.StartsClock, m.roll)), attr.Hours(m.roll))
		case ns != nil && c.Status == attr.Ready:
			c.Need(ns.Steps[0].ID)
		}
	}
}

// recordMoves has the journal keep when the nameservers moved, and when the last DS
// records went.
func (m *signedMove) recordMoves() {
	if m.nameservers != nil {
		m.clocks.reset(unreadMarks([]string{movedMark(m.name)})...)
	}
	if m.nameservers != nil && !m.unsigns {
		restartClock(m.nameservers, movedMark(m.name))
	}
	for _, c := range m.first {
		if m.unsigns {
			restartClock(c, unsignedMark(m.name))
		}
	}
}

// restartClock has a mark count from this change on.
func restartClock(c *attr.Change, mark string) {
	if c.Status == attr.Ready {
		c.StartsClock, c.ResetsClock = append(c.StartsClock, mark), append(c.ResetsClock, mark)
	}
}

// unsignedMark and movedMark are how the journal names that the last DS records
// of a name went, and that its nameservers moved.
func unsignedMark(name string) string { return name + "/delegation/unsigned" }
func movedMark(name string) string    { return name + "/delegation/moved" }

// waitEnd returns when a wait ends that began with a mark, zero where it has
// ended.
func (m *signedMove) waitEnd(mark string, of func(RecentChanges) time.Time) time.Time {
	if m.hold == 0 {
		return time.Time{}
	}
	at := m.lastChange([]string{mark}, m.seen(mark), m.hold, of)
	if at.IsZero() {
		return at
	}
	return at.Add(m.hold)
}

// liveWaitEnd returns when the first of some declared records has been live
// long enough. The time counts from when the journal saw the record first, or
// from when records came after that.
func (m *signedMove) liveWaitEnd(records []string, hold time.Duration) time.Time {
	at := attr.LiveSince(records, m.seen, m.now)
	return m.lastChange(records, at, hold, func(l RecentChanges) time.Time { return l.NewDS }).Add(hold)
}

// lastChange returns when something was changed last, zero for longer ago than
// the hold time; journal is the time that the journal knows by the marks, zero
// for never. A journal can say that a wait goes on, but not that it is over: it
// knows nothing of what others did since, and its time may be that of an attempt
// that failed. So the change log is asked where the wait would be over. The
// log's times can be read in two ways: what it has shortly before the journal is
// the same change.
func (m *signedMove) lastChange(marks []string, journal time.Time, hold time.Duration, of func(RecentChanges) time.Time) time.Time {
	if hold == 0 || !journal.IsZero() && journal.Add(hold).After(m.now) {
		return journal
	}
	lately, told := m.lately(m.name, hold)
	if !told {
		return m.unreadSince(marks)
	}
	m.clocks.reset(unreadMarks(marks)...)
	logged := of(lately)
	if logged.IsZero() || !journal.IsZero() && !logged.After(journal.Add(logSlack)) {
		return journal
	}
	if logged = logged.Add(LogZoneOffset); logged.After(m.now) {
		logged = m.now
	}
	return logged
}

// unreadSince returns since when the log cannot be read while what the marks
// mean stands: from now on, where that is new, and the journal keeps it.
func (m *signedMove) unreadSince(marks []string) time.Time {
	unread := unreadMarks(marks)
	m.clocks.start(unread...)
	return attr.LiveSince(unread, m.seen, m.now)
}

// unreadMarks are how the journal names that what other marks mean was seen, and
// that the log could not be read then.
func unreadMarks(marks []string) (unread []string) {
	for _, mark := range marks {
		unread = append(unread, mark+"/unread")
	}
	return unread
}

// clocks are what a plan has the journal keep whatever is planned.
type clocks struct {
	plan *Plan
	seen func(mark string) time.Time
}

func (d *differ) clocks() *clocks { return &clocks{d.plan, d.seen} }

// start has the journal keep that marks count from now on, where they do not
// yet.
func (c *clocks) start(marks ...string) {
	for _, mark := range marks {
		if c.seen(mark).IsZero() && !slices.Contains(c.plan.StartsClock, mark) {
			c.plan.StartsClock = append(c.plan.StartsClock, mark)
		}
	}
}

// reset has the journal forget marks.
func (c *clocks) reset(marks ...string) {
	for _, mark := range marks {
		if !c.seen(mark).IsZero() && !slices.Contains(c.plan.ResetsClock, mark) {
			c.plan.ResetsClock = append(c.plan.ResetsClock, mark)
		}
	}
}

// startClock has the journal keep the start of a wait of which it knew nothing.
func (m *signedMove) startClock(c *attr.Change, mark string) {
	if m.seen(mark).IsZero() {
		c.StartsClock = append(c.StartsClock, mark)
	}
}

// startClocks has the journal keep since when the declared DS records of a name
// are live, whatever is planned: a later plan may need it.
func (d *differ) startClocks(want *config.Domain, live *snapshot.Domain) {
	declared, ok := want.Value(attr.DSRecords).(attr.DSSet)
	if !ok || live.DSRecords == nil || d.Live.Standing(live, snapshot.DSRecords) != 0 {
		return // what was seen earlier begins or ends no wait now
	}
	there, gone := attr.DSMarks(want.Name, declared, live)
	if len(live.DSRecords) > 0 {
		gone = append(gone, unsignedMark(want.Name))
	}
	c := d.clocks()
	c.start(there...)
	c.reset(gone...)
	c.reset(unreadMarks(gone)...)
}

// movesSigned reports whether a change gives a signed name other nameservers while
// its DS records stay as they are.
func movesSigned(want *config.Domain, live *snapshot.Domain, c *attr.Change, changes []attr.Change) bool {
	return want.Settings.KeepDS && len(live.DSRecords) > 0 && delegates(c) && c.Planned() &&
		!slices.ContainsFunc(changes, func(other attr.Change) bool { return other.Attribute == attr.DSRecords })
}
