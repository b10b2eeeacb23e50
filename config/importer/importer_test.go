package importer_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/importer"
)

// small is an account with something of everything.
func small() *snapshot.Account {
	own := []string{"ns1.example.net", "ns2.example.net"}
	a := &snapshot.Account{ID: "1406926474064770", Endpoint: "https://domain-intl.aliyuncs.com", Domains: []snapshot.Domain{
		{Name: "one.example.com", Nameservers: own, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "two.example.com", Nameservers: own, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "own.example.com", Nameservers: []string{"ns1.own.example.com", "ns2.own.example.com"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "cloud.example.com", Nameservers: []string{"dns1.hichina.com", "dns2.hichina.com"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOn},
		{Name: "open.example.com", Nameservers: own, TransferLock: wire.LockUnset, UpdateLock: wire.LockOff},
		{Name: "xn--bcher-kva.example.com", Nameservers: []string{"ns1.example.org", "ns2.example.net"}},
		{Name: "unread.example.com"},
	}}
	a.Sort()
	return a
}

const smallFiles = `--- account.hcl: 0 names
# Imported from account 1406926474064770: what holds for all names.

account {
  id = "1406926474064770"
}

template "transfer_lock_update_lock" {
  transfer_lock = true
  update_lock   = true
}
--- shared.hcl: 2 names
# Imported from account 1406926474064770: 2 names that have their values in common with others.

domains "example_net" {
  template    = template.transfer_lock_update_lock
  nameservers = ["ns1.example.net", "ns2.example.net"]
  names       = ["one.example.com", "two.example.com"]
}
--- single.hcl: 5 names
# Imported from account 1406926474064770: 5 names with values of their own.

domain "cloud.example.com" {
  template = template.transfer_lock_update_lock
  alidns   = true
}

domain "open.example.com" {
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = false
  update_lock   = false
}

domain "own.example.com" {
  template    = template.transfer_lock_update_lock
  nameservers = ["ns1.own.example.com", "ns2.own.example.com"]
}

domain "unread.example.com" {
}

domain "bücher.example.com" {
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

func TestOptionsChooseNamesAndAttributes(t *testing.T) {
	files, err := importer.FromAccount(small(), importer.Options{
		Attributes: []string{"nameservers"}, KeepDS: true,
		Existing: map[string]bool{"cloud.example.com": true, "unknown.example.com": true},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Imported: 1 name with values of its own.
# 6 of the 7 names are left out: the account does not hold them.

domain "cloud.example.com" {
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
		files, err := importer.FromAccount(a, importer.Options{Source: rapid.String().Draw(t, "source")})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
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
		for _, d := range a.Domains {
			want = append(want, d.Name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
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
	suffix := rapid.SampledFrom([]string{"com", "net", "gov", "co.uk", "xn--55qx5d.cn", "xn--p1ai"})
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
		}
		a.Domains = append(a.Domains, d)
	}
	if len(a.Domains) == 0 {
		a.Domains = []snapshot.Domain{{Name: "a.com"}}
	}
	a.Sort()
	return a
})

func TestWriteOverwritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	files := []importer.File{{Name: "a.hcl", Content: []byte("# a\n")}, {Name: "b.hcl", Content: []byte("# b\n")}}
	if err := importer.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a.hcl")); err != nil {
		t.Fatal(err)
	}
	err := importer.Write(dir, files)
	if want := filepath.Join(dir, "b.hcl") + " exists, and import overwrites nothing: name an empty directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := os.Lstat(filepath.Join(dir, "a.hcl")); err == nil {
		t.Error("a.hcl is written although b.hcl exists")
	}
}

func TestManyBlocksGoIntoSeveralFiles(t *testing.T) {
	a := &snapshot.Account{}
	for i := range 4001 {
		name := fmt.Sprintf("n%04d.example.com", i)
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
			Name: fmt.Sprintf("d%05d.example.com", i), Nameservers: []string{"ns1." + operator, "ns2." + operator},
		})
	}
	for b.Loop() {
		if _, err := importer.FromAccount(a, importer.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
