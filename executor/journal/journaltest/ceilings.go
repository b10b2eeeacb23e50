package journaltest

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
)

// testCeilings: what the files permit is there for every later process, is recorded
// where it changes, and what was recorded before it can be forgotten.
func testCeilings(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	check(t, j.Bind(ctx, endpoint, account))
	if last := must[[]byte](t)(j.LastCeilings(ctx)); last != nil {
		t.Errorf("a new journal permits %q", last)
	}
	for i, text := range []string{`{"guards":{"a":1}}`, `{"guards":{"a":1}}`, `{"guards":{"a":2}}`} {
		check(t, j.RecordCeilings(ctx, []byte(text), noon.Add(time.Duration(i)*time.Hour)))
	}
	check(t, j.Close())
	if n := k.counts(t, place)["ceilings"]; n != 2 {
		t.Errorf("%d records for two values", n)
	}
	j = k.journal(t, place, journal.Options{})
	must[journal.Pruned](t)(j.Prune(ctx, noon.Add(3*time.Hour)))
	if last := must[[]byte](t)(j.LastCeilings(ctx)); string(last) != `{"guards":{"a":2}}` {
		t.Errorf("it permits %q", last)
	}
	check(t, j.Close())
	if n := k.counts(t, place)["ceilings"]; n != 1 {
		t.Errorf("%d records are left", n)
	}
}
