package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestForecastOfWhatFollowsProfiles: names get the contact of profiles that are
// only being made. Each profile is a batch of its own, and a lock that stays closed
// is opened for it, where the files let it be.
func TestForecastOfWhatFollowsProfiles(t *testing.T) {
	t.Parallel()
	profile := func(name string) attr.Profile {
		return attr.Profile{Contact: attr.Contact{
			"type": "individual", "organization": name, "name": name, "email": "hostmaster@example.com", "country": "GB", "province": "Kent",
			"city": "Dover", "address": "1 Example Street", "postal_code": "CT16 1AA", "phone_country_code": "44", "phone": "1300000000",
		}}
	}
	const byProfile, lock = "SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId", "SaveBatchTaskForUpdateProhibitionLock"
	for name, test := range map[string]struct {
		locked, opens bool
		want          map[string]int
	}{
		"open":                  {want: map[string]int{byProfile: 2, "SaveRegistrantProfile": 2}},
		"closed and opened":     {locked: true, opens: true, want: map[string]int{byProfile: 2, "SaveRegistrantProfile": 2, lock: 2}},
		"closed and left alone": {locked: true, want: map[string]int{"SaveRegistrantProfile": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			in := planner.Input{Portfolio: portfolio(), Live: account()}
			in.Portfolio.Limits.BatchProfiles = true
			in.Portfolio.Declared = []config.Declared{{
				Attribute: attr.Lookup("registrant_profile"), Value: attr.Profiles{"ada": profile("Ada Example"), "eve": profile("Eve Example")},
			}}
			for _, of := range []struct{ domain, label string }{{"a.com", "ada"}, {"b.com", "ada"}, {"c.com", "eve"}} {
				values := map[string]attr.Value{"tech": attr.Contact{"registrant_profile": of.label}}
				if test.opens {
					values["update_lock"] = attr.Bool(true)
				}
				want, is := declare(of.domain, values), live(of.domain, "ns1.example.org")
				want.Settings.TemporaryUnlock = test.opens
				is.UpdateLock = wire.Lock(test.locked)
				is.Contacts = map[wire.ContactType]snapshot.Contact{wire.TechContact: {Name: "Bob Example"}}
				in.Portfolio.Domains, in.Live.Domains = append(in.Portfolio.Domains, want), append(in.Live.Domains, is)
			}
			in.Live.Profiles = []snapshot.Profile{}
			calls := make(map[string]int)
			for _, c := range planner.Diff(in).Calls {
				if c.Operation == byProfile || c.Operation == lock || c.Operation == "SaveRegistrantProfile" {
					calls[c.Operation] = c.Calls
				}
			}
			if diff := cmp.Diff(test.want, calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestForecastOfContactsThatAwaitAProfile: a registered name gets the contact of
// a profile in the same apply where the profile is changed by then, and not where
// the plan leaves the account itself out.
func TestForecastOfContactsThatAwaitAProfile(t *testing.T) {
	t.Parallel()
	const byProfile = "SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId"
	for name, test := range map[string]struct {
		only planner.Selection
		live string // the city of the profile
		want int
	}{
		"the profile is as declared":     {live: "Dover", want: 1},
		"the profile changes first":      {live: "Leeds", want: 1},
		"the plan leaves it out":         {live: "Leeds", only: planner.SelectNames([]string{"new.com"})},
		"as declared, and of names only": {live: "Dover", only: planner.SelectNames([]string{"new.com"}), want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(city string) attr.Contact {
				return attr.Contact{
					"type": "individual", "organization": "Ada Example", "name": "Ada Example", "email": "hostmaster@example.com", "country": "GB", "province": "Kent",
					"city": city, "address": "1 Example Street", "postal_code": "CT16 1AA", "phone_country_code": "44", "phone": "1300000000",
				}
			}
			p := portfolio(declare("new.com", map[string]attr.Value{
				"registration": attr.Registration{Years: 1, Profile: "7"}, "tech": attr.Contact{"registrant_profile": "ada"},
			}))
			p.Limits.BatchProfiles = true
			p.Budget = &config.Budget{Amount: 100_00, Currency: "USD", Per: config.PerMonth}
			p.Prices = map[string]attr.Prices{"com": {Register: new(attr.Amount(1050))}}
			p.Declared = []config.Declared{{Attribute: attr.Lookup("registrant_profile"), Value: attr.Profiles{"ada": {ID: 8, Contact: of("Dover")}}}}
			state := account()
			state.Absent = []snapshot.Domain{{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available}}}
			state.Profiles = []snapshot.Profile{{ID: 7, RealName: wire.RealNamePassed}, profileOf(8, of(test.live))}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: state, Only: test.only})
			if plan.Count(attr.Ready) == 0 || len(plan.Follows()) != 1 {
				t.Fatalf("the name is not registered, or has no contact that follows: %v", statuses(plan))
			}
			got := 0
			for _, c := range plan.Calls {
				if c.Operation == byProfile {
					got = c.Calls
				}
			}
			if got != test.want {
				t.Errorf("%d calls are foreseen, want %d: %v", got, test.want, statuses(plan))
			}
		})
	}
}

// profileOf is a live registrant profile.
func profileOf(id int64, c attr.Contact) snapshot.Profile {
	return snapshot.Profile{ID: id, RealName: wire.RealNamePassed, Contact: snapshot.Contact{
		Type: wire.Person, Organization: c["organization"], Name: c["name"], Email: c["email"], Country: c["country"], Province: c["province"],
		City: c["city"], Address: c["address"], PostalCode: c["postal_code"], PhoneCountryCode: c["phone_country_code"], Phone: c["phone"],
	}}
}
