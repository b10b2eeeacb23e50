package job_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// errDead is the end of a process.
var errDead = errors.New("dead")

// told returns the runs of a state, the newest first, and all of each.
func told(t *testing.T, state string, f history.Filter) (rows []*history.Run) {
	t.Helper()
	j, err := journal.Open(t.Context(), state, journal.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	listed, _, err := history.List(t.Context(), j, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range listed {
		whole, err := history.Read(t.Context(), j, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		details := whole.Details
		whole.Details = nil
		if diff := cmp.Diff(row, whole); diff != "" {
			t.Errorf("run %d is another in the list: %s", row.ID, diff)
		}
		whole.Details = details
		rows = append(rows, whole)
	}
	return rows
}

// TestRunsTellWhoAndHowTheyEnded: the journal has who began each run, how its command
// ended, and what was foreseen beside what it took; of each change the values and what
// the service said.
func TestRunsTellWhoAndHowTheyEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{Faults: simulator.Faults{Rules: refusedAlways("example.net")}}, "example.com", "example.net")
		state := t.TempDir()
		w.job.Journal, w.job.Actor = job.InState(state, journal.Options{}), journal.Actor{By: "ada@host", Link: "https://ci.example/7"}
		w.job.Exit = func(r *job.Result, err error) (int, string) {
			if err != nil || len(r.Reasons) != 1 {
				t.Errorf("the exit code is asked for reasons %v, error %v", r.Reasons, err)
			}
			return 4, "failed"
		}
		w.apply(job.ApplyOptions{})
		rows := told(t, state, history.Filter{})
		if len(rows) != 1 {
			t.Fatalf("there are %d runs", len(rows))
		}
		r := rows[0]
		if r.Kind != "apply" || r.Actor != w.job.Actor || r.Status != history.Ended || r.Died || r.ExitCode == nil || *r.ExitCode != 4 || r.Because != "failed" ||
			r.Names != 2 || r.Attributes["transfer_lock"] != 2 || r.Hazards["lock"] != 2 || r.Outcome[executor.Verified] != 1 || r.Outcome[executor.Failed] != 1 || r.Seconds <= 0 {
			t.Errorf("the run is told as %+v", r)
		}
		work := history.WorkOf(&r.Commands[0])
		if len(work) != 2 || work[1].Made.Total() == 0 || work[1].Foreseen.Total() == 0 {
			t.Errorf("the work of the run is %+v", work)
		}
		failed := r.Details.Changes[1]
		if failed.Domain != "example.net" || failed.Before.String() != "off" || failed.After.String() != "on" || failed.Message != "the registry refused it" ||
			failed.RequestID == "" || failed.Task == "" || failed.Steps[0].State != journal.Failed || failed.Steps[0].RequestID == "" {
			t.Errorf("the failed change is told as %+v", failed)
		}
		if done := r.Details.Changes[0]; done.Task == "" || done.RequestID == "" || done.Result != executor.Verified {
			t.Errorf("the change that was made is told as %+v", done)
		}
	})
}

// TestRunsOfDeadProcesses: wherever the process of a run dies, the run shows that its
// command has recorded no end, and that it died as soon as a later one has settled it.
func TestRunsOfDeadProcesses(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"the run: after", "an intent: after", "results: before", "how the command ended: before"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { dieAt(t, point) })
		})
	}
}

func dieAt(t *testing.T, point string) {
	t.Helper()
	w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
	state, died := t.TempDir(), false
	w.job.Exit = func(*job.Result, error) (int, string) { return 0, "" }
	w.job.Journal = job.InState(state, journal.Options{Hook: func(at string) error {
		if strings.HasPrefix(at, point) {
			died = true
			return errDead
		}
		return nil
	}})
	if _, err := w.job.Apply(t.Context(), job.ApplyOptions{}); err == nil && !strings.HasPrefix(point, "how the command ended") || !died {
		t.Fatalf("it did not die: %v", err)
	}
	ended := strings.HasPrefix(point, "how the command ended")
	rows := told(t, state, history.Filter{})
	if len(rows) != 1 || rows[0].ExitCode != nil || len(rows[0].Commands) != 0 || rows[0].Status != map[bool]history.Status{true: history.Ended, false: history.Unfinished}[ended] {
		t.Fatalf("after its death the runs are %+v", *rows[0])
	}
	w.job.Journal, w.job.Actor = job.InState(state, journal.Options{}), journal.Actor{By: "bob@host"}
	w.apply(job.ApplyOptions{})
	rows = told(t, state, history.Filter{Outcome: history.Died})
	if ended {
		if len(rows) != 0 {
			t.Errorf("a run that had ended is told as dead: %+v", *rows[0])
		}
		return
	}
	if len(rows) != 1 || rows[0].ID != 1 || !rows[0].Died || len(rows[0].Commands) != 1 || rows[0].Commands[0].Part != journal.PartSettled || rows[0].Commands[0].By != "bob@host" {
		t.Fatalf("after it was settled the dead runs are %+v", rows)
	}
}

// TestFilterRuns: each filter selects by what it says, a limit counts what is left, and
// what a former program has recorded is told as far as it goes.
func TestFilterRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "domain \"example.com\" {\n  transfer_lock = true\n}\n", simulator.Options{}, "example.com", "example.net")
		state := t.TempDir()
		w.job.Journal = job.InState(state, journal.Options{})
		w.apply(job.ApplyOptions{}) // nobody says who, nor how it ends: as a former program would
		w.job.Portfolio, w.job.Actor = load(t, locked), journal.Actor{By: "Ada@host"}
		w.job.Exit = func(*job.Result, error) (int, string) { return 0, "" }
		w.apply(job.ApplyOptions{})
		all := told(t, state, history.Filter{})
		if len(all) != 2 || all[0].ID != 2 || all[1].By != "" || all[1].ExitCode != nil || all[1].Seconds <= 0 {
			t.Fatalf("the runs are %+v", all)
		}
		is := func(name string) func(string) bool { return func(n string) bool { return n == name } }
		for name, test := range map[string]struct {
			filter history.Filter
			want   []int64
		}{
			"by":              {history.Filter{By: "ADA"}, []int64{2}},
			"by nobody":       {history.Filter{By: "eve"}, nil},
			"a name":          {history.Filter{Names: is("example.net")}, []int64{2}},
			"another name":    {history.Filter{Names: is("example.com")}, []int64{1}},
			"since":           {history.Filter{Since: all[0].Began}, []int64{2}},
			"until":           {history.Filter{Until: all[0].Began}, []int64{1}},
			"a kind":          {history.Filter{Kind: "apply"}, []int64{2, 1}},
			"another kind":    {history.Filter{Kind: "resume"}, nil},
			"an outcome":      {history.Filter{Outcome: "verified"}, []int64{2, 1}},
			"another outcome": {history.Filter{Outcome: "failed"}, nil},
			"a limit":         {history.Filter{Limit: 1}, []int64{2}},
		} {
			var got []int64
			for _, r := range told(t, state, test.filter) {
				got = append(got, r.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}
