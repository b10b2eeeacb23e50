package page

import (
	"cmp"
	"encoding/json"
	"html/template"
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

// nameColumns are those of the list of all names. The script shows the same ones.
var nameColumns = columnsOf("Name", "Expires", "#Days left", "Group", "Standing", "Flags", "Kept by")

// byUrgency lists the names by what needs a person first: the endangered ones, those
// with flags, then those whose end is near.
func (p *page) byUrgency() []int {
	order := make([]int, len(p.Names))
	for i := range order {
		order[i] = i
	}
	ranks := make([]int, len(p.Names))
	for i := range p.Names {
		switch n := &p.Names[i]; {
		case slices.Contains(severities, n.Severity):
			ranks[i] = slices.Index(severities, n.Severity)
		case slices.Contains(n.Flags, report.Threatened.Names()[0]):
			ranks[i] = len(severities)
		default:
			ranks[i] = len(severities) + 1
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(ranks[a], ranks[b]), compareTimes(p.Names[a].Expires, p.Names[b].Expires))
	})
	return order
}

// compareTimes orders times; what is not known comes last.
func compareTimes(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// names lists all names, as far as a page can.
func (p *page) names() (*section, error) {
	p.order = p.byUrgency()
	order := p.order
	s := newSection("names", "All names", webpage.Calm, len(p.Names))
	s.Short = words.Count(len(p.Names), "name")
	t := &table{
		ID: "all", Title: "What needs a person first", Thing: "name", Class: "own", Total: len(order), Columns: nameColumns,
		Row: func(i int) row { return nameRow(&p.Names[order[i]]) },
	}
	s.Tables = []*table{t}
	return s, nil
}

func nameRow(n *report.Name) row {
	left := cell{Class: isNumber}
	if n.DaysLeft != nil {
		left.Text = strconv.Itoa(*n.DaysLeft)
	}
	name := outside(n.Name)
	if n.Name != n.ASCII {
		name.Small = inert.Text(n.ASCII)
	}
	return row{Tone: severityTones[n.Severity], Cells: []cell{
		name, text(day(n.Expires)), left, outside(n.Group), text(string(n.Standing)), text(strings.Join(n.Flags, ", ")), text(string(n.Keeper)),
	}}
}

// term writes what the script finds names by: a key and a value.
func term(key, value string) string {
	value = inert.Text(value)
	if value != "" && !strings.ContainsAny(value, " \"") {
		return key + ":" + value
	}
	quoted, _ := json.Marshal(value) //nolint:errchkjson // a text has a form in JSON
	return key + ":" + string(quoted)
}

// The data for the script has the numbers of these.
var (
	standings = report.Standings()
	keepers   = planner.Keepers()
)

// joined writes values for the script, which splits them at blanks.
func joined[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = string(all[i])
	}
	return strings.Join(texts, " ")
}

// data writes the names for the script, a line each and what needs a person first, as
// far as so many bytes hold them. Four lines of texts that names share come before:
// checks, groups, suffixes and cells of the calendar. form/names.js reads it.
func (p *page) data(size int) string {
	var b strings.Builder
	checks := make([]string, len(p.Coverage.Checks))
	for i := range checks {
		checks[i] = inert.Text(p.Coverage.Checks[i].ID)
	}
	months := slices.Concat(p.Calendar.Months, []string{report.Expired, report.Later, report.NoDate})
	groups, suffixes := indexOf(p.Groups), indexOf(p.Suffixes)
	for _, shared := range [][]string{checks, groups.texts, suffixes.texts, months} {
		b.WriteString(strings.Join(shared, "\t") + "\n")
	}
	cells := indexOf(months)
	escaped := len(template.HTMLEscapeString(b.String()))
	for _, i := range p.order {
		n := &p.Names[i]
		line := dataLine(n, groups.number(n.Group), suffixes.number(n.Suffix), cells.number(n.Month))
		if escaped += len(template.HTMLEscapeString(line)); escaped > size {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}

// dataLine writes a name for the script: its text, its form in A-labels where that is
// another one, standing and keeper, the day of its end since 1970, how many days are left
// until then, the numbers of its group, suffix, month and nameserver set, its flags as bits with one more for a lapse, the differences, and the
// answers to the checks. Numbers are of base 36.
func dataLine(n *report.Name, group, suffix, month string) string {
	ascii, end, left, flags := "", "", "", 0
	if n.ASCII != n.Name {
		ascii = inert.Text(n.ASCII)
	}
	if !n.Expires.IsZero() {
		end = strconv.FormatInt(n.Expires.Unix()/(24*60*60), 36)
	}
	if n.DaysLeft != nil {
		left = short(*n.DaysLeft)
	}
	for i, f := range report.FlagNames() {
		if slices.Contains(n.Flags, f) {
			flags |= 1 << i
		}
	}
	if n.Lapse != "" {
		flags |= 1 << len(report.FlagNames())
	}
	kinds := strconv.Itoa(slices.Index(standings, n.Standing)) + "-"
	if at := slices.Index(keepers, n.Keeper); at >= 0 {
		kinds = kinds[:1] + strconv.Itoa(at)
	}
	answers := ""
	for _, a := range n.Protected {
		answers += string(a[:1])
	}
	return strings.Join([]string{
		inert.Text(n.Name), ascii, kinds, end, left, group, suffix, month,
		short(n.Set), short(flags), short(n.Differences), answers,
	}, "\t") + "\n"
}

// short writes a number for the script; 0 is the empty text.
func short(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 36)
}

// An index numbers texts that names share.
type index struct {
	texts   []string
	numbers map[string]string
}

func indexOf(texts []string) index {
	x := index{numbers: make(map[string]string, len(texts))}
	for i, s := range texts {
		x.texts = append(x.texts, inert.Text(s))
		x.numbers[s] = strconv.FormatInt(int64(i), 36)
	}
	return x
}

// number returns the number of a text, "" for one that is not there.
func (x index) number(text string) string { return x.numbers[text] }
