package journaltest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

// testOutdated: pauses that ended, approvals that ended or were used by a run that is
// forgotten, and statements that later ones replace are pruned. What still decides
// something stays, and the next pause gets an ID of its own.
func testOutdated(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	early, late := noon.AddDate(-2, 0, 0), noon.Add(time.Hour)
	j := k.journal(t, place, journal.Options{})
	pause := func(p journal.Pause) int64 {
		t.Helper()
		p.By = "ada"
		return must[int64](t)(j.Pause(ctx, p))
	}
	pause(journal.Pause{Patterns: []string{"timed.example"}, Until: early.Add(time.Hour), At: early})
	unpaused := pause(journal.Pause{Patterns: []string{"a.example", "b.example"}, At: early})
	holds := pause(journal.Pause{Patterns: []string{"c.example", "d.example"}, At: early})
	lately := pause(journal.Pause{Patterns: []string{"e.example"}, At: early})
	ended := pause(journal.Pause{Patterns: []string{"last.example"}, Until: early.Add(time.Hour), At: early})
	check(t, j.Unpause(ctx, unpaused, []string{"a.example"}, "bob", early))
	check(t, j.Unpause(ctx, unpaused, []string{"b.example"}, "bob", early))
	check(t, j.Unpause(ctx, holds, []string{"c.example"}, "bob", early))
	check(t, j.Unpause(ctx, lately, nil, "bob", late)) // ended after the time before which all goes

	approval := func(change string, until time.Time) journal.Approval {
		return journal.Approval{Change: change, Hash: "hash", By: "ada", At: early, Until: until}
	}
	check(t, j.Approve(ctx, []journal.Approval{approval("over.example/x", early.Add(time.Hour))}))
	check(t, j.Approve(ctx, []journal.Approval{
		approval("over.example/y", early.Add(time.Hour)), approval("open.example/x", late), approval("n1.example/term", late), approval("n2.example/term", late),
	}))
	check(t, j.Approve(ctx, []journal.Approval{approval("y.example/x", late)}))
	for _, amount := range []int64{1, 2, 3} {
		check(t, j.StateSpent(ctx, journal.Spent{Amount: amount, Currency: "USD", At: early}))
	}
	did(t, j, 1, early, true)
	did(t, j, 2, late, true)
	before := decides(t, j)

	facts, _, err := j.Outdated(ctx, noon)
	check(t, err)
	p := must[journal.Pruned](t)(j.Prune(ctx, noon))
	want := journal.Pruned{Runs: []int64{1}, Facts: 2 + 3 + 2} // pauses, approvals, statements
	if diff := cmp.Diff(want, p); diff != "" || facts != want.Facts-1 {
		t.Errorf("%d entries are outdated: %s", facts, diff)
	}
	after := decides(t, j)
	if diff := cmp.Diff(before.Pauses, after.Pauses); diff != "" {
		t.Errorf("pauses: %s", diff)
	}
	if diff := cmp.Diff([]string{"open.example/x false", "n2.example/term true", "y.example/x false"}, after.Approvals); diff != "" {
		t.Errorf("approvals: %s", diff)
	}
	if after.Spent != 3 {
		t.Errorf("the last statement is of %d", after.Spent)
	}
	if again := must[journal.Pruned](t)(j.Prune(ctx, noon)); again.Facts+len(again.Runs) > 0 {
		t.Errorf("there is more to forget: %+v", again)
	}
	if id := pause(journal.Pause{Reason: "new", At: late}); id <= ended {
		t.Errorf("the pause after number %d has number %d", ended, id)
	}
	check(t, j.Close())
	counts := k.counts(t, place)
	if counts["pause"] != 4 || counts["unpause"] != 2 || counts["approval"] != 2 || counts["spent"] != 1 {
		t.Errorf("records: %v", counts)
	}
}

// decisive is what of a journal decides what is done.
type decisive struct {
	Pauses    []journal.Pause
	Approvals []string // and whether they are used
	Spent     int64
}

// decides returns what of a journal decides what is done at noon.
func decides(t *testing.T, j *journal.Journal) (d decisive) {
	t.Helper()
	ctx := t.Context()
	d.Pauses = must[[]journal.Pause](t)(j.Pauses(ctx, noon))
	for _, a := range must[[]journal.Approval](t)(j.Approvals(ctx, noon)) {
		used := " false"
		if a.Used {
			used = " true"
		}
		d.Approvals = append(d.Approvals, a.Change+used)
	}
	d.Spent = must[*journal.Spent](t)(j.LastSpent(ctx)).Amount
	return d
}
