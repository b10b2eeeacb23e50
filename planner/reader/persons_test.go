package reader_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner/reader"
)

// planted is a contact whose every personal text can be found again.
func planted() attr.Contact {
	return attr.Contact{
		"type": "enterprise", "organization": "Planted Ltd", "name": "Planted Person", "email": "planted@example.com", "country": "GB",
		"province": "Plantshire", "city": "Planton", "address": "2 Planted Street", "postal_code": "PL4 NTD",
		"phone_country_code": "44", "phone": "20700000117", "phone_extension": "4711", "zh_name": "植物",
	}
}

// personalTexts are the personal texts of a contact.
func personalTexts(c attr.Contact) (all []string) {
	attr.MapPersonal(c, func(_, text string) string {
		all = append(all, text)
		return text
	})
	return all
}

// liveContact is the contact as the service tells it.
func liveContact(c attr.Contact) snapshot.Contact {
	return snapshot.Contact{
		Organization: c["organization"], Name: c["name"], Email: c["email"], Country: c["country"], Province: c["province"], City: c["city"],
		Address: c["address"], PostalCode: c["postal_code"], PhoneCountryCode: c["phone_country_code"], Phone: c["phone"],
		PhoneExtension: c["phone_extension"], Zh: snapshot.ZhContact{Name: c["zh_name"]},
	}
}

// plain returns what pieces hold.
func plain(t *testing.T, p *pieces) (text string) {
	t.Helper()
	for _, data := range p.all {
		z, err := zstd.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := z.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		z.Close()
		text += b.String()
	}
	return text
}

// TestReadingsHoldNoPersons: no text of a person is in what is kept of names, and the
// nights read the contacts of those names alone whose contacts are not as declared,
// also where little of them is declared, and when pieces were put together.
func TestReadingsHoldNoPersons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 12)
		n.maxAge = 200 * 365 * 24 * time.Hour // no name is due
		whole, part, other := planted(), attr.Contact{"name": "Planted Person", "city": "Planton"}, planted()
		other["name"], other["email"] = "Somebody Else", "else@example.com"
		state := n.sim.State()
		for i := range n.p.Domains {
			d := state.Domain(n.p.Domains[i].Name)
			d.Nameservers, d.DSRecords, d.Hosts = []string{"ns1.example.net"}, []snapshot.DSRecord{}, []snapshot.Host{}
			d.Contacts = map[wire.ContactType]snapshot.Contact{wire.AdminContact: liveContact(whole), wire.TechContact: liveContact(whole), wire.BillingContact: liveContact(whole)}
			values := map[string]attr.Value{"admin": whole, "tech": part}
			if i == 3 {
				values["admin"] = other // a change that is ready: all contacts of the name are read
			}
			n.p.Domains[i] = declare(d.Name, values)
		}
		n.sim = simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: state})
		n.client = connect(t, n.sim, nil)
		n.log = n.client
		for night := range 60 {
			live, calls := n.read()
			if most := map[bool]int{true: 40, false: 4}[night == 0]; calls["QueryContactInfo"] > most {
				t.Fatalf("night %d: %v", night, calls)
			}
			for i := range live.Domains {
				d := &live.Domains[i]
				got := d.Contacts[wire.AdminContact]
				if got.Lacks = ""; got != liveContact(whole) {
					t.Fatalf("night %d: %s has the contact %+v", night, d.Name, got)
				}
				if got := d.Contacts[wire.TechContact]; got.Name != "Planted Person" || got.City != "Planton" {
					t.Fatalf("night %d: %s has the contact %+v", night, d.Name, got)
				}
			}
			held := plain(t, n.kept)
			for _, text := range append(personalTexts(whole), personalTexts(other)...) {
				if strings.Contains(held, text) {
					t.Fatalf("night %d: %q is in the readings", night, text)
				}
			}
			if !strings.Contains(held, "#hidden:") {
				t.Fatalf("night %d: no contact is in the readings", night)
			}
			time.Sleep(24 * time.Hour)
			if night%7 == 0 {
				n.changeInConsole("name00005.com", night%2 == 0)
				time.Sleep(time.Hour)
			}
		}
		if keys, _ := n.kept.Keys(t.Context()); len(keys) > 45 {
			t.Errorf("there are %d pieces", len(keys))
		}
	})
}

// TestContactsStandForWhatIsDeclaredLater: what is declared next of a contact is
// compared with what was read, though no file told it then, and what is another text
// is read anew.
func TestContactsStandForWhatIsDeclaredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 2)
		n.maxAge = 200 * 365 * 24 * time.Hour
		state := n.sim.State()
		for i := range state.Domains {
			d := &state.Domains[i]
			d.Contacts = map[wire.ContactType]snapshot.Contact{wire.AdminContact: liveContact(planted())}
		}
		n.sim = simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: state})
		n.client = connect(t, n.sim, nil)
		n.log = n.client
		declared := attr.Contact{}
		for night, field := range []string{"name", "email", "phone_extension", "zh_name", "address"} {
			declared = maps.Clone(declared)
			declared[field] = planted()[field]
			for i := range n.p.Domains {
				n.p.Domains[i] = declare(n.p.Domains[i].Name, map[string]attr.Value{"admin": declared})
			}
			for try, want := range []int{2, 0, 0, 1} {
				if night > 0 {
					want = try / 3
				}
				if try == 3 { // of one name the files say something else
					other := maps.Clone(declared)
					other[field] = "900"
					n.p.Domains[0] = declare(n.p.Domains[0].Name, map[string]attr.Value{"admin": other})
				}
				live, calls := n.read()
				if calls["QueryContactInfo"] != want {
					t.Errorf("night %d, %d: %v", night, try, calls)
				}
				for i := range live.Domains {
					if got := attr.Lookup("admin").Observe(&live.Domains[i]); !got.Equal(declared) {
						t.Errorf("night %d: %s", night, got)
					}
				}
				time.Sleep(24 * time.Hour)
			}
		}
	})
}

// TestFormerPiecesAreDeleted: pieces of a version that held persons do not stay.
func TestFormerPiecesAreDeleted(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(z, "{\"version\": 1, \"endpoint\": \"\"}\n{\"format_version\": 2, \"domains\": []}")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	kept := newPieces()
	kept.all["former"] = b.Bytes()
	if r, bad, err := reader.LoadReadings(t.Context(), kept, ""); err != nil || bad > 0 || len(r.Account.Domains) > 0 || len(kept.all) > 0 {
		t.Errorf("%d are bad, %d are left, %v", bad, len(kept.all), err)
	}
}

// TestContactsThatAreDeclaredWholeAreCompared: what a file says is compared with the
// account, however much of a contact it says, where the contact stands by hashes.
func TestContactsThatAreDeclaredWholeAreCompared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 1)
		n.maxAge = 200 * 365 * 24 * time.Hour
		state := n.sim.State()
		d := &state.Domains[0]
		d.Contacts = map[wire.ContactType]snapshot.Contact{wire.AdminContact: liveContact(planted())}
		n.sim = simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: state})
		n.client = connect(t, n.sim, nil)
		n.log = n.client
		fields, _ := attr.ContactFields()
		for night := range 1<<5 + 1 {
			changed := night % (1 << 5) // which of five texts are others
			declared := planted()
			for _, f := range fields {
				if _, ok := declared[f]; !ok {
					declared[f] = "" // whole: nothing is left to the account
				}
			}
			for i, f := range []string{"organization", "name", "email", "address", "phone"} {
				if changed>>i&1 == 1 {
					declared[f] = "other" + declared[f]
				}
			}
			n.p.Domains[0] = declare(d.Name, map[string]attr.Value{"admin": declared})
			live, calls := n.read()
			got := live.Domains[0].Contacts[wire.AdminContact]
			if got.Lacks = ""; got != liveContact(planted()) { // the service does not tell all of it
				t.Errorf("%05b: the contact is %+v, %v", changed, got, calls)
			}
			if want := map[bool]int{true: 1}[night == 0 || changed > 0]; calls["QueryContactInfo"] != want {
				t.Errorf("%05b: %v", changed, calls)
			}
			time.Sleep(24 * time.Hour)
		}
	})
}
