package planner

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// What somebody else is changing, this program does not change at the same time:
// two machines with two states would undo each other's work for ever.

// ForeignTasks are open tasks of others, by the names that they are about.
type ForeignTasks map[string][]*snapshot.Task

// ForeignTasksOf returns those of the tasks that were read; nil: none were.
func ForeignTasksOf(tasks *snapshot.Tasks) ForeignTasks {
	if tasks == nil {
		return nil
	}
	byName := make(ForeignTasks)
	for i := range tasks.Open {
		t := &tasks.Open[i]
		for _, name := range t.Names {
			byName[name] = append(byName[name], t)
		}
	}
	return byName
}

// HoldBack ranges over the reasons why a change waits for tasks of others. A purchase
// waits for what may be one, and for the end of the name: a setting does not change
// what is bought, and must not keep a name from being renewed.
func (f ForeignTasks) HoldBack(c *attr.Change) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range f[c.Domain] {
			if (c.Cost == nil || t.Type.MayOrder() || t.Type == wire.TaskDeleteDomain) && !yield(taskReason(t)) {
				return
			}
		}
	}
}

// Reasons ranges over what the open tasks of others for a name are, in words.
func (f ForeignTasks) Reasons(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range f[name] {
			if !yield(taskReason(t)) {
				return
			}
		}
	}
}

// waitForOthers lets changes of a name wait while somebody else's task for it has
// not ended. Where the tasks could not be read nothing is bought.
func (d *differ) waitForOthers(s *subject) {
	unread := d.othersUnread()
	for i := range s.changes {
		c := &s.changes[i]
		if unread && c.Cost != nil && c.Planned() {
			c.Overrule(attr.Unknown, "%s", d.whyUnknown("", snapshot.OthersTasks))
		}
		for reason := range d.others.HoldBack(c) {
			c.WaitFor(attr.ForTask, attr.Waiting, "%s", reason)
		}
	}
}

// othersUnread reports whether the tasks were asked for in vain.
func (in *Input) othersUnread() bool {
	return in.History.Memory.TellsTasks && in.Live.Tasks == nil && in.askedInVain(snapshot.OthersTasks)
}

// askedInVain reports whether a read of a fact of the account failed.
func (in *Input) askedInVain(fact snapshot.Facts) bool {
	return slices.ContainsFunc(in.Live.Failures, func(f snapshot.Failure) bool { return f.Domain == "" && f.Facts&fact != 0 })
}

// taskReason says what somebody else's task is.
func taskReason(t *snapshot.Task) string {
	since := "since nobody knows when"
	if !t.Created.IsZero() {
		since = "since " + t.Created.String()
	}
	return fmt.Sprintf("somebody else's task for the name has not ended: %s, number %s, %s", cmp.Or(string(t.Type), "of no known type"), t.Number, since)
}

// askForOthers asks for the tasks of others where a plan would change something,
// and for their orders where it would buy something. It asks last: what else is
// told first may hold the change back, and so may another name. What waits for a
// time counts: before the change log is asked, nobody knows that it waits.
func (d *differ) askForOthers() {
	if !d.History.Memory.TellsTasks || d.asked.waits() {
		return
	}
	var ask snapshot.Facts
	for c := range d.plan.Differences() {
		if mayBeMade(*c) {
			ask |= snapshot.OthersTasks
		}
		if d.restsOnOrders(c) {
			ask |= snapshot.PastOrders
		}
	}
	d.lacks(new(snapshot.Domain), ask)
}

// restsOnOrders reports whether what others have ordered decides whether a change
// is made, now or when there is money or room for it.
func (d *differ) restsOnOrders(c *attr.Change) bool {
	waits := c.Status == attr.Ready || c.Status == attr.Deferred || lacksWord(c)
	return c.Cost != nil && waits && d.countsOthers() && d.budget.allows(c, d.foreign)
}

// mayBeMade reports whether a change is made now, or could be before the change
// log was asked.
func mayBeMade(c attr.Change) bool {
	return c.Planned() || c.Status == attr.Deferred && c.Cost == nil
}

// warnOthers says what of the tasks of others is not known, and what they mean
// where this state is new.
func (p *Plan) warnOthers(in Input) {
	if in.othersUnread() {
		p.warning("The account's open tasks are not known",
			"They could not be read. Somebody else may be changing the same names; settings are changed all the same, and nothing is bought.")
	}
	t := in.Live.Tasks
	if t == nil {
		return
	}
	for untold := range UntoldTasks(t) {
		p.warning("A task of somebody else does not tell all of its names", untold)
	}
	if n := len(t.Open) + t.Ended; in.History.Memory.New && n > 0 {
		p.warning(stateIsNew, fmt.Sprintf(
			"It knows of no apply, and the account shows %s of the last weeks that it does not know%s. %s",
			words.Count(n, "task"), lastText(t.Last), newStateMeans))
	}
}

// What is said of a state that is new.
const (
	stateIsNew    = "This state is new"
	newStateMeans = "If this account has another state, use that one: one account, one state. A new one does not know what was bought, which names were declared and since when DS records have been live."
)

// NewStateNote returns what it means that the state of an input is new, "" where it is
// not, or where the plan warns of it because the account shows that there was another.
func (p *Plan) NewStateNote(in Input) string {
	warned := func(d Diagnostic) bool { return d.Summary == stateIsNew }
	if !in.History.Memory.New || slices.ContainsFunc(p.Diagnostics, warned) {
		return ""
	}
	return stateIsNew + ": it knows of no apply. " + newStateMeans
}

// UntoldTasks says of which open tasks of others not all names are known.
func UntoldTasks(t *snapshot.Tasks) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range t.Open {
			o := &t.Open[i]
			if o.Untold != "" && !yield(fmt.Sprintf("Task %s (%s): %s. What it is working on may be changed at the same time.", o.Number, cmp.Or(string(o.Type), "of no known type"), o.Untold)) {
				return
			}
		}
	}
}

func lastText(last wire.Span) string {
	if last.IsZero() {
		return ""
	}
	return ", the last one of " + last.String()
}

func (p *Plan) warning(summary, detail string) {
	p.Diagnostics = append(p.Diagnostics, Diagnostic{Severity: SeverityWarning, Summary: summary, Detail: strings.TrimSpace(detail)})
}
