package simulator_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

func advancedNames(items []wire.AdvancedDomainItem) []string {
	out := []string{}
	for i := range items {
		out = append(out, items[i].DomainName)
	}
	return out
}

// newerListBehaviours are those of the lists that the reference lacks.
var newerListBehaviours = map[string]behaviour{
	"ScrollDomainList": {
		good: given(&wire.ScrollDomainListRequest{PageSize: 2}),
		seen: seen(func(w *world, first *wire.ScrollDomainListResponse) {
			if len(first.Data) != 0 || first.TotalItemNum != 0 || first.ScrollID == "" {
				w.Errorf("the first answer is %+v", first)
			}
			var pages [][]string
			for range 3 {
				page := ask[wire.ScrollDomainListResponse](w, &wire.ScrollDomainListRequest{PageSize: 2, ScrollID: first.ScrollID})
				pages = append(pages, advancedNames(page.Data))
				if page.TotalItemNum != 3 {
					w.Errorf("the page says that there are %d names", page.TotalItemNum)
				}
			}
			if diff := cmp.Diff([][]string{{"example.com", "example.net"}, {"xn--bcher-kva.example"}, {}}, pages); diff != "" {
				w.Error(diff)
			}
		}),
		others: map[string]func(w *world){
			"a row tells nameservers, holder, address and expiry": func(w *world) {
				begun := ask[wire.ScrollDomainListResponse](w, &wire.ScrollDomainListRequest{PageSize: 1, NameFilter: wire.NameFilter{KeyWord: "ple.com"}})
				page := ask[wire.ScrollDomainListResponse](w, &wire.ScrollDomainListRequest{PageSize: 1, ScrollID: begun.ScrollID})
				d, info := page.Data[0], w.domain("example.com")
				if !slices.Equal(d.DNSList, info.DNSList) || d.RegistrantOrganization != info.RegistrantOrganization || d.Email != info.Email ||
					!d.Expires().Equal(info.Expires()) || d.DomainStatus != wire.Normal || d.InstanceID != "S1" {
					w.Errorf("the row is %+v", d)
				}
			},
			"a name that is removed shows no more, and the total stays": func(w *world) {
				begun := ask[wire.ScrollDomainListResponse](w, &wire.ScrollDomainListRequest{PageSize: 9})
				w.s.Remove("example.net")
				page := ask[wire.ScrollDomainListResponse](w, &wire.ScrollDomainListRequest{PageSize: 9, ScrollID: begun.ScrollID})
				if len(page.Data) != 2 || page.TotalItemNum != 3 {
					w.Errorf("got %d names of %d", len(page.Data), page.TotalItemNum)
				}
			},
			"a scroll that nobody turns ends": func(w *world) {
				begun := ask[wire.ScrollDomainListResponse](w, &wire.ScrollDomainListRequest{PageSize: 1})
				next := &wire.ScrollDomainListRequest{PageSize: 1, ScrollID: begun.ScrollID}
				time.Sleep(4 * time.Minute)
				w.call(next)
				time.Sleep(4 * time.Minute)
				w.call(next)
				time.Sleep(6 * time.Minute)
				if got := w.code(next); got != "InvalidScrollId" {
					w.Errorf("got %q", got)
				}
			},
		},
	},
	"ListServerLock": {
		good: func(w *world) wire.Request {
			for i, name := range []string{"example.net", "example.com"} {
				w.s.SetRegistryLock(name, w.s.Now().AddDate(0, 0, 10-i))
			}
			return &wire.ListServerLockRequest{Page: wire.Page{PageNum: 1, PageSize: 1}, OrderBy: "EXPIRE_DATE"}
		},
		seen: seen(func(w *world, answer *wire.ListServerLockResponse) {
			if len(answer.Data) != 1 || answer.TotalItemNum != 2 || answer.Data[0].DomainName != "example.com" || answer.Data[0].ExpireDate.IsZero() {
				w.Errorf("%+v", answer)
			}
			w.s.SetRegistryLock("example.com", time.Time{})
			if again := w.call(&wire.ListServerLockRequest{Page: wire.Page{PageNum: 1, PageSize: 10}}).(*wire.ListServerLockResponse); len(again.Data) != 1 || again.Data[0].DomainName != "example.net" {
				w.Errorf("%+v", again)
			}
		}),
	},
	"SetupDomainAutoRenew": {
		good: given(&wire.SetupDomainAutoRenewRequest{InstanceID: "S1", Operation: wire.AutoRenewOn}),
		seen: seen(func(w *world, answer *wire.SetupDomainAutoRenewResponse) {
			if on := w.renewsItself("example.com"); !answer.Result || !on || w.renewsItself("example.net") {
				w.Errorf("the answer is %v, and the name is renewed: %v", answer.Result, on)
			}
			w.call(&wire.SetupDomainAutoRenewRequest{InstanceID: "S1", Operation: wire.AutoRenewOff})
			if w.renewsItself("example.com") {
				w.Error("it was not switched off")
			}
		}),
	},
	"QueryAdvancedDomainList": {
		good: given(&wire.QueryAdvancedDomainListRequest{PageNum: 2, PageSize: 2}),
		seen: seen(func(w *world, answer *wire.QueryAdvancedDomainListResponse) {
			if got := advancedNames(answer.Data); !slices.Equal(got, []string{"xn--bcher-kva.example"}) || answer.TotalItemNum != 3 || len(answer.Data[0].DNSList) != 2 {
				w.Errorf("got %+v", answer)
			}
		}),
		others: map[string]func(w *world){"filters and orders": advancedFilters},
	},
}

// renewsItself reports whether the list says that the service renews a name.
func (w *world) renewsItself(name string) bool {
	w.Helper()
	page := ask[wire.QueryDomainListResponse](w, &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 10}, DomainName: name})
	return *page.Data[0].AutoRenewEnabled
}

func advancedFilters(w *world) {
	const com, net, buch = "example.com", "example.net", "xn--bcher-kva.example"
	for _, test := range []struct {
		request wire.QueryAdvancedDomainListRequest
		want    []string
	}{
		{wire.QueryAdvancedDomainListRequest{}, []string{com, net, buch}},
		{wire.QueryAdvancedDomainListRequest{RegistrationDateSort: new(true)}, []string{buch, net, com}},
		{wire.QueryAdvancedDomainListRequest{ExpirationDateSort: new(false)}, []string{buch, net, com}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{KeyWord: "bücher"}}, []string{buch}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{KeyWord: "ex", KeyWordPrefix: new(true)}}, []string{com, net}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{KeyWord: "er", KeyWordSuffix: new(true)}}, []string{buch}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{Excluded: ".net"}}, []string{com, buch}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{Suffixs: "com"}}, []string{com}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{StartLength: 7}}, []string{com, net}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{EndLength: 6}}, []string{buch}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{ProductDomainType: "gTLD"}}, []string{com, net}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{DomainStatus: wire.ListedNormal}}, []string{com, net, buch}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{DomainStatus: wire.ListedTransferOut}}, []string{}},
		{wire.QueryAdvancedDomainListRequest{NameFilter: wire.NameFilter{DomainGroupID: 1}}, []string{}},
		{wire.QueryAdvancedDomainListRequest{Tag: []wire.Tag{{Key: "owner"}}}, []string{}},
	} {
		test.request.PageNum, test.request.PageSize = 1, 10
		if diff := cmp.Diff(test.want, advancedNames(ask[wire.QueryAdvancedDomainListResponse](w, &test.request).Data)); diff != "" {
			w.Errorf("%+v: %s", test.request, diff)
		}
	}
}

// TestNewerStates: the newer lists show one state of a name, and a finer one hides
// that of its term.
func TestNewerStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		account := three()
		account.Domains[0].RealName = wire.RealNamePending
		_, c := ourClient(t, simulator.Options{Account: account})
		page, err := c.QueryAdvancedDomainList(t.Context(), &wire.QueryAdvancedDomainListRequest{PageNum: 1, PageSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		if d := page.Data[0]; d.DomainStatus != "" || !d.Lacks.Has("DomainStatus") {
			t.Errorf("the state %q of %s counts as one of its term", d.DomainStatus, d.DomainName)
		}
	})
}

// TestAServiceWithoutNewerOperations refuses those as it does any that is not there.
func TestAServiceWithoutNewerOperations(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three(), Readings: simulator.Readings{NewerOperations: "absent"}})
	for operation, want := range map[string]string{
		"ScrollDomainList": "404 InvalidApi.NotFound", "QueryAdvancedDomainList": "404 InvalidApi.NotFound",
		"SaveBatchTaskForDomainNameProxyService": "400 MissingDomainName",
	} {
		if got := c.refused(operation, "PageSize=10", "PageNum=1", "Status=true"); got != want {
			t.Errorf("%s: %s, want %s", operation, got, want)
		}
	}
}

// TestAScrollThatBeginsWithNames reads all names in either reading.
func TestAScrollThatBeginsWithNames(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"empty", "names"} {
		_, c := ourClient(t, simulator.Options{Account: portfolio(23), Readings: simulator.Readings{ScrollStart: start}})
		n := 0
		for _, err := range c.ScrollDomainListAll(t.Context(), &wire.ScrollDomainListRequest{PageSize: 10}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 23 {
			t.Errorf("%s: %d names", start, n)
		}
	}
}

// TestRegistryLocksComeFromASnapshot: what a snapshot says of registry locks is what the
// account has, the list shows it, and the state tells it again; another snapshot
// replaces it.
func TestRegistryLocksComeFromASnapshot(t *testing.T) {
	t.Parallel()
	ends := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	locks := []snapshot.RegistryLock{{Domain: "example.com", Expires: ends}, {Domain: "example.net", Expires: ends.AddDate(1, 0, 0)}}
	names := []snapshot.Domain{{Name: "example.com"}, {Name: "example.net"}}
	sim := simulator.New(simulator.Options{Account: &snapshot.Account{Domains: names, RegistryLocks: locks}})
	if diff := cmp.Diff(locks, sim.State().RegistryLocks); diff != "" {
		t.Error(diff)
	}
	sim.Load(&snapshot.Account{Domains: names, RegistryLocks: locks[:1]})
	if diff := cmp.Diff(locks[:1], sim.State().RegistryLocks); diff != "" {
		t.Error(diff)
	}
	sim.Load(sim.State())
	client, err := apiclient.New(apiclient.Config{Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: sim.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := client.ListServerLock(t.Context(), &wire.ListServerLockRequest{Page: wire.Page{PageNum: 1, PageSize: 10}})
	if err != nil || len(shown.Data) != 1 || shown.Data[0].DomainName != "example.com" || !shown.Data[0].ExpireDate.Equal(ends) {
		t.Errorf("the list shows %+v, %v", shown, err)
	}
	sim.Load(&snapshot.Account{Domains: names})
	if left := sim.State().RegistryLocks; left != nil {
		t.Errorf("%v are left", left)
	}
}
