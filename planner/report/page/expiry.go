package page

import (
	"fmt"
	"html/template"

	"github.com/domainsync/domainsync/internal/chart"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// A figure is a chart with what its colours mean.
type figure struct {
	Title  string
	Legend []chart.Series
	SVG    template.HTML
}

// draw adds a chart to a section.
func (s *section) draw(c *chart.Chart) error {
	svg, err := c.SVG(fmt.Sprintf("%s-chart-%d", s.ID, len(s.Figures)+1))
	if err != nil {
		return err
	}
	legend := append(c.Bars[:len(c.Bars):len(c.Bars)], c.Lines...)
	s.Figures = append(s.Figures, figure{Title: c.Title, Legend: legend, SVG: svg})
	return nil
}

// How many suffixes have a column or a colour of their own, and a row.
const (
	suffixColumns = 6
	suffixRows    = 15
)

// expiry tells when names end.
func (p *page) expiry() (*section, error) {
	c := &p.Calendar
	s := newSection("expiry", "Expiry", toneIf(c.Total.Endangered > 0, webpage.Alarm), c.Total.Endangered)
	s.Short = words.Count(c.Total.Names, "name") + " of the account"
	if c.Total.Names == 0 {
		return nil, nil
	}
	if err := s.draw(p.expiryChart()); err != nil {
		return nil, err
	}
	s.Tables = []*table{p.monthTable(s), p.suffixTable(s)}
	return s, nil
}

// expiryChart shows how many names end in each month, the endangered ones first.
func (p *page) expiryChart() *chart.Chart {
	c := &p.Calendar
	values := func(of func(*report.Cell) int, rows ...report.CalendarRow) []float64 {
		sums := make([]float64, len(c.Months))
		for i := range rows {
			for m := range rows[i].Months {
				sums[m] += float64(of(&rows[i].Months[m]))
			}
		}
		return sums
	}
	safe := func(x *report.Cell) int { return x.Names - x.Endangered }
	bars := []chart.Series{{Name: "endangered", Look: "c-alarm", Values: values(func(x *report.Cell) int { return x.Endangered }, c.Total)}}
	own := min(len(c.Rows), suffixColumns)
	for i := range own {
		bars = append(bars, chart.Series{Name: "." + inert.Text(c.Rows[i].Suffix), Look: fmt.Sprintf("c-%d", i+1), Values: values(safe, c.Rows[i])})
	}
	if others := c.Rows[own:]; len(others) > 0 {
		bars = append(bars, chart.Series{Name: "others", Look: "c-others", Values: values(safe, others...)})
	}
	most, ends := 0, 0
	for i := range c.Total.Months {
		ends += c.Total.Months[i].Names
		if c.Total.Months[i].Names > c.Total.Months[most].Names {
			most = i
		}
	}
	about := fmt.Sprintf("%s of %s in these %d months. The table below has the same numbers.", words.Count(ends, "term"), words.Plural(ends, "a name ends", "names end"), len(c.Months))
	if len(c.Months) > 0 {
		about = fmt.Sprintf("Most of them, %s, in %s. ", words.Number(c.Total.Months[most].Names), c.Months[most]) + about
	}
	return &chart.Chart{Title: "Names whose term ends, by month and suffix", About: about, Labels: chart.MonthLabels(c.Months), Bars: bars}
}

// monthTable has the numbers of the calendar by month.
func (p *page) monthTable(s *section) *table {
	c := &p.Calendar
	own := min(len(c.Rows), suffixColumns)
	t := &table{
		ID: "months", Title: "Ends by month", Thing: "row", Total: len(c.Months) + 3, fixed: true,
		About:   "A name is endangered where nothing keeps it beyond its end and that is near. The files renew those that are neither left to end, nor renewed by the service, nor kept by nobody.",
		Columns: columnsOf("Month", "#Names", "#Endangered", "#End on purpose", "#The service renews", "#Nobody renews"),
	}
	for i := range own {
		t.Columns = append(t.Columns, column{"." + inert.Text(c.Rows[i].Suffix), isNumber})
	}
	if len(c.Rows) > own {
		t.Columns = append(t.Columns, column{"other suffixes", isNumber})
	}
	rows := make([]row, 0, t.Total)
	for _, m := range p.calendarCells() {
		rows = append(rows, p.monthRow(s, m, own))
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

// A calendarCell is one cell of each row of the calendar.
type calendarCell struct {
	key, title string
	of         func(r *report.CalendarRow) *report.Cell
}

func (p *page) calendarCells() []calendarCell {
	all := []calendarCell{{report.Expired, "Expired", func(r *report.CalendarRow) *report.Cell { return &r.Expired }}}
	for i, m := range p.Calendar.Months {
		all = append(all, calendarCell{m, m, func(r *report.CalendarRow) *report.Cell { return &r.Months[i] }})
	}
	return append(all,
		calendarCell{report.Later, "Later", func(r *report.CalendarRow) *report.Cell { return &r.Later }},
		calendarCell{report.NoDate, "Not known", func(r *report.CalendarRow) *report.Cell { return &r.NoDate }})
}

func (p *page) monthRow(s *section, m calendarCell, own int) row {
	total := m.of(&p.Calendar.Total)
	list := func(n int, what, find string, counted func(n *report.Name) bool) cell {
		return s.of(p, n, m.title+what, "month:"+m.key+find, func(n *report.Name) bool { return n.Month == m.key && counted(n) })
	}
	kept := func(n int, what string, by planner.Keeper) cell {
		return list(n, what, " kept:"+string(by), func(n *report.Name) bool { return n.Keeper == by })
	}
	r := row{Cells: []cell{
		{Text: m.title},
		list(total.Names, "", "", func(*report.Name) bool { return true }),
		list(total.Endangered, ", endangered", " flag:endangered", func(n *report.Name) bool { return n.Severity != "" }),
		kept(total.Lapsing, ", end on purpose", planner.LetEnd),
		kept(total.ByService, ", the service renews", planner.KeptByService),
		kept(total.Unkept, ", nobody renews", planner.KeptByNobody),
	}}
	if total.Endangered > 0 {
		r.Tone = webpage.Alarm
	}
	inColumn := make(map[string]bool)
	for i := range own {
		x := &p.Calendar.Rows[i]
		inColumn[x.Suffix] = true
		r.Cells = append(r.Cells, list(m.of(x).Names, ", ."+inert.Text(x.Suffix), " "+term("suffix", x.Suffix), func(n *report.Name) bool { return n.Suffix == x.Suffix }))
	}
	if others := p.Calendar.Rows[own:]; len(others) > 0 {
		n := 0
		for i := range others {
			n += m.of(&others[i]).Names
		}
		r.Cells = append(r.Cells, list(n, ", other suffixes", "", func(n *report.Name) bool { return !inColumn[n.Suffix] }))
	}
	return r
}

// suffixTable has the numbers of the calendar by suffix, as far as suffixes have a row.
func (p *page) suffixTable(s *section) *table {
	all := p.Calendar.Rows
	t := &table{
		ID: "suffixes", Title: "Ends by suffix", Thing: "suffix", Total: min(len(all), suffixRows), fixed: true,
		Columns: columnsOf("Suffix", "#Names", "#Endangered", "#Expired", "#In these months", "#Later", "#Not known"),
	}
	if more := len(all) - t.Total; more > 0 {
		t.About = fmt.Sprintf("%s more: report --format json lists all.", words.Count(more, "suffix"))
	}
	rows := make([]row, t.Total)
	for i := range rows {
		rows[i] = p.suffixRow(s, &all[i])
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

func (p *page) suffixRow(s *section, x *report.CalendarRow) row {
	list := func(n int, what, find string, counted func(n *report.Name) bool) cell {
		return s.of(p, n, "."+inert.Text(x.Suffix)+what, term("suffix", x.Suffix)+find, func(n *report.Name) bool { return n.Month != "" && n.Suffix == x.Suffix && counted(n) })
	}
	in := func(month string) func(n *report.Name) bool {
		return func(n *report.Name) bool { return n.Month == month }
	}
	within := 0
	for i := range x.Months {
		within += x.Months[i].Names
	}
	return row{Tone: toneOr(x.Endangered > 0), Cells: []cell{
		outside("." + x.Suffix),
		list(x.Names, "", " held", func(*report.Name) bool { return true }),
		list(x.Endangered, ", endangered", " flag:endangered", func(n *report.Name) bool { return n.Severity != "" }),
		list(x.Expired.Names, ", expired", " month:expired", in(report.Expired)),
		list(within, ", in these months", "", func(n *report.Name) bool {
			return n.Month != report.Expired && n.Month != report.Later && n.Month != report.NoDate
		}),
		list(x.Later.Names, ", later", " month:later", in(report.Later)),
		list(x.NoDate.Names, ", not known when", " month:no_date", in(report.NoDate)),
	}}
}

// toneOr is the tone of a row that is alarming, or none.
func toneOr(alarming bool) webpage.Tone {
	if alarming {
		return webpage.Alarm
	}
	return ""
}
