// Package render prints a plan for people (text, Markdown) and for programs
// (JSON).
//
// It prints from the plan alone, so that a saved plan prints like a new one.
// What comes from files or from the service is escaped for the format that it
// goes into.
package render

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// statuses lists the sections of a printed plan: what an apply would do, then
// the rest, with what needs a person most at the end.
var statuses = []attr.Status{
	attr.Ready, attr.Deferred, attr.Waiting, attr.Held, attr.Unapproved, attr.Refused, attr.Blocked, attr.Unknown, attr.InDoubt,
}

// A section is the changes of one status.
type section struct {
	status  attr.Status
	names   int  // distinct
	account bool // the account itself changes, too
	advice  string
	causes  []*cause
}

// A cause is the changes of one status for one reason; ready ones have none.
type cause struct {
	reason string
	names  []string // distinct, sorted
	kinds  []*kind
	with   []string // attributes that these changes hold back, of the same names, sorted
}

// A kind is what one attribute goes through.
type kind struct {
	attribute string
	action    attr.Action
	origin    attr.Origin
	names     []string // distinct, sorted
	groups    []*group // the largest first
}

// A group is equal changes of many names.
type group struct {
	element       string
	before, after string
	who           string         // has changed what drifted; "": nothing did
	change        *attr.Change   // the first of them
	names         []string       // sorted
	changes       []*attr.Change // of the names
	source        *attr.Source   // nil where the names differ in it
}

type causeKey struct {
	status attr.Status
	reason string
}

type kindKey struct {
	cause     *cause
	attribute string
	action    attr.Action
	origin    attr.Origin
}

type groupKey struct {
	kind                        *kind
	element, before, after, who string
}

// groupChanges brings what differs in a plan, which is sorted by name, into
// sections. What another change of its name holds back is told with that one, unless
// all details are wanted.
func groupChanges(p *planner.Plan, details bool) []*section {
	roots := make(map[string]*attr.Change)
	for c := range p.Differences() {
		if c.Status != attr.Ready && !details {
			roots[c.ID] = c
		}
	}
	sections := make(map[attr.Status]*section)
	causes := make(map[causeKey]*cause)
	kinds := make(map[kindKey]*kind)
	groups := make(map[groupKey]*group)
	last := make(map[attr.Status]string)
	for c := range p.Differences() {
		s := getOrAdd(sections, c.Status, func() *section { return &section{status: c.Status, advice: adviceOn(c.Status, p)} })
		if c.Domain == "" {
			s.account = true
		} else if last[c.Status] != c.Domain {
			s.names++
			last[c.Status] = c.Domain
		}
		first := rootOf(c, roots)
		why := getOrAdd(causes, causeKey{c.Status, first.Reason}, func() *cause {
			s.causes = append(s.causes, &cause{reason: first.Reason})
			return s.causes[len(s.causes)-1]
		})
		why.names = appendName(why.names, c.Domain)
		if first != c && c.Origin != attr.Drift { // who has changed what is told of each
			why.addWith(c.Attribute)
			continue
		}
		k := getOrAdd(kinds, kindKey{why, c.Attribute, c.Action, c.Origin}, func() *kind {
			why.kinds = append(why.kinds, &kind{attribute: c.Attribute, action: c.Action, origin: c.Origin})
			return why.kinds[len(why.kinds)-1]
		})
		k.names = appendName(k.names, c.Domain)
		k.add(groups, c)
	}
	return order(sections)
}

// rootOf returns the change of the same name and status that holds a change back, by
// way of others or not; itself where there is none.
func rootOf(c *attr.Change, byID map[string]*attr.Change) *attr.Change {
	root := c
	for range len(byID) {
		first := byID[root.HeldWith]
		if first == nil || first.Domain != c.Domain || first.Status != c.Status {
			break
		}
		root = first
	}
	return root
}

func (c *cause) addWith(attribute string) {
	if at, found := slices.BinarySearch(c.with, attribute); !found {
		c.with = slices.Insert(c.with, at, attribute)
	}
}

// appendName appends a name unless it is the last one.
func appendName(names []string, name string) []string {
	if len(names) > 0 && names[len(names)-1] == name {
		return names
	}
	return append(names, name)
}

func (k *kind) add(groups map[groupKey]*group, c *attr.Change) {
	before, after := attr.Differing(c.Before, c.After)
	key := groupKey{k, c.Element, valueText(before), valueText(after), whoDrifted(c)}
	if (c.Status == attr.Unknown || c.Status == attr.Waiting) && c.Before == nil {
		key.before = "not known"
	}
	if c.Cost != nil {
		key.after += " (" + c.Cost.String() + ")"
	}
	g := getOrAdd(groups, key, func() *group {
		k.groups = append(k.groups, &group{
			element: key.element, before: key.before, after: key.after, who: key.who, change: c, source: &c.Source,
		})
		return k.groups[len(k.groups)-1]
	})
	if g.source != nil && *g.source != c.Source {
		g.source = nil
	}
	g.names, g.changes = append(g.names, c.Domain), append(g.changes, c)
}

// getOrAdd returns the value of a key, made where the map lacks it.
func getOrAdd[K comparable, V any](m map[K]*V, key K, fresh func() *V) *V {
	if v, ok := m[key]; ok {
		return v
	}
	v := fresh()
	m[key] = v
	return v
}

// valueText writes a value for people.
func valueText(v attr.Value) string {
	if v == nil {
		return "none"
	}
	if s := v.String(); s != "" {
		return s
	}
	return "none"
}

// A difference is what a change takes away, brings and keeps, each in lines that only
// show. Nothing is kept but of sets.
type difference struct{ gone, come, kept []string }

// difference returns what becomes what: of sets that have members in common what
// leaves, what enters and what stays, of others both values.
func (g *group) difference() (d difference) {
	if gone, come, kept, ok := attr.Overlap(g.change.Before, g.change.After); ok {
		return difference{membersOf(gone), membersOf(come), membersOf(kept)}
	}
	if g.change.Action == attr.Create {
		return difference{come: linesOf(g.change.After, g.label()+g.after)}
	}
	d.gone = linesOf(g.change.Before, g.label()+g.before)
	if g.change.Action != attr.Delete {
		d.come = linesOf(g.change.After, g.after)
	}
	return d
}

func membersOf(set attr.Value) []string {
	if set == nil {
		return nil
	}
	return []string{inert.Text(set.String())}
}

// linesOf returns what is written of a value: its parts one by one where they are
// long, others as one text.
func linesOf(v attr.Value, whole string) []string {
	var parts []string
	if listed, ok := v.(attr.Listed); ok {
		parts = listed.Lines()
	}
	if len(parts) < 2 {
		return []string{inert.Text(whole)}
	}
	for i, part := range parts {
		parts[i] = inert.Text(part)
	}
	return parts
}

// label names the element that a group is about, where its values do not.
func (g *group) label() string {
	first, _, _ := strings.Cut(g.element, "-")
	if g.element == "" || strings.HasPrefix(g.before, first) || strings.HasPrefix(g.after, first) {
		return ""
	}
	return g.element + ": "
}

// follows reports whether a group is about the names of the one before it, in the
// same place: those are told once.
func (g *group) follows(last *group) bool {
	return slices.Equal(g.names, last.names) && g.who == last.who && (g.source == last.source || g.source != nil && last.source != nil && *g.source == *last.source)
}

// order sorts sections by status, causes and groups by size and kinds by
// attribute. The changes came sorted, so that equals keep their order.
func order(sections map[attr.Status]*section) []*section {
	rank := make(map[string]int)
	for i, a := range attr.Planned() {
		rank[a.Name] = i
	}
	var sorted []*section
	for _, status := range statuses {
		s := sections[status]
		if s == nil {
			continue
		}
		sorted = append(sorted, s)
		slices.SortStableFunc(s.causes, func(x, y *cause) int { return len(y.names) - len(x.names) })
		for _, c := range s.causes {
			slices.SortStableFunc(c.kinds, func(x, y *kind) int {
				return cmp.Or(rank[x.attribute]-rank[y.attribute], cmp.Compare(x.origin, y.origin))
			})
			for _, k := range c.kinds {
				slices.SortStableFunc(k.groups, func(x, y *group) int { return len(y.names) - len(x.names) })
			}
		}
	}
	return sorted
}

// namesOf counts the distinct names of some groups.
func namesOf(groups []*group) int {
	if len(groups) == 1 {
		return len(groups[0].names)
	}
	seen := make(map[string]bool)
	for _, g := range groups {
		for _, n := range g.names {
			seen[n] = true
		}
	}
	return len(seen)
}

// domains returns the distinct names of changes, which are sorted by name.
func domains(changes iter.Seq[*attr.Change]) []string {
	var names []string
	for c := range changes {
		names = appendName(names, c.Domain)
	}
	return names
}

// A trouble is reads that failed in the same way.
type failureGroup struct {
	operation, message, requestID string // the ID is the first one's
	names                         []string
}

// failureGroups groups the failed reads of a plan.
func failureGroups(p *planner.Plan) []*failureGroup {
	var all []*failureGroup
	known := make(map[[2]string]*failureGroup)
	for i := range p.Failures {
		f := &p.Failures[i]
		t := getOrAdd(known, [2]string{f.Operation, f.Message}, func() *failureGroup {
			t := &failureGroup{operation: f.Operation, message: f.Message, requestID: f.RequestID}
			all = append(all, t)
			return t
		})
		if f.Domain != "" {
			t.names = append(t.names, f.Domain)
		}
	}
	slices.SortStableFunc(all, func(x, y *failureGroup) int { return len(y.names) - len(x.names) })
	return all
}

// A note is diagnostics that say the same of many names.
type remark struct {
	planner.Diagnostic
	names []string
	last  time.Time // of the deadlines
}

// remarksOf groups the diagnostics of a plan, errors first.
func remarksOf(p *planner.Plan) []*remark {
	var all []*remark
	known := make(map[planner.Diagnostic]*remark)
	for _, d := range p.Diagnostics {
		key := planner.Diagnostic{Severity: d.Severity, Summary: d.Summary, Detail: d.Detail, Deadline: someDay(d.Deadline)}
		n := getOrAdd(known, key, func() *remark {
			n := &remark{Diagnostic: d, last: d.Deadline}
			all = append(all, n)
			return n
		})
		if d.Domain != "" {
			n.names = append(n.names, d.Domain)
		}
		n.Deadline, n.last = widened(n.Deadline, n.last, d.Deadline)
	}
	for _, n := range all {
		n.Detail = strings.TrimSpace(n.Detail + n.when())
	}
	slices.SortStableFunc(all, func(x, y *remark) int {
		return cmp.Or(cmp.Compare(x.Severity, y.Severity), len(y.names)-len(x.names))
	})
	return all
}

// when says by when what is warned of comes, "" where that is not known.
func (r *remark) when() string {
	switch {
	case r.Deadline.IsZero():
		return ""
	case r.last.Equal(r.Deadline):
		return " This comes by " + attr.Date(r.Deadline) + "."
	}
	return fmt.Sprintf(" The first of this comes by %s, and the last by %s.", attr.Date(r.Deadline), attr.Date(r.last))
}
