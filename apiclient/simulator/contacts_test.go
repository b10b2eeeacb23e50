package simulator_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// contact returns a contact of a name.
func (w *world) contact(name string, role wire.ContactType) wire.Contact {
	w.Helper()
	return ask[wire.QueryContactInfoResponse](w, &wire.QueryContactInfoRequest{DomainName: name, ContactType: role}).Contact
}

// does requires that a call for one name saves a task that does its work.
func (w *world) does(r wire.Request) {
	w.Helper()
	if d := w.end(r); d.TaskStatus != wire.DetailSuccess {
		w.Fatalf("got %+v", d)
	}
}

func byData(role wire.ContactType, names ...string) *wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest {
	return &wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest{
		DomainName: names, ContactType: role, RegistrantType: wire.Person, Contact: adaContact(),
		ZhContact: wire.ZhContact{ZhCity: "代顿"},
	}
}

func byProfile(role wire.ContactType, id int64, names ...string) *wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest {
	return &wire.SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest{DomainName: names, ContactType: role, RegistrantProfileID: id}
}

func one(role wire.ContactType, id int64, name string) *wire.SaveSingleTaskForUpdatingContactInfoRequest {
	return &wire.SaveSingleTaskForUpdatingContactInfoRequest{DomainName: name, ContactType: role, RegistrantProfileID: id}
}

// isAda checks that a task gave example.net Ada as a contact, and only there.
func isAda(role wire.ContactType) func(w *world, answer wire.Response) {
	return seen(func(w *world, answer *wire.TaskResponse) {
		d := w.detail(answer.TaskNo)
		if d.TaskStatus != wire.DetailSuccess || d.TaskType != role.Task() {
			w.Fatalf("got %+v", d)
		}
		if diff := cmp.Diff(adaContact(), w.contact("example.net", role)); diff != "" {
			w.Error(diff)
		}
		for _, other := range role.Known() {
			if wire.ContactType(other) != role && w.contact("example.net", wire.ContactType(other)) == adaContact() {
				w.Errorf("she is its %s contact, too", other)
			}
		}
		want := []string{taskWord[role] + " Succeeded: Example Ltd, Ada Example, hostmaster@example.com -> Ada Lovelace, Ada Lovelace, ada@example.com"}
		if diff := cmp.Diff(want, w.changes("example.net")); diff != "" {
			w.Error(diff)
		}
	})
}

var taskWord = map[wire.ContactType]string{
	wire.RegistrantContact: "Registrant Modification", wire.AdminContact: "Administrative Contact Modification",
	wire.TechContact: "Technical Contact Modification",
}

var contactBehaviours = map[string]behaviour{
	"QueryContactInfo": {
		good: func(*world) wire.Request {
			return &wire.QueryContactInfoRequest{DomainName: "example.net", ContactType: wire.AdminContact}
		},
		seen: seen(func(w *world, answer *wire.QueryContactInfoResponse) {
			if answer.RegistrantOrganization != "Example Ltd" || answer.ZhCity != "London" || !answer.CreateDate.Equal(three().Domains[1].Registered) {
				w.Errorf("got %+v", answer)
			}
		}),
	},
	"VerifyContactField": {
		good: func(*world) wire.Request {
			return &wire.VerifyContactFieldRequest{DomainName: "other.example", RegistrantType: wire.Person, Contact: adaContact()}
		},
		seen: seen(func(w *world, answer *wire.DoneResponse) {
			if answer.RequestID == "" {
				w.Error("the answer has no request ID")
			}
		}),
		refused: []refusal{
			{&wire.VerifyContactFieldRequest{DomainName: "example.invalid"}, "DomainSuffixUnsupported"},
			{&wire.VerifyContactFieldRequest{DomainName: "www.example.com"}, "InvalidDomainName"},
			{&wire.VerifyContactFieldRequest{DomainName: "co.uk"}, "InvalidDomainName"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{Email: "nobody"}}, "InvalidEmail"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{Country: "gb"}}, "InvalidCountry"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{Telephone: "+44 20"}}, "InvalidTelephone"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{TelArea: "+44"}}, "InvalidTelArea"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{RegistrantName: "埃达"}}, "InvalidRegistrantName"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{City: " London"}}, "InvalidCity"},
			{&wire.VerifyContactFieldRequest{Contact: wire.Contact{PostalCode: "?"}}, "InvalidPostalCode"},
		},
	},
	"SaveBatchTaskForUpdatingContactInfoByNewContact": {
		good: func(*world) wire.Request { return byData(wire.AdminContact, "example.net") },
		seen: isAda(wire.AdminContact),
		refused: []refusal{
			{byData(wire.RegistrantContact, "example.net"), "RegContactEmailNotVerified"},
			{&wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest{
				DomainName: []string{"example.net"}, ContactType: wire.TechContact, RegistrantType: wire.Person,
			}, "MissingRegistrantOrganization"},
		},
		others: map[string]func(w *world){
			"a name that the account lacks": failing(byData(wire.TechContact, "other.example"), "does not exist"),
			"a locked name":                 failing(byData(wire.TechContact, "example.com"), "locked"),
			"a registrant": func(w *world) {
				w.verified(ada)
				w.does(byData(wire.RegistrantContact, "example.net"))
				d := w.domain("example.net")
				if d.RegistrantOrganization != "Ada Lovelace" || d.RegistrantType != wire.Person || d.Email != ada ||
					d.EmailVerificationStatus != wire.EmailVerified || d.RegistrantUpdatingStatus != wire.UpdatingNormal || d.RealNameStatus != wire.RealNameSucceeded {
					w.Errorf("got %+v", d)
				}
				var mailed []string
				for _, m := range w.s.Mail() {
					if strings.Contains(m.Subject, "example.net") {
						mailed = append(mailed, m.Address)
					}
				}
				if want := []string{"hostmaster@example.com", ada}; !slices.Equal(mailed, want) {
					w.Errorf("mail went to %v, want %v", mailed, want)
				}
			},
			"a busy name": func(w *world) {
				w.slow(time.Minute)
				w.call(byData(wire.TechContact, "example.net"))
				if got := w.code(byData(wire.TechContact, "xn--bcher-kva.example", "example.net")); got != "TaskIsBeingProcessed" {
					w.Errorf("got %q", got)
				}
				w.call(byData(wire.AdminContact, "example.net")) // another contact
			},
		},
	},
	"SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId": {
		good: func(w *world) wire.Request { return byProfile(wire.TechContact, w.made(), "example.net") },
		seen: isAda(wire.TechContact),
		refused: []refusal{
			{byProfile(wire.TechContact, 4711, "example.net"), "ContactTemplateNotExist"},
		},
		others: map[string]func(w *world){
			"a name that the account lacks": failing(byProfile(wire.TechContact, ourProfile, "other.example"), "does not exist"),
			"a locked name":                 failing(byProfile(wire.TechContact, ourProfile, "example.com"), "locked"),
			"an address that is not verified": func(w *world) {
				if got := w.code(byProfile(wire.RegistrantContact, w.made(), "example.net")); got != "RegContactEmailNotVerified" {
					w.Errorf("got %q", got)
				}
			},
			"the real name of the profile": func(w *world) {
				id := w.made()
				w.verified(ada)
				w.does(byProfile(wire.RegistrantContact, id, "example.net"))
				if got := w.domain("example.net").RealNameStatus; got != wire.RealNameNone {
					w.Errorf("got %s", got)
				}
			},
		},
	},
	"SaveSingleTaskForUpdatingContactInfo": {
		good: func(w *world) wire.Request {
			w.verified(ada)
			r := one(wire.RegistrantContact, w.made(), "example.net")
			r.InstanceID = "S2"
			return r
		},
		seen: isAda(wire.RegistrantContact),
		refused: []refusal{
			{one(wire.TechContact, 4711, "example.net"), "ContactTemplateNotExist"},
			{one(wire.TechContact, ourProfile, "other.example"), "DomainNotExist"},
			{&wire.SaveSingleTaskForUpdatingContactInfoRequest{
				DomainName: "example.net", ContactType: wire.TechContact, RegistrantProfileID: ourProfile, InstanceID: "S9",
			}, "DomainNotExist"},
		},
		others: map[string]func(w *world){
			"a locked name": failing(one(wire.TechContact, ourProfile, "example.com"), "locked"),
			"a busy name": func(w *world) {
				w.slow(time.Minute)
				w.call(one(wire.TechContact, ourProfile, "example.net"))
				if got := w.code(one(wire.TechContact, ourProfile, "example.net")); got != "TaskIsBeingProcessed" {
					w.Errorf("got %q", got)
				}
			},
		},
	},
	"SaveBatchTaskForDomainNameProxyService": {
		good: func(*world) wire.Request { return privacy("example.net", "") },
		seen: seen(func(w *world, answer *wire.TaskResponse) {
			if d := w.detail(answer.TaskNo); d.TaskStatus != wire.DetailSuccess || d.TaskType != wire.TaskWhoisPrivacy {
				w.Errorf("got %+v", d)
			}
			if !w.domain("example.net").DomainNameProxyService || w.domain("example.com").DomainNameProxyService {
				w.Error("it is not example.net alone that is private")
			}
			if diff := cmp.Diff([]string{"Privacy Protection Setting Succeeded: OFF -> ON"}, w.changes("example.net")); diff != "" {
				w.Error(diff)
			}
		}),
		others: map[string]func(w *world){
			"a name that the account lacks": failing(privacy("other.example", ""), "does not exist"),
			"a locked name":                 failing(privacy("example.com", ""), "locked"),
			"the privacy service of CNNIC":  failing(privacy("example.net", "cnnicRegistryService"), "suffix"),
		},
	},
}

func privacy(name, service string) *wire.SaveBatchTaskForDomainNameProxyServiceRequest {
	return &wire.SaveBatchTaskForDomainNameProxyServiceRequest{DomainName: []string{name}, Status: true, ServiceType: service}
}

// TestNewRegistrantsShowLater: the task is over before the registry is.
func TestNewRegistrantsShowLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{})
		w.verified(ada)
		if err := w.s.SetFaults(simulator.Faults{RegistrantUpdate: simulator.Range{Min: time.Hour}}); err != nil {
			t.Fatal(err)
		}
		w.does(byData(wire.RegistrantContact, "example.net"))
		time.Sleep(time.Hour - 1)
		if d := w.domain("example.net"); d.RegistrantUpdatingStatus != wire.UpdatingPending || d.RegistrantOrganization != "Example Ltd" {
			t.Errorf("got %+v", d)
		}
		if got := w.contact("example.net", wire.RegistrantContact).RegistrantName; got != "Ada Example" {
			t.Errorf("got %s", got)
		}
		if d := w.s.State().Domain("example.net"); d.RegistrantUpdating != wire.UpdatingPending || d.Contacts != nil {
			t.Errorf("got %+v", d)
		}
		w.fails(byData(wire.RegistrantContact, "example.net"), "being changed")
		w.does(byData(wire.TechContact, "example.net"))
		time.Sleep(time.Nanosecond)
		if d := w.domain("example.net"); d.RegistrantUpdatingStatus != wire.UpdatingNormal || d.RegistrantOrganization != "Ada Lovelace" {
			t.Errorf("got %+v", d)
		}
		d := w.s.State().Domain("example.net")
		if got := d.Contacts[wire.RegistrantContact]; got.Type != wire.Person || got.Email != ada || len(d.Contacts) != 2 {
			t.Errorf("got %+v", d)
		}
	})
}

// TestNewRegistrantsStay: where that is asked for, the name cannot be
// transferred out for 60 days.
func TestNewRegistrantsStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{})
		w.verified(ada)
		change := byData(wire.RegistrantContact, "example.net")
		w.does(change)
		w.does(queryKey("example.net"))
		change.TransferOutProhibited = new(true)
		w.does(change)
		time.Sleep(60*24*time.Hour - 1)
		w.fails(queryKey("example.net"), "registrant")
		time.Sleep(time.Nanosecond)
		w.does(queryKey("example.net"))
	})
}
