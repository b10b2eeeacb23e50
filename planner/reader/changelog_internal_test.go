package reader

import (
	"context"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// TestWordsOfTheLog shows what entries of the change log are taken for, and
// that one which does not say it, or when, is taken for the worst.
func TestWordsOfTheLog(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	since, at := now.Add(-48*time.Hour), now.Add(-time.Hour)
	all, gone := planner.RecentChanges{Nameservers: at, DSRecords: at, NewDS: at}, planner.RecentChanges{DSRecords: at}
	for _, test := range []struct {
		entry wire.ChangeLog
		want  planner.RecentChanges
	}{
		{wire.ChangeLog{Operation: "DNS modification", Details: "dns1;dns2 -> dns3;dns4"}, planner.RecentChanges{Nameservers: at}},
		{wire.ChangeLog{Operation: "DS Record Creation"}, planner.RecentChanges{DSRecords: at, NewDS: at}},
		{wire.ChangeLog{Operation: "Delete DNSSEC"}, gone},
		{wire.ChangeLog{Operation: "DS Record Deletion"}, gone},
		{wire.ChangeLog{Operation: "DNS modification", Details: "ns1.ds.example.net -> ns2.ds.example.net"}, all},
		{wire.ChangeLog{Operation: "DNS modification by template"}, planner.RecentChanges{Nameservers: at}},
		{wire.ChangeLog{Operation: "DNS Host Modification"}, planner.RecentChanges{}},
		{wire.ChangeLog{Operation: "Security Lock Setting"}, planner.RecentChanges{}},
		{wire.ChangeLog{Operation: "Domain Name Renewal"}, planner.RecentChanges{}},
		{wire.ChangeLog{Operation: "Delegation signer"}, all},
		{wire.ChangeLog{Operation: "修改"}, all},
		{wire.ChangeLog{}, all},
		{wire.ChangeLog{DomainName: "example.net"}, planner.RecentChanges{}},
	} {
		test.entry.Time = at
		var got planner.RecentChanges
		if note(&got, &test.entry, "example.com", since, now); got != test.want {
			t.Errorf("%q: got %+v, want %+v", test.entry.Operation, got, test.want)
		}
	}
	for title, test := range map[string]struct{ at, want time.Time }{
		"no time":                     {time.Time{}, now},
		"later":                       {now.Add(time.Hour), now},
		"long ago":                    {since.Add(-9 * time.Hour), time.Time{}},
		"long ago in one of readings": {since.Add(-7 * time.Hour), since.Add(-7 * time.Hour)},
	} {
		var got planner.RecentChanges
		if note(&got, &wire.ChangeLog{Operation: "DNS", Time: test.at}, "example.com", since, now); !got.Nameservers.Equal(test.want) {
			t.Errorf("%s: got %s, want %s", title, got.Nameservers, test.want)
		}
	}
}

// pages is a change log that answers with the same pages, whatever is asked for.
type pages []wire.QueryChangeLogListResponse

// QueryChangeLogList returns the page with the number, the last one after it.
func (p pages) QueryChangeLogList(_ context.Context, r *wire.QueryChangeLogListRequest) (*wire.QueryChangeLogListResponse, error) {
	return &p[min(r.PageNum, len(p))-1], nil
}

// TestLogsThatAreNotWhole: an entry on a later page counts whatever the totals
// say, and of a log that ends before its total anything may have been done.
func TestLogsThatAreNotWhole(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	at := now.Add(-time.Hour)
	page := func(entries, items, total int, operation string) (p wire.QueryChangeLogListResponse) {
		p.TotalItemNum, p.TotalPageNum = items, total
		for i := range entries {
			p.Data = append(p.Data, wire.ChangeLog{DomainName: "example.com", Operation: operation, Time: at.Add(-time.Duration(i) * time.Second)})
		}
		return p
	}
	limited := page(100, 1000, 10, "Domain Name Renewal")
	limited.ResultLimit = true
	moved, any := planner.RecentChanges{Nameservers: at}, planner.RecentChanges{Nameservers: now, DSRecords: now, NewDS: now}
	for title, test := range map[string]struct {
		log   pages
		want  planner.RecentChanges
		fails bool
	}{
		"one page":              {pages{page(1, 1, 1, "DNS modification")}, moved, false},
		"nothing":               {pages{page(0, 0, 0, "")}, planner.RecentChanges{}, false},
		"without totals":        {pages{page(100, 0, 0, "Domain Name Renewal"), page(1, 0, 0, "DNS modification")}, moved, false},
		"totals that are short": {pages{page(100, 100, 1, "Domain Name Renewal"), page(1, 100, 1, "DNS modification")}, moved, false},
		"a full last page":      {pages{page(100, 100, 1, "Domain Name Renewal"), page(0, 100, 1, "")}, planner.RecentChanges{}, false},
		"cut":                   {pages{page(100, 250, 3, "Domain Name Renewal"), page(0, 250, 3, "")}, any, true},
		"cut at once":           {pages{page(0, 5, 1, "")}, any, true},
		"the same page again":   {pages{page(100, 250, 3, "Domain Name Renewal")}, any, true},
		"a short page again":    {pages{page(3, 9, 3, "Domain Name Renewal")}, any, true},
		"more than is shown":    {pages{limited}, any, false},
	} {
		got, err := readLog(t.Context(), test.log, "example.com", now, 48*time.Hour)
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s: %+v, %v; want %+v", title, got, err, test.want)
		}
	}
}
