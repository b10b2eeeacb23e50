package executor_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// withDrift tells what happens to two names that an apply has found as declared, and
// whose nameservers somebody has changed since.
func withDrift(t *testing.T, o simulator.Options, tell func(w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers, transfer: yes()}, {name: "b.example", want: newServers, transfer: yes()}}, o)
		w.mustApply()
		w.byHand("a.example", handServers)
		w.byHand("b.example", handServers)
		tell(w)
	})
}

// applies applies, and returns what became of it.
func (w *world) applies(o job.ApplyOptions) *job.Result {
	w.t.Helper()
	r, err := w.job().Apply(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// wantStatus checks status and origin of the one change of nameservers of a name.
func (w *world) wantStatus(p *planner.Plan, name string, status attr.Status, origin attr.Origin) *attr.Change {
	w.t.Helper()
	for c := range p.Differences() {
		if c.ID != name+"/nameservers" {
			continue
		}
		if c.Status != status || c.Origin != origin {
			w.t.Errorf("%s is %s (%s) and %q, want %s and %q", c.ID, c.Status, c.Reason, c.Origin, status, origin)
		}
		return c
	}
	w.t.Errorf("the plan has no change of the nameservers of %s", name)
	return new(attr.Change)
}

func (w *world) wantServers(name string, want []string) {
	w.t.Helper()
	if got := w.sim.State().Domain(name).Nameservers; !slices.Equal(got, want) {
		w.t.Errorf("%s has the nameservers %v, want %v", name, got, want)
	}
}

// TestSavedDriftIsStaleWhereItIsReported: a saved plan changes nothing back that the
// files of today say to report, and says why; its other changes are made.
func TestSavedDriftIsStaleWhereItIsReported(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		w.sim.Change("b.example", func(d *snapshot.Domain) { d.TransferLock = "CLOSE" })
		saved, err := w.plan(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		w.wantStatus(saved, "a.example", attr.Ready, attr.Drift)
		w.portfolio.Drift = config.Drift{attr.Delegation: config.ReportDrift}
		r := w.applies(job.ApplyOptions{Saved: saved, MaxAge: planner.MaxAge})
		var stale []string
		for _, s := range r.Stale {
			if stale = append(stale, s.ID); !strings.Contains(s.Reason, "the drift block says to report that") {
				w.t.Errorf("%s is stale: %s", s.ID, s.Reason)
			}
		}
		if slices.Sort(stale); !slices.Equal(stale, []string{"a.example/nameservers", "b.example/nameservers"}) || !slices.Contains(r.Reasons, job.Failed) {
			w.t.Errorf("stale are %v, and the run ends with %v", stale, r.Reasons)
		}
		w.wantServers("a.example", handServers)
		w.wantServers("b.example", handServers)
		if !w.sim.State().Domain("b.example").TransferLock.On() || len(r.Report.Changes) != 1 || r.Report.Changes[0].Origin != attr.Drift {
			w.t.Errorf("the lock was to be closed: %+v", r.Report.Changes)
		}
		w.wantOrigins("after that", map[string]attr.Origin{"a.example/nameservers": attr.Drift, "b.example/nameservers": attr.Drift})
	})
}

// TestSavedDriftGoesByTodaysState: where the state has been lost since a plan was saved,
// its changes are made, and nobody can say any more who called for them.
func TestSavedDriftGoesByTodaysState(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		saved, err := w.plan(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if c := w.wantStatus(saved, "a.example", attr.Ready, attr.Drift); c.Logged == nil {
			w.t.Error("nobody says who has changed a.example")
		}
		w.dir = w.t.TempDir()
		r := w.applies(job.ApplyOptions{Saved: saved, MaxAge: planner.MaxAge})
		if len(r.Report.Changes) != 2 {
			w.t.Errorf("made are %+v, stale are %v", r.Report.Changes, r.Stale)
		}
		for _, c := range r.Report.Changes {
			if c.Result != executor.Verified || c.Origin != attr.NoOrigin || c.Logged != nil {
				w.t.Errorf("%s is %s and %q, and the log tells %+v", c.ID, c.Result, c.Origin, c.Logged)
			}
		}
	})
}

// TestDriftIsApprovedAsAnyChange: a drift is made where its hazard is approved, stays
// one where it is not, and is nobody's to approve where it is only reported.
func TestDriftIsApprovedAsAnyChange(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		locks := &planner.Approval{Hazards: []attr.Hazard{attr.LockHazard}}
		r := w.applies(job.ApplyOptions{Approval: locks})
		w.wantStatus(r.Plan, "a.example", attr.Unapproved, attr.Drift)
		if !slices.Contains(r.Reasons, job.Unapproved) {
			w.t.Errorf("it ends with %v", r.Reasons)
		}
		w.wantServers("a.example", handServers)
		w.portfolio.Drift = config.Drift{attr.Delegation: config.ReportDrift}
		r = w.applies(job.ApplyOptions{Approval: locks})
		w.wantStatus(r.Plan, "a.example", attr.Held, attr.Drift)
		if len(r.Reasons) > 0 {
			w.t.Errorf("what is reported needs no approval, no acceptance and no exit code, and the run ends with %v", r.Reasons)
		}
		w.portfolio.Drift = nil
		r = w.applies(job.ApplyOptions{Approval: &planner.Approval{Hazards: []attr.Hazard{attr.Delegation}}})
		if c := w.wantStatus(r.Plan, "a.example", attr.Ready, attr.Drift); c.Logged == nil {
			w.t.Error("after three plans the log still tells who it was, and the plan does not")
		}
		w.wantServers("a.example", newServers)
		w.wantOrigins("changed back", map[string]attr.Origin{})
	})
}

// TestGuardsCountDrift: guards count drifts that are changed back, and not those that
// are reported.
func TestGuardsCountDrift(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		w.portfolio.Guard.MaxDelegations = new(1)
		p, err := w.plan(w.t.Context())
		if err != nil || !p.Guarded() || p.Count(attr.Refused) != 2 {
			w.t.Errorf("two drifts pass a guard of one: %v", err)
		}
		if r := w.applies(job.ApplyOptions{}); !slices.Contains(r.Reasons, job.Guarded) {
			w.t.Errorf("an apply that a guard refuses a part of ends with %v", r.Reasons)
		}
		w.wantServers("a.example", handServers)
		w.wantOrigins("after what was refused", map[string]attr.Origin{"a.example/nameservers": attr.Drift, "b.example/nameservers": attr.Drift})
		w.portfolio.Drift = config.Drift{attr.Delegation: config.ReportDrift}
		if r := w.applies(job.ApplyOptions{}); r.Plan.Guarded() || len(r.Reasons) > 0 {
			w.t.Errorf("what is reported counts: %+v, %v", r.Plan.Guards, r.Reasons)
		}
		w.wantServers("a.example", handServers)
	})
}

// TestDriftBeyondTargetAndLimit: what a run leaves out stays a drift, of which the log
// tells in the next run.
func TestDriftBeyondTargetAndLimit(t *testing.T) {
	for title, o := range map[string]job.ApplyOptions{
		"target": {Only: planner.SelectNames([]string{"a.example"})},
		"limit":  {Limit: 1},
	} {
		t.Run(title, func(t *testing.T) {
			withDrift(t, simulator.Options{}, func(w *world) {
				r := w.applies(o)
				w.wantStatus(r.Plan, "a.example", attr.Ready, attr.Drift)
				if o.Limit > 0 {
					w.wantStatus(r.Plan, "b.example", attr.Deferred, attr.Drift)
				} else if r.Plan.Summary.Drifts != 1 {
					w.t.Errorf("one name is looked at, and %d drifts are told", r.Plan.Summary.Drifts)
				}
				w.wantServers("a.example", newServers)
				w.wantServers("b.example", handServers)
				w.mustPlan(func(p *planner.Plan) {
					if c := w.wantStatus(p, "b.example", attr.Ready, attr.Drift); c.Logged == nil {
						w.t.Error("nobody says who has changed b.example")
					}
					if p.Summary.Drifts != 1 {
						w.t.Errorf("%d drifts are left", p.Summary.Drifts)
					}
				})
			})
		})
	}
}

// warnsOfUntold reports whether a plan warns that it is not known of all drifts who
// has made them.
func warnsOfUntold(p *planner.Plan) bool {
	return slices.ContainsFunc(p.Diagnostics, func(d planner.Diagnostic) bool {
		return d.Severity == planner.SeverityWarning && strings.Contains(d.Summary, "not known of all drifts")
	})
}

// TestDriftWithoutALog: a log that is refused is warned of, and one that is late or
// knows nothing is not; the drift is one all the same.
func TestDriftWithoutALog(t *testing.T) {
	const late = 6 * time.Hour
	for title, test := range map[string]struct {
		faults simulator.Faults
		warned bool
		later  bool // the log tells it in the end
	}{
		"refused": {faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Fail5xx, Operation: "QueryChangeLogList", Status: 403, Code: "Forbidden.RAM"}}}, warned: true},
		"late":    {faults: simulator.Faults{ChangeLog: simulator.ChangeLogFaults{Delay: simulator.Range{Min: late, Max: late}}}, later: true},
		"empty":   {faults: simulator.Faults{ChangeLog: simulator.ChangeLogFaults{Empty: true}}},
	} {
		t.Run(title, func(t *testing.T) {
			withDrift(t, simulator.Options{Faults: test.faults}, func(w *world) {
				w.mustPlan(func(p *planner.Plan) {
					if c := w.wantStatus(p, "a.example", attr.Ready, attr.Drift); c.Logged != nil {
						w.t.Errorf("the log tells %+v", c.Logged)
					}
					if warnsOfUntold(p) != test.warned {
						w.t.Errorf("it is warned of: %v", p.Diagnostics)
					}
				})
				time.Sleep(2 * late)
				w.mustPlan(func(p *planner.Plan) {
					if c := w.wantStatus(p, "a.example", attr.Ready, attr.Drift); c.Logged != nil != test.later {
						w.t.Errorf("half a day later the log tells %+v", c.Logged)
					}
				})
				w.mustApply()
				w.wantServers("a.example", newServers)
				w.wantOrigins("changed back", map[string]attr.Origin{})
			})
		})
	}
}

// TestManyDrifts: the log is asked of 200 names, the others are drifts, too, and the
// plan says that.
func TestManyDrifts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const names, most = 210, 200
		w := newWorld(t, many(names), simulator.Options{})
		w.portfolio.Guard.MaxChangePercent = new(100)
		w.mustApply()
		time.Sleep(time.Hour)
		for _, n := range many(names) {
			w.sim.Change(n.name, func(d *snapshot.Domain) { d.Nameservers = handServers })
		}
		before := w.sim.Stats()["QueryChangeLogList"]
		w.mustPlan(func(p *planner.Plan) {
			if p.Summary.Drifts != names || !warnsOfUntold(p) {
				t.Errorf("%d drifts, and the diagnostics %v", p.Summary.Drifts, p.Diagnostics)
			}
		})
		if n := w.sim.Stats()["QueryChangeLogList"] - before; n != most {
			t.Errorf("%d calls ask the log", n)
		}
		w.sim.Change("n0000.example", func(d *snapshot.Domain) { d.Nameservers = newServers })
		for i := range names - most {
			w.sim.Change(many(names)[i].name, func(d *snapshot.Domain) { d.Nameservers = newServers })
		}
		w.mustPlan(func(p *planner.Plan) {
			if p.Summary.Drifts != most || warnsOfUntold(p) {
				t.Errorf("%d drifts, and the diagnostics %v", p.Summary.Drifts, p.Diagnostics)
			}
		})
	})
}

// TestDriftSinceASnapshot: a check that has no state and begins with a snapshot calls
// a change neither an edit nor a drift, and does not ask who made it.
func TestDriftSinceASnapshot(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		since := w.sim.State()
		since.ReadAt = since.ReadAt.Add(-3 * time.Hour) // before somebody changed the names
		for i := range since.Domains {
			since.Domains[i].Nameservers = newServers
		}
		w.dir = w.t.TempDir()
		before := w.sim.Stats()["QueryChangeLogList"]
		r, err := w.job().Plan(w.t.Context(), job.PlanOptions{Since: since})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, name := range []string{"a.example", "b.example"} {
			w.wantStatus(r.Plan, name, attr.Ready, attr.NoOrigin)
		}
		if r.Plan.Summary.Drifts+r.Plan.Summary.Edits > 0 {
			w.t.Errorf("%+v", r.Plan.Summary)
		}
		if n := w.sim.Stats()["QueryChangeLogList"] - before; n > 5 {
			w.t.Errorf("the log is asked %d times", n)
		}
	})
}
