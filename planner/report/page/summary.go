package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// newSection returns a section whose lists are named after it.
func newSection(id, title string, tone webpage.Tone, n int) *section {
	return &section{ID: id, Title: title, Tone: tone, Count: countOf(n), Lists: lists{prefix: id}}
}

// severities are those of threats, from the one that says most.
var severities = planner.ThreatSeverities()

// severityTones say how urgent threats look.
var severityTones = map[planner.ThreatSeverity]webpage.Tone{planner.Page: webpage.Alarm, planner.Ticket: webpage.Alarm, planner.Notice: webpage.Minded}

// threats are all threats, the severest first; of one severity those whose end is near
// come first.
func (p *page) threats() []report.NameThreat {
	all := slices.Concat(p.Calendar.Endangered, p.Threats)
	slices.SortStableFunc(all, func(a, b report.NameThreat) int { return planner.CompareSeverities(a.Severity, b.Severity) })
	return all
}

func (p *page) headline() string {
	text := words.Count(p.Totals.Names, "name")
	n := 0
	for _, x := range []struct {
		n    int
		what string
	}{{p.Totals.Endangered, "endangered"}, {p.Totals.Threatened, "threatened"}, {p.Totals.InDoubt, "in doubt"}, {p.Totals.LeftAccount, "gone"}, {p.Totals.Missing, "missing"}} {
		if x.n == 0 {
			continue
		}
		text += map[bool]string{true: ": ", false: ", "}[n == 0] + words.Number(x.n) + " " + x.what
		n++
	}
	if n == 0 && p.Totals.Names > 0 {
		text += ": none is endangered, threatened, gone or missing"
	}
	return text
}

// tone is how urgent the whole report looks.
func (p *page) tone() webpage.Tone {
	all := p.threats()
	switch {
	case p.Totals.Endangered > 0, p.Totals.InDoubt > 0, p.Totals.LeftAccount > 0, len(all) > 0 && severityTones[all[0].Severity] == webpage.Alarm:
		return webpage.Alarm
	case len(p.needs()) > 0:
		return webpage.Minded
	}
	return webpage.Done
}

// summary tells what needs a person, and counts the names.
func (p *page) summary() (*section, error) {
	s := newSection("summary", "Summary", p.tone(), 0)
	s.Needs = p.needs()
	if len(s.Needs) == 0 {
		s.Needs = []need{{Text: "Nothing needs a person.", To: "names", Tone: webpage.Done}}
	}
	p.addTotals(s)
	threats := p.threats()
	first := min(len(threats), rowsOpen)
	s.Tables = []*table{threatTable(threats[:first]), threatTable(threats[first:])}
	s.Tables[0].ID, s.Tables[0].Title, s.Tables[0].fixed = "threats", "What threatens names, the severest first", true
	s.Tables[1].ID, s.Tables[1].Title = "more-threats", "What else threatens names"
	return s, nil
}

// threatTable lists threats, each with what to do.
func threatTable(threats []report.NameThreat) *table {
	return &table{
		Thing: "threat", Total: len(threats),
		Columns: columnsOf("Name", "What", "By", "#Days left", "What to do", "Severity"),
		Row: func(i int) row {
			t := &threats[i]
			left := cell{Class: isNumber}
			if t.DaysLeft != nil {
				left.Text = strconv.Itoa(*t.DaysLeft)
			}
			return row{
				Tone:  severityTones[t.Severity],
				Cells: []cell{outside(t.Name), outside(t.Summary), text(day(t.Deadline)), left, long(t.Sentence), text(string(t.Severity))},
			}
		},
	}
}

// addTotals counts the names by how they stand, each number with its list.
func (p *page) addTotals(s *section) {
	drifted := make(map[string]bool)
	for i := range p.Drift {
		drifted[p.Drift[i].Name] = true
	}
	flag := func(f report.Flags) (string, func(*report.Name) bool) {
		name := f.Names()[0]
		return "flag:" + name, func(n *report.Name) bool { return slices.Contains(n.Flags, name) }
	}
	standing := func(x report.Standing) (string, func(*report.Name) bool) {
		return "standing:" + string(x), func(n *report.Name) bool { return n.Standing == x }
	}
	add := func(n int, title string, tone webpage.Tone, find string, counted func(*report.Name) bool) {
		if n > 0 || tone == webpage.Alarm {
			s.Totals = append(s.Totals, total{s.of(p, n, words.Capitalize(title), find, counted), title, toneIf(n > 0, tone)})
		}
	}
	with := func(n int, title string, tone webpage.Tone) func(string, func(*report.Name) bool) {
		return func(find string, counted func(*report.Name) bool) { add(n, title, tone, find, counted) }
	}
	t := &p.Totals
	all := number(t.Names)
	all.To = "names"
	s.Totals = append(s.Totals, total{all, "names", webpage.Calm})
	with(t.Endangered, "endangered", webpage.Alarm)(flag(report.Endangered))
	with(t.Threatened, "threatened", webpage.Alarm)(flag(report.Threatened))
	with(t.InDoubt, "in doubt", webpage.Alarm)(flag(report.InDoubt))
	with(t.Missing, "missing", webpage.Minded)(standing(report.Missing))
	with(t.Managed, "managed", webpage.Calm)(standing(report.Managed))
	with(t.Unmanaged, "unmanaged", webpage.Minded)(standing(report.Unmanaged))
	add(t.Differing, "differ from the files", webpage.Active, "differs", func(n *report.Name) bool { return n.Differences > 0 })
	add(t.Drifted, "changed by somebody else", webpage.Minded, "", func(n *report.Name) bool { return drifted[n.Name] })
	add(t.Lapsing, "end on purpose", webpage.Calm, "lapses held", func(n *report.Name) bool { return n.Lapse != "" && n.Month != "" })
	with(t.Held, "held", webpage.Calm)(flag(report.Held))
	with(t.Released, "released", webpage.Calm)(flag(report.Released))
	with(t.LeftFiles, "left the files", webpage.Minded)(flag(report.LeftFiles))
	with(t.LeftAccount, "left the account", webpage.Alarm)(flag(report.LeftAccount))
}

func toneIf(is bool, tone webpage.Tone) webpage.Tone {
	if is {
		return tone
	}
	return webpage.Calm
}

// needs lists what a person has to see to, the most urgent first.
func (p *page) needs() (all []need) {
	t := &p.Totals
	add := func(n int, tone webpage.Tone, to, one, many string) {
		if n > 0 {
			all = append(all, need{words.Count(n, "name") + " " + words.Plural(n, one, many), to, tone})
		}
	}
	add(t.Endangered, webpage.Alarm, "threats", "is endangered: nothing keeps it beyond its end.", "are endangered: nothing keeps them beyond their end.")
	add(t.Threatened, webpage.Alarm, "threats", "is threatened by another state of it.", "are threatened by another state of theirs.")
	add(t.InDoubt, webpage.Alarm, "names", "is in doubt: nobody knows what became of a change of it.", "are in doubt: nobody knows what became of a change of theirs.")
	add(t.LeftAccount, webpage.Alarm, "left", "left the account.", "left the account.")
	all = append(all, p.shortMonths()...)
	all = append(all, p.failedRun()...)
	all = append(all, p.endingHolds()...)
	add(t.Missing, webpage.Minded, "missing", "is declared, and the account lacks it.", "are declared, and the account lacks them.")
	add(t.Drifted, webpage.Minded, "drift", "was changed by somebody else.", "were changed by somebody else.")
	add(t.Unmanaged, webpage.Minded, "unmanaged", "of the account is in no file.", "of the account are in no file.")
	return append(all, p.risks()...)
}

// holdEnds is how long before its end a hold is told.
const holdEnds = 7 * 24 * time.Hour

// endingHolds tells of the holds that end soon: then the files decide again.
func (p *page) endingHolds() []need {
	n, names := 0, 0
	var first time.Time
	for i := range p.Holds {
		h := &p.Holds[i]
		if h.Until.IsZero() || h.Until.After(p.ReadAt.Add(holdEnds)) {
			continue
		}
		if n++; first.IsZero() || h.Until.Before(first) {
			first = h.Until
		}
		names += len(h.Names)
	}
	if n == 0 {
		return nil
	}
	return []need{{
		fmt.Sprintf("%s of %s end%s within a week, from %s on: what the files declare is made then.", words.Count(n, "hold"), words.Count(names, "name"), words.Plural(n, "s", ""), day(first)),
		"holds", webpage.Minded,
	}}
}

// risks tells of all single points of failure in one line: most owners have some for
// years, and what is urgent must not be lost among them.
func (p *page) risks() []need {
	var of []string
	for _, r := range p.Nameservers.Risks {
		if r.Names > 0 {
			of = append(of, fmt.Sprintf("%s (%s)", strings.ToLower(inert.Text(r.Title)), words.Count(r.Names, "name")))
		}
	}
	if len(of) == 0 {
		return nil
	}
	return []need{{"Single points of failure: " + strings.Join(of, ", ") + ".", "delegation", webpage.Minded}}
}

// shortMonths says in which months the budget is too small.
func (p *page) shortMonths() []need {
	n, first := 0, -1
	for i := range p.Forecast.Months {
		if p.Forecast.Months[i].Short > 0 {
			if n++; first < 0 {
				first = i
			}
		}
	}
	if n == 0 {
		return nil
	}
	m := &p.Forecast.Months[first]
	return []need{{
		fmt.Sprintf("The budget is too small in %s: in %s by %s %s.", words.Count(n, "month"), inert.Text(m.Month), inert.Text(p.Forecast.Currency), m.Short),
		"renewals", webpage.Minded,
	}}
}

// failedRun tells of the newest run, if it did not end well.
func (p *page) failedRun() []need {
	if len(p.Runs.Rows) == 0 || !p.Runs.Rows[0].EndedBadly() {
		return nil
	}
	r := &p.Runs.Rows[0]
	what := fmt.Sprintf("The newest run, %d, ended with exit code %d", r.ID, *r.ExitCode)
	if r.Because != "" {
		what += ": " + words.Truncate(inert.Text(r.Because), longest)
	}
	return []need{{what + ".", "runs", webpage.Minded}}
}
