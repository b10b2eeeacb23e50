package reader_test

import (
	"context"
	"errors"
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

// coy is a service whose list does not tell which names have prices of their own,
// and that has no registrant profiles to show.
type coy struct{ *apiclient.Client }

func (s coy) QueryDomainList(ctx context.Context, r *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error) {
	resp, err := s.Client.QueryDomainList(ctx, r)
	if err == nil {
		for i := range resp.Data {
			resp.Data[i].Premium, resp.Data[i].Lacks = false, wire.Lacks{{Member: "Premium"}}
		}
	}
	return resp, err
}

func (s coy) QueryRegistrantProfiles(ctx context.Context, r *wire.QueryRegistrantProfilesRequest) (*wire.QueryRegistrantProfilesResponse, error) {
	if _, err := s.Client.QueryRegistrantProfiles(ctx, r); err != nil {
		return nil, err
	}
	return nil, errors.New("not now")
}

// TestAnswersRaiseQuestions: the answer that a name has a price of its own raises
// the question for it, of that name alone.
func TestAnswersRaiseQuestions(t *testing.T) {
	t.Parallel()
	expires := time.Now().AddDate(0, 0, 20)
	sim := simulator.New(simulator.Options{
		Faults: simulator.Faults{LimitProfile: "none"},
		Account: &snapshot.Account{Domains: []snapshot.Domain{
			{Name: "dear.com", Registered: expires.AddDate(-1, 0, 0), Expires: expires, Premium: true},
			{Name: "plain.com", Registered: expires.AddDate(-1, 0, 0), Expires: expires},
		}},
		Market:   simulator.Market{Premium: map[string]simulator.Prices{"dear.com": {Renew: 70}}},
		Readings: simulator.Readings{NewerOperations: "absent"},
	})
	renewal := map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1, Terms: attr.Terms{MaxPrice: 10000}}}
	p := portfolio(declare("dear.com", renewal), declare("plain.com", renewal))
	p.Budget = &config.Budget{Amount: 100_000, Currency: "USD", Per: config.PerRun}
	live, err := reader.Fetch(t.Context(), coy{connect(t, sim, nil)}, p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := live.Domain("dear.com"); d.Quote == nil || d.Quote.Price != 70 {
		t.Errorf("the service asks %+v for a year more of dear.com", d.Quote)
	}
	want := map[string]int{"QueryDomainList": 1, "QueryDomainByDomainName": 2, "QueryDomainRealTimePrice": 1, "CheckDomain": 1, "ListServerLock": 1}
	if diff := cmp.Diff(want, sim.Stats()); diff != "" {
		t.Error(diff)
	}
}

// TestFactsOfTheAccountAreAskedOnce: what could not be read of the account for
// one purpose is not asked for again for another.
func TestFactsOfTheAccountAreAskedOnce(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: held(1)})
	p := portfolio(declare("missing.com", map[string]attr.Value{"registration": attr.Registration{Years: 1, Profile: "1"}}))
	p.Declared = []config.Declared{{Attribute: attr.Lookup(attr.RegistrantProfile), Value: attr.Profiles{"ada": {Contact: attr.Contact{"name": "Ada Example"}}}}}
	live, err := reader.Fetch(t.Context(), coy{connect(t, sim, nil)}, p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := sim.Stats()["QueryRegistrantProfiles"]; n != 1 {
		t.Errorf("profiles were asked for %d times, and the first answer was none", n)
	}
	if len(live.Failures) != 1 || live.Failures[0].Facts != snapshot.Profiles {
		t.Errorf("the failures are %+v", live.Failures)
	}
	for _, c := range planner.Diff(planner.Input{Portfolio: p, Live: live}).Changes {
		if c.Status != attr.Unknown {
			t.Errorf("%s is %s: %s", c.ID, c.Status, c.Reason)
		}
	}
}

// TestFetchReadsWhatNeedsAsks: nothing is asked for after an account was read.
func TestFetchReadsWhatNeedsAsks(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*config.Portfolio{
		"nameservers": wanted(20), "hosts of an owner": delegated("name00000.com", "name00003.com"),
		"contacts": withContacts(5), "a host that goes": withGlue(new(3)),
	} {
		sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: held(20)})
		live, err := reader.Fetch(t.Context(), connect(t, sim, nil), p, reader.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if q := planner.Needs(planner.Input{Portfolio: p, Live: live}); !q.None() {
			t.Errorf("%s: after all was read, %+v is asked", name, q)
		}
	}
}

// TestNamesAloneTellOfHosts: an order carries nameservers that are there, so that
// the names that own them are read beside the one that is to be registered, and
// no others.
func TestNamesAloneTellOfHosts(t *testing.T) {
	t.Parallel()
	state := held(3)
	state.Profiles = []snapshot.Profile{{ID: 1, Kind: wire.CommonProfile, RealName: wire.RealNamePassed, Contact: snapshot.Contact{Type: "1", Name: "Ada Example", Email: "ada@example.com"}}}
	state.Emails = []snapshot.Email{{Address: "ada@example.com", Verified: true}}
	sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: state})
	p := portfolio(declare("new.com", map[string]attr.Value{
		"registration": attr.Registration{Years: 1, Profile: "1"}, "nameservers": hosts("ns1.name00000.com", "ns1.example.net"),
	}))
	price := attr.Amount(1000)
	p.Budget = &config.Budget{Amount: 100_000, Currency: "USD", Per: config.PerRun}
	p.Prices = map[string]attr.Prices{"com": {Register: &price}}
	live, err := reader.FetchSome(t.Context(), connect(t, sim, nil), p, []string{"new.com"}, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d := live.Domain("name00000.com"); len(live.Domains) != 1 || d == nil || len(d.Hosts) != 1 {
		t.Errorf("read were %+v", live.Domains)
	}
	if n := sim.Stats()["QueryDomainList"]; n != 5 { // for the name, and for four that may own its nameservers
		t.Errorf("the list was asked %d times", n)
	}
}
