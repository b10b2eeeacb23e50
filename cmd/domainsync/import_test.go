package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// withEverything is an account in which every attribute has a value.
func withEverything(now time.Time) *snapshot.Account {
	bob := snapshot.Contact{
		Organization: "Bob Example", Name: "Bob Example", Email: "bob@example.com", Country: "GB", Province: "Kent", City: "Deal",
		Address: "2 Example Road", PostalCode: "CT14 6AA", PhoneCountryCode: "44", Phone: "1304000000", PhoneExtension: "7",
		Zh: snapshot.ZhContact{Name: "鲍勃", City: "迪尔"},
	}
	holder := bob
	holder.Type = wire.Person
	ada := snapshot.Contact{
		Organization: "Example \"${Ltd}\"", Name: "Ada Example", Email: "ada@example.com", Country: "GB", Province: "Kent", City: "Dover",
		Address: "1 Example Street", PostalCode: "CT16 1AA", PhoneCountryCode: "44", Phone: "1300000000",
	}
	a := &snapshot.Account{
		FormatVersion: snapshot.FormatVersion, ID: "42",
		Emails: []snapshot.Email{
			{Address: "ada@example.com", Verified: true}, {Address: "Bob@example.com", Verified: true}, {Address: "late@example.com", Sent: now.AddDate(0, 0, -9)},
		},
		Profiles: []snapshot.Profile{
			{ID: 7, Kind: wire.CommonProfile, RealName: wire.RealNamePassed, Contact: holder, Default: true},
			{ID: 8, Kind: wire.CNNICProfile, RealName: wire.RealNamePassed, Contact: holder},
		},
	}
	for name, change := range map[string]func(d *snapshot.Domain){
		"cloud.com":    func(d *snapshot.Domain) { d.Nameservers = []string{"dns1.hichina.com", "dns2.hichina.com"} },
		"expired.com":  func(d *snapshot.Domain) { d.Expires, d.UpdateLock = now.AddDate(0, 0, -40), wire.LockOff },
		"expiring.com": func(d *snapshot.Domain) { d.Expires, d.AutoRenew = now.AddDate(0, 0, 20), new(true) },
		"signed.com": func(d *snapshot.Domain) {
			d.Nameservers = []string{"ns1.signed.com", "ns2.example.net", "ns1.xn--bcher-kva.example"}
			d.TransferLock, d.UpdateLock, d.Privacy = wire.LockOff, wire.LockUnset, new(true)
			d.DSRecords = []snapshot.DSRecord{
				{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}, {KeyTag: 2371, Algorithm: 13, DigestType: 4, Digest: strings.Repeat("CD", 48)},
			}
			d.Hosts = []snapshot.Host{{Name: "ns1.signed.com", Addresses: []string{"192.0.2.1", "2001:db8::1"}}, {Name: "signed.com", Addresses: []string{"192.0.2.2"}}}
			d.Contacts = map[wire.ContactType]snapshot.Contact{
				wire.RegistrantContact: holder, wire.AdminContact: bob, wire.BillingContact: ada, wire.TechContact: ada,
			}
		},
		"sunrise.art": func(d *snapshot.Domain) {
			d.ENSAddress = new("0x52908400098527886e0f7030069857d2e4169ee7")
			d.Art = &snapshot.Art{Title: "Sun\n\"rise\" %{ if x } ${y}", Maker: "Ada Example", Reference: "日の出"}
		},
	} {
		d := snapshot.Domain{
			Name: name, Registered: now.AddDate(-3, 0, 0), Expires: now.AddDate(1, 0, 0), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			TransferLock: wire.LockOn, UpdateLock: wire.LockOn, Privacy: new(false), DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		}
		change(&d)
		a.Domains = append(a.Domains, d)
	}
	a.Sort()
	return a
}

var allOfThem = []string{"cloud.com", "expired.com", "expiring.com", "signed.com", "sunrise.art"}

// imported are the names of which an import declares an attribute alone; "" is
// the account.
var imported = map[string][]string{
	"emails": {""}, "registrant_profile": {""},
	"nameservers": allOfThem, "alidns": {"cloud.com"}, "ds_records": allOfThem, "hosts": {"signed.com"},
	"registrant": allOfThem, "admin": allOfThem, "billing": allOfThem, "tech": allOfThem,
	"transfer_lock": allOfThem, "update_lock": allOfThem, "privacy": allOfThem,
	"ens_address": {"sunrise.art"}, "art": {"sunrise.art"},
	"auto_renew": {"expiring.com"},
	// An import buys nothing.
	"registration": nil, "redemption": nil, "renewal": nil, "lapse": nil,
}

// TestImportOfEveryAttribute imports an account whole, and each attribute alone,
// from the service and from a snapshot of it: what is live is declared, and a
// plan has nothing to do.
func TestImportOfEveryAttribute(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Account: withEverything(time.Now()), Seed: 1})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "live.json")
	here(t, "snapshot", "--endpoint", server.URL, "--qps", "10000", "--out", file).want(t, exitDone)
	for source, flags := range map[string][]string{"account": {"--endpoint", server.URL, "--qps", "10000"}, "snapshot": {"--live", file}} {
		t.Run(source, func(t *testing.T) {
			whole := importAndPlan(t, flags, flags)
			for _, a := range attr.All() {
				t.Run(a.Name, func(t *testing.T) {
					names, known := imported[a.Name]
					if !known {
						t.Fatal("imported does not say of which names it is declared")
					}
					declares(t, importAndPlan(t, slices.Concat(flags, []string{"--attributes", a.Name}), flags), a, names, true)
					if a.Name == "nameservers" {
						names = names[1:] // alidns says more of cloud.com
					}
					declares(t, whole, a, names, false)
				})
			}
		})
	}
}

// TestImportOfEveryAttributeOfAZone does so with what a zone file tells.
func TestImportOfEveryAttributeOfAZone(t *testing.T) {
	t.Parallel()
	const zone = `
com. 3600 IN SOA a.example.net. hostmaster.example.net. 1 3600 900 604800 3600
com. 3600 IN NS a.example.net.
cloud.com. 3600 IN NS dns1.hichina.com.
cloud.com. 3600 IN NS dns2.hichina.com.
Signed.com. 3600 IN NS NS1.Signed.com.
signed.com. 3600 IN NS ns2.example.net.
ns1.signed.com. 3600 IN A 192.0.2.1
ns1.signed.com. 3600 IN AAAA 2001:DB8:0::1
signed.com. 3600 IN DS 2371 13 2 ababababababababababababababababababababababababababababABABABAB
`
	file := filepath.Join(t.TempDir(), "com.zone")
	writeText(t, file, zone)
	live, err := snapshot.ReadZoneFile(file, "")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(simulator.New(simulator.Options{Account: live.Account, Seed: 1}).Handler())
	t.Cleanup(server.Close)
	service := []string{"--endpoint", server.URL, "--qps", "10000"}
	both := []string{"cloud.com", "signed.com"}
	told := map[string][]string{"nameservers": both, "alidns": {"cloud.com"}, "ds_records": both, "hosts": {"signed.com"}}
	whole := importAndPlan(t, []string{"--zone", file}, service)
	for _, a := range attr.All() {
		t.Run(a.Name, func(t *testing.T) {
			names, alone := told[a.Name], []string{"--zone", file, "--attributes", a.Name}
			if names == nil {
				out := here(t, append([]string{"import", "--out", t.TempDir()}, alone...)...).want(t, exitError)
				if !strings.Contains(out.stderr, "says nothing of "+a.Name) {
					t.Error(out.stderr)
				}
				return
			}
			declares(t, importAndPlan(t, alone, service), a, names, true)
			if a.Name == "alidns" {
				names = nil // a zone is taken at its word
			}
			declares(t, whole, a, names, false)
		})
	}
}

// importAndPlan imports, and checks that the plan of it has nothing to do.
func importAndPlan(t *testing.T, from, against []string) *config.Portfolio {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	here(t, append([]string{"import", "--out", dir}, from...)...).want(t, exitDone)
	out := here(t, append([]string{"plan", "--dir", dir, "--detailed-exitcode"}, against...)...)
	// Nothing keeps a name that has expired, whatever is declared of it else.
	want := exitDone
	if strings.Contains(out.stdout, "Endangered: 1 name") && strings.Contains(out.stdout, "expired.com") {
		want = exitFailed
	}
	out.want(t, want)
	if !strings.Contains(out.stdout, "Nothing to do: ") {
		t.Errorf("the plan has something to say:\n%s", out.stdout)
	}
	here(t, "fmt", "--check", "--dir", dir).want(t, exitDone)
	p, diags := config.Load(dir, config.Options{})
	if p == nil {
		t.Fatal(diags)
	}
	if p.Budget != nil {
		t.Error("the import may buy")
	}
	return p
}

// declares checks of which names an attribute is declared, and that nothing else
// is where it was asked for alone.
func declares(t *testing.T, p *config.Portfolio, a *attr.Attribute, names []string, alone bool) {
	t.Helper()
	var found []string
	look := func(name string, declared []config.Declared) {
		for _, d := range declared {
			switch {
			case d.Attribute == a && !slices.Contains(found, name):
				found = append(found, name)
			case d.Attribute != a && alone:
				t.Errorf("%q declares %s, too", name, d.Attribute.Name)
			}
		}
	}
	look("", p.Declared)
	for i := range p.Domains {
		look(p.Domains[i].Name, p.Domains[i].Declared)
	}
	if !slices.Equal(found, names) {
		t.Errorf("it is declared of %q, not of %q", found, names)
	}
}

// here runs a command in this process, with the simulator's key.
func here(t *testing.T, args ...string) outcome {
	t.Helper()
	return hereOver(t, nil, args...)
}

// hereOver does so with calls that go through a transport.
func hereOver(t *testing.T, transport http.RoundTripper, args ...string) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	a := newApp(strings.NewReader(""), &stdout, &stderr)
	a.getenv, a.credentials, a.transport = func(string) string { return "" }, simulatorKey, transport
	code := a.execute(t.Context(), args)
	return outcome{code, stdout.String(), stderr.String()}
}
