package metrics

import (
	"math"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner/report"
)

// Who makes a renewal, as a label.
const (
	byFiles   = "files"
	byService = "service"
)

// monthMetric is a metric of an account by month. There are some hundred series of them
// at most, and no name is in one. Zeros are left out.
func monthMetric(name, help string, labels []string, of func(m *report.Months, add func(float64, ...string))) metric {
	return metric{
		name: name, help: help, labels: labels, stands: untilTold, ofPages: true,
		tells: func(r *Run) bool { return r.months() != nil },
		collect: func(r *Run, add func(float64, ...string)) {
			if m := r.months(); m != nil {
				of(m, add)
			}
		},
	}
}

// addEnds adds a number of each cell of the calendar.
func addEnds(of func(*report.Cell) int) func(*report.Months, func(float64, ...string)) {
	return func(m *report.Months, add func(float64, ...string)) {
		some := func(month string, c *report.Cell) {
			if n := of(c); n > 0 {
				add(float64(n), month)
			}
		}
		some(report.Expired, &m.Ends.Expired)
		for i := range m.Ends.Months {
			some(m.Forecast[i].Month, &m.Ends.Months[i])
		}
		some(report.Later, &m.Ends.Later)
		some(report.NoDate, &m.Ends.NoDate)
	}
}

// addRenewals adds numbers of each month of the forecast.
func addRenewals(of func(*report.ForecastMonth) (ofFiles, ofService int)) func(*report.Months, func(float64, ...string)) {
	return func(m *report.Months, add func(float64, ...string)) {
		for i := range m.Forecast {
			x := &m.Forecast[i]
			ofFiles, ofService := of(x)
			if ofFiles > 0 {
				add(float64(ofFiles), x.Month, byFiles)
			}
			if ofService > 0 {
				add(float64(ofService), x.Month, byService)
			}
		}
	}
}

func addCost(m *report.Months, add func(float64, ...string)) {
	for i := range m.Forecast {
		x := &m.Forecast[i]
		if x.Amount > 0 {
			add(float64(x.Amount)/100, x.Month, byFiles, m.Currency)
		}
		if x.AmountByService > 0 {
			add(float64(x.AmountByService)/100, x.Month, byService, m.Currency)
		}
	}
}

func addMonthBudget(m *report.Months, add func(float64, ...string)) {
	for i := range m.Forecast {
		if x := &m.Forecast[i]; x.Budget != nil {
			add(float64(*x.Budget)/100, x.Month, m.Currency)
		}
	}
}

// Months are the ends and the renewals of an account by month, as a run has left them.
type Months struct {
	ReadAt time.Time
	// Of are the cells of the account's report by their names: months such as 2026-12, and
	// [report.Expired], [report.Later] and [report.NoDate]. Those without anything are left
	// out.
	Of map[string]*Month
}

// A Month is one month of an account.
type Month struct {
	Names, Endangered   int // whose term ends
	Renewals, ByService int // that come due: the files order them, or the service makes them
	// Unpriced are those of both whose price nobody knows.
	Unpriced, UnpricedByService int
	// Money is by currency.
	Money map[string]*MonthMoney
}

// MonthMoney is what a month costs in a currency.
type MonthMoney struct {
	Cost, CostByService attr.Amount
	// Budget is what the month has for what the files order; nil: there is none.
	Budget *attr.Amount
}

// of returns a month, which is made where it is not there.
func (m *Months) of(month string) *Month {
	x := m.Of[month]
	if x == nil {
		x = &Month{Money: make(map[string]*MonthMoney)}
		m.Of[month] = x
	}
	return x
}

// in returns the money of a currency.
func (m *Month) in(currency string) *MonthMoney {
	x := m.Money[currency]
	if x == nil {
		x = new(MonthMoney)
		m.Money[currency] = x
	}
	return x
}

// add adds what one series tells, where it tells of months.
func (m *Months) add(name string, series *dto.Metric) {
	if !strings.HasPrefix(name, "domainsync_month") {
		return
	}
	value := series.Gauge.GetValue()
	n, amount := int(value), attr.Amount(math.Round(value*100))
	month, currency, service := labelOf(series, "month"), labelOf(series, "currency"), labelOf(series, "by") == byService
	switch name {
	case "domainsync_months_read_timestamp_seconds":
		m.ReadAt = timeOf(value)
	case "domainsync_month_names":
		m.of(month).Names = n
	case "domainsync_month_endangered_names":
		m.of(month).Endangered = n
	case "domainsync_month_renewals":
		*either(service, &m.of(month).Renewals, &m.of(month).ByService) = n
	case "domainsync_month_unpriced_renewals":
		*either(service, &m.of(month).Unpriced, &m.of(month).UnpricedByService) = n
	case "domainsync_month_cost":
		*either(service, &m.of(month).in(currency).Cost, &m.of(month).in(currency).CostByService) = amount
	case "domainsync_month_budget":
		m.of(month).in(currency).Budget = &amount
	}
}

// either returns the second one where something is so.
func either[T any](is bool, no, yes T) T {
	if is {
		return yes
	}
	return no
}
