package attr_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// eval evaluates an HCL expression without variables.
func eval(t *testing.T, src string) cty.Value {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return v
}

func TestEveryAttributeIsComplete(t *testing.T) {
	if len(attr.All()) == 0 {
		t.Fatal("the table is empty")
	}
	seen := make(map[string]bool)
	for _, a := range attr.All() {
		t.Run(a.Name, func(t *testing.T) {
			if seen[a.Name] {
				t.Error("stands twice in the table")
			}
			seen[a.Name] = true
			if attr.Lookup(a.Name) != a {
				t.Error("Lookup does not find it")
			}
			if a.Facts == 0 || a.Hazard == "" {
				t.Error("facts or hazard missing")
			}
			d := a.Doc
			for _, part := range []string{d.Type, d.Summary, d.Example, d.Reads, d.Notes} {
				if part == "" {
					t.Errorf("the documentation lacks a part: %+v", d)
				}
			}
			for operation := range strings.SplitSeq(d.Calls, ", ") {
				if d.Calls != "" && wire.Lookup(operation) == nil {
					t.Errorf("it calls %q, which is no operation", operation)
				}
			}
		})
	}
}

// TestEveryValueHasOneForm takes each attribute's own example through all the
// forms that a value has.
func TestEveryValueHasOneForm(t *testing.T) {
	for _, a := range attr.All() {
		t.Run(a.Name, func(t *testing.T) {
			v, problems := a.Decode(eval(t, a.Doc.Example))
			if len(problems) > 0 {
				t.Fatalf("its example has problems: %v", problems)
			}
			again, problems := a.Decode(a.Cty(v))
			if len(problems) > 0 || !again.Equal(v) {
				t.Errorf("written as HCL and read again it is %v (%v), not %v", again, problems, v)
			}
			data, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			back, err := a.Unmarshal(data)
			if err != nil || !back.Equal(v) {
				t.Errorf("written as JSON and read again it is %v (%v), not %v", back, err, v)
			}
			if none, err := a.Unmarshal([]byte("null")); none != nil || err != nil {
				t.Errorf("null is %v (%v), not nothing", none, err)
			}
		})
	}
}

// TestDocumentationFollowsWhatAttributesDo: no call is documented of an attribute
// that changes nothing, and some of each other one. What an attribute does is
// never told by its documentation.
func TestDocumentationFollowsWhatAttributesDo(t *testing.T) {
	for _, a := range attr.All() {
		if documented := a.Doc.Calls != ""; documented == a.Inert {
			t.Errorf("%s: inert %v, and its calls are documented as %q", a.Name, a.Inert, a.Doc.Calls)
		}
	}
}

// TestEveryChangeNamesItself checks what journals and plans rely on.
func TestEveryChangeNamesItself(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	const name = "example.art" // all attributes are known there
	live := &snapshot.Domain{
		Name: name, InstanceID: "S1", Expires: now.AddDate(0, 0, 20), TransferOut: wire.TransferOutNormal, Nameservers: []string{"ns1.example.org"}, Hosts: []snapshot.Host{},
		TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{},
		Privacy: new(bool), AutoRenew: new(bool), ENSAddress: new(string), Art: new(snapshot.Art),
		Contacts:           map[wire.ContactType]snapshot.Contact{"registrant": {}, "admin": {}, "billing": {}, "tech": {}},
		RegistrantUpdating: wire.UpdatingNormal,
	}
	account := &snapshot.Account{Emails: []snapshot.Email{{Address: "ada@example.com", Verified: true}}}
	for _, a := range attr.OfNames() {
		t.Run(a.Name, func(t *testing.T) {
			v, _ := a.Decode(eval(t, a.Doc.Example))
			live := *live
			account := *account
			switch live.Status = wire.Normal; a.Name {
			case attr.RedemptionName:
				live.Status = wire.NeedsRedemption
			case attr.RegistrationName:
				live.Offer = &snapshot.Offer{Availability: wire.Available}
				account.Profiles = []snapshot.Profile{{ID: 7, RealName: wire.RealNamePassed, Contact: snapshot.Contact{Organization: "Example Ltd"}}}
			}
			if !a.For(name) || !live.Has(a.Facts) {
				t.Fatal("the name lacks what it needs")
			}
			in := attr.Input{Name: name, Desired: v, Live: &live, Account: &account, Declares: func(string) bool { return false }, Now: now}
			in.Policy.TransferProhibition = new(true)
			changes := a.Changes(in)
			if len(changes) == 0 && !a.Inert {
				t.Fatal("its example changes nothing of a name that has something else")
			}
			for _, c := range changes {
				if !strings.HasPrefix(c.ID, name+"/"+a.Name) || c.Attribute != a.Name || c.Status != attr.Ready {
					t.Errorf("change %+v does not name itself", c)
				}
				for _, s := range c.Steps {
					if err := wire.Validate(s.Request); err != nil {
						t.Error(err)
					}
					if names := wire.Names(s.Request); len(names) > 0 && !slices.Equal(names, []string{name}) {
						t.Errorf("a step is about one name, not %v", names)
					}
				}
			}
		})
	}
}

func TestDecode(t *testing.T) {
	many := make([]string, 14)
	for i := range many {
		many[i] = fmt.Sprintf("%q", fmt.Sprintf("ns%d.example.net", i))
	}
	for _, test := range []struct {
		attribute, src string
		want           string // the value, or the problems
	}{
		{"nameservers", `["NS2.Example.Net.", "ns1.example.net", "ns2.example.net"]`, "ns1.example.net, ns2.example.net"},
		{"nameservers", `["ns1.bücher.example", "ns1.example.net"]`, "ns1.example.net, ns1.bücher.example"},
		{"nameservers", `["ns1.xn--bcher-kva.example", "ns1.example.net"]`, "ns1.example.net, ns1.bücher.example"},
		{"nameservers", `[]`, "error: No nameservers: A name cannot be left without nameservers. Leave the attribute out to leave the delegation as it is."},
		{"nameservers", `["ns1.example.net"]`, "ns1.example.net; warning: Only one nameserver: When it cannot be reached, the name does not resolve. Most registries ask for two (RFC 2182)."},
		{"nameservers", `["ns1.example.net", "ns_2.example.net"]`, `ns1.example.net, ns_2.example.net; warning: Underscore in a nameserver: "ns_2.example.net": the name of a host has letters, digits and hyphens (RFC 1123). Many registries refuse others. [1]`},
		{"nameservers", "[" + strings.Join(many, ",") + "]", "error: Too many nameservers: There are 14; the service takes at most 13."},
		{"nameservers", `"ns1.example.net"`, "error: Wrong type: This must be a list of host names, not a string."},
		{"nameservers", `["ns1.example.net", 7]`, "error: Wrong type: This must be a host name, not a number. [1]"},
		{"nameservers", `["ns1.example.net", null]`, "error: Wrong type: A host name is a string, not null. [1]"},
		{"nameservers", `["ns1"]`, `error: Not a host name: "ns1" is a single label: write the whole host name. [0]`},
		{"nameservers", `["ns1 .example.net"]`, `error: Not a host name: "ns1 " has a character that no domain name holds. [0]`},
		{"alidns", `true`, "Alibaba Cloud DNS"},
		{"alidns", `"true"`, "Alibaba Cloud DNS"},
		{"alidns", `false`, "error: alidns cannot be false: It would not say where the name is delegated to. Declare nameservers instead, or leave both out to leave the delegation as it is."},
		{"alidns", `["x"]`, "error: Wrong type: This must be true or false, not a list."},
		{"transfer_lock", `false`, "off"},
		{"transfer_lock", `{}`, "error: Wrong type: This must be true or false, not an object."},
		{"update_lock", `"maybe"`, "error: Wrong type: This must be true or false, not a string."},
		{"emails", `["B@EXAMPLE.com", " a@example.com ", { address = "c@example.com", delete = true }, { address = "d@example.com" }]`, "B@example.com verified, a@example.com verified, c@example.com deleted, d@example.com verified"},
		{"emails", `[]`, "none"},
		{"registrant_profile", `{ a = { name = "Ada", email = "ada@Example.com", default = true }, b = { id = 7, delete = "true", registries = "cnnic" } }`, `a: name "Ada", email "ada@example.com", default; b: number 7, cnnic, deleted`},
		{"registrant_profile", `{ a = { id = 7 }, b = { id = 7 }, c = { name = "Ada", email = "ada@example.com", default = true }, d = { name = "Ada", email = "ada@example.com", default = true } }`, `error: Duplicate registrant profile: The profile "a" is the same one.; error: Duplicate registrant profile: The profile "c" is the same one.; error: Two default profiles: The profile "c" is the default, too. One can be.`},
		{"registrant_profile", `{ a = { name = "Ada" }, b = { id = 0 }, c = { id = 7, registries = "cn" }, d = { id = 7, default = "perhaps" }, e = { id = 7, country = "UK!", mail = "x" } }`, `error: Missing argument: A profile is found by its id, or by its name and email: declare those.; error: Out of range: id must be a whole number from 1 to 9007199254740992.; error: Unknown value: "cn" is none of "common" and "cnnic".; error: Wrong type: default: a bool is required.; error: Unsupported argument: "mail" is not expected here. Did you mean "email"?; error: Not possible: "UK!" is no country: write its two letters (ISO 3166-1), such as "GB".`},
		{"tech", `{ registrant_profile = "legal", name = null }`, "registrant profile legal"},
		{"tech", `{ registrant_profile = "legal", name = "Ada" }`, `error: Unsupported argument: "name" is not expected beside a registrant profile: the profile says what the contact is.`},
		{"emails", `"a@example.com"`, "error: Wrong type: This must be a list of e-mail addresses, not a string."},
		{"emails", `["a@example.com", "a@EXAMPLE.com", "a", null, 7, { delete = true }, { address = "x@example.com", remove = true }, "\"a,b\"@example.com"]`, `error: Duplicate address: "a@example.com" stands twice. [1]; error: Not an e-mail address: "a" is no e-mail address. [2]; error: Wrong type: This must be an e-mail address, or { address = "…", delete = true }, not null. [3]; error: Wrong type: This must be an e-mail address, or { address = "…", delete = true }, not a number. [4]; error: Missing argument: "address" is required. [5]; error: Unsupported argument: "remove" is not expected here; there are address, delete. [6]; error: Not an e-mail address: "\"a,b\"@example.com" is no e-mail address. [7]`},
		{"tech", `{ name = " Ada  Example ", country = "gb", email = " A.B@EXAMPLE.com", phone = "(020) 7-1", phone_country_code = "+0044", zh = { city = "伦敦", name = null } }`, `name "Ada Example", email "A.B@example.com", country "GB", phone_country_code "44", phone "02071", zh_city "伦敦"`},
		{"tech", `{ type = "enterprise", postal_code = 10115 }`, `enterprise, postal_code "10115"`},
		{"tech", `{}`, "error: Empty contact: The contact says nothing. Declare at least one of its fields."},
		{"tech", `{ type = "2" }`, `error: Unknown value: "2" is none of "individual" and "enterprise".`},
		{"tech", `{ email = "Ada <ada@example.com>" }`, `error: Not possible: "Ada <ada@example.com>" is no e-mail address.`},
		{"tech", `{ phone = "0x1" }`, `error: Not possible: "0x1" is no phone number: write digits. The calling code of the country stands in phone_country_code.`},
		{"tech", `{ country = "UK!", city = [], zh = { city = "" } }`, `error: Wrong type: city must be a text in quotes, not a list.; error: Not possible: "UK!" is no country: write its two letters (ISO 3166-1), such as "GB".; error: Empty text: A contact's city cannot be cleared. Leave it out to leave it as it is.`},
		{"tech", `{ mail = "ada@example.com" }`, `error: Unsupported argument: "mail" is not expected here. Did you mean "email"?`},
		{"tech", `"legal"`, "error: Wrong type: This must be a contact, such as contact.legal, not a string."},
		{"ens_address", `""`, ""},
		{"ens_address", `"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"`, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
		{"ens_address", `"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"`, "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"},
		{"ens_address", `" 0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED\n"`, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
		{"ens_address", `"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"`, `error: Wrong checksum of a wallet: The letter case of "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed" is not that of its checksum (EIP-55), so some digit is wrong. Copy the address again; in lower case it is not checked.`},
		{"ens_address", `"5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"`, `error: Not a wallet: "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed" is no Ethereum address: that is 0x and 40 hexadecimal digits.`},
		{"ens_address", `"0x1234"`, `error: Not a wallet: "0x1234" is no Ethereum address: that is 0x and 40 hexadecimal digits.`},
		{"ens_address", `7`, "error: Wrong type: This must be the address of a wallet, not a number."},
		{"art", `{ title = " Sunrise ", maker = null }`, `title "Sunrise"`},
		{"art", `{ date_or_period = 1901 }`, `date_or_period "1901"`},
		{"art", `{ name = "Sunrise" }`, `error: Unsupported argument: "name" is not expected here; there are object_type, materials_and_techniques, dimensions, title, date_or_period, maker, inscriptions_and_markings, subject, features, reference.`},
		{"art", `{ title = ["Sunrise"] }`, "error: Wrong type: title: string required, but have tuple."},
		{"art", `"Sunrise"`, "error: Wrong type: This must be an object that describes a work of art, not a string."},
	} {
		t.Run(test.attribute+" "+test.src, func(t *testing.T) {
			v, problems := attr.Lookup(test.attribute).Decode(eval(t, test.src))
			if got := describe(v, problems); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// describe writes a decoded value and its problems on one line.
func describe(v attr.Value, problems []attr.Problem) string {
	var parts []string
	if v != nil {
		parts = append(parts, v.String())
	}
	for _, p := range problems {
		severity := "error"
		if p.Warning {
			severity = "warning"
		}
		s := severity + ": " + p.Summary + ": " + p.Detail
		for _, step := range p.Path {
			if index, ok := step.(cty.IndexStep); ok {
				s += fmt.Sprintf(" [%s]", index.Key.AsBigFloat().Text(0x67, -1))
			}
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// TestProvidersSurviveTheirJSONForm: a plan keeps the nameservers that a name
// leaves, so that others in their place are noticed.
func TestProvidersSurviveTheirJSONForm(t *testing.T) {
	for text, want := range map[string]attr.Provider{
		`true`: {Own: true}, `["ns1.example.net","ns2.example.net"]`: {Nameservers: attr.NameserverSet{"ns1.example.net", "ns2.example.net"}}, `[]`: {},
	} {
		got, err := attr.Lookup("alidns").Unmarshal([]byte(text))
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: got %v, error %v", text, got, err)
		}
		if again, err := json.Marshal(got); err != nil || string(again) != text {
			t.Errorf("%s became %s, error %v", text, again, err)
		}
		if other := (attr.Provider{Nameservers: attr.NameserverSet{"ns9.example.net"}}); other.Equal(want) {
			t.Errorf("%v and %v are said to be one", other, want)
		}
	}
}

func TestAlidnsIsObservedInTheNameservers(t *testing.T) {
	for servers, want := range map[string]bool{
		"dns9.hichina.com dns10.hichina.com": true,
		"ns1.alidns.com ns2.alidns.com":      true,
		"ns1.alidns.com ns1.example.net":     false,
		"hichina.com.example.net":            false,
		"":                                   false,
	} {
		d := &snapshot.Domain{Nameservers: strings.Fields(servers)}
		if got := attr.Lookup("alidns").Observe(d); got.Equal(attr.Provider{Own: true}) != want {
			t.Errorf("%q: %v", servers, got)
		}
	}
}

// TestEveryChangeOfTheAccountNamesItself is the same for the account.
func TestEveryChangeOfTheAccountNamesItself(t *testing.T) {
	account := &snapshot.Account{Emails: []snapshot.Email{{Address: "old@example.com", Verified: true}}, Profiles: []snapshot.Profile{}}
	for _, a := range attr.OfAccount() {
		t.Run(a.Name, func(t *testing.T) {
			v, _ := a.Decode(eval(t, a.Doc.Example))
			changes := a.Changes(attr.Input{Desired: v, Account: account, Live: new(snapshot.Domain)})
			if len(changes) == 0 || a.Facts&^snapshot.OfAccount != 0 || a.Observe != nil {
				t.Fatal("its example changes nothing of an account that has something else, or it is not only the account's")
			}
			for _, c := range changes {
				if !strings.HasPrefix(c.ID, a.Name) || c.Domain != "" || c.Attribute != a.Name || c.Status != attr.Ready {
					t.Errorf("change %+v does not name itself", c)
				}
				for _, s := range c.Steps {
					if err := wire.Validate(s.Request); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// TestContactsSpeakOfTheirFields: a declared contact is like a live one that
// has other fields, too.
func TestContactsSpeakOfTheirFields(t *testing.T) {
	live := attr.Contact{"name": "Ada", "email": "ada@example.com", "city": ""}
	for _, test := range []struct {
		c    attr.Contact
		want bool
	}{
		{attr.Contact{"name": "Ada"}, true},
		{attr.Contact{"name": "ada"}, false},
		{attr.Contact{"name": "Ada", "city": ""}, true},
		{attr.Contact{"city": "London"}, false},
		{attr.Contact{"name": "Ada", "phone": "1"}, false},
		{live, true},
	} {
		if test.c.Equal(live) != test.want || live.Equal(test.c) != test.want {
			t.Errorf("%v is like %v: not %v", test.c, live, test.want)
		}
	}
	before, after := attr.Differing(live, attr.Contact{"name": "Ada", "email": "a@example.net"})
	if before.String() != `email "ada@example.com"` || after.String() != `email "a@example.net"` {
		t.Errorf("what differs is %v and %v", before, after)
	}
}

// TestTheStagesOfATemporaryUnlock: the lock is open between its steps, and as
// declared after them.
func TestTheStagesOfATemporaryUnlock(t *testing.T) {
	c := attr.TemporaryUnlock("example.com", nil)
	a := attr.Lookup(c.Attribute)
	var stages []attr.Value
	for i := range c.Steps {
		before, after := a.Stage(&c, i)
		stages = append(stages, before, after)
	}
	if want := []attr.Value{attr.Bool(true), attr.Bool(false), attr.Bool(false), attr.Bool(true)}; !slices.Equal(stages, want) {
		t.Errorf("its steps lead over %v, want %v", stages, want)
	}
	set := attr.Change{Before: attr.Bool(false), After: attr.Bool(true), Steps: make([]attr.Step, 1)}
	if before, after := a.Stage(&set, 0); before != set.Before || after != set.After {
		t.Errorf("one step leads from %v to %v", before, after)
	}
}

// TestOpeningIsAnotherHazardThanClosing: what protects a name, or hides its
// holder, costs less to switch on than to switch off, for good. Opened for other
// changes and closed again, a lock has no hazard of its own.
func TestOpeningIsAnotherHazardThanClosing(t *testing.T) {
	for name, want := range map[string]struct{ on, off attr.Hazard }{
		"transfer_lock": {attr.LockHazard, attr.UnlockHazard},
		"update_lock":   {attr.LockHazard, attr.UnlockHazard},
		"privacy":       {attr.None, attr.Identity},
	} {
		a := attr.Lookup(name)
		for after, hazard := range map[attr.Bool]attr.Hazard{true: want.on, false: want.off} {
			d := &snapshot.Domain{TransferLock: wire.Lock(!bool(after)), UpdateLock: wire.Lock(!bool(after)), Privacy: new(!bool(after))}
			changes := a.Changes(attr.Input{Name: "example.com", Desired: after, Live: d})
			if len(changes) != 1 || changes[0].Hazard != hazard || a.HazardOf(after) != hazard {
				t.Errorf("%s to %s has the hazard %+v, want %s", name, after, changes, hazard)
			}
		}
	}
	if c := attr.TemporaryUnlock("example.com", nil); c.Hazard != attr.None {
		t.Errorf("a temporary unlock has the hazard %s", c.Hazard)
	}
	for _, role := range []string{"admin", "billing", "tech"} {
		if h := attr.Lookup(role).HazardOf(nil); h != attr.ContactHazard {
			t.Errorf("%s has the hazard %s", role, h)
		}
	}
}

// TestRequestsAreThoseOfTheSteps: what the documentation says is called is among the
// requests that need leave, and no attribute that changes anything lacks them.
func TestRequestsAreThoseOfTheSteps(t *testing.T) {
	t.Parallel()
	for _, a := range attr.All() {
		named := make(map[string]bool)
		for _, r := range a.Requests {
			named[wire.OperationOf(r).Name] = true
		}
		for name := range strings.SplitSeq(a.Doc.Calls, ", ") {
			if name != "" && !named[name] {
				t.Errorf("%s calls %s, and needs no leave for it", a.Name, name)
			}
		}
	}
}
