package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/planner"
)

// forecast tells what renewals will cost, and who keeps each name.
func (b *building) forecast() {
	f := &b.report.Forecast
	f.Currency = b.in.Portfolio.PricesOf("").Currency
	f.Renewals, f.Unpriced, f.UnpricedBySuffix = []Renewal{}, []Renewal{}, []Count{}
	for _, month := range monthsFrom(b.ReadAt, CalendarMonths) {
		f.Months = append(f.Months, ForecastMonth{Month: month})
	}
	for o := range b.plan.Outlooks(&b.in, planner.PeriodBegin(b.ReadAt).AddDate(0, CalendarMonths, 0)) {
		n := b.name(o.Live.Name)
		if n == nil {
			continue
		}
		n.Keeper = o.Keeper
		for i := range o.Renewals {
			r := renewalOf(n, &o.Renewals[i], o.Live.Premium || o.Live.PremiumUnknown)
			r.Waits = b.Masker.Text(r.Waits)
			f.add(r)
		}
	}
	f.sort()
	b.budget()
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

// add counts a renewal.
func (f *Forecast) add(r Renewal) {
	f.Renewals = append(f.Renewals, r)
	at, _ := slices.BinarySearchFunc(f.Months, monthOf(r.Due), func(m ForecastMonth, month string) int { return strings.Compare(m.Month, month) })
	m := &f.Months[at] // it is one of them: what is due later is not foreseen
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

// budget compares what the months need with what they have.
func (b *building) budget() {
	f, of := &b.report.Forecast, b.plan.Budget
	if of == nil {
		return
	}
	f.Budget = &Budget{Amount: of.Amount, Per: string(of.Per), OfMonth: of.OfMonth(), Spent: of.SpentOfMonth()}
	for i := range f.Months {
		m, has := &f.Months[i], of.OfMonth()
		if i == 0 {
			has = max(0, has-of.SpentOfMonth())
		}
		m.Budget, m.Short = &has, max(0, m.Amount-has)
	}
}
