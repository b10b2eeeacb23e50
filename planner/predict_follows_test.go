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
