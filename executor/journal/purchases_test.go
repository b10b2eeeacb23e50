package journal_test

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
)

// TestPurchases shows that a purchase is recorded with its intent, and counts
// from then on unless it certainly was not made.
func TestPurchases(t *testing.T) {
	ctx := t.Context()
	j, err := journal.Open(ctx, t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	l, err := j.Begin(ctx, journal.Run{Kind: journal.Apply, Began: time.Now(), Plan: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	at := time.UnixMilli(1_800_000_000_000).UTC()
	var intents []journal.Intent
	for _, step := range []string{"intended", "done", "failed", "refused", "unknown", "not done", "doubt"} {
		intents = append(intents, journal.Intent{Operation: "Order", Steps: []string{step}, Names: []string{step}, At: at, Purchases: []journal.Purchase{{
			Step: step, Domain: step, Kind: "renewal", Before: `"x"`, Years: 2, Amount: 1234, Known: true, Currency: "USD",
		}}})
	}
	b, err := l.Intend(ctx, intents)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, task := range map[int]string{1: "t1", 2: "t2"} {
		must(l.Submit(ctx, journal.Submission{Batch: b[i].Batch, Task: task, At: at}))
	}
	must(l.Settle(ctx, []journal.Result{
		{Batch: b[1].Batch, Detail: "d1", Step: "done", Success: true, At: at},
		{Batch: b[2].Batch, Detail: "d2", Step: "failed", At: at},
	}))
	must(l.Fail(ctx, journal.CallFailure{Batch: b[3].Batch, Kind: journal.CallRefused, At: at}))
	must(l.Fail(ctx, journal.CallFailure{Batch: b[4].Batch, Kind: journal.CallUnknown, At: at}))
	must(l.Fail(ctx, journal.CallFailure{Batch: b[5].Batch, Kind: journal.CallUnknown, At: at}))
	must(l.Conclude(ctx, []journal.Conclusion{
		{Batch: b[5].Batch, Step: "not done", Verdict: journal.FoundNotDone, At: at},
		{Batch: b[6].Batch, Step: "doubt", Verdict: journal.FoundNothing, At: at},
	}))
	all, err := j.Purchases(ctx, at)
	must(err)
	want := map[string]journal.State{
		"intended": journal.Intended, "done": journal.Succeeded, "failed": journal.Failed, "refused": journal.Failed,
		"unknown": journal.Intended, "not done": journal.Planned, "doubt": journal.InDoubt,
	}
	if len(all) != len(want) {
		t.Fatalf("there are %d purchases, want %d", len(all), len(want))
	}
	for i := range all {
		p := &all[i]
		if p.State != want[p.Step] || p.State != l.Batches[i].Step(p.Step) || p.Run != l.ID {
			t.Errorf("%s of run %d is %s, want %s", p.Step, p.Run, p.State, want[p.Step])
		}
		if p.Amount != 1234 || !p.Known || p.Years != 2 || !p.At.Equal(at) || p.Before != `"x"` || p.Currency != "USD" || p.Kind != "renewal" || p.Domain != p.Step {
			t.Errorf("it is %+v", p)
		}
	}
	if later, err := j.Purchases(ctx, at.Add(time.Second)); err != nil || len(later) != 0 {
		t.Errorf("since a later time there are %v (%v)", later, err)
	}
}
