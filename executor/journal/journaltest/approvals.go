package journaltest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

// testApprovals: an approval is there for every later process until it ends, and
// is used when its change was sent after it, unless that certainly did nothing.
func testApprovals(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	l := begin(t, j)
	must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{intent("before.example/x#set")}))
	approve := func(change string, days int) journal.Approval {
		return journal.Approval{Change: change, Hash: "hash of " + change, By: "ada", At: noon, Until: noon.AddDate(0, 0, days)}
	}
	given := []journal.Approval{
		approve("before.example/x", 14), approve("sent.example/x", 14), approve("refused.example/x", 14), approve("undone.example/x", 14),
		approve("unsent.example/x", 21), approve("ended.example/x", 1), approve("e/o#dd", 14),
	}
	check(t, j.Approve(ctx, nil))
	check(t, j.Approve(ctx, given))
	check(t, j.Approve(ctx, []journal.Approval{{Change: "sent.example/x", Hash: "again", By: "bob", At: noon.Add(time.Hour), Until: noon.AddDate(0, 0, 14)}}))
	batches := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{
		intent("sent.example/x#set"), intent("refused.example/x#set"), intent("undone.example/x#set"), intent("ended.example/x#set"), intent("e/o#dd#set"),
	}))
	check(t, l.Submit(ctx, journal.Submission{Batch: batches[0].Batch, Task: "t1", At: noon}))
	check(t, l.Fail(ctx, journal.CallFailure{Batch: batches[1].Batch, Kind: journal.CallRefused, At: noon}))
	check(t, l.Fail(ctx, journal.CallFailure{Batch: batches[2].Batch, Kind: journal.CallNotDone, At: noon}))
	check(t, j.Close())

	j = k.journal(t, place, journal.Options{})
	var got []string
	for _, a := range must[[]journal.Approval](t)(j.Approvals(ctx, noon.AddDate(0, 0, 2))) {
		got = append(got, fmt.Sprint(a.Change, " ", a.By, " ", a.Used))
		at := slices.IndexFunc(given, func(g journal.Approval) bool { return g.Hash == a.Hash })
		if a.Used = false; at >= 0 && !cmp.Equal(a, given[at]) {
			t.Errorf("approved was %+v, and is read as %+v", given[at], a)
		}
	}
	want := []string{
		"before.example/x ada false", "sent.example/x ada true", "refused.example/x ada true", "undone.example/x ada false",
		"unsent.example/x ada false", "e/o#dd ada true", "sent.example/x bob true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	check(t, j.Close())
}

// testApprovalsOfOtherClocks: what was sent after an approval uses it, also where the
// clock of the machine on which somebody approved was ahead.
func testApprovalsOfOtherClocks(t *testing.T, k Kind) {
	ctx := t.Context()
	j := k.journal(t, k.New(t), journal.Options{})
	l := begin(t, j)
	ahead := noon.Add(3 * time.Hour)
	check(t, j.Approve(ctx, []journal.Approval{{Change: "sent.example/x", Hash: "h", By: "ada", At: ahead, Until: ahead.AddDate(0, 0, 14)}}))
	must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{intent("sent.example/x#set")})) // at noon
	if all := must[[]journal.Approval](t)(j.Approvals(ctx, noon)); len(all) != 1 || !all[0].Used {
		t.Errorf("approved is %+v", all)
	}
	check(t, j.Close())
}
