package planner_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestFailingOrdersHoldNobodyBack plays nights in which some orders fail every
// time, and wants all others to be bought: the budget is a month's or a run's,
// and reaches for one name or for several.
func TestFailingOrdersHoldNobodyBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := attr.Amount(1000)
		good, bad := rapid.IntRange(1, 3).Draw(t, "good"), rapid.IntRange(0, 4).Draw(t, "bad")
		p := portfolio()
		p.Prices = map[string]attr.Prices{"com": {Renew: &price}}
		p.Budget = &config.Budget{
			Amount: price * attr.Amount(rapid.IntRange(1, 3).Draw(t, "orders")), Currency: "USD",
			Per: rapid.SampledFrom([]config.Period{config.PerMonth, config.PerRun}).Draw(t, "per"),
		}
		state := account()
		state.ReadAt = readAt
		for i := range good + bad {
			name := fmt.Sprintf("n%d.com", i)
			p.Domains = append(p.Domains, declare(name, map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 300, Years: 1}}))
			d := live(name)
			d.Expires, d.TransferOut, d.Status = readAt.AddDate(0, 0, 150+rapid.IntRange(0, 9).Draw(t, "day")), wire.TransferOutNormal, wire.Normal
			state.Domains = append(state.Domains, d)
		}
		fails := make(map[string]bool)
		for _, i := range rapid.Permutation(numbers(good+bad)).Draw(t, "who fails")[:bad] {
			fails[state.Domains[i].Name] = true
		}
		var h planner.History
		left := good
		every := time.Duration(rapid.SampledFrom([]int{1, 12, 24, 25, 48, 100}).Draw(t, "hours")) * time.Hour
		for left > 0 {
			left -= buy(&h, state, planner.Diff(planner.Input{Portfolio: p, Live: state, History: h}), fails)
			if state.ReadAt = state.ReadAt.Add(every); state.ReadAt.After(readAt.AddDate(0, 0, 120)) {
				t.Fatalf("%d of %d names were not bought after %d orders; failing: %v", left, good, len(h.Purchases), fails)
			}
		}
	})
}

// buy makes the purchases of a plan, and returns how many there were.
func buy(h *planner.History, state *planner.Live, plan *planner.Plan, fails map[string]bool) (n int) {
	for i := range plan.Changes {
		c := &plan.Changes[i]
		if c.Status != attr.Ready {
			continue
		}
		order := planner.Purchase{Change: c.ID, Before: c.Before, Amount: c.Cost.Amount, Currency: "USD", At: state.ReadAt}
		if order.Failed = fails[c.Domain]; !order.Failed {
			order.Done = true
			state.Domain(c.Domain).Expires = c.After.(attr.Expiry).Time
			n++
		}
		h.Purchases = append(h.Purchases, order)
	}
	return n
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestPlacesOfFailedOrders tells for how long an order that failed lets others
// go first: the same order of an earlier run, longer with each failure, and not
// for ever.
func TestPlacesOfFailedOrders(t *testing.T) {
	expires := readAt.AddDate(0, 0, 9)
	order := func(change string, hours int) planner.Purchase {
		return planner.Purchase{
			Change: change, Before: attr.Expiry{Time: expires}, Amount: 1, Currency: "USD",
			At: readAt.Add(-time.Duration(hours) * time.Hour),
		}
	}
	failed := func(hours int) planner.Purchase {
		p := order("a.com/renewal", hours)
		p.Failed = true
		return p
	}
	bought := func(n, hours int) (all []planner.Purchase) {
		for i := range n {
			p := order(fmt.Sprintf("x%d.com/renewal", i), hours)
			p.Done = true
			all = append(all, p)
		}
		return all
	}
	now, other, older := failed(1), failed(1), failed(1)
	now.SameRun, other.Change, older.Before = true, "a.com/redemption", attr.Expiry{Time: expires.AddDate(-1, 0, 0)}
	seven := []planner.Purchase{failed(9), failed(8), failed(7), failed(6), failed(5), failed(4), failed(3)}
	for name, test := range map[string]struct {
		orders []planner.Purchase
		last   bool
	}{
		"none":        {nil, false},
		"an hour ago": {[]planner.Purchase{failed(1)}, true},
		"a month ago, and nothing was bought since": {[]planner.Purchase{failed(700)}, true},
		"and another was bought before":             {append(bought(1, 3), failed(2)), true},
		"and another was bought since":              {append(bought(1, 1), failed(2)), false},
		"and another may have been bought since":    {[]planner.Purchase{failed(2), order("x.com/renewal", 1)}, true},
		"twice, and another was bought since":       {append(bought(1, 1), failed(3), failed(2)), true},
		"twice, and two were bought since":          {append(bought(2, 1), failed(3), failed(2)), false},
		"twice, and one was bought since each":      {append(append(bought(1, 3), bought(1, 1)...), failed(4), failed(2)), true},
		"many times, and 15 were bought since":      {append(bought(15, 1), seven...), true},
		"many times, and 16 were bought since":      {append(bought(16, 1), seven...), false},
		"in the run that is planned again":          {[]planner.Purchase{now}, false},
		"another order":                             {[]planner.Purchase{other}, false},
		"the order of the term before":              {[]planner.Purchase{older}, false},
	} {
		t.Run(name, func(t *testing.T) {
			price := attr.Amount(1000)
			a, b := live("a.com"), live("b.com")
			a.Expires, b.Expires = expires, expires.AddDate(0, 0, 1)
			a.TransferOut, b.TransferOut = wire.TransferOutNormal, wire.TransferOutNormal
			renewal := map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1}}
			p := portfolio(declare("a.com", renewal), declare("b.com", renewal))
			p.Budget = &config.Budget{Amount: 1999, Currency: "USD", Per: config.PerRun}
			p.Prices = map[string]attr.Prices{"com": {Renew: &price}}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: account(a, b), History: planner.History{Purchases: test.orders}})
			want := []string{"a.com/renewal: ready", "b.com/renewal: deferred"}
			if test.last {
				want = []string{"a.com/renewal: deferred", "b.com/renewal: ready"}
			}
			if diff := cmp.Diff(want, statuses(plan)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDearNames shows whom a name holds back that is over the budget: nobody,
// where it costs more than what is left whatever else is bought or fails.
func TestDearNames(t *testing.T) {
	for name, test := range map[string]struct {
		order planner.Purchase
		want  string // of the name behind it
	}{
		"nothing spent":     {planner.Purchase{Amount: 0, Done: true}, "deferred"},
		"spent":             {planner.Purchase{Amount: 3000, Done: true}, "ready"},
		"on its way":        {planner.Purchase{Amount: 3000}, "deferred"},
		"nobody knows":      {planner.Purchase{Amount: 3000, At: readAt.Add(-planner.OrderRetention - time.Hour)}, "ready"},
		"all of it spent":   {planner.Purchase{Amount: 6000, Done: true}, "deferred"},
		"spent last month":  {planner.Purchase{Amount: 3000, Done: true, At: readAt.AddDate(0, -2, 0)}, "deferred"},
		"it is failed only": {planner.Purchase{Amount: 3000, Failed: true}, "deferred"},
	} {
		t.Run(name, func(t *testing.T) {
			price := attr.Amount(1000)
			test.order.Change, test.order.Currency, test.order.Before = "x.com/renewal", "USD", attr.Expiry{Time: readAt}
			if test.order.At.IsZero() {
				test.order.At = readAt
			}
			p := portfolio()
			p.Budget = &config.Budget{Amount: 6000, Currency: "USD", Per: config.PerMonth}
			p.Prices = map[string]attr.Prices{"com": {Renew: &price}}
			state := account()
			for i, years := range []int{2, 5, 1} {
				d := live(fmt.Sprintf("n%d.com", i))
				d.Expires, d.TransferOut = readAt.AddDate(0, 0, i+1), wire.TransferOutNormal
				state.Domains = append(state.Domains, d)
				p.Domains = append(p.Domains, declare(d.Name, map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: years}}))
			}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: state, History: planner.History{Purchases: []planner.Purchase{test.order}}})
			if got := statuses(plan); !strings.HasSuffix(got[2], test.want) {
				t.Errorf("the names stand at %v, want the last one %s", got, test.want)
			}
		})
	}
}
