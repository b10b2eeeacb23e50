package journal

import (
	"fmt"
	"testing"
)

// TestWhatIsReadGrowsWithTheRun counts the records that are read to know what a run
// has done, what was bought, and which tasks are its own: of twice the batches they
// are at most 2.3 times as many.
func TestWhatIsReadGrowsWithTheRun(t *testing.T) {
	t.Parallel()
	const n = 40
	one, two := readsOf(t, n), readsOf(t, 2*n)
	for what, before := range one {
		if before == 0 || 10*two[what] > 23*before {
			t.Errorf("%s: %d records are read for %d batches, and %d for %d", what, before, n, two[what], 2*n)
		}
	}
}

// readsOf returns how many records are read for each question about a run of so
// many orders.
func readsOf(t *testing.T, batches int) map[string]int {
	t.Helper()
	j := open(t, t.TempDir(), Options{})
	l := begin(t, j)
	ctx := t.Context()
	intents := make([]Intent, batches)
	for i := range intents {
		step := fmt.Sprintf("n%d.example/renewal#renew", i)
		intents[i] = intent(step)
		intents[i].Purchases = []Purchase{{Step: step, Domain: intents[i].Names[0], Kind: "renewal", Before: "null", Currency: "USD"}}
	}
	var tasks []string
	for i, b := range must[[]*Batch](t)(l.Intend(ctx, intents)) {
		tasks = append(tasks, fmt.Sprint("task", i))
		check(t, l.Submit(ctx, Submission{Batch: b.Batch, Task: tasks[i], At: noon}))
		check(t, l.Settle(ctx, []Result{{Batch: b.Batch, Detail: fmt.Sprint("detail", i), Step: b.Steps[0], Success: true, At: noon}}))
		check(t, l.Acknowledge(ctx, []Acknowledgement{{Detail: fmt.Sprint("detail", i), At: noon}}))
		check(t, l.Verify(ctx, []Verification{{Change: fmt.Sprintf("n%d.example/renewal", i), Verdict: "verified", At: noon}}))
		check(t, j.Sight(ctx, []string{fmt.Sprint("mark", i)}, nil, noon))
	}
	loaded := 0
	j.store = counting{j.store, &loaded}
	reads := make(map[string]int)
	count := func(what string, err error) {
		check(t, err)
		reads[what], loaded = loaded, 0
	}
	_, err := j.Ledger(ctx, l.ID)
	count("the ledger", err)
	_, err = j.Purchases(ctx, noon.AddDate(-1, 0, 0), nil)
	count("what was bought", err)
	known, err := j.KnownTasks(ctx, tasks)
	count("which tasks are known", err)
	if len(known) != batches {
		t.Errorf("%d of %d tasks are known", len(known), batches)
	}
	_, err = j.Open(ctx)
	count("which runs are open", err)
	_, err = j.Seen(ctx)
	count("what was seen", err)
	return reads
}
