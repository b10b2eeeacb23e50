package page

import (
	"fmt"
	"strings"

	"github.com/domainsync/domainsync/internal/chart"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// coverageRows is how many groups and suffixes have a row.
const coverageRows = 12

// coverage tells how names are protected.
func (p *page) coverage() (*section, error) {
	c := &p.Coverage
	if c.Total.Names == 0 || len(c.Checks) == 0 {
		return nil, nil
	}
	s := newSection("coverage", "Coverage", webpage.Calm, 0)
	s.Short = words.Count(c.Total.Names, "name") + " of the account"
	yes, no, unknown, labels := make([]float64, len(c.Checks)), make([]float64, len(c.Checks)), make([]float64, len(c.Checks)), make([]string, len(c.Checks))
	about := "Of " + words.Count(c.Total.Names, "name") + ":"
	for i, check := range c.Checks {
		a := c.Total.Answers[i]
		yes[i], no[i], unknown[i], labels[i] = float64(a.Yes), float64(a.No), float64(a.Unknown), inert.Text(check.Title)
		about += fmt.Sprintf(" %s %s;", labels[i], share(a))
	}
	err := s.draw(&chart.Chart{
		Title: "Names by protection", About: about + " the table below has the numbers.", Labels: labels, Across: true, Bars: []chart.Series{
			{Name: "yes", Look: "c-done", Values: yes}, {Name: "no", Look: "c-alarm", Values: no}, {Name: "not known", Look: "c-others", Values: unknown},
		},
	})
	if err != nil {
		return nil, err
	}
	s.Tables = []*table{p.checkTable(s), p.coverageTable(s, "groups", strings.TrimPrefix(p.By, "labels."), "group", c.Groups), p.coverageTable(s, "suffix-coverage", "suffix", "suffix", c.Suffixes)}
	return s, nil
}

// share writes how many of those of which it is known have something.
func share(a report.Answers) string {
	if a.Yes+a.No == 0 {
		return "not known"
	}
	percent := a.Yes * 100 / (a.Yes + a.No) // never rounded up to 100
	if percent == 0 && a.Yes > 0 {
		return "< 1 %"
	}
	return fmt.Sprintf("%d %%", percent)
}

// answered reports whether a name has an answer to a check.
func answered(check int, answer report.Answer) func(n *report.Name) bool {
	return func(n *report.Name) bool { return check < len(n.Protected) && n.Protected[check] == answer }
}

// checkTable has the answers of all names.
func (p *page) checkTable(s *section) *table {
	c := &p.Coverage
	t := &table{ID: "checks", Title: "All names", Thing: "check", Total: len(c.Checks), fixed: true, Columns: columnsOf("Check", "What a yes means", "#Yes", "#No", "#Not known", "#Share")}
	rows := make([]row, len(c.Checks))
	for i, check := range c.Checks {
		a, title := c.Total.Answers[i], inert.Text(check.Title)
		list := func(n int, what string, answer report.Answer) cell {
			return s.of(p, n, title+": "+what, check.ID+":"+string(answer), answered(i, answer))
		}
		rows[i] = row{Cells: []cell{
			text(check.Title), long(check.About), list(a.Yes, "yes", report.Yes), list(a.No, "no", report.No), list(a.Unknown, "not known", report.Unknown),
			{Text: share(a), Class: isNumber},
		}}
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

// coverageTable has the answers of the names of each group or suffix.
func (p *page) coverageTable(s *section, id, by, thing string, all []report.CoverageRow) *table {
	t := &table{ID: id, Title: "By " + inert.Text(by), Thing: thing, Total: min(len(all), coverageRows), fixed: true, Class: "shares", Columns: columnsOf(words.Capitalize(inert.Text(by)), "#Names")}
	for _, check := range p.Coverage.Checks {
		t.Columns = append(t.Columns, column{inert.Text(check.Title), isNumber})
	}
	if more := len(all) - t.Total; more > 0 {
		t.About = fmt.Sprintf("%s more: report --format json lists all.", words.Count(more, thing))
	}
	rows := make([]row, t.Total)
	for i := range rows {
		rows[i] = p.coverageRow(s, &all[i], thing)
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

func (p *page) coverageRow(s *section, x *report.CoverageRow, thing string) row {
	title, of := inert.Text(x.Key), func(n *report.Name) string { return n.Suffix }
	if thing == "group" {
		of = func(n *report.Name) string { return n.Group }
		if x.Key == "" {
			title = "no group"
		}
	}
	find := term(thing, x.Key)
	in := func(n *report.Name) bool { return n.Month != "" && of(n) == x.Key }
	r := row{Cells: []cell{{Text: title, Outside: true}, s.of(p, x.Names, title, find+" held", in)}}
	for i, check := range p.Coverage.Checks {
		a := x.Answers[i]
		list := func(n int, what string, answer report.Answer) cell {
			is := answered(i, answer)
			c := s.of(p, n, title+", "+inert.Text(check.Title)+": "+what, find+" "+check.ID+":"+string(answer), func(n *report.Name) bool { return in(n) && is(n) })
			c.Text += " " + what
			return c
		}
		c := cell{Text: share(a), Class: isNumber}
		if a.No > 0 {
			c.More = append(c.More, list(a.No, "no", report.No))
			c.Class = "n lacks"
		}
		if a.Unknown > 0 {
			c.More = append(c.More, list(a.Unknown, "not known", report.Unknown))
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}
