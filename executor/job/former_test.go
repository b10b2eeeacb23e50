package job_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/seedtest"
)

// TestFormerDeclarationsBringBack: after an apply, what the run had found, put into the
// files and applied, brings all attributes back as they were, except for those of which
// it was said that files cannot declare that.
func TestFormerDeclarationsBringBack(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	for round := range uint64(6) {
		synctest.Test(t, func(t *testing.T) { bringBack(t, rand.New(rand.NewPCG(seed, round))) })
	}
}

func bringBack(t *testing.T, r *rand.Rand) {
	t.Helper()
	account := &snapshot.Account{ID: "42"}
	var files strings.Builder
	files.WriteString("guard {\n  max_change_percent = 100\n}\n")
	for i := range 8 {
		name := fmt.Sprintf("example%d.com", i)
		d := snapshot.Domain{
			Name: name, InstanceID: fmt.Sprintf("S%d", i), Nameservers: []string{"ns1.example.net", "ns2.example.net"}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
			TransferLock: lockStatus(r.IntN(2) == 0), UpdateLock: wire.LockOff,
		}
		if r.IntN(2) == 0 {
			d.Hosts = []snapshot.Host{{Name: "ns1." + name, Addresses: []string{"192.0.2.1"}}}
		}
		account.Domains = append(account.Domains, d)
		fmt.Fprintf(&files, "domain %q {\n  transfer_lock = %t\n", name, r.IntN(2) == 0)
		if r.IntN(2) == 0 {
			fmt.Fprintf(&files, "  nameservers = [\"ns%d.example.org\", \"ns9.example.org\"]\n", r.IntN(3))
		}
		switch r.IntN(3) {
		case 0:
			files.WriteString("  hosts = { ns1 = [\"192.0.2.7\"], ns5 = [\"2001:db8::5\"] }\n")
		case 1:
			files.WriteString("  hosts = { ns1 = [] }\n")
		}
		files.WriteString("}\n")
	}
	w := newWorldOf(t, files.String(), simulator.Options{Account: account})
	state := t.TempDir()
	w.job.Journal = job.InState(state, journal.Options{})
	before := observed(w)
	w.apply(job.ApplyOptions{})
	run := told(t, state, history.Filter{})[0]
	var text bytes.Buffer
	if err := render.RunHCL(&text, run, personal.NewMasker()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "Not brought back") {
		t.Errorf("something cannot be brought back:\n%s", text.String())
	}
	w.job.Portfolio = load(t, "guard {\n  max_change_percent = 100\n}\n"+text.String())
	w.apply(job.ApplyOptions{})
	if diff := cmp.Diff(before, observed(w)); diff != "" {
		t.Errorf("it is not as before: %s\nafter\n%s\nby\n%s", diff, files.String(), text.String())
	}
}

func lockStatus(on bool) wire.LockStatus {
	if on {
		return wire.LockOn
	}
	return wire.LockOff
}

// observed is what the account shows of each attribute that a run of these tests changes,
// by name.
func observed(w *world) map[string]string {
	shown := make(map[string]string)
	live := w.sim.State()
	for i := range live.Domains {
		d := &live.Domains[i]
		for _, a := range []string{"nameservers", "transfer_lock", "hosts"} {
			shown[d.Name+" "+a] = attr.Lookup(a).Observe(d).String()
		}
	}
	return shown
}

// TestFormerTellsWhatItLeaves: what was bought, what is not known, persons and single
// elements of a list that files declare as a whole are left, each with its reason; what
// was not made is not mentioned.
func TestFormerTellsWhatItLeaves(t *testing.T) {
	t.Parallel()
	records := attr.NewDSSet([]snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "AB"}})
	contact := attr.Lookup("admin").Observe(&snapshot.Domain{Contacts: map[wire.ContactType]snapshot.Contact{wire.AdminContact: {Name: "Ada Example", Email: "ada@example.com"}}})
	f := history.FormerOf([]history.Change{
		{ID: "a", Domain: "example.com", Attribute: "renewal", Cost: &attr.Cost{}, Result: "verified"},
		{ID: "b", Domain: "example.com", Attribute: "ds_records", Element: "1", Before: records, Result: "verified"},
		{ID: "c", Domain: "example.com", Attribute: "transfer_lock", Before: attr.Bool(false), Result: "in doubt"},
		{ID: "d", Domain: "example.net", Attribute: "transfer_lock", Before: attr.Bool(false), Result: "failed"},
		{ID: "e", Domain: "example.com", Attribute: "registrant", Before: contact, Result: "verified"},
		{ID: "f", Domain: "example.com", Attribute: "admin", Before: contact, Result: "verified"},
		{ID: "g", Domain: "example.org", Attribute: "transfer_lock", Before: attr.Bool(false), Result: "differs"},
		{ID: "h", Domain: "", Attribute: "emails", Element: "ada@example.com", Result: "done"},
	}, false)
	why := make(map[string]string)
	for _, l := range f.Left {
		why[l.Change] = l.Why
	}
	for id, want := range map[string]string{"a": "bought", "b": "elements", "c": "nobody knows", "e": "consent", "f": "tells of persons", "h": "of the account"} {
		if !strings.Contains(why[id], want) {
			t.Errorf("of %s it says %q, want %q", id, why[id], want)
		}
	}
	if len(f.Left) != 6 || len(f.Declarations) != 1 || f.Declarations[0].Domain != "example.org" {
		t.Errorf("it tells %+v", f)
	}
}
