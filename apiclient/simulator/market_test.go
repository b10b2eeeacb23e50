package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

func (w *world) check(r wire.CheckDomainRequest) wire.CheckDomainResponse {
	w.Helper()
	got := *ask[wire.CheckDomainResponse](w, &r)
	got.Meta = wire.Meta{}
	return got
}

var marketBehaviours = map[string]behaviour{
	"CheckDomain": {
		good: func(*world) wire.Request { return &wire.CheckDomainRequest{DomainName: "other.com", FeePeriod: 2} },
		seen: seen(func(w *world, answer *wire.CheckDomainResponse) {
			if answer.DomainName != "other.com" || answer.Avail != wire.Available || answer.Reason != "" || answer.Premium || answer.Price != 0 || answer.StaticPriceInfo != nil {
				w.Errorf("got %+v", answer)
			}
		}),
		refused: []refusal{
			{&wire.CheckDomainRequest{DomainName: "example.invalid"}, "DomainSuffixUnsupported"},
			{&wire.CheckDomainRequest{DomainName: "www.example.com"}, "InvalidDomainName"},
			{&wire.CheckDomainRequest{DomainName: "com"}, "InvalidDomainName"},
			{&wire.CheckDomainRequest{DomainName: "my_shop.com"}, "InvalidDomainName"},
			{&wire.CheckDomainRequest{DomainName: "shop.blogspot.com"}, "InvalidDomainName"},
		},
		others: map[string]func(w *world){
			"names that cannot be had": func(w *world) {
				w.market(simulator.Market{Names: map[string]wire.Availability{"other.com": wire.Abnormal, "taken.com": wire.Available}})
				for name, want := range map[string]wire.Availability{
					"example.com": wire.Taken, "taken.org": wire.Taken, "my-taken-shop.com": wire.Taken, "upcoming.com": wire.PreRegistration,
					"suspended.com": wire.Suspended, "blacklisted.com": wire.Blacklisted, "mistaken.com": wire.Available, "blogspot.com": wire.Available,
					"other.com": wire.Abnormal, "taken.com": wire.Available,
				} {
					if got := w.check(wire.CheckDomainRequest{DomainName: name}); got.Avail != want || (got.Reason == "") != (want == wire.Available) {
						w.Errorf("%s: got %+v, want %s", name, got, want)
					}
				}
			},
			"ten a second": func(w *world) {
				check := &wire.CheckDomainRequest{DomainName: "other.com"}
				for range 10 {
					w.call(check)
				}
				// The client would wait and call again.
				if got := w.raw.refused("CheckDomain", "DomainName=other.com"); got != "400 Throttling.User" {
					w.Errorf("got %q", got)
				}
				time.Sleep(time.Second)
				w.call(check)
				if err := w.s.SetFaults(simulator.Faults{Limits: map[string]int{"CheckDomain": 1000}}); err != nil {
					w.Fatal(err)
				}
				for range 20 {
					w.call(check)
				}
			},
			"names of others": func(w *world) {
				if err := w.s.AddTransferIn(simulator.TransferIn{Name: "other.com"}); err != nil {
					w.Fatal(err)
				}
				w.s.Remove("example.net")
				for _, name := range []string{"other.com", "example.net"} {
					if got := w.check(wire.CheckDomainRequest{DomainName: name}); got.Avail != wire.Taken {
						w.Errorf("got %+v", got)
					}
				}
			},
			"prices": func(w *world) {
				w.market(simulator.Market{
					ListPrices: true,
					Prices:     map[string]simulator.Prices{"uk": {Register: 6}, "co.uk": {Register: 5.5}, "*": {Register: 9}},
					Premium:    map[string]simulator.Prices{"shop.com": {Register: 1000, Renew: 50, Redeem: 300, Transfer: 40.2}},
				})
				premium := wire.CheckDomainResponse{DomainName: "shop.com", Avail: wire.Available, Premium: true, DynamicCheck: true}
				for command, price := range map[wire.FeeCommand]int64{"": 3000, wire.FeeRegister: 3000, wire.FeeRenew: 150, wire.FeeRedeem: 300, wire.FeeTransferIn: 41} {
					premium.Price = price
					if diff := cmp.Diff(premium, w.check(wire.CheckDomainRequest{DomainName: "shop.com", FeeCommand: command, FeePeriod: 3})); diff != "" {
						w.Errorf("%s: (-want +got)\n%s", command, diff)
					}
				}
				for name, money := range map[string]float64{"shop.co.uk": 38.5, "shop.uk": 42, "shop.org": 63} {
					want := []wire.PriceInfo{{Action: "activate", Money: money, Period: 12}}
					if diff := cmp.Diff(want, w.check(wire.CheckDomainRequest{DomainName: name}).StaticPriceInfo); diff != "" {
						w.Errorf("%s: (-want +got)\n%s", name, diff)
					}
				}
				if got := w.check(wire.CheckDomainRequest{DomainName: "shop.com", FeeCurrency: wire.CNY}).Price; got != 7000 {
					w.Errorf("got %d", got)
				}
			},
			"names as people write them": func(w *world) {
				w.market(simulator.Market{
					Names:   map[string]wire.Availability{"Bücher.com": wire.Taken},
					Premium: map[string]simulator.Prices{"SHOP.公司.cn.": {Register: 7}},
				})
				if got := w.check(wire.CheckDomainRequest{DomainName: "xn--bcher-kva.com"}); got.Avail != wire.Taken {
					w.Errorf("got %+v", got)
				}
				if got := w.check(wire.CheckDomainRequest{DomainName: "shop.xn--55qx5d.cn"}); got.Price != 7 {
					w.Errorf("got %+v", got)
				}
			},
			"premium names": func(w *world) {
				got := w.check(wire.CheckDomainRequest{DomainName: "premium-shop.com"})
				if !got.Premium || got.Price < 100 || got.Price > 5000 {
					w.Errorf("got %+v", got)
				}
				if diff := cmp.Diff(got, w.check(wire.CheckDomainRequest{DomainName: "premium-shop.com"})); diff != "" {
					w.Error(diff)
				}
			},
		},
	},
}

// TestMarketIsSettable over HTTP, and shows what is left of it.
func TestMarketIsSettable(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	for body, want := range map[string]int{
		`{"balance": 12.5, "coupons": {"C1": 1}}`: http.StatusOK,
		`{"balance": "much"}`:                     http.StatusBadRequest,
		`{"money": 1}`:                            http.StatusBadRequest,
		`{"names": {"other.com": "5"}}`:           http.StatusBadRequest,
		`{"promotions": {"P1": 2}}`:               http.StatusBadRequest,
		`{"coupons": {"C1": -1}}`:                 http.StatusBadRequest,
		`{"prices": {"com": {"renew": -1}}}`:      http.StatusBadRequest,
		`{"names": {"no name": "0"}}`:             http.StatusBadRequest,
		`{"names": {"A.com": "0", "a.com": "1"}}`: http.StatusBadRequest,
		`{"balance": 1} {"balance": 2}`:           http.StatusBadRequest,
	} {
		answer, err := c.http.Post("http://domain.example.com/_simulator/market", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", body, answer.Status)
		}
	}
	call[wire.TaskResponse](c, "SaveBatchTaskForCreatingOrderActivate", "UseCoupon=true", "CouponNo=C1",
		"OrderActivateParam.1.DomainName=other.com", "OrderActivateParam.1.RegistrantProfileId=3600001")
	var market simulator.Market
	var purchases []simulator.Purchase
	for name, into := range map[string]any{"market": &market, "purchases": &purchases} {
		answer, err := c.http.Get("http://domain.example.com/_simulator/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			t.Error(err)
		}
		answer.Body.Close()
	}
	if diff := cmp.Diff(simulator.Market{Balance: new(3.0)}, market); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := []simulator.Purchase{{Type: wire.TaskRegister, Domain: "other.com", Years: 1, Count: 1, Price: 9.5}}
	if diff := cmp.Diff(want, purchases); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadMarket(t *testing.T) {
	t.Parallel()
	got, err := simulator.ReadMarket(strings.NewReader(`{"balance": 5, "names": {"Shop.org": "0"}}`))
	want := simulator.Market{Balance: new(5.0), Names: map[string]wire.Availability{"Shop.org": wire.Taken}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v: (-want +got)\n%s", err, diff)
	}
	for _, text := range []string{"", "{", `{"money": 1}`, `{"balance": 1}{}`, `{"names": {"shop.org": "free"}}`, `{"prices": {"..": {}}}`} {
		if m, err := simulator.ReadMarket(strings.NewReader(text)); err == nil {
			t.Errorf("%q is %+v", text, m)
		}
	}
}
