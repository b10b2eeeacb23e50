package journal_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

func TestSightingsKeepTheFirst(t *testing.T) {
	j, err := journal.Open(t.Context(), t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i, step := range []struct{ live, gone []string }{
		{live: []string{"a", "b"}},
		{live: []string{"a"}, gone: []string{"b", "c"}}, // a is known already, c was never seen
		{live: []string{"b"}},                           // back again: its time begins anew
		{live: []string{"d"}},
		{live: []string{"d"}, gone: []string{"d"}}, // both: it begins anew, too
	} {
		if err := j.Sight(t.Context(), step.live, step.gone, day.AddDate(0, 0, i)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := j.Seen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]time.Time{"a": day, "b": day.AddDate(0, 0, 2), "d": day.AddDate(0, 0, 4)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
