package pages

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/chart"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// expiry is the page of when names of all accounts end, and what they cost, by month.
func (s *Site) expiry(p *page) error {
	all, search, err := p.searched()
	if err != nil {
		return err
	}
	c := &expiryContent{Search: search}
	sum := newMonthSum(p.now)
	for _, of := range accountsOnce(all) {
		row := p.monthsRow(of)
		if of.sameAs == "" && of.Months != nil {
			sum.add(of.Months)
		}
		c.Accounts = append(c.Accounts, row)
		if of.Months == nil {
			c.Uncounted++
		}
	}
	slices.SortStableFunc(c.Accounts, func(x, y monthsRow) int { return cmp.Or(y.endangered-x.endangered, y.names-x.names) })
	c.Accounts, c.Pages = onePage(c.Accounts, accountsShown, p.request.URL)
	c.Rows, c.Currencies = sum.rows(), sum.currencies
	if c.Figures, err = sum.figures(); err != nil {
		return err
	}
	p.view.Thing = "expiry and cost"
	p.show("expiry", sum.headline(), sum.tone(), c)
	return nil
}

// expiryContent is what that page has.
type expiryContent struct {
	Search     string
	Uncounted  int // accounts without numbers
	Figures    []figure
	Currencies []string
	Rows       []monthRow
	Accounts   []monthsRow
	Pages      *pagesOf
}

// A figure is a chart with what its colours mean.
type figure struct {
	Title  string
	Legend []chart.Series
	SVG    template.HTML
}

// A monthRow is one month of all accounts together.
type monthRow struct {
	Title                       string
	Names, Endangered, Renewals string
	Unpriced                    string
	Money                       []moneyOfMonth // by the page's currencies
	Tone                        webpage.Tone
}

// moneyOfMonth is what a month costs in one currency. Budget is "" where there is none.
type moneyOfMonth struct{ Currency, Cost, Budget, Short string }

// A monthsRow is one account.
type monthsRow struct {
	Job, To                     string
	SameAs                      string // the job that counts for the account; "": this one
	Names, Endangered, Renewals string // of all months
	Cost                        []string
	Unpriced                    string
	Counted                     *when // nil: nobody has

	names, endangered int
}

// countedEntry is a job whose account is counted: by itself, or by another one.
type countedEntry struct {
	*entry
	sameAs string
}

// accountsOnce returns the jobs with the one of each account that counts for it: the one
// that has counted last. Jobs of one account would count its names twice.
func accountsOnce(all []entry) []countedEntry {
	newest := make(map[string]*entry)
	for i := range all {
		e := &all[i]
		if e.Months == nil || e.Account == "" {
			continue
		}
		if n := newest[e.Account]; n == nil || n.Months.ReadAt.Before(e.Months.ReadAt) {
			newest[e.Account] = e
		}
	}
	counted := make([]countedEntry, len(all))
	for i := range all {
		counted[i].entry = &all[i]
		if n := newest[all[i].Account]; n != nil && n != &all[i] {
			counted[i].sameAs = n.Name
		}
	}
	return counted
}

func (p *page) monthsRow(e countedEntry) monthsRow {
	r := monthsRow{Job: inert.Text(e.Name), To: toJob(e.Name), SameAs: inert.Text(e.sameAs)}
	if e.Months == nil {
		return r
	}
	var x summedMonth
	for _, m := range e.Months.Of {
		x.add(m)
	}
	r.names, r.endangered = x.names, x.endangered
	r.Names, r.Endangered, r.Renewals, r.Unpriced = words.Number(x.names), words.Number(x.endangered), words.Number(x.renewals), words.Number(x.unpriced)
	r.Counted = whenOf(e.Months.ReadAt, p.now)
	for _, currency := range slices.Sorted(maps.Keys(x.money)) {
		if cost := x.money[currency].cost; cost > 0 {
			r.Cost = append(r.Cost, inert.Text(currency)+" "+cost.String())
		}
	}
	return r
}

// A monthSum is the months of all accounts.
type monthSum struct {
	months     []string // of the calendar, from now on
	of         map[string]*summedMonth
	total      summedMonth
	currencies []string
	accounts   int
}

// Rows beside the months of the calendar. What a run has counted for a month that has
// passed is before them, and what is beyond the last one behind.
const (
	beforeMonths = "before"
	behindMonths = report.Later
	withoutMonth = report.NoDate
)

// summedMonth sums one month over accounts.
type summedMonth struct {
	names, endangered, renewals, unpriced int
	money                                 map[string]*summedMoney
}

// summedMoney is what a month costs in a currency, whoever renews. Budgets are those of
// accounts, and what one has left pays for no other.
type summedMoney struct {
	cost, byService, budget, short attr.Amount
	budgeted                       bool
}

func newMonthSum(now time.Time) *monthSum {
	s := &monthSum{of: make(map[string]*summedMonth)}
	for i := range report.CalendarMonths {
		s.months = append(s.months, time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, i, 0).Format("2006-01"))
	}
	for _, key := range s.keys() {
		s.of[key] = new(summedMonth)
	}
	return s
}

// keys are the rows in their order.
func (s *monthSum) keys() []string {
	return slices.Concat([]string{beforeMonths}, s.months, []string{behindMonths, withoutMonth})
}

// keyOf is the row of a month of an account, which may have been counted long ago.
func (s *monthSum) keyOf(month string) string {
	switch {
	case month == report.Expired:
		return beforeMonths
	case month == report.Later || month == report.NoDate:
		return month
	case month < s.months[0]:
		return beforeMonths
	case month > s.months[len(s.months)-1]:
		return behindMonths
	}
	return month
}

// add adds an account.
func (s *monthSum) add(m *metrics.Months) {
	s.accounts++
	for month, x := range m.Of {
		row := s.of[s.keyOf(month)]
		if row == nil { // a month of another form: another version has counted
			row = s.of[withoutMonth]
		}
		row.add(x)
		s.total.add(x)
	}
	s.currencies = slices.DeleteFunc(slices.Sorted(maps.Keys(s.total.money)), func(c string) bool {
		return s.total.money[c].cost == 0 && !s.total.money[c].budgeted
	})
}

func (t *summedMonth) add(m *metrics.Month) {
	t.names, t.endangered = t.names+m.Names, t.endangered+m.Endangered
	t.renewals, t.unpriced = t.renewals+m.Renewals+m.ByService, t.unpriced+m.Unpriced+m.UnpricedByService
	for currency, x := range m.Money {
		if t.money == nil {
			t.money = make(map[string]*summedMoney)
		}
		sum := t.money[currency]
		if sum == nil {
			sum = new(summedMoney)
			t.money[currency] = sum
		}
		sum.cost, sum.byService = sum.cost+x.Cost+x.CostByService, sum.byService+x.CostByService
		if x.Budget != nil {
			sum.budget, sum.budgeted = sum.budget+*x.Budget, true
			sum.short += max(0, x.Cost-*x.Budget)
		}
	}
}

// moneyIn is the money of a currency; zeros where there is none.
func (t *summedMonth) moneyIn(currency string) *summedMoney {
	if m := t.money[currency]; m != nil {
		return m
	}
	return new(summedMoney)
}

// rows are the rows of the table, and the total.
func (s *monthSum) rows() []monthRow {
	titles := map[string]string{beforeMonths: "Before", behindMonths: "Later", withoutMonth: "Not known"}
	var rows []monthRow
	for _, key := range s.keys() {
		x := s.of[key]
		if titles[key] != "" && x.names+x.renewals == 0 {
			continue
		}
		row := s.rowOf(cmp.Or(titles[key], key), x)
		if x.endangered > 0 {
			row.Tone = webpage.Alarm
		}
		rows = append(rows, row)
	}
	total := s.rowOf("Total", &s.total)
	for i := range total.Money {
		total.Money[i].Budget = "" // what one month has left over is nobody's in the next
	}
	return append(rows, total)
}

func (s *monthSum) rowOf(title string, x *summedMonth) monthRow {
	row := monthRow{Title: title, Names: words.Number(x.names), Endangered: words.Number(x.endangered), Renewals: words.Number(x.renewals), Unpriced: words.Number(x.unpriced)}
	for _, currency := range s.currencies {
		m := x.moneyIn(currency)
		shown := moneyOfMonth{Currency: inert.Text(currency), Cost: m.cost.String()}
		if m.budgeted {
			shown.Budget = m.budget.String()
		}
		if m.short > 0 {
			shown.Short, row.Tone = m.short.String(), webpage.Minded
		}
		row.Money = append(row.Money, shown)
	}
	return row
}

// currencyCharts is for how many currencies there is a chart.
const currencyCharts = 3

// figures are the charts: names by month, and what they cost.
func (s *monthSum) figures() ([]figure, error) {
	if s.accounts == 0 {
		return nil, nil
	}
	charts := []*chart.Chart{s.namesChart()}
	for _, currency := range s.currencies[:min(len(s.currencies), currencyCharts)] {
		charts = append(charts, s.costChart(currency))
	}
	figures := make([]figure, len(charts))
	for i, c := range charts {
		svg, err := c.SVG(fmt.Sprintf("by-month-%d", i+1))
		if err != nil {
			return nil, err
		}
		figures[i] = figure{Title: c.Title, Legend: slices.Concat(c.Bars, c.Lines), SVG: svg}
	}
	return figures, nil
}

// values are the numbers of the months of the calendar.
func (s *monthSum) values(of func(*summedMonth) float64) []float64 {
	all := make([]float64, len(s.months))
	for i, m := range s.months {
		all[i] = of(s.of[m])
	}
	return all
}

func (s *monthSum) namesChart() *chart.Chart {
	most, ends := s.months[0], 0
	for _, m := range s.months {
		if ends += s.of[m].names; s.of[m].names > s.of[most].names {
			most = m
		}
	}
	return &chart.Chart{
		Title: "Names whose term ends, by month", Labels: chart.MonthLabels(s.months),
		About: fmt.Sprintf("%s of names end in these %d months, the most of them, %s, in %s. The table below has the same numbers.", words.Count(ends, "term"), len(s.months), words.Number(s.of[most].names), most),
		Bars: []chart.Series{
			{Name: "endangered", Look: "c-alarm", Values: s.values(func(m *summedMonth) float64 { return float64(m.endangered) })},
			{Name: "others", Look: "c-1", Values: s.values(func(m *summedMonth) float64 { return float64(m.names - m.endangered) })},
		},
	}
}

func (s *monthSum) costChart(currency string) *chart.Chart {
	units := func(a attr.Amount) float64 { return float64(a) / 100 }
	var cost, short attr.Amount
	for _, m := range s.months {
		cost, short = cost+s.of[m].moneyIn(currency).cost, short+s.of[m].moneyIn(currency).short
	}
	text := inert.Text(currency)
	c := &chart.Chart{
		Title: "Renewals by month, in " + text, Labels: chart.MonthLabels(s.months),
		About: fmt.Sprintf("Renewals of these %d months cost %s %s, and budgets of accounts are short of %s %s for them. The table below has the same numbers.", len(s.months), text, cost, text, short),
		Bars: []chart.Series{
			{Name: "ordered by the files", Look: "c-1", Values: s.values(func(m *summedMonth) float64 { x := m.moneyIn(currency); return units(x.cost - x.byService) })},
			{Name: "renewed by the service", Look: "c-3", Values: s.values(func(m *summedMonth) float64 { return units(m.moneyIn(currency).byService) })},
		},
	}
	if s.total.moneyIn(currency).budgeted {
		c.Lines = []chart.Series{{Name: "budgets", Look: "c-line", Values: s.values(func(m *summedMonth) float64 { return units(m.moneyIn(currency).budget) })}}
	}
	return c
}

func (s *monthSum) headline() string {
	if s.accounts == 0 {
		return "No account has been counted by month yet"
	}
	text := words.Count(s.total.names, "name") + " in " + words.Count(s.accounts, "account")
	if n := s.total.endangered; n > 0 {
		text += ", " + words.Number(n) + " endangered"
	}
	return text
}

func (s *monthSum) tone() webpage.Tone {
	switch {
	case s.total.endangered > 0:
		return webpage.Alarm
	case slices.ContainsFunc(s.currencies, func(c string) bool { return s.total.money[c].short > 0 }):
		return webpage.Minded
	}
	return webpage.Calm
}
