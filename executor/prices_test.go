package executor_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// yuanADollar is what the simulator takes for a dollar.
const yuanADollar = 7

// priceReadings are all ways in which a service may state prices.
func priceReadings() (all []simulator.Readings) {
	for _, term := range []string{"term", "year"} {
		for _, ordinary := range []string{"absent", "stated"} {
			for _, static := range []string{"years", "months"} {
				all = append(all, simulator.Readings{PremiumPrice: term, OrdinaryPrice: ordinary, StaticPrice: static})
			}
		}
	}
	return all
}

// TestNothingIsBoughtAboveItsBound registers names for one to three years under
// each reading of prices, in both currencies, with bounds around what they cost.
// Whatever is bought costs no more than its bound and than what the plan said;
// what is bounded well is bought.
func TestNothingIsBoughtAboveItsBound(t *testing.T) {
	t.Parallel()
	for _, readings := range priceReadings() {
		for _, currency := range []string{"USD", "CNY"} {
			t.Run(fmt.Sprintf("%s %s %s %s", readings.PremiumPrice, readings.OrdinaryPrice, readings.StaticPrice, currency), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { boundedAlike(t, readings, currency) })
			})
		}
	}
}

// boundedAlike buys names of three kinds, each for three terms and with three
// bounds: less than the price, the price, more.
func boundedAlike(t *testing.T, readings simulator.Readings, currency string) {
	const yearPrice = 100 // USD, of names with a price of their own; others cost 10.50
	rate := map[string]int{"USD": 1, "CNY": yuanADollar}[currency]
	market := simulator.Market{ListPrices: true, Prices: map[string]simulator.Prices{"*": {Register: 10.5}}, Premium: make(map[string]simulator.Prices)}
	var names []name
	bounds, bought := make(map[string]attr.Amount), make(map[string]bool)
	for _, kind := range []string{"premium", "dynamic", "plain"} {
		for years := 1; years <= 3; years++ {
			for i, percent := range []int{99, 100, 150} {
				n := fmt.Sprintf("n%d%d-%s.example", years, i, kind)
				price := yearPrice
				if kind == "plain" {
					price = 11
				} else {
					market.Premium[n] = simulator.Prices{Register: yearPrice}
				}
				bounds[n] = attr.Amount(price * years * rate * percent)
				bought[n] = percent >= 100
				names = append(names, name{name: n, buy: attr.Registration{
					Years: years, Profile: "7001", Premium: true, Terms: attr.Terms{MaxPrice: bounds[n]},
				}})
			}
		}
	}
	w := shop(t, names, simulator.Options{Readings: readings, Market: market})
	w.portfolio.Budget.Amount, w.portfolio.Budget.Currency, w.portfolio.Prices = 1_000_000_00, currency, nil
	planned := make(map[string]attr.Amount)
	w.mustPlan(func(p *planner.Plan) {
		for _, c := range p.Changes {
			if c.Status == attr.Ready && c.Cost != nil {
				planned[c.Domain] = c.Cost.Amount
			}
		}
	})
	w.mustApply()
	for _, p := range w.sim.Purchases() {
		price := attr.Amount(p.Price*100)*attr.Amount(rate) - 1 // which is a fraction
		if price > bounds[p.Domain] || price > planned[p.Domain] {
			t.Errorf("%s was bought for %s, its bound is %s, and the plan said %s", p.Domain, price, bounds[p.Domain], planned[p.Domain])
		}
		if p.Type == wire.TaskRegister && !bought[p.Domain] && p.Price > 50 {
			t.Errorf("%s was bought though it costs more than its bound", p.Domain)
		}
		delete(bought, p.Domain)
	}
	for n, should := range bought {
		if should {
			status, reason := w.planned(n + "/registration")
			t.Errorf("%s was not bought: %s, %s", n, status, reason)
		}
	}
}

// TestListPricesOfNamesWithTheirOwn: a list price says nothing of a name whose
// price the registry sets, whoever calls it premium.
func TestListPricesOfNamesWithTheirOwn(t *testing.T) {
	t.Parallel()
	for _, readings := range priceReadings() {
		synctest.Test(t, func(t *testing.T) {
			buy := attr.Registration{Years: 1, Profile: "7001"}
			w := shop(t, []name{{name: "my-dynamic.example", buy: buy}, {name: "my-premium.example", buy: buy}, {name: "plain.example", buy: buy}}, simulator.Options{Readings: readings})
			w.mustApply()
			for _, p := range w.sim.Purchases() {
				if p.Domain != "plain.example" {
					t.Errorf("%s was bought for %v", p.Domain, p.Price)
				}
			}
			for _, n := range []string{"my-dynamic", "my-premium"} {
				if status, reason := w.planned(n + ".example/registration"); status != attr.Blocked {
					t.Errorf("%s is %s: %s", n, status, reason)
				}
			}
		})
	}
}
