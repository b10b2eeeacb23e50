package page

import (
	"fmt"
	"strconv"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/chart"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// units returns an amount as a number that a chart can draw.
func units(a attr.Amount) float64 { return float64(a) / 100 }

// renewals tells what renewals will cost, month by month, against the budget.
func (p *page) renewals() (*section, error) {
	f := &p.Forecast
	short, renewals := 0, 0
	for i := range f.Months {
		renewals += f.Months[i].Renewals + f.Months[i].ByService
		if f.Months[i].Short > 0 {
			short++
		}
	}
	s := newSection("renewals", "Renewals", toneIf(short > 0, webpage.Minded), len(f.Renewals))
	s.Short = words.Count(renewals, "coming renewal") + " in " + words.Count(len(f.Months), "month")
	s.About = []string{p.budgetWords()}
	if renewals == 0 && len(f.Renewals) == 0 {
		return s, nil
	}
	if err := s.draw(p.renewalChart(short)); err != nil {
		return nil, err
	}
	s.Tables = []*table{p.forecastTable(s), p.unpricedTable(s), p.renewalTable()}
	return s, nil
}

// budgetWords says what the files let be spent.
func (p *page) budgetWords() string {
	b := p.Forecast.Budget
	if b == nil {
		return "The files state no budget, so no renewal is bought."
	}
	currency := inert.Text(p.Forecast.Currency)
	text := fmt.Sprintf("The files let %s %s be spent per %s", currency, b.Amount, inert.Text(b.Per))
	if b.Per != "month" {
		text += fmt.Sprintf(", and %s %s in a month", currency, b.OfMonth)
	}
	return text + fmt.Sprintf(". Orders of this month cost %s %s at most.", currency, b.Spent)
}

// renewalChart shows what renewals cost, and the budget as a line.
func (p *page) renewalChart(short int) *chart.Chart {
	f := &p.Forecast
	byFiles, byService, budget := make([]float64, len(f.Months)), make([]float64, len(f.Months)), make([]float64, len(f.Months))
	months := make([]string, len(f.Months))
	var sum, serviceSum attr.Amount
	for i := range f.Months {
		m := &f.Months[i]
		months[i], byFiles[i], byService[i] = m.Month, units(m.Amount), units(m.AmountByService)
		sum, serviceSum = sum+m.Amount, serviceSum+m.AmountByService
		if m.Budget != nil {
			budget[i] = units(*m.Budget)
		}
	}
	currency := inert.Text(f.Currency)
	c := &chart.Chart{
		Title: "Renewals by month, in " + currency, Labels: chart.MonthLabels(months),
		About: fmt.Sprintf("Orders of the files cost %s %s in these months, and renewals by the service %s %s. %s. The table below has the same numbers.",
			currency, sum, currency, serviceSum, words.Capitalize(words.Count(short, "month")+" cost more than the budget has left")),
		Bars: []chart.Series{{Name: "ordered by the files", Look: "c-1", Values: byFiles}, {Name: "renewed by the service", Look: "c-3", Values: byService}},
	}
	if f.Budget != nil {
		c.Lines = []chart.Series{{Name: "budget", Look: "c-line", Values: budget}}
	}
	return c
}

// forecastTable has the numbers of the forecast by month.
func (p *page) forecastTable(s *section) *table {
	f := &p.Forecast
	t := &table{
		ID: "forecast", Title: "Cost by month, in " + inert.Text(f.Currency), Thing: "month", Total: len(f.Months), fixed: true,
		Columns: columnsOf("Month", "#Ordered by the files", "#Cost", "#Without a price", "#Renewed by the service", "#Cost", "#Without a price", "#Budget", "#Too little by"),
	}
	byMonth := make(map[string][]*report.Renewal)
	for i := range f.Renewals {
		m := f.Renewals[i].Due.UTC().Format("2006-01")
		byMonth[m] = append(byMonth[m], &f.Renewals[i])
	}
	rows := make([]row, len(f.Months))
	for i := range rows {
		rows[i] = s.forecastRow(f, &f.Months[i], byMonth[f.Months[i].Month])
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

// forecastRow has the numbers of a month, and the lists of its renewals.
func (s *section) forecastRow(f *report.Forecast, m *report.ForecastMonth, renewals []*report.Renewal) row {
	list := func(n int, what string, counted func(x *report.Renewal) bool) cell {
		var some []*report.Renewal
		for _, x := range renewals {
			if counted(x) {
				some = append(some, x)
			}
		}
		return s.Lists.add(n, m.Month+", "+what, "", len(some), func(i int) string { return renewalLine(some[i], f.Currency) })
	}
	by := func(service, unpricedOnly bool) func(x *report.Renewal) bool {
		return func(x *report.Renewal) bool { return x.ByService == service && (!unpricedOnly || x.Amount == nil) }
	}
	budget := cell{Text: "none"}
	if m.Budget != nil {
		budget = amount(*m.Budget)
	}
	r := row{Cells: []cell{
		{Text: m.Month},
		list(m.Renewals, "ordered by the files", by(false, false)), amount(m.Amount), list(m.Unpriced, "ordered without a price", by(false, true)),
		list(m.ByService, "renewed by the service", by(true, false)), amount(m.AmountByService), list(m.UnpricedByService, "renewed by the service without a price", by(true, true)),
		budget, amount(m.Short),
	}}
	if m.Short > 0 {
		r.Tone = webpage.Minded
	}
	return r
}

// renewalLine tells of a renewal in a line.
func renewalLine(x *report.Renewal, currency string) string {
	price := "price not known"
	if x.Amount != nil {
		price = inert.Text(currency) + " " + x.Amount.String()
		if x.AtMost {
			price = "at most " + price
		}
	}
	return fmt.Sprintf("%s: %s, %s, %s", inert.Text(x.Name), day(x.Due), words.Count(x.Years, "year"), price)
}

// unpricedTable counts by suffix what has no price.
func (p *page) unpricedTable(s *section) *table {
	f := &p.Forecast
	bySuffix := make(map[string][]*report.Renewal)
	for i := range f.Unpriced {
		bySuffix[f.Unpriced[i].Suffix] = append(bySuffix[f.Unpriced[i].Suffix], &f.Unpriced[i])
	}
	t := &table{
		ID: "unpriced", Title: "Without a price", Thing: "suffix", Total: min(len(f.UnpricedBySuffix), suffixRows), fixed: true,
		About: "Nobody knows what these renewals cost, so they are missing from the amounts.", Columns: columnsOf("Suffix", "#Renewals"),
	}
	rows := make([]row, t.Total)
	for i := range rows {
		key := f.UnpricedBySuffix[i].Key
		some := bySuffix[key]
		rows[i] = row{Cells: []cell{
			outside("." + key),
			s.Lists.add(len(some), "."+inert.Text(key)+" without a price", "", len(some), func(i int) string { return renewalLine(some[i], f.Currency) }),
		}}
	}
	t.Row = func(i int) row { return rows[i] }
	return t
}

// renewalTable lists the renewals that come next.
func (p *page) renewalTable() *table {
	f := &p.Forecast
	return &table{
		ID: "next", Title: "The next renewals", Thing: "coming renewal", Total: len(f.Renewals),
		Columns: columnsOf("Name", "Due", "Expires", "#Years", "#Cost, in "+inert.Text(f.Currency), "By", "Group", "Waits because"),
		Row: func(i int) row {
			x := &f.Renewals[i]
			cost, by := cell{Text: "not known", Class: isNumber}, "the files"
			if x.Amount != nil {
				cost = amount(*x.Amount)
				if x.AtMost {
					cost.Small = "at most"
				}
			}
			if x.ByService {
				by = "the service"
			}
			return row{Cells: []cell{
				outside(x.Name), text(day(x.Due)), text(day(x.Expires)), {Text: strconv.Itoa(x.Years), Class: isNumber}, cost, text(by), outside(x.Group), long(x.Waits),
			}}
		},
	}
}
