package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/domainsync/domainsync/internal/chart"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// runMonths is how many months have a bar and a row: the newest ones.
const runMonths = 36

// runs tells what runs have done, and what they cost.
func (p *page) runs() (*section, error) {
	u := &p.Runs
	s := newSection("runs", "Runs and money", webpage.Calm, len(u.Rows))
	if !u.Known {
		s.Short = "not known: there is no journal, or it was not asked"
		return s, nil
	}
	s.Short = words.Count(len(u.Rows), "run")
	if !u.Since.IsZero() {
		s.Short += " since " + day(u.Since)
	}
	if len(p.failedRun()) > 0 {
		s.Tone = webpage.Minded
	}
	months := u.Months[max(0, len(u.Months)-runMonths):]
	if len(months) > 0 {
		if err := s.draw(changesChart(months)); err != nil {
			return nil, err
		}
		for _, currency := range currencies(months) {
			if err := s.draw(moneyChart(months, currency)); err != nil {
				return nil, err
			}
		}
	}
	s.Tables = []*table{p.runMonthTable(s, months), p.runTable(), p.orderTable()}
	return s, nil
}

func titlesOf(months []report.RunMonth) (titles []string) {
	for i := range months {
		titles = append(titles, months[i].Month)
	}
	return titles
}

// changesChart shows what became of changes, month by month.
func changesChart(months []report.RunMonth) *chart.Chart {
	made, bad, open := make([]float64, len(months)), make([]float64, len(months)), make([]float64, len(months))
	var sum report.ChangeCounts
	for i := range months {
		m := &months[i]
		made[i], bad[i], open[i] = float64(m.Made), float64(m.Failed), float64(m.Open)
		sum.Made, sum.Failed, sum.Open = sum.Made+m.Made, sum.Failed+m.Failed, sum.Open+m.Open
	}
	return &chart.Chart{
		Title: "Changes of runs, by month", Labels: chart.MonthLabels(titlesOf(months)),
		About: fmt.Sprintf("%s made, %s failed, %s open. The table below has the same numbers.", words.Count(sum.Made, "change"), words.Number(sum.Failed), words.Number(sum.Open)),
		Bars: []chart.Series{
			{Name: "made", Look: "c-done", Values: made}, {Name: "failed", Look: "c-alarm", Values: bad}, {Name: "open", Look: "c-others", Values: open},
		},
	}
}

// currencies lists the first currencies of months in order: each has a chart.
func currencies(months []report.RunMonth) (all []string) {
	const most = 2
	for i := range months {
		for _, m := range months[i].Money {
			if !slices.Contains(all, m.Currency) {
				all = append(all, m.Currency)
			}
		}
	}
	slices.Sort(all)
	return all[:min(len(all), most)]
}

// moneyChart shows what orders in one currency cost, month by month.
func moneyChart(months []report.RunMonth, currency string) *chart.Chart {
	known, most := make([]float64, len(months)), make([]float64, len(months))
	orders := 0
	for i := range months {
		for _, m := range months[i].Money {
			switch {
			case m.Currency != currency:
			case m.Known:
				known[i] += units(m.Amount)
				orders += m.Orders
			default:
				most[i] += units(m.Amount)
				orders += m.Orders
			}
		}
	}
	return &chart.Chart{
		Title: "Money spent by month, in " + inert.Text(currency), Labels: chart.MonthLabels(titlesOf(months)),
		About: words.Count(orders, "order") + ". The table below has the amounts.",
		Bars:  []chart.Series{{Name: "spent", Look: "c-1", Values: known}, {Name: "at most", Look: "c-others", Values: most}},
	}
}

// moneyWords writes what was ordered, each currency once.
func moneyWords(all []report.Money) string {
	texts := make([]string, len(all))
	for i, m := range all {
		if texts[i] = inert.Text(m.Currency) + " " + m.Amount.String(); !m.Known {
			texts[i] = "at most " + texts[i]
		}
	}
	return strings.Join(texts, ", ")
}

// runMonthTable sums what runs have done by month.
func (p *page) runMonthTable(s *section, months []report.RunMonth) *table {
	t := &table{ID: "run-months", Title: "By month", Thing: "month", Total: len(months), fixed: true, Columns: columnsOf("Month", "#Runs", "#Failed runs", "#Changes", "#Made", "#Failed", "#Open", "#Money")}
	rows := make([]row, len(months))
	for i := range months {
		m := &months[i]
		list := func(n int, what string, counted func(r *report.RunRow) bool) cell {
			var some []*report.RunRow
			for k := range p.Runs.Rows {
				if r := &p.Runs.Rows[k]; r.Began.UTC().Format("2006-01") == m.Month && counted(r) {
					some = append(some, r)
				}
			}
			return s.Lists.add(n, m.Month+", "+what, "", len(some), func(i int) string { return runLine(some[i]) })
		}
		all := list(m.Runs, "runs", func(*report.RunRow) bool { return true })
		of := func(n int) cell { // what a run has done is in the list of runs
			c := number(n)
			if n > 0 {
				c.To = all.To
			}
			return c
		}
		rows[i] = row{Tone: mindedIf(m.FailedRuns > 0), Cells: []cell{
			{Text: m.Month}, all, list(m.FailedRuns, "failed runs", (*report.RunRow).EndedBadly), of(m.Changes), of(m.Made), of(m.Failed), of(m.Open), {Text: moneyWords(m.Money), Class: isNumber},
		}}
	}
	t.Row = func(i int) row { return rows[len(rows)-1-i] } // the newest first, as runs are
	return t
}

// runLine tells of a run in a line.
func runLine(r *report.RunRow) string {
	line := fmt.Sprintf("Run %d: %s, %s, %s, %s made, %s failed, %s open", r.ID, inert.Text(r.Kind), moment(r.Began), words.Count(r.Changes, "change"), words.Number(r.Made), words.Number(r.Failed), words.Number(r.Open))
	if money := moneyWords(r.Money); money != "" {
		line += ", " + money
	}
	return line
}

// runTable lists the runs, the newest first.
func (p *page) runTable() *table {
	return &table{
		ID: "run-list", Title: "Runs, the newest first", Thing: "run", Total: len(p.Runs.Rows),
		Columns: columnsOf("#Run", "Command", "Began", "By", "Status", "#Exit code", "Reason", "#Names", "#Changes", "#Made", "#Failed", "#Open", "#Money"),
		Row: func(i int) row {
			r := &p.Runs.Rows[i]
			code := cell{Class: isNumber}
			if r.ExitCode != nil {
				code.Text = strconv.Itoa(*r.ExitCode)
			}
			by := outside(r.By)
			by.Small = words.Truncate(inert.Text(r.Link), longest)
			return row{Tone: mindedIf(r.EndedBadly()), Cells: []cell{
				{Text: strconv.FormatInt(r.ID, 10)},
				outside(r.Kind), text(moment(r.Began)), by, outside(r.Status), code, long(r.Because), number(r.Names),
				number(r.Changes), number(r.Made), number(r.Failed), number(r.Open),
				{Text: moneyWords(r.Money), Class: isNumber},
			}}
		},
	}
}

// orderTable lists the orders, the newest first.
func (p *page) orderTable() *table {
	return &table{
		ID: "orders", Title: "Orders, the newest first", Thing: "order", Total: len(p.Runs.Orders),
		Columns: columnsOf("Name", "At", "What", "#Years", "#Amount", "Currency", "State", "#Run"),
		Row: func(i int) row {
			o := &p.Runs.Orders[i]
			sum := amount(o.Amount)
			switch {
			case o.Failed:
				sum.Small = "not executed"
			case !o.Known:
				sum.Small = "at most"
			}
			return row{Tone: mindedIf(o.Failed), Cells: []cell{
				outside(o.Name), text(moment(o.At)), outside(o.Kind),
				{Text: strconv.Itoa(o.Years), Class: isNumber},
				sum, outside(o.Currency), outside(o.State),
				{Text: strconv.FormatInt(o.Run, 10), Class: isNumber},
			}}
		},
	}
}
