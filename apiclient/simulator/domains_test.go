package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

func names(items []wire.DomainItem) []string {
	out := make([]string, len(items))
	for i, d := range items {
		out[i] = d.DomainName
	}
	return out
}

func TestListDomainsFiltersAndSorts(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	const com, net, buch = "example.com", "example.net", "xn--bcher-kva.example"
	for _, test := range []struct {
		params []string
		want   []string
	}{
		{nil, []string{buch, net, com}},
		{[]string{"OrderByType=ASC"}, []string{com, net, buch}},
		{[]string{"OrderKeyType=RegistrationDate", "OrderByType=ASC"}, []string{com, net, buch}},
		{[]string{"OrderKeyType=ExpirationDate", "OrderByType=ASC"}, []string{buch, net, com}},
		{[]string{"DomainName=ple.n"}, []string{net}},
		{[]string{"DomainName=bücher"}, []string{buch}},
		{[]string{"ProductDomainType=gTLD"}, []string{net, com}},
		{[]string{"ProductDomainType=ccTLD"}, []string{}},
		{[]string{"QueryType=1"}, []string{}},
		{[]string{"DomainGroupId=1"}, []string{}},
		// 20 March 2020, 11:37:28 in the service's zone: all of that day counts.
		{[]string{"StartRegistrationDate=1584708000000", "EndRegistrationDate=1584633600000"}, []string{net}},
		{[]string{"EndExpirationDate=2121120000000"}, []string{buch}},
		{[]string{"StartExpirationDate=2184192000000"}, []string{com}},
	} {
		got := call[wire.QueryDomainListResponse](c, append([]string{"QueryDomainList", "PageNum=1", "PageSize=10"}, test.params...)...)
		if diff := cmp.Diff(test.want, names(got.Data)); diff != "" {
			t.Errorf("%v: (-want +got)\n%s", test.params, diff)
		}
	}
}

func TestListDomainsSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	for _, carried := range []bool{false, true} {
		shape := map[bool]string{true: "Dns", false: "absent"}[carried]
		_, c := inProcess(t, simulator.Options{Account: three(), Readings: simulator.Readings{ListedNameservers: shape}})
		got := call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=1", "PageSize=1", "OrderByType=ASC")
		want := wire.Paged{CurrentPageNum: 1, PageSize: 1, TotalItemNum: 3, TotalPageNum: 3, NextPage: true}
		if got.Paged != want {
			t.Errorf("got %+v, want %+v", got.Paged, want)
		}
		d, com := got.Data[0], three().Domains[0]
		if d.InstanceID != "S1" || !d.Expires().Equal(com.Expires) || !d.ExpirationDate.Equal(com.Expires) ||
			!d.Registered().Equal(com.Registered) || d.DomainStatus != wire.Normal || d.DomainType != "gTLD" || d.ExpirationDateStatus != "1" {
			t.Errorf("got %+v", d)
		}
		if has := len(d.DNSList) == 2; has != carried {
			t.Errorf("nameservers %v, carried %v", d.DNSList, carried)
		}
	}
}

// TestPagesPartitionTheList holds for pages of every size.
func TestPagesPartitionTheList(t *testing.T) {
	t.Parallel()
	const n = 23
	_, c := inProcess(t, simulator.Options{Account: portfolio(n)})
	for _, size := range []int{1, 2, 7, 22, 23, 24, 1000} {
		for _, sort := range []string{"ASC", "DESC"} {
			var all []string
			for page := 1; ; page++ {
				got := call[wire.QueryDomainListResponse](c, "QueryDomainList", fmt.Sprintf("PageNum=%d", page), fmt.Sprintf("PageSize=%d", size), "OrderByType="+sort)
				all = append(all, names(got.Data)...)
				if got.NextPage != got.More(page) || got.PrePage != (page > 1) || got.TotalItemNum != n {
					t.Fatalf("page %d of %d: %+v", page, size, got.Paged)
				}
				if !got.NextPage {
					break
				}
			}
			slices.Sort(all)
			if all = slices.Compact(all); len(all) != n {
				t.Errorf("pages of %d: %d names", size, len(all))
			}
		}
	}
	beyond := call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=9223372036854775807", "PageSize=1000")
	if len(beyond.Data) != 0 {
		t.Errorf("a page beyond the end holds %d names", len(beyond.Data))
	}
}

func TestDomainIsFoundByNameAndInstance(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three(), AccountID: "1234"})
	d := call[wire.QueryDomainByDomainNameResponse](c, "QueryDomainByDomainName", "DomainName=Bücher.example")
	if d.DomainName != "xn--bcher-kva.example" || d.InstanceID != "S3" || d.UserID != "1234" || d.RealNameStatus != "SUCCEEDED" ||
		d.TransferProhibitionLock != wire.LockUnset || !slices.Equal(d.DNSList, []string{"ns1.example.net", "ns2.example.net"}) {
		t.Errorf("got %+v", d)
	}
	i := call[wire.QueryDomainByInstanceIdResponse](c, "QueryDomainByInstanceId", "InstanceId=S1")
	if i.DomainName != "example.com" || i.UpdateProhibitionLock != wire.LockOn || i.RealNameStatus != "SUCCEED" {
		t.Errorf("got %+v", i)
	}
	for _, params := range [][]string{
		{"QueryDomainByDomainName", "DomainName=other.example"},
		{"QueryDomainByInstanceId", "InstanceId=S9"},
		{"QueryDSRecord", "DomainName=other.example"},
	} {
		if got := c.refused(params[0], params[1:]...); got != "400 DomainNotExist" {
			t.Errorf("%v: %s", params, got)
		}
	}
}

func TestDSRecordsAreListed(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	got := call[wire.QueryDSRecordResponse](c, "QueryDSRecord", "DomainName=bücher.example").DSRecordList
	if want := []wire.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: "ab12"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := call[wire.QueryDSRecordResponse](c, "QueryDSRecord", "DomainName=example.net").DSRecordList; len(got) != 0 {
		t.Errorf("got %v of a name that is not signed", got)
	}
}

func TestStateIsWhatWasLoaded(t *testing.T) {
	t.Parallel()
	first, _ := inProcess(t, simulator.Options{Account: three()})
	second, _ := inProcess(t, simulator.Options{Account: first.State()})
	if diff := cmp.Diff(first.State().Domains, second.State().Domains); diff != "" {
		t.Error(diff)
	}
	for i, d := range first.State().Domains {
		if want := three().Domains[i]; d.Name != want.Name || d.InstanceID != want.InstanceID || !d.Expires.Equal(want.Expires) {
			t.Errorf("got %+v, want %+v", d, want)
		}
		if !d.Has(snapshot.Listed | snapshot.Nameservers | snapshot.Locks | snapshot.DSRecords | snapshot.Hosts) {
			t.Errorf("%s: not all is known", d.Name)
		}
	}
}

// TestUnknownFactsAreMadeUpAlike: a zone tells neither instances nor dates.
func TestUnknownFactsAreMadeUpAlike(t *testing.T) {
	t.Parallel()
	first, _ := inProcess(t, simulator.Options{Account: portfolio(5000)})
	second, _ := inProcess(t, simulator.Options{Account: portfolio(5000)})
	state := first.State()
	if diff := cmp.Diff(state.Domains, second.State().Domains); diff != "" {
		t.Error(diff)
	}
	seen := map[string]bool{}
	for _, d := range state.Domains {
		if seen[d.InstanceID] || !d.Registered.Before(state.ReadAt) || !d.Expires.After(state.ReadAt.AddDate(0, 2, 0)) || d.Status != wire.Normal {
			t.Fatalf("got %+v", d)
		}
		seen[d.InstanceID] = true
	}
}

var domainBehaviours = map[string]behaviour{
	"QueryDomainList": {
		good: given(&wire.QueryDomainListRequest{Page: wire.Page{PageNum: 2, PageSize: 2}, OrderByType: wire.Ascending}),
		seen: seen(func(w *world, answer *wire.QueryDomainListResponse) {
			if got := names(answer.Data); !slices.Equal(got, []string{"xn--bcher-kva.example"}) || answer.TotalItemNum != 3 || answer.NextPage || !answer.PrePage {
				w.Errorf("got %+v", answer)
			}
		}),
		others: map[string]func(w *world){
			"a name that the account lacks": func(w *world) {
				r := &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 10}, DomainName: "other.example"}
				if got := ask[wire.QueryDomainListResponse](w, r); len(got.Data) != 0 || got.TotalItemNum != 0 {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"QueryDomainByDomainName": {
		good: given(&wire.QueryDomainByDomainNameRequest{DomainName: "example.com"}),
		seen: seen(func(w *world, answer *wire.QueryDomainByDomainNameResponse) {
			if answer.InstanceID != "S1" || answer.UpdateProhibitionLock != wire.LockOn || len(answer.DNSList) != 2 || !answer.RealNameStatus.Passed() {
				w.Errorf("got %+v", answer)
			}
		}),
	},
	"QueryDomainByInstanceId": {
		good: given(&wire.QueryDomainByInstanceIdRequest{InstanceID: "S1"}),
		seen: seen(func(w *world, answer *wire.QueryDomainByInstanceIdResponse) {
			got, want := answer.DomainInfo, w.domain("example.com").DomainInfo
			for _, i := range []*wire.DomainInfo{&got, &want} { // spelled in two ways
				i.Meta, i.RealNameStatus, i.DomainNameVerificationStatus = wire.Meta{}, wire.RealNamePassed, wire.RealNamePassed
			}
			if diff := cmp.Diff(want, got); diff != "" {
				w.Errorf("(-by name +by instance)\n%s", diff)
			}
		}),
	},
	"SaveBatchTaskForModifyingDomainDns": {
		good: given(&wire.SaveBatchTaskForModifyingDomainDnsRequest{
			DomainName: []string{"example.net"}, DomainNameServer: []string{"ns2.example.org", "ns1.example.org"},
		}),
		seen: saves(func(w *world) {
			if got := w.domain("example.net").DNSList; !slices.Equal(got, []string{"ns1.example.org", "ns2.example.org"}) {
				w.Errorf("the nameservers are %v", got)
			}
		}),
		others: map[string]func(w *world){
			"names that cannot be changed": func(w *world) {
				to := func(name string) wire.Request {
					return &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{name}, DomainNameServer: []string{"ns1.example.org"}}
				}
				w.fails(to("other.example"), "does not exist")
				w.fails(to("example.com"), "locked")
			},
		},
	},
	"SaveBatchTaskForTransferProhibitionLock": {
		good: given(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"example.com"}, Status: true}),
		seen: saves(func(w *world) {
			if got := w.domain("example.com").TransferProhibitionLock; got != wire.LockOn {
				w.Errorf("the lock is %s", got)
			}
		}),
		others: map[string]func(w *world){
			"a name that the account lacks": func(w *world) {
				w.fails(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"other.example"}}, "does not exist")
			},
		},
	},
	"QueryDSRecord": {
		good: func(*world) wire.Request { return &wire.QueryDSRecordRequest{DomainName: "xn--bcher-kva.example"} },
		seen: seen(func(w *world, answer *wire.QueryDSRecordResponse) {
			if len(answer.DSRecordList) != 1 || answer.DSRecordList[0].KeyTag != 2371 {
				w.Errorf("got %+v", answer)
			}
		}),
	},
	"SaveBatchTaskForUpdateProhibitionLock": {
		good: func(*world) wire.Request {
			return &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"example.net"}, Status: true}
		},
		seen: seen(func(w *world, answer *wire.TaskResponse) {
			if d := w.detail(answer.TaskNo); d.TaskStatus != wire.DetailSuccess {
				w.Errorf("got %+v", d)
			}
			if got := w.domain("example.net").UpdateProhibitionLock; got != wire.LockOn {
				w.Errorf("the lock is %s", got)
			}
		}),
		others: map[string]func(w *world){
			"a name that the account lacks": func(w *world) {
				d := w.end(&wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"other.example"}})
				if d.TaskStatus != wire.DetailFailure || !strings.Contains(d.ErrorMsg, "does not exist") {
					w.Errorf("got %+v", d)
				}
			},
		},
	},
}
