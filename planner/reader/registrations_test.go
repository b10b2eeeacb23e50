package reader_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// TestOnlyNamesToBuyAreChecked shows what is asked for registrations: the name
// itself, its offer, and the profiles once; nothing of names that the account
// holds, that are not selected, or that do not declare it.
func TestOnlyNamesToBuyAreChecked(t *testing.T) {
	held := live("held.com", "ns1.example.net")
	held.InstanceID = "S1"
	s := simulator.New(simulator.Options{Seed: 1, Account: account(held), Market: simulator.Market{ListPrices: true}})
	c, err := apiclient.New(apiclient.Config{
		Endpoint: "https://domain.example", Transport: s.Transport(),
		Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	register := map[string]attr.Value{"registration": attr.Registration{Years: 2, Profile: "x"}}
	p := portfolio(declare("held.com", register), declare("missing.com", nil), declare("new.com", register), declare("other.net", register), declare("taken.com", register))
	p.Budget = &config.Budget{Currency: "USD"}
	only, err := planner.Select([]string{"*.com"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := reader.Fetch(t.Context(), c, p, reader.Options{Only: only})
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Domain{
		{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available, Price: 147, Years: 2, Currency: wire.CNY}},
		{Name: "taken.com", Offer: &snapshot.Offer{Availability: wire.Taken, Reason: "In use", Price: 147, Years: 2, Currency: wire.CNY}},
	}
	if diff := cmp.Diff(want, got.Absent); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if stats := s.Stats(); stats["CheckDomain"] != 2 || stats["QueryDomainByDomainName"] != 3 || len(got.Profiles) == 0 {
		t.Errorf("calls %v, profiles %v", stats, got.Profiles)
	}
}

// TestProfilesOfAnyReading are found whatever the service does with the two
// spellings of their registries: a registration needs to know them.
func TestProfilesOfAnyReading(t *testing.T) {
	does := []string{simulator.Accepted, simulator.Ignored, simulator.Refused}
	all := []wire.RegistrantProfile{
		{RegistrantProfileID: 1, RegistrantType: wire.Person, RegistrantProfileType: wire.CommonProfile},
		{RegistrantProfileID: 2, RegistrantType: wire.Organization, RegistrantProfileType: wire.CommonProfile},
		{RegistrantProfileID: 3, RegistrantType: wire.Person, RegistrantProfileType: wire.CNNICProfile},
		{RegistrantProfileID: 4, RegistrantType: wire.Organization, RegistrantProfileType: wire.CNNICProfile},
	}
	for _, cnnic := range does {
		for _, cnic := range does {
			s := simulator.New(simulator.Options{Seed: 1, Profiles: all, Readings: simulator.Readings{CNNIC: cnnic, CNIC: cnic}})
			c, err := apiclient.New(apiclient.Config{
				Endpoint: "https://domain.example", Transport: s.Transport(),
				Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
			})
			if err != nil {
				t.Fatal(err)
			}
			p := portfolio(declare("new.com", map[string]attr.Value{"registration": attr.Registration{Years: 1, Profile: "x"}}))
			got, err := reader.Fetch(t.Context(), c, p, reader.Options{})
			if err != nil || len(got.Profiles) != len(all) || len(got.Failures) > 0 {
				t.Errorf("cnnic %s, cnic %s: %v, %d profiles, %+v", cnnic, cnic, err, len(got.Profiles), got.Failures)
			}
		}
	}
}

// TestListThatLacksAHeldName shows that a name is not bought because the list
// lacks it.
func TestListThatLacksAHeldName(t *testing.T) {
	p := portfolio(declare("new.com", map[string]attr.Value{"registration": attr.Registration{Years: 1, Profile: "x"}}))
	state := account()
	found := live("new.com", "ns1.example.net")
	found.InstanceID = "S1"
	state.Absent = []snapshot.Domain{found}
	plan := planner.Diff(planner.Input{Portfolio: p, Live: state})
	if len(plan.Changes) != 1 || plan.Changes[0].Status != attr.Unknown {
		t.Errorf("the plan is %+v", plan.Changes)
	}
}

// TestFetchSome shows that names alone are read as they are with the list, and
// nothing is read of others.
func TestFetchSome(t *testing.T) {
	price := attr.Terms{MaxPrice: 1000_00}
	renew := map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1, Terms: price}}
	p := portfolio(
		declare("a.com", renew), declare("b.com", renew), declare("gone.com", nil),
		declare("my-premium.com", map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1, Terms: price}, "redemption": attr.Redemption{Terms: price}}),
		declare("new.com", map[string]attr.Value{"registration": attr.Registration{Years: 2, Profile: "x"}}),
		declare("their-premium.com", map[string]attr.Value{"redemption": attr.Redemption{Terms: price}}),
	)
	p.Budget = &config.Budget{Currency: "CNY"}
	state := account()
	for name, days := range map[string]int{"a.com": 9, "b.com": 9, "my-premium.com": 9, "their-premium.com": -40, "xa.com": 9} {
		state.Domains = append(state.Domains, snapshot.Domain{Name: name, Nameservers: []string{"ns1.example.net"}, Expires: time.Now().AddDate(0, 0, days), Premium: strings.Contains(name, "premium")})
	}
	state.Sort()
	s := simulator.New(simulator.Options{Seed: 1, Account: state, Market: simulator.Market{Premium: map[string]simulator.Prices{
		"my-premium.com": {Renew: 50, Redeem: 70}, "their-premium.com": {Renew: 50, Redeem: 70},
	}}})
	names := []string{"a.com", "gone.com", "my-premium.com", "new.com", "their-premium.com"}
	got, err := reader.FetchSome(t.Context(), connect(t, s, nil), p, names, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"QueryDomainList": 5, "QueryDomainByDomainName": 4, "CheckDomain": 2, "QueryDomainRealTimePrice": 2, "QueryRegistrantProfiles": 4, "QueryTransferInList": 5,
	}
	if diff := cmp.Diff(want, s.Stats()); diff != "" {
		t.Error("calls:", diff)
	}
	whole, err := reader.Fetch(t.Context(), connect(t, s, nil), p, reader.Options{Only: planner.SelectNames(names)})
	if err != nil {
		t.Fatal(err)
	}
	whole.Domains = slices.DeleteFunc(whole.Domains, func(d snapshot.Domain) bool { return !slices.Contains(names, d.Name) })
	whole.ReadAt, whole.RegistryLocks = got.ReadAt, nil // which no change rests on
	if diff := cmp.Diff(whole, got); diff != "" {
		t.Errorf("with the list -, without +:\n%s", diff)
	}
	for name, want := range map[string]*snapshot.RenewalPrice{
		"a.com": {Years: 1, Price: 77, Currency: wire.CNY}, "my-premium.com": {Years: 1, Price: 350, Currency: wire.CNY, Premium: true}, "their-premium.com": nil,
	} {
		if diff := cmp.Diff(want, got.Domain(name).Renewal); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, want := range map[string]*snapshot.Quote{"a.com": nil, "my-premium.com": nil, "their-premium.com": {Price: 490, Currency: wire.CNY}} {
		if diff := cmp.Diff(want, got.Domain(name).Quote); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestPricesThatTheServiceTells shows what follows from odd ones: what is no
// price is none, and what is beyond all budgets is not bought.
func TestPricesThatTheServiceTells(t *testing.T) {
	list := attr.Amount(1050)
	for price, want := range map[float64]string{
		0: "10.50 USD", -5: "10.50 USD", math.NaN(): "10.50 USD", 7.001: "7.01 USD", 7.1: "7.10 USD", 1e300: "2,000,000,000.00 USD", math.Inf(1): "2,000,000,000.00 USD",
	} {
		p := portfolio(declare("new.com", map[string]attr.Value{"registration": attr.Registration{Years: 1, Profile: "7"}}))
		p.Budget = &config.Budget{Amount: 1_000_000_000_00, Currency: "USD", Per: config.PerMonth}
		p.Prices = map[string]attr.Prices{"com": {Register: &list}}
		state := account()
		state.Absent = []snapshot.Domain{{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available, Price: price, Years: 1, Currency: wire.USD}}}
		state.Profiles = []snapshot.Profile{{ID: 7, RealName: wire.RealNamePassed}}
		c := planner.Diff(planner.Input{Portfolio: p, Live: state}).Changes[0]
		if ready := c.Status == attr.Ready; c.Cost.Price() != want || ready == (price > 10) {
			t.Errorf("for %v it costs %s, and is %s: %s", price, c.Cost.Price(), c.Status, c.Reason)
		}
	}
}
