package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

func TestNameserversOfASignedName(t *testing.T) {
	t.Parallel()
	record := snapshot.DSRecord{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}
	for name, test := range map[string]struct {
		keep     bool
		declared bool
		want     attr.Status
	}{
		"undeclared records": {want: attr.Blocked},
		"kept":               {keep: true, want: attr.Ready},
		"declared":           {declared: true, want: attr.Ready},
	} {
		t.Run(name, func(t *testing.T) {
			for attribute, desired := range map[string]attr.Value{
				"nameservers": hosts("ns1.example.net", "ns2.example.net"), "alidns": attr.Provider{Own: true},
			} {
				values := map[string]attr.Value{attribute: desired}
				if test.declared {
					values["ds_records"] = attr.NewDSSet([]snapshot.DSRecord{record})
				}
				want, signed := declare("example.com", values), live("example.com", "ns1.example.org")
				want.Settings.KeepDS, signed.DSRecords = test.keep, []snapshot.DSRecord{record}
				p := planner.Diff(planner.Input{Portfolio: portfolio(want), Live: account(signed)})
				if len(p.Changes) != 1 || p.Changes[0].Attribute != attribute || p.Changes[0].Status != test.want {
					t.Errorf("%s: %+v, want one change that is %s", attribute, p.Changes, test.want)
				}
			}
		})
	}
}

// TestWaitsEndByJournalAndLog: a wait between two stages of a signed name is over
// where the journal does not say that it goes on and the change log has shown
// that nobody did anything since. A log that cannot be read shows nothing,
// however long ago the journal's own time is: then the wait counts from the first
// run that could not read it.
func TestWaitsEndByJournalAndLog(t *testing.T) {
	t.Parallel()
	const hold = 48 * time.Hour
	lately, longAgo := readAt.Add(-time.Hour), readAt.Add(-1000*time.Hour)
	for name, log := range map[string]planner.Log{
		"a silent log":     {Recent: map[string]planner.RecentChanges{"example.com": {}}},
		"a log with a row": {Recent: map[string]planner.RecentChanges{"example.com": {Nameservers: lately, DSRecords: lately, NewDS: lately}}},
		"no log":           {Failed: map[string]bool{"example.com": true}},
		"no log for long":  {Failed: map[string]bool{"example.com": true}},
	} {
		for known, at := range map[string]time.Time{"no journal": {}, "a start lately": lately, "a start long ago": longAgo} {
			for _, w := range signedWaits() {
				t.Run(strings.Join([]string{w.id, known, name}, ", "), func(t *testing.T) {
					w.want.Settings.DSHold = hold
					in := planner.Input{Portfolio: portfolio(w.want), Live: account(w.live), Log: log}
					in.History.Seen = map[string]time.Time{w.mark: at}
					if w.seen { // a name of which nobody knows whether it moved waits for that first
						in.History.Seen["example.com/delegation/moved/unread"] = longAgo
					}
					if name == "no log for long" {
						in.History.Seen[w.mark+"/unread"] = longAgo
					}
					want := attr.Deferred
					if (name == "a silent log" || name == "no log for long") && (at.Equal(longAgo) || at.IsZero() && !w.seen) {
						want = attr.Ready
					}
					p := planner.Diff(in)
					for i := range p.Changes {
						if c := &p.Changes[i]; c.ID == w.id {
							if c.Status != want {
								t.Errorf("it is %s (%s), want %s", c.Status, c.Reason, want)
							}
							starts := slices.Contains(p.StartsClock, w.mark+"/unread")
							if over := at.Equal(longAgo) || at.IsZero() && !w.seen; starts != (name == "no log" && over) {
								t.Errorf("the journal is to keep %v", p.StartsClock)
							}
							return
						}
					}
					t.Errorf("no such change: %v", statuses(p))
				})
			}
		}
	}
}

// A signedWait is a name of which a change waits.
type signedWait struct {
	id   string // of the change
	mark string // from which it counts
	seen bool   // it ends only after what the journal has seen
	want config.Domain
	live snapshot.Domain
}

// signedWaits returns one wait of each kind.
func signedWaits() []signedWait {
	before, after := []string{"ns1.example.org"}, hosts("ns1.example.net", "ns2.example.net")
	record := func(tag int) snapshot.DSRecord {
		return snapshot.DSRecord{KeyTag: tag, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}
	}
	one := attr.NewDSSet([]snapshot.DSRecord{record(1)})
	name := func(nameservers []string, tags ...int) snapshot.Domain {
		d := live("example.com", nameservers...)
		for _, tag := range tags {
			d.DSRecords = append(d.DSRecords, record(tag))
		}
		return d
	}
	signed := "example.com/ds_records/" + one.String()
	kept := declare("example.com", map[string]attr.Value{"nameservers": after, "ds_records": one})
	kept.Settings.KeepDS = true
	return []signedWait{
		{
			id: "example.com/ds_records/1", mark: "example.com/delegation/moved",
			want: declare("example.com", map[string]attr.Value{"ds_records": one}), live: name(before),
		},
		{
			id: "example.com/nameservers", mark: "example.com/delegation/unsigned",
			want: declare("example.com", map[string]attr.Value{"nameservers": after, "ds_records": attr.DSSet{}}), live: name(before),
		},
		{
			id: "example.com/nameservers", mark: signed, seen: true,
			want: declare("example.com", map[string]attr.Value{"nameservers": after, "ds_records": one}), live: name(before, 1, 2),
		},
		{
			id: "example.com/ds_records/2", mark: signed, seen: true,
			want: declare("example.com", map[string]attr.Value{"ds_records": one}), live: name(before, 1, 2),
		},
		{id: "example.com/ds_records/2", mark: signed, seen: true, want: kept, live: name(before, 1, 2)},
	}
}
