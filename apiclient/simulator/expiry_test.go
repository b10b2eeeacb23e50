package simulator_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestNamesFeelTheClock looks at names on both sides of every date of theirs.
func TestNamesFeelTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		const day = 24 * time.Hour
		expires := began.Add(40 * day)
		s, c := inProcess(t, simulator.Options{Account: &snapshot.Account{Domains: []snapshot.Domain{
			{Name: "example.cn", Expires: expires, UpdateLock: wire.LockOn, TransferLock: wire.LockOn},
			{Name: "example.com", Expires: expires, UpdateLock: wire.LockOn, TransferLock: wire.LockOn},
		}}})
		type state struct {
			Names  int
			Status wire.DomainStatus
			Passed wire.NameStatus
			Days   int
			Lock   wire.LockStatus
		}
		locked := state{2, wire.Normal, wire.NotExpired, 30, wire.LockOn}
		for _, test := range []struct {
			at   time.Duration
			want state
		}{
			{10*day - 1, locked},
			{10 * day, state{2, wire.NeedsRenewal, wire.NotExpired, 30, wire.LockOn}},
			{40*day - 1, state{2, wire.NeedsRenewal, wire.NotExpired, 0, wire.LockOn}},
			{40 * day, state{2, wire.NeedsRenewal, wire.Expired, 0, wire.LockOff}},
			{70*day - 1, state{2, wire.NeedsRenewal, wire.Expired, -30, wire.LockOff}},
			{70 * day, state{2, wire.NeedsRedemption, wire.Expired, -30, wire.LockOff}},
			{(70+14+5)*day - 1, state{2, wire.NeedsRedemption, wire.Expired, -49, wire.LockOff}},
			{(70 + 14 + 5) * day, state{1, wire.NeedsRedemption, wire.Expired, -49, wire.LockOff}},
			{(70+29+5)*day - 1, state{1, wire.NeedsRedemption, wire.Expired, -64, wire.LockOff}},
		} {
			time.Sleep(test.at - time.Since(began))
			all := call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=1", "PageSize=10", "OrderByType=DESC").Data
			d := all[0]
			got := state{len(all), d.DomainStatus, d.ExpirationDateStatus, d.ExpirationCurrDateDiff, c.info("example.com").UpdateProhibitionLock}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("after %v: (-want +got)\n%s", test.at, diff)
			}
			if lock := c.info("example.com").TransferProhibitionLock; lock != wire.LockOn || s.State().Domain("example.com").Status != d.DomainStatus {
				t.Errorf("after %v: transfer lock %s, state %+v", test.at, lock, s.State().Domain("example.com"))
			}
			filtered := call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageNum=1", "PageSize=10", "QueryType=1").TotalItemNum
			if (filtered > 0) != (d.DomainStatus == wire.NeedsRenewal) {
				t.Errorf("after %v: %d names need renewal", test.at, filtered)
			}
		}
		time.Sleep(time.Nanosecond)
		if n := len(s.State().Domains); n != 0 {
			t.Errorf("%d names outlived their deletion", n)
		}
	})
}

// TestSnapshotsTellWhatHadHappened: what the clock did to a name before the
// account was loaded stands in the snapshot, and names as old as those of a
// forgotten file are still there.
func TestSnapshotsTellWhatHadHappened(t *testing.T) {
	t.Parallel()
	old := time.Date(2019, 3, 20, 3, 37, 28, 0, time.UTC)
	_, c := inProcess(t, simulator.Options{Account: &snapshot.Account{Domains: []snapshot.Domain{
		{Name: "example.com", Registered: old.AddDate(-1, 0, 0), Expires: old, UpdateLock: wire.LockOn, Nameservers: []string{"ns1.example.net"}},
	}}})
	if lock := c.info("example.com").UpdateProhibitionLock; lock != wire.LockOn {
		t.Errorf("the update lock is %s", lock)
	}
	c.save(updateLock, []string{"example.com"}, "Status=false")
	c.save(setDNS, []string{"example.com"}, dns("ns1.example.org")...)
	if got := c.info("example.com").DNSList; len(got) != 1 || got[0] != "ns1.example.org" {
		t.Errorf("nameservers %v", got)
	}
}
