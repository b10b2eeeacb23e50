package report

import (
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// runs tells what runs have done, and sums it month by month.
func (b *building) runs() {
	r := &b.report.Runs
	r.Rows, r.Months, r.Orders = []RunRow{}, []RunMonth{}, []Order{}
	if b.Past == nil {
		return
	}
	r.Known, r.Since = true, b.Past.Since.UTC()
	for _, row := range b.Past.Runs {
		row.By, row.Because, row.Money = b.Masker.Text(row.By), b.Masker.Text(row.Because), append([]Money{}, row.Money...)
		r.Rows = append(r.Rows, row)
	}
	slices.SortStableFunc(r.Rows, func(x, y RunRow) int { return y.Began.Compare(x.Began) })
	for _, o := range b.Past.Orders {
		o.Name = wire.UnicodeName(o.Name)
		r.Orders = append(r.Orders, o)
	}
	slices.SortStableFunc(r.Orders, func(x, y Order) int { return y.At.Compare(x.At) })
	r.sum()
}

// sum sums what runs did in each month.
func (r *Runs) sum() {
	first, last := r.span()
	if first.IsZero() {
		return
	}
	for at := planner.PeriodBegin(first); !at.After(last); at = at.AddDate(0, 1, 0) {
		r.Months = append(r.Months, RunMonth{Month: monthOf(at), Money: []Money{}})
	}
	of := func(at time.Time) *RunMonth {
		i, _ := slices.BinarySearchFunc(r.Months, monthOf(at), func(m RunMonth, month string) int { return strings.Compare(m.Month, month) })
		return &r.Months[i]
	}
	for i := range r.Rows {
		of(r.Rows[i].Began).addRun(&r.Rows[i])
	}
	for i := range r.Orders {
		of(r.Orders[i].At).addOrder(&r.Orders[i])
	}
	for i := range r.Months {
		slices.SortFunc(r.Months[i].Money, func(x, y Money) int { return strings.Compare(x.Currency, y.Currency) })
	}
}

// span returns when the first of what is told was, and the last; zero: nothing is.
func (r *Runs) span() (first, last time.Time) {
	note := func(at time.Time) {
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	for i := range r.Rows {
		note(r.Rows[i].Began)
	}
	for i := range r.Orders {
		note(r.Orders[i].At)
	}
	return first, last
}

// EndedBadly reports whether a run ended neither well nor with changes left that nobody
// has approved. Of one without an exit code nobody knows.
func (r *RunRow) EndedBadly() bool { return r.ExitCode != nil && *r.ExitCode != 0 && *r.ExitCode != 2 }

func (m *RunMonth) addRun(r *RunRow) {
	m.Runs++
	if r.EndedBadly() {
		m.FailedRuns++
	}
	m.Changes += r.Changes
	m.Made += r.Made
	m.Failed += r.Failed
	m.Open += r.Open
}

func (m *RunMonth) addOrder(o *Order) {
	at := slices.IndexFunc(m.Money, func(x Money) bool { return x.Currency == o.Currency })
	if at < 0 {
		at = len(m.Money)
		m.Money = append(m.Money, Money{Currency: o.Currency, Known: true})
	}
	x := &m.Money[at]
	if o.Failed {
		x.Failed++
		return
	}
	x.Orders++
	x.Amount += o.Amount
	x.Known = x.Known && o.Known
}
