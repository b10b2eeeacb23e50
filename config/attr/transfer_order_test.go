package attr_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// TestPremiumTransfersHaveABound: a transfer is permitted to cost a price of its own
// only where the service tells that price in the budget's currency, and it is within
// the bound. What is not known of a name to be premium is never permitted to be.
func TestPremiumTransfersHaveABound(t *testing.T) {
	list := attr.Amount(1100)
	own := func(price float64, currency wire.FeeCurrency) *snapshot.RenewalPrice {
		return &snapshot.RenewalPrice{Years: 1, Price: price, Currency: currency, Premium: true}
	}
	for title, test := range map[string]struct {
		told     *snapshot.RenewalPrice
		refuses  bool // --premium is not given
		list     *attr.Amount
		max      attr.Amount
		blocked  string // ""; it is ordered
		cost     attr.Amount
		permits  bool
		uncosted bool // the price is not known
	}{
		"within the bound":            {told: own(40, wire.USD), max: 5000, cost: 4000, permits: true},
		"beside a list price":         {told: own(40, wire.USD), list: &list, max: 5000, cost: 4000, permits: true},
		"not asked for":               {told: own(40, wire.USD), refuses: true, max: 5000, blocked: "give --premium"},
		"above the bound":             {told: own(60, wire.USD), max: 5000, blocked: "it costs 60.00 USD"},
		"in another currency":         {told: own(40, wire.CNY), max: 5000, blocked: "only a budget in CNY can bound it"},
		"without a price":             {told: own(0, ""), max: 5000, blocked: "does not say which"},
		"without a bound":             {told: own(40, wire.USD), blocked: "state what it may cost"},
		"the service does not tell":   {told: &snapshot.RenewalPrice{Years: 1, Why: "no such operation"}, max: 5000, cost: 5000, uncosted: true},
		"it is no premium name":       {told: &snapshot.RenewalPrice{Years: 1, Price: 12, Currency: wire.USD}, max: 5000, cost: 1200},
		"nobody tells, nor bounds it": {told: &snapshot.RenewalPrice{Years: 1, Why: "no such operation"}, blocked: "the service does not tell it: no such operation"},
	} {
		t.Run(title, func(t *testing.T) {
			order := attr.Transfer{Name: "a.example", Premium: !test.refuses, MaxPrice: test.max}
			c := order.Change(attr.Input{
				Name: "a.example", Buys: true, Prices: attr.Prices{Transfer: test.list, Currency: "USD"},
				Live: &snapshot.Domain{Name: "a.example", Arrival: &snapshot.Arrival{Checked: true}, Renewal: test.told},
			})
			if test.blocked != "" {
				if c.Status != attr.Blocked || !strings.Contains(c.Reason, test.blocked) {
					t.Errorf("it is %s: %s; want it blocked: %s", c.Status, c.Reason, test.blocked)
				}
				return
			}
			sent := c.Steps[0].Request.(*wire.SaveBatchTaskForCreatingOrderTransferRequest).OrderTransferParam[0]
			if c.Status != attr.Ready || c.Cost.Amount != test.cost || c.Cost.Known == test.uncosted || (sent.PermitPremiumTransfer != nil) != test.permits {
				t.Errorf("it is %s (%s) for %+v, and sends %+v", c.Status, c.Reason, c.Cost, sent)
			}
		})
	}
}
