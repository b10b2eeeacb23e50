package reader_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// pricer answers as a service does whose prices are odd.
type pricer struct {
	reader.Service
	alter func(*wire.QueryDomainRealTimePriceResponse) error
}

func (s *pricer) QueryDomainRealTimePrice(ctx context.Context, r *wire.QueryDomainRealTimePriceRequest) (*wire.QueryDomainRealTimePriceResponse, error) {
	resp, err := s.Service.QueryDomainRealTimePrice(ctx, r)
	if err == nil && s.alter != nil {
		err = s.alter(resp)
	}
	return resp, err
}

// renewing is a simulated account with a name that expires in 20 days, and files
// that renew it for some years within a bound.
func renewing(years int, max attr.Amount, o simulator.Options) (*simulator.Simulator, *config.Portfolio) {
	expires := time.Now().AddDate(0, 0, 20)
	o.Account = &snapshot.Account{Domains: []snapshot.Domain{{Name: "kept.com", Registered: expires.AddDate(-1, 0, 0), Expires: expires}}}
	p := portfolio(declare("kept.com", map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: years, Terms: attr.Terms{MaxPrice: max}}}))
	p.Budget = &config.Budget{Amount: 1_000_000_00, Currency: "USD", Per: config.PerMonth}
	return simulator.New(o), p
}

// TestWhatTheServiceSaysOfARenewal: a price counts where it is understood, for the
// term and in a currency that it says itself. Nothing else makes the read fail.
func TestWhatTheServiceSaysOfARenewal(t *testing.T) {
	t.Parallel()
	row := func(alter func(*wire.RealTimePrice)) func(*wire.QueryDomainRealTimePriceResponse) error {
		return func(r *wire.QueryDomainRealTimePriceResponse) error {
			alter(&r.Module.DomainPrices[0])
			return nil
		}
	}
	const odd = "its answer has no price that can be understood"
	for name, test := range map[string]struct {
		years   int
		options simulator.Options
		alter   func(*wire.QueryDomainRealTimePriceResponse) error
		want    snapshot.RenewalPrice
	}{
		"a year":                         {years: 1, want: snapshot.RenewalPrice{Price: 11, Currency: wire.USD}},
		"three years":                    {years: 3, want: snapshot.RenewalPrice{Price: 33, Currency: wire.USD}},
		"three years, told as of each":   {years: 3, options: simulator.Options{Readings: simulator.Readings{PremiumPrice: "year"}}, want: snapshot.RenewalPrice{Price: 33, Currency: wire.USD}},
		"three years, dearer than three": {years: 3, alter: row(func(p *wire.RealTimePrice) { p.Price = 40 }), want: snapshot.RenewalPrice{Price: 40, Currency: wire.USD}},
		"a service without prices":       {years: 1, options: simulator.Options{Readings: simulator.Readings{NewerOperations: "absent"}}},
		"a price of its own":             {years: 1, options: simulator.Options{Market: simulator.Market{Premium: map[string]simulator.Prices{"kept.com": {Renew: 70}}}}, want: snapshot.RenewalPrice{Price: 70, Currency: wire.USD, Premium: true}},
		"no price":                       {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Price = 0 }), want: snapshot.RenewalPrice{Why: odd}},
		"less than nothing":              {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Price = -11 }), want: snapshot.RenewalPrice{Why: odd}},
		"no number":                      {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Price = math.NaN() }), want: snapshot.RenewalPrice{Why: odd}},
		"endless":                        {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Price = math.Inf(1) }), want: snapshot.RenewalPrice{Why: odd}},
		"no currency":                    {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Currency = "" }), want: snapshot.RenewalPrice{Why: odd}},
		"another currency":               {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Currency = wire.CNY }), want: snapshot.RenewalPrice{Price: 11, Currency: wire.CNY}},
		"two currencies":                 {years: 3, alter: row(func(p *wire.RealTimePrice) { p.Currency = wire.CNY }), want: snapshot.RenewalPrice{Why: odd}},
		"another action":                 {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Action = "activate" }), want: snapshot.RenewalPrice{Why: odd}},
		"another name":                   {years: 1, alter: row(func(p *wire.RealTimePrice) { p.DomainName = "other.com" }), want: snapshot.RenewalPrice{Why: odd}},
		"another term":                   {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Period = 2 }), want: snapshot.RenewalPrice{Why: odd}},
		"no term, of one":                {years: 1, alter: row(func(p *wire.RealTimePrice) { p.Period = 0 }), want: snapshot.RenewalPrice{Price: 11, Currency: wire.USD}},
		"no term, of two":                {years: 3, alter: row(func(p *wire.RealTimePrice) { p.Period = 0 }), want: snapshot.RenewalPrice{Why: odd}},
		"two prices": {years: 1, alter: func(r *wire.QueryDomainRealTimePriceResponse) error {
			again := r.Module.DomainPrices[0]
			again.Price = 12
			r.Module.DomainPrices = append(r.Module.DomainPrices, again)
			return nil
		}, want: snapshot.RenewalPrice{Price: 12, Currency: wire.USD}},
		"refused": {years: 1, alter: func(*wire.QueryDomainRealTimePriceResponse) error {
			return &wire.Error{HTTPStatus: 400, Code: "ParameterIllegal", Message: "no price"}
		}, want: snapshot.RenewalPrice{Why: "ParameterIllegal: no price"}},
		"no answer": {years: 1, alter: func(*wire.QueryDomainRealTimePriceResponse) error { return errors.New("no answer") }, want: snapshot.RenewalPrice{Why: "no answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := renewing(test.years, 0, test.options)
			got, err := reader.Fetch(t.Context(), &pricer{connect(t, sim, nil), test.alter}, p, reader.Options{})
			if err != nil || len(got.Failures) > 0 {
				t.Fatal(err, got.Failures)
			}
			test.want.Years = test.years
			if diff := cmp.Diff(&test.want, got.Domain("kept.com").Renewal); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPricesAreAskedForNothing: the service is asked for the price of a renewal that a
// plan may make, where nobody else knows it.
func TestPricesAreAskedForNothing(t *testing.T) {
	t.Parallel()
	eleven := attr.Amount(11_00)
	for name, test := range map[string]struct {
		alter func(p *config.Portfolio)
		calls int
	}{
		"nobody knows it":     {func(*config.Portfolio) {}, 1},
		"the files know it":   {func(p *config.Portfolio) { p.Prices = map[string]attr.Prices{"com": {Renew: &eleven}} }, 0},
		"of a registration":   {func(p *config.Portfolio) { p.Prices = map[string]attr.Prices{"com": {Register: &eleven}} }, 1},
		"nothing is bought":   {func(p *config.Portfolio) { p.Budget = nil }, 0},
		"it is not due":       {func(p *config.Portfolio) { p.Domains[0].Declared[0].Value = attr.Renewal{MinDaysLeft: 10, Years: 1} }, 0},
		"it is not to be had": {func(p *config.Portfolio) { p.Domains = nil }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := renewing(1, 0, simulator.Options{})
			test.alter(p)
			if _, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{}); err != nil {
				t.Fatal(err)
			}
			if n := sim.Stats()["QueryDomainRealTimePrice"]; n != test.calls {
				t.Errorf("%d calls for a price, want %d", n, test.calls)
			}
		})
	}
}

// TestAPriceIsAsOfThePlan: a plan that begins with what was read before asks for the
// price anew.
func TestAPriceIsAsOfThePlan(t *testing.T) {
	t.Parallel()
	sim, p := renewing(1, 0, simulator.Options{})
	kept := newPieces()
	for i, price := range []float64{11, 13} {
		m := sim.Market()
		m.Prices = map[string]simulator.Prices{"com": {Renew: price}}
		if err := sim.SetMarket(m); err != nil {
			t.Fatal(err)
		}
		before, _, err := reader.LoadReadings(t.Context(), kept, "")
		if err != nil {
			t.Fatal(err)
		}
		client := connect(t, sim, nil)
		o := reader.Options{Keeper: &reader.Keeper{Blobs: kept, Before: before}}
		if i > 0 {
			o.Earlier = &reader.Earlier{Readings: before, Log: client, MaxAge: func(string) time.Duration { return 720 * time.Hour }}
		}
		got, err := reader.Fetch(t.Context(), client, p, o)
		if err != nil {
			t.Fatal(err)
		}
		c := planner.Diff(planner.Input{Portfolio: p, Live: got}).Changes[0]
		if c.Cost.Amount != attr.Amount(price*100) || !c.Cost.Known {
			t.Errorf("plan %d renews for %s, and it costs %v", i, c.Cost, price)
		}
	}
}
