package simulator_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var changeLogBehaviours = map[string]behaviour{
	"QueryChangeLogList": {
		good: func(w *world) wire.Request {
			w.end(&wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{"example.net"}, DomainNameServer: []string{"ns1.example.org"}})
			return &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: 100, DomainName: "example.net"}
		},
		seen: seen(func(w *world, answer *wire.QueryChangeLogListResponse) {
			want := []wire.ChangeLog{{
				DomainName: "example.net", Operation: "DNS Modification", Result: "Succeeded",
				Details: "ns1.example.net;ns2.example.net -> ns1.example.org", OperationIPAddress: "127.0.0.1", Time: time.Now().UTC(),
			}}
			if diff := cmp.Diff(want, answer.Data); diff != "" || answer.ResultLimit || answer.TotalItemNum != 1 {
				w.Errorf("%+v: (-want +got)\n%s", answer.Paged, diff)
			}
		}),
		others: map[string]func(w *world){
			"a name that the account lacks": func(w *world) {
				if got := w.changes("other.example"); len(got) != 0 {
					w.Errorf("got %v", got)
				}
			},
			"what failed": func(w *world) {
				w.end(&wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{"example.com"}, DomainNameServer: []string{"ns1.example.org"}})
				w.end(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"other.example"}, Status: true})
				want := []string{"DNS Modification Failed: ns1.example.net;ns2.example.net -> ns1.example.org"}
				if diff := cmp.Diff(want, w.changes("example.com")); diff != "" {
					w.Error(diff)
				}
				if diff := cmp.Diff([]string{"Transfer Lock Setting Failed: "}, w.changes("other.example")); diff != "" {
					w.Error(diff)
				}
			},
			"languages": func(w *world) {
				w.end(&wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"example.com"}})
				got := ask[wire.QueryChangeLogListResponse](w, &wire.QueryChangeLogListRequest{
					PageNum: 1, PageSize: 1, Common: wire.Common{Lang: wire.Chinese},
				}).Data[0]
				if got.Operation != "安全锁设置" || got.Result != "成功" || got.Details != "OPEN -> CLOSE" {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
}

// changes returns the change log of a name in words, youngest first.
func (w *world) changes(name string) (words []string) {
	w.Helper()
	for _, e := range ask[wire.QueryChangeLogListResponse](w, &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: 100, DomainName: name}).Data {
		words = append(words, e.Operation+" "+e.Result+": "+e.Details)
	}
	return words
}

// TestChangeLogShowsThousand: the times of a query have to be narrowed where
// there are more entries.
func TestChangeLogShowsThousand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := inProcess(t, simulator.Options{Account: portfolio(600)})
		names := make([]string, 600)
		for i := range names {
			names[i] = fmt.Sprintf("name-%06d.example", i)
		}
		at := make([]time.Time, 3)
		for i := range at {
			at[i] = time.Now()
			c.save(transferLock, names, fmt.Sprintf("Status=%v", i%2 == 0))
			c.poll() // lets them end
			time.Sleep(time.Minute)
		}
		ms := func(name string, t time.Time) string { return fmt.Sprintf("%s=%d", name, t.UnixMilli()) }
		for _, test := range []struct {
			params  []string
			total   int
			limited bool
		}{
			{nil, 1000, true},
			{[]string{ms("StartDate", at[1])}, 1000, true},
			{[]string{ms("StartDate", at[2])}, 600, false},
			{[]string{ms("EndDate", at[0])}, 600, false},
			{[]string{ms("EndDate", at[1])}, 1000, true},
			{[]string{ms("StartDate", at[1]), ms("EndDate", at[1])}, 600, false},
			{[]string{ms("StartDate", at[2].Add(time.Millisecond))}, 0, false},
			{[]string{"DomainName=" + names[7]}, 3, false},
			{[]string{"DomainName=" + names[7], ms("EndDate", at[1])}, 2, false},
		} {
			params := append([]string{"QueryChangeLogList", "PageNum=2", "PageSize=100"}, test.params...)
			got := call[wire.QueryChangeLogListResponse](c, params...)
			if got.TotalItemNum != test.total || got.ResultLimit != test.limited || len(got.Data) != min(100, max(0, test.total-100)) {
				t.Errorf("%v: %d entries of %d, limited %v", test.params, len(got.Data), got.TotalItemNum, got.ResultLimit)
			}
		}
		last := call[wire.QueryChangeLogListResponse](c, "QueryChangeLogList", "PageNum=10", "PageSize=100").Data
		if oldest := last[99]; len(last) != 100 || !oldest.Time.Equal(at[1].UTC()) {
			t.Errorf("the last of the thousand is %+v", oldest)
		}
	})
}
