package planner_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

var readAt = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// declare returns a domain that declares the values by name.
func declare(name string, values map[string]attr.Value) config.Domain {
	d := config.Domain{Name: name}
	for _, a := range attr.All() {
		if v, ok := values[a.Name]; ok {
			d.Declared = append(d.Declared, config.Declared{Attribute: a, Value: v})
		}
	}
	return d
}

func hosts(names ...string) attr.Value { return attr.NewNameserverSet(names) }

// live returns the state of a name with all facts known.
func live(name string, nameservers ...string) snapshot.Domain {
	return snapshot.Domain{
		Name: name, Nameservers: nameservers,
		TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{},
	}
}

func portfolio(domains ...config.Domain) *config.Portfolio {
	return &config.Portfolio{Domains: domains, Limits: config.DefaultLimits()}
}

func account(domains ...snapshot.Domain) *planner.Live {
	a := &planner.Live{ReadAt: readAt, Domains: domains}
	a.Sort()
	return a
}

// statuses lists what differs in a plan as "id: status".
func statuses(p *planner.Plan) []string {
	all := []string{}
	for c := range p.Differences() {
		all = append(all, c.ID+": "+string(c.Status))
	}
	return all
}

func TestUpdateLockOrdersTheChangesOfItsName(t *testing.T) {
	ns := hosts("ns1.example.net", "ns2.example.net")
	for name, test := range map[string]struct {
		values    map[string]attr.Value
		temporary bool
		locked    bool
		statuses  []string
		needs     []string // of the nameserver step
		after     []string // of the lock's own step
		unlocks   int
	}{
		"opened for good: opened first": {
			values: map[string]attr.Value{"nameservers": ns, "update_lock": attr.Bool(false)}, locked: true,
			statuses: []string{"example.com/nameservers: ready", "example.com/update_lock: ready"},
			needs:    []string{"example.com/update_lock#set"},
		},
		"closed for good: closed last": {
			values:   map[string]attr.Value{"nameservers": ns, "update_lock": attr.Bool(true)},
			statuses: []string{"example.com/nameservers: ready", "example.com/update_lock: ready"},
			after:    []string{"example.com/nameservers#set"},
		},
		"stays closed, may be opened": {
			values: map[string]attr.Value{"nameservers": ns, "update_lock": attr.Bool(true)}, locked: true, temporary: true,
			statuses: []string{"example.com/nameservers: ready"},
			needs:    []string{"example.com/update_lock/temporary#unlock"}, unlocks: 1,
		},
		"stays closed": {
			values: map[string]attr.Value{"nameservers": ns, "update_lock": attr.Bool(true)}, locked: true,
			statuses: []string{"example.com/nameservers: blocked"},
		},
		"closed and undeclared": {
			values: map[string]attr.Value{"nameservers": ns}, locked: true, temporary: true,
			statuses: []string{"example.com/nameservers: blocked"},
		},
		"open and undeclared": {
			values:   map[string]attr.Value{"nameservers": ns},
			statuses: []string{"example.com/nameservers: ready"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := declare("example.com", test.values)
			want.Settings.TemporaryUnlock = test.temporary
			have := live("example.com", "ns1.example.org")
			have.UpdateLock = wire.Lock(test.locked)
			p := planner.Diff(planner.Input{Portfolio: portfolio(want), Live: account(have)})
			if diff := cmp.Diff(test.statuses, statuses(p)); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(test.needs, p.Changes[0].Steps[0].Needs); diff != "" {
				t.Error("needs:", diff)
			}
			if len(p.Changes) > 1 {
				if diff := cmp.Diff(test.after, p.Changes[1].Steps[0].After); diff != "" {
					t.Error("after:", diff)
				}
			}
			if n := len(slices.Collect(p.Temporary())); n != test.unlocks {
				t.Errorf("%d temporary unlocks, want %d", n, test.unlocks)
			}
		})
	}
}

func TestUnreadFactsNeverBecomeChanges(t *testing.T) {
	want := declare("example.com", map[string]attr.Value{"nameservers": hosts("ns1.example.net", "ns2.example.net")})
	unread := snapshot.Domain{Name: "example.com"}
	unsafe := snapshot.Domain{Name: "example.com", Nameservers: []string{"ns1.example.org"}, UpdateLock: wire.LockOff, TransferLock: wire.LockOff}
	for _, have := range []snapshot.Domain{unread, unsafe} {
		p := planner.Diff(planner.Input{Portfolio: portfolio(want), Live: account(have)})
		if diff := cmp.Diff([]string{"example.com/nameservers: unknown"}, statuses(p)); diff != "" {
			t.Error(diff)
		}
	}
}

// generated draws a portfolio, the live state that equals it, and another
// live state of the same names.
func generated(t *rapid.T) (p *config.Portfolio, equal, other *planner.Live) {
	sets := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		"ns1.example.net", "ns2.example.net", "ns3.example.net", "a.example.org", "b.example.org",
	}), 2, 4, rapid.ID[string]), 1, 4).Draw(t, "sets")
	p, equal, other = portfolio(), account(), account()
	for i := range rapid.IntRange(1, 30).Draw(t, "names") {
		name := fmt.Sprintf("name%03d.com", i)
		want := attr.NewNameserverSet(rapid.SampledFrom(sets).Draw(t, "declared"))
		lock := rapid.Bool().Draw(t, "lock")
		p.Domains = append(p.Domains, declare(name, map[string]attr.Value{
			"nameservers": want, "transfer_lock": attr.Bool(lock), "update_lock": attr.Bool(lock),
		}))
		p.Domains[i].Settings.TemporaryUnlock = true
		same := live(name, want...)
		same.TransferLock, same.UpdateLock = wire.Lock(lock), wire.Lock(lock)
		equal.Domains = append(equal.Domains, same)
		differs := live(name, attr.NewNameserverSet(rapid.SampledFrom(sets).Draw(t, "live"))...)
		differs.TransferLock = wire.Lock(rapid.Bool().Draw(t, "live transfer lock"))
		differs.UpdateLock = wire.Lock(rapid.Bool().Draw(t, "live update lock"))
		other.Domains = append(other.Domains, differs)
	}
	return p, equal, other
}

func TestEqualStatesGiveNoChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, equal, _ := generated(t)
		if got := statuses(planner.Diff(planner.Input{Portfolio: p, Live: equal})); len(got) != 0 {
			t.Fatalf("changes of equal states: %v", got)
		}
	})
}

func TestApplyingTheDifferenceGivesTheDesiredState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _, other := generated(t)
		plan := planner.Diff(planner.Input{Portfolio: p, Live: other})
		for _, c := range plan.Changes {
			if c.Status != attr.Ready {
				t.Fatalf("%s is %s: %s", c.ID, c.Status, c.Reason)
			}
			for _, s := range c.Steps {
				perform(other, s.Request)
			}
		}
		if got := statuses(planner.Diff(planner.Input{Portfolio: p, Live: other})); len(got) != 0 {
			t.Fatalf("changes after all were made: %v", got)
		}
	})
}

// perform does what the service would do with a request.
func perform(a *planner.Live, r wire.Request) {
	d := a.Domain(wire.Names(r)[0])
	switch r := r.(type) {
	case *wire.SaveBatchTaskForModifyingDomainDnsRequest:
		d.Nameservers = r.DomainNameServer
	case *wire.SaveBatchTaskForTransferProhibitionLockRequest:
		d.TransferLock = wire.Lock(r.Status)
	case *wire.SaveBatchTaskForUpdateProhibitionLockRequest:
		d.UpdateLock = wire.Lock(r.Status)
	}
}

func TestPlanSurvivesItsJSONForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _, other := generated(t)
		plan := planner.Diff(planner.Input{Portfolio: p, Live: other, Version: "v1"})
		data, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := planner.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plan, back, cmp.AllowUnexported()); diff != "" {
			t.Fatal(diff)
		}
	})
}
