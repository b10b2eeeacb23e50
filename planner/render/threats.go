package render

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// A threat is what threatens some names alike, each at its own time.
type threat struct {
	planner.Threat // the one that comes first
	names          []string
	deadlines      []time.Time // of the names
	last           time.Time   // of them
}

// threatsOf groups those of a plan's threats that are wanted. They come sorted, the
// severest first.
func threatsOf(all []planner.Threat, wanted func(*planner.Threat) bool) []*threat {
	var groups []*threat
	known := make(map[planner.Threat]*threat)
	for i := range all {
		t := all[i]
		if !wanted(&t) {
			continue
		}
		key := t
		key.Domain, key.Deadline = "", someDay(t.Deadline)
		g := getOrAdd(known, key, func() *threat {
			groups = append(groups, &threat{Threat: t, last: t.Deadline})
			return groups[len(groups)-1]
		})
		g.Deadline, g.last = widened(g.Deadline, g.last, t.Deadline)
		g.names, g.deadlines = append(g.names, t.Domain), append(g.deadlines, t.Deadline)
	}
	return groups
}

// someDay stands for any deadline in the key of a group; zero where there is none.
func someDay(deadline time.Time) time.Time {
	if deadline.IsZero() {
		return deadline
	}
	return time.Unix(0, 0)
}

// widened returns the first and the last deadline of a group that takes in another one.
func widened(first, last, other time.Time) (_, _ time.Time) {
	if other.Before(first) {
		first = other
	}
	if other.After(last) {
		last = other
	}
	return first, last
}

// isDated reports whether the names have times of their own.
func (t *threat) isDated() bool { return !t.last.Equal(t.Deadline) }

// when says how urgent a threat is, when it ends or has ended, and as of when that is
// known.
func (t *threat) when(now time.Time) string {
	text := string(t.Severity)
	switch {
	case t.isDated():
		text += ", from " + attr.Date(t.Deadline) + " to " + attr.Date(t.last)
	case t.Deadline.IsZero():
	case t.Deadline.Before(now):
		text += ", since " + attr.Date(t.Deadline)
	default:
		text += ", by " + attr.Date(t.Deadline)
	}
	if !t.AsOf.IsZero() {
		text += ", as read on " + attr.Date(t.AsOf)
	}
	return text
}

// day is the day of a name, "" where all have the same.
func (t *threat) day(i int) string {
	if !t.isDated() {
		return ""
	}
	return " " + t.deadlines[i].UTC().Format(time.DateOnly)
}

// datedNames are the names, each with its day where they have times of their own.
func (t *threat) datedNames(show func(string) string) []string {
	all := make([]string, len(t.names))
	for i, name := range t.names {
		all[i] = show(name) + t.day(i)
	}
	return all
}

// The titles of the threats of a plan.
const (
	endangeredTitle = "Endangered"
	threatTitle     = "Threatened"
)

// A threatPart is the threats of a plan that stand below one title.
type threatPart struct {
	title string
	names int
	all   []*threat
}

// threatPartsOf returns the threats of a plan, the endangered names first.
func threatPartsOf(p *planner.Plan) []threatPart {
	other := func(t *planner.Threat) bool { return !t.IsEndangered() }
	parts := []threatPart{
		{endangeredTitle, p.Summary.Endangered, threatsOf(p.Threats, (*planner.Threat).IsEndangered)},
		{threatTitle, p.Summary.Threatened, threatsOf(p.Threats, other)},
	}
	return slices.DeleteFunc(parts, func(x threatPart) bool { return len(x.all) == 0 })
}

// threats writes what threatens names.
func (t *terminal) threats() {
	for _, x := range threatPartsOf(t.plan) {
		t.threatPart(x)
	}
	if n := t.plan.Summary.Unwatched; n > 0 {
		t.w.WriteByte('\n')
		t.painted(0, dim, unwatchedWords(n))
	}
}

// unwatchedWords counts the names of which nobody is to be told that they end.
func unwatchedWords(n int) string {
	return "Somebody else looks after the end of " + words.Count(n, "name") + " (expiry_alarm_days = 0)."
}

func (t *terminal) threatPart(of threatPart) {
	t.title(red, of.title, words.Count(of.names, "name"))
	shown := of.all
	if !t.o.Details && len(shown) > groupsShown+1 {
		shown = shown[:groupsShown]
	}
	for _, x := range shown {
		t.painted(2, plain, inert.Text(x.Summary)+" ("+x.when(t.plan.ReadAt)+")")
		t.painted(4, plain, inert.Text(x.Sentence))
		limit := 0
		if !t.o.Details {
			limit = namesShown
			t.cut = t.cut || len(x.names) > namesShown+1
		}
		t.painted(6, plain, nameList(x.datedNames(readable), limit, func(s string) string { return s }))
	}
	if n := len(of.all) - len(shown); n > 0 {
		t.cut = true
		t.painted(2, dim, "… and "+words.Count(n, "other threat"))
	}
}

// threatBlocks lists what threatens names.
func (m *markdown) threatBlocks() (blocks []*block) {
	for _, of := range threatPartsOf(m.plan) {
		blocks = append(blocks, table(of.title+": "+words.Count(of.names, "name"), []string{"names", "what", "when"}, len(of.all),
			func(i int) string {
				x := of.all[i]
				what := "**" + plainText(m.short(x.Summary)) + "** " + plainText(m.truncate(x.Sentence, 2*m.runes))
				return cells(m.countedThreatened(x), what, plainText(x.when(m.plan.ReadAt)))
			},
			func(from int) string { return "… and " + words.Count(len(of.all)-from, "other threat") + "." }))
	}
	if n := m.plan.Summary.Unwatched; n > 0 {
		blocks = append(blocks, &block{head: "\n" + plainText(unwatchedWords(n)) + "\n"})
	}
	return blocks
}

// countedThreatened lists the names of a threat behind their number.
func (m *markdown) countedThreatened(x *threat) string {
	list := m.list(x.datedNames(func(n string) string { return codeSpan(m.shortName(n)) }), func(s string) string { return s })
	if len(x.names) == 1 {
		return list
	}
	return words.Count(len(x.names), "name") + ": " + list
}

// missingOnly returns the declared names that the account lacks, but for those of
// which a threat says so.
func missingOnly(p *planner.Plan) []string {
	left := p.Departed()
	if len(left) == 0 {
		return p.Missing
	}
	return slices.DeleteFunc(slices.Clone(p.Missing), func(name string) bool { return left[name] })
}
