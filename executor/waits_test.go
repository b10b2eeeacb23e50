package executor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// unsigning declares a name that moves, and has no DS records then.
const unsigning = `
domain "example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
  ds_records  = []
}
`

// TestWaitsRestOnNoJournalAlone: whoever took the DS records away and whatever
// became of the journal, the nameservers move when the records have been gone
// for ds_hold, and at once where they have been gone for longer.
func TestWaitsRestOnNoJournalAlone(t *testing.T) {
	t.Parallel()
	byHand := func(w *world) {
		if _, err := w.client.Submit(w.t.Context(), &wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: "example.com", KeyTag: 1}); err != nil {
			w.t.Fatal(err)
		}
	}
	for title, test := range map[string]struct {
		signed bool
		before func(w *world)
		most   time.Duration // that the name waits
		least  time.Duration
	}{
		"the same journal": {signed: true, before: func(w *world) { w.mustApply() }, least: 48 * time.Hour, most: 60 * time.Hour},
		"another journal": {signed: true, before: func(w *world) {
			w.mustApply()
			w.dir = w.t.TempDir()
		}, least: 48 * time.Hour, most: 60 * time.Hour},
		"somebody else": {signed: true, before: byHand, least: 48 * time.Hour, most: 60 * time.Hour},
		"somebody else, and no log": {signed: true, before: func(w *world) {
			byHand(w)
			w.setFaults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "QueryChangeLogList"})
		}, least: 48 * time.Hour, most: 60 * time.Hour},
		"somebody else, long ago": {signed: true, most: time.Minute, before: func(w *world) {
			byHand(w)
			<-time.After(60 * time.Hour)
		}},
		"nobody ever": {most: time.Minute, before: func(*world) {}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := blank("example.com", false)
				if test.signed {
					d.DSRecords = []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("A1", 20)}}
				}
				w := worldFrom(t, unsigning, simulator.Options{}, d)
				test.before(w)
				gone := time.Now()
				for w.sim.State().Domain("example.com").Nameservers[0] != newServers[0] {
					w.mustApply()
					<-time.After(time.Hour)
				}
				if took := time.Since(gone) - time.Hour; took < test.least || took > test.most {
					t.Errorf("the name moved after %s", took)
				}
			})
		})
	}
}

// TestRecordsAreSeenWhenTheyAreLive: since when a declared record is live counts
// from the first run that sees it, though nothing is to be done then.
func TestRecordsAreSeenWhenTheyAreLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		record := func(tag int) snapshot.DSRecord {
			return snapshot.DSRecord{KeyTag: tag, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("A1", 20)}
		}
		d := blank("example.com", false)
		d.DSRecords = []snapshot.DSRecord{record(1), record(2)}
		w := worldFrom(t, "domain \"example.com\" {\n  ds_records = "+listed(d.DSRecords)+"\n}\n", simulator.Options{}, d)
		w.mustApply()
		<-time.After(60 * time.Hour)
		w.portfolio = loadText(t, "domain \"example.com\" {\n  ds_records = "+listed(d.DSRecords[1:])+"\n}\n")
		w.mustApply()
		if left := w.sim.State().Domain("example.com").DSRecords; len(left) != 1 {
			status, reason := w.planned("example.com/" + attr.DSRecords + "/1")
			t.Errorf("the old record is %s, although the other one was seen days ago: %s", status, reason)
		}
		err := w.open(t.Context(), func(j *journal.Journal) error {
			seen, err := j.Seen(t.Context())
			if len(seen) != 2 {
				t.Errorf("the journal knows %v", seen)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
