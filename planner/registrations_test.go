package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
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
	got, err := planner.Fetch(t.Context(), c, p, planner.FetchOptions{Only: only})
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Domain{
		{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available, Price: 21, Years: 2, Currency: wire.USD}},
		{Name: "taken.com", Offer: &snapshot.Offer{Availability: wire.Taken, Reason: "In use", Price: 21, Years: 2, Currency: wire.USD}},
	}
	if diff := cmp.Diff(want, got.Absent); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if stats := s.Stats(); stats["CheckDomain"] != 2 || stats["QueryDomainByDomainName"] != 3 || len(got.Profiles) == 0 {
		t.Errorf("calls %v, profiles %v", stats, got.Profiles)
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
