package journaltest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal"
)

// knownNames reads a baseline in another process, by name; the key is not compared.
func (k Kind) knownNames(t *testing.T, place string) map[string]journal.Known {
	t.Helper()
	j := k.journal(t, place, journal.Options{ReadOnly: true})
	b := must[*journal.Baseline](t)(j.Baseline(t.Context()))
	check(t, j.Close())
	if len(b.Names) == 0 {
		return nil
	}
	all := make(map[string]journal.Known, len(b.Names))
	for i, n := range b.Names {
		if i > 0 && b.Names[i-1].Name >= n.Name {
			t.Errorf("%s stands before %s", b.Names[i-1].Name, n.Name)
		}
		all[n.Name] = n
	}
	return all
}

// testBaseline: what is known of a name is there for every later process, until more
// is known, the name is gone, or records are lost. What runs have sent since stands
// with it.
func testBaseline(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	if all := k.knownNames(t, place); all != nil {
		t.Errorf("a new journal knows %v", all)
	}
	j := k.journal(t, place, journal.Options{})
	check(t, j.Bind(ctx, endpoint, account))
	l := begin(t, j)
	must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{intent("before.example/x#set")}))
	known := func(name, hash string, at time.Time) journal.Known {
		return journal.Known{Name: name, Declared: map[string]string{"x": hash, "y": "of y"}, Since: at}
	}
	open := known("open.example", "1", noon)
	open.Open = map[string]journal.OpenChange{"x/e": {Before: "b", Origin: "edit"}}
	open.Times = map[string]time.Time{"y": noon.Add(-time.Hour)}
	first := []journal.Known{open, known("before.example", "1", time.Time{}), known("gone.example", "1", time.Time{}), known("sent.example", "1", time.Time{}), {Name: "bare.example", Declared: map[string]string{}}}
	check(t, j.RecordBaseline(ctx, nil, nil, nil, false, noon))
	check(t, j.RecordBaseline(ctx, first, nil, nil, false, noon))
	check(t, j.RecordBaseline(ctx, []journal.Known{known("before.example", "2", time.Time{})}, []string{"gone.example"}, nil, false, noon.Add(time.Hour)))
	must[[]*journal.Batch](t)(l.Intend(ctx, []journal.Intent{intent("sent.example/x/e#dd#set"), intent("sent.example/y#set"), intent("nobody.example/x#set")}))
	check(t, l.Verify(ctx, []journal.Verification{
		{Change: "sent.example/y", Verdict: "verified", At: noon.Add(2 * time.Hour)}, {Change: "sent.example/x/e#dd", Verdict: "differs", At: noon},
	}))
	check(t, j.Close())

	sent := known("sent.example", "1", noon)
	sent.Sent = map[string]time.Time{"sent.example/x/e#dd": {}, "sent.example/y": noon.Add(2 * time.Hour)}
	want := map[string]journal.Known{
		"open.example": open, "before.example": known("before.example", "2", noon.Add(time.Hour)), "sent.example": sent,
		"bare.example": {Name: "bare.example", Declared: map[string]string{}, Since: noon},
	}
	if diff := cmp.Diff(want, k.knownNames(t, place)); diff != "" {
		t.Error(diff)
	}

	j = k.journal(t, place, journal.Options{})
	check(t, j.RecordBaseline(ctx, nil, []string{"bare.example"}, nil, false, noon.Add(3*time.Hour)))
	delete(want, "bare.example")
	want["sent.example"] = journal.Known{
		Name: "sent.example", Declared: map[string]string{"x": "", "y": "of y"}, Since: noon, Times: map[string]time.Time{"y": noon.Add(2 * time.Hour)},
	}
	if diff := cmp.Diff(want, k.knownNames(t, place)); diff != "" {
		t.Errorf("what was sent was taken in as %s", diff)
	}
	check(t, j.DeclareLoss(ctx, journal.Loss{Reason: "a test", At: noon}))
	check(t, j.Close())
	if all := k.knownNames(t, place); all != nil {
		t.Errorf("after a loss it knows %v", all)
	}
}

// testBaselinePruned: what is known survives the runs that it comes from, in one
// record, and a hash of a person not the key that it was made with.
func testBaselinePruned(t *testing.T, k Kind) {
	ctx, place := t.Context(), k.New(t)
	j := k.journal(t, place, journal.Options{})
	check(t, j.Bind(ctx, endpoint, account))
	const attribute = "term"
	one := func(hash string) []journal.Known {
		return []journal.Known{{Name: "n1.example", Declared: map[string]string{attribute: hash}}}
	}
	key := []byte("a key of thirty-two bytes or less")
	check(t, j.RecordBaseline(ctx, one("1"), nil, key, true, noon.Add(-3*time.Hour)))
	check(t, j.RecordBaseline(ctx, one("2"), nil, nil, true, noon.Add(-2*time.Hour)))
	did(t, j, 1, noon.Add(-time.Hour), true) // which sends something of n1.example, and verifies nothing
	did(t, j, 2, noon.Add(time.Hour), true)
	must[journal.Pruned](t)(j.Prune(ctx, noon))
	b := must[*journal.Baseline](t)(j.Baseline(ctx))
	check(t, j.Close())
	want := []journal.Known{{Name: "n1.example", Declared: map[string]string{attribute: ""}, Since: noon.Add(-2 * time.Hour)}}
	if diff := cmp.Diff(want, b.Names); diff != "" || string(b.Key) != string(key) {
		t.Errorf("the key is %q, %s", b.Key, diff)
	}
	if n := k.counts(t, place)["baseline"]; n != 1 {
		t.Errorf("there are %d records of it", n)
	}
}
