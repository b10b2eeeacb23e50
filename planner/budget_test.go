package planner_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
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
		done, gone := rapid.Bool().Draw(t, "done"), attr.Amount(0)
		if done {
			gone = spent
		}
		history := planner.History{Purchases: []planner.Purchase{{Change: "other.com/renewal", Amount: spent, Currency: "USD", At: readAt, Done: done}}}
		checkPurchases(t, planner.Diff(planner.Input{Portfolio: p, Live: state, History: history}), p, spent, gone)
	})
}

// checkPurchases checks a plan after which spent was spent; gone of it does not
// come back.
func checkPurchases(t *rapid.T, plan *planner.Plan, p *config.Portfolio, spent, gone attr.Amount) {
	sum := attr.Amount(0)
	var last time.Time   // to expire of those that are bought
	var first *time.Time // to expire of those that could be and are not
	for i := range plan.Changes {
		c := &plan.Changes[i]
		before, after := c.Before.(attr.Expiry), c.After.(attr.Expiry)
		if after.After(readAt.AddDate(10, 0, 0)) {
			t.Fatalf("%s would expire on %s", c.Domain, after)
		}
		affordable := p.Budget != nil && c.Cost.Bounded() && c.Cost.Amount <= p.Budget.Amount-gone
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

// TestOrdersThatStandInTheWay plays the answers that follow an order and tell
// half of what it did, and checks what is ordered then.
func TestOrdersThatStandInTheWay(t *testing.T) {
	old, next := readAt.AddDate(0, 0, -40), readAt.AddDate(1, 0, -40)
	renewal, redemption := "a.com/renewal", "a.com/redemption"
	hour, week := readAt.Add(-time.Hour), readAt.AddDate(0, 0, -7)
	for name, test := range map[string]struct {
		expires time.Time
		redeem  bool // the status says that it must be redeemed
		order   planner.Purchase
		ready   bool
		reason  string
	}{
		"nothing ordered":                        {old, true, planner.Purchase{Change: "b.com/redemption", Before: attr.RedemptionState{Redeem: true, Expires: old}, At: hour, Done: true}, true, ""},
		"redeemed, nothing shows":                {old, true, planner.Purchase{Change: redemption, Before: attr.RedemptionState{Redeem: true, Expires: old}, At: week, Done: true}, false, "it was ordered"},
		"redeemed, the status does not show":     {next, true, planner.Purchase{Change: redemption, Before: attr.RedemptionState{Redeem: true, Expires: old}, At: hour, Done: true}, false, "it was ordered"},
		"redeemed, the status never shows":       {next, true, planner.Purchase{Change: redemption, Before: attr.RedemptionState{Redeem: true, Expires: old}, At: week, Done: true}, true, ""},
		"redeemed, the term does not show":       {old, false, planner.Purchase{Change: redemption, Before: attr.RedemptionState{Redeem: true, Expires: old}, At: hour, Done: true}, false, "its redemption was ordered"},
		"redeemed without a new term":            {old, false, planner.Purchase{Change: redemption, Before: attr.RedemptionState{Redeem: true, Expires: old}, At: week, Done: true}, true, ""},
		"renewed late, and in redemption now":    {old, true, planner.Purchase{Change: renewal, Before: attr.Expiry{Time: old}, At: hour}, false, "its renewal was ordered"},
		"renewed for the term before":            {old, false, planner.Purchase{Change: renewal, Before: attr.Expiry{Time: old.AddDate(-1, 0, 0)}, At: hour, Done: true}, true, ""},
		"renewed, and nobody knows what came of": {old, false, planner.Purchase{Change: renewal, Before: attr.Expiry{Time: old}, At: hour}, false, "it was ordered"},
		"renewed, and nobody will ever know":     {old, false, planner.Purchase{Change: renewal, Before: attr.Expiry{Time: old}, At: week}, true, ""},
		"renewed, and it failed":                 {old, false, planner.Purchase{Change: renewal, Before: attr.Expiry{Time: old}, At: hour, Failed: true}, true, ""},
		"renewed in another zone's words":        {old, false, planner.Purchase{Change: renewal, Before: attr.Expiry{Time: old.Add(8 * time.Hour)}, At: week, Done: true}, false, "it was ordered"},
	} {
		t.Run(name, func(t *testing.T) {
			d := live("a.com", "ns1.example.net")
			d.Expires, d.TransferOut, d.Status = test.expires, wire.TransferOutNormal, wire.Normal
			if test.redeem {
				d.Status = wire.NeedsRedemption
			}
			price := attr.Amount(1000)
			p := portfolio(declare("a.com", map[string]attr.Value{
				"renewal": attr.Renewal{MinDaysLeft: 10, Years: 1}, "redemption": attr.Redemption{},
			}))
			p.Budget = &config.Budget{Amount: 100_000, Currency: "USD", Per: config.PerMonth}
			p.Prices = map[string]attr.Prices{"com": {Renew: &price, Redeem: &price}}
			test.order.Currency = "USD"
			plan := planner.Diff(planner.Input{Portfolio: p, Live: account(d), History: planner.History{Purchases: []planner.Purchase{test.order}}})
			what := renewal
			if test.redeem {
				what = redemption
			}
			for _, c := range plan.Changes {
				if ready := c.Status == attr.Ready; c.ID == what && (ready != test.ready || !strings.HasPrefix(c.Reason, test.reason)) {
					t.Errorf("%s is %s: %s", c.ID, c.Status, c.Reason)
				} else if c.ID != what && ready {
					t.Errorf("%s is bought, too", c.ID)
				}
			}
			if len(plan.Changes) == 0 {
				t.Error("nothing is to be bought")
			}
		})
	}
}

// TestSpent shows what counts against a budget: the orders of the month in
// UTC, or of the run; one that failed only where the account shows that it did
// not, and no other order explains that.
func TestSpent(t *testing.T) {
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	was, is := attr.Expiry{Time: readAt.AddDate(0, 0, 9)}, attr.Expiry{Time: readAt.AddDate(1, 0, 9)}
	order := func(before attr.Value, when string) planner.Purchase {
		return planner.Purchase{Change: "a.com/renewal", Before: before, Amount: 100, Currency: "USD", At: at(when)}
	}
	failed := order(was, "2026-11-20T00:00:00Z")
	failed.Failed = true
	newName := failed
	newName.Change, newName.Before = "a.com/registration", nil
	mine := order(was, "2026-10-31T23:59:59Z")
	mine.SameRun = true
	for name, test := range map[string]struct {
		per    config.Period
		live   attr.Expiry
		orders []planner.Purchase
		want   attr.Amount
	}{
		"this month":                             {config.PerMonth, is, []planner.Purchase{order(was, "2026-11-01T00:00:00Z"), order(was, "2026-11-30T23:59:59Z")}, 200},
		"other months":                           {config.PerMonth, is, []planner.Purchase{order(was, "2026-10-31T23:59:59Z"), order(was, "2026-12-01T00:00:00Z"), order(was, "2025-11-21T00:00:00Z")}, 0},
		"the month begins in UTC":                {config.PerMonth, is, []planner.Purchase{order(was, "2026-11-01T07:59:00+08:00"), order(was, "2026-12-01T07:59:00+08:00")}, 100},
		"other runs":                             {config.PerRun, is, []planner.Purchase{order(was, "2026-11-21T00:00:00Z")}, 0},
		"this run, whenever it began":            {config.PerRun, is, []planner.Purchase{mine}, 100},
		"failed":                                 {config.PerMonth, was, []planner.Purchase{failed}, 0},
		"failed, and it shows":                   {config.PerMonth, is, []planner.Purchase{failed}, 100},
		"failed, and the next one did not":       {config.PerMonth, is, []planner.Purchase{failed, order(was, "2026-11-20T01:00:00Z")}, 100},
		"failed to register, and the name shows": {config.PerMonth, is, []planner.Purchase{newName}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			d := live("a.com", "ns1.example.net")
			d.Expires = test.live.Time
			p := portfolio(declare("a.com", nil))
			p.Budget = &config.Budget{Amount: 1000, Currency: "USD", Per: test.per}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: account(d), History: planner.History{Purchases: test.orders}})
			if plan.Budget.Spent != test.want {
				t.Errorf("%s are spent, want %s", plan.Budget.Spent, test.want)
			}
		})
	}
}

// TestPurchasesForAnAccountThatIsNotKnown shows that a plan says so where it
// cannot check the account that the files pin before it buys.
func TestPurchasesForAnAccountThatIsNotKnown(t *testing.T) {
	price := attr.Amount(1000)
	for name, test := range map[string]struct {
		pinned, live string
		budget       bool
		want         int
	}{
		"pinned, not known": {"42", "", true, 1},
		"nothing is bought": {"42", "", false, 0},
		"known":             {"42", "42", true, 0},
		"not pinned":        {"", "", true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := portfolio(declare("new.com", map[string]attr.Value{"registration": attr.Registration{Years: 1, Profile: "7"}}))
			p.Account.ID, p.Prices = test.pinned, map[string]attr.Prices{"com": {Register: &price}}
			if test.budget {
				p.Budget = &config.Budget{Amount: 1000, Currency: "USD", Per: config.PerMonth}
			}
			state := account()
			state.ID = test.live
			state.Absent = []snapshot.Domain{{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available}}}
			state.Profiles = []snapshot.Profile{{ID: 7, RealName: wire.RealNamePassed}}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: state})
			if n := len(plan.Diagnostics); n != test.want || plan.HasErrors() {
				t.Errorf("the plan says %+v", plan.Diagnostics)
			}
		})
	}
}
