package importer_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/planner"
)

// byHand are templates and blocks that people have written; the labels are those that
// an import would choose.
var byHand = []string{
	"template \"locked\" {\n  transfer_lock = true\n  update_lock = true\n}",
	"template \"open\" {\n  transfer_lock = false\n  update_lock = false\n  privacy = true\n}",
	"template \"cloud\" {\n  transfer_lock = true\n  alidns = true\n  temporary_unlock = true\n}",
	"template \"net\" {\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n  transfer_lock = true\n  update_lock = true\n  privacy = false\n}",
	"template \"lapsing\" {\n  lapse = \"not needed\"\n}",
	"template \"renewed\" {\n  transfer_lock = true\n  update_lock = true\n  renewal = { min_days_left = 60 }\n}",
	"contact \"ada\" {\n  name = \"Ada Example\"\n  country = \"GB\"\n}\ntemplate \"ada\" {\n  tech = contact.ada\n  transfer_lock = true\n}",
	"domains \"example_net\" {\n  names = [\"declared-example.com\"]\n}",
}

// TestAdoptingPlansToNothing is the law of names that are adopted: a plan has nothing
// to do for them, and what was declared before stays as it was.
func TestAdoptingPlansToNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accounts.Draw(t, "account")
		managed, rest := *a, *a
		managed.Domains, rest.Domains = nil, nil
		for _, d := range a.Domains {
			if rapid.Bool().Draw(t, "managed") {
				managed.Domains = append(managed.Domains, d)
			} else {
				rest.Domains = append(rest.Domains, d)
			}
		}
		files := []importer.File{{Name: "own.hcl", Content: []byte("domain \"own-example.com\" {\n}\n")}}
		if len(declarable(&managed)) > 0 {
			files = append(files, fromAccount(t, &managed, "")...)
		}
		p := load(t, files)
		text := rapid.SampledFrom(byHand).Draw(t, "by hand")
		if label := strings.Split(text, " {")[0]; !p.Shared.Labels[strings.ReplaceAll(label, `"`, "")] {
			files = append(files, importer.File{Name: "hand.hcl", Content: []byte(text)})
			p = load(t, files)
		}
		if len(declarable(&rest)) == 0 {
			t.Skip("nothing is left to adopt")
		}
		adopted, err := importer.FromAccount(&rest, importer.Options{Beside: p})
		if err != nil {
			t.Fatal(err)
		}
		checkAdopted(t, a, p, files, adopted, declarable(&rest))
	})
}

// checkAdopted checks what files come to that stand beside others.
func checkAdopted(t *rapid.T, a *snapshot.Account, p *config.Portfolio, files, adopted []importer.File, names []string) {
	for _, f := range adopted {
		if slices.ContainsFunc(files, func(g importer.File) bool { return g.Name == f.Name }) || !strings.HasPrefix(f.Name, "adopted-") {
			t.Fatalf("the name %s is taken, or does not say what it is", f.Name)
		}
	}
	with := load(t, slices.Concat(files, adopted))
	for i := range p.Domains {
		if d := &p.Domains[i]; !d.SameAs(with.Domain(d.Name)) {
			t.Fatalf("what is declared of %s changed", d.Name)
		}
	}
	before, after := planner.Diff(planner.Input{Portfolio: p, Live: a}), planner.Diff(planner.Input{Portfolio: with, Live: a})
	if diff := cmp.Diff(fmt.Sprint(before.Changes), fmt.Sprint(after.Changes)); diff != "" {
		t.Fatalf("the plan has other changes: %s", diff)
	}
	for _, name := range names {
		if slices.Contains(after.Unmanaged, name) {
			t.Fatalf("%s is still unmanaged", name)
		}
	}
}

// TestAdoptedNamesUseWhatThereIs: the template of which all is live, the one that is
// near where none is, the contacts and the registrant profiles.
func TestAdoptedNamesUseWhatThereIs(t *testing.T) {
	const files = `
account {
  id = "42"
}

registrant_profile "legal" {
  id    = 7
  name  = "Ada Example"
  email = "ada@example.com"
}

contact "desk" {
  name  = "Bob Example"
  email = "bob@example.com"
}

template "locked" {
  transfer_lock = true
  update_lock   = true
}

template "parked" {
  template    = template.locked
  nameservers = ["ns1.example.net", "ns2.example.net"]
  tech        = contact.desk
}

template "renewed" {
  template = template.parked
  renewal  = { min_days_left = 60 }
}

template "silent" {
  template          = template.parked
  expiry_alarm_days = 0
}

domains "example_net" {
  names = ["one-example.com"]
}
`
	ada := snapshot.Contact{Name: "Ada Example", Email: "ada@example.com", Country: "GB"}
	bob := snapshot.Contact{Name: "Bob Example", Email: "bob@example.com"}
	own := []string{"ns1.example.net", "ns2.example.net"}
	domain := func(name string, change func(d *snapshot.Domain)) snapshot.Domain {
		d := snapshot.Domain{
			Name: name, Nameservers: own, TransferLock: wire.LockOn, UpdateLock: wire.LockOn,
			Contacts: map[wire.ContactType]snapshot.Contact{wire.TechContact: bob, wire.RegistrantContact: ada},
		}
		change(&d)
		return d
	}
	a := &snapshot.Account{ID: "42", Profiles: []snapshot.Profile{{ID: 7, Kind: wire.CommonProfile, RealName: wire.RealNamePassed, Contact: ada}}, Domains: []snapshot.Domain{
		domain("a-example.com", func(*snapshot.Domain) {}),
		domain("b-example.com", func(*snapshot.Domain) {}),
		domain("c-example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns1.example.org", "ns2.example.org"} }),
		domain("d-example.com", func(d *snapshot.Domain) { d.Contacts[wire.TechContact] = ada }),
		domain("e-example.com", func(d *snapshot.Domain) { d.TransferLock, d.UpdateLock = wire.LockOff, wire.LockOff }),
	}}
	p := load(t, []importer.File{{Name: "main.hcl", Content: []byte(files)}})
	adopted, err := importer.FromAccount(a, importer.Options{Beside: p})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, f := range adopted {
		fmt.Fprintf(&got, "--- %s\n%s", f.Name, f.Content)
	}
	if diff := cmp.Diff(adoptedText, got.String()); diff != "" {
		t.Error(diff)
	}
	with := load(t, append(adopted, importer.File{Name: "main.hcl", Content: []byte(files)}))
	if plan := planner.Diff(planner.Input{Portfolio: with, Live: a}); slices.ContainsFunc(plan.Changes, func(c attr.Change) bool { return c.Domain != "one-example.com" }) {
		t.Error(plan.Changes)
	}
}

const adoptedText = `--- adopted-shared.hcl
# Imported: 2 names that have their values in common with others.

domains "example_net_desk_locked" {
  template = template.parked
  names    = ["a-example.com", "b-example.com"]
}
--- adopted-single.hcl
# Imported: 3 names with values of their own.

domain "c-example.com" {
  template    = template.locked
  nameservers = ["ns1.example.org", "ns2.example.org"]
  tech        = contact.desk
}

domain "d-example.com" {
  template    = template.locked
  nameservers = ["ns1.example.net", "ns2.example.net"]
  tech        = registrant_profile.legal
}

domain "e-example.com" {
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  tech          = contact.desk
  transfer_lock = false
  update_lock   = false
}
`

// TestAdoptedNamesGiveUpNothing: a template of which every value is live is used whatever
// else it says, unless it gives up what protects a name, or says whose it is: that is
// told.
func TestAdoptedNamesGiveUpNothing(t *testing.T) {
	t.Parallel()
	a := &snapshot.Account{Domains: []snapshot.Domain{{Name: "a-example.com", Nameservers: []string{"ns1.example.net", "ns2.example.net"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOn}}}
	for setting, used := range map[string]bool{
		"": true, "temporary_unlock = true": true, "ds_hold = \"72h\"": true, "expiry_alarm_days = 60": true,
		"labels = { owner = \"web\" }": false, "critical = true": false,
		"keep_ds = true": false, "ds_hold = \"47h\"": false, "expiry_alarm_days = 0": false,
	} {
		p := load(t, []importer.File{{Name: "main.hcl", Content: []byte("domain \"own-example.com\" {\n}\ntemplate \"corp\" {\n  transfer_lock = true\n  update_lock = true\n  " + setting + "\n}\n")}})
		adopted, err := importer.FromAccount(a, importer.Options{Beside: p})
		if err != nil || len(adopted) != 1 {
			t.Fatal(adopted, err)
		}
		if strings.Contains(string(adopted[0].Content), "template.corp") != used {
			t.Errorf("a template with %q is used: %v, want %v\n%s", setting, !used, used, adopted[0].Content)
		}
		calls := strings.HasPrefix(setting, "labels") || setting == "critical = true"
		if said := strings.Join(adopted[0].NotUsed, ""); strings.Contains(said, "Template corp fits 1 name") != calls {
			t.Errorf("of a template with %q it says %q", setting, said)
		}
	}
}

// TestBlocksAreCalledAfterWhatTheyAre: parked, signed and locked names, and blocks that
// differ in little. What they are called does not depend on how many names they have.
func TestBlocksAreCalledAfterWhatTheyAre(t *testing.T) {
	kinds := []func(d *snapshot.Domain){
		func(d *snapshot.Domain) { d.Nameservers = []string{"ns1.parking.example", "ns2.parking.example"} },
		func(d *snapshot.Domain) { d.TransferLock, d.UpdateLock = wire.LockOn, wire.LockOff },
		func(d *snapshot.Domain) { d.TransferLock, d.UpdateLock = wire.LockOn, wire.LockOn },
		func(d *snapshot.Domain) {
			d.TransferLock, d.UpdateLock, d.Privacy = wire.LockOn, wire.LockOn, new(true)
		},
		func(d *snapshot.Domain) {
			d.TransferLock, d.UpdateLock, d.Privacy = wire.LockOn, wire.LockOn, new(false)
		},
		func(d *snapshot.Domain) {
			d.DSRecords = []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}}
		},
		func(d *snapshot.Domain) {
			d.DSRecords = []snapshot.DSRecord{{KeyTag: 2, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}}
		},
	}
	want := []string{"parked", "example_net_transfer_lock", "example_net_locked", "example_net_locked_private", "example_net_locked_no_privacy", "example_net_signed", "example_net_signed_2"}
	for large := range kinds {
		a := &snapshot.Account{}
		for kind, change := range kinds {
			for n := range map[bool]int{true: 5, false: 2}[kind == large] {
				d := snapshot.Domain{Name: fmt.Sprintf("k%d-n%d-example.com", kind, n), Nameservers: []string{"ns1.example.net", "ns2.example.net"}}
				change(&d)
				a.Domains = append(a.Domains, d)
			}
		}
		files, err := importer.FromAccount(a, importer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p := load(t, files)
		for kind, label := range want {
			if d := p.Domain(fmt.Sprintf("k%d-n1-example.com", kind)); !p.Shared.Labels["domains "+label] || !labelled(files, label, d.Name) {
				t.Errorf("with most of kind %d, %s is not in %s:\n%s", large, d.Name, label, files[len(files)-1].Content)
			}
		}
	}
}

// labelled reports whether the block with a label has a name.
func labelled(files []importer.File, label, name string) bool {
	for _, f := range files {
		_, block, found := strings.Cut(string(f.Content), fmt.Sprintf("domains %q {", label))
		block, _, _ = strings.Cut(block, "\n}")
		if found && strings.Contains(block, `"`+name+`"`) {
			return true
		}
	}
	return false
}
