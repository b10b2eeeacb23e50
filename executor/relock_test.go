package executor_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
)

// relock closes the locks that are owed, and returns how that ended.
func (w *world) relock() *job.Result {
	w.t.Helper()
	r, err := w.job().Relock(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// savedOthers counts what was sent apart from locks.
func (w *world) savedOthers() (n int) {
	for operation, calls := range w.sim.Stats() {
		if operation != "SaveBatchTaskForUpdateProhibitionLock" && len(operation) > 4 && operation[:4] == "Save" {
			n += calls
		}
	}
	return n
}

// TestRelockAfterDeathAtEveryPoint lets a run die at each point. Relock closes all locks
// that are open, sends nothing else and leaves the run open; a second one has nothing to
// send, and the next apply, or a resume, comes to the usual end.
func TestRelockAfterDeathAtEveryPoint(t *testing.T) {
	t.Parallel()
	names := []name{
		{name: "a.example", want: newServers},
		{name: "b.example", want: newServers, locked: true},
		{name: "c.example", want: newServers, locked: true, transfer: yes()},
	}
	for _, service := range []string{"at once", "lossy"} {
		for _, how := range []string{"apply", "resume"} {
			t.Run(service+", then "+how, func(t *testing.T) {
				t.Parallel()
				points := 0
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, names, simulator.Options{Faults: crashes[service]})
					w.mustApply()
					points = w.points
				})
				for _, die := range drawSpread(t, 9, 21).points(t, points, 2) {
					t.Run(fmt.Sprint("at ", die), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { testRelockAfterDeath(t, names, service, how, die) })
					})
				}
			})
		}
	}
}

func testRelockAfterDeath(t *testing.T, names []name, service, how string, die int) {
	w := newWorld(t, names, simulator.Options{Faults: crashes[service]})
	w.die = die
	_, _, _ = w.apply(t.Context()) // whatever a dying run says
	w.revive()
	before := w.savedOthers()
	r := w.relock()
	if n := w.savedOthers(); n != before {
		t.Errorf("%d requests were sent apart from locks", n-before)
	}
	if r.Report != nil && len(r.Report.Unlocked) == 0 {
		w.allLocked()
	}
	for _, reason := range r.Reasons {
		if reason == job.Open || reason == job.Failed && len(r.Report.Unlocked) == 0 {
			t.Errorf("it ended for the reason %s: %+v", reason, r.Conditions)
		}
	}
	locks := w.sim.Stats()["SaveBatchTaskForUpdateProhibitionLock"]
	if again := w.relock(); r.Report != nil && len(r.Report.Unlocked) == 0 {
		if again.Report == nil {
			t.Error("the run is open no more")
		}
		if n := w.sim.Stats()["SaveBatchTaskForUpdateProhibitionLock"]; n != locks {
			t.Errorf("a second time %d more locks were sent", n-locks)
		}
	}
	w.finish(how)
	w.onceEach()
}

// TestRelockWaitsForNothingElse: tasks that take long, for which no lock was opened, are
// left to whoever goes on with the run.
func TestRelockWaitsForNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}, {name: "b.example", want: newServers}},
			simulator.Options{Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: 10 * time.Minute}}}})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, _, _ = w.apply(ctx) // which is stopped at once
		w.revive()
		began := time.Now()
		r := w.relock()
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		if r.Report == nil || len(r.Report.OpenTasks) == 0 {
			t.Errorf("no task was open: %+v", r.Report)
		}
		if len(r.Reasons) > 0 {
			t.Errorf("it ended for %v", r.Reasons)
		}
		w.finish("resume")
	})
}

// TestRelockWithNothingOpen: there is nothing to do, and nothing is said of it.
func TestRelockWithNothingOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		if r := w.relock(); r.Report != nil || len(r.Reasons) > 0 {
			t.Errorf("%+v", r)
		}
		w.mustApply()
		if r := w.relock(); r.Report != nil || len(r.Reasons) > 0 {
			t.Errorf("after an apply: %+v", r)
		}
	})
}
