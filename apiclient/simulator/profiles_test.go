package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// ourProfile is the profile that the account has from the start.
const ourProfile = 3600001

// adaContact is somebody else than who stands behind all names.
func adaContact() wire.Contact {
	return wire.Contact{
		RegistrantOrganization: "Ada Lovelace", RegistrantName: "Ada Lovelace", Country: "US", Province: "Ohio", City: "Dayton",
		Address: "2 Example Road", PostalCode: "45402", TelArea: "1", Telephone: "9370000000", TelExt: "12", Email: ada,
	}
}

func adaProfile() *wire.SaveRegistrantProfileRequest {
	return &wire.SaveRegistrantProfileRequest{
		RegistrantType: wire.Person, RegistrantProfileType: wire.CNNICProfile, Contact: adaContact(),
		ZhContact: wire.ZhContact{ZhCity: "代顿"},
	}
}

// made makes Ada's profile and returns its number.
func (w *world) made() int64 {
	w.Helper()
	return ask[wire.SaveRegistrantProfileResponse](w, adaProfile()).RegistrantProfileID
}

// profiles returns the numbers of the profiles that a query finds.
func (w *world) profiles(r wire.QueryRegistrantProfilesRequest) (ids []int64) {
	w.Helper()
	answer := ask[wire.QueryRegistrantProfilesResponse](w, &r)
	for _, p := range answer.RegistrantProfiles {
		ids = append(ids, p.RegistrantProfileID)
	}
	return ids
}

// all returns the numbers of all profiles.
func (w *world) allProfiles() []int64 {
	w.Helper()
	return append(
		w.profiles(wire.QueryRegistrantProfilesRequest{RegistrantType: wire.Organization}),
		w.profiles(wire.QueryRegistrantProfilesRequest{})...,
	)
}

// verified makes an address a verified one.
func (w *world) verified(address string) {
	w.Helper()
	w.call(submitted(address))
	w.call(&wire.VerifyEmailRequest{Token: w.token(address)})
}

var profileBehaviours = map[string]behaviour{
	"QueryRegistrantProfiles": {
		good: func(w *world) wire.Request {
			w.made()
			return &wire.QueryRegistrantProfilesRequest{PageNum: 1, PageSize: 10}
		},
		seen: seen(func(w *world, answer *wire.QueryRegistrantProfilesResponse) {
			want := []wire.RegistrantProfile{{
				RegistrantProfileID: ourProfile + 1, RegistrantProfileType: wire.CNNICProfile, RegistrantType: wire.Person,
				RealNameStatus: wire.RealNameNone, CreateTime: time.Now().UTC(), UpdateTime: time.Now().UTC(),
				Contact: adaContact(), ZhCity: "代顿",
			}}
			if diff := cmp.Diff(want, answer.RegistrantProfiles); diff != "" {
				w.Errorf("(-want +got)\n%s", diff)
			}
			if want := (wire.Paged{CurrentPageNum: 1, PageSize: 10, TotalItemNum: 1, TotalPageNum: 1}); answer.Paged != want {
				w.Errorf("got %+v, want %+v", answer.Paged, want)
			}
		}),
		others: map[string]func(w *world){
			"filters": func(w *world) {
				id := w.made()
				w.verified(ada)
				for _, test := range []struct {
					query wire.QueryRegistrantProfilesRequest
					want  []int64
				}{
					{wire.QueryRegistrantProfilesRequest{}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{RegistrantType: wire.Organization}, []int64{ourProfile}},
					{wire.QueryRegistrantProfilesRequest{RegistrantProfileType: wire.CNNICProfile}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{RegistrantProfileType: wire.CNNICProfile}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{RegistrantProfileType: wire.CommonProfile}, nil},
					{wire.QueryRegistrantProfilesRequest{RegistrantProfileID: id}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{RegistrantProfileID: ourProfile}, nil},
					{wire.QueryRegistrantProfilesRequest{RegistrantOrganization: "Ada Lovelace"}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{RegistrantOrganization: "Ada"}, nil},
					{wire.QueryRegistrantProfilesRequest{Email: "ADA@example.com"}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{RealNameStatus: wire.RealNamePassed}, nil},
					{wire.QueryRegistrantProfilesRequest{RealNameStatus: wire.RealNameNone}, []int64{id}},
					{wire.QueryRegistrantProfilesRequest{DefaultRegistrantProfile: true}, nil},
					{wire.QueryRegistrantProfilesRequest{DefaultRegistrantProfile: true, RegistrantType: wire.Organization}, []int64{ourProfile}},
					{wire.QueryRegistrantProfilesRequest{PageNum: 2, PageSize: 1}, nil},
				} {
					if diff := cmp.Diff(test.want, w.profiles(test.query)); diff != "" {
						w.Errorf("%+v: (-want +got)\n%s", test.query, diff)
					}
				}
				answer := ask[wire.QueryRegistrantProfilesResponse](w, &wire.QueryRegistrantProfilesRequest{})
				if answer.PageSize != 500 || answer.CurrentPageNum != 1 || answer.RegistrantProfiles[0].EmailVerificationStatus != wire.EmailVerified {
					w.Errorf("got %+v", answer)
				}
			},
		},
	},
	"SaveRegistrantProfile": {
		good: func(*world) wire.Request { return adaProfile() },
		seen: seen(func(w *world, answer *wire.SaveRegistrantProfileResponse) {
			if diff := cmp.Diff([]int64{ourProfile, answer.RegistrantProfileID}, w.allProfiles()); diff != "" {
				w.Error(diff)
			}
		}),
		refused: []refusal{
			{&wire.SaveRegistrantProfileRequest{RegistrantProfileID: 4711, RegistrantType: wire.Person, Contact: adaContact()}, "ContactTemplateNotExist"},
			{&wire.SaveRegistrantProfileRequest{Contact: adaContact()}, "MissingRegistrantType"},
			{&wire.SaveRegistrantProfileRequest{RegistrantType: wire.Person}, "MissingRegistrantOrganization"},
		},
		others: map[string]func(w *world){
			"twice": func(w *world) {
				if first, second := w.made(), w.made(); first == second {
					w.Errorf("both are %d", first)
				}
			},
			"a change": func(w *world) {
				id := w.made()
				w.s.SetRealName(id, wire.RealNamePassed)
				change := adaProfile()
				change.RegistrantProfileID, change.City, change.TelExt, change.DefaultRegistrantProfile = id, "Columbus", "", new(true)
				w.call(change)
				p := ask[wire.QueryRegistrantProfilesResponse](w, &wire.QueryRegistrantProfilesRequest{}).RegistrantProfiles[0]
				if p.City != "Columbus" || p.TelExt != "" || p.RealNameStatus != wire.RealNamePassed || !p.DefaultRegistrantProfile {
					w.Errorf("got %+v", p)
				}
				if got := w.profiles(wire.QueryRegistrantProfilesRequest{DefaultRegistrantProfile: true, RegistrantType: wire.Organization}); got != nil {
					w.Errorf("the default is still %v", got)
				}
				change.RegistrantOrganization = "Charles Babbage"
				w.call(change)
				if p := w.s.Profiles()[1]; p.RealNameStatus != wire.RealNameNone {
					w.Errorf("the real name of another holder is %s", p.RealNameStatus)
				}
			},
		},
	},
	"SetDefaultRegistrantProfile": {
		good: func(w *world) wire.Request {
			return &wire.SetDefaultRegistrantProfileRequest{RegistrantProfileID: w.made()}
		},
		seen: seen(func(w *world, _ *wire.DoneResponse) {
			if got := w.profiles(wire.QueryRegistrantProfilesRequest{DefaultRegistrantProfile: true}); len(got) != 1 {
				w.Errorf("got %v", got)
			}
			if got := w.profiles(wire.QueryRegistrantProfilesRequest{DefaultRegistrantProfile: true, RegistrantType: wire.Organization}); got != nil {
				w.Errorf("the default is still %v", got)
			}
		}),
	},
	"DeleteRegistrantProfile": {
		good: func(w *world) wire.Request {
			return &wire.DeleteRegistrantProfileRequest{RegistrantProfileID: w.made()}
		},
		seen: seen(func(w *world, _ *wire.DoneResponse) {
			if diff := cmp.Diff([]int64{ourProfile}, w.allProfiles()); diff != "" {
				w.Error(diff)
			}
		}),
	},
	"DeleteContactTemplates": {
		good: func(w *world) wire.Request {
			return &wire.DeleteContactTemplatesRequest{RegistrantProfileIDs: []int64{w.made(), 4711, w.made()}}
		},
		seen: seen(func(w *world, _ *wire.DoneResponse) {
			if diff := cmp.Diff([]int64{ourProfile}, w.allProfiles()); diff != "" {
				w.Error(diff)
			}
		}),
	},
}

// TestRealNamesAreSettable over HTTP, as no operation of the service does it.
func TestRealNamesAreSettable(t *testing.T) {
	t.Parallel()
	s, c := inProcess(t, simulator.Options{})
	for body, want := range map[string]int{
		`{"profile": 3600001, "status": "FAILED"}`:  http.StatusOK,
		`{"profile": 4711, "status": "FAILED"}`:     http.StatusBadRequest,
		`{"profile": 3600001, "status": "PERHAPS"}`: http.StatusBadRequest,
		`{"profil": 3600001, "status": "SUCCEED"}`:  http.StatusBadRequest,
	} {
		answer, err := c.http.Post("http://domain.example.com/_simulator/real_name", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", body, answer.Status)
		}
	}
	if got := s.Profiles()[0].RealNameStatus; got != wire.RealNameFailed {
		t.Errorf("got %s", got)
	}
	answer, err := c.http.Get("http://domain.example.com/_simulator/profiles")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("got %s", answer.Status)
	}
}

// TestProfilesOfASnapshot are those of the account from the start, and those of
// its state.
func TestProfilesOfASnapshot(t *testing.T) {
	t.Parallel()
	all := []snapshot.Profile{
		{ID: 7, Kind: wire.CommonProfile, RealName: wire.RealNamePassed, Contact: snapshot.Contact{Type: wire.Person, Name: "Ada Example", Zh: snapshot.ZhContact{City: "伦敦"}}},
		{ID: 9, Kind: wire.CNNICProfile, Default: true, RealName: wire.RealNameNone, Contact: snapshot.Contact{Type: wire.Organization}},
	}
	s := simulator.New(simulator.Options{Account: &snapshot.Account{Profiles: all}})
	if diff := cmp.Diff(all, s.State().Profiles); diff != "" {
		t.Error(diff)
	}
	if got := simulator.New(simulator.Options{}).State().Profiles; len(got) != 1 || !got[0].Default || got[0].Contact.Name != "Ada Example" {
		t.Errorf("got %+v", got)
	}
}
