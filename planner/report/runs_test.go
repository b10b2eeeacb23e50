package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// TestRunsMonthByMonth: a run counts in the month in which it began, an order in that in
// which it left, and no month between is left out. Addresses of people are masked.
func TestRunsMonthByMonth(t *testing.T) {
	t.Parallel()
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 23, 0, 0, 0, time.UTC) }
	past := &report.PastRuns{
		Runs: []report.RunRow{
			{ID: 1, Began: day(8, 31), ExitCode: new(0), ChangeCounts: report.ChangeCounts{Changes: 5, Made: 3, Failed: 1, Open: 1}, By: "ada@example.com"},
			{ID: 2, Began: day(8, 2), ExitCode: new(2), ChangeCounts: report.ChangeCounts{Changes: 2, Made: 2}},
			{ID: 4, Began: day(10, 1), ExitCode: new(4), ChangeCounts: report.ChangeCounts{Changes: 1, Failed: 1}},
			{ID: 3, Began: day(8, 3)},
		},
		Orders: []report.Order{
			{Run: 1, At: day(9, 1), Name: "xn--bcher-kva.com", Amount: 1100, Known: true, Currency: "USD"},
			{Run: 1, At: day(9, 2), Name: "a.com", Amount: 900, Currency: "USD"},
			{Run: 1, At: day(9, 2), Name: "b.com", Amount: 100, Known: true, Currency: "CNY"},
			{Run: 4, At: day(11, 1), Name: "a.com", Amount: 900, Currency: "USD", Failed: true},
		},
	}
	in := planner.Input{Portfolio: new(config.Portfolio), Live: &planner.Live{ReadAt: day(12, 1)}}
	got := report.New(in, planner.Diff(in), report.Options{Past: past, Masker: personal.NewMasker()}).Runs
	want := []report.RunMonth{
		{Month: "2026-08", Runs: 3, ChangeCounts: report.ChangeCounts{Changes: 7, Made: 5, Failed: 1, Open: 1}, Money: []report.Money{}},
		{Month: "2026-09", Money: []report.Money{{"CNY", 100, true, 1, 0}, {"USD", 2000, false, 2, 0}}},
		{Month: "2026-10", Runs: 1, FailedRuns: 1, ChangeCounts: report.ChangeCounts{Changes: 1, Failed: 1}, Money: []report.Money{}},
		{Month: "2026-11", Money: []report.Money{{"USD", 0, true, 0, 1}}},
	}
	if diff := cmp.Diff(want, got.Months); diff != "" {
		t.Error(diff)
	}
	var ids []int64
	for _, r := range got.Rows {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]int64{4, 1, 3, 2}, ids); diff != "" || got.Rows[1].By != "a…@example.com" || !got.Known {
		t.Errorf("the runs are %+v", got.Rows)
	}
	if got.Orders[3].Name != "bücher.com" || past.Orders[0].Name != "xn--bcher-kva.com" {
		t.Errorf("the orders are %+v", got.Orders)
	}
	if r := report.New(in, planner.Diff(in), report.Options{}).Runs; r.Known || len(r.Rows)+len(r.Months)+len(r.Orders) > 0 {
		t.Errorf("of what nobody knows it tells %+v", r)
	}
}
