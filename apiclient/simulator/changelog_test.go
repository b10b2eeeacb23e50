package simulator_test

import (
	"fmt"
	"slices"
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
			return &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: 100, DomainName: "example.net", StartDate: time.Now().Add(-time.Hour)}
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

// changes returns the change log of a name in words, youngest first, without its
// registration.
func (w *world) changes(name string) (words []string) {
	w.Helper()
	for _, e := range ask[wire.QueryChangeLogListResponse](w, &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: 100, DomainName: name}).Data {
		if line := e.Operation + " " + e.Result + ": " + e.Details; line != "Domain Name Registration Succeeded: " {
			words = append(words, line)
		}
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
			{[]string{ms("EndDate", at[0].Add(-time.Hour))}, 600, false}, // the registrations
			{[]string{ms("StartDate", at[1])}, 1000, true},
			{[]string{ms("StartDate", at[2])}, 600, false},
			{[]string{ms("EndDate", at[0])}, 1000, true},
			{[]string{ms("EndDate", at[1])}, 1000, true},
			{[]string{ms("StartDate", at[1]), ms("EndDate", at[1])}, 600, false},
			{[]string{ms("StartDate", at[2].Add(time.Millisecond))}, 0, false},
			{[]string{"DomainName=" + names[7]}, 4, false},
			{[]string{"DomainName=" + names[7], ms("EndDate", at[1])}, 3, false},
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

// entries asks for a page of the change log, and returns its names in their order.
func (c *client) entries(params ...string) (names []string, answer *wire.QueryChangeLogListResponse) {
	answer = call[wire.QueryChangeLogListResponse](c, append([]string{"QueryChangeLogList", "PageNum=1", "PageSize=100"}, params...)...)
	for _, e := range answer.Data {
		names = append(names, e.DomainName)
	}
	return names, answer
}

// TestAwkwardChangeLog: entries come late, are gone, are cut off, stand in another
// order, or there are none.
func TestAwkwardChangeLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim, c := inProcess(t, simulator.Options{Account: portfolio(9)})
		set := func(f simulator.ChangeLogFaults) {
			t.Helper()
			if err := sim.SetFaults(simulator.Faults{ChangeLog: f}); err != nil {
				t.Fatal(err)
			}
		}
		name := func(i int) string { return fmt.Sprintf("name-%06d.example", i) }
		began := time.Now()
		since := fmt.Sprintf("StartDate=%d", began.UnixMilli())
		for i := range 3 {
			set(simulator.ChangeLogFaults{Delay: simulator.Range{Min: time.Duration(i) * 30 * time.Hour}})
			c.save(transferLock, []string{name(i)}, "Status=true")
			time.Sleep(time.Hour)
		}
		want := func(what string, want ...string) {
			t.Helper()
			if got, _ := c.entries(since); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		want("late entries", name(0)) // whatever the faults were when a query came
		time.Sleep(30 * time.Hour)
		want("a day later", name(1), name(0))
		time.Sleep(30 * time.Hour)
		want("all of them", name(2), name(1), name(0))
		set(simulator.ChangeLogFaults{Order: simulator.OldestFirst})
		want("the oldest first", name(0), name(1), name(2))
		set(simulator.ChangeLogFaults{Kept: simulator.Duration(time.Since(began) - 30*time.Minute)})
		want("one is too old", name(2), name(1))
		set(simulator.ChangeLogFaults{Empty: true})
		want("an empty one")
		set(simulator.ChangeLogFaults{Limit: 2})
		if got, answer := c.entries(since); len(got) != 2 || !answer.ResultLimit || answer.TotalItemNum != 2 {
			t.Errorf("a log of two entries a query shows %v of %d, limited %v", got, answer.TotalItemNum, answer.ResultLimit)
		}
	})
}

// TestMixedUpChangeLog: the entries stand in an order that is none, which is the
// same for each query.
func TestMixedUpChangeLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := inProcess(t, simulator.Options{Account: portfolio(50), Faults: simulator.Faults{ChangeLog: simulator.ChangeLogFaults{Order: simulator.MixedUp}}})
		first, answer := c.entries()
		again, _ := c.entries()
		falls := slices.IsSortedFunc(answer.Data, func(x, y wire.ChangeLog) int { return y.Time.Compare(x.Time) })
		rises := slices.IsSortedFunc(answer.Data, func(x, y wire.ChangeLog) int { return x.Time.Compare(y.Time) })
		if len(first) != 50 || !slices.Equal(first, again) || falls || rises {
			t.Errorf("%d entries, then %d, falling %v, rising %v", len(first), len(again), falls, rises)
		}
	})
}

// TestReadingsOfTheChangeLog: its times are in one zone or the other, and queries
// look at times or at days.
func TestReadingsOfTheChangeLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim, c := inProcess(t, simulator.Options{Account: portfolio(1)})
		time.Sleep(12 * time.Hour)
		at := time.Now()
		c.save(transferLock, []string{"name-000000.example"}, "Status=true")
		c.poll()
		params := []string{fmt.Sprintf("StartDate=%d", at.UnixMilli()), fmt.Sprintf("EndDate=%d", at.UnixMilli())}
		later := []string{fmt.Sprintf("StartDate=%d", at.Add(time.Minute).UnixMilli())}
		_, plain := c.entries(params...)
		_, none := c.entries(later...)
		settings := sim.Settings()
		settings.Readings.ChangeLogTimes, settings.Readings.ChangeLogDates = "utc", "days"
		if err := sim.SetSettings(settings); err != nil {
			t.Fatal(err)
		}
		_, other := c.entries(params...)
		_, wide := c.entries(later...)
		// The client takes all such texts as UTC+8: one in UTC reads as 8 hours earlier.
		if len(plain.Data) != 1 || len(other.Data) != 1 || !plain.Data[0].Time.Equal(at) || !other.Data[0].Time.Equal(at.Add(-8*time.Hour)) {
			t.Errorf("at %v: %v, and in UTC %v", at, plain.Data, other.Data)
		}
		if len(none.Data) != 0 || len(wide.Data) != 1 {
			t.Errorf("a minute later: %v, and by its day %v", none.Data, wide.Data)
		}
	})
}
