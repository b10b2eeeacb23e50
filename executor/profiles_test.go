package executor_test

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
)

const saveProfile = "SaveRegistrantProfile"

// firstProfile is the number of the profile that the account has from the
// start.
const firstProfile = 3_600_001

// declareProfiles is what the files say of registrant profiles.
func (w *world) declareProfiles(all attr.Profiles) {
	w.portfolio.Declared = nil
	for label, p := range all {
		w.portfolio.Declared = append(w.portfolio.Declared, config.Declared{
			Attribute: attr.Lookup(attr.RegistrantProfile), Value: attr.Profiles{label: p},
		})
	}
}

// eve is a whole contact that no profile has.
func eve() attr.Contact {
	c := maps.Clone(ada())
	c["name"] = "Eve Example"
	return c
}

// profileTroubles are what becomes of the answer to a saved profile.
var profileTroubles = map[string][]simulator.Fault{
	"":                 nil,
	"throttled":        {{Kind: simulator.Throttle, Operation: saveProfile, Count: 3}},
	"the answer lost":  {{Kind: simulator.Lose, Operation: saveProfile}},
	"the request lost": {{Kind: simulator.Reset, Operation: saveProfile, Count: 1}},
	"500 afterwards":   {{Kind: simulator.FailAfter, Operation: saveProfile}},
}

// TestProfilesAreMadeOnce, whatever becomes of the answer; names get their
// contact from them in the next plan, when their number is known.
func TestProfilesAreMadeOnce(t *testing.T) {
	t.Parallel()
	for title, rules := range profileTroubles {
		for _, batches := range []bool{false, true} {
			t.Run(fmt.Sprint(title, batches), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, []name{{name: "a.example"}, {name: "b.example", locked: true}}, simulator.Options{Faults: simulator.Faults{Rules: rules}})
					w.portfolio.Limits.BatchProfiles = batches
					w.letRegistrantsChange()
					w.declareProfiles(attr.Profiles{"eve": {Contact: eve(), Default: new(true)}})
					for _, n := range []string{"a.example", "b.example"} {
						w.declare(n, "registrant", attr.Contact{attr.RegistrantProfile: "eve"})
						w.declare(n, "tech", attr.Contact{attr.RegistrantProfile: "eve"})
					}
					w.counts(w.mustApply(), standings{executor.Verified: 5}, 0)
					w.counts(w.mustApply(), nil, 0)
					w.converged()
					all := w.sim.Profiles()
					if len(all) != 2 || !all[1].DefaultRegistrantProfile || all[1].RegistrantName != "Eve Example" {
						t.Errorf("profiles: %+v", all)
					}
					if d := w.sim.State().Domain("b.example"); d.Contacts[wire.RegistrantContact].Name != "Eve Example" || d.Contacts[wire.TechContact].City != "Dover" {
						t.Errorf("got %+v", d.Contacts)
					}
				})
			})
		}
	}
}

// TestProfilesChangeBeforeTheirNames: one apply changes a profile and gives it
// to names; it deletes another.
func TestProfilesChangeBeforeTheirNames(t *testing.T) {
	t.Parallel()
	for title, rules := range profileTroubles {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []name{{name: "a.example"}}, simulator.Options{Faults: simulator.Faults{Rules: rules}})
				w.declareProfiles(attr.Profiles{"first": {ID: firstProfile, Contact: attr.Contact{"city": "Dover"}}})
				w.declare("a.example", "admin", attr.Contact{attr.RegistrantProfile: "first"})
				w.counts(w.mustApply(), standings{executor.Verified: 2}, 0)
				w.converged()
				if d := w.sim.State().Domain("a.example"); d.Contacts[wire.AdminContact].City != "Dover" {
					t.Errorf("got %+v", d.Contacts)
				}
				w.portfolio.Domains = nil
				w.declareProfiles(attr.Profiles{"first": {ID: firstProfile, Delete: true}})
				w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
				w.converged()
				if all := w.sim.Profiles(); len(all) != 0 {
					t.Errorf("profiles: %+v", all)
				}
			})
		})
	}
}

// TestServicesThatKnowNoRegistries ranges over what a service may do with the
// two spellings of a profile's registries. It never gets a second profile for
// one block, and what does not depend on the profile goes on.
func TestServicesThatKnowNoRegistries(t *testing.T) {
	t.Parallel()
	does := []string{simulator.Accepted, simulator.Ignored, simulator.Refused}
	for _, cnnic := range does {
		for _, cnic := range does {
			t.Run(cnnic+" "+cnic, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, []name{{name: "a.example"}}, simulator.Options{Readings: simulator.Readings{CNNIC: cnnic, CNIC: cnic}})
					w.declareProfiles(attr.Profiles{
						"eve": {Registries: "cnnic", Contact: eve()}, "first": {ID: firstProfile, Contact: attr.Contact{"city": "Dover"}},
					})
					w.declare("a.example", "admin", attr.Contact{attr.RegistrantProfile: "first"})
					for range 3 {
						if _, _, err := w.apply(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					made := 1
					if cnnic == simulator.Refused {
						made = 0
					}
					if all := w.sim.Profiles(); len(all) != 1+made {
						t.Errorf("profiles: %+v", all)
					}
					if d := w.sim.State().Domain("a.example"); d.Contacts[wire.AdminContact].City != "Dover" {
						t.Errorf("got %+v", d.Contacts)
					}
					if cnnic == simulator.Accepted {
						w.converged()
					}
				})
			})
		}
	}
}

// TestProfilesThatAreRefused hold their names back.
func TestProfilesThatAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example"}}, faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: saveProfile, Status: 400, Code: "ParameterIllegal"}))
		w.declareProfiles(attr.Profiles{"first": {ID: firstProfile, Contact: attr.Contact{"city": "Dover"}}})
		w.declare("a.example", "admin", attr.Contact{attr.RegistrantProfile: "first"})
		w.counts(w.mustApply(), standings{executor.Failed: 1, executor.NotSent: 1}, 4)
		w.finishOpen()
	})
}

// TestDeathOfProfiles lets a run that makes a profile, and changes another with
// a name behind it, die at every point.
func TestDeathOfProfiles(t *testing.T) {
	t.Parallel()
	step := 1
	if testing.Short() {
		step = 5
	}
	fresh := func(t *testing.T) *world {
		w := newWorld(t, []name{{name: "a.example", locked: true}}, simulator.Options{})
		w.declareProfiles(attr.Profiles{
			"first": {ID: firstProfile, Contact: attr.Contact{"city": "Dover"}}, "eve": {Contact: eve(), Default: new(true)},
		})
		w.declare("a.example", "admin", attr.Contact{attr.RegistrantProfile: "first"})
		return w
	}
	dieEverywhere(t, step, fresh, func(t *testing.T, w *world) {
		if all := w.sim.Profiles(); len(all) != 2 {
			t.Errorf("profiles: %+v", all)
		}
	})
}

// TestProfilesInBatches gives many names the contacts of a profile that changes
// first: names share the calls, and none loses its verified real name.
func TestProfilesInBatches(t *testing.T) {
	t.Parallel()
	const single, byNumber = "SaveSingleTaskForUpdatingContactInfo", "SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId"
	for _, c := range []struct {
		batches bool
		calls   map[string]int
	}{
		{false, map[string]int{setContact: 2, single: 2}},
		{true, map[string]int{byNumber: 2}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var names []name
			for _, n := range []string{"a.com", "b.com", "c.com", "d.com", "e.com", "f.com", "a.cn", "b.cn"} {
				names = append(names, name{name: n})
			}
			w := newWorld(t, names, simulator.Options{})
			w.portfolio.Limits.BatchProfiles = c.batches
			w.letRegistrantsChange()
			w.declareProfiles(attr.Profiles{"first": {ID: firstProfile, Contact: attr.Contact{"city": "Dover"}}})
			for _, n := range names {
				w.declare(n.name, "registrant", attr.Contact{attr.RegistrantProfile: "first"})
				w.declare(n.name, "tech", attr.Contact{attr.RegistrantProfile: "first"})
			}
			w.counts(w.mustApply(), standings{executor.Verified: 17}, 0)
			w.converged()
			made := w.sim.Stats()
			for _, operation := range []string{setContact, single, byNumber} {
				if made[operation] != c.calls[operation] {
					t.Errorf("batches %t: %d calls of %s, want %d", c.batches, made[operation], operation, c.calls[operation])
				}
			}
			for _, n := range names {
				info, err := w.client.QueryDomainByDomainName(t.Context(), &wire.QueryDomainByDomainNameRequest{DomainName: n.name})
				if err != nil || !info.RealNameStatus.Passed() {
					t.Errorf("%s: %v, its real name is %s", n.name, err, info.RealNameStatus)
				}
			}
		})
	}
}
