package job_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// delegating returns files that delegate names to a nameserver.
func delegating(server string, names ...string) string {
	var files strings.Builder
	files.WriteString("guard {\n  max_change_percent = 100\n}\n")
	for _, name := range names {
		fmt.Fprintf(&files, "domain %q {\n  nameservers = [%q]\n}\n", name, server)
	}
	return files.String()
}

// undoes takes back a run, and fails the test where that ends with an error.
func (w *world) undoes(o job.UndoOptions) *job.Result {
	w.t.Helper()
	o.Forced = true
	r, err := w.job.Undo(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// inState keeps the journal of a world in a directory, which is returned.
func (w *world) inState() string {
	state := w.t.TempDir()
	w.job.Journal = job.InState(state, journal.Options{Now: time.Now})
	return state
}

// TestUndoBringsBackNameservers: what an apply has changed is as before after its undo;
// the next night does not make it again, and an apply of files that agree ends the hold.
func TestUndoBringsBackNameservers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"a.com", "b.com"}
		w := newWorld(t, delegating("ns1.example.org", names...), simulator.Options{}, names...)
		state := w.inState()
		before := observed(w)
		w.apply(job.ApplyOptions{})
		wrong := told(t, state, history.Filter{})[0]
		r := w.undoes(job.UndoOptions{Run: wrong.ID})
		if diff := cmp.Diff(before, observed(w)); diff != "" {
			t.Fatalf("it is not as before: %s\n%+v", diff, r.Plan)
		}
		if undo := told(t, state, history.Filter{})[0]; undo.Kind != "undo" || undo.Undoes != wrong.ID {
			t.Errorf("the run of the undo is %+v", undo)
		}
		for night := range 3 {
			time.Sleep(24 * time.Hour)
			r = w.apply(job.ApplyOptions{})
			if diff := cmp.Diff(before, observed(w)); diff != "" {
				t.Fatalf("night %d makes it again: %s", night, diff)
			}
			if n := r.Plan.Count(attr.Held); n != len(names) {
				t.Errorf("night %d shows %d changes as held", night, n)
			}
			for c := range r.Plan.Differences() {
				if !strings.Contains(c.Reason, fmt.Sprintf("run %d was taken back", wrong.ID)) {
					t.Errorf("night %d shows %s as %s: %s", night, c.ID, c.Status, c.Reason)
				}
			}
		}
		w.job.Portfolio = load(t, delegating("ns0.example.net", names...))
		w.apply(job.ApplyOptions{})
		w.job.Portfolio = load(t, delegating("ns2.example.org", names...))
		w.apply(job.ApplyOptions{})
		if diff := cmp.Diff(before, observed(w)); diff == "" {
			t.Error("the hold has not ended, though the files agreed")
		}
	})
}
