package planner

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// reading is an account of which a part is known, and the calls that told it.
type reading struct {
	world *Live // all of it
	known *Live
	calls map[string]int            // by operation, name, and what the operation tells
	asked map[string]snapshot.Facts // by name
	again []string                  // facts that were asked for twice
	fails map[string]bool           // of these calls
}

// newReading begins with what the list of names tells.
func newReading(world *Live, fails map[string]bool) *reading {
	r := &reading{world: world, known: &Live{ReadAt: world.ReadAt, ID: "1"}, calls: make(map[string]int), asked: make(map[string]snapshot.Facts), fails: fails}
	for _, d := range world.Domains {
		r.known.Domains = append(r.known.Domains, snapshot.Domain{
			Name: d.Name, InstanceID: d.InstanceID, Registered: d.Registered, Expires: d.Expires, Status: d.Status, Premium: d.Premium,
		})
	}
	return r
}

// call makes a call for some of the facts that it tells, and reports whether it
// tells anything.
func (r *reading) call(operation, name string, asked, tells snapshot.Facts) bool {
	key := fmt.Sprint(operation, " ", name, " ", tells.Names())
	r.calls[key]++
	if twice := r.asked[name] & asked; twice != 0 {
		r.again = append(r.again, fmt.Sprint(key, " for ", twice.Names()))
	}
	r.asked[name] |= asked
	if r.fails[key] {
		r.known.Failures = append(r.known.Failures, snapshot.Failure{Domain: name, Facts: asked, Operation: operation, Message: "no answer"})
	}
	return !r.fails[key]
}

// name makes the calls that tell the facts of a name.
func (r *reading) name(name string, facts snapshot.Facts) {
	d, w := r.known.Domain(name), r.world.Domain(name)
	if d == nil {
		d, w = r.known.Lacking(name), r.world.Lacking(name)
	}
	for _, row := range reads {
		if asked := facts & row.Facts; asked != 0 && !d.Has(asked) && r.call(row.Operation, name, asked, row.Facts) {
			d.Take(w, row.Facts)
		}
	}
}

// account makes the calls that tell facts of the account.
func (r *reading) account(facts snapshot.Facts) {
	for _, row := range accountReads {
		if asked := facts & row.Facts; asked != 0 && !r.known.Has(asked) && r.call(row.Operation, "", asked, row.Facts) {
			switch row.Facts {
			case snapshot.Emails:
				r.known.Emails = r.world.Emails
			case snapshot.Profiles:
				r.known.Profiles = r.world.Profiles
			}
		}
	}
}

func (r *reading) transfersIn() {
	if r.call("QueryTransferInList", "", snapshot.Listed, snapshot.Listed) {
		r.known.TransfersIn = r.world.TransfersIn
	}
}

func (r *reading) offers(names []string, more snapshot.Facts) {
	for _, name := range names {
		r.known.Absent = append(r.known.Absent, snapshot.Domain{Name: name})
	}
	r.known.Sort()
	for _, name := range names {
		r.name(name, snapshot.Presence)
		r.account(more)
	}
}

// roundsAtMost is how many rounds of questions any plan takes, the last one
// included, in which nothing is asked: transfers, offers, what changes rest on, a
// price that another answer lacked, hosts, and who delegates to them.
const roundsAtMost = 8

// answer answers questions until there are none.
func (r *reading) answer(t *rapid.T, in Input) {
	in.Live = r.known
	inquiry := NewInquiry(in)
	for round := 1; ; round++ {
		q := inquiry.Next()
		if whole := Needs(in); !cmp.Equal(q, whole) {
			t.Fatalf("round %d: an inquiry asks for other things than all names need: %s", round, cmp.Diff(whole, q))
		}
		for name := range q.Log {
			r.call("QueryChangeLogList", name, 0, 0)
			in.Log.Recent[name] = RecentChanges{}
		}
		if q.None() {
			return
		}
		if round == roundsAtMost {
			t.Fatalf("round %d asks for %+v", round, q)
		}
		if q.TransfersIn {
			r.transfersIn()
		}
		for _, name := range slices.Sorted(maps.Keys(q.Facts)) {
			r.name(name, q.Facts[name])
		}
		r.offers(slices.Sorted(maps.Keys(q.Offers)), 0)
		r.account(q.Account)
	}
}

// TestNeedsAreWhatStagesRead: what is read round by round gives the plan that a
// reader with stages of its own comes to, in a few rounds, with none of its calls
// made twice, and no call that it did not make.
func TestNeedsAreWhatStagesRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, world := asking(t)
		asked, staged := newReading(world, nil), newReading(world, nil)
		asked.answer(t, in)
		staged.stages(in)
		for key, n := range asked.calls {
			if n > 1 {
				t.Fatalf("%s was called %d times", key, n)
			}
			if staged.calls[key] == 0 && !strings.HasPrefix(key, "QueryChangeLogList ") {
				t.Fatalf("%s was called for nothing", key)
			}
		}
		if diff := cmp.Diff(planned(t, in, staged.known), planned(t, in, asked.known)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestFailuresAreAnswers: whatever cannot be read, no fact is asked for twice, and
// the questions end.
func TestFailuresAreAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, world := asking(t)
		whole := newReading(world, nil)
		whole.answer(t, in)
		fails := make(map[string]bool)
		for _, key := range slices.Sorted(maps.Keys(whole.calls)) {
			fails[key] = rapid.IntRange(0, 3).Draw(t, "fails") == 0
		}
		in.Log = Log{Recent: make(map[string]RecentChanges)}
		asked := newReading(world, fails)
		asked.answer(t, in)
		if len(asked.again) > 0 {
			t.Fatalf("asked for twice: %v", asked.again)
		}
	})
}

func planned(t *rapid.T, in Input, live *Live) string {
	in.Live = live
	text, err := json.MarshalIndent(Diff(in), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asking draws files, and an account that they may or may not describe.
func asking(t *rapid.T) (Input, *Live) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	world := &Live{ReadAt: now, ID: "1", TransfersIn: []snapshot.TransferIn{}, Profiles: []snapshot.Profile{}, Emails: []snapshot.Email{}}
	in := Input{Portfolio: &config.Portfolio{Limits: config.DefaultLimits()}, Log: Log{Recent: make(map[string]RecentChanges)}}
	draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
	for i := range 2 + draw(6) {
		name := fmt.Sprintf("n%02d.com", i)
		switch draw(6) {
		case 0:
			world.Absent = append(world.Absent, snapshot.Domain{Name: name, Offer: &snapshot.Offer{Availability: []wire.Availability{wire.Taken, wire.Available}[draw(2)], Price: 10, Years: 1, Currency: wire.USD}})
			if draw(4) == 0 {
				world.TransfersIn = append(world.TransfersIn, snapshot.TransferIn{Domain: name, State: wire.TransferInPending})
			}
		default:
			world.Domains = append(world.Domains, drawn(draw, name, now))
		}
		if draw(5) > 0 {
			in.Portfolio.Domains = append(in.Portfolio.Domains, wished(draw, name))
		}
	}
	if draw(2) == 0 {
		in.Portfolio.Guard.MaxDelegations = new(draw(3))
	}
	if draw(2) == 0 {
		in.Portfolio.Budget = &config.Budget{Amount: attr.Amount(draw(10) * 1000), Currency: "USD", Per: config.PerMonth}
	}
	if draw(3) == 0 {
		in.Portfolio.Holds = []config.Hold{{Label: "some", Names: []string{"n01.com", "n03.com"}, Until: now.AddDate(0, 1, 0)}}
	}
	if draw(3) == 0 {
		in.Only = SelectNames([]string{"n00.com", "n02.com", "n03.com"})
	}
	if draw(3) == 0 {
		in.Limit = 1 + draw(3)
	}
	for _, a := range attr.OfAccount() {
		switch {
		case a.Name == attr.EmailAddresses && draw(2) == 0:
			in.Portfolio.Declared = append(in.Portfolio.Declared, config.Declared{Attribute: a, Value: attr.Emails{"ada@example.com": attr.EmailVerified}})
		case a.Name == attr.RegistrantProfile: // files declare what contacts refer to
			in.Portfolio.Declared = append(in.Portfolio.Declared, config.Declared{Attribute: a, Value: attr.Profiles{"ada": {Contact: someone("Ada")}}})
		}
	}
	world.Sort()
	return in, world
}

func someone(name string) attr.Contact {
	return attr.Contact{"type": "individual", "name": name + " Example", "email": strings.ToLower(name) + "@example.com"}
}

// hostsOf are the nameservers of files and accounts.
var hostsOf = []string{"ns1.example.net", "ns2.example.net", "ns1.n00.com", "ns2.n00.com", "ns1.n02.com", "ns1.n05.com"}

func someHosts(draw func(int) int) []string {
	return []string{hostsOf[draw(3)], hostsOf[3+draw(3)]}
}

func someLock(draw func(int) int) wire.LockStatus { return wire.Lock(draw(2) == 0) }

// drawn is a name of the account.
func drawn(draw func(int) int, name string, now time.Time) snapshot.Domain {
	d := snapshot.Domain{
		Name: name, InstanceID: "S-" + name, Registered: now.AddDate(-1, 0, 0), Expires: now.AddDate(0, 0, 20+draw(400)), Status: "3",
		Nameservers: attr.NewNameserverSet(someHosts(draw)), TransferLock: someLock(draw), UpdateLock: someLock(draw),
		DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{}, Privacy: new(draw(2) == 0), TransferOut: "NONE", RegistrantUpdating: "NONE",
		Premium: draw(4) == 0, Renewal: &snapshot.RenewalPrice{Years: 1, Price: float64(draw(3)) * 8, Currency: wire.USD}, Quote: &snapshot.Quote{Price: 7, Currency: wire.USD},
		Contacts: make(map[wire.ContactType]snapshot.Contact),
	}
	if draw(2) == 0 {
		d.DSRecords = []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "A1"}}
	}
	if draw(2) == 0 {
		d.Hosts = []snapshot.Host{{Name: "ns1." + name, Addresses: []string{"192.0.2.1"}}}
	}
	for role := range snapshot.ContactFacts {
		d.Contacts[role] = snapshot.Contact{Type: "1", Name: []string{"Ada Example", "Bob Example"}[draw(2)], Email: "ada@example.com"}
	}
	return d
}

// wished is what the files declare of a name.
func wished(draw func(int) int, name string) config.Domain {
	want := config.Domain{Name: name, Settings: attr.DefaultSettings()}
	want.Settings.KeepDS, want.Settings.TemporaryUnlock = draw(2) == 0, draw(2) == 0
	addresses := [][]string{{}, {"192.0.2.1"}, {"192.0.2.2"}}[draw(3)]
	values := map[string]attr.Value{
		"nameservers": attr.NewNameserverSet(someHosts(draw)), "transfer_lock": attr.Bool(true), attr.UpdateLock: attr.Bool(draw(2) == 0),
		attr.DSRecords: attr.NewDSSet(nil), attr.GlueHosts: attr.HostObjects{"ns1": addresses}, "privacy": attr.Bool(true),
		attr.Registrant: someone("Ada"), "admin": attr.Contact{attr.RegistrantProfile: "ada"}, "tech": someone("Bob"),
		attr.RegistrationName: attr.Registration{Years: 1 + draw(2), Profile: "1"},
		"renewal":             attr.Renewal{MinDaysLeft: 60, Years: 1, Terms: attr.Terms{MaxPrice: attr.Amount(draw(2) * 1500)}},
	}
	for _, a := range attr.OfNames() {
		if v := values[a.Name]; v != nil && draw(3) > 0 {
			want.Declared = append(want.Declared, config.Declared{Attribute: a, Value: v})
		}
	}
	return want
}
