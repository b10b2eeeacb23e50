package executor_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// dice draws what an account holds and what is declared of it.
type dice struct{ *rand.Rand }

func (d dice) one(in int) bool { return d.IntN(in) == 0 }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// anyOf returns each element with the probability of a half, in order.
func anyOf[T any](d dice, of ...T) []T {
	var chosen []T
	for _, x := range of {
		if d.one(2) {
			chosen = append(chosen, x)
		}
	}
	return chosen
}

var (
	wallets  = []string{"", "0x52908400098527886e0f7030069857d2e4169ee7", "0xde709f2102306220921060314715629080e2fb77"}
	titles   = []string{"", "Sunrise", "Sunset"}
	delegate = [][]string{{"ns0.example.net"}, {"ns1.example.net", "ns2.example.net"}, {"ns1.n00.art", "ns1.example.net"}, {"dns1.hichina.com", "dns2.hichina.com"}}
	records  = []snapshot.DSRecord{
		{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("A1", 32)},
		{KeyTag: 2, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("B1", 20)},
		{KeyTag: 2, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("B2", 32)},
		{KeyTag: 3, Algorithm: 8, DigestType: 4, Digest: strings.Repeat("C4", 48)},
	}
	addresses = []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}
	people    = []string{"ada", "bob"}
)

// live draws a name of the account.
func (d dice) live(name string) snapshot.Domain {
	n := blank(name, d.one(2))
	n.TransferLock, n.Privacy = wire.Lock(d.one(2)), new(d.one(2))
	n.Nameservers = slices.Clone(pick(d, delegate...))
	n.DSRecords = append(n.DSRecords, anyOf(d, records...)...)
	for _, label := range anyOf(d, "ns1", "ns2") {
		n.Hosts = append(n.Hosts, snapshot.Host{Name: label + "." + name, Addresses: []string{pick(d, addresses...)}})
	}
	n.ENSAddress, n.Art = new(pick(d, wallets...)), &snapshot.Art{Title: pick(d, titles...), Maker: pick(d, titles...)}
	n.Contacts = map[wire.ContactType]snapshot.Contact{wire.AdminContact: person(pick(d, people...)), wire.RegistrantContact: person(pick(d, people...))}
	switch d.IntN(6) {
	case 0:
		expire(&n, -40)
	case 1:
		expire(&n, 20)
	}
	return n
}

func person(name string) snapshot.Contact {
	title := strings.ToUpper(name[:1]) + name[1:]
	return snapshot.Contact{
		Type: wire.Person, Organization: title + " Example", Name: title + " Example", Email: name + "@example.com",
		Country: "GB", Province: "London", City: "London", Address: "1 Example Street", PostalCode: "N1 1AA",
		PhoneCountryCode: "44", Phone: "2000000001",
	}
}

// drawn are the attributes for which an example alone would say too little.
var drawn = map[string]func(d dice) string{
	"nameservers": func(d dice) string { return quoted(pick(d, delegate[:3]...)) },
	attr.DSRecords: func(d dice) string {
		var list []string
		for _, r := range anyOf(d, records...) {
			list = append(list, fmt.Sprintf("{ key_tag = %d, algorithm = %d, digest_type = %d, digest = %q }", r.KeyTag, r.Algorithm, r.DigestType, r.Digest))
		}
		return "[" + strings.Join(list, ", ") + "]"
	},
	attr.GlueHosts: func(d dice) string {
		var list []string
		for _, label := range anyOf(d, "ns1", "ns2") {
			list = append(list, label+" = "+quoted(anyOf(d, addresses...)))
		}
		return "{" + strings.Join(list, ", ") + "}"
	},
	"transfer_lock": drawBool, attr.UpdateLock: drawBool, "privacy": drawBool,
	"ens_address": func(d dice) string { return strconv.Quote(pick(d, wallets...)) },
	"art":         func(d dice) string { return fmt.Sprintf("{ title = %q }", pick(d, titles...)) },
	"registrant":  drawPerson, "admin": drawPerson, "billing": drawPerson, "tech": drawPerson,
}

func drawBool(d dice) string { return strconv.FormatBool(d.one(2)) }

func drawPerson(d dice) string {
	p := person(pick(d, people...))
	text := fmt.Sprintf("{ type = \"individual\", organization = %q, name = %q, email = %q", p.Organization, p.Name, p.Email)
	if d.one(2) {
		return text + " }"
	}
	return text + fmt.Sprintf(", country = %q, province = %q, city = %q, address = %q, postal_code = %q, phone_country_code = %q, phone = %q }",
		p.Country, p.Province, p.City, p.Address, p.PostalCode, p.PhoneCountryCode, p.Phone)
}

func quoted(list []string) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// declared draws what is declared of a name.
func (d dice) declared(name string) string {
	values := make(map[string]string)
	groups := make(map[string]bool)
	for _, a := range attr.OfNames() {
		if !d.one(2) || a.Group != "" && groups[a.Group] {
			continue
		}
		groups[a.Group] = true
		values[a.Name] = a.Doc.Example
		if draw := drawn[a.Name]; draw != nil {
			values[a.Name] = draw(d)
		}
	}
	for _, setting := range []string{"temporary_unlock", "keep_ds"} {
		if d.one(2) {
			values[setting] = "true"
		}
	}
	if d.one(2) {
		values["ds_hold"] = `"0s"`
	}
	return block(name, values)
}

// TestEveryAttributeOnAnyAccount declares anything of any account, whose service
// makes trouble: after some runs nothing is left that could be done, what is not
// declared is as it was, no term was bought twice, and every lock is on.
func TestEveryAttributeOnAnyAccount(t *testing.T) {
	t.Parallel()
	rounds, first := uint64(40), rand.Uint64N(1e9) //nolint:gosec // it is printed
	if testing.Short() {
		rounds = 6
	}
	if text := os.Getenv("EXECUTOR_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		rounds, first = 1, seed
	}
	for seed := first; seed < first+rounds; seed++ {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { anyAccount(t, dice{rand.New(rand.NewPCG(seed, 0))}) })
		})
	}
}

func anyAccount(t *testing.T, d dice) {
	account, text := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, rules
	for i := range 14 {
		name := fmt.Sprintf("n%02d.art", i)
		if !d.one(8) {
			account.Domains = append(account.Domains, d.live(name))
		}
		if i < 10 {
			text += d.declared(name)
		}
	}
	account.Sort()
	o := everyDoor(account)
	o.RequireHosts, o.Faults = false, d.trouble()
	w := newWorldOf(t, loadText(t, text), o)
	before := w.sim.State()
	w.applyUntilDone()
	w.untouched(before)
	w.allLocked()
	w.bought(-1)
	w.boughtAsDeclared()
	if t.Failed() {
		t.Log(text)
	}
}

// trouble draws what goes wrong. Whether an order whose answer is lost was made
// shows after days only; that has a test of its own.
func (d dice) trouble() simulator.Faults {
	return simulator.Faults{
		Durations:        map[wire.TaskType]simulator.Range{"*": {Max: time.Duration(d.IntN(300)) * time.Second}},
		RegistrantUpdate: simulator.Range{Max: time.Duration(d.IntN(10)) * time.Hour},
		Rules: anyOf(d,
			simulator.Fault{Kind: simulator.FailDetail, Share: 0.2, Count: 6},
			simulator.Fault{Kind: simulator.Throttle, Share: 0.1, Count: 20},
			simulator.Fault{Kind: simulator.Lose, Operation: "SaveSingleTask*", Share: 0.3, Count: 3},
			simulator.Fault{Kind: simulator.Lose, Operation: "SaveBatchTaskForModifying*", Share: 0.5, Count: 2},
			simulator.Fault{Kind: simulator.Fail5xx, Operation: "Query*", Share: 0.1, Count: 10},
		),
	}
}

// applyUntilDone applies until nothing is left that could be done.
func (w *world) applyUntilDone() {
	w.t.Helper()
	var left []string
	for try := range 40 {
		if _, _, err := w.apply(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		left = nil
		w.mustPlan(func(p *planner.Plan) {
			for _, c := range p.Changes {
				if c.Status != attr.Blocked && (c.Status != attr.Deferred || c.Attribute != attr.DSRecords) {
					left = append(left, fmt.Sprintf("%s is %s: %s", c.ID, c.Status, c.Reason))
				}
			}
		})
		err := w.open(w.t.Context(), func(j *journal.Journal) error {
			runs, err := j.Open(w.t.Context())
			for _, r := range runs {
				left = append(left, fmt.Sprintf("run %d is open", r.ID))
			}
			if try == 15 && len(runs) > 0 { // somebody has looked
				_, err = executor.Abandon(w.t.Context(), w.config(j))
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(left) == 0 {
			w.t.Logf("done after %d applies, %d changes saved", try+1, len(w.sim.Saved()))
			return
		}
		<-time.After(7 * time.Hour)
	}
	w.t.Errorf("left after many runs:\n%s", strings.Join(left, "\n"))
}

// untouched compares what is not declared with what was.
func (w *world) untouched(before *snapshot.Account) {
	w.t.Helper()
	after := w.sim.State()
	for i := range before.Domains {
		was, is := &before.Domains[i], after.Domain(before.Domains[i].Name)
		if is == nil {
			w.t.Errorf("%s is gone", was.Name)
			continue
		}
		at := slices.IndexFunc(w.portfolio.Domains, func(d config.Domain) bool { return d.Name == was.Name })
		if at < 0 {
			if diff := cmp.Diff(was, is); diff != "" && was.Expires.After(after.ReadAt) {
				w.t.Errorf("%s is unmanaged:\n%s", was.Name, diff)
			}
			continue
		}
		w.untouchedIn(&w.portfolio.Domains[at], was, is)
	}
	for _, d := range after.Domains {
		declared := slices.ContainsFunc(w.portfolio.Domains, func(p config.Domain) bool { return p.Name == d.Name && p.Declares(attr.RegistrationName) })
		if before.Domain(d.Name) == nil && !declared {
			w.t.Errorf("%s came into the account", d.Name)
		}
	}
}

// untouchedIn compares what is not declared of a name. The service takes the
// update lock of a name that expires.
func (w *world) untouchedIn(d *config.Domain, was, is *snapshot.Domain) {
	w.t.Helper()
	groups := make(map[string]bool)
	for _, x := range d.Declared {
		groups[x.Attribute.Group] = true
	}
	for _, a := range attr.OfNames() {
		switch {
		case d.Declares(a.Name), a.Group != "" && groups[a.Group], a.Hazard == attr.Money:
		case a.Name == attr.UpdateLock && !was.Expires.After(time.Now()):
		case !was.Has(a.Facts) || !is.Has(a.Facts):
		default:
			x, y := a.Observe(was), a.Observe(is)
			if x != nil && !x.Equal(y) {
				w.t.Errorf("%s does not declare %s, which was %v and is %v", d.Name, a.Name, x, y)
			}
		}
	}
	hosts, _ := d.Value(attr.GlueHosts).(attr.Glue)
	for _, h := range was.Hosts {
		label := strings.TrimSuffix(h.Name, "."+d.Name)
		if _, declared := hosts[label]; !declared && !slices.ContainsFunc(is.Hosts, func(now snapshot.Host) bool { return cmp.Equal(now, h) }) {
			w.t.Errorf("%s was %v, and is not declared: %v", h.Name, h.Addresses, is.Hosts)
		}
	}
}

// boughtAsDeclared checks that nothing was bought that no file declares.
func (w *world) boughtAsDeclared() {
	w.t.Helper()
	leave := map[wire.TaskType]string{wire.TaskRegister: attr.RegistrationName, wire.TaskRenew: "renewal", wire.TaskRedeem: attr.RedemptionName}
	for _, p := range w.sim.Purchases() {
		if !slices.ContainsFunc(w.portfolio.Domains, func(d config.Domain) bool { return d.Name == p.Domain && d.Declares(leave[p.Type]) }) {
			w.t.Errorf("%+v was bought; there is leave for %v", p, slices.Sorted(maps.Values(leave)))
		}
	}
}
