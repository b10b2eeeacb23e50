package snapshot_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// written are the words of facts that stand in users' files, in the order of the
// numbers that former files have. A word may be added at the end.
var written = strings.Fields(`listed nameservers transfer_lock ds_records hosts privacy ens_address art registrant admin
	billing tech holder emails expiry transfer_out status presence registrant_profiles quote update_lock price_kind auto_renew
	others_tasks past_orders renewal_price arrival transferable`)

// TestWordsOfFactsNeverChange: a file that was written once is read for ever.
func TestWordsOfFactsNeverChange(t *testing.T) {
	t.Parallel()
	for i, word := range written {
		var byWord, byNumber snapshot.Facts
		want := snapshot.Facts(1) << i
		if err := json.Unmarshal([]byte(`["`+word+`"]`), &byWord); err != nil || byWord != want {
			t.Errorf("%s is read as %d, %v", word, byWord, err)
		}
		number, err := json.Marshal(uint32(want))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(number, &byNumber); err != nil || byNumber != want {
			t.Errorf("the number of %s is read as %d, %v", word, byNumber, err)
		}
		if words := want.Words(); !slices.Equal(words, []string{word}) {
			t.Errorf("%s is written as %q", word, words)
		}
	}
	all := snapshot.Facts(1)<<len(written) - 1
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var again snapshot.Facts
	if err := json.Unmarshal(text, &again); err != nil || again != all {
		t.Errorf("all facts are read as %d, %v", again, err)
	}
	if more := (all + 1).Words(); len(more) > 0 {
		t.Errorf("%q stands in files, and no test holds it", more)
	}
	for _, bad := range []string{`["nameserver"]`, `["info", 3]`, `"info"`, `-1`, `{}`} {
		if err := json.Unmarshal([]byte(bad), &again); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// TestFormerSnapshots: version 1 has numbers for facts, and one time for all.
func TestFormerSnapshots(t *testing.T) {
	t.Parallel()
	a, err := snapshot.Read(strings.NewReader(`{"format_version":1,"read_at":"2026-02-06T07:26:46Z","domains":[{"name":"example.com","instance_id":"S1"}],
		"failures":[{"domain":"example.com","facts":6,"operation":"QueryDomainByDomainName","message":"Busy"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := snapshot.Nameservers | snapshot.TransferLock; a.FormatVersion != snapshot.FormatVersion || a.Failures[0].Facts != want {
		t.Errorf("read %+v", a)
	}
	if at := a.ReadTimeOf(&a.Domains[0], snapshot.Nameservers); !at.Equal(a.ReadAt) {
		t.Errorf("the name was read at %s", at)
	}
}

// TestReadTimes: each fact has the time of its last reading, also in files.
func TestReadTimes(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	early, late := noon.Add(-48*time.Hour), noon.Add(-24*time.Hour)
	d := snapshot.Domain{Name: "example.com", InstanceID: "S1"}
	d.NoteRead(snapshot.Info|snapshot.Hosts, early)
	d.NoteRead(snapshot.DSRecords|snapshot.Nameservers, late)
	d.NoteRead(snapshot.Hosts, time.Time{})
	a := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ReadAt: noon, Domains: []snapshot.Domain{d}}
	var b strings.Builder
	if err := snapshot.Write(&b, a); err != nil {
		t.Fatal(err)
	}
	again, err := snapshot.Read(strings.NewReader(b.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if diff := cmp.Diff(a, again); diff != "" {
		t.Error(diff)
	}
	for fact, want := range map[snapshot.Facts]time.Time{
		snapshot.TransferLock: early, snapshot.DSRecords: late, snapshot.Nameservers: late, snapshot.Hosts: noon, snapshot.TechContact: noon,
	} {
		if got := a.ReadTimeOf(&d, fact); !got.Equal(want) {
			t.Errorf("%v was read at %s, not %s", fact.Names(), got, want)
		}
	}
	if got := a.Standing(&d, snapshot.Info|snapshot.Hosts|snapshot.DSRecords); got != snapshot.Info|snapshot.DSRecords {
		t.Errorf("%v stand", got.Names())
	}
	d.NoteRead(snapshot.Info|snapshot.DSRecords, time.Time{})
	if d.Read != nil {
		t.Errorf("%v is left", d.Read)
	}
}
