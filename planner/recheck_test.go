package planner_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// locked is a declaration of three names that all may be unlocked, and a live
// state in which they are locked and delegated elsewhere.
func locked() planner.Input {
	in := planner.Input{Portfolio: portfolio(), Live: account()}
	for _, name := range []string{"a.com", "b.com", "c.com"} {
		want := declare(name, map[string]attr.Value{
			"nameservers": hosts("ns1.example.net", "ns2.example.net"),
			"update_lock": attr.Bool(true), "transfer_lock": attr.Bool(true),
		})
		want.Settings.TemporaryUnlock = true
		in.Portfolio.Domains = append(in.Portfolio.Domains, want)
		have := live(name, "ns1.example.org")
		have.UpdateLock = wire.LockOn
		in.Live.Domains = append(in.Live.Domains, have)
	}
	return in
}

func TestRecheckKeepsWhatStillHolds(t *testing.T) {
	in := locked()
	saved := planner.Diff(in)
	again, stale, _ := planner.Recheck(saved, in)
	if len(stale) != 0 {
		t.Fatalf("stale though nothing changed: %v", stale)
	}
	saved.Partial = true
	if diff := cmp.Diff(saved, again); diff != "" {
		t.Fatal(diff)
	}
}

func TestRecheckDropsWhatNoLongerHolds(t *testing.T) {
	in := locked()
	saved := planner.Diff(in)
	now := locked()
	now.Live.Domain("a.com").Nameservers = []string{"ns9.example.org"} // another before
	now.Live.Domain("b.com").TransferLock = wire.LockOn                // done by hand
	now.Live.Domains = now.Live.Domains[:2]                            // c.com is gone
	again, stale, done := planner.Recheck(saved, now)
	if diff := cmp.Diff([]string{"b.com/transfer_lock"}, done); diff != "" {
		t.Error(diff)
	}
	want := []planner.Stale{
		{ID: "a.com/nameservers", Domain: "a.com", Reason: "it would now change ns9.example.org to ns1.example.net, ns2.example.net"},
		{ID: "c.com/nameservers", Domain: "c.com", Reason: "the account no longer holds the name"},
		{ID: "c.com/transfer_lock", Domain: "c.com", Reason: "the account no longer holds the name"},
	}
	if diff := cmp.Diff(want, stale); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"a.com/transfer_lock: ready", "b.com/nameservers: ready"}, statuses(again)); diff != "" {
		t.Error(diff)
	}
	if unlocks := slices.Collect(again.Temporary()); len(unlocks) != 1 || unlocks[0].Domain != "b.com" {
		t.Errorf("unlocks %v, want only b.com's: nothing of a.com needs one any more", unlocks)
	}
}

// TestRecheckDropsWhatNeedsTheStale: a delegation does not go without the host
// that was planned for it, and what follows does not follow the stale.
func TestRecheckDropsWhatNeedsTheStale(t *testing.T) {
	fresh := func() planner.Input {
		a, b := live("a.com", "ns1.example.org"), live("b.com", "ns1.example.org")
		a.InstanceID, a.Hosts = "S1", []snapshot.Host{{Name: "ns1.a.com", Addresses: []string{"192.0.2.1"}}}
		b.UpdateLock = wire.LockOn
		moves := declare("b.com", map[string]attr.Value{"nameservers": hosts("ns1.a.com", "ns2.example.net"), "update_lock": attr.Bool(true)})
		moves.Settings.TemporaryUnlock = true
		return planner.Input{Live: account(a, b), Portfolio: portfolio(declare("a.com", map[string]attr.Value{
			"hosts": attr.HostObjects{"ns1": {"192.0.2.9"}},
		}), moves)}
	}
	saved := planner.Diff(fresh())
	if diff := cmp.Diff([]string{"a.com/hosts/ns1: ready", "b.com/nameservers: ready"}, statuses(saved)); diff != "" {
		t.Fatal(diff)
	}
	now := fresh()
	now.Live.Domain("a.com").Hosts[0].Addresses = []string{"192.0.2.5"} // by hand
	again, stale, _ := planner.Recheck(saved, now)
	want := []planner.Stale{
		{ID: "a.com/hosts/ns1", Domain: "a.com", Reason: "it would now change ns1 192.0.2.5 to ns1 192.0.2.9"},
		{ID: "b.com/nameservers", Domain: "b.com", Reason: "it needs a.com/hosts/ns1, which is stale"},
	}
	if diff := cmp.Diff(want, stale); diff != "" {
		t.Error(diff)
	}
	if len(again.Changes) != 0 {
		t.Errorf("left are %v", again.Changes)
	}
}

// TestRecheckGoesOnAfterWhatIsDone: what needs or follows a change that is live
// already is made as today's plan makes it, where that comes to the same.
func TestRecheckGoesOnAfterWhatIsDone(t *testing.T) {
	fresh := func() planner.Input {
		a, b := live("a.com", "ns1.example.org"), live("b.com", "ns1.example.org")
		a.InstanceID, a.Hosts = "S1", []snapshot.Host{}
		return planner.Input{Live: account(a, b), Portfolio: portfolio(
			declare("a.com", map[string]attr.Value{"hosts": attr.HostObjects{"ns1": {"192.0.2.9"}}, "nameservers": hosts("ns1.a.com", "ns2.example.net")}),
			declare("b.com", map[string]attr.Value{"nameservers": hosts("ns1.a.com", "ns2.example.net")}),
		)}
	}
	saved := planner.Diff(fresh())
	now := fresh()
	now.Live.Domain("a.com").Hosts = []snapshot.Host{{Name: "ns1.a.com", Addresses: []string{"192.0.2.9"}}}
	now.Live.Domain("b.com").Nameservers = []string{"ns1.a.com", "ns2.example.net"}
	again, stale, done := planner.Recheck(saved, now)
	if diff := cmp.Diff([]string{"a.com/hosts/ns1", "b.com/nameservers"}, done); diff != "" || len(stale) > 0 {
		t.Errorf("stale: %v; done: %s", stale, diff)
	}
	if diff := cmp.Diff([]string{"a.com/nameservers: ready"}, statuses(again)); diff != "" {
		t.Error(diff)
	}
	if needs := again.Changes[0].Steps[0].Needs; len(needs) > 0 {
		t.Errorf("it still needs %v", needs)
	}
}

// TestRecheckAfterARegistration: what was announced to follow a registration is
// made where the name is there by now; the name is not bought again.
func TestRecheckAfterARegistration(t *testing.T) {
	price := attr.Amount(1000)
	p := portfolio(declare("new.com", map[string]attr.Value{
		"registration": attr.Registration{Years: 1, Profile: "7"}, "transfer_lock": attr.Bool(true),
	}))
	p.Budget, p.Prices = &config.Budget{Amount: 1000, Currency: "USD", Per: config.PerMonth}, map[string]attr.Prices{"com": {Register: &price}}
	state := account()
	state.Absent = []snapshot.Domain{{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available}}}
	state.Profiles = []snapshot.Profile{{ID: 7, RealName: wire.RealNamePassed}}
	saved := planner.Diff(planner.Input{Portfolio: p, Live: state})
	if diff := cmp.Diff([]string{"new.com/transfer_lock: waiting", "new.com/registration: ready"}, statuses(saved)); diff != "" {
		t.Fatal(diff)
	}
	there := live("new.com", "ns1.example.org")
	there.InstanceID = "S1"
	again, stale, done := planner.Recheck(saved, planner.Input{Portfolio: p, Live: account(there)})
	if diff := cmp.Diff([]string{"new.com/registration"}, done); diff != "" || len(stale) > 0 {
		t.Errorf("stale: %v; done: %s", stale, diff)
	}
	if diff := cmp.Diff([]string{"new.com/transfer_lock: ready"}, statuses(again)); diff != "" {
		t.Error(diff)
	}
}

// TestRecheckSaysWhoChanged tells a change of the files from one of the account.
func TestRecheckSaysWhoChanged(t *testing.T) {
	saved := planner.Diff(locked())
	now := locked()
	now.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"update_lock": attr.Bool(true)})
	now.Portfolio.Domains[1] = declare("b.com", map[string]attr.Value{"nameservers": hosts("ns1.example.org")})
	now.Portfolio.Domains = now.Portfolio.Domains[:2]
	_, stale, _ := planner.Recheck(saved, now)
	want := map[string]string{
		"a.com/nameservers": "the files no longer declare it", "a.com/transfer_lock": "the files no longer declare it",
		"b.com/nameservers": "the files now declare what is live: ns1.example.org", "b.com/transfer_lock": "the files no longer declare it",
		"c.com/nameservers": "the files no longer declare the name", "c.com/transfer_lock": "the files no longer declare the name",
	}
	got := make(map[string]string)
	for _, s := range stale {
		got[s.ID] = s.Reason
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCheckRefusesForeignAndOldPlans(t *testing.T) {
	plan := planner.Diff(locked())
	plan.Endpoint, plan.Account = "https://domain.example.com", "1"
	for name, test := range map[string]struct {
		endpoint, account string
		age               time.Duration
		want              string
	}{
		"fits":         {plan.Endpoint, "1", time.Hour, ""},
		"no name yet":  {plan.Endpoint, "", time.Hour, ""},
		"elsewhere":    {"https://domain.example.org", "1", 0, "the plan was made for the endpoint https://domain.example.com, not https://domain.example.org"},
		"another's":    {plan.Endpoint, "2", 0, "the plan was made for account 1, not 2"},
		"too old":      {plan.Endpoint, "1", 25 * time.Hour, "the plan is 25h old, more than --max-age 24h: plan again"},
		"just in time": {plan.Endpoint, "1", 24 * time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := plan.Check(test.endpoint, test.account, plan.ReadAt.Add(test.age), 24*time.Hour); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestCheckAnywhereRefusesWhatNoApplyTakes: wherever such a plan is applied, it is
// refused for the same reason.
func TestCheckAnywhereRefusesWhatNoApplyTakes(t *testing.T) {
	const endpoint = "https://domain.example.com"
	for name, test := range map[string]struct {
		age   time.Duration
		spoil func(*planner.Plan)
		want  string
	}{
		"fresh":    {time.Hour, func(*planner.Plan) {}, ""},
		"old":      {planner.MaxAge + time.Second, func(*planner.Plan) {}, "old"},
		"nowhere":  {time.Hour, func(p *planner.Plan) { p.Endpoint = "" }, "names no endpoint"},
		"refused":  {time.Hour, func(p *planner.Plan) { p.Guards = []planner.Guard{{Refuses: true, StopsAll: true}} }, "refused when it was made"},
		"mistaken": {time.Hour, func(p *planner.Plan) { p.Diagnostics = []planner.Diagnostic{{Severity: planner.SeverityError}} }, "refused when it was made"},
	} {
		plan := planner.Diff(locked())
		plan.Endpoint, plan.Account = endpoint, "1"
		test.spoil(plan)
		now := plan.ReadAt.Add(test.age)
		anywhere, there := plan.CheckAnywhere(now, planner.MaxAge), plan.Check(endpoint, "1", now, planner.MaxAge)
		if got := fmt.Sprint(anywhere); test.want == "" && anywhere != nil || !strings.Contains(got, test.want) || got != fmt.Sprint(there) {
			t.Errorf("%s: %v, and at the endpoint %v; want %q", name, anywhere, there, test.want)
		}
	}
}

func TestSelectionMatchesLikeAShell(t *testing.T) {
	s, err := planner.Select([]string{"*.org", "Bücher.example"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"example.org": true, "xn--bcher-kva.example": true, "example.com": false} {
		if s.Has(name) != want {
			t.Errorf("%s: selected is %v", name, !want)
		}
	}
	if _, err := planner.Select([]string{"[a"}); err == nil {
		t.Error("a broken pattern is taken")
	}
}

// TestFollowLeavesOutWhatNeedsMore: a contact that follows its profile needs its
// lock to be opened, and that was to be done before and was not.
func TestFollowLeavesOutWhatNeedsMore(t *testing.T) {
	whole := snapshot.Contact{
		Type: wire.Organization, Organization: "Example Ltd", Name: "Ada Example", Email: "hostmaster@example.com", Country: "GB", Province: "Kent",
		City: "Dover", Address: "1 Example Street", PostalCode: "CT16 1AA", PhoneCountryCode: "44", Phone: "1300000000",
	}
	profile := attr.Contact{
		"type": "enterprise", "organization": "Example Ltd", "name": "Eve Example", "email": "hostmaster@example.com", "country": "GB", "province": "Kent",
		"city": "Dover", "address": "1 Example Street", "postal_code": "CT16 1AA", "phone_country_code": "44", "phone": "1300000000",
	}
	fresh := func(lock wire.LockStatus, profiles ...snapshot.Profile) planner.Input {
		a := live("a.com", "ns1.example.org")
		a.UpdateLock, a.InstanceID, a.Contacts = lock, "S1", map[wire.ContactType]snapshot.Contact{wire.TechContact: whole}
		in := planner.Input{Live: account(a), Portfolio: portfolio(declare("a.com", map[string]attr.Value{
			"tech": attr.Contact{attr.RegistrantProfile: "legal"}, "update_lock": attr.Bool(false),
		}))}
		in.Live.Profiles = append([]snapshot.Profile{}, profiles...)
		in.Portfolio.Declared = []config.Declared{{Attribute: attr.Lookup(attr.RegistrantProfile), Value: attr.Profiles{"legal": {Contact: profile}}}}
		return in
	}
	shown := planner.Diff(fresh(wire.LockOn))
	if diff := cmp.Diff([]string{"registrant_profile/legal: ready", "a.com/tech: waiting", "a.com/update_lock: ready"}, statuses(shown)); diff != "" {
		t.Fatal(diff)
	}
	made := snapshot.Profile{ID: 7, Contact: whole}
	made.Contact.Name = "Eve Example"
	for lock, want := range map[wire.LockStatus]string{wire.LockOn: "a.com/tech: blocked", wire.LockOff: "a.com/tech: ready"} {
		more, err := planner.Follow(shown, []string{"registrant_profile/legal"}, func(planner.Selection) (planner.Input, error) {
			return fresh(lock, made), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want}, statuses(more)); diff != "" {
			t.Errorf("with the lock %s:\n%s", lock, diff)
		}
	}
}

// TestRecheckOfWhatOrdersCarry: an order that carries less than it could today is
// sent all the same, since the rest follows it; one that carries what today's
// files do not say, or what is not there any more, is stale.
func TestRecheckOfWhatOrdersCarry(t *testing.T) {
	in := func(host bool, second string) planner.Input {
		old := live("old.com", "ns1.example.net")
		if old.Hosts = []snapshot.Host{}; host {
			old.Hosts = []snapshot.Host{{Name: "ns1.old.com", Addresses: []string{"192.0.2.1"}}}
		}
		p := portfolio(declare("new.com", map[string]attr.Value{
			"nameservers": hosts("ns1.old.com", second), "privacy": attr.Bool(false), "registration": attr.Registration{Years: 1, Profile: "7"},
		}))
		p.Budget = &config.Budget{Amount: 100_00, Currency: "USD", Per: config.PerMonth}
		p.Prices = map[string]attr.Prices{"com": {Register: new(attr.Amount(1050))}}
		state := account(old)
		state.Absent = []snapshot.Domain{{Name: "new.com", Offer: &snapshot.Offer{Availability: wire.Available}}}
		state.Profiles = []snapshot.Profile{{ID: 7, RealName: wire.RealNamePassed}}
		return planner.Input{Portfolio: p, Live: state}
	}
	for _, c := range []struct {
		name        string
		then, now   planner.Input
		stale, kept int
	}{
		{"nothing has changed", in(true, "ns2.example.net"), in(true, "ns2.example.net"), 0, 3},
		{"the host is there now", in(false, "ns2.example.net"), in(true, "ns2.example.net"), 0, 3},
		{"the host is gone", in(true, "ns2.example.net"), in(false, "ns2.example.net"), 3, 0},
		{"the files say something else", in(true, "ns2.example.net"), in(true, "ns3.example.net"), 3, 0},
	} {
		again, stale, _ := planner.Recheck(planner.Diff(c.then), c.now)
		if len(stale) != c.stale || len(again.Changes) != c.kept {
			t.Errorf("%s: %d changes are kept, stale are %v", c.name, len(again.Changes), stale)
		}
	}
}

// TestRecheckTakesFormerHazards: a saved plan of a version that had other names for
// the hazards of its changes is applied like any other.
func TestRecheckTakesFormerHazards(t *testing.T) {
	in := locked()
	for i := range in.Live.Domains {
		in.Live.Domains[i].TransferLock = wire.LockOn
		in.Portfolio.Domains[i].Declared = declare("", map[string]attr.Value{"transfer_lock": attr.Bool(false)}).Declared
	}
	data, err := planner.Diff(in).Encode()
	if err != nil {
		t.Fatal(err)
	}
	former := bytes.ReplaceAll(data, []byte(`"hazard": "unlock"`), []byte(`"hazard": "lock"`))
	saved, err := planner.Decode(former)
	if err != nil || bytes.Equal(former, data) {
		t.Fatal(err, "or no change opens a lock")
	}
	if again, stale, _ := planner.Recheck(saved, in); len(stale) > 0 || len(again.Executed()) != 3 {
		t.Errorf("%d changes stand, stale are %v", len(again.Executed()), stale)
	}
}

// TestRecheckWithinALimit: of a saved plan as many names are changed as may be, with
// the locks that these need opened; the others are deferred, and none is stale.
func TestRecheckWithinALimit(t *testing.T) {
	for limit := range 5 {
		in := locked()
		saved := planner.Diff(in)
		in.Limit = limit
		plan, stale, done := planner.Recheck(saved, in)
		want := min(limit, 3)
		if limit == 0 {
			want = 3
		}
		if n := len(plan.Touched()); n != want || len(stale)+len(done) != 0 {
			t.Errorf("limit %d: %d names change, want %d; stale %v, done %v", limit, n, want, stale, done)
		}
		unlocked := make(map[string]bool)
		for c := range plan.Temporary() {
			unlocked[c.Domain] = true
		}
		if len(unlocked) != want {
			t.Errorf("limit %d: %d names are unlocked, want %d", limit, len(unlocked), want)
		}
		for c := range plan.Differences() {
			if c.Status == attr.Deferred && !strings.Contains(c.Reason, "--limit") {
				t.Errorf("limit %d: %s is deferred for %q", limit, c.ID, c.Reason)
			}
		}
	}
}

// TestSelectionOfAttributes: a pattern with an attribute selects names for reading, and
// of them that attribute alone.
func TestSelectionOfAttributes(t *testing.T) {
	s, err := planner.Select([]string{"*.org/nameservers", "Example.com/ds_records", "example.com/hosts", "whole.net"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.org": "nameservers", "example.com": "ds_records hosts", "whole.net": "nameservers ds_records hosts", "else.net": ""} {
		var got []string
		for _, attribute := range []string{"nameservers", "ds_records", "hosts"} {
			if s.HasAttribute(name, attribute) {
				got = append(got, attribute)
			}
		}
		if strings.Join(got, " ") != want || s.Has(name) != (want != "") {
			t.Errorf("%s: %v, selected %t; want %q", name, got, s.Has(name), want)
		}
	}
	if _, err := planner.Select([]string{"a.org/nameserver"}); err == nil || !strings.Contains(err.Error(), `Did you mean "nameservers"?`) {
		t.Errorf("an attribute that is none: %v", err)
	}
}
