package simulator_test

import (
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// digests of every type, in either case.
var digests = map[wire.DSDigestType]string{
	wire.SHA1: strings.Repeat("0f", 20), wire.SHA256: strings.Repeat("EF", 32),
	wire.GOST94: strings.Repeat("1a", 32), wire.SHA384: strings.Repeat("9B", 48),
}

func addDS(name string, tag int, kind wire.DSDigestType) *wire.SaveSingleTaskForAddingDSRecordRequest {
	return &wire.SaveSingleTaskForAddingDSRecordRequest{
		DomainName: name, KeyTag: tag, Algorithm: wire.ECDSAP256, DigestType: kind, Digest: digests[kind],
	}
}

func modifyDS(name string, tag int) *wire.SaveSingleTaskForModifyingDSRecordRequest {
	return &wire.SaveSingleTaskForModifyingDSRecordRequest{
		DomainName: name, KeyTag: tag, Algorithm: wire.Ed25519, DigestType: wire.SHA384, Digest: digests[wire.SHA384],
	}
}

// tags returns the key tags of a name's DS records, sorted.
func (w *world) tags(name string) []int {
	w.Helper()
	var tags []int
	for _, r := range ask[wire.QueryDSRecordResponse](w, &wire.QueryDSRecordRequest{DomainName: name}).DSRecordList {
		tags = append(tags, r.KeyTag)
	}
	slices.Sort(tags)
	return tags
}

func (w *world) hasTags(name string, want ...int) {
	w.Helper()
	if got := w.tags(name); !slices.Equal(got, want) {
		w.Errorf("%s has the key tags %v, want %v", name, got, want)
	}
}

// hasTags is the check that a name has DS records with these key tags.
func hasTags(name string, want ...int) func(*world) {
	return func(w *world) { w.Helper(); w.hasTags(name, want...) }
}

var dsBehaviours = map[string]behaviour{
	"SaveSingleTaskForAddingDSRecord": {
		account: glued(),
		good:    given(addDS("example.net", 2371, wire.SHA256)),
		seen: saves(func(w *world) {
			got := ask[wire.QueryDSRecordResponse](w, &wire.QueryDSRecordRequest{DomainName: "example.net"}).DSRecordList
			want := []wire.DSRecord{{KeyTag: 2371, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("ef", 32)}}
			if diff := cmp.Diff(want, got); diff != "" {
				w.Error(diff)
			}
			logged := []string{"DS Record Creation Succeeded:  -> 2371 13 2 " + digests[wire.SHA256]}
			if diff := cmp.Diff(logged, w.changes("example.net")); diff != "" {
				w.Error(diff)
			}
		}),
		refused: []refusal{
			{addDS("other.example", 1, wire.SHA1), "DomainNotExist"},
			{&wire.SaveSingleTaskForAddingDSRecordRequest{DomainName: "example.net", KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: digests[1]}, "InvalidDigest"},
			{&wire.SaveSingleTaskForAddingDSRecordRequest{DomainName: "example.net", KeyTag: 1, Algorithm: 13, DigestType: 1, Digest: digests[2]}, "InvalidDigest"},
			{&wire.SaveSingleTaskForAddingDSRecordRequest{DomainName: "example.net", KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("0g", 32)}, "InvalidDigest"},
		},
		others: map[string]func(*world){
			"a record that exists": failing(&wire.SaveSingleTaskForAddingDSRecordRequest{
				DomainName: "example.com", KeyTag: 11, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("ab", 20),
			}, "exists already"),
			"the update lock is on": failing(addDS("locked.example", 1, wire.SHA1), "locked"),
			"two digests of one key": func(w *world) {
				for kind := range digests {
					w.succeeded(ask[wire.TaskResponse](w, addDS("example.net", 0, kind)))
				}
				w.hasTags("example.net", 0, 0, 0, 0)
			},
			"eight and no more": func(w *world) {
				for tag := range 8 {
					w.succeeded(ask[wire.TaskResponse](w, addDS("example.net", tag, wire.SHA256)))
				}
				w.fails(addDS("example.net", 8, wire.SHA256), "8 DS records")
				w.hasTags("example.net", 0, 1, 2, 3, 4, 5, 6, 7)
			},
			"another such task is open": openTask,
		},
	},
	"SaveSingleTaskForModifyingDSRecord": {
		account: glued(),
		good:    given(modifyDS("example.com", 12)),
		seen: saves(func(w *world) {
			w.hasTags("example.com", 11, 11, 12)
			for _, r := range ask[wire.QueryDSRecordResponse](w, &wire.QueryDSRecordRequest{DomainName: "example.com"}).DSRecordList {
				if r.KeyTag == 12 && (r.DigestType != 4 || r.Algorithm != 15 || r.Digest != strings.ToLower(digests[wire.SHA384])) {
					w.Errorf("got %+v", r)
				}
			}
		}),
		refused: []refusal{
			{modifyDS("other.example", 12), "DomainNotExist"},
			{&wire.SaveSingleTaskForModifyingDSRecordRequest{DomainName: "example.com", KeyTag: 12, Algorithm: 13, DigestType: 2, Digest: "AB"}, "InvalidDigest"},
		},
		others: map[string]func(*world){
			"a record that does not exist": failing(modifyDS("example.com", 13), "key tag 13"),
			"the update lock is on":        failing(modifyDS("locked.example", 12), "locked"),
			"two records with one tag become one": func(w *world) {
				w.succeeded(ask[wire.TaskResponse](w, modifyDS("example.com", 11)))
				w.hasTags("example.com", 11, 12)
			},
		},
	},
	"SaveSingleTaskForDeletingDSRecord": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: "example.com", KeyTag: 12}),
		seen:    saves(hasTags("example.com", 11, 11)),
		others: map[string]func(*world){
			"a record that does not exist": failing(&wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: "example.com", KeyTag: 13}, "key tag 13"),
			"the update lock is on":        failing(&wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: "locked.example", KeyTag: 12}, "locked"),
			"two records with one tag": func(w *world) {
				w.succeeded(ask[wire.TaskResponse](w, &wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: "example.com", KeyTag: 11}))
				w.hasTags("example.com", 12)
			},
		},
	},
	"SaveSingleTaskForSynchronizingDSRecord": {
		account: glued(),
		good: func(w *world) wire.Request {
			w.s.ChangeAtRegistry("example.com", func(r *simulator.Registry) { r.DSRecords = r.DSRecords[2:] })
			w.s.ChangeAtRegistry("example.com", func(r *simulator.Registry) {
				r.DSRecords = append(r.DSRecords, snapshot.DSRecord{KeyTag: 3, Algorithm: 8, DigestType: 2, Digest: digests[2]})
			})
			w.hasTags("example.com", 11, 11, 12)
			return &wire.SaveSingleTaskForSynchronizingDSRecordRequest{DomainName: "example.com"}
		},
		seen: saves(hasTags("example.com", 3, 12)),
		others: map[string]func(*world){
			"other tasks work on what the registry has": func(w *world) {
				w.s.ChangeAtRegistry("example.com", func(r *simulator.Registry) { r.DSRecords = nil })
				w.succeeded(ask[wire.TaskResponse](w, addDS("example.com", 4, wire.SHA1)))
				w.hasTags("example.com", 4)
			},
			"a name that the account lacks": func(w *world) {
				if w.s.ChangeAtRegistry("other.example", func(*simulator.Registry) {}) {
					w.Error("it has a registry")
				}
			},
		},
	},
}

// openTask: while a task of a name is open another of its kind is refused, and
// taken afterwards.
func openTask(w *world) {
	if err := w.s.SetFaults(simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute}}}); err != nil {
		w.Fatal(err)
	}
	first := ask[wire.TaskResponse](w, addDS("example.net", 1, wire.SHA1))
	if got := w.code(addDS("example.net", 2, wire.SHA1)); got != "TaskIsBeingProcessed" {
		w.Errorf("got %q", got)
	}
	w.call(addDS("example.com", 2, wire.SHA1)) // another name is not concerned
	w.hasTags("example.net")
	time.Sleep(time.Minute)
	synctest.Wait()
	w.succeeded(first)
	w.hasTags("example.net", 1)
	w.call(addDS("example.net", 2, wire.SHA1))
}
