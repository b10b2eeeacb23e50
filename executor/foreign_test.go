package executor_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// resultOf returns what became of a change.
func resultOf(t *testing.T, r *executor.Report, id string) executor.ChangeReport {
	t.Helper()
	at := slices.IndexFunc(r.Changes, func(c executor.ChangeReport) bool { return c.ID == id })
	if at < 0 {
		t.Fatalf("nothing is said of %s: %+v", id, r.Changes)
	}
	return r.Changes[at]
}

// interrupted lets an apply be interrupted some time after it begins to execute.
func (w *world) interrupted(after time.Duration) {
	w.t.Helper()
	w.interruptAfter(after)
	if _, ran, err := w.apply(w.t.Context()); err != nil || !ran.Interrupted {
		w.t.Fatalf("it was to be interrupted: %+v, %v", ran, err)
	}
	w.stop = nil
}

// TestResumeWaitsForOthers: what somebody else has begun to work on since a run was
// interrupted is not sent when it is resumed, and says why; locks that were opened
// are closed. When the task has ended the next apply makes the change.
func TestResumeWaitsForOthers(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		after  time.Duration // when the run is interrupted
		locked bool
	}{
		"before anything was sent": {0, false},
		"while a lock is opened":   {time.Second, true},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []name{{name: "a.example", want: newServers, locked: test.locked}, {name: "b.example", want: newServers, locked: test.locked}}, slowTasks())
				w.interrupted(test.after)
				w.setFaults(simulator.Fault{
					Kind: simulator.ForeignTask, Operation: "QueryDomainList", Count: 1, TaskType: wire.TaskChangeDNS, Names: []string{"b.example"},
					Wait: simulator.Range{Min: 3 * time.Hour, Max: 3 * time.Hour},
				})
				before := w.sim.Stats()["QueryTaskDetailList"]
				r, err := w.resume(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if c := resultOf(t, r, "b.example/nameservers"); c.Result != executor.NotSent || !strings.Contains(c.Message, "somebody else's task for the name has not ended: CHG_DNS") {
					t.Errorf("what somebody else changes: %+v", c)
				}
				if is := w.sim.State().Domain("b.example"); slices.Equal(is.Nameservers, newServers) || is.UpdateLock.On() != test.locked {
					t.Errorf("b.example was changed, or its lock: %+v", is)
				}
				if c := resultOf(t, r, "a.example/nameservers"); c.Result != executor.Verified {
					t.Errorf("what nobody else changes: %+v", c)
				}
				if asked := w.sim.Stats()["QueryTaskDetailList"] - before; asked > 2 {
					t.Errorf("%d calls were made for the names of one task", asked)
				}
				<-time.After(4 * time.Hour)
				if c := resultOf(t, w.mustApply(), "b.example/nameservers"); c.Result != executor.Verified {
					t.Errorf("when the task has ended: %+v", c)
				}
				w.allLocked()
				w.onceEach()
			})
		})
	}
}

// TestResumeWithoutTheTasks: where the account's tasks cannot be read a resume
// changes settings, buys nothing, and is red.
func TestResumeWithoutTheTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := append(expiring()[:1], name{name: "z.example", want: newServers})
		w := shop(t, names, simulator.Options{})
		w.interrupted(0)
		w.setFaults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "QueryTaskList", Count: math.MaxInt32})
		r, err := w.resume(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c := resultOf(t, r, "z.example/nameservers"); c.Result != executor.Verified {
			t.Errorf("a setting: %+v", c)
		}
		if c := resultOf(t, r, names[0].name+"/renewal"); c.Result != executor.NotSent || !strings.Contains(c.Message, "somebody else") {
			t.Errorf("a purchase: %+v", c)
		}
		if len(r.Trouble) == 0 || exitOf(r) != 4 {
			t.Errorf("the report says %q, exit code %d", r.Trouble, exitOf(r))
		}
		w.bought(0)
	})
}

// unreadTasks are the ways in which the account's tasks cannot be read.
var unreadTasks = map[string]simulator.Fault{
	"the service fails":       {Operation: "QueryTaskList"},
	"not permitted":           {Operation: "QueryTaskList", Status: 403, Code: "Forbidden.RAM"},
	"no permission by policy": {Operation: "QueryTaskList", Status: 403, Code: "NoPermission"},
	"not there":               {Operation: "QueryTaskList", Status: 404, Code: "InvalidApi.NotFound"},
}

// TestApplyWithoutTheTasks: where the account's tasks cannot be read, whatever the
// reason, an apply changes settings and warns, buys nothing, and is red. When they can
// be read again, the next one buys.
func TestApplyWithoutTheTasks(t *testing.T) {
	t.Parallel()
	for title, fault := range unreadTasks {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				names := append(expiring()[:1], name{name: "z.example", want: newServers})
				w := shop(t, names, simulator.Options{})
				fault.Kind, fault.Count = simulator.Fail5xx, math.MaxInt32
				w.setFaults(fault)
				r, err := w.job().Apply(t.Context(), job.ApplyOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if c := resultOf(t, r.Report, "z.example/nameservers"); c.Result != executor.Verified {
					t.Errorf("a setting: %+v", c)
				}
				if c := find(r.Plan, names[0].name+"/renewal"); c.Status != attr.Unknown || !strings.Contains(c.Reason, "QueryTaskList") {
					t.Errorf("a purchase is %s: %s", c.Status, c.Reason)
				}
				warned := slices.ContainsFunc(r.Plan.Diagnostics, func(d planner.Diagnostic) bool { return d.Summary == "The account's open tasks are not known" })
				if !warned || !slices.Contains(r.Reasons, job.Failed) {
					t.Errorf("the reasons are %v, and it says %+v", r.Reasons, r.Plan.Diagnostics)
				}
				w.bought(0)
				w.setFaults()
				w.mustApply()
				w.settleOrders()
				w.bought(-1)
				if len(w.sim.Purchases()) == 0 {
					t.Error("nothing is bought when the tasks are known again")
				}
			})
		})
	}
}

// TestApplyWithAWrongKey: a key that is wrong ends an apply, whichever call says so.
func TestApplyWithAWrongKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "z.example", want: newServers}}, simulator.Options{})
		w.setFaults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "QueryTaskList", Status: 403, Code: "InvalidSecurityToken.Expired", Count: math.MaxInt32})
		if _, _, err := w.apply(t.Context()); err == nil || w.submits() > 0 {
			t.Errorf("%d requests were sent: %v", w.submits(), err)
		}
	})
}

// TestResumeHearsTheInterrupt: while what was not sent is compared with the account,
// which takes long for many names, the first interrupt ends that, and nothing is
// sent.
func TestResumeHearsTheInterrupt(t *testing.T) {
	t.Parallel()
	for operation, after := range map[string]time.Duration{"QueryDomainByDomainName": 30 * time.Second, "QueryTaskList": 10 * time.Second} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, many(50), simulator.Options{})
				w.interrupted(0)
				w.setFaults(simulator.Fault{Kind: simulator.Delay, Operation: operation, Wait: simulator.Range{Min: 20 * time.Second, Max: 20 * time.Second}})
				stop := make(chan struct{})
				w.stop = stop
				time.AfterFunc(after, func() { close(stop) })
				began := time.Now()
				r, err := w.resume(t.Context())
				if took := time.Since(began); err != nil || !r.Interrupted || took > after+time.Second || w.submits() > 0 {
					t.Errorf("%d requests were sent, and it ended after %s: %v, %v", w.submits(), took, r.Counts, err)
				}
				w.stop = nil
				w.setFaults()
				if _, err := w.resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.converged()
			})
		})
	}
}
