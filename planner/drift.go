package planner

import (
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// doubtfulAttributes are those of which nobody knows what became of a change, as
// name/attribute.
func doubtfulAttributes(inDoubt map[string]string) map[string]bool {
	doubtful := make(map[string]bool, len(inDoubt))
	for id := range inDoubt {
		name, rest, _ := strings.Cut(id, "/")
		attribute, _, _ := strings.Cut(rest, "/")
		doubtful[attr.ChangeID(name, attribute)] = true
	}
	return doubtful
}

func (d *differ) doubtful(name, attribute string) bool {
	return len(d.doubted) > 0 && d.doubted[attr.ChangeID(name, attribute)]
}

// setOrigins says of the changes of one attribute of a name who calls for them.
func (d *differ) setOrigins(want *config.Domain, decl *config.Declared, changes []attr.Change) {
	b := d.History.Baseline
	if len(changes) == 0 || b == nil || len(b.Names) == 0 || !decl.Attribute.CanDrift(decl.Value) || d.doubtful(want.Name, decl.Attribute.Name) {
		return
	}
	k := b.of(want.Name)
	if k == nil {
		if _, before := slices.BinarySearch(d.History.Declared, want.Name); before || d.History.Declared == nil {
			return
		}
		k = &Known{Name: want.Name}
	}
	for i := range changes {
		c := &changes[i]
		if c.Origin = d.originOf(c, decl, k); c.Origin == attr.Drift {
			d.plan.noteDrift(c, k.since(c.Attribute))
		}
	}
}

// originOf says who calls for a change of a name of which something is known. What a
// run of ours may have sent is neither an edit nor a drift until an apply has looked
// again. A change that was left open stays what it was as long as the live value does.
func (d *differ) originOf(c *attr.Change, decl *config.Declared, k *Known) attr.Origin {
	declared, had := k.Declared[c.Attribute]
	_, sent, unseen := k.sentOf(c.Attribute)
	open, wasOpen := k.Open[k.part(c.ID)]
	wasOpen = wasOpen && k.Sent[c.ID].IsZero() // else it was made since
	switch {
	case !had:
		return attr.Edit
	case !d.hash.tells(declared):
		return attr.NoOrigin
	case declared != d.hash.declared(decl):
		return attr.Edit
	case wasOpen && !d.hash.tells(open.Before):
		return attr.NoOrigin
	case wasOpen && open.Before == d.hash.of(c.Before):
		return attr.Origin(open.Origin)
	case unseen, sent && k.leftOpen(c.Attribute):
		return attr.NoOrigin
	}
	return attr.Drift
}

// leftOpen reports whether an apply has left some change of an attribute open, which
// was not made since.
func (k *Known) leftOpen(attribute string) bool {
	for part := range k.Open {
		if isOf(attribute, part) && k.Sent[k.Name+"/"+part].IsZero() {
			return true
		}
	}
	return false
}

// reportDrift changes nothing back that somebody else has changed and that the drift
// block says to report.
func (d *differ) reportDrift(s *subject) {
	held := 0
	for i := range s.changes {
		if c := &s.changes[i]; c.Origin == attr.Drift && d.Portfolio.Drift.Reports(c.Hazard) {
			c.Hold("it has drifted, and the drift block says to report that")
			held++
		}
	}
	if held > 0 && held < len(s.changes) {
		d.reordered = true
		holdBackByLock(s)
	}
}

// noteDrift keeps since when others may have changed what has drifted, for whoever
// asks the change log.
func (p *Plan) noteDrift(c *attr.Change, since time.Time) {
	if p.DriftedSince == nil {
		p.DriftedSince = make(map[string]time.Time)
	}
	p.DriftedSince[c.ID] = since
}

// Drifted returns the names that have drifted, and since when the change log may tell
// who did that.
func (p *Plan) Drifted() map[string]time.Time {
	names := make(map[string]time.Time)
	if len(p.DriftedSince) == 0 {
		return names
	}
	for c := range p.Differences() {
		since, ok := p.DriftedSince[c.ID]
		if at, there := names[c.Domain]; ok && (!there || since.Before(at)) {
			names[c.Domain] = since
		}
	}
	return names
}

// TellDrift says of the drifts of a name what entries of the change log about it tell:
// for each the latest entry that is about its attribute, or may be where none is.
func (p *Plan) TellDrift(name string, entries []wire.ChangeLog) {
	for c := range p.Differences() {
		if since, ok := p.DriftedSince[c.ID]; ok && c.Domain == name {
			c.Logged = loggedOf(attr.Lookup(c.Attribute), entries, since, p.ReadAt)
		}
	}
}

// loggedOf finds the entry that tells of a drift, nil where none does.
func loggedOf(a *attr.Attribute, entries []wire.ChangeLog, since, read time.Time) *attr.LogEntry {
	var best *wire.ChangeLog
	bestIs := false
	for i := range entries {
		e := &entries[i]
		// The earlier reading of its time must do: before that our own runs have changed
		// the name.
		if e.Time.Before(since.Truncate(time.Second)) || e.Time.After(read.Add(logSlack)) || strings.Contains(strings.ToUpper(e.Result), "FAIL") {
			continue
		}
		is, mayBe := a.LoggedAs(e.Operation)
		if mayBe && (best == nil || is && !bestIs || is == bestIs && e.Time.After(best.Time)) {
			best, bestIs = e, is
		}
	}
	if best == nil {
		return nil
	}
	l := &attr.LogEntry{At: best.Time.UTC(), Operation: best.Operation, Address: best.OperationIPAddress}
	if other := l.At.Add(LogZoneOffset); !other.After(read.Add(logSlack)) {
		l.Latest = other
	}
	return l
}
