package reader_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// names returns n names, of which the first has another delegation than the
// others and a DS record.
func held(n int) *snapshot.Account {
	a := &snapshot.Account{}
	for i := range n {
		d := live(fmt.Sprintf("name%05d.com", i), "ns1.example.net", "ns2.example.net")
		if i == 0 {
			d.Nameservers = []string{"ns1.example.org"}
			d.DSRecords = []snapshot.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: "AB"}}
			d.Hosts = []snapshot.Host{{Name: "ns1." + d.Name, Addresses: []string{"192.0.2.1"}}}
		}
		a.Domains = append(a.Domains, d)
	}
	a.Sort()
	return a
}

// wanted declares the same nameservers for the first n names.
func wanted(n int) *config.Portfolio {
	p := portfolio()
	for i := range n {
		p.Domains = append(p.Domains, declare(fmt.Sprintf("name%05d.com", i), map[string]attr.Value{
			"nameservers": hosts("ns1.example.net", "ns2.example.net"),
		}))
	}
	return p
}

// delegated declares that names use hosts of an owner that they do not use yet.
func delegated(owner string, names ...string) *config.Portfolio {
	p := portfolio()
	for _, name := range names {
		p.Domains = append(p.Domains, declare(name, map[string]attr.Value{"nameservers": hosts("ns1."+owner, "ns2."+owner)}))
	}
	return p
}

// withContacts declares the registrants of the first n names, of which the
// first has another, and one technical contact.
func withContacts(n int) *config.Portfolio {
	p := portfolio()
	for i := range n {
		values := map[string]attr.Value{"registrant": attr.Contact{"name": "Ada Example", "type": "enterprise"}}
		if i == 0 {
			values = map[string]attr.Value{"registrant": attr.Contact{"type": "individual"}, "tech": attr.Contact{"name": "Ada Example"}}
		}
		p.Domains = append(p.Domains, declare(fmt.Sprintf("name%05d.com", i), values))
	}
	return p
}

// withGlue declares a host of the first name, which may not concern more names
// than the limit; nil: as many as there are.
func withGlue(limit *int, addresses ...string) *config.Portfolio {
	p := portfolio(declare("name00000.com", map[string]attr.Value{"hosts": attr.HostObjects{"ns1": addresses}}))
	p.Guard.MaxDelegations = limit
	return p
}

// connect returns a client of the simulator that goes through no socket.
func connect(t *testing.T, sim *simulator.Simulator, limits func(string) float64) *apiclient.Client {
	t.Helper()
	c, err := apiclient.New(apiclient.Config{
		Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
		Transport:   sim.Transport(), Limits: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFetchMakesTheFewestCalls(t *testing.T) {
	keep := wanted(300)
	for i := range keep.Domains {
		keep.Domains[i].Settings.KeepDS = true
	}
	for name, test := range map[string]struct {
		options   simulator.Options
		portfolio *config.Portfolio
		fetch     reader.Options
		want      map[string]int // where the service has no scroll
		scroll    map[string]int // where it has one; nil: the same, and nobody looks whether it has
	}{
		"DS records of the name that changes only": {
			portfolio: wanted(100),
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 100, "QueryDSRecord": 1},
			scroll:    map[string]int{"QueryDomainList": 2, "ScrollDomainList": 2, "QueryDomainByDomainName": 1, "QueryDSRecord": 1},
		},
		"no DS records where they do not matter": {
			portfolio: keep,
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 300},
			scroll:    map[string]int{"QueryDomainList": 2, "ScrollDomainList": 2, "QueryDomainByDomainName": 1},
		},
		"no name that the list tells all of": {
			portfolio: wanted(100), options: simulator.Options{Readings: simulator.Readings{ListedNameservers: "Dns"}},
			want: map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 1, "QueryDSRecord": 1},
		},
		"one page where the list tells nameservers": {
			portfolio: keep, options: simulator.Options{Readings: simulator.Readings{ListedNameservers: "Dns"}}, fetch: reader.Options{PageSize: 300},
			want: map[string]int{"QueryDomainList": 1, "QueryDomainByDomainName": 1},
		},
		"one page where it tells them under another name": {
			portfolio: keep, options: simulator.Options{Readings: simulator.Readings{ListedNameservers: "DnsList"}}, fetch: reader.Options{PageSize: 300},
			want: map[string]int{"QueryDomainList": 1, "QueryDomainByDomainName": 1},
		},
		"pages of the size that is asked for": {
			portfolio: portfolio(), fetch: reader.Options{PageSize: 60},
			want: map[string]int{"QueryDomainList": 5, "QueryDomainByDomainName": 1},
		},
		"pages of a list that tells no more than a scroll": {
			portfolio: portfolio(), options: simulator.Options{Readings: simulator.Readings{ListedAutoRenew: "absent"}}, fetch: reader.Options{PageSize: 60},
			want:   map[string]int{"QueryDomainList": 5, "QueryDomainByDomainName": 1},
			scroll: map[string]int{"QueryDomainList": 1, "ScrollDomainList": 2, "QueryDomainByDomainName": 1},
		},
		"one name to identify the account": {
			portfolio: portfolio(),
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 1},
		},
		"contacts of declared roles, and addresses where a registrant would change": {
			portfolio: withContacts(3),
			want: map[string]int{
				"QueryDomainList": 2, "QueryDomainByDomainName": 3, "QueryContactInfo": 4, "ListEmailVerification": 1,
			},
		},
		"nameservers of all names where a host would go": {
			portfolio: withGlue(nil),
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 300, "QueryDnsHost": 1},
			scroll:    map[string]int{"QueryDomainList": 2, "ScrollDomainList": 2, "QueryDomainByDomainName": 1, "QueryDnsHost": 1},
		},
		"and where one would change and a guard counts its dependants": {
			portfolio: withGlue(new(10), "192.0.2.9"),
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 300, "QueryDnsHost": 1},
			scroll:    map[string]int{"QueryDomainList": 2, "ScrollDomainList": 2, "QueryDomainByDomainName": 1, "QueryDnsHost": 1},
		},
		"not where nothing counts them": {
			portfolio: withGlue(nil, "192.0.2.9"),
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 1, "QueryDnsHost": 1},
		},
		"hosts of the name that owns what others are to be delegated to": {
			portfolio: delegated("name00000.com", "name00001.com", "name00007.com"),
			want:      map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 2, "QueryDSRecord": 2, "QueryDnsHost": 1},
		},
		"targets only": {
			portfolio: wanted(100), fetch: reader.Options{Only: planner.SelectNames([]string{"name00007.com"})},
			want: map[string]int{"QueryDomainList": 2, "QueryDomainByDomainName": 1},
		},
	} {
		if test.scroll == nil {
			test.scroll = test.want
		} else {
			test.want["ScrollDomainList"] = 1 // asked once
		}
		calls := func(t *testing.T, operations string, want map[string]int) {
			test.options.Account = held(300)
			test.options.Readings.NewerOperations = operations
			if want = maps.Clone(want); len(test.portfolio.Domains) > 0 {
				want["ListServerLock"] = 1 // asked once, whether it is there or not
			}
			sim := simulator.New(test.options)
			got, err := reader.Fetch(t.Context(), connect(t, sim, nil), test.portfolio, test.fetch)
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != "1406926474064770" || len(got.Domains) != 300 || len(got.Failures) != 0 {
				t.Errorf("account %s with %d names and failures %v", got.ID, len(got.Domains), got.Failures)
			}
			if diff := cmp.Diff(want, sim.Stats()); diff != "" {
				t.Error("calls:", diff)
			}
		}
		t.Run(name, func(t *testing.T) { calls(t, "absent", test.want) })
		t.Run(name+", with a scroll", func(t *testing.T) { calls(t, "present", test.scroll) })
	}
}

// TestFetchKeepsWhatIsReadAnyway: the list and the answers about names tell how
// they stand beside what is declared; nothing more is read for it.
func TestFetchKeepsWhatIsReadAnyway(t *testing.T) {
	a := held(3)
	a.Domains[0].RealName, a.Domains[1].EmailHold, a.Domains[2].EmailHold = wire.RealNameFailed, true, true
	sim := simulator.New(simulator.Options{Account: a})
	got, err := reader.Fetch(t.Context(), connect(t, sim, nil), wanted(2), reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	type standing struct {
		realName wire.RealNameStatus
		hold     bool
	}
	want := []standing{{wire.RealNameFailed, false}, {wire.RealNamePassed, true}, {wire.RealNamePassed, false}} // the last one is in the list alone
	for i := range got.Domains {
		if is := (standing{got.Domains[i].RealName, got.Domains[i].EmailHold}); is != want[i] {
			t.Errorf("%s is read as %+v, want %+v", got.Domains[i].Name, is, want[i])
		}
	}
}

func TestFetchLosesNoNameWhenPagesShift(t *testing.T) {
	for _, kind := range []simulator.Kind{simulator.RemoveNames, simulator.MoveNames, simulator.InsertNames} {
		t.Run(string(kind), func(t *testing.T) {
			names := []string{"name00000.com"}
			if kind == simulator.InsertNames {
				names = []string{"aaa.com"}
			}
			sim := simulator.New(simulator.Options{Account: held(1000), Readings: simulator.Readings{NewerOperations: "absent"}, Faults: simulator.Faults{Rules: []simulator.Fault{
				{Kind: kind, Operation: "QueryDomainList", From: 3, Count: 1, Names: names},
			}}})
			got, err := reader.Fetch(t.Context(), connect(t, sim, nil), portfolio(), reader.Options{Parallel: 1})
			if err != nil {
				t.Fatal(err)
			}
			var has []string
			for _, d := range sim.State().Domains {
				has = append(has, d.Name)
			}
			var read []string
			for _, d := range got.Domains {
				read = append(read, d.Name)
			}
			if diff := cmp.Diff(has, read); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFetchGivesUpOnAListThatNeverHoldsStill(t *testing.T) {
	rules := []simulator.Fault{}
	for i := range 40 {
		rules = append(rules, simulator.Fault{
			Kind: simulator.InsertNames, Operation: "QueryDomainList", From: i + 1, Count: 1, Names: []string{fmt.Sprintf("new%02d.com", i)},
		})
	}
	sim := simulator.New(simulator.Options{Account: held(1000), Faults: simulator.Faults{Rules: rules}, Readings: simulator.Readings{NewerOperations: "absent"}})
	_, err := reader.Fetch(t.Context(), connect(t, sim, nil), portfolio(), reader.Options{Parallel: 1})
	if want := "the list of names changed while it was read, 5 times in a row: try again later"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestFetchNotesTheReadThatFailed(t *testing.T) {
	sim := simulator.New(simulator.Options{Account: held(20)})
	c := connect(t, sim, nil)
	sim.Remove("name00003.com")
	const shown = snapshot.Nameservers | snapshot.Locks
	got, err := reader.FetchNames(t.Context(), c, map[string]snapshot.Facts{"name00002.com": shown, "name00003.com": shown}, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Failures) != 1 {
		t.Fatalf("failures %+v, want one", got.Failures)
	}
	f := got.Failures[0]
	if f.Domain != "name00003.com" || f.Operation != "QueryDomainByDomainName" || f.RequestID == "" || f.Message == "" {
		t.Errorf("the failure does not say what failed: %+v", f)
	}
	if !got.Domains[0].Has(shown) || got.Domains[1].Has(snapshot.Nameservers) {
		t.Errorf("read %+v", got.Domains)
	}
}

func TestFetchStopsAtTheWrongAccount(t *testing.T) {
	sim := simulator.New(simulator.Options{Account: held(500), AccountID: "1000000000000002"})
	_, err := reader.Fetch(t.Context(), connect(t, sim, nil), wanted(500), reader.Options{Account: "1000000000000001"})
	wrong, ok := errors.AsType[*reader.AccountError](err)
	if !ok || *wrong != (reader.AccountError{Want: "1000000000000001", Got: "1000000000000002"}) {
		t.Fatalf("got %v", err)
	}
	if n := sim.Stats()["QueryDomainByDomainName"]; n != 1 {
		t.Errorf("%d names were read of an account that is not ours", n)
	}
}

func TestFetchStopsWhereNothingCanBeRead(t *testing.T) {
	sim := simulator.New(simulator.Options{Account: held(500), Secret: "other"})
	_, err := reader.Fetch(t.Context(), connect(t, sim, nil), wanted(500), reader.Options{})
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Code != "SignatureDoesNotMatch" {
		t.Fatalf("got %v", err)
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	sim := simulator.New(simulator.Options{Account: held(500)})
	progress := func(p reader.Progress) {
		if p.Done == 100 {
			cancel()
		}
	}
	_, err := reader.Fetch(ctx, connect(t, sim, nil), wanted(500), reader.Options{Progress: progress})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

// TestFetchUsesTheRateLimit asks that reading 2,000 names at 10 a second takes
// little more than 200 seconds: the reads leave no part of the limit unused.
func TestFetchUsesTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New(simulator.Options{Account: held(2000)})
		c := connect(t, sim, config.DefaultLimits().Rate)
		began := time.Now()
		if _, err := reader.Fetch(t.Context(), c, wanted(2000), reader.Options{}); err != nil {
			t.Fatal(err)
		}
		const least = 200 * time.Second
		if took := time.Since(began); took > least*100/98 {
			t.Errorf("took %s: the limit of %s was used to %.1f %%", took, least, 100*float64(least)/float64(took))
		}
	})
}

func TestIdentify(t *testing.T) {
	for name, account := range map[string]*snapshot.Account{"": held(0), "1406926474064770": held(3)} {
		got, names, err := reader.Identify(t.Context(), connect(t, simulator.New(simulator.Options{Account: account}), nil))
		if got != name || names != len(account.Domains) || err != nil {
			t.Errorf("got %q with %d names (%v), want %q", got, names, err, name)
		}
	}
}

func TestFetchAllReadsEveryFact(t *testing.T) {
	sim := simulator.New(simulator.Options{Account: held(50)})
	facts := snapshot.Nameservers | snapshot.Locks | snapshot.DSRecords
	got, err := reader.FetchAll(t.Context(), connect(t, sim, nil), facts, reader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(got.Domains, func(d snapshot.Domain) bool { return !d.Has(facts) }) || len(got.Domains) != 50 {
		t.Errorf("not all was read: %+v", got.Domains)
	}
}

// still is a time that does not pass.
type still struct {
	clock.Source
	now time.Time
}

func (s still) Now() time.Time { return s.now }

// TestFetchTellsWhenItRead: all that a plan says of time follows from it.
func TestFetchTellsWhenItRead(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{Account: held(1)})
	at := time.Date(2027, 1, 31, 12, 0, 0, 500, time.UTC)
	got, err := reader.Fetch(t.Context(), connect(t, sim, nil), wanted(1), reader.Options{Clock: clock.New(still{now: at})})
	if err != nil {
		t.Fatal(err)
	}
	if want := at.Truncate(time.Second); !got.ReadAt.Equal(want) {
		t.Errorf("read at %v by the clock, and it says %v", want, got.ReadAt)
	}
}
