package journal_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/journaltest"
)

// TestSentForTellsWhatLedgersTell compares what is told of each name with what the
// ledgers of all runs have of it.
func TestSentForTellsWhatLedgersTell(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	j, err := journal.Open(ctx, t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // the test ends
	journaltest.Story(t, j)
	runs, err := j.Runs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string][]journal.SentStep) // by name
	for _, r := range runs {
		l, err := j.Ledger(ctx, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range l.Batches {
			for _, step := range b.Steps {
				s := journal.SentStep{Run: r.ID, At: b.At, Step: step, Operation: b.Operation, State: b.Step(step), Known: b.KnownAt(step)}
				if b.Task != nil {
					s.Task = b.Task.Task
				}
				name, _, _ := strings.Cut(step, "/")
				want[name] = append(want[name], s)
			}
		}
	}
	if len(want) < 2 {
		t.Fatalf("the story is of %d names: nothing was compared", len(want))
	}
	states := make(map[journal.State]bool)
	for name := range want {
		got, err := j.SentFor(ctx, []string{name}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			states[got[i].State] = true
			if got[i].State == journal.Failed && got[i].Message == "" {
				t.Errorf("%s failed, and nothing says why", got[i].Step)
			}
			got[i].Message, got[i].RequestID = "", ""
		}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Errorf("%s (-ledgers +told):\n%s", name, diff)
		}
	}
	if len(states) < 2 {
		t.Errorf("only the states %v were told", states)
	}
	if got, err := j.SentFor(ctx, []string{"nobody.example"}, nil); err != nil || len(got) != 0 {
		t.Errorf("of a name of no run: %v, %v", got, err)
	}
}
