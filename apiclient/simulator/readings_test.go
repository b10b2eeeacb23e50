package simulator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestReadingsAreChosenByName ranges over the table: each value can be chosen,
// no other, and the first stands for none.
func TestReadingsAreChosenByName(t *testing.T) {
	t.Parallel()
	for _, one := range simulator.ReadingTable() {
		for _, value := range one.Values {
			var r simulator.Readings
			if err := r.Set(one.Name, value); err != nil || r.Get(one.Name) != value || r.Validate() != nil {
				t.Errorf("%s: %v, %q", one.Name, err, r.Get(one.Name))
			}
		}
		if len(one.Values) < 2 || one.Doc == "" {
			t.Errorf("%+v is no choice", one)
		}
		if err := new(simulator.Readings).Set(one.Name, "sometimes"); err == nil || !strings.Contains(err.Error(), one.Values[0]) {
			t.Errorf("%s: %v", one.Name, err)
		}
	}
	if err := new(simulator.Readings).Set("nothing", "x"); err == nil || !strings.Contains(err.Error(), "cnnic") {
		t.Error(err)
	}
	if err := (simulator.Readings{EmptyLists: "none"}).Validate(); err == nil {
		t.Error("a value that is none is taken")
	}
}

// TestReadingsOfRegistries saves a profile for each spelling of its registries,
// and asks for it, with services that do each thing with it.
func TestReadingsOfRegistries(t *testing.T) {
	t.Parallel()
	for _, spelling := range []wire.RegistrantProfileType{wire.CNNICProfile, wire.CNICProfile} {
		for _, does := range []string{simulator.Accepted, simulator.Ignored, simulator.Refused} {
			var r simulator.Readings
			if err := r.Set(string(spelling), does); err != nil {
				t.Fatal(err)
			}
			sim, c := ourClient(t, simulator.Options{Readings: r, Profiles: []wire.RegistrantProfile{}})
			save := &wire.SaveRegistrantProfileRequest{RegistrantType: wire.Person, RegistrantProfileType: spelling, Contact: adaContact()}
			_, err := c.SaveRegistrantProfile(t.Context(), save)
			common := *save
			common.RegistrantProfileType = wire.CommonProfile
			if _, err := c.SaveRegistrantProfile(t.Context(), &common); err != nil {
				t.Fatal(err)
			}
			found, asked := c.QueryRegistrantProfiles(t.Context(), &wire.QueryRegistrantProfilesRequest{RegistrantProfileType: spelling})
			if does == simulator.Refused {
				if wire.OutcomeOf(err) != wire.Refused || wire.OutcomeOf(asked) != wire.Refused || len(sim.Profiles()) != 1 {
					t.Errorf("%s refused: %v, %v", spelling, err, asked)
				}
				continue
			}
			if err != nil || asked != nil {
				t.Fatalf("%s %s: %v, %v", spelling, does, err, asked)
			}
			kinds, n := []wire.RegistrantProfileType{wire.CNNICProfile, wire.CommonProfile}, 1
			if does == simulator.Ignored {
				kinds[0], n = wire.CommonProfile, 2
			}
			all := sim.Profiles()
			if got := []wire.RegistrantProfileType{all[0].RegistrantProfileType, all[1].RegistrantProfileType}; !slices.Equal(got, kinds) || len(found.RegistrantProfiles) != n {
				t.Errorf("%s %s: saved %v, found %d", spelling, does, got, len(found.RegistrantProfiles))
			}
		}
	}
}

// TestReadingsOfPrices asks for two years of a premium and of an ordinary name.
func TestReadingsOfPrices(t *testing.T) {
	t.Parallel()
	ten := simulator.Prices{Register: 10}
	for _, test := range []struct {
		readings          simulator.Readings
		premium, ordinary int64
		list              wire.PriceInfo
	}{
		{simulator.Readings{}, 20, 0, wire.PriceInfo{Action: "activate", Money: 140, Period: 24}},
		{simulator.Readings{PremiumPrice: "year"}, 10, 0, wire.PriceInfo{Action: "activate", Money: 140, Period: 24}},
		{simulator.Readings{OrdinaryPrice: "stated"}, 20, 1286, wire.PriceInfo{Action: "activate", Money: 140, Period: 24}},
		{simulator.Readings{StaticPrice: "years"}, 20, 0, wire.PriceInfo{Action: "activate", Money: 20, Period: 2}},
	} {
		_, c := ourClient(t, simulator.Options{Readings: test.readings, Market: simulator.Market{
			Prices: map[string]simulator.Prices{"*": ten}, Premium: map[string]simulator.Prices{"dear.com": ten}, ListPrices: true,
		}})
		check := func(name string) *wire.CheckDomainResponse {
			answer, err := c.CheckDomain(t.Context(), &wire.CheckDomainRequest{DomainName: name, FeePeriod: 2, FeeCurrency: wire.USD})
			if err != nil {
				t.Fatal(err)
			}
			return answer
		}
		dear, plain := check("dear.com"), check("plain.com")
		if dear.Price != test.premium || plain.Price != test.ordinary || !slices.Equal(plain.StaticPriceInfo, []wire.PriceInfo{test.list}) {
			t.Errorf("%+v: premium %d, ordinary %d, list %+v", test.readings, dear.Price, plain.Price, plain.StaticPriceInfo)
		}
	}
}

// ourClient returns the project's own client of a new simulator.
func ourClient(t *testing.T, o simulator.Options) (*simulator.Simulator, *apiclient.Client) {
	t.Helper()
	sim := simulator.New(o)
	c, err := apiclient.New(apiclient.Config{
		Endpoint: "https://domain.example", Transport: sim.Transport(),
		Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sim, c
}
