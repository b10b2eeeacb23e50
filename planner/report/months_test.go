package report_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// TestMonthsAreThoseOfTheReport: whoever sums accounts by month sums what their reports
// tell, whatever is selected.
func TestMonthsAreThoseOfTheReport(t *testing.T) {
	t.Parallel()
	names, renewals := 0, 0
	eachDrawn(t, func(t *testing.T, in planner.Input, whole *report.Report) {
		some, err := planner.Select([]string{"*.com"})
		if err != nil {
			t.Fatal(err)
		}
		part := in
		part.Only = some
		for _, x := range []struct {
			in planner.Input
			r  *report.Report
		}{{in, whole}, {part, report.New(part, planner.Diff(part), report.Options{})}} {
			want := &report.Months{ReadAt: x.r.ReadAt, Ends: x.r.Calendar.Total, Currency: x.r.Forecast.Currency, Forecast: x.r.Forecast.Months}
			if d := cmp.Diff(want, report.MonthsOf(x.in, planner.Diff(x.in))); d != "" {
				t.Fatal(d)
			}
			names += want.Ends.Names
			for _, m := range want.Forecast {
				renewals += m.Renewals + m.ByService
			}
		}
	})
	if names == 0 || renewals == 0 {
		t.Errorf("%d names and %d renewals were drawn", names, renewals)
	}
}
