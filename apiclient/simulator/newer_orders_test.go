package simulator_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// newerOrderBehaviours are those of orders that the reference lacks.
var newerOrderBehaviours = map[string]behaviour{
	"SaveBatchTaskForCreatingOrderTransfer": {
		good: func(w *world) wire.Request {
			return &wire.SaveBatchTaskForCreatingOrderTransferRequest{OrderTransferParam: []wire.OrderedTransfer{
				{DomainName: "elsewhere.com", AuthorizationCode: w.s.TransferKey("elsewhere.com"), RegistrantProfileID: 3600001},
			}}
		},
		seen: seen(func(w *world, answer *wire.TaskResponse) {
			if d := w.detail(answer.TaskNo); d.TaskStatus != wire.DetailSuccess {
				w.Errorf("the task is %+v", d)
			}
			list := ask[wire.QueryTransferInListResponse](w, &wire.QueryTransferInListRequest{Page: wire.Page{PageNum: 1, PageSize: 10}}).Data
			if len(list) != 1 || list[0].DomainName != "elsewhere.com" || list[0].Status != wire.TransferInBought {
				w.Errorf("the transfers are %+v", list)
			}
			if got := w.s.Purchases(); len(got) != 1 || got[0].Domain != "elsewhere.com" || got[0].Price != 10.5 {
				w.Errorf("bought is %+v", got)
			}
		}),
		others: map[string]func(w *world){
			"what cannot be transferred is paid back": func(w *world) {
				if err := w.s.SetMarket(simulator.Market{Balance: new(100.0), Premium: map[string]simulator.Prices{"dear.com": {Transfer: 50}}}); err != nil {
					w.Fatal(err)
				}
				for _, name := range []string{"example.com", "dear.com"} {
					d := w.end(&wire.SaveBatchTaskForCreatingOrderTransferRequest{OrderTransferParam: []wire.OrderedTransfer{{DomainName: name, AuthorizationCode: "k"}}})
					if d.TaskStatus != wire.DetailFailure || len(w.s.TransfersIn()) != 0 || *w.s.Market().Balance != 100 {
						w.Errorf("%s: %+v", name, d)
					}
				}
			},
		},
	},
	"QueryDomainRealTimePrice": {
		good: given(&wire.QueryDomainRealTimePriceRequest{Currency: wire.USD, DomainItem: []wire.PricedItem{
			{DomainName: "example.com", Action: "renew", Period: 2}, {DomainName: "example.net", Action: "redeem"},
		}}),
		seen: seen(func(w *world, answer *wire.QueryDomainRealTimePriceResponse) {
			want := []wire.RealTimePrice{
				{DomainName: "example.com", Action: "renew", Period: 2, Price: 22, Currency: wire.USD, Avail: wire.Taken, Reason: "In use"},
				{DomainName: "example.net", Action: "redeem", Period: 1, Price: 120, Currency: wire.USD, Avail: wire.Taken, Reason: "In use"},
			}
			if diff := cmp.Diff(want, answer.Module.DomainPrices); diff != "" {
				w.Error(diff)
			}
		}),
	},
}

// TestReadingsOfRealTimePrices asks for two years in yuan, of services that tell the
// price of all years, and of one.
func TestReadingsOfRealTimePrices(t *testing.T) {
	t.Parallel()
	for reading, want := range map[string]float64{"term": 154, "year": 77} {
		_, c := ourClient(t, simulator.Options{Account: three(), Readings: simulator.Readings{PremiumPrice: reading}})
		answer, err := c.QueryDomainRealTimePrice(t.Context(), &wire.QueryDomainRealTimePriceRequest{
			Currency: wire.CNY, DomainItem: []wire.PricedItem{{DomainName: "example.com", Action: "renew", Period: 2}},
		})
		if err != nil || answer.Module.DomainPrices[0].Price != want || answer.Module.DomainPrices[0].Currency != wire.CNY {
			t.Errorf("%s: %+v, %v", reading, answer, err)
		}
	}
}
