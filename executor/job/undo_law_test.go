package job_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/seedtest"
)

// undoDice draw accounts and what is declared of them.
type undoDice struct{ *rand.Rand }

func (d undoDice) coin() bool { return d.IntN(2) == 0 }

func (d undoDice) of(texts ...string) string { return texts[d.IntN(len(texts))] }

// digests are those of the DS records that are drawn, by key tag.
var digests = []string{strings.Repeat("A0", 32), strings.Repeat("B1", 32), strings.Repeat("C2", 32)}

func (d undoDice) records() []snapshot.DSRecord {
	records := []snapshot.DSRecord{}
	for i := range digests {
		if d.IntN(3) == 0 {
			records = append(records, snapshot.DSRecord{KeyTag: i + 1, Algorithm: 13, DigestType: 2, Digest: digests[i]})
		}
	}
	return records
}

// name draws a name of the account, and its block in the files.
func (d undoDice) name(i int) (snapshot.Domain, string) {
	name := fmt.Sprintf("example%d.art", i)
	live := snapshot.Domain{
		Name: name, InstanceID: fmt.Sprintf("S%d", i), Expires: time.Now().AddDate(2, 0, 0), Registered: time.Now().AddDate(-2, 0, 0),
		Nameservers: strings.Fields(d.of("ns1.example.net ns2.example.net", "ns3.example.org", "dns1.hichina.com dns2.hichina.com")),
		DSRecords:   d.records(), Hosts: []snapshot.Host{}, TransferLock: lockStatus(d.coin()), UpdateLock: lockStatus(d.coin()),
		Privacy: new(d.coin()), AutoRenew: new(false), ENSAddress: new(d.of("", "0xde709f2102306220921060314715629080e2fb77")), Art: &snapshot.Art{Title: d.of("", "Sunrise"), Maker: d.of("", "Ada Example")},
	}
	if d.coin() {
		live.Hosts = append(live.Hosts, snapshot.Host{Name: "ns1." + name, Addresses: []string{"192.0.2.1"}})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "domain %q {\n  temporary_unlock = true\n  update_lock = %t\n  ds_hold = %q\n  keep_ds = %t\n", name, d.coin(), d.of("0s", "48h"), d.coin())
	for _, line := range []string{
		d.of(`nameservers = ["ns1.example.org", "ns2.example.org"]`, `nameservers = ["ns3.example.org"]`, `alidns = true`, fmt.Sprintf(`nameservers = ["ns1.example%d.art", "ns3.example.org"]`, d.IntN(lawNames))),
		"ds_records = [" + dsText(d.records()) + "]",
		d.of(`hosts = { ns1 = ["192.0.2.7"], ns5 = ["2001:db8::5"] }`, `hosts = { ns1 = [] }`, `hosts = { ns1 = ["192.0.2.1"] }`),
		fmt.Sprintf("transfer_lock = %t", d.coin()), fmt.Sprintf("privacy = %t", d.coin()), fmt.Sprintf("auto_renew = %t", d.coin()),
		fmt.Sprintf("ens_address = %q", d.of("", "0x52908400098527886e0f7030069857d2e4169ee7")),
		fmt.Sprintf("art = { title = %q, features = %q }", d.of("", "Sunset"), d.of("", "light")),
		"admin = contact." + d.of(lawPersons...), "billing = contact." + d.of(lawPersons...), "tech = contact." + d.of(lawPersons...), "registrant = contact." + d.of(lawPersons...),
	} {
		if d.coin() {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	b.WriteString("}\n")
	return live, b.String()
}

// lawPersons are the contacts that the files have.
var lawPersons = []string{"ada", "grace"}

// lawSettings are the blocks beside the names.
func lawSettings() string {
	var b strings.Builder
	b.WriteString("guard {\n  max_change_percent = 100\n  max_registrant_changes = 100\n  registrant_transfer_prohibition = false\n}\n")
	for i, person := range lawPersons {
		fmt.Fprintf(&b, "contact %q {\n  type = %q\n  organization = \"Example Ltd\"\n  name = \"%s Example\"\n  email = \"%s@example.com\"\n", person, attr.RegistrantTypes()[i%2], person, person)
		b.WriteString("  country = \"GB\"\n  province = \"London\"\n  city = \"London\"\n  address = \"1 Example Street\"\n  postal_code = \"N1 1AA\"\n  phone_country_code = \"44\"\n  phone = \"2000000000\"\n}\n")
	}
	return b.String()
}

// contacts draws who stands behind some names at first.
func (d undoDice) contacts(names []snapshot.Domain) string {
	var b strings.Builder
	for i := range names {
		fmt.Fprintf(&b, "domain %q {\n  temporary_unlock = true\n  update_lock = %t\n", names[i].Name, names[i].UpdateLock == lockStatus(true))
		for _, role := range lawRoles {
			if d.coin() {
				fmt.Fprintf(&b, "  %s = contact.%s\n", role, d.of(lawPersons...))
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// lawRoles are the attributes that are contacts.
var lawRoles = []string{"registrant", "admin", "billing", "tech"}

func dsText(records []snapshot.DSRecord) string {
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = fmt.Sprintf("{ key_tag = %d, algorithm = %d, digest_type = %d, digest = %q }", r.KeyTag, r.Algorithm, r.DigestType, r.Digest)
	}
	return strings.Join(texts, ", ")
}

// lawNames is how many names an account of the law has.
const lawNames = 6

// declarable is what the account shows of all attributes that the law changes, by name
// and attribute.
func declarable(w *world) map[string]string {
	shown := make(map[string]string)
	live := w.sim.State()
	for i := range live.Domains {
		d := &live.Domains[i]
		for _, a := range append([]string{"nameservers", "ds_records", "hosts", "transfer_lock", "update_lock", "privacy", "auto_renew", "ens_address", "art"}, lawRoles...) {
			shown[d.Name+"/"+a] = attr.Lookup(a).Observe(d).String()
		}
	}
	return shown
}

// differing returns what two states have otherwise, sorted.
func differing(before, after map[string]string) (ids []string) {
	for id, was := range before {
		if after[id] != was {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// TestUndoLaw: whatever an apply has changed in a random portfolio, its undo brings all
// attributes of all names back, except for what it says to be left; and no later apply of
// the same files changes again what was brought back, while it is held.
func TestUndoLaw(t *testing.T) {
	t.Parallel()
	seed, rounds := seedtest.First(t), uint64(12)
	if testing.Short() {
		rounds = 4
	}
	changed := make(map[string]int)
	for round := range rounds {
		synctest.Test(t, func(t *testing.T) { undoLaw(t, undoDice{rand.New(rand.NewPCG(seed, round))}, changed) })
	}
	for _, a := range append([]string{"nameservers", "registrant not", "admin not"}, lawRoles[1:]...) {
		if changed[a] == 0 && !testing.Short() {
			t.Errorf("%s was never taken back: %v", a, changed)
		}
	}
}

// undoLaw counts what the apply has changed, by attribute, and apart what of that is said
// to be left.
func undoLaw(t *testing.T, d undoDice, changed map[string]int) {
	t.Helper()
	account := &snapshot.Account{ID: "42", Emails: []snapshot.Email{}}
	for _, person := range lawPersons {
		account.Emails = append(account.Emails, snapshot.Email{Address: person + "@example.com", Verified: true})
	}
	files := lawSettings()
	for i := range lawNames {
		live, block := d.name(i)
		account.Domains, files = append(account.Domains, live), files+block
	}
	w := newWorldOf(t, lawSettings()+d.contacts(account.Domains), simulator.Options{Account: account})
	state := w.inState()
	w.apply(job.ApplyOptions{})
	earlier := len(told(t, state, history.Filter{}))
	w.job.Portfolio = load(t, files)
	before := declarable(w)
	w.apply(job.ApplyOptions{})
	made := differing(before, declarable(w))
	runs := told(t, state, history.Filter{})
	runs = runs[:len(runs)-earlier]
	left := make(map[string]bool)
	for range 6 { // stages of signed names take days
		clear(left)
		for _, run := range runs {
			r := w.undoes(job.UndoOptions{Run: run.ID, Until: time.Now().AddDate(1, 0, 0)})
			for _, l := range r.Plan.Undo.Left {
				left[l.ID] = true
			}
			for c := range r.Plan.Differences() {
				if c.Status == attr.Blocked {
					left[c.ID] = true
				}
			}
			if stale := r.Plan.Undo.Stale; len(stale) > 0 {
				t.Errorf("nobody else has changed anything, and it says %v", stale)
			}
		}
		if len(differing(before, declarable(w))) == 0 {
			break
		}
		time.Sleep(3 * 24 * time.Hour)
	}
	said := func(id string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(left)), func(l string) bool { return strings.HasPrefix(l, id) })
	}
	now := declarable(w)
	for _, id := range differing(before, now) {
		if !said(id) {
			t.Fatalf("%s is not as before: it was %s, and is %s\n%s", id, before[id], now[id], files)
		}
	}
	for range 3 {
		time.Sleep(24 * time.Hour)
		w.apply(job.ApplyOptions{})
		for _, id := range differing(before, declarable(w)) {
			if slices.Contains(made, id) && !said(id) {
				t.Fatalf("a later apply has made %s again:\n%s", id, files)
			}
		}
	}
	for _, id := range made {
		_, attribute, _ := strings.Cut(id, "/")
		if said(id) {
			attribute += " not"
		}
		changed[attribute]++
	}
}
