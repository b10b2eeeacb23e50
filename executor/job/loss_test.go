package job_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestStateThatWasPutBack: a state that was put back from a copy is told to whoever
// plans, each time, and to who applies, who records it and tells it once.
func TestStateThatWasPutBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
		dir := t.TempDir()
		w.job.Journal = job.InState(dir, journal.Options{})
		w.apply(job.ApplyOptions{})
		data, err := os.ReadFile(filepath.Join(dir, "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		putBack := filepath.Join(t.TempDir(), "journal.db")
		if err := os.WriteFile(putBack, data, 0o600); err != nil {
			t.Fatal(err)
		}
		w.job.Journal = job.InState(filepath.Dir(putBack), journal.Options{})
		plan := func() {
			t.Helper()
			if _, err := w.job.Plan(t.Context(), job.PlanOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range []struct {
			what string
			do   func()
			want string
		}{
			{"a plan", plan, "began state_lost foreseen read planned ended"},
			{"another plan", plan, "began state_lost foreseen read planned ended"},
			{"an apply", func() { w.apply(job.ApplyOptions{}) }, "began state_lost settled foreseen read planned executed ended"},
			{"another apply", func() { w.apply(job.ApplyOptions{}) }, "began settled foreseen read planned executed ended"},
			{"a plan after it", plan, "began foreseen read planned ended"},
		} {
			w.events = nil
			step.do()
			if got := w.kinds(); got != step.want {
				t.Errorf("%s tells\n%s, want\n%s", step.what, got, step.want)
			}
		}
	})
}
