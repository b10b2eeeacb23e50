package importer_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/planner"
)

// TestFlatPortfoliosSayTheSame is the law of tables: what they declare of a name is what
// blocks declare, and a plan has nothing to do.
func TestFlatPortfoliosSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accounts.Draw(t, "account")
		blocks := load(t, fromAccount(t, a, ""))
		files, err := importer.FromAccount(a, importer.Options{Flat: true})
		if err != nil {
			t.Fatal(err)
		}
		p := load(t, files)
		if len(p.Domains) != len(blocks.Domains) {
			t.Fatalf("%d names, want %d", len(p.Domains), len(blocks.Domains))
		}
		for i := range p.Domains {
			if !p.Domains[i].SameAs(&blocks.Domains[i]) {
				t.Fatalf("%s: the table declares %v, blocks %v", p.Domains[i].Name, p.Domains[i].Declared, blocks.Domains[i].Declared)
			}
		}
		if plan := planner.Diff(planner.Input{Portfolio: p, Live: a}); len(plan.Changes) > 0 || len(plan.Missing) > 0 {
			t.Fatalf("the plan has changes %v, missing %v", plan.Changes, plan.Missing)
		}
	})
}

const flatText = `--- account.hcl: 0
# Imported: what holds for all names.

account {
  id = "42"
}
--- contacts.hcl: 0
# Imported: who stands behind the names.

contact "ada_example" {
  name = "Ada Example"
}

contact "bob_example" {
  name = "Bob Example"
}
--- names.hcl: 3
# Imported: 3 names in one table, names.csv.

domains "names" {
  names       = csvdecode(file("names.csv"))
  nameservers = each.value.nameservers == "" ? null : split(" ", each.value.nameservers)
  ds_records  = each.value.ds_records == "" ? null : jsondecode(each.value.ds_records)
  tech = each.value.tech == "" ? null : {
    "contact.ada_example" = contact.ada_example
    "contact.bob_example" = contact.bob_example
  }[each.value.tech]
  transfer_lock = true
  update_lock   = each.value.update_lock == "" ? null : each.value.update_lock
}
--- names.csv: 0
name,nameservers,ds_records,tech,update_lock
a-example.com,ns1.example.net ns2.example.net,"[{""algorithm"":13,""digest"":""` + digest + `"",""digest_type"":2,""key_tag"":2371}]",contact.ada_example,true
b-example.com,ns1.example.net,[],contact.bob_example,false
bücher.com,,,,
`

const digest = "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"

func TestFlatPortfolio(t *testing.T) {
	tech := func(name string) map[wire.ContactType]snapshot.Contact {
		return map[wire.ContactType]snapshot.Contact{wire.TechContact: {Name: name}}
	}
	a := &snapshot.Account{ID: "42", Domains: []snapshot.Domain{
		{
			Name: "a-example.com", Nameservers: []string{"ns1.example.net", "ns2.example.net"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOn,
			DSRecords: []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: digest}}, Contacts: tech("Ada Example"),
		},
		{Name: "b-example.com", Nameservers: []string{"ns1.example.net"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Contacts: tech("Bob Example")},
		{Name: "xn--bcher-kva.com", TransferLock: wire.LockOn},
	}}
	files, err := importer.FromAccount(a, importer.Options{Flat: true})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range files {
		fmt.Fprintf(&got, "--- %s: %d\n%s", f.Name, f.Names, f.Content)
	}
	if diff := cmp.Diff(flatText, got.String()); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkFlatPortfolio writes and reads 20,000 names.
func BenchmarkFlatPortfolio(b *testing.B) {
	a := &snapshot.Account{ID: "42"}
	for i := range 20_000 {
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: fmt.Sprintf("n%05d-example.com", i), Nameservers: []string{fmt.Sprintf("ns1.o%d.example", i%40), fmt.Sprintf("ns2.o%d.example", i%40)},
			TransferLock: wire.LockOn, UpdateLock: []wire.LockStatus{wire.LockOn, wire.LockOff}[i%2], DSRecords: []snapshot.DSRecord{},
		})
	}
	for b.Loop() {
		files, err := importer.FromAccount(a, importer.Options{Flat: true})
		if err != nil {
			b.Fatal(err)
		}
		fsys := make(fstest.MapFS)
		for _, f := range files {
			fsys[f.Name] = &fstest.MapFile{Data: f.Content}
		}
		if p, diags := config.LoadFS(fsys, config.Options{}); p == nil || len(p.Domains) != len(a.Domains) {
			b.Fatal(diags)
		}
	}
}
