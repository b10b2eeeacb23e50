package job_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/planner"
)

var update = flag.Bool("update", false, "rewrite the events that golden runs compare with")

// A story is what happens to a job, on the files and the account of the golden
// file that is called as it is.
type story struct {
	options simulator.Options
	tell    func(t *testing.T, w *world)
}

// slow lets each task take ten minutes.
var slow = simulator.Options{Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{
	"*": {Min: 10 * time.Minute, Max: 10 * time.Minute},
}}}

var stories = map[string]story{
	"changed_and_verified": {tell: func(t *testing.T, w *world) {
		w.applies(nil)
		w.applies(nil) // nothing is left to do
	}},
	"a_name_fails": {
		options: simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.FailDetail, Names: []string{"example.net"}, Message: "The registry says no."}}}},
		tell:    func(t *testing.T, w *world) { w.applies(nil) },
	},
	"only_planned": {tell: func(t *testing.T, w *world) {
		r, err := w.job.Plan(t.Context(), job.PlanOptions{})
		w.ended(r, err)
	}},
	"refused_by_a_guard": {tell: func(t *testing.T, w *world) {
		var refused *job.RefusedError
		if w.applies(nil); !errors.As(w.err, &refused) {
			t.Errorf("it ends with %v", w.err)
		}
	}},
	"a_guard_refuses_a_part": {tell: func(_ *testing.T, w *world) { w.applies(nil) }},
	"not_approved": {tell: func(t *testing.T, w *world) {
		no := errors.New("not approved; nothing was changed")
		w.job.Approve = func(context.Context, *planner.Plan) (string, error) { return "", no }
		if w.applies(nil); !errors.Is(w.err, no) {
			t.Errorf("it ends with %v", w.err)
		}
	}},
	"interrupted_and_resumed": {options: slow, tell: func(t *testing.T, w *world) {
		stop := make(chan struct{})
		w.job.Stop = stop
		time.AfterFunc(time.Minute, func() { close(stop) }) // the lock is being opened
		w.applies(nil)
		w.job.Stop = nil
		r, err := w.job.Resume(t.Context())
		w.ended(r, err)
	}},
	"killed_and_settled": {options: slow, tell: func(t *testing.T, w *world) {
		ctx, kill := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, kill)
		r, err := w.job.Apply(ctx, job.ApplyOptions{})
		w.ended(r, err)
		w.applies(nil)
	}},
	"killed_and_abandoned": {options: slow, tell: func(t *testing.T, w *world) {
		ctx, kill := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, kill)
		r, err := w.job.Apply(ctx, job.ApplyOptions{})
		w.ended(r, err)
		r, err = w.job.Abandon(t.Context())
		w.ended(r, err)
	}},
	"a_drift_is_changed_back": {tell: func(t *testing.T, w *world) {
		w.applies(nil)
		w.byHand("example.com")
		w.byHand("example.net")
		w.applies(nil)
	}},
	"a_run_is_taken_back": {tell: func(t *testing.T, w *world) {
		w.job.Journal = job.InState(t.TempDir(), journal.Options{Now: time.Now})
		w.applies(nil)
		w.sim.Change("example.org", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.net"} })
		r, err := w.job.Undo(t.Context(), job.UndoOptions{Run: 1, Forced: true})
		w.ended(r, err)
		w.applies(nil)
	}},
	"a_run_is_taken_back_in_part": {tell: func(t *testing.T, w *world) {
		w.job.Journal = job.InState(t.TempDir(), journal.Options{Now: time.Now})
		w.applies(nil)
		r, err := w.job.PlanUndo(t.Context(), job.UndoOptions{Run: 1, Forced: true})
		if w.ended(r, err); err != nil {
			t.Fatal(err)
		}
		w.applies(r.Plan)
		w.applies(nil)
	}},
	"what_follows": {tell: func(t *testing.T, w *world) { w.applies(nil) }},
	"a_saved_plan_is_stale": {tell: func(t *testing.T, w *world) {
		r, err := w.job.Plan(t.Context(), job.PlanOptions{})
		if w.ended(r, err); err != nil {
			t.Fatal(err)
		}
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.net"} })
		w.sim.Change("example.net", func(d *snapshot.Domain) { d.TransferLock = wire.LockOn })
		w.applies(r.Plan)
		var applied *job.SavedPlanError
		<-time.After(25 * time.Hour)
		if w.applies(r.Plan); !errors.As(w.err, &applied) {
			t.Errorf("a plan of yesterday is applied: %v", w.err)
		}
	}},
}

// applies applies, and keeps the error with which the run ends.
func (w *world) applies(saved *planner.Plan) {
	r, err := w.job.Apply(w.t.Context(), job.ApplyOptions{Saved: saved, MaxAge: 24 * time.Hour})
	w.ended(r, err)
	w.err = err
}

// byHand gives a name other nameservers an hour later, as somebody does in the console.
func (w *world) byHand(name string) {
	w.t.Helper()
	<-time.After(time.Hour)
	client := w.job.Service.(*apiclient.Client)
	_, err := client.SaveBatchTaskForModifyingDomainDns(w.t.Context(), &wire.SaveBatchTaskForModifyingDomainDnsRequest{
		DomainName: []string{name}, DomainNameServer: []string{"ns7.example.org", "ns8.example.org"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	<-time.After(time.Hour)
}

// ended writes the events of a run, as the lines of JSON that its views write.
func (w *world) ended(r *job.Result, err error) {
	code, message := 0, ""
	if err != nil {
		code, message = 1, err.Error()
	}
	if len(r.Reasons) > 0 {
		code = map[job.Reason]int{job.Open: 5, job.Failed: 4, job.Guarded: 3, job.Impossible: 1}[r.Reasons[0]]
	}
	l := render.NewLines(&w.text)
	for _, e := range w.events {
		if e.Number > 0 { // the others come as often as they like
			l.Show(e)
		}
	}
	w.events = nil
	if err := errors.Join(l.Failure(), l.End(render.End{ExitCode: code, Message: message, At: time.Now()})); err != nil {
		w.t.Fatal(err)
	}
}

// TestGoldenRuns drives whole runs without a command and compares their events.
// Every story has a golden file, and each of these a story.
func TestGoldenRuns(t *testing.T) {
	t.Parallel()
	const dir = "../../testdata/run"
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) != len(stories) {
		t.Errorf("%d golden files for %d stories: %v", len(files), len(stories), err)
	}
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, name+".txtar")
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := played(t, archive, s)
			events := member(archive, "events.jsonl")
			if *update {
				events.Data = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(strings.Split(string(events.Data), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGoldenRunsAreTheSame: the same job on the same account tells the same,
// down to the numbers and times of its events.
func TestGoldenRunsAreTheSame(t *testing.T) {
	t.Parallel()
	for name, s := range stories {
		if testing.Short() && name != "changed_and_verified" {
			continue
		}
		archive, err := txtar.ParseFile("../../testdata/run/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		first := played(t, archive, s)
		for range 5 {
			if diff := cmp.Diff(string(first), string(played(t, archive, s))); diff != "" {
				t.Errorf("%s: %s", name, diff)
				break
			}
		}
	}
}

// played returns the events of a story.
func played(t *testing.T, archive *txtar.Archive, s story) (events []byte) {
	t.Helper()
	play(t, archive, s.options, func(t *testing.T, w *world) {
		s.tell(t, w)
		events = w.text.Bytes()
	})
	return events
}

// play tells a story on the files and the account of an archive.
func play(t *testing.T, archive *txtar.Archive, o simulator.Options, tell func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		live, err := snapshot.Read(bytes.NewReader(member(archive, "live.json").Data))
		if err != nil {
			t.Fatal(err)
		}
		o.Account = live
		tell(t, newWorldOf(t, string(member(archive, "main.hcl").Data), o))
	})
}

// member returns a file of an archive, which is made where it is missing.
func member(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name})
	return &a.Files[len(a.Files)-1]
}
