package importer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/planner"
)

// small is an account with something of everything.
func small() *snapshot.Account {
	own := []string{"ns1.example.net", "ns2.example.net"}
	a := &snapshot.Account{ID: "1406926474064770", Endpoint: "https://domain-intl.aliyuncs.com", Domains: []snapshot.Domain{
		{Name: "one-example.com", Nameservers: own, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "two-example.com", Nameservers: own, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "own-example.com", Nameservers: []string{"ns1.own-example.com", "ns2.own-example.com"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "cloud-example.com", Nameservers: []string{"dns1.hichina.com", "dns2.hichina.com"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "open-example.com", Nameservers: own, TransferLock: wire.LockUnset, UpdateLock: wire.LockOff},
		{Name: "xn--bcher-kva.com", Nameservers: []string{"ns1.example.org", "ns2.example.net"}},
		{Name: "unread-example.com"},
		{Name: "below.example.com"},
	}}
	a.Failures = []snapshot.Failure{{Domain: "unread-example.com", Operation: "QueryDomainByDomainName", Message: "Busy"}}
	a.Sort()
	return a
}

const smallFiles = `--- account.hcl: 0 names
# Imported from account 1406926474064770: what holds for all names.
# Reads that failed: 1. What they would have told is not declared.
# Left out: "below.example.com" is below the registrable name "example.com". Declare that one.

account {
  id = "1406926474064770"
}

template "locked" {
  transfer_lock = true
  update_lock   = true
}
--- shared.hcl: 2 names
# Imported from account 1406926474064770: 2 names that have their values in common with others.

domains "example_net" {
  template    = template.locked
  nameservers = ["ns1.example.net", "ns2.example.net"]
  names       = ["one-example.com", "two-example.com"]
}
--- single.hcl: 5 names
# Imported from account 1406926474064770: 5 names with values of their own.

domain "cloud-example.com" {
  template = template.locked
  alidns   = true
}

domain "open-example.com" {
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = false
  update_lock   = false
}

domain "own-example.com" {
  template    = template.locked
  nameservers = ["ns1.own-example.com", "ns2.own-example.com"]
}

domain "unread-example.com" {
}

domain "bücher.com" {
  nameservers = ["ns1.example.org", "ns2.example.net"]
}
`

func TestFilesAreWrittenAsAPersonWould(t *testing.T) {
	files, err := importer.FromAccount(small(), importer.Options{Source: "account 1406926474064770"})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range files {
		fmt.Fprintf(&got, "--- %s: %d names\n%s", f.Name, f.Names, f.Content)
	}
	if diff := cmp.Diff(smallFiles, got.String()); diff != "" {
		t.Error(diff)
	}
}

// TestWhatFilesCannotDeclareIsSaid: what the account has of a name and no file
// can say is left out, and both the files and the result tell it.
func TestWhatFilesCannotDeclareIsSaid(t *testing.T) {
	a := &snapshot.Account{Profiles: []snapshot.Profile{{ID: 7, Kind: wire.CommonProfile, Contact: snapshot.Contact{Name: "Ada Example", Email: "nobody"}}}}
	for i := range 12 {
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: fmt.Sprintf("%c-example.com", 'a'+i), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			Contacts: map[wire.ContactType]snapshot.Contact{wire.TechContact: {Name: "Ada Example", Country: "Great Britain"}},
		})
	}
	a.Domains[1].DSRecords = []snapshot.DSRecord{{KeyTag: 1, Algorithm: 200, DigestType: 2, Digest: strings.Repeat("AB", 32)}}
	files, err := importer.FromAccount(a, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`registrant_profile 7: "nobody" is no e-mail address.`,
		`tech of a-example.com, b-example.com, c-example.com, d-example.com, e-example.com, f-example.com, g-example.com, h-example.com, i-example.com, j-example.com and 2 more: "GREAT BRITAIN" is no country: write its two letters (ISO 3166-1), such as "GB".`,
		`ds_records of b-example.com: 200 is not one of 1, 2, 3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 252, 253, 254.`,
	}
	if diff := cmp.Diff(want, files[0].LeftOut); diff != "" {
		t.Error(diff)
	}
	for _, left := range want {
		if !bytes.Contains(files[0].Content, []byte("# Left out: "+left+"\n")) {
			t.Errorf("%s does not say that it leaves out %s:\n%s", files[0].Name, left, files[0].Content)
		}
	}
}

func TestOptionsChooseNamesAndAttributes(t *testing.T) {
	files, err := importer.FromAccount(small(), importer.Options{
		Attributes: []string{"nameservers"}, KeepDS: true,
		Existing: map[string]bool{"cloud-example.com": true, "unknown-example.com": true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Left out, since the account does not hold them: 7 names of the 8.\n"; !bytes.Contains(files[0].Content, []byte(want)) {
		t.Errorf("%s does not say what is left out:\n%s", files[0].Name, files[0].Content)
	}
	want := `# Imported: 1 name with values of its own.

domain "cloud-example.com" {
  nameservers = ["dns1.hichina.com", "dns2.hichina.com"]
  keep_ds     = true
}
`
	if diff := cmp.Diff(want, string(files[len(files)-1].Content)); diff != "" {
		t.Error(diff)
	}
	for name, o := range map[string]importer.Options{
		"there is no name to import":       {Existing: map[string]bool{}},
		`no attribute is called "flavour"`: {Attributes: []string{"flavour"}},
	} {
		if _, err := importer.FromAccount(small(), o); err == nil || err.Error() != name {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

// TestTemplatesServeWhatIsNearThem: three blocks make a template, and a block
// that differs in one of its values uses it all the same.
func TestTemplatesServeWhatIsNearThem(t *testing.T) {
	a := &snapshot.Account{}
	for i, update := range []wire.LockStatus{wire.LockOn, wire.LockOn, wire.LockOn, wire.LockOff} {
		name := fmt.Sprintf("%c-example.com", 'a'+i)
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: name, Nameservers: []string{"ns1." + name, "ns2." + name},
			TransferLock: wire.LockOn, UpdateLock: update, Privacy: new(true),
		})
	}
	files, err := importer.FromAccount(a, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := `
domain "d-example.com" {
  template    = template.locked_private
  nameservers = ["ns1.d-example.com", "ns2.d-example.com"]
  update_lock = false
}
`
	if got := string(files[len(files)-1].Content); !strings.HasSuffix(got, want) {
		t.Error(got)
	}
}

// TestBlocksBeginWithAGivenTemplate: those that share values do so by a template
// of their own, which begins with it and has another label.
func TestBlocksBeginWithAGivenTemplate(t *testing.T) {
	files, err := importer.FromAccount(small(), importer.Options{Source: "account 1406926474064770", Template: "locked"})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range files {
		fmt.Fprintf(&got, "--- %s: %d names\n%s", f.Name, f.Names, f.Content)
	}
	want := strings.NewReplacer(
		"\"locked\" {\n", "\"locked_2\" {\n  template      = template.locked\n",
		"locked", "locked_2",
		"open-example.com\" {\n", "open-example.com\" {\n  template      = template.locked\n",
		"unread-example.com\" {\n", "unread-example.com\" {\n  template = template.locked\n",
		"bücher.com\" {\n", "bücher.com\" {\n  template    = template.locked\n",
		"# Reads", "# All of them begin with template.locked, which stands in a file that was not imported.\n# Reads",
	).Replace(smallFiles)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

// TestContactsStandOnce: a contact is a block, whatever roles and names it has.
func TestContactsStandOnce(t *testing.T) {
	ada := snapshot.Contact{Organization: "Example Ltd", Name: "Ada Example", Email: "ada@example.com", Country: "GB"}
	bob := snapshot.Contact{Name: "Bob Example", Email: "bob@example.com", Zh: snapshot.ZhContact{Name: "鲍勃"}}
	holder := ada
	holder.Type = wire.Organization
	a := &snapshot.Account{}
	for i := range 4 {
		name := fmt.Sprintf("%c-example.com", 'a'+i)
		roles := map[wire.ContactType]snapshot.Contact{
			wire.RegistrantContact: holder, wire.AdminContact: ada, wire.BillingContact: ada, wire.TechContact: ada,
		}
		if i == 3 {
			roles[wire.TechContact] = bob
		}
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: name, Nameservers: []string{"ns1." + name, "ns2." + name}, Contacts: roles, RegistrantUpdating: wire.UpdatingNormal,
		})
	}
	files, err := importer.FromAccount(a, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range files {
		fmt.Fprintf(&got, "--- %s\n%s", f.Name, f.Content)
	}
	want := `--- account.hcl
# Imported: what holds for all names.

template "example_ltd" {
  registrant = contact.example_ltd
  admin      = contact.example_ltd
  billing    = contact.example_ltd
  tech       = contact.example_ltd
}
--- contacts.hcl
# Imported: who stands behind the names.

contact "example_ltd" {
  type         = "enterprise"
  organization = "Example Ltd"
  name         = "Ada Example"
  email        = "ada@example.com"
  country      = "GB"
}

contact "bob_example" {
  name  = "Bob Example"
  email = "bob@example.com"
  zh {
    name = "鲍勃"
  }
}
--- single.hcl
# Imported: 4 names with values of their own.

domain "a-example.com" {
  template    = template.example_ltd
  nameservers = ["ns1.a-example.com", "ns2.a-example.com"]
}

domain "b-example.com" {
  template    = template.example_ltd
  nameservers = ["ns1.b-example.com", "ns2.b-example.com"]
}

domain "c-example.com" {
  template    = template.example_ltd
  nameservers = ["ns1.c-example.com", "ns2.c-example.com"]
}

domain "d-example.com" {
  template    = template.example_ltd
  nameservers = ["ns1.d-example.com", "ns2.d-example.com"]
  tech        = contact.bob_example
}
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestEndpointIsWrittenOnlyWhereAFileMayNameIt(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://domain.aliyuncs.com":      true,
		"https://domain-intl.aliyuncs.com": false, // the default
		"http://127.0.0.1:8080":            false,
		"https://aliyuncs.com.example.com": false,
		"http://domain.aliyuncs.com":       false,
		"":                                 false,
	} {
		a := small()
		a.Endpoint = endpoint
		files, err := importer.FromAccount(a, importer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(files[0].Content, []byte("endpoint")); got != want {
			t.Errorf("%s: written is %v", endpoint, got)
		}
	}
}

// TestFilesHoldEachNameOnce is the law that no name gets lost or doubled, and
// that fmt has nothing to do.
func TestFilesHoldEachNameOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accounts.Draw(t, "account")
		files := fromAccount(t, a, rapid.String().Draw(t, "source"))
		var got []string
		labels := make(map[string]bool)
		for _, f := range files {
			if formatted := hclwrite.Format(f.Content); !bytes.Equal(formatted, f.Content) {
				t.Fatalf("%s is not formatted:\n%s", f.Name, cmp.Diff(string(formatted), string(f.Content)))
			}
			file, diags := hclsyntax.ParseConfig(f.Content, f.Name, hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatalf("%v\n%s", diags, f.Content)
			}
			names := declared(t, file, labels)
			if len(names) != f.Names {
				t.Fatalf("%s declares %d names and says %d", f.Name, len(names), f.Names)
			}
			got = append(got, names...)
		}
		slices.Sort(got)
		if diff := cmp.Diff(declarable(a), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestImportPlansToNothing is the law that a plan of the files against the
// account that they come from has nothing to do, and declares what it can.
func TestImportPlansToNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accounts.Draw(t, "account")
		plan := planner.Diff(planner.Input{Portfolio: load(t, fromAccount(t, a, "")), Live: a})
		if len(plan.Changes) > 0 || len(plan.Missing) > 0 {
			t.Fatalf("the plan has changes %v, missing %v", plan.Changes, plan.Missing)
		}
		if diff := cmp.Diff(declarable(a), plan.Declared); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestOddAccountsCanBeImported is the law that whatever the service shows can be
// written to a snapshot and read back, that an import of it loads without a
// mistake, says what it leaves out, and plans to nothing.
func TestOddAccountsCanBeImported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := oddAccounts.Draw(t, "account")
		var file bytes.Buffer
		if err := snapshot.Write(&file, drawn); err != nil {
			t.Fatal(err)
		}
		a, err := snapshot.Read(&file)
		if err != nil {
			t.Fatal(err)
		}
		files := fromAccount(t, a, "")
		plan := planner.Diff(planner.Input{Portfolio: load(t, files), Live: a})
		if len(plan.Changes) > 0 || len(plan.Missing) > 0 {
			t.Fatalf("the plan has changes %v, missing %v", plan.Changes, plan.Missing)
		}
		if diff := cmp.Diff(declarable(a), plan.Declared); diff != "" {
			t.Fatal(diff)
		}
		for _, d := range a.Domains {
			said := func(s string) bool {
				return strings.Contains(s, d.Name) || strings.Contains(s, wire.UnicodeName(d.Name))
			}
			if !slices.Contains(plan.Declared, d.Name) && !slices.ContainsFunc(files[0].LeftOut, said) {
				t.Fatalf("%q is left out, and said is %q", d.Name, files[0].LeftOut)
			}
		}
		if left := len(a.Domains) - len(plan.Declared); left > len(files[0].LeftOut) {
			t.Fatalf("%d names are left out, and said is %q", left, files[0].LeftOut)
		}
	})
}

// oddAccounts draws accounts in which some of what the service shows is odd.
var oddAccounts = rapid.Custom(func(t *rapid.T) *snapshot.Account {
	a := accounts.Draw(t, "account")
	odd := rapid.Map(rapid.SampledFrom([]string{
		"xn--zzzzz-.com", "xn--zzzzzz.com", "_x.com", "-a.com", "Example.COM..", strings.Repeat("a", 64) + ".com", "example", "com", "co.uk",
		"github.io", "example.github.io", "www.example.github.io", "example.uk.com", "example.notld", "a b.com", "a..b", "*.com", ".", "192.0.2.1",
		"\"${x}\" %{if}.com", "\u202e\x1b[31m.com", "例子。example.", "ẞ..", "www.example.com",
	}), wire.LiveName)
	known := make(map[string]bool)
	for i := range a.Domains {
		known[a.Domains[i].Name] = true
		d := &a.Domains[i]
		if d.Nameservers != nil && rapid.Bool().Draw(t, "odd nameserver") {
			d.Nameservers = append(slices.Clone(d.Nameservers), odd.Draw(t, "nameserver"))
		}
		if len(d.Hosts) > 0 && rapid.Bool().Draw(t, "odd host") {
			d.Hosts[0] = snapshot.Host{Name: odd.Draw(t, "label") + "." + d.Name, Addresses: []string{rapid.SampledFrom([]string{"192.0.2.1", "127.0.0.1", "none", ""}).Draw(t, "address")}}
		}
		if c, ok := d.Contacts[wire.TechContact]; ok && rapid.Bool().Draw(t, "odd contact") {
			c.Country = rapid.SampledFrom([]string{"UK", "England", "gb", ""}).Draw(t, "country")
			c.Phone = rapid.SampledFrom([]string{"+44 20 7946 0000", "0044", "none", "-", "20-7946"}).Draw(t, "phone")
			c.PhoneCountryCode = rapid.SampledFrom([]string{"+44", "1876", "UK", ""}).Draw(t, "code")
			c.Email = rapid.SampledFrom([]string{"nobody", "", "ada@localhost", "ADA@Example.COM"}).Draw(t, "email")
			d.Contacts[wire.TechContact] = c
		}
	}
	for _, name := range rapid.SliceOfNDistinct(odd, 0, 6, rapid.ID).Draw(t, "odd names") {
		if !known[name] {
			a.Domains = append(a.Domains, snapshot.Domain{Name: name, Nameservers: []string{"ns1.example.net", "ns2.example.net"}})
		}
	}
	for _, address := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"nobody", "ada@example.com", "ada@localhost", "a b@example.com", "\"${x}\"@example.com"}), 0, 4, rapid.ID).Draw(t, "emails") {
		a.Emails = append(a.Emails, snapshot.Email{Address: snapshot.CanonicalEmail(address), Verified: true})
	}
	if rapid.Bool().Draw(t, "profiles") {
		a.Profiles = []snapshot.Profile{{ID: 7, Kind: wire.CommonProfile, Contact: snapshot.Contact{Name: "Ada Example", Country: rapid.SampledFrom([]string{"UK", "GB"}).Draw(t, "country")}}}
	}
	a.Endpoint = rapid.SampledFrom([]string{"", "https://domain.aliyuncs.com", "https://bucket.oss-cn-hangzhou.aliyuncs.com", "http://127.0.0.1:1"}).Draw(t, "endpoint")
	a.ID = rapid.SampledFrom([]string{"", "12", "\"${x}\""}).Draw(t, "account ID")
	a.Sort()
	return a
})

// TestImportDeclaresWhatIsLive is the law that what is known and can be declared
// is declared: a plan against an account in which all is different would bring
// all back.
func TestImportDeclaresWhatIsLive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accounts.Draw(t, "account")
		p := load(t, fromAccount(t, a, ""))
		for i := range p.Domains {
			want := &p.Domains[i]
			live := a.Domain(want.Name)
			if live.Has(snapshot.Locks) != want.Declares("update_lock") || live.Has(snapshot.Locks) != want.Declares("transfer_lock") {
				t.Fatalf("%s: the locks are %q and %q, and declared is %v", want.Name, live.TransferLock, live.UpdateLock, want.Declared)
			}
			for _, x := range []struct {
				attribute string
				live      bool
			}{
				{"privacy", live.Privacy != nil},
				{"auto_renew", live.AutoRenew != nil && *live.AutoRenew},
				{"ds_records", live.DSRecords != nil},
				{"hosts", len(live.Hosts) > 0},
				{"registrant", live.Contacts != nil},
				{"tech", live.Contacts != nil},
				{"ens_address", live.ENSAddress != nil && *live.ENSAddress != ""},
				{"art", live.Art != nil && *live.Art != snapshot.Art{}},
			} {
				if want.Declares(x.attribute) != x.live {
					t.Fatalf("%s: %s is known: %v, and declared is %v", want.Name, x.attribute, x.live, want.Declared)
				}
			}
			if delegated := want.Declares("nameservers") || want.Declares("alidns"); delegated != (len(live.Nameservers) > 0) {
				t.Fatalf("%s: the nameservers are %v, and declared is %v", want.Name, live.Nameservers, want.Declared)
			}
		}
	})
}

// fromAccount imports the account; it skips a draw without a name to import.
func fromAccount(t *rapid.T, a *snapshot.Account, source string) []importer.File {
	files, err := importer.FromAccount(a, importer.Options{Source: source})
	if len(declarable(a)) == 0 {
		if err == nil {
			t.Fatal("no name can be declared, and there is no error")
		}
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// declarable returns the names of the account that files can declare.
func declarable(a *snapshot.Account) []string {
	var names []string
	for _, d := range a.Domains {
		if config.CheckName(d.Name) == nil {
			names = append(names, d.Name)
		}
	}
	return names
}

func load(t interface{ Fatal(...any) }, files []importer.File) *config.Portfolio {
	fsys := make(fstest.MapFS)
	for _, f := range files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Content}
	}
	p, diags := config.LoadFS(fsys, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags.String())
	}
	return p
}

// declared returns the names of a file, and checks that labels differ.
func declared(t *rapid.T, file *hcl.File, labels map[string]bool) []string {
	var names []string
	add := func(s string) {
		name, err := wire.CanonicalName(s)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		switch b.Type {
		case "domain":
			add(b.Labels[0])
		case "domains":
			if !hclsyntax.ValidIdentifier(b.Labels[0]) || labels[b.Labels[0]] {
				t.Fatalf("the label %q is used already, or no identifier", b.Labels[0])
			}
			labels[b.Labels[0]] = true
			list, diags := b.Body.Attributes["names"].Expr.Value(nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			for _, v := range list.AsValueSlice() {
				add(v.AsString())
			}
		}
	}
	return names
}

// accounts draws accounts of few operators, so that names have things in common.
var accounts = rapid.Custom(func(t *rapid.T) *snapshot.Account {
	hosts := rapid.SampledFrom([]string{
		"ns1.example.net", "ns2.example.net", "ns-1.awsdns-01.com", "ns-2.awsdns-22.org", "dns1.hichina.com",
		"dns2.hichina.com", "vip1.alidns.com", "1.2-3.example", "_ns.example.org", "xn--bcher-kva.example",
	})
	label := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "1", "xn--bcher-kva", "xn--wgv71a", "a-b"})
	suffix := rapid.SampledFrom([]string{"com", "net", "gov", "co.uk", "xn--55qx5d.cn", "xn--p1ai", "blogspot.com", "xyz", "art"})
	lock := rapid.SampledFrom([]wire.LockStatus{wire.LockOn, wire.LockOff, wire.LockUnset})
	a := &snapshot.Account{ID: rapid.SampledFrom([]string{"", "12"}).Draw(t, "id")}
	seen := make(map[string]bool)
	for range rapid.IntRange(1, 40).Draw(t, "names") {
		d := snapshot.Domain{Name: label.Draw(t, "label") + label.Draw(t, "label") + "." + suffix.Draw(t, "suffix")}
		if name, err := wire.CanonicalName(d.Name); err != nil || name != d.Name || seen[name] {
			continue
		}
		seen[d.Name] = true
		if rapid.Bool().Draw(t, "delegated") {
			d.Nameservers = rapid.SliceOfNDistinct(hosts, 0, 4, rapid.ID).Draw(t, "nameservers")
			slices.Sort(d.Nameservers)
		}
		if rapid.Bool().Draw(t, "locks") {
			d.TransferLock, d.UpdateLock = lock.Draw(t, "transfer"), lock.Draw(t, "update")
			d.Privacy = new(rapid.Bool().Draw(t, "privacy"))
			d.AutoRenew = new(rapid.Bool().Draw(t, "auto_renew"))
		}
		drawRegistry(t, &d)
		drawContacts(t, &d)
		a.Domains = append(a.Domains, d)
	}
	if len(a.Domains) == 0 {
		a.Domains = []snapshot.Domain{{Name: "a.com"}}
	}
	a.Sort()
	return a
})

// drawContacts draws who stands behind a name.
func drawContacts(t *rapid.T, d *snapshot.Domain) {
	if !rapid.Bool().Draw(t, "contacts") {
		return
	}
	d.RegistrantUpdating = wire.UpdatingNormal
	d.Contacts = make(map[wire.ContactType]snapshot.Contact)
	for _, role := range []wire.ContactType{wire.RegistrantContact, wire.AdminContact, wire.BillingContact, wire.TechContact} {
		c := snapshot.Contact{
			Organization: rapid.SampledFrom([]string{"Example Ltd", "1 \"Example\" ${x}", "例"}).Draw(t, "organization"),
			Name:         "Ada Example", Email: "ada@example.com", Country: "GB",
		}
		if rapid.Bool().Draw(t, "chinese") {
			c.Zh.Organization = "例"
		}
		if role == wire.RegistrantContact {
			c.Type = rapid.SampledFrom([]wire.RegistrantType{wire.Person, wire.Organization}).Draw(t, "kind")
		}
		d.Contacts[role] = c
	}
}

// drawRegistry draws what the registry has of a name, and what its suffix has.
func drawRegistry(t *rapid.T, d *snapshot.Domain) {
	if rapid.Bool().Draw(t, "registry") {
		d.DSRecords, d.Hosts = []snapshot.DSRecord{}, []snapshot.Host{}
		for tag := range rapid.IntRange(0, 2).Draw(t, "ds records") {
			d.DSRecords = append(d.DSRecords, snapshot.DSRecord{KeyTag: tag, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)})
		}
		for n := range rapid.IntRange(0, 2).Draw(t, "hosts") {
			d.Hosts = append(d.Hosts, snapshot.Host{Name: fmt.Sprintf("ns%d.%s", n+1, d.Name), Addresses: []string{"192.0.2.1", "2001:db8::1"}[:n+1]})
		}
	}
	if strings.HasSuffix(d.Name, ".xyz") || strings.HasSuffix(d.Name, ".art") {
		d.ENSAddress = rapid.SampledFrom([]*string{nil, new(string), new("0x52908400098527886E0F7030069857D2E4169EE7")}).Draw(t, "wallet")
	}
	if strings.HasSuffix(d.Name, ".art") {
		d.Art = rapid.SampledFrom([]*snapshot.Art{nil, {}, {Title: "Sunrise \"1\" ${x}", Maker: "Ada Example"}}).Draw(t, "art")
	}
}

func TestWriteOverwritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	files := []importer.File{{Name: "a.hcl", Content: []byte("# a\n")}, {Name: "b.hcl", Content: []byte("# b\n")}}
	if _, err := importer.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.hcl", "b.hcl"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "# "+name[:1]+"\n" {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %v, %v", name, info, err)
		}
	}
	// A second time, each file that is there stays, and the new one gets a number.
	again := append(files, importer.Companions()...)
	again[0].Content = []byte("# another a\n")
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	written, err := importer.Write(dir, again)
	if want := []string{"README.md", "a-2.hcl", "b.hcl"}; err != nil || !slices.Equal(written, want) {
		t.Errorf("got %v, %v, want %v", written, err, want)
	}
	for name, want := range map[string]string{"a.hcl": "# a\n", "a-2.hcl": "# another a\n", ".gitignore": "mine\n"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
	occupied := importer.Prepare(dir)
	if e, ok := errors.AsType[*importer.OccupiedError](occupied); !ok || filepath.Base(e.File) != "a-2.hcl" {
		t.Errorf("got %v, want that a-2.hcl is there", occupied)
	}
}

// TestWriteLeavesNothingHalf writes two files of one name, of which the second
// cannot be created.
func TestWriteLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	_, err := importer.Write(dir, []importer.File{{Name: "a.hcl"}, {Name: "a.hcl"}})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want fs.ErrExist", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left behind", left)
	}
}

// TestImportOfGov imports a real zone and plans it against itself.
func TestImportOfGov(t *testing.T) {
	zone, err := snapshot.ReadZoneFile("../../../shared/data/gov/gov-2026-05-18.zone.gz", "")
	if err != nil {
		t.Skip(err)
	}
	a := zone.Account
	files, err := importer.FromAccount(a, importer.Options{Source: "gov-2026-05-18.zone.gz", Attributes: []string{"nameservers", "ds_records", "hosts"}})
	if err != nil {
		t.Fatal(err)
	}
	plan := planner.Diff(planner.Input{Portfolio: load(t, files), Live: a})
	if len(plan.Changes) > 0 || len(plan.Declared) != 15_828 {
		t.Errorf("%d changes of %d names, want 0 of 15828", len(plan.Changes), len(plan.Declared))
	}
}

func TestManyBlocksGoIntoSeveralFiles(t *testing.T) {
	a := &snapshot.Account{}
	for i := range 4001 {
		name := fmt.Sprintf("n%04d.com", i)
		a.Domains = append(a.Domains, snapshot.Domain{Name: name, Nameservers: []string{"ns1." + name, "ns2." + name}})
	}
	files, err := importer.FromAccount(a, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprint(f.Name, " ", f.Names))
	}
	if diff := cmp.Diff([]string{"single-1.hcl 2000", "single-2.hcl 2000", "single-3.hcl 1"}, got); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkFromAccount(b *testing.B) {
	a := &snapshot.Account{}
	for i := range 15_000 {
		operator := fmt.Sprintf("n%04d.example.com", i%6000)
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: fmt.Sprintf("d%05d.com", i), Nameservers: []string{"ns1." + operator, "ns2." + operator},
		})
	}
	for b.Loop() {
		if _, err := importer.FromAccount(a, importer.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestImportOfTheAccountPlansToNothing: what the account itself has is declared,
// and a plan of it has nothing to do.
func TestImportOfTheAccountPlansToNothing(t *testing.T) {
	a := small()
	a.Emails = []snapshot.Email{{Address: "ada@example.com", Verified: true}, {Address: "asked@example.com"}}
	a.Profiles = []snapshot.Profile{
		{ID: 7, Kind: wire.CommonProfile, Default: true, Contact: snapshot.Contact{Type: wire.Person, Name: "Ada Example", Email: "ada@example.com", Zh: snapshot.ZhContact{City: "伦敦"}}},
		{ID: 8, Contact: snapshot.Contact{Email: "none"}}, // which no file can declare
	}
	files, err := importer.FromAccount(a, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "registrant_profile \"profile_7\" {\n  id         = 7\n  registries = \"common\"\n  default    = true\n  type       = \"individual\"\n  name       = \"Ada Example\"\n"; !bytes.Contains(files[0].Content, []byte(want)) || bytes.Contains(files[0].Content, []byte("profile_8")) {
		t.Errorf("%s lacks %s:\n%s", files[0].Name, want, files[0].Content)
	}
	if want := `emails = ["ada@example.com"]`; !bytes.Contains(files[0].Content, []byte(want)) {
		t.Errorf("%s lacks %s:\n%s", files[0].Name, want, files[0].Content)
	}
	plan := planner.Diff(planner.Input{Portfolio: load(t, files), Live: a})
	if len(plan.Changes) > 0 {
		t.Errorf("the plan has changes %v", plan.Changes)
	}
	files, err = importer.FromAccount(a, importer.Options{Attributes: []string{"nameservers"}})
	if err != nil || bytes.Contains(files[0].Content, []byte("emails")) {
		t.Errorf("an attribute that was not asked for is written: %v\n%s", err, files[0].Content)
	}
}
