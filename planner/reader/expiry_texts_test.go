package reader_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// texts is a service whose list tells times by texts alone.
type texts struct{ *apiclient.Client }

func (s texts) QueryDomainList(ctx context.Context, r *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error) {
	resp, err := s.Client.QueryDomainList(ctx, r)
	if err == nil {
		for i := range resp.Data {
			resp.Data[i].ExpirationDateLong, resp.Data[i].RegistrationDateLong = time.Time{}, time.Time{}
		}
	}
	return resp, err
}

// TestOrdersCarryExactDates: where the list tells when a name expires in a text
// that can be read in two ways, an order carries what the name itself tells. A
// name that is only warned of is not asked.
func TestOrdersCarryExactDates(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"utc", "utc+8"} {
		synctest.Test(t, func(t *testing.T) {
			now := time.Now()
			expires := now.AddDate(0, 0, 20)
			sim := simulator.New(simulator.Options{
				Readings: simulator.Readings{MonthTimes: zone}, Faults: simulator.Faults{LimitProfile: "none"},
				Account: &snapshot.Account{Domains: []snapshot.Domain{
					{Name: "bought.com", Registered: now.AddDate(-1, 0, 20), Expires: expires},
					{Name: "dear.com", Registered: now.AddDate(-2, 0, 0), Expires: now.AddDate(0, 0, -40)},
					{Name: "warned.com", Registered: now.AddDate(-1, 0, 20), Expires: expires},
				}},
			})
			p := portfolio(
				declare("bought.com", map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1}}),
				declare("dear.com", map[string]attr.Value{"redemption": attr.Redemption{}}),
				declare("warned.com", map[string]attr.Value{}),
			)
			price := attr.Amount(1000)
			p.Budget = &config.Budget{Amount: 100_000, Currency: "USD", Per: config.PerRun}
			p.Prices = map[string]attr.Prices{"com": {Renew: &price, Redeem: &price}}
			client := connect(t, sim, nil)
			live, err := reader.Fetch(t.Context(), texts{client}, p, reader.Options{})
			if err != nil {
				t.Fatal(err)
			}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: live})
			if len(plan.Changes) != 2 || plan.Count(attr.Ready) != 2 {
				t.Fatalf("%s: the plan is %+v", zone, plan.Changes)
			}
			for i, want := range []time.Time{expires, now.AddDate(0, 0, -40)} {
				var got time.Time
				switch r := plan.Changes[i].Steps[0].Request.(type) {
				case *wire.SaveBatchTaskForCreatingOrderRenewRequest:
					got = r.OrderRenewParam[0].CurrentExpirationDate
				case *wire.SaveBatchTaskForCreatingOrderRedeemRequest:
					got = r.OrderRedeemParam[0].CurrentExpirationDate
				}
				if !got.Equal(want) {
					t.Errorf("%s: the order of %s is for a term that ends on %s, and it ends on %s", zone, plan.Changes[i].Domain, got, want)
				}
			}
			if n := sim.Stats()["QueryDomainByDomainName"]; n != 2 {
				t.Errorf("%d names were asked, want those of the orders", n)
			}
			if d := live.Domain("warned.com"); d.Has(snapshot.Expiry) || d.Expires.IsZero() || d.Expires.After(expires) {
				t.Errorf("%s: a name that nobody asked expires on %s", zone, d.Expires)
			}
		})
	}
}
