package pages_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// drawnAccount is an account with names that the files renew, the service renews, or
// nobody does.
func drawnAccount(rng *rand.Rand, n int) planner.Input {
	in := planner.Input{
		Portfolio: &config.Portfolio{
			Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
			Prices: map[string]attr.Prices{"com": {Renew: new(attr.Amount(1100))}},
			Budget: &config.Budget{Amount: 50_00, Currency: "USD", Per: config.PerMonth},
		},
		Live: &planner.Live{ReadAt: now},
	}
	for i := range n {
		name := fmt.Sprintf("name%03d.%s", i, []string{"com", "net"}[rng.IntN(2)])
		d := snapshot.Domain{Name: name, Expires: now.AddDate(0, 0, rng.IntN(900)-60), AutoRenew: new(rng.IntN(3) == 0)}
		var declared []config.Declared
		if rng.IntN(2) == 0 {
			declared = []config.Declared{{Attribute: attr.Lookup("renewal"), Value: attr.Renewal{MinDaysLeft: 30, Years: 1}}}
		}
		in.Portfolio.Domains, in.Live.Domains = append(in.Portfolio.Domains, config.Domain{Name: name, Declared: declared}), append(in.Live.Domains, d)
	}
	return in
}

// metricsOf are the metrics of a run over an account.
func metricsOf(t *testing.T, account string, months *report.Months) []byte {
	t.Helper()
	var text bytes.Buffer
	r := metrics.Run{Operation: job.Planning, Ended: now, Result: &job.Result{Account: account, Complete: true, Plan: new(planner.Plan), Months: months}}
	if err := metrics.Write(&text, metrics.Of(r, nil)); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// rowsOf are the cells of a table of a page.
func rowsOf(root *html.Node, table int) (rows [][]string) {
	for _, tr := range all(all(root, "tbody")[table], "tr") {
		row := []string{textIn(all(tr, "th")[0])}
		for _, td := range all(tr, "td") {
			row = append(row, textIn(td))
		}
		rows = append(rows, row)
	}
	return rows
}

// TestMonthsAreSummed: each number of the page is the sum over the lists of the accounts'
// reports. Of jobs that share an account one counts, and one without numbers is said.
func TestMonthsAreSummed(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(15, 4)) //nolint:gosec // it draws cases
	f := new(fakeTable)
	type sum struct {
		names, endangered, renewals, unpriced int
		cost                                  attr.Amount
	}
	want := make(map[string]*sum)
	of := func(month string) *sum {
		month = map[string]string{report.Expired: "Before", report.Later: "Later", report.NoDate: "Not known"}[month] + strings.Repeat(month, map[bool]int{true: 1}[strings.HasPrefix(month, "20")])
		if want[month] == nil {
			want[month] = new(sum)
		}
		return want[month]
	}
	for i := range 12 {
		in := drawnAccount(rng, rng.IntN(120))
		plan := planner.Diff(in)
		r := report.New(in, plan, report.Options{})
		for _, s := range []func(month string) *sum{of, func(string) *sum { return of("20 in all") }} {
			for _, n := range r.Names {
				x := s(n.Month)
				if x.names++; n.Severity != "" {
					x.endangered++
				}
			}
			for _, n := range r.Forecast.Renewals {
				x := s(n.Due.Format("2006-01"))
				x.renewals++
				switch {
				case n.Waits != "":
				case n.Amount == nil:
					x.unpriced++
				default:
					x.cost += *n.Amount
				}
			}
		}
		e := fleet.Entry{Name: fmt.Sprintf("job%02d", i), Last: &fleet.Run{ID: int64(i + 1), Job: fmt.Sprintf("job%02d", i), Ended: now}, Metrics: metricsOf(t, fmt.Sprint(1000+i), report.MonthsOf(in, plan))}
		f.jobs = append(f.jobs, e)
		if i == 0 {
			e.Name = "other-of-job00"
			older := report.MonthsOf(in, plan)
			older.ReadAt = now.AddDate(0, 0, -1)
			e.Metrics = metricsOf(t, "1000", older)
			f.jobs = append(f.jobs, e)
		}
	}
	f.jobs = append(f.jobs, fleet.Entry{Name: "new"})
	root := look(t, guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Viewer), "/expiry")
	seen := 0
	for _, row := range rowsOf(root, 0) {
		x := want[row[0]]
		if row[0] == "Total" {
			x = want["20 in all"]
		}
		if x == nil {
			x = new(sum)
		} else {
			seen++
		}
		cost, _, _ := strings.Cut(row[5], " ")
		got := []string{row[1], row[2], row[3], row[4], cost}
		if w := []string{words.Number(x.names), words.Number(x.endangered), words.Number(x.renewals), words.Number(x.unpriced), x.cost.String()}; !slices.Equal(got, w) {
			t.Errorf("%s: %q, want %q", row[0], got, w)
		}
	}
	if seen != len(want) || len(want) < 20 {
		t.Errorf("%d rows are of the %d that reports have", seen, len(want))
	}
	text := textIn(root)
	for _, said := range []string{"1 account has no numbers", "the same account as job00", words.Count(want["20 in all"].names, "name") + " in 12 accounts"} {
		if !strings.Contains(text, said) {
			t.Errorf("it does not say %q: %s", said, text)
		}
	}
	if charts := all(root, "svg"); len(charts) != 2 || attribute(charts[0], "role") != "img" || !strings.Contains(textIn(charts[0]), "The table below has the same numbers.") {
		t.Errorf("%d charts, the first with the text %q", len(charts), textIn(charts[0]))
	}
	links := 0
	for _, a := range all(root, "a") {
		if strings.HasSuffix(attribute(a, "href"), "/report") {
			links++
		}
	}
	if links != len(f.jobs) {
		t.Errorf("%d of %d accounts lead to their reports", links, len(f.jobs))
	}
}

// TestMonthsPass: what was counted long ago for months that have passed is before them, and
// none is lost; a search narrows the sums.
func TestMonthsPass(t *testing.T) {
	t.Parallel()
	old := monthsMade()
	old.ReadAt = now.AddDate(0, -3, 0)
	for i := range old.Forecast {
		old.Forecast[i].Month = now.AddDate(0, i-3, -29).Format("2006-01")
	}
	f := &fakeTable{jobs: []fleet.Entry{
		{Name: "old", Last: &fleet.Run{ID: 1, Ended: now}, Metrics: metricsOf(t, "1", old)},
		{Name: "young", Last: &fleet.Run{ID: 2, Ended: now}, Metrics: metricsOf(t, "2", monthsMade())},
	}}
	h := guarded(t, pages.Options{Table: f, Clock: standing()}, fleet.Viewer)
	rows := rowsOf(look(t, h, "/expiry?q=old"), 0)
	if first, last := rows[0], rows[len(rows)-1]; first[0] != "Before" || first[1] != "34" || first[3] != "12" || rows[1][0] != "2026-11" || rows[1][1] != "13" || last[1] != "1,046" {
		t.Errorf("the rows are %q, %q, %q", first, rows[1], last)
	}
	if rows = rowsOf(look(t, h, "/expiry"), 0); rows[len(rows)-1][1] != "2,092" {
		t.Errorf("both have %q", rows[len(rows)-1])
	}
	empty := textIn(look(t, guarded(t, pages.Options{Table: new(fakeTable), Clock: standing()}, fleet.Viewer), "/expiry"))
	if !strings.Contains(empty, "No account has been counted by month yet") {
		t.Errorf("without an account: %s", empty)
	}
}
