package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// TextOptions say how text is written.
type TextOptions struct {
	Color   bool
	Width   int  // columns; 80 where it is 0
	Details bool // every group and every name, instead of the first ones
}

// How many groups and names are shown before the rest is counted.
const (
	groupsShown = 40 // of one kind of ready change
	othersShown = 5  // of one kind that is not ready
	namesShown  = 6  // of one group
)

// listedSeconds is how long the calls of an apply take that are listed by operation
// without being asked for.
const listedSeconds = 60

// Text writes the plan for people: what an apply would do, what it would not
// and why, what it would take, and all of it in one line at the end.
func Text(w io.Writer, p *planner.Plan, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &terminal{o: o, plan: p, sections: groupChanges(p, o.Details)}
	t.painted(0, plain, origin(p, "Comparing", "Ordering", inert.Text)+".")
	if told := provenance(p, inert.Text); told != "" {
		t.painted(0, plain, told)
	}
	t.diagnostics(planner.SeverityError)
	t.threats()
	for _, s := range t.sections {
		t.section(s)
	}
	t.unlocks()
	t.approved()
	missing := missingOnly(p)
	t.names("Missing", words.Count(len(missing), "declared name")+missingAdvice(len(missing)), missing)
	t.names("Unmanaged", words.Count(len(p.Unmanaged), "name")+unmanagedWords, p.Unmanaged)
	t.failures()
	t.diagnostics(planner.SeverityWarning)
	t.guards()
	t.purchases()
	t.calls()
	t.end()
	_, err := t.w.WriteTo(w)
	return err
}

// terminal writes a plan as text.
type terminal struct {
	w        bytes.Buffer
	o        TextOptions
	plan     *planner.Plan
	sections []*section
	cut      bool // something was counted instead of shown
}

// A colour is the SGR code of a terminal (ECMA-48).
type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

var actionColours = map[attr.Action]colour{attr.Create: green, attr.Update: yellow, attr.Delete: red}

func (t *terminal) paint(c colour, s string) string {
	if !t.o.Color || c == plain {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

// para writes a paragraph: mark in colour c, then content, wrapped to the width.
// Lines after the first stand below the words.
func (t *terminal) para(indent int, c colour, mark, content string) {
	t.hangingPara(indent, c, mark, content, indent+text.StringWidthWithoutEscSequences(mark))
}

// hangingPara writes a paragraph whose lines after the first stand in column hang.
func (t *terminal) hangingPara(indent int, c colour, mark, content string, hang int) {
	first := indent + text.StringWidthWithoutEscSequences(mark)
	for i, line := range wrap(content, t.o.Width-first, t.o.Width-hang) {
		if i == 0 {
			t.w.WriteString(strings.Repeat(" ", indent))
			t.w.WriteString(t.paint(c, mark))
		} else {
			t.w.WriteString(strings.Repeat(" ", hang))
		}
		t.w.WriteString(line)
		t.w.WriteByte('\n')
	}
}

// painted writes a paragraph in one colour.
func (t *terminal) painted(indent int, c colour, content string) {
	for _, line := range wrap(content, t.o.Width-indent, t.o.Width-indent) {
		t.w.WriteString(strings.Repeat(" ", indent) + t.paint(c, line) + "\n")
	}
}

// wrap breaks s at spaces into lines, the first of at most first columns and
// the others of at most width; a longer word stands in a line of its own.
func wrap(s string, first, width int) []string {
	if len(s) <= first {
		return []string{s}
	}
	limit := first
	var lines []string
	var line strings.Builder
	used := 0
	for word := range strings.SplitSeq(s, " ") {
		n := text.StringWidthWithoutEscSequences(word)
		switch {
		case used == 0:
		case used+1+n > limit:
			lines = append(lines, line.String())
			line.Reset()
			used, limit = 0, width
		default:
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += n
	}
	return append(lines, line.String())
}

func (t *terminal) section(s *section) {
	if s.status != attr.Ready {
		t.title(yellow, titles[s.status], subjects(s.names, s.account)+s.advice)
	}
	for _, c := range s.causes {
		indent, limit := 0, groupsShown
		if s.status != attr.Ready {
			indent, limit = 4, othersShown
			t.painted(2, plain, sentence(inert.Text(c.reason)))
		}
		for _, k := range c.kinds {
			if s.status == attr.Ready {
				t.w.WriteByte('\n')
			}
			t.kind(indent, limit, k)
		}
		if len(c.with) > 0 {
			t.cut = true
			t.painted(4, plain, "held back with that: "+inert.Text(words.List(c.with, 0)))
		}
	}
}

// title heads a section: its title in colour, then what it holds.
func (t *terminal) title(c colour, title, rest string) {
	t.w.WriteByte('\n')
	if rest != "" {
		title += ": "
	}
	t.hangingPara(0, c, title, rest, 2)
}

func (t *terminal) kind(indent, limit int, k *kind) {
	t.para(indent, actionColours[k.action], symbols[k.action]+" ", subjectsOf(k.names)+": "+k.attribute+k.origin.InWords())
	shown := k.groups
	if !t.o.Details && len(shown) > limit+1 {
		shown = shown[:limit]
	}
	for i, g := range shown {
		if i == 0 || !g.follows(shown[i-1]) {
			t.groupNames(indent+4, g, len(k.groups) > 1 && len(g.names) > 1)
		}
		t.values(indent+8, g)
		if g.who != "" && (i+1 == len(shown) || !shown[i+1].follows(g)) {
			t.painted(indent+8, dim, inert.Text(g.who))
		}
	}
	if rest := k.groups[len(shown):]; len(rest) > 0 {
		t.cut = true
		t.painted(indent+4, dim, fmt.Sprintf("… and %s of %s", words.Count(len(rest), "other such change"), words.Count(namesOf(rest), "name")))
	}
}

// groupNames writes the names of equal changes, counted where the kind's
// heading does not tell their number.
func (t *terminal) groupNames(indent int, g *group, counted bool) {
	who := t.nameList(g.names)
	if counted {
		who = subjectsOf(g.names) + ": " + who
	}
	if g.source != nil && g.source.File != "" {
		who += " " + inert.Text("("+g.source.String()+")")
	}
	t.painted(indent, plain, who)
}

// values writes what becomes what: of sets that have members in common, what
// leaves and what enters; of others both values, in one line where they fit.
func (t *terminal) values(indent int, g *group) {
	d := g.difference()
	if g.change.Action == attr.Update && len(d.kept) == 0 {
		line := strings.Join(d.gone, ", ") + " → " + strings.Join(d.come, ", ")
		if text.StringWidthWithoutEscSequences(line)+indent <= t.o.Width {
			t.painted(indent, plain, line)
			return
		}
	}
	for _, part := range []struct {
		colour colour
		mark   string
		lines  []string
	}{{red, "- ", d.gone}, {green, "+ ", d.come}, {plain, "  ", d.kept}} {
		for _, line := range part.lines {
			t.para(indent, part.colour, part.mark, line)
		}
	}
}

// nameList lists names, the first ones only unless all details are wanted.
func (t *terminal) nameList(names []string) string {
	if t.o.Details {
		return nameList(names, 0, readable)
	}
	t.cut = t.cut || len(names) > namesShown+1
	return nameList(names, namesShown, readable)
}

// unlocks names those that are open while they change.
func (t *terminal) unlocks() {
	if names := domains(t.plan.Temporary()); len(names) > 0 {
		t.title(yellow, "Unlocked for the change and locked again", words.Count(len(names), "name"))
		t.painted(4, plain, t.nameList(names))
	}
	if names := t.plan.OwedRelocks; len(names) > 0 {
		t.title(red, "Left unlocked", words.Count(len(names), "name")+leftUnlockedWords)
		t.painted(4, plain, t.nameList(names))
	}
}

// approved names the changes that persons have approved.
func (t *terminal) approved() {
	for _, x := range t.plan.Approved {
		t.w.WriteByte('\n')
		t.hangingPara(0, green, "Approved ", approvedBy(x, inert.Text)+": "+words.Count(len(x.Changes), "change"), 2)
		limit := namesShown
		if t.o.Details {
			limit = 0
		}
		t.cut = t.cut || limit > 0 && len(x.Changes) > limit+1
		t.painted(4, plain, nameList(x.Changes, limit, inert.Text))
	}
}

func (t *terminal) names(title, what string, names []string) {
	if len(names) == 0 {
		return
	}
	t.title(yellow, title, what)
	t.painted(4, plain, t.nameList(names))
}

func (t *terminal) failures() {
	if len(t.plan.Failures) == 0 {
		return
	}
	t.title(red, "Could not be read", "")
	for _, f := range failureGroups(t.plan) {
		line := inert.Text(f.operation) + ": " + inert.Text(f.message)
		if f.requestID != "" {
			line += " (request " + inert.Text(f.requestID) + ")"
		}
		t.painted(2, plain, line)
		if len(f.names) > 0 {
			t.painted(4, plain, words.Count(len(f.names), "name")+": "+t.nameList(f.names))
		}
	}
}

// remarksShown is how many warnings of one kind are shown that differ in their words,
// such as in whom the service sends mail.
const remarksShown = 10

// diagnostics writes those of one severity. Of many of one kind the first are shown.
func (t *terminal) diagnostics(severity planner.Severity) {
	var kinds []string
	alike := make(map[string][]*remark)
	for _, n := range remarksOf(t.plan) {
		if n.Severity != severity {
			continue
		}
		if alike[n.Summary] == nil {
			kinds = append(kinds, n.Summary)
		}
		alike[n.Summary] = append(alike[n.Summary], n)
	}
	for _, kind := range kinds {
		shown := alike[kind]
		if !t.o.Details && len(shown) > remarksShown+1 {
			shown = shown[:remarksShown]
		}
		for _, n := range shown {
			t.remark(n)
		}
		if rest := alike[kind][len(shown):]; len(rest) > 0 {
			t.otherRemarks(severity, rest)
		}
	}
}

// remark writes one diagnostic.
func (t *terminal) remark(n *remark) {
	c, title := yellow, "Warning: "
	if n.Severity == planner.SeverityError {
		c, title = red, "Error: "
	}
	t.w.WriteByte('\n')
	t.para(0, c, title, inert.Text(n.Summary))
	if n.Source != nil && n.Source.File != "" && len(n.names) < 2 {
		t.painted(2, dim, "on "+inert.Text(n.Source.String()))
	}
	if n.Detail != "" {
		t.painted(2, plain, inert.Text(n.Detail))
	}
	if len(n.names) > 0 {
		t.painted(4, plain, t.nameList(n.names))
	}
}

// otherRemarks counts those that are not shown.
func (t *terminal) otherRemarks(severity planner.Severity, rest []*remark) {
	what, names := "warning", 0
	if severity == planner.SeverityError {
		what = "error"
	}
	for _, n := range rest {
		names += len(n.names)
	}
	text := "… and " + words.Count(len(rest), "other such "+what)
	if names > 0 {
		text += " of " + words.Count(names, "name")
	}
	t.cut = true
	t.w.WriteByte('\n')
	t.painted(2, dim, text)
}

// guards writes the guards that somebody should look at in lines of their own, and
// those far from their limits in one.
func (t *terminal) guards() {
	if !showsGuards(t.plan) {
		return
	}
	width := 20
	var told []planner.Guard
	var quiet []string
	for _, g := range t.plan.Guards {
		switch {
		case t.o.Details || isNear(g):
			told, width = append(told, g), max(width, len(g.Name)+1)
		case g.Name != planner.GuardFailures:
			quiet = append(quiet, guardInShort(g))
		}
	}
	if len(told)+len(quiet) == 0 {
		return
	}
	rest := ""
	if len(quiet) > 0 {
		rest = inert.Text(strings.Join(quiet, ", "))
	}
	t.title(bold, "Guards", rest)
	for _, g := range told {
		mark, c := " ", plain
		if g.Refuses {
			mark, c = "!", red
		}
		t.para(0, c, fmt.Sprintf("%s %-*s", mark, width, inert.Text(g.Name)), inert.Text(guardLine(g, readable)))
	}
}

// purchases writes what is bought, and the budget for it.
func (t *terminal) purchases() {
	if !showsPurchases(t.plan) {
		return
	}
	t.title(bold, "Purchases", "")
	for _, row := range purchaseRows(t.plan) {
		t.para(0, plain, fmt.Sprintf("  %-20s", row.what), row.howMuch)
	}
}

// calls lists the calls of each operation where they take long: the last line counts
// them in any case.
func (t *terminal) calls() {
	if len(t.plan.Calls) == 0 || !t.o.Details && t.plan.Summary.Seconds < listedSeconds {
		return
	}
	t.title(bold, "Calls", "")
	width := 0
	for _, c := range t.plan.Calls {
		width = max(width, len(c.Operation))
	}
	for _, c := range t.plan.Calls {
		fmt.Fprintf(&t.w, "  %-*s %7s %9s\n", width, inert.Text(c.Operation), words.Number(c.Calls), words.Seconds(c.Seconds))
	}
}

// end writes refusals and the plan in one line.
func (t *terminal) end() {
	t.w.WriteByte('\n')
	if t.cut {
		t.painted(0, dim, "--details lists what is only counted here.")
		t.w.WriteByte('\n')
	}
	for _, g := range t.plan.Guards {
		if g.Refuses {
			t.hangingPara(0, red, "Refused by guard ", refusal(g, readable), 2)
		}
	}
	t.painted(0, bold, headline(t.plan, t.sections))
}
