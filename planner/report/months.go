package report

import (
	"time"

	"github.com/domainsync/domainsync/planner"
)

// Months are the ends and the renewals of an account by month, without any name: as many
// numbers for a million names as for one. They are those of a [Report] of the same input.
type Months struct {
	ReadAt time.Time // the first month is that of it
	// Ends are the total of the report's calendar.
	Ends     CalendarRow
	Currency string // of all amounts
	// Forecast has the months of the report's forecast, CalendarMonths of them.
	Forecast []ForecastMonth
}

// MonthsOf counts the selected names by month.
func MonthsOf(in planner.Input, p *planner.Plan) *Months {
	m := &Months{
		ReadAt: in.Live.ReadAt.UTC(), Ends: CalendarRow{Months: make([]Cell, CalendarMonths)},
		Currency: in.Portfolio.PricesOf("").Currency, Forecast: forecastMonths(in.Live.ReadAt),
	}
	severities := endangeredOf(p)
	months := monthsFrom(m.ReadAt, CalendarMonths)
	for o := range outlooks(&in, p) {
		if !in.Only.Has(o.Live.Name) {
			continue
		}
		n := Name{Month: cellOf(m.ReadAt, o.Live.Expires), Severity: severities[o.Live.Name], Keeper: o.Keeper}
		m.Ends.add(&n, months)
		for i := range o.Renewals {
			r := renewalOf(&n, &o.Renewals[i], false)
			addRenewal(m.Forecast, &r)
		}
	}
	if p.Budget != nil {
		compareMonths(m.Forecast, p.Budget)
	}
	return m
}

// endangeredOf returns how severe the ends of the names are that a plan calls endangered.
func endangeredOf(p *planner.Plan) map[string]planner.ThreatSeverity {
	all := make(map[string]planner.ThreatSeverity)
	for i := range p.Threats {
		if t := &p.Threats[i]; t.IsEndangered() {
			all[t.Domain] = t.Severity
		}
	}
	return all
}
