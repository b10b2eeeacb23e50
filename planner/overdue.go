package planner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
)

// Every wait has a start and a limit. Its start is what the service tells, or since
// when the journal knows of it.

// Overdue is a change that has waited for too long.
type Overdue struct {
	Domain    string    `json:"domain,omitempty"`
	Attribute string    `json:"attribute"`
	Since     time.Time `json:"since,omitzero"` // zero: nobody knows since when
	Limit     time.Time `json:"limit,omitzero"` // when it should have ended at the latest
}

// The limits of waits. That of ds_hold is twice its length.
const (
	taskLimit    = 24 * time.Hour
	serviceLimit = 7 * 24 * time.Hour
)

// wait finds since when changes wait, and which are overdue. The plan says which
// waits are to be remembered, and which are over.
func (p *Plan) wait(in Input) {
	open, others := make(map[string]bool), ForeignTasksOf(in.Live.Tasks)
	for i := range p.Changes {
		c := &p.Changes[i]
		on := awaited(c)
		if c.Awaits = (attr.Awaited{}); on.Kind == "" {
			continue
		}
		mark := waitMark(c, on)
		since := in.History.Seen[mark]
		if on.Kind == attr.ForTask {
			since = firstSaved(since, others[c.Domain])
		}
		open[mark] = true
		p.addOverdue(in, c, on.Kind, since)
	}
	p.StartsClock = append(p.StartsClock, slices.Sorted(maps.Keys(open))...)
	for _, mark := range slices.Sorted(maps.Keys(in.History.Seen)) {
		if name, ok := waitingName(mark); ok && !open[mark] && in.Only.Has(name) {
			p.ResetsClock = append(p.ResetsClock, mark)
		}
	}
}

// awaited returns what a change waits for; no kind where its wait has no limit of
// its own: the budget, a hold block, or another change of the plan.
func awaited(c *attr.Change) attr.Awaited {
	if c.Awaits.Kind == "" && c.Status == attr.Waiting && c.Follows == "" {
		return attr.Awaited{Kind: attr.ForService}
	}
	return c.Awaits
}

// addOverdue notes a change whose wait is over its limit. Where nobody knows its
// start, it begins now, as far as this state will remember it: a new one, in an
// account that shows earlier work, stands for one that did not.
func (p *Plan) addOverdue(in Input, c *attr.Change, kind attr.WaitKind, since time.Time) {
	o := Overdue{Domain: c.Domain, Attribute: c.Attribute, Since: since}
	switch t := in.Live.Tasks; {
	case since.IsZero() && in.History.Memory.New && t != nil && len(t.Open)+t.Ended > 0:
		p.Overdue = append(p.Overdue, o)
	case since.IsZero():
	default:
		if o.Limit = since.Add(waitLimit(in, c, kind)); o.Limit.Before(in.Live.ReadAt) {
			p.Overdue = append(p.Overdue, o)
		}
	}
}

// waitLimit returns how long a wait may last.
func waitLimit(in Input, c *attr.Change, kind attr.WaitKind) time.Duration {
	want := in.Portfolio.Domain(c.Domain)
	switch {
	case kind == attr.ForTask:
		return taskLimit
	case kind == attr.ForHold && want != nil && want.Settings.DSHold > 0:
		return 2 * want.Settings.DSHold
	}
	return serviceLimit
}

// firstSaved returns when the first of some tasks was certainly saved, or since
// when the wait for them is known, whichever is earlier.
func firstSaved(since time.Time, tasks []*snapshot.Task) time.Time {
	for _, t := range tasks {
		if at := t.Created.Last; !at.IsZero() && (since.IsZero() || at.Before(since)) {
			since = at
		}
	}
	return since
}

// waitMarks is how the marks of waits begin in the journal.
const waitMarks = "wait "

// waitMark is the mark of a wait: its kind, the name, the attribute, and what tells
// it from others without saying what that is.
func waitMark(c *attr.Change, on attr.Awaited) string {
	sum := sha256.Sum256([]byte(c.Element + "\n" + on.Stage))
	return fmt.Sprintf("%s%s %s %s %s", waitMarks, on.Kind, c.Domain, c.Attribute, hex.EncodeToString(sum[:6]))
}

// waitingName returns the name of which a mark says that it waits.
func waitingName(mark string) (name string, ok bool) {
	fields := strings.Split(mark, " ")
	if !strings.HasPrefix(mark, waitMarks) || len(fields) != 5 {
		return "", false
	}
	return fields[2], true
}

// warnOverdue lists the changes that are overdue.
func (p *Plan) warnOverdue() {
	for _, o := range p.Overdue {
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Domain: o.Domain, Summary: "Overdue: " + o.Attribute, Detail: o.Reason(),
		})
	}
}

// Reason says since when a change has waited, and until when it should have.
func (o *Overdue) Reason() string {
	const look = " Somebody must look why it does not end."
	if o.Since.IsZero() {
		return "It is not known since when: this state is new, and the account shows earlier work." + look
	}
	return fmt.Sprintf("It has waited since %s, and should have ended by %s.", attr.Date(o.Since), attr.Date(o.Limit)) + look
}

// TooLate reports whether a change is overdue that nobody knows of yet.
func (p *Plan) TooLate(known func(domain, attribute string) bool) bool {
	return slices.ContainsFunc(p.Overdue, func(o Overdue) bool { return !known(o.Domain, o.Attribute) })
}
