package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// renewedIn are names, each of which ends in so many days, renewed 60 days before, at
// 11.00 a year.
func renewedIn(amount attr.Amount, ends ...int) planner.Input {
	in := ending(300, func(in *planner.Input) { in.Portfolio.Domains, in.Live.Domains = nil, nil })
	in.Portfolio.Budget.Amount = amount
	for i, end := range ends {
		d := live(fmt.Sprintf("n%02d.com", i))
		d.Expires, d.TransferOut = readAt.AddDate(0, 0, end), "NORMAL"
		in.Portfolio.Domains = append(in.Portfolio.Domains, declare(d.Name, renewed))
		in.Live.Domains = append(in.Live.Domains, d)
	}
	return in
}

// TestTheFirstShortMonth: a plan says which month of the next 90 days has less money
// than its renewals cost, in UTC, how much it lacks, and for which names.
func TestTheFirstShortMonth(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		in       planner.Input
		month    string // "": none
		lacks    attr.Amount
		left     []string
		severity planner.ThreatSeverity
	}{
		"enough":                      {renewedIn(2200, 20, 50, 80, 81, 110, 111), "", 0, nil, ""},
		"this month":                  {renewedIn(2000, 50, 51), "2026-11", 200, []string{"n01.com"}, planner.Notice},
		"this month, soon endangered": {renewedIn(2000, 5, 35), "2026-11", 200, []string{"n01.com"}, planner.Page},
		"this month, a week more":     {renewedIn(2000, 5, 38), "2026-11", 200, []string{"n01.com"}, planner.Ticket},
		"the next one":                {renewedIn(2200, 50, 75, 76, 77), "2026-12", 1100, []string{"n03.com"}, planner.Notice},
		"the month begins in UTC":     {renewedIn(1100, 69, 70), "", 0, nil, ""}, // due on 30 November and 1 December
		"after 90 days":               {renewedIn(2200, 151, 152, 153), "", 0, nil, ""},
		"spent already": {func() planner.Input {
			in := renewedIn(2200, 50)
			in.History.Purchases = []planner.Purchase{{Change: "b.com/renewal", Amount: 1200, Currency: "USD", At: readAt, Done: true}}
			return in
		}(), "2026-11", 100, []string{"n00.com"}, planner.Notice},
		"a budget of each run": {func() planner.Input {
			in := renewedIn(1100, 50, 51, 52)
			in.Portfolio.Budget.Per, in.Portfolio.Budget.PerMonthMax = config.PerRun, 2200
			return in
		}(), "2026-11", 1100, []string{"n02.com"}, planner.Notice},
		"no price":  {func() planner.Input { in := renewedIn(100, 200, 50); in.Portfolio.Prices = nil; return in }(), "", 0, nil, ""},
		"no budget": {func() planner.Input { in := renewedIn(100, 50); in.Portfolio.Budget = nil; return in }(), "", 0, nil, ""},
	} {
		p := planner.Diff(test.in)
		s := p.Shortfall
		warned := slices.ContainsFunc(p.Diagnostics, func(d planner.Diagnostic) bool {
			return test.month != "" && d.Summary == "The budget falls short in "+test.month && strings.Contains(d.Detail, test.lacks.String()+" are lacking") && strings.Contains(d.Detail, test.left[0]+" (expires ")
		})
		switch {
		case (s != nil) != (test.month != ""), warned != (test.month != ""):
			t.Errorf("%s: %+v, %+v", what, s, p.Diagnostics)
		case s != nil:
			var left []string
			for _, x := range s.Left {
				left = append(left, x.Name)
			}
			if s.Month.Format("2006-01") != test.month || s.Need-s.Have != test.lacks || !slices.Equal(left, test.left) || s.Severity != test.severity {
				t.Errorf("%s: %+v, left %v", what, s, left)
			}
		}
	}
}

// TestRunsOfAMonthKeepItsBound: however many runs a month has, together they spend no
// more than per_month_max, and none more than its amount.
func TestRunsOfAMonthKeepItsBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := attr.Amount(rapid.IntRange(0, 5000).Draw(t, "amount"))
		most := amount + attr.Amount(rapid.IntRange(0, 5000).Draw(t, "more"))
		in := renewedIn(amount, 50, 51, 52, 53, 54, 55, 56, 57, 58)
		in.Portfolio.Budget.Per, in.Portfolio.Budget.PerMonthMax = config.PerRun, most
		spent := make(map[time.Month]attr.Amount)
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			in.Live.ReadAt = in.Live.ReadAt.AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "days"))
			run := attr.Amount(0)
			for c := range planner.Diff(in).Differences() {
				if c.Status == attr.Ready && c.Cost != nil {
					run += c.Cost.Amount
					in.History.Purchases = append(in.History.Purchases, planner.Purchase{Change: c.ID, Before: c.Before, Amount: c.Cost.Amount, Currency: "USD", At: in.Live.ReadAt, Done: true})
				}
			}
			spent[in.Live.ReadAt.Month()] += run
			if run > amount || spent[in.Live.ReadAt.Month()] > most {
				t.Fatalf("a run spends %s of %s, its month %s of %s", run, amount, spent[in.Live.ReadAt.Month()], most)
			}
		}
	})
}
