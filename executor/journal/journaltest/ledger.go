package journaltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

func begin(t *testing.T, j *journal.Journal) *journal.Ledger {
	t.Helper()
	return must[*journal.Ledger](t)(j.Begin(t.Context(), journal.Run{
		Kind: journal.Apply, Began: noon, ConfigHash: "c", PlanID: "p", Plan: []byte("the plan"), Declared: []string{"a.example", "b.example"},
	}))
}

func intent(steps ...string) journal.Intent {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i], _, _ = strings.Cut(s, "/")
	}
	return journal.Intent{Operation: "Op", Key: "Op&x", Request: map[string]string{"DomainName.1": names[0]}, Steps: steps, Names: names, At: noon, Timestamp: noon.Add(-7 * time.Millisecond)}
}

// testJournalSurvives: what a run was told is what the next process reads.
func testJournalSurvives(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	l := begin(t, j)
	batches := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{intent("a.example/x#set", "b.example/x#set"), intent("c.example/x#set")}))
	if batches[0].Timestamp.IsZero() {
		t.Error("a batch does not know what its request is signed with")
	}
	first, second := batches[0].Batch, batches[1].Batch
	check(t, l.Submit(ctx, journal.Submission{Batch: first, Task: "t1", RequestID: "r1", At: noon}))
	check(t, l.Fail(ctx, journal.CallFailure{Batch: second, Kind: journal.CallUnknown, Code: "Busy", Message: "m", RequestID: "r2", At: noon}))
	check(t, l.Settle(ctx, []journal.Result{
		{Batch: first, Detail: "d1", Step: "a.example/x#set", Success: true, At: noon},
		{Batch: first, Detail: "d2", Step: "b.example/x#set", Message: "no", RequestID: "r3", At: noon},
	}))
	check(t, l.Acknowledge(ctx, []journal.Acknowledgement{{Detail: "d1", At: noon}}))
	check(t, l.Conclude(ctx, []journal.Conclusion{{Batch: second, Step: "c.example/x#set", Verdict: journal.FoundNothing, Reason: "hangs", At: noon}}))
	check(t, l.Verify(ctx, []journal.Verification{{Change: "a.example/x", Verdict: "verified", At: noon}}))
	check(t, l.Mark(ctx, journal.Mark{Name: journal.Interrupted, At: noon}))
	wrote := tellLedger(l)
	check(t, j.Close())

	j = k.journal(t, place, journal.Options{})
	if diff := cmp.Diff(wrote, tellLedger(must[*journal.Ledger](t)(j.Ledger(ctx, l.ID)))); diff != "" {
		t.Errorf("what was read differs (-wrote +read):\n%s", diff)
	}
	if names := must[[]string](t)(j.LastDeclared(ctx)); !slices.Equal(names, []string{"a.example", "b.example"}) {
		t.Errorf("declared: %q", names)
	}
	if r := must[*journal.Run](t)(j.Applied(ctx, "p")); r == nil || r.ID != l.ID || !r.Marked(journal.Interrupted) {
		t.Errorf("plan p was applied by %+v, want run %d", r, l.ID)
	}
	if r := must[*journal.Run](t)(j.Applied(ctx, "q")); r != nil {
		t.Errorf("plan q was applied by %v, want none", r)
	}
	if diff := cmp.Diff(map[string]string{"t1": "Op"}, must[map[string]string](t)(j.Tasks(ctx))); diff != "" {
		t.Error(diff)
	}
	if _, err := j.Ledger(ctx, 9); err == nil || !strings.Contains(err.Error(), "no run 9") {
		t.Errorf("a run that is not there: %v", err)
	}
	check(t, j.Close())
}

// testStopsAtEveryWrite: the hook sees every write before and after, and nothing
// is written once it has said stop.
func testStopsAtEveryWrite(t *testing.T, k Kind) {
	story := func(l *journal.Ledger) error {
		ctx := context.Background()
		b, err := l.Intend(ctx, []journal.Intent{intent("a.example/x#set")})
		if err != nil {
			return err
		}
		if err := l.Submit(ctx, journal.Submission{Batch: b[0].Batch, Task: "t"}); err != nil {
			return err
		}
		return l.Settle(ctx, []journal.Result{{Batch: b[0].Batch, Detail: "d", Step: "a.example/x#set"}})
	}
	want := []journal.State{journal.Planned, journal.Intended, journal.Intended, journal.Submitted, journal.Submitted, journal.Failed}
	for stop := range want {
		place, died, points := k.New(t), errors.New("died"), -2 // not those of the beginning
		j := k.journal(t, place, journal.Options{Hook: func(string) error {
			points++
			if points > stop {
				return died
			}
			return nil
		}})
		l := begin(t, j)
		if err := story(l); !errors.Is(err, died) {
			t.Fatalf("stop %d: %v", stop, err)
		}
		if err := l.Mark(t.Context(), journal.Mark{Name: journal.Ended, At: noon}); !errors.Is(err, died) || points != stop+1 {
			t.Errorf("stop %d: the dead journal wrote: %v", stop, err)
		}
		check(t, j.Close())
		j = k.journal(t, place, journal.Options{})
		l = must[*journal.Ledger](t)(j.Ledger(t.Context(), l.ID))
		check(t, j.Close())
		if got, _ := l.Step("a.example/x#set"); got != want[stop] {
			t.Errorf("stop %d: the step is %s, want %s", stop, got, want[stop])
		}
	}
}

// testCancelledContext: a fact is recorded even when its context ends: it has
// happened.
func testCancelledContext(t *testing.T, k Kind) {
	j := k.journal(t, k.New(t), journal.Options{})
	l := begin(t, j)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Intend(ctx, []journal.Intent{intent("a.example/x#set")}); err != nil {
		t.Error(err)
	}
	check(t, j.Close())
}

// testBinding: a journal belongs to one account at one endpoint from its first use
// on.
func testBinding(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	check(t, j.Check(ctx, endpoint, "")) // binds nothing
	for _, who := range []string{"", account, "", account} {
		check(t, j.Bind(ctx, endpoint, who))
	}
	check(t, j.Close())
	j = k.journal(t, place, journal.Options{ReadOnly: true})
	for _, other := range [][2]string{{endpoint, "2"}, {"https://two.example", account}} {
		if _, ok := errors.AsType[*journal.BindingError](j.Check(ctx, other[0], other[1])); !ok {
			t.Errorf("%v was let in", other)
		}
	}
	check(t, j.Close())
}

// testPurchases: a purchase is recorded with its intent, and counts from then on
// unless it certainly was not made.
func testPurchases(t *testing.T, k Kind) {
	ctx, at := t.Context(), time.UnixMilli(1_800_000_000_000).UTC()
	j := k.journal(t, k.New(t), journal.Options{})
	l := begin(t, j)
	var intents []journal.Intent
	for _, step := range []string{"intended", "done", "failed", "refused", "unknown", "not done", "doubt"} {
		intents = append(intents, journal.Intent{Operation: "Order", Steps: []string{step}, Names: []string{step}, At: at, Purchases: []journal.Purchase{{
			Step: step, Domain: step, Kind: "order", Before: `"x"`, Years: 2, Amount: 1234, Known: true, Currency: "USD",
		}}})
	}
	b := must[[]*journal.Batch](t)(l.Intend(ctx, intents))
	for i, task := range map[int]string{1: "t1", 2: "t2"} {
		check(t, l.Submit(ctx, journal.Submission{Batch: b[i].Batch, Task: task, At: at}))
	}
	check(t, l.Settle(ctx, []journal.Result{
		{Batch: b[1].Batch, Detail: "d1", Step: "done", Success: true, At: at},
		{Batch: b[2].Batch, Detail: "d2", Step: "failed", Message: "no money", RequestID: "r2", At: at},
	}))
	for i, kind := range map[int]journal.CallKind{3: journal.CallRefused, 4: journal.CallUnknown, 5: journal.CallUnknown} {
		check(t, l.Fail(ctx, journal.CallFailure{Batch: b[i].Batch, Kind: kind, Message: string(kind), RequestID: "r", At: at}))
	}
	check(t, l.Conclude(ctx, []journal.Conclusion{
		{Batch: b[5].Batch, Step: "not done", Verdict: journal.FoundNotDone, At: at},
		{Batch: b[6].Batch, Step: "doubt", Verdict: journal.FoundNothing, At: at},
	}))
	want := map[string]journal.State{
		"intended": journal.Intended, "done": journal.Succeeded, "failed": journal.Failed, "refused": journal.Failed,
		"unknown": journal.Intended, "not done": journal.Planned, "doubt": journal.InDoubt,
	}
	answers := map[string][3]string{ // task, message, request
		"done": {"t1"}, "failed": {"t2", "no money", "r2"}, "refused": {"", "refused", "r"}, "unknown": {"", "unknown", "r"},
	}
	all := must[[]journal.Purchase](t)(j.Purchases(ctx, at, nil))
	if len(all) != len(want) {
		t.Fatalf("there are %d purchases, want %d", len(all), len(want))
	}
	for i, p := range all {
		expected := journal.Purchase{
			Run: l.ID, Batch: b[i].Batch, Step: p.Step, Domain: p.Step, Kind: "order", Before: `"x"`, Years: 2, Amount: 1234, Known: true,
			Currency: "USD", At: at, State: want[p.Step], Task: answers[p.Step][0], Message: answers[p.Step][1], RequestID: answers[p.Step][2],
		}
		if diff := cmp.Diff(expected, p); diff != "" || p.State != l.Batches[i].Step(p.Step) {
			t.Errorf("%s is %s in its run: %s", p.Step, l.Batches[i].Step(p.Step), diff)
		}
	}
	if later := must[[]journal.Purchase](t)(j.Purchases(ctx, at.Add(time.Second), nil)); len(later) != 0 {
		t.Errorf("since a later time there are %v", later)
	}
	check(t, j.Close())
}

// testSightings: since when a thing is live is when it was seen first, without a
// break.
func testSightings(t *testing.T, k Kind) {
	place := k.New(t)
	j := k.journal(t, place, journal.Options{})
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i, step := range []struct{ live, gone []string }{
		{live: []string{"a", "b"}},
		{live: []string{"a"}, gone: []string{"b", "c"}}, // a is known already, c was never seen
		{live: []string{"b"}},                           // back again: its time begins anew
		{live: []string{"d"}},
		{live: []string{"d"}, gone: []string{"d"}}, // both: it begins anew, too
	} {
		check(t, j.Sight(t.Context(), step.live, step.gone, day.AddDate(0, 0, i)))
	}
	want := map[string]time.Time{"a": day, "b": day.AddDate(0, 0, 2), "d": day.AddDate(0, 0, 4)}
	same := func(when string) {
		t.Helper()
		if diff := cmp.Diff(want, must[map[string]time.Time](t)(j.Seen(t.Context()))); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	same("as it was recorded")
	// Pruning takes out what has ended, and changes nothing of what is live: what began
	// and ended on one of the first days is gone, and what ended later is not.
	check(t, j.Sight(t.Context(), []string{"over"}, nil, day))
	check(t, j.Sight(t.Context(), nil, []string{"over"}, day.AddDate(0, 0, 1)))
	check(t, j.Sight(t.Context(), []string{"late"}, nil, day))
	check(t, j.Sight(t.Context(), nil, []string{"late"}, day.AddDate(0, 1, 0)))
	for i := range 3 {
		did(t, j, 2*i+1, day, true)
		did(t, j, 2*i+2, day, true)
		must[journal.Pruned](t)(j.Prune(t.Context(), day.AddDate(0, 0, 10)))
		same("pruned")
	}
	check(t, j.Close())
	var marks []string
	kept := k.open(t, place, store.Options{ReadOnly: true})
	for _, r := range load(t, kept, store.Query{Kinds: []string{"sighting"}}) {
		marks = append(marks, string(r.Data))
	}
	check(t, kept.Close())
	if text := strings.Join(marks, "\n"); strings.Contains(text, "over") || strings.Count(text, "late") != 2 || strings.Count(text, `"b"`) != 1 || strings.Count(text, `"d"`) != 1 {
		t.Errorf("after pruning there are\n%s", text)
	}
}

// testRemembers: a journal holds all that was done since its first use, or since
// it was found to have lost something, whatever is forgotten on purpose.
func testRemembers(t *testing.T, k Kind) {
	ctx, now := t.Context(), noon
	j := k.journal(t, k.New(t), journal.Options{Now: func() time.Time { return now }})
	since := func(when string, want time.Time) {
		t.Helper()
		if got := must[time.Time](t)(j.RemembersSince(ctx)); !got.Equal(want) {
			t.Errorf("%s, the journal remembers everything since %s, want %s", when, got, want)
		}
	}
	since("before its first use", time.Time{})
	check(t, j.Bind(ctx, endpoint, "")) // of an account that holds no name to tell it
	now = noon.Add(time.Hour)
	check(t, j.Bind(ctx, endpoint, account))
	did(t, j, 1, noon.AddDate(0, 0, 1), true)
	did(t, j, 2, noon.AddDate(0, 0, 2), true)
	since("in use", noon)
	must[journal.Pruned](t)(j.Prune(ctx, noon.AddDate(1, 0, 0)))
	since("after old runs were forgotten", noon)
	if l := must[*journal.Loss](t)(j.LastLoss(ctx)); l != nil {
		t.Errorf("a journal that lost nothing says that it did: %+v", l)
	}
	for i, want := range []*journal.Loss{
		{Reason: "restored from a backup", At: noon.AddDate(0, 1, 0)},
		{Reason: "a replica took its place", At: noon.AddDate(0, 2, 0)},
	} {
		check(t, j.DeclareLoss(ctx, *want))
		since(fmt.Sprintf("after loss %d", i+1), want.At)
		if diff := cmp.Diff(want, must[*journal.Loss](t)(j.LastLoss(ctx))); diff != "" {
			t.Error(diff)
		}
	}
	check(t, j.Close())
}

// did records a run that did one of everything and ended then, or did not.
func did(t *testing.T, j *journal.Journal, n int, end time.Time, acknowledged bool) {
	t.Helper()
	ctx := t.Context()
	l := must[*journal.Ledger](t)(j.Begin(ctx, journal.Run{
		Kind: journal.Apply, Began: noon, PlanID: fmt.Sprint("plan-", n), Plan: []byte("the plan"), Declared: []string{fmt.Sprintf("n%d.example", n)},
	}))
	step := fmt.Sprintf("n%d.example/term#order", n)
	one, other := intent(step, "x"+step), intent("y"+step)
	one.Purchases = []journal.Purchase{{Step: step, Domain: "n.example", Kind: "order", Before: "null", Years: 1, Currency: "USD"}}
	batches := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{one, other}))
	first, second := batches[0].Batch, batches[1].Batch
	check(t, l.Submit(ctx, journal.Submission{Batch: first, Task: fmt.Sprint("task-", n), At: noon}))
	check(t, l.Fail(ctx, journal.CallFailure{Batch: second, Kind: journal.CallRefused, Message: "no", At: noon}))
	check(t, l.Settle(ctx, []journal.Result{{Batch: first, Detail: fmt.Sprint("detail-", n), Step: step, Success: true, At: noon}}))
	check(t, l.Conclude(ctx, []journal.Conclusion{{Batch: first, Step: "x" + step, Verdict: journal.FoundDone, At: noon}}))
	if acknowledged {
		check(t, l.Acknowledge(ctx, []journal.Acknowledgement{{Detail: fmt.Sprint("detail-", n), At: noon}}))
	}
	check(t, l.Verify(ctx, []journal.Verification{{Change: "n.example/term", Verdict: "verified", At: noon}}))
	if !end.IsZero() {
		check(t, l.Mark(ctx, journal.Mark{Name: journal.Ended, At: end}))
	}
}

// counts counts the records of each kind in a place.
func (k Kind) counts(t *testing.T, place string) map[string]int {
	t.Helper()
	s := k.open(t, place, store.Options{ReadOnly: true})
	all := make(map[string]int)
	for _, r := range load(t, s, store.Query{}) {
		all[r.Kind]++
	}
	check(t, s.Close())
	return all
}

// testPruneForgets compares a journal that has forgotten a run with one that
// never had it: nothing of the run is left.
func testPruneForgets(t *testing.T, k Kind) {
	ctx, without, with := t.Context(), k.New(t), k.New(t)
	for place, runs := range map[string][]int{without: {2}, with: {1, 2}} {
		j := k.journal(t, place, journal.Options{})
		check(t, j.Bind(ctx, endpoint, account))
		check(t, j.Sight(ctx, []string{"a ds record"}, nil, noon))
		for _, n := range runs {
			did(t, j, n, noon.Add(map[int]time.Duration{1: -time.Hour, 2: time.Hour}[n]), true)
		}
		check(t, j.Close())
	}
	if cmp.Equal(k.counts(t, without), k.counts(t, with)) {
		t.Fatal("the run left no trace")
	}
	j := k.journal(t, with, journal.Options{})
	if diff := cmp.Diff(journal.Pruned{Runs: []int64{1}}, must[journal.Pruned](t)(j.Prune(ctx, noon))); diff != "" {
		t.Error(diff)
	}
	if tasks := must[map[string]string](t)(j.Tasks(ctx)); tasks["task-1"] != "" || tasks["task-2"] == "" {
		t.Errorf("tasks: %v", tasks)
	}
	check(t, j.Close())
	if diff := cmp.Diff(k.counts(t, without), k.counts(t, with)); diff != "" {
		t.Error(diff)
	}
}

// testPruneKeeps: the last run, open ones, those that ended later and those of
// which something is not known.
func testPruneKeeps(t *testing.T, k Kind) {
	ctx := t.Context()
	j := k.journal(t, k.New(t), journal.Options{})
	did(t, j, 1, time.Time{}, true)            // open
	did(t, j, 2, noon.Add(-time.Hour), false)  // a result is still in the queue
	did(t, j, 3, noon.Add(-time.Hour), true)   // forgotten
	did(t, j, 4, noon.Add(time.Minute), true)  // too young
	did(t, j, 5, noon.Add(-2*time.Hour), true) // the last one
	if diff := cmp.Diff(journal.Pruned{Runs: []int64{3}, Kept: []int64{2}}, must[journal.Pruned](t)(j.Prune(ctx, noon))); diff != "" {
		t.Error(diff)
	}
	var left []int64
	for _, r := range must[[]journal.Run](t)(j.Runs(ctx)) {
		left = append(left, r.ID)
		must[*journal.Ledger](t)(j.Ledger(ctx, r.ID))
	}
	if !slices.Equal(left, []int64{1, 2, 4, 5}) {
		t.Errorf("left: %v", left)
	}
	if declared := must[[]string](t)(j.LastDeclared(ctx)); !slices.Equal(declared, []string{"n5.example"}) {
		t.Errorf("declared: %v", declared)
	}
	if p := must[journal.Pruned](t)(j.Prune(ctx, noon)); len(p.Runs) > 0 {
		t.Errorf("forgotten again: %v", p.Runs)
	}
	l := must[*journal.Ledger](t)(j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: noon}))
	b := must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{intent("n/x#set")}))
	if l.ID != 6 || b[0].Batch != 11 {
		t.Errorf("the next run is %d and its first batch %d: numbers are used again", l.ID, b[0].Batch)
	}
	check(t, j.Close())
}
