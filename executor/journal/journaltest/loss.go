package journaltest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// elsewhere is a store whose records lie in something of another name.
type elsewhere struct {
	store.Store
	name string
}

func (e elsewhere) Incarnation(context.Context) (string, error) { return e.name, nil }

// hours are a journal's time that goes on by an hour each time that a store is opened.
type hours struct{ now time.Time }

// in opens a journal in a store an hour later; name is what its records lie in, ""
// for what they do.
func (h *hours) in(t *testing.T, s store.Store, name string) *journal.Journal {
	t.Helper()
	h.now = h.now.Add(time.Hour)
	if name != "" {
		s = elsewhere{s, strings.TrimPrefix(name, "unknown")}
	}
	now := h.now
	return journal.In(s, journal.Options{Now: func() time.Time { return now }})
}

// noticed holds that a journal says that it lost something, or that it did not, to
// readers as well as to the one who records it, and then no more.
func (h *hours) noticed(t *testing.T, what string, j *journal.Journal, reason string) {
	t.Helper()
	ctx := t.Context()
	before := must[time.Time](t)(j.RemembersSince(ctx))
	suspected, found := must[*journal.Loss](t)(j.SuspectLoss(ctx)), must[*journal.Loss](t)(j.NoticeLoss(ctx))
	if diff := cmp.Diff(suspected, found); diff != "" {
		t.Errorf("%s: readers and writers hear different things: %s", what, diff)
	}
	if (found != nil) != (reason != "") || found != nil && (!strings.Contains(found.Reason, reason) || !found.At.Equal(h.now)) {
		t.Errorf("%s: the loss is %+v, want %q", what, found, reason)
	}
	if found != nil && !before.Equal(h.now) {
		t.Errorf("%s: before that was recorded the journal remembered everything since %s, want %s", what, before, h.now)
	}
	if again := must[*journal.Loss](t)(j.NoticeLoss(ctx)); again != nil {
		t.Errorf("%s: it is noticed again: %+v", what, again)
	}
	if since := must[time.Time](t)(j.RemembersSince(ctx)); found != nil && !since.Equal(h.now) || found == nil && !since.Equal(before) {
		t.Errorf("%s: then the journal remembers everything since %s", what, since)
	}
}

// testOtherPlace: a journal whose records lie in something else than before may lack
// the last of them. One that never said what it lay in, as those of the versions
// before, says it from then on.
func testOtherPlace(t *testing.T, k Kind) {
	place, h := k.New(t), &hours{now: noon}
	for _, step := range []struct{ what, name, reason string }{
		{what: "at its first use"},
		{what: "at the next one"},
		{what: "put back from a backup", name: "a copy", reason: "backup"},
		{what: "after that", name: "a copy"},
		{what: "where it was at first", reason: "backup"},
		{what: "where nothing can be told", name: "unknown"},
		{what: "where it was before"},
	} {
		s := k.open(t, place, store.Options{})
		j := h.in(t, s, step.name)
		check(t, j.Bind(t.Context(), endpoint, account))
		h.noticed(t, step.what, j, step.reason)
		check(t, j.Close())
	}
	place = k.New(t)
	for _, step := range []struct{ what, name, reason string }{
		{what: "of the version before", name: "unknown"},
		{what: "of this version"},
		{what: "put back", name: "a copy", reason: "backup"},
	} {
		s := k.open(t, place, store.Options{})
		j := h.in(t, s, step.name)
		check(t, j.Bind(t.Context(), endpoint, account))
		h.noticed(t, step.what, j, step.reason)
		check(t, j.Close())
	}
}

// testCutJournal: where records were and are no more, a new journal is one that lost
// them, and no new one.
func testCutJournal(t *testing.T, k Kind) {
	place, h := k.New(t), &hours{now: noon}
	s := k.open(t, place, store.Options{})
	j := h.in(t, s, "")
	check(t, j.Bind(t.Context(), endpoint, account))
	did(t, j, 1, noon, true)
	var numbers []int64
	for _, r := range load(t, s, store.Query{}) {
		numbers = append(numbers, r.Number)
	}
	check(t, s.Remove(t.Context(), nil, numbers))
	check(t, s.Close())
	for _, step := range []struct{ what, reason string }{{"cut", "in the middle"}, {"after that", ""}} {
		j := h.in(t, k.open(t, place, store.Options{}), "")
		check(t, j.Bind(t.Context(), endpoint, account))
		h.noticed(t, step.what, j, step.reason)
		check(t, j.Close())
	}
}
