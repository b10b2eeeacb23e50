package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// did records a run that did one of everything and ended then, or did not.
func did(t *testing.T, j *Journal, n int, end time.Time, acknowledged bool) {
	t.Helper()
	ctx := t.Context()
	l := must[*Ledger](t)(j.Begin(ctx, Run{
		Kind: Apply, Began: noon, PlanID: fmt.Sprint("plan-", n), Plan: []byte("the plan"), Declared: []string{fmt.Sprintf("n%d.example", n)},
	}))
	step := fmt.Sprintf("n%d.example/renewal#order", n)
	one, other := intent(step, "x"+step), intent("y"+step)
	one.Purchases = []Purchase{{Step: step, Domain: "n.example", Kind: "renewal", Before: "null", Years: 1, Currency: "USD"}}
	batches := must[[]*Batch](t)(l.Intend(ctx, []Intent{one, other}))
	first, second := batches[0].Batch, batches[1].Batch
	check(t, l.Submit(ctx, Submission{Batch: first, Task: fmt.Sprint("task-", n), At: noon}))
	check(t, l.Fail(ctx, CallFailure{Batch: second, Kind: CallRefused, Message: "no", At: noon}))
	check(t, l.Settle(ctx, []Result{{Batch: first, Detail: fmt.Sprint("detail-", n), Step: step, Success: true, At: noon}}))
	check(t, l.Conclude(ctx, []Conclusion{{Batch: first, Step: "x" + step, Verdict: FoundDone, At: noon}}))
	if acknowledged {
		check(t, l.Acknowledge(ctx, []Acknowledgement{{Detail: fmt.Sprint("detail-", n), At: noon}}))
	}
	check(t, l.Verify(ctx, []Verification{{Change: "n.example/renewal", Verdict: "verified", At: noon}}))
	if !end.IsZero() {
		check(t, l.Mark(ctx, Mark{Name: Ended, At: end}))
	}
}

// counts counts the records of each kind.
func counts(t *testing.T, j *Journal) map[string]int {
	t.Helper()
	all := make(map[string]int)
	check(t, j.store.Load(t.Context(), store.Query{}, func(r *store.Record) error {
		all[r.Kind]++
		return nil
	}))
	return all
}

// TestPruneForgetsWholeRuns compares a journal that has forgotten a run with one
// that never had it: nothing of the run is left.
func TestPruneForgetsWholeRuns(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	seen := func(j *Journal) { check(t, j.Sight(ctx, []string{"a ds record"}, nil, noon)) }
	without, j := open(t, t.TempDir(), Options{}), open(t, t.TempDir(), Options{})
	for _, each := range []*Journal{without, j} {
		check(t, each.Bind(ctx, "https://one.example", "1"))
		seen(each)
	}
	did(t, j, 1, noon.Add(-time.Hour), true)
	for _, each := range []*Journal{without, j} {
		did(t, each, 2, noon.Add(time.Hour), true)
	}
	if cmp.Equal(counts(t, without), counts(t, j)) {
		t.Fatal("the run left no trace")
	}
	p := must[Pruned](t)(j.Prune(ctx, noon))
	if diff := cmp.Diff(Pruned{Runs: []int64{1}}, p); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(counts(t, without), counts(t, j)); diff != "" {
		t.Error(diff)
	}
	if tasks := must[map[string]string](t)(j.Tasks(ctx)); tasks["task-1"] != "" || tasks["task-2"] == "" {
		t.Errorf("tasks: %v", tasks)
	}
}

// TestPruneKeepsWhatIsNeeded: the last run, open ones, those that ended later and
// those of which something is not known.
func TestPruneKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	j := open(t, t.TempDir(), Options{})
	did(t, j, 1, time.Time{}, true)            // open
	did(t, j, 2, noon.Add(-time.Hour), false)  // a result is still in the queue
	did(t, j, 3, noon.Add(-time.Hour), true)   // forgotten
	did(t, j, 4, noon.Add(time.Minute), true)  // too young
	did(t, j, 5, noon.Add(-2*time.Hour), true) // the last one
	p := must[Pruned](t)(j.Prune(ctx, noon))
	if diff := cmp.Diff(Pruned{Runs: []int64{3}, Kept: []int64{2}}, p); diff != "" {
		t.Error(diff)
	}
	var left []int64
	for _, r := range must[[]Run](t)(j.Runs(ctx)) {
		left = append(left, r.ID)
		if _, err := j.Ledger(ctx, r.ID); err != nil {
			t.Errorf("run %d: %v", r.ID, err)
		}
	}
	if !slices.Equal(left, []int64{1, 2, 4, 5}) {
		t.Errorf("left: %v", left)
	}
	if declared := must[[]string](t)(j.LastDeclared(ctx)); !slices.Equal(declared, []string{"n5.example"}) {
		t.Errorf("declared: %v", declared)
	}
	if p := must[Pruned](t)(j.Prune(ctx, noon)); len(p.Runs) > 0 {
		t.Errorf("forgotten again: %v", p.Runs)
	}
}

// TestPruneGivesRoomBack, and stops at a write that fails with all of it there.
func TestPruneGivesRoomBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var dead error
	j := open(t, dir, Options{Hook: func(point string) error {
		if strings.HasPrefix(point, "what is forgotten: before") {
			return dead
		}
		return nil
	}})
	big := must[*Ledger](t)(j.Begin(t.Context(), Run{Kind: Apply, Began: noon, PlanID: "big"}))
	steps := make([]string, 5000)
	for i := range steps {
		steps[i] = fmt.Sprintf("n%d.example/x#set", i)
	}
	b := must[[]*Batch](t)(big.Intend(t.Context(), []Intent{intent(steps...)}))[0]
	check(t, big.Fail(t.Context(), CallFailure{Batch: b.Batch, Kind: CallRefused, At: noon}))
	check(t, big.Mark(t.Context(), Mark{Name: Ended, At: noon}))
	did(t, j, 2, noon, true)
	dead = context.Canceled
	if _, err := j.Prune(t.Context(), noon.Add(time.Hour)); !errors.Is(err, dead) {
		t.Errorf("got %v", err)
	}
	check(t, j.Close())
	full := size(t, dir)
	j = open(t, dir, Options{})
	if runs := must[[]Run](t)(j.Runs(t.Context())); len(runs) != 2 {
		t.Errorf("%d runs after a prune that did not write", len(runs))
	}
	must[Pruned](t)(j.Prune(t.Context(), noon.Add(time.Hour)))
	check(t, j.Close())
	if now := size(t, dir); now > full/2 {
		t.Errorf("%d of %d bytes are left", now, full)
	}
}

func size(t *testing.T, dir string) int64 {
	t.Helper()
	return must[os.FileInfo](t)(os.Stat(filepath.Join(dir, "journal.db"))).Size()
}
