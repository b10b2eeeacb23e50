package reader_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/simulator/distort"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// everything declares every attribute as the account of everythingHeld has it.
const everything = `
registrant_profile "legal" {
  type               = "enterprise"
  organization       = "Example Ltd"
  name               = "Ada Example"
  email              = "hostmaster@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000000"
  registries         = "common"
  default            = true
}

contact "legal" {
  type               = "enterprise"
  organization       = "Example Ltd"
  name               = "Ada Example"
  email              = "hostmaster@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000000"
}

account {
  emails = ["hostmaster@example.com"]
}

guard {
  max_change_percent              = 100
  max_registrant_changes          = 100
  registrant_transfer_prohibition = true
}

budget {
  amount   = 100000
  currency = "USD"
  per      = "month"
}

prices {
  com = { register = 10, renew = 11, redeem = 90 }
  net = { register = 10, renew = 11, redeem = 90 }
  org = { register = 10, renew = 11, redeem = 90 }
  art = { register = 10, renew = 11, redeem = 90 }
}

domain "example.com" {
  nameservers   = ["ns1.example.com", "ns2.example.net"]
  transfer_lock = true
  update_lock   = false
  registrant    = contact.legal
  admin         = contact.legal
  billing       = contact.legal
  tech          = contact.legal
  ds_records    = [{ key_tag = 2371, algorithm = 13, digest_type = 2, digest = "AB12CD34AB12CD34AB12CD34AB12CD34AB12CD34AB12CD34AB12CD34AB12CD34" }]
  hosts         = { ns1 = ["192.0.2.1", "2001:db8::1"] }
  renewal       = { min_days_left = 60, years = 1, max_price = 20 }
  redemption    = { max_price = 100 }
  privacy       = true
}

domain "example.net" {
  nameservers   = ["ns1.example.com", "ns2.example.net"]
  transfer_lock = false
  update_lock   = true
  ds_records    = []
  hosts         = { ns2 = ["192.0.2.2"] }
  privacy       = false
  lapse         = "not needed"
}

domain "example.art" {
  alidns  = true
  art     = { title = "Waves", maker = "Ada Example", subject = "water" }
  ens_address = "0x52908400098527886E0F7030069857D2E4169EE7"
  renewal = { min_days_left = 60, years = 1, max_price = 20 }
}

domain "example.org" {
  registration = { registrant_profile = 7, years = 1, max_price = 20 }
  nameservers  = ["ns1.example.com", "ns2.example.net"]
}

domain "taken.com" {
  registration = { registrant_profile = 7, years = 1, max_price = 20 }
}
`

// everythingHeld is the account that everything declares.
func everythingHeld(now time.Time) *snapshot.Account {
	legal := snapshot.Contact{
		Organization: "Example Ltd", Name: "Ada Example", Email: "hostmaster@example.com", Country: "GB", Province: "London", City: "London",
		Address: "1 Example Street", PostalCode: "N1 1AA", PhoneCountryCode: "44", Phone: "2000000000",
	}
	registrant := legal
	registrant.Type = wire.Organization
	contacts := func() map[wire.ContactType]snapshot.Contact {
		return map[wire.ContactType]snapshot.Contact{
			wire.RegistrantContact: registrant, wire.AdminContact: legal, wire.BillingContact: legal, wire.TechContact: legal,
		}
	}
	name := func(name string, nameservers ...string) snapshot.Domain {
		return snapshot.Domain{
			Name: name, Registered: now.AddDate(-1, 0, 0), Expires: now.AddDate(1, 0, 0), Nameservers: nameservers,
			TransferLock: wire.LockOff, UpdateLock: wire.LockOff, Contacts: contacts(), Privacy: new(false),
		}
	}
	com := name("example.com", "ns1.example.com", "ns2.example.net")
	com.TransferLock, com.Privacy = wire.LockOn, new(true)
	com.DSRecords = []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB12CD34", 8)}}
	com.Hosts = []snapshot.Host{{Name: "ns1.example.com", Addresses: []string{"192.0.2.1", "2001:db8::1"}}}
	net := name("example.net", "ns1.example.com", "ns2.example.net")
	net.UpdateLock = wire.LockOn
	net.Hosts = []snapshot.Host{{Name: "ns2.example.net", Addresses: []string{"192.0.2.2"}}}
	art := name("example.art", "dns1.hichina.com", "dns2.hichina.com")
	art.ENSAddress, art.Art = new("0x52908400098527886E0F7030069857D2E4169EE7"), &snapshot.Art{Title: "Waves", Maker: "Ada Example", Subject: "water"}
	org := name("example.org", "ns1.example.com", "ns2.example.net")
	return &snapshot.Account{
		ID: "1406926474064770", Domains: []snapshot.Domain{art, com, net, org},
		Emails:   []snapshot.Email{{Address: "hostmaster@example.com", Verified: true}},
		Profiles: []snapshot.Profile{{ID: 7, Kind: wire.CommonProfile, Default: true, RealName: wire.RealNamePassed, Contact: registrant}},
	}
}

// unpriced declares a renewal that is due, of which nobody but the service knows the
// price. The budget does not reach for it.
var unpriced = strings.NewReplacer(
	"amount   = 100000", "amount   = 5",
	"art = { register = 10, renew = 11, redeem = 90 }", "art = { register = 10 }",
	"  renewal = { min_days_left = 60, years = 1, max_price = 20 }\n", "  renewal = { min_days_left = 500, years = 2 }\n",
).Replace(everything)

// distorted plans everything through a client whose answers are distorted.
func distorted(t *testing.T, begin time.Time, operation string, d *distort.Distortion) (*planner.Live, *planner.Plan, *distort.Transport, map[string]int, error) {
	t.Helper()
	text := everything
	if operation == "QueryDomainRealTimePrice" {
		text = unpriced
	}
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text)}}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for i := range p.Domains {
		p.Domains[i].Settings.Critical = true // registry locks are read then
	}
	market := simulator.Market{Names: map[string]wire.Availability{"taken.com": wire.Taken}}
	given := simulator.Options{Seed: 1, Account: everythingHeld(begin), Market: market}
	options := reader.Options{}
	if operation == "ScrollDomainList" { // it is cheaper then, and the list tells no more
		options.PageSize, given.Readings.ListedAutoRenew = 1, "absent"
	}
	sim := simulator.New(given)
	sim.SetRegistryLock(given.Account.Domains[0].Name, begin.AddDate(1, 0, 0))
	through := &distort.Transport{Next: sim.Transport(), Operation: operation, Most: 2000}
	if d != nil {
		through.Distortion = *d
	} else {
		through.Change = func(_ int, members map[string]any) any { return members }
	}
	c, err := apiclient.New(apiclient.Config{
		Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: through, Attempts: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	live, err := reader.Fetch(t.Context(), c, p, options)
	if err != nil {
		return nil, nil, through, c.Stats(), err
	}
	live.ReadAt = begin
	return live, planner.Diff(planner.Input{Portfolio: p, Live: live}), through, c.Stats(), nil
}

// planReads are the operations that a plan may read: those of its interface. What
// lists a large account, and what tells prices, are called in plans of their own.
func planReads(t *testing.T, begin time.Time, called map[string]int) []string {
	t.Helper()
	var operations []string
	for _, own := range []string{"ScrollDomainList", "QueryDomainRealTimePrice"} {
		_, plan, _, calls, err := distorted(t, begin, own, nil)
		if err != nil || plan.Count(attr.Ready) > 0 || plan.Count(attr.Unknown) > 0 {
			t.Fatalf("nothing is wrong: %v, %v", err, statuses(plan))
		}
		called[own] = calls[own]
	}
	reader := reflect.TypeFor[reader.Service]()
	for i := range reader.NumMethod() {
		name := reader.Method(i).Name
		if called[name] == 0 {
			t.Errorf("a plan of everything does not call %s", name)
		}
		operations = append(operations, name)
	}
	if len(operations) == 0 {
		t.Fatal("a plan reads nothing")
	}
	return operations
}

// TestWrongAnswersAreNoFacts plans everything while one operation answers
// wrongly, in every way. Whatever the answer, nothing is sent, no name is
// missing, what is known is true, and what is not known is said.
func TestWrongAnswersAreNoFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		plain, plan, _, called, err := distorted(t, begin, "", nil)
		if err != nil || plan.Count(attr.Ready) > 0 || plan.Count(attr.Unknown) > 0 {
			t.Fatalf("nothing is wrong: %v, %v", err, statuses(plan))
		}
		missing := plan.Missing
		for _, operation := range planReads(t, begin, called) {
			plain := plain
			if operation == "QueryDomainRealTimePrice" { // of other files
				if plain, _, _, _, err = distorted(t, begin, operation, nil); err != nil {
					t.Fatal(err)
				}
			}
			wrong := distort.Wrong(wire.Lookup(operation))
			if len(wrong) < 15 {
				t.Errorf("%s has %d wrong answers", operation, len(wrong))
			}
			for _, d := range wrong {
				at := operation + ": " + d.Name
				live, plan, through, _, err := distorted(t, begin, operation, &d)
				if through.Changed() == 0 {
					t.Errorf("%s: nothing was changed", at)
				}
				if through.Overrun() {
					t.Errorf("%s: it does not end", at)
				}
				if err != nil {
					continue // nothing is planned
				}
				for i := range plan.Changes {
					if c := &plan.Changes[i]; c.Status == attr.Unknown && !strings.HasPrefix(c.Reason, "could not be read: ") {
						t.Errorf("%s: %s: nothing says why it is not known: %s", at, c.ID, c.Reason)
					}
					if plan.Changes[i].Status == attr.Ready {
						t.Errorf("%s: %s is ready: %v → %v", at, plan.Changes[i].ID, plan.Changes[i].Before, plan.Changes[i].After)
					}
				}
				if diff := cmp.Diff(missing, plan.Missing); diff != "" {
					t.Errorf("%s: missing: %s", at, diff)
				}
				if d := live.Domain("example.art"); d != nil && d.Renewal != nil && d.Renewal.Why != "" {
					d.Renewal = nil // it says that nobody knows the price
				}
				if problem := untrue(plain, live); problem != "" {
					t.Errorf("%s: %s", at, problem)
				}
			}
		}
	})
}

// untrue says what of a state is not as it is in the plain one: another value, or
// none without a word.
func untrue(plain, live *planner.Live) string {
	failed := make(map[string]snapshot.Facts)
	for _, f := range live.Failures {
		failed[f.Domain] |= f.Facts
		if f.Message == "" || f.Operation == "" || strings.Contains(f.Message, f.Operation) {
			return fmt.Sprintf("a read that failed says %q of %q", f.Message, f.Operation)
		}
	}
	for _, pair := range [][2][]snapshot.Domain{{plain.Domains, live.Domains}, {plain.Absent, live.Absent}} {
		for i := range pair[0] {
			d := &pair[0][i]
			at := slices.IndexFunc(pair[1], func(x snapshot.Domain) bool { return x.Name == d.Name })
			if at < 0 {
				return "the name is not there: " + d.Name
			}
			got := &pair[1][at]
			if problem := contradiction(d, got); problem != "" {
				return d.Name + ": " + problem
			}
		}
	}
	if live.Emails != nil && !reflect.DeepEqual(plain.Emails, live.Emails) && problemOfEmails(plain.Emails, live.Emails) {
		return fmt.Sprintf("the addresses are %v", live.Emails)
	}
	if live.Emails == nil && failed[""]&snapshot.Emails == 0 || live.Profiles == nil && failed[""]&snapshot.Profiles == 0 {
		return "nothing says why the account is not known"
	}
	return ""
}

// problemOfEmails compares addresses without the times of their mails.
func problemOfEmails(plain, live []snapshot.Email) bool {
	return !slices.EqualFunc(plain, live, func(x, y snapshot.Email) bool { return x.Address == y.Address && x.Verified == y.Verified })
}

// contradiction names a member of which a name tells another value than it has.
func contradiction(plain, live *snapshot.Domain) string {
	var want, got map[string]any
	for d, into := range map[*snapshot.Domain]*map[string]any{plain: &want, live: &got} {
		fact := *d
		fact.Row, fact.Read = "", nil // stand for a row that was told otherwise, and for when
		text, err := json.Marshal(&fact)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return err.Error()
		}
	}
	for _, member := range slices.Sorted(maps.Keys(got)) {
		if member == "premium_unknown" || member == "contacts" || strings.HasPrefix(member, "expires") && live.ExpiresUnclear {
			continue
		}
		for _, x := range []any{want[member], got[member]} {
			if offer, ok := x.(map[string]any); ok {
				delete(offer, "reason") // is only shown
			}
		}
		if !reflect.DeepEqual(want[member], got[member]) {
			return fmt.Sprintf("%s is %v, not %v", member, got[member], want[member])
		}
	}
	for role, c := range live.Contacts {
		if !reflect.DeepEqual(c, plain.Contacts[role]) {
			return fmt.Sprintf("the %s contact is %v", role, c)
		}
	}
	return ""
}

// TestEveryShapeTellsTheSame plans everything while one operation answers in
// other shapes, in all that are documented: the plan is the same, and nothing
// is unknown.
func TestEveryShapeTellsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, _, _, called, err := distorted(t, begin, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, operation := range planReads(t, begin, called) {
			_, plan, _, _, err := distorted(t, begin, operation, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := encoded(t, plan)
			for _, d := range distort.Shapes(wire.Lookup(operation)) {
				_, plan, through, _, err := distorted(t, begin, operation, &d)
				if err != nil || through.Changed() == 0 {
					t.Errorf("%s: %s: %v, %d answers changed", operation, d.Name, err, through.Changed())
					continue
				}
				if diff := cmp.Diff(want, encoded(t, plan)); diff != "" {
					t.Errorf("%s: %s: %s", operation, d.Name, diff)
				}
			}
		}
	})
}

func encoded(t *testing.T, p *planner.Plan) string {
	t.Helper()
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAbsentListsAreSaidOnce reads an account whose service leaves empty lists
// out: what is not known is said once, with the way out, and with that way
// everything is known.
func TestAbsentListsAreSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, absentLists := range []bool{false, true} {
			p := portfolio()
			account := &snapshot.Account{}
			for _, name := range []string{"a.com", "b.com", "c.com"} {
				account.Domains = append(account.Domains, live(name, "ns1.example.net", "ns2.example.net"))
				p.Domains = append(p.Domains, declare(name, map[string]attr.Value{"nameservers": hosts("ns1.example.org", "ns2.example.org")}))
			}
			sim := simulator.New(simulator.Options{Account: account, Readings: simulator.Readings{EmptyLists: "absent"}})
			c, err := apiclient.New(apiclient.Config{
				Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: sim.Transport(), AbsentLists: absentLists,
			})
			if err != nil {
				t.Fatal(err)
			}
			state, err := reader.Fetch(t.Context(), c, p, reader.Options{})
			if err != nil {
				t.Fatal(err)
			}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: state})
			said := 0
			for _, d := range plan.Diagnostics {
				if strings.Contains(d.Detail, `absent_lists = "none"`) {
					said++
				}
			}
			switch {
			case absentLists && (said > 0 || plan.Count(attr.Ready) != 3 || len(plan.Failures) > 0):
				t.Errorf("told that absent lists are empty: %v, %v, said %d times", statuses(plan), plan.Failures, said)
			case !absentLists && (said != 1 || plan.Count(attr.Ready) > 0 || plan.Count(attr.Unknown)+plan.Count(attr.Blocked) != 3):
				t.Errorf("not told: %v, said %d times", statuses(plan), said)
			}
			if calls := c.Stats()["QueryDSRecord"]; calls != 3 {
				t.Errorf("%d calls for the DS records of 3 names", calls)
			}
		}
	})
}

// TestOnlyARefusalProvesAbsence: a name is bought where the service refuses to
// tell of it, as of one that the account lacks, and not where an answer of
// success says so.
func TestOnlyARefusalProvesAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const files = `
budget {
  amount   = 1000
  currency = "USD"
  per      = "month"
}

prices {
  com = { register = 10 }
}

domain "new.com" {
  registration = { registrant_profile = 7, years = 1, max_price = 20 }
}
`
		p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(files)}}, config.Options{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		sim := simulator.New(simulator.Options{Seed: 1, Account: everythingHeld(time.Now())})
		for instead, want := range map[string]int{"": 1, `{"RequestId":"R-1","Code":"DomainNotExist","Message":"no such name"}`: 0, `{}`: 0} {
			c, err := apiclient.New(apiclient.Config{
				Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Attempts: 2,
				Transport: answering{sim.Transport(), "QueryDomainByDomainName", instead},
			})
			if err != nil {
				t.Fatal(err)
			}
			live, err := reader.Fetch(t.Context(), c, p, reader.Options{Account: "1406926474064770"})
			got := 0
			if err == nil {
				got = planner.Diff(planner.Input{Portfolio: p, Live: live}).Count(attr.Ready)
			}
			if got != want {
				t.Errorf("answered %q, %d changes are ready, not %d: %v", instead, got, want, err)
			}
		}
	})
}

// answering gives one answer of success to all calls of an operation, unless the
// answer is empty.
type answering struct {
	next              http.RoundTripper
	operation, answer string
}

// RoundTrip answers a call; see [http.RoundTripper].
func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if a.answer != "" && strings.Contains(string(form), "Action="+a.operation+"&") {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.answer))}, nil
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(strings.NewReader(string(form)))
	return a.next.RoundTrip(r)
}

// TestUntoldMembersChangeNoContact: where only that of a contact differs which
// the answer leaves out, nothing is sent and somebody is told. What the answer
// tells is a fact, and so is what else differs.
func TestUntoldMembersChangeNoContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for member, declared := range map[string]string{
			"TelExt": `phone_extension = "12"`, "ZhRegistrantOrganization": "zh {\norganization = \"示例\"\n}", "ZhRegistrantName": "zh {\nname = \"示例\"\n}",
			"ZhProvince": "zh {\nprovince = \"示例\"\n}", "ZhCity": "zh {\ncity = \"示例\"\n}", "ZhAddress": "zh {\naddress = \"示例\"\n}",
		} {
			absent := func(answer map[string]any) { delete(answer, member) }
			set := func(value any) func(map[string]any) { return func(answer map[string]any) { answer[member] = value } }
			for how, test := range map[string]struct {
				change func(answer map[string]any)
				city   string
				want   attr.Status
			}{
				"absent":                   {absent, "London", attr.Unknown},
				"null":                     {set(nil), "London", attr.Unknown},
				"not understood":           {set([]any{1}), "London", attr.Unknown},
				"empty":                    {set(""), "London", attr.Ready},
				"another":                  {set("1"), "London", attr.Ready},
				"absent, and another city": {absent, "Leeds", attr.Ready},
			} {
				for _, role := range wire.ContactType("").Known() {
					if c := contactPlan(t, role, declared, test.city, test.change); c.Status != test.want || test.want == attr.Unknown && !strings.HasPrefix(c.Reason, "could not be read: ") {
						t.Errorf("%s, %s: %s is %s: %s", member, how, role, c.Status, c.Reason)
					}
				}
			}
		}
	})
}

// contactPlan returns the change of a contact of example.com, of which something
// more is declared than everything declares, and the answer is changed.
func contactPlan(t *testing.T, role, more, city string, change func(answer map[string]any)) attr.Change {
	t.Helper()
	files := everything[strings.Index(everything, `contact "legal"`):strings.Index(everything, "budget {")]
	files = strings.Replace(files, `city               = "London"`, fmt.Sprintf("city = %q\n%s", city, more), 1)
	files += "domain \"example.com\" {\n" + role + " = contact.legal\n}\n"
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(files)}}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	sim := simulator.New(simulator.Options{Seed: 1, Account: everythingHeld(time.Now())})
	through := &distort.Transport{Next: sim.Transport(), Operation: "QueryContactInfo", Most: 2000, Distortion: distort.Distortion{
		Change: func(_ int, answer map[string]any) any {
			change(answer)
			return answer
		},
	}}
	c, err := apiclient.New(apiclient.Config{Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: through, Attempts: 2})
	if err != nil {
		t.Fatal(err)
	}
	live, err := reader.Fetch(t.Context(), c, p, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := planner.Diff(planner.Input{Portfolio: p, Live: live})
	at := slices.IndexFunc(plan.Changes, func(c attr.Change) bool { return c.Attribute == role })
	if at < 0 {
		t.Fatalf("nothing is planned of %s: %v", role, statuses(plan))
	}
	return plan.Changes[at]
}

// TestWrongAnswersSendNoMail: while the link of a mail may be good, no answer
// about the addresses has another mail sent.
func TestWrongAnswersSendNoMail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte("account {\n  emails = [\"ada@example.com\"]\n}\n")}}, config.Options{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		nothing := distort.Distortion{Change: func(_ int, answer map[string]any) any { return answer }}
		for _, d := range append(distort.Wrong(wire.Lookup("ListEmailVerification")), nothing) {
			sim := simulator.New(simulator.Options{Seed: 1, Account: &snapshot.Account{
				Domains: []snapshot.Domain{live("example.com", "ns1.example.net")},
				Emails:  []snapshot.Email{{Address: "ada@example.com", Sent: time.Now().Add(-time.Hour)}},
			}})
			through := &distort.Transport{Next: sim.Transport(), Operation: "ListEmailVerification", Most: 2000, Distortion: d}
			c, err := apiclient.New(apiclient.Config{Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: through, Attempts: 2})
			if err != nil {
				t.Fatal(err)
			}
			state, err := reader.Fetch(t.Context(), c, p, reader.Options{})
			if err != nil {
				continue
			}
			plan := planner.Diff(planner.Input{Portfolio: p, Live: state})
			if plan.Count(attr.Ready) > 0 || through.Changed() == 0 || d.Name == "" && plan.Count(attr.Waiting) != 1 {
				t.Errorf("%s: %v", d.Name, statuses(plan))
			}
		}
	})
}

// TestUntoldMembersChangeNoProfile: a profile of which only that differs which
// the answer leaves out is not saved again; what the answer tells is a fact.
func TestUntoldMembersChangeNoProfile(t *testing.T) {
	files := everything[strings.Index(everything, `registrant_profile "legal"`):strings.Index(everything, `contact "legal"`)]
	files = strings.Replace(files, "registries ", "phone_extension = \"12\"\nregistries ", 1)
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(files)}}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	declared := everythingHeld(time.Now()).Profiles[0]
	declared.Contact.PhoneExtension = "12"
	for name, test := range map[string]struct {
		change func(c *snapshot.Contact)
		want   string
	}{
		"absent":                   {func(c *snapshot.Contact) { c.PhoneExtension, c.Lacks = "", "phone_extension" }, "unknown"},
		"empty":                    {func(c *snapshot.Contact) { c.PhoneExtension = "" }, "ready"},
		"another":                  {func(c *snapshot.Contact) { c.PhoneExtension = "3" }, "ready"},
		"the same":                 {func(*snapshot.Contact) {}, ""},
		"absent, and another city": {func(c *snapshot.Contact) { c.PhoneExtension, c.Lacks, c.City = "", "phone_extension", "Leeds" }, "ready"},
	} {
		held := declared
		test.change(&held.Contact)
		live := account()
		live.Profiles = []snapshot.Profile{held}
		got := ""
		for _, c := range planner.Diff(planner.Input{Portfolio: p, Live: live}).Changes {
			if c.Attribute == attr.RegistrantProfile {
				got = string(c.Status)
			}
		}
		if got != test.want {
			t.Errorf("%s: the change is %q, want %q", name, got, test.want)
		}
	}
}
