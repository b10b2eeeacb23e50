package simulator_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestNoMoneyIsLost: whatever is ordered, what fails, hangs or is cancelled,
// the money that is not there is what was paid for years that were added.
func TestNoMoneyIsLost(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	names := []string{"a.com", "b.com", "c.example", "d.example"}
	account := &snapshot.Account{}
	for i, name := range names {
		account.Domains = append(account.Domains, snapshot.Domain{Name: name, Expires: time.Date(now.Year(), now.Month()+time.Month(i+2), 1, 2, 3, 4, 0, time.UTC)})
	}
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) simulator.Fault {
			return simulator.Fault{
				Kind:  rapid.SampledFrom([]simulator.Kind{simulator.FailDetail, simulator.Stall, simulator.Steal}).Draw(t, "kind"),
				Every: rapid.IntRange(2, 5).Draw(t, "every"),
			}
		}), 0, 3).Draw(t, "faults")
		const money = 1000.0
		s := simulator.New(simulator.Options{
			Account: account, Faults: simulator.Faults{Rules: rules},
			Market: simulator.Market{
				Balance: new(money), Prices: map[string]simulator.Prices{"com": {Renew: 10.33}, "*": {Renew: 7.77}},
				Coupons: map[string]float64{"C1": 5, "C2": 50}, Promotions: map[string]float64{"P1": 0.33},
			},
		})
		c, err := apiclient.New(apiclient.Config{
			Transport: s.Transport(), Attempts: 1,
			Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 12).Draw(t, "orders") {
			_, _ = c.Submit(t.Context(), renewalsOf(t, names)) // what is refused costs nothing
		}
		for _, task := range s.Tasks() {
			if err := c.Do(t.Context(), &wire.CancelTaskRequest{TaskNo: task.TaskNo}, new(wire.CancelTaskResponse)); err != nil {
				t.Fatal(err)
			}
		}
		paid, years := 0.0, map[string]int{}
		for _, p := range s.Purchases() {
			paid += p.Price
			years[p.Domain] += p.Years * p.Count
		}
		if left := *s.Market().Balance; math.Abs(money-left-paid) > 0.001 || left < 0 {
			t.Fatalf("%v of %v are left, %v were paid", left, money, paid)
		}
		for i, d := range s.State().Domains {
			if want := account.Domains[i].Expires.AddDate(years[d.Name], 0, 0); !d.Expires.Equal(want) {
				t.Fatalf("%s expires %v, not %v", d.Name, d.Expires, want)
			}
		}
	})
}

// renewalsOf draws an order. Some of its names the account lacks.
func renewalsOf(t *rapid.T, names []string) *wire.SaveBatchTaskForCreatingOrderRenewRequest {
	r := renewals(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wire.Renewal {
		return wire.Renewal{
			DomainName:           rapid.SampledFrom(append(names, "other.com")).Draw(t, "name"),
			SubscriptionDuration: rapid.IntRange(1, 4).Draw(t, "years"),
		}
	}), 1, 5).Draw(t, "names")...)
	r.UseCoupon, r.CouponNo = new(rapid.Bool().Draw(t, "coupon")), rapid.SampledFrom([]string{"C1", "C2"}).Draw(t, "number")
	r.UsePromotion, r.PromotionNo = new(rapid.Bool().Draw(t, "promotion")), "P1"
	return r
}
