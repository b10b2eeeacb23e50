package journaltest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

// testPauses: a pause is there for every later process, as it was made, until its
// end or until somebody ends it, for some of its patterns or for all.
func testPauses(t *testing.T, k Kind) {
	place := k.New(t)
	j := k.journal(t, place, journal.Options{})
	l := begin(t, j)
	check(t, l.Mark(t.Context(), journal.Mark{Name: journal.Ended, At: noon}))
	pauses := []journal.Pause{
		{Reason: "everything", By: "ada@one", At: noon},
		{Patterns: []string{"*.example", "b.example"}, Attributes: []string{"x"}, Money: true, Until: noon.Add(time.Hour), Reason: "two \x00\xff", By: "ada@one", At: noon},
		{Patterns: []string{"short.example"}, Until: noon.Add(time.Minute), By: "bob@two", At: noon},
	}
	for i := range pauses {
		pauses[i].ID = must[int64](t)(j.Pause(t.Context(), pauses[i]))
	}
	check(t, j.Close())

	holds := func(what string, at time.Time, want ...journal.Pause) {
		t.Helper()
		j := k.journal(t, place, journal.Options{})
		defer func() { check(t, j.Close()) }()
		if diff := cmp.Diff(want, must[[]journal.Pause](t)(j.Pauses(t.Context(), at)), cmp.Transformer("nil", emptyIsNil)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	holds("at first", noon, pauses...)
	holds("when one has ended", noon.Add(time.Minute), pauses[:2]...)
	change := func(do func(j *journal.Journal)) {
		t.Helper()
		j := k.journal(t, place, journal.Options{})
		do(j)
		check(t, j.Close())
	}
	change(func(j *journal.Journal) {
		check(t, j.Unpause(t.Context(), pauses[1].ID, []string{"*.example"}, "bob@two", noon))
	})
	pauses[1].Patterns = []string{"b.example"}
	holds("when a pattern is free", noon.Add(time.Minute), pauses[:2]...)
	change(func(j *journal.Journal) {
		begin(t, j)
		pruned := must[journal.Pruned](t)(j.Prune(t.Context(), noon.Add(time.Minute)))
		if len(pruned.Runs) != 1 {
			t.Errorf("pruned: %+v", pruned)
		}
	})
	holds("when runs are pruned", noon.Add(time.Minute), pauses[:2]...)
	change(func(j *journal.Journal) {
		check(t, j.Unpause(t.Context(), pauses[0].ID, nil, "bob@two", noon))
		check(t, j.Unpause(t.Context(), pauses[1].ID, []string{"b.example"}, "bob@two", noon))
		again := journal.Pause{Patterns: []string{"b.example"}, By: "bob@two", At: noon}
		again.ID = must[int64](t)(j.Pause(t.Context(), again))
		pauses = append(pauses, again)
	})
	holds("when it is paused again", noon.Add(time.Minute), pauses[3])
}

// emptyIsNil makes lists equal that hold nothing.
func emptyIsNil(all []string) []string {
	if len(all) == 0 {
		return nil
	}
	return all
}
