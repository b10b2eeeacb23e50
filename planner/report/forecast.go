package report

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/planner"
)

// forecast tells what renewals will cost, and who keeps each name.
func (b *building) forecast() {
	f := &b.report.Forecast
	f.Currency = b.in.Portfolio.PricesOf("").Currency
	f.Renewals, f.Unpriced, f.UnpricedBySuffix = []Renewal{}, []Renewal{}, []Count{}
	f.Months = forecastMonths(b.ReadAt)
	for o := range outlooks(&b.in, b.plan) {
		n := b.name(o.Live.Name)
		if n == nil {
			continue
		}
		n.Keeper = o.Keeper
		for i := range o.Renewals {
			r := renewalOf(n, &o.Renewals[i], o.Live.Premium || o.Live.PremiumUnknown)
			r.Waits = b.Masker.Text(r.Waits)
			f.Renewals = append(f.Renewals, r)
			addRenewal(f.Months, &r)
		}
	}
	f.sort()
	f.compare(b.plan.Budget)
}

// forecastMonths are the months of a forecast, without any renewal.
func forecastMonths(readAt time.Time) []ForecastMonth {
	all := make([]ForecastMonth, 0, CalendarMonths)
	for _, month := range monthsFrom(readAt, CalendarMonths) {
		all = append(all, ForecastMonth{Month: month})
	}
	return all
}

// outlooks ranges over the names that the account holds, with the renewals of the months
// of a forecast.
func outlooks(in *planner.Input, p *planner.Plan) iter.Seq[planner.Outlook] {
	return p.Outlooks(in, planner.PeriodBegin(in.Live.ReadAt).AddDate(0, CalendarMonths, 0))
}

func renewalOf(n *Name, x *planner.Foreseen, premium bool) Renewal {
	r := Renewal{
		Name: n.Name, Suffix: n.Suffix, Group: n.Group, Due: x.Due.UTC(), Expires: x.Expires.UTC(), Years: x.Years,
		ByService: x.ByService, AtMost: x.AtMost, Premium: premium, Waits: x.Pending,
	}
	if x.Priced {
		r.Amount = &x.Amount
	}
	return r
}

// addRenewal counts a renewal in its month.
func addRenewal(months []ForecastMonth, r *Renewal) {
	at, _ := slices.BinarySearchFunc(months, monthOf(r.Due), func(m ForecastMonth, month string) int { return strings.Compare(m.Month, month) })
	m := &months[at] // it is one of them: what is due later is not foreseen
	renewals, amount, unpriced := &m.Renewals, &m.Amount, &m.Unpriced
	if r.ByService {
		renewals, amount, unpriced = &m.ByService, &m.AmountByService, &m.UnpricedByService
	}
	switch *renewals++; {
	case r.Waits != "":
		m.Waiting++
	case r.Amount == nil:
		*unpriced++
	default:
		*amount += *r.Amount
	}
}

// sort sorts what is renewed, and lists what has no price.
func (f *Forecast) sort() {
	slices.SortFunc(f.Renewals, func(x, y Renewal) int {
		return cmp.Or(x.Due.Compare(y.Due), strings.Compare(x.Name, y.Name), x.Expires.Compare(y.Expires))
	})
	counts := make(map[string]int)
	for _, r := range f.Renewals {
		if r.Amount == nil && r.Waits == "" {
			f.Unpriced = append(f.Unpriced, r)
			counts[r.Suffix]++
		}
	}
	for suffix, n := range counts {
		f.UnpricedBySuffix = append(f.UnpricedBySuffix, Count{suffix, n})
	}
	slices.SortFunc(f.UnpricedBySuffix, func(x, y Count) int { return cmp.Or(cmp.Compare(y.Number, x.Number), strings.Compare(x.Key, y.Key)) })
}

// compare compares what the months need with what they have; nil: there is no budget.
func (f *Forecast) compare(of *planner.Budget) {
	if of == nil {
		return
	}
	f.Budget = &Budget{Amount: of.Amount, Per: string(of.Per), OfMonth: of.OfMonth(), Spent: of.SpentOfMonth()}
	compareMonths(f.Months, of)
}

func compareMonths(months []ForecastMonth, of *planner.Budget) {
	for i := range months {
		m, has := &months[i], of.OfMonth()
		if i == 0 {
			has = max(0, has-of.SpentOfMonth())
		}
		m.Budget, m.Short = &has, max(0, m.Amount-has)
	}
}
