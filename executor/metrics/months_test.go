package metrics_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// countedMonths is an account with something in two months.
func countedMonths() *report.Months {
	m := &report.Months{ReadAt: monday, Currency: "USD", Ends: report.CalendarRow{Months: make([]report.Cell, 2)}}
	m.Ends.Expired, m.Ends.Later, m.Ends.NoDate = report.Cell{Names: 3, Endangered: 3}, report.Cell{Names: 40}, report.Cell{Names: 1}
	m.Ends.Months[1] = report.Cell{Names: 7, Endangered: 2}
	m.Forecast = []report.ForecastMonth{
		{Month: "2026-11", Renewals: 2, Amount: 123_456_789_01, ByService: 4, AmountByService: 4_40, UnpricedByService: 1, Budget: new(attr.Amount)},
		{Month: "2026-12", Renewals: 5, Unpriced: 5, Budget: new(attr.Amount(500_00))},
	}
	return m
}

// TestMonthsAreKept: what was counted comes back to the cent, stands until it is counted
// anew, and a fleet does not tell it.
func TestMonthsAreKept(t *testing.T) {
	t.Parallel()
	r := applied(monday)
	r.Result.Months = countedMonths()
	text, _ := write(t, r, "")
	want := &metrics.Months{ReadAt: monday, Of: map[string]*metrics.Month{
		"expired": {Names: 3, Endangered: 3, Money: map[string]*metrics.MonthMoney{}},
		"later":   {Names: 40, Money: map[string]*metrics.MonthMoney{}},
		"no_date": {Names: 1, Money: map[string]*metrics.MonthMoney{}},
		"2026-11": {Renewals: 2, ByService: 4, UnpricedByService: 1, Money: map[string]*metrics.MonthMoney{"USD": {Cost: 123_456_789_01, CostByService: 4_40, Budget: new(attr.Amount)}}},
		"2026-12": {Names: 7, Endangered: 2, Renewals: 5, Unpriced: 5, Money: map[string]*metrics.MonthMoney{"USD": {Budget: new(attr.Amount(500_00))}}},
	}}
	summary := func(text string) *metrics.Summary {
		s, err := metrics.Summarize([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if d := cmp.Diff(want, summary(text).Months); d != "" {
		t.Error(d)
	}
	failed := metrics.Run{Operation: job.Applying, Account: "1234567890", Ended: monday.Add(time.Hour), ExitCode: 1}
	after, _ := write(t, failed, text)
	if d := cmp.Diff(want, summary(after).Months); d != "" {
		t.Errorf("a run that failed changes what was counted: %s", d)
	}
	r.Result.Months = &report.Months{ReadAt: monday.Add(2 * time.Hour)}
	after, _ = write(t, r, after)
	if got := summary(after).Months; len(got.Of) != 0 || !got.ReadAt.Equal(r.Result.Months.ReadAt) {
		t.Errorf("an account that has become empty has %+v", got)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint says %v, %v", problems, err)
	}
	var told bytes.Buffer
	if err := metrics.Write(&told, metrics.OfFleet(&metrics.Fleet{Jobs: []metrics.FleetJob{{Name: "a", Metrics: []byte(text)}}})); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(told.String(), "domainsync_month") || !strings.Contains(told.String(), "domainsync_conditions") {
		t.Errorf("a fleet tells\n%s", told.String())
	}
	for _, d := range metrics.Descriptions() {
		if strings.HasPrefix(d.Name, "domainsync_month") {
			t.Errorf("%s is described, and nobody gets it", d.Name)
		}
	}
}

// TestAccountsWithoutMonths: nobody has counted, which is not that there is nothing.
func TestAccountsWithoutMonths(t *testing.T) {
	t.Parallel()
	text, _ := write(t, applied(monday), "")
	if s, err := metrics.Summarize([]byte(text)); err != nil || s.Months != nil {
		t.Errorf("nobody has counted, and there is %+v, %v", s.Months, err)
	}
}

// TestBudgetsEnd: one that the files state no more is told no more, and a run without a
// plan leaves it.
func TestBudgetsEnd(t *testing.T) {
	t.Parallel()
	text, _ := write(t, applied(monday), "")
	text, values := write(t, metrics.Run{Operation: job.Applying, Account: "1234567890", Ended: monday, ExitCode: 1}, text)
	if values["budget_amount USD month"] != 100 {
		t.Errorf("a run without a plan has ended a budget: %v", values)
	}
	r := applied(monday)
	r.Result.Plan = new(planner.Plan)
	if text, _ = write(t, r, text); strings.Contains(text, "domainsync_budget") {
		t.Errorf("the files state no budget, and there is\n%s", text)
	}
}
