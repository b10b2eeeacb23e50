package page

import (
	"strconv"
	"strings"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// setLists is how many nameserver sets have a list of their names.
const setLists = 100

// nameservers tells which nameservers names have, and what depends on one thing alone.
func (p *page) nameservers() (*section, error) {
	n := &p.Nameservers
	if len(n.Sets) == 0 && n.None == 0 && n.Unknown == 0 {
		return nil, nil
	}
	risky := 0
	for _, r := range n.Risks {
		risky = max(risky, r.Names)
	}
	s := newSection("delegation", "Nameservers", toneIf(risky > 0, webpage.Minded), len(n.Sets))
	s.Short = words.Count(len(n.Sets), "set")
	if n.None > 0 {
		s.About = append(s.About, words.Count(n.None, "name")+" "+words.Plural(n.None, "has", "have")+" no nameservers.")
	}
	if n.Unknown > 0 {
		s.About = append(s.About, "The nameservers of "+words.Count(n.Unknown, "name")+" are not known.")
	}
	s.Tables = []*table{p.riskTable(s), p.setTable(s)}
	return s, nil
}

// riskTable counts what has a single point of failure.
func (p *page) riskTable(s *section) *table {
	n := &p.Nameservers
	t := &table{ID: "risks", Title: "Single points of failure", Thing: "kind", Total: len(n.Risks), fixed: true, Columns: columnsOf("Kind", "What fails with it", "#Sets", "#Names", "#Sets not known", "#Names not known")}
	rows := make([]row, len(n.Risks))
	for i, r := range n.Risks {
		title := inert.Text(r.Title)
		has := func(x *report.NameserverSet, a report.Answer) bool { return i < len(x.Risks) && x.Risks[i] == a }
		sets := func(number int, what string, a report.Answer) cell {
			var some []*report.NameserverSet
			for k := range n.Sets {
				if has(&n.Sets[k], a) {
					some = append(some, &n.Sets[k])
				}
			}
			return s.Lists.add(number, title+what, "", len(some), func(i int) string { return setLine(some[i]) })
		}
		names := func(number int, what string, a report.Answer) cell {
			return s.of(p, number, title+what, "", func(x *report.Name) bool {
				return x.Set > 0 && x.Set <= len(n.Sets) && has(&n.Sets[x.Set-1], a)
			})
		}
		rows[i] = row{Tone: mindedIf(r.Names > 0), Cells: []cell{
			text(r.Title), long(r.About), sets(r.Sets, ": sets", report.Yes), names(r.Names, ": names", report.Yes),
			sets(r.UnknownSets, ": sets of which it is not known", report.Unknown), names(r.UnknownNames, ": names of which it is not known", report.Unknown),
		}}
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

// setLine tells of a nameserver set in a line.
func setLine(x *report.NameserverSet) string {
	return strconv.Itoa(x.Number) + ": " + inert.Text(strings.Join(x.Nameservers, " "))
}

// setTable lists the nameserver sets.
func (p *page) setTable(s *section) *table {
	n := &p.Nameservers
	numbers := make([]cell, min(len(n.Sets), setLists))
	for i := range numbers {
		x := &n.Sets[i]
		numbers[i] = s.of(p, len(x.Names), "Set "+strconv.Itoa(x.Number)+": "+inert.Text(x.Title), "set:"+strconv.Itoa(x.Number), func(y *report.Name) bool { return y.Set == x.Number })
	}
	return &table{
		ID: "sets", Title: "Nameserver sets", Thing: "set", Total: len(n.Sets),
		Columns: columnsOf("Nameservers", "Operator", "#Names", "#Signed", "Operators", "Suffixes", "Networks", "Addresses not known of", "Single points of failure"),
		Row: func(i int) row {
			x := &n.Sets[i]
			names := number(len(x.Names))
			if i < len(numbers) {
				names = numbers[i]
			} else {
				names.To, names.Find = "names", "set:"+strconv.Itoa(x.Number)
			}
			var risks []string
			for k, a := range x.Risks {
				if a == report.Yes && k < len(n.Risks) {
					risks = append(risks, n.Risks[k].Title)
				}
			}
			return row{Cells: []cell{
				long(strings.Join(x.Nameservers, " ")), outside(x.Title), names, number(x.Signed), outside(strings.Join(x.Operators, " ")),
				outside(strings.Join(x.Suffixes, " ")), outside(strings.Join(x.Networks, " ")), outside(strings.Join(x.Unresolved, " ")), outside(strings.Join(risks, ", ")),
			}}
		},
	}
}

// mindedIf is the tone of a row at which somebody should look, or none.
func mindedIf(is bool) webpage.Tone {
	if is {
		return webpage.Minded
	}
	return ""
}
