package planner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestBudgetLaws draws expiries, prices, bounds, budgets and purchases, and
// checks what is bought: within the budget, nothing without a bound on its
// price or above it, nearest expiry first, no name beyond ten years.
func TestBudgetLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := portfolio()
		state := account()
		for i := range rapid.IntRange(1, 12).Draw(t, "names") {
			name := fmt.Sprintf("n%02d.%s", i, rapid.SampledFrom([]string{"com", "net", "org"}).Draw(t, "suffix"))
			d := declare(name, map[string]attr.Value{"renewal": attr.Renewal{
				MinDaysLeft: rapid.IntRange(1, 3285).Draw(t, "min"), Years: rapid.IntRange(1, 10).Draw(t, "years"),
				Terms: attr.Terms{MaxPrice: attr.Amount(rapid.SampledFrom([]int{0, 500, 5_000}).Draw(t, "most"))},
			}})
			p.Domains = append(p.Domains, d)
			l := live(name)
			l.Expires = readAt.Add(time.Duration(rapid.IntRange(-20*24, 3650*24).Draw(t, "hours")) * time.Hour)
			l.TransferOut, l.Premium = wire.TransferOutNormal, rapid.IntRange(0, 9).Draw(t, "premium") == 0
			state.Domains = append(state.Domains, l)
		}
		com, net := attr.Amount(rapid.IntRange(0, 2000).Draw(t, "com")), attr.Amount(rapid.IntRange(0, 2000).Draw(t, "net"))
		p.Prices = map[string]attr.Prices{"com": {Renew: &com}, "net": {Renew: &net}}
		if rapid.IntRange(0, 9).Draw(t, "budgeted") > 0 {
			p.Budget = &config.Budget{Amount: attr.Amount(rapid.IntRange(0, 30_000).Draw(t, "budget")), Currency: "USD", Per: config.PerMonth}
		}
		spent := attr.Amount(rapid.IntRange(0, 10_000).Draw(t, "spent"))
		history := planner.History{Purchases: []planner.Purchase{{Change: "other.com/renewal", Amount: spent, Currency: "USD", At: readAt}}}
		checkPurchases(t, planner.Diff(planner.Input{Portfolio: p, Live: state, History: history}), p, spent)
	})
}

func checkPurchases(t *rapid.T, plan *planner.Plan, p *config.Portfolio, spent attr.Amount) {
	sum := attr.Amount(0)
	var last time.Time   // to expire of those that are bought
	var first *time.Time // to expire of those that could be and are not
	for i := range plan.Changes {
		c := &plan.Changes[i]
		before, after := c.Before.(attr.Expiry), c.After.(attr.Expiry)
		if after.After(readAt.AddDate(10, 0, 0)) {
			t.Fatalf("%s would expire on %s", c.Domain, after)
		}
		affordable := p.Budget != nil && c.Cost.Bounded() && c.Cost.Amount <= p.Budget.Amount
		switch {
		case c.Status == attr.Ready:
			if sum += c.Cost.Amount; !affordable {
				t.Fatalf("%s is bought for %s", c.ID, c.Cost)
			}
			if before.After(last) {
				last = before.Time
			}
		case c.Status == attr.Deferred && affordable && (first == nil || before.Before(*first)):
			first = &before.Time
		}
	}
	switch {
	case p.Budget == nil && sum > 0, p.Budget != nil && sum > 0 && spent+sum > p.Budget.Amount:
		t.Fatalf("%s are to be spent, %s were, and the budget is %+v", sum, spent, p.Budget)
	case first != nil && first.Before(last):
		t.Fatalf("a name that expires on %s waits, and one that expires on %s is bought", first, last)
	case plan.Summary.Purchases["renewal"].Amount != sum:
		t.Fatalf("the summary says %v of %s", plan.Summary.Purchases, sum)
	}
}

// TestLimitCountsNoPurchaseThatCannotBeMade shows that names that cannot be
// bought use up no --limit: others would wait for ever behind them.
func TestLimitCountsNoPurchaseThatCannotBeMade(t *testing.T) {
	a, b := live("a.com", "ns1.example.net"), live("b.com", "ns1.example.net")
	a.Expires, a.TransferOut = readAt.AddDate(0, 0, 9), wire.TransferOutNormal
	plan := planner.Diff(planner.Input{
		Portfolio: portfolio(
			declare("a.com", map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1}}),
			declare("b.com", map[string]attr.Value{"transfer_lock": attr.Bool(true)}),
		),
		Live: account(a, b), Limit: 1,
	})
	want := []string{"a.com/renewal: deferred", "b.com/transfer_lock: ready"}
	if diff := cmp.Diff(want, statuses(plan)); diff != "" {
		t.Error(diff)
	}
}
