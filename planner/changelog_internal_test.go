package planner

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestWordsOfTheLog shows what entries of the change log are taken for, and
// that one which does not say it, or when, is taken for the worst.
func TestWordsOfTheLog(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	since, at := now.Add(-48*time.Hour), now.Add(-time.Hour)
	all, gone := Lately{at, at, at}, Lately{DSRecords: at}
	for _, test := range []struct {
		entry wire.ChangeLog
		want  Lately
	}{
		{wire.ChangeLog{Operation: "DNS modification", Details: "dns1;dns2 -> dns3;dns4"}, Lately{Nameservers: at}},
		{wire.ChangeLog{Operation: "DS Record Creation"}, Lately{DSRecords: at, NewDS: at}},
		{wire.ChangeLog{Operation: "Delete DNSSEC"}, gone},
		{wire.ChangeLog{Operation: "DS Record Deletion"}, gone},
		{wire.ChangeLog{Operation: "DNS Host Modification"}, Lately{}},
		{wire.ChangeLog{Operation: "Security Lock Setting"}, Lately{}},
		{wire.ChangeLog{Operation: "Domain Name Renewal"}, Lately{}},
		{wire.ChangeLog{Operation: "Delegation signer"}, all},
		{wire.ChangeLog{Operation: "修改"}, all},
		{wire.ChangeLog{}, all},
		{wire.ChangeLog{DomainName: "example.net"}, Lately{}},
	} {
		test.entry.Time = at
		var got Lately
		if got.note(&test.entry, "example.com", since, now); got != test.want {
			t.Errorf("%q: got %+v, want %+v", test.entry.Operation, got, test.want)
		}
	}
	for title, test := range map[string]struct{ at, want time.Time }{
		"no time":                     {time.Time{}, now},
		"later":                       {now.Add(time.Hour), now},
		"long ago":                    {since.Add(-9 * time.Hour), time.Time{}},
		"long ago in one of readings": {since.Add(-7 * time.Hour), since.Add(-7 * time.Hour)},
	} {
		var got Lately
		if got.note(&wire.ChangeLog{Operation: "DNS", Time: test.at}, "example.com", since, now); !got.Nameservers.Equal(test.want) {
			t.Errorf("%s: got %s, want %s", title, got.Nameservers, test.want)
		}
	}
}
