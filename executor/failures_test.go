package executor_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/planner"
)

// A trial makes the change of an attribute call an operation. One without a
// value has the attribute's example, over a name that has something else.
type trial struct {
	value string
	more  string // what else the files declare
	live  func(a *snapshot.Account, d *snapshot.Domain)
}

// trials are those of operations that the examples do not call, or not once.
var trials = map[string]trial{
	"SaveSingleTaskForModifyingDSRecord": {live: func(_ *snapshot.Account, d *snapshot.Domain) { d.DSRecords = oldKey() }},
	"SaveSingleTaskForDeletingDSRecord":  {value: `[]`, live: func(_ *snapshot.Account, d *snapshot.Domain) { d.DSRecords = oldKey() }},
	"SaveSingleTaskForCreatingDnsHost":   {value: `{ ns1 = ["192.0.2.1"] }`}, // elements go one after the other
	"SaveSingleTaskForModifyingDnsHost": {value: `{ ns1 = ["192.0.2.1"] }`, live: func(_ *snapshot.Account, d *snapshot.Domain) {
		d.Hosts = []snapshot.Host{{Name: "ns1." + d.Name, Addresses: []string{"192.0.2.9"}}}
	}},
	"SaveSingleTaskForDeletingDnsHost": {value: `{ ns1 = [] }`, live: func(_ *snapshot.Account, d *snapshot.Domain) {
		d.Hosts = []snapshot.Host{{Name: "ns1." + d.Name, Addresses: []string{"192.0.2.9"}}}
	}},
	"SaveSingleTaskForDisassociatingEns": {value: `""`, live: func(_ *snapshot.Account, d *snapshot.Domain) {
		d.ENSAddress = new("0x52908400098527886e0f7030069857d2e4169ee7")
	}},
	"SaveSingleTaskForUpdatingContactInfo": {
		value: "registrant_profile.bob", more: "registrant_profile \"bob\" {\nid = 7\n}\n", live: halfAProfile,
	},
	"SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId": {
		value: "registrant_profile.bob", more: "registrant_profile \"bob\" {\nid = 7\n}\nlimits {\nbatch_profiles = true\n}\n", live: bobsProfile,
	},
	"SubmitEmailVerification": {value: `["new@example.com"]`},
	"ResendEmailVerification": {value: `["late@example.com"]`, live: func(a *snapshot.Account, _ *snapshot.Domain) {
		a.Emails = []snapshot.Email{{Address: "late@example.com", Sent: time.Now().AddDate(0, 0, -4)}}
	}},
	"DeleteEmailVerification":     {value: `[{ address = "bob@example.com", delete = true }]`},
	"SetDefaultRegistrantProfile": {more: "registrant_profile \"bob\" {\nid = 7\ndefault = true\n}\n", live: bobsProfile},
	"DeleteRegistrantProfile":     {more: "registrant_profile \"bob\" {\nid = 7\ndelete = true\n}\n", live: bobsProfile},
	"SaveRegistrantProfile": {more: `
registrant_profile "eve" {
  type               = "individual"
  organization       = "Eve Example"
  name               = "Eve Example"
  email              = "bob@example.com"
  country            = "GB"
  province           = "Kent"
  city               = "Dover"
  address            = "3 Example Street"
  postal_code        = "CT16 1AA"
  phone_country_code = "44"
  phone              = "1300000000"
}
`},
}

// oldKey is another digest of the key of the example.
func oldKey() []snapshot.DSRecord {
	return []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("AB", 20)}}
}

// bobsProfile gives the account a second profile.
func bobsProfile(a *snapshot.Account, _ *snapshot.Domain) {
	bob := snapshot.Contact{
		Type: wire.Person, Organization: "Bob Example", Name: "Bob Example", Email: "bob@example.com", Country: "GB", Province: "Kent",
		City: "Deal", Address: "2 Example Road", PostalCode: "CT14 6AA", PhoneCountryCode: "44", Phone: "1304000000",
	}
	a.Profiles = []snapshot.Profile{
		{ID: 7, Kind: wire.CommonProfile, RealName: wire.RealNamePassed, Contact: bob},
		{ID: 8, Kind: wire.CommonProfile, RealName: wire.RealNamePassed, Default: true, Contact: snapshot.Contact{Organization: "Example Ltd"}},
	}
}

// halfAProfile gives the account a second profile that lacks something, so that it
// cannot be sent as data.
func halfAProfile(a *snapshot.Account, d *snapshot.Domain) {
	bobsProfile(a, d)
	a.Profiles[0].Contact.PostalCode = ""
}

const triedName = "sunrise.art" // all attributes are known there

// try returns the world of a trial.
func try(t *testing.T, a *attr.Attribute, operation string, faults ...simulator.Fault) *world {
	x := trials[operation]
	if x.value == "" {
		x.value = a.Doc.Example
	}
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	d := blank(triedName, a.Locked)
	if setup := setups[a.Name]; setup != nil {
		setup(&d)
	}
	if x.live != nil {
		x.live(account, &d)
	}
	if d.Name != "" {
		account.Domains = []snapshot.Domain{d}
	}
	text := rules + x.more
	switch values := map[string]string{a.Name: x.value}; {
	case a.Locked:
		values[attr.UpdateLock], values["temporary_unlock"] = "true", "true"
		fallthrough
	case a.ObserveAccount == nil:
		text += block(triedName, values)
	case a.Name == attr.EmailAddresses:
		text = strings.Replace(text, "account {", "account {\nemails = "+x.value, 1)
	}
	o := everyDoor(account)
	o.Faults.Rules = faults
	return newWorldOf(t, loadText(t, text), o)
}

// everyOperation runs a test for each operation that the attributes call.
func everyOperation(t *testing.T, attributes []*attr.Attribute, test func(t *testing.T, a *attr.Attribute, operation string)) {
	for _, a := range attributes {
		for operation := range strings.SplitSeq(a.Doc.Calls, ", ") {
			if operation != "" {
				t.Run(a.Name+", "+operation, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { test(t, a, operation) })
				})
			}
		}
	}
}

// TestFailureOfEveryAttribute lets each operation that an attribute calls fail,
// first its call and then its task: the report says what failed and why, no
// lock stays open, and the next plan has the change again. When the service has
// come to its senses it is made.
func TestFailureOfEveryAttribute(t *testing.T) {
	t.Parallel()
	everyOperation(t, attr.All(), func(t *testing.T, a *attr.Attribute, operation string) {
		w := try(t, a, operation, simulator.Fault{
			Kind: simulator.Fail5xx, Operation: operation, Status: 400, Code: "InvalidProductId", Message: "The service says no.",
		})
		ids := w.calling(operation)
		w.fails(a, ids, "InvalidProductId", "The service says no.")
		if wire.Lookup(operation).Async() {
			w.setFaults(simulator.Fault{Kind: simulator.FailDetail, Operation: operation, Message: "The registry says no."})
			w.fails(a, w.calling(operation), "", "The registry says no.")
		}
		if again := w.calling(operation); !slices.Equal(again, ids) {
			t.Errorf("the next plan has %v, not %v", again, ids)
		}
		w.recovers()
	})
}

// TestSilenceAboutEveryAttribute lets the calls of each operation have no
// answer: one that had its effect is not sent again, and while nobody knows
// about one that had none, the next plan does not offer it. When it is known, it
// is made, once.
func TestSilenceAboutEveryAttribute(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what the journal makes of silence is tested elsewhere; here it is with every attribute")
	}
	everyOperation(t, attr.All(), func(t *testing.T, a *attr.Attribute, operation string) {
		w := try(t, a, operation, simulator.Fault{Kind: simulator.Lose, Operation: operation, Count: 1})
		ids := w.calling(operation)
		w.counts(w.mustApply(), standings{executor.Verified: len(ids)}, 0)
		w.converged()

		w = try(t, a, operation, simulator.Fault{Kind: simulator.Reset, Operation: operation})
		w.interruptAfter(time.Minute)
		w.counts(w.mustApply(), standings{executor.InDoubt: len(ids)}, 5)
		w.mustPlan(func(p *planner.Plan) {
			if n := p.Count(attr.InDoubt); n != len(ids) || p.Count(attr.Ready) > 0 {
				t.Errorf("the next plan has %d changes in doubt, not %d: %+v", n, len(ids), p.Changes)
			}
		})
		w.stop = nil
		w.recovers()
		w.onceEach()
	})
}

// TestLockAroundEveryAttribute lets the update lock not open, and then not
// close, for each operation that it blocks.
func TestLockAroundEveryAttribute(t *testing.T) {
	t.Parallel()
	locked := slices.DeleteFunc(attr.All(), func(a *attr.Attribute) bool { return !a.Locked })
	everyOperation(t, locked, func(t *testing.T, a *attr.Attribute, operation string) {
		w := try(t, a, operation, simulator.Fault{Kind: simulator.FailDetail, Operation: updateLock})
		ids := w.calling(operation)
		w.counts(w.mustApply(), standings{executor.Failed: 1, executor.NotSent: len(ids)}, 4)
		if n := w.sim.Stats()[operation]; n > 0 {
			t.Errorf("%d calls although the lock is on", n)
		}
		w.setFaults(simulator.Fault{Kind: simulator.FailDetail, Operation: updateLock, From: 2})
		r := w.mustApply()
		w.counts(r, standings{executor.Failed: 1, executor.Verified: len(ids)}, 4)
		if !slices.Equal(r.Unlocked, []string{triedName}) {
			t.Errorf("the report says that %v are unlocked", r.Unlocked)
		}
		w.recovers()
	})
}

// fails applies, and checks that the changes fail for a reason that the report
// tells, and that no lock stays open.
func (w *world) fails(a *attr.Attribute, ids []string, code, message string) {
	w.t.Helper()
	r := w.mustApply()
	w.counts(r, standings{executor.Failed: len(ids)}, 4)
	w.saysWhy(r, a, code, message)
	if a.Name != attr.UpdateLock {
		w.allLocked()
	}
}

func (w *world) setFaults(rules ...simulator.Fault) {
	w.t.Helper()
	if err := w.sim.SetFaults(simulator.Faults{Rules: rules}); err != nil {
		w.t.Fatal(err)
	}
}

// calling returns the ready changes that call an operation.
func (w *world) calling(operation string) (ids []string) {
	w.t.Helper()
	w.mustPlan(func(p *planner.Plan) {
		for _, c := range p.Changes {
			if c.Status == attr.Ready && wire.OperationOf(c.Steps[0].Request).Name == operation {
				ids = append(ids, c.ID)
			}
		}
	})
	if len(ids) == 0 {
		w.t.Fatalf("nothing calls %s: trials has to prepare it", operation)
	}
	return ids
}

// saysWhy checks that a report names what failed, and what the service said.
func (w *world) saysWhy(r *executor.Report, a *attr.Attribute, code, message string) {
	w.t.Helper()
	var text strings.Builder
	if err := render.ReportText(&text, r, 0); err != nil {
		w.t.Fatal(err)
	}
	for _, c := range r.Changes {
		if c.Code != code || c.Message != message || c.Attribute != a.Name || c.RequestID == "" {
			w.t.Errorf("got %+v, want %s: %s", c, code, message)
		}
		subject := c.ID
		if c.Domain != "" {
			subject = strings.TrimSpace(c.Domain + " " + c.Element)
		}
		for _, words := range []string{a.Name + " failed; the next apply tries again", subject + "  ", code, message, c.RequestID} {
			if !strings.Contains(text.String(), words) {
				w.t.Errorf("the report does not say %q:\n%s", words, text.String())
			}
		}
	}
}

// recovers applies without faults until nothing is left to do.
func (w *world) recovers() {
	w.t.Helper()
	w.setFaults()
	for _, c := range w.mustApply().Changes {
		if c.Result != executor.Verified {
			w.t.Errorf("without the fault: %+v", c)
		}
	}
	w.settled()
	w.bought(-1)
}
