package executor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/render"
)

const (
	setDNS     = "SaveBatchTaskForModifyingDomainDns"
	updateLock = "SaveBatchTaskForUpdateProhibitionLock"
)

// faults are simulator options with rules.
func faults(rules ...simulator.Fault) simulator.Options {
	return simulator.Options{Faults: simulator.Faults{Rules: rules}}
}

// few are six names over four keys, two of them locked.
func few() []name {
	return []name{
		{name: "a.example", want: newServers},
		{name: "b.example", want: newServers, transfer: yes()},
		{name: "c.example", want: newServers, locked: true},
		{name: "d.example", want: []string{"ns9.example.net"}, locked: true},
		{name: "e.example", want: []string{"ns9.example.net"}},
		{name: "f.example", transfer: yes()},
	}
}

// fewChanges is how many changes they need.
const fewChanges = 7

// TestTroubleThatPasses shows faults after which everything is done all the
// same, without a second apply.
func TestTroubleThatPasses(t *testing.T) {
	t.Parallel()
	slow := simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: 4 * time.Second, Max: 14 * time.Minute}}}
	for name, o := range map[string]simulator.Options{
		"throttled on every third call":    faults(simulator.Fault{Kind: simulator.Throttle, Every: 3}),
		"throttled for a while":            faults(simulator.Fault{Kind: simulator.Throttle, Operation: "SaveBatchTask*", Count: 40}),
		"no connection":                    faults(simulator.Fault{Kind: simulator.Refuse, Operation: "SaveBatchTask*", Count: 12}),
		"500 on every fifth read":          faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "*Query*", Every: 5}, simulator.Fault{Kind: simulator.Fail5xx, Operation: "Poll*", Every: 2}),
		"500 before the effect":            faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: setDNS, Count: 1}),
		"500 after the effect":             faults(simulator.Fault{Kind: simulator.FailAfter, Operation: "SaveBatchTask*", Every: 2}),
		"answers lost":                     faults(simulator.Fault{Kind: simulator.Lose, Operation: "SaveBatchTask*"}),
		"answers that never come":          faults(simulator.Fault{Kind: simulator.Timeout, Operation: "SaveBatchTask*"}),
		"requests lost":                    faults(simulator.Fault{Kind: simulator.Reset, Operation: "SaveBatchTask*", Count: 3}),
		"no task number":                   faults(simulator.Fault{Kind: simulator.NoTaskNumber, Every: 2}),
		"acknowledgements fail":            faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "AcknowledgeTaskResult", Count: 2}),
		"results reordered and repeated":   faults(simulator.Fault{Kind: simulator.Reorder}, simulator.Fault{Kind: simulator.Repeat}),
		"results that others acknowledged": faults(simulator.Fault{Kind: simulator.Steal}),
		"tasks take their time":            {Faults: slow},
		"tasks in the history at once":     {HistoryAfter: time.Nanosecond, Faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Lose, Operation: "SaveBatchTask*"}, {Kind: simulator.Steal}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, few(), o)
				w.counts(w.mustApply(), standings{executor.Verified: fewChanges}, 0)
				w.converged()
			})
		})
	}
}

// TestBusyNameIsSentAgain shows that a failure that may pass is tried again.
func TestBusyNameIsSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{
			Kind: simulator.FailDetail, Operation: setDNS, Count: 2, Message: "Another task of the domain name is being processed.",
		}))
		w.counts(w.mustApply(), standings{executor.Verified: fewChanges}, 0)
		w.allLocked()
	})
}

// TestUnknownOutcomeWaitsForQuiet shows that what has no answer and no task is
// sent again, once its request cannot take effect any more, and that other
// work goes on meanwhile.
func TestUnknownOutcomeWaitsForQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.Reset, Operation: setDNS, Count: 1}))
		began := time.Now()
		var waited string
		w.counts(w.mustApply(), standings{executor.Verified: fewChanges}, 0)
		for _, e := range w.events {
			if p, ok := e.(executor.Progress); ok && p.Waiting != "" {
				waited = p.Waiting
			}
		}
		if took := time.Since(began); took < 15*time.Minute || took > 17*time.Minute {
			t.Errorf("it took %s", took)
		}
		if !strings.Contains(waited, "interrupting is safe") {
			t.Errorf("progress said %q", waited)
		}
		if n := w.sim.Stats()[setDNS]; n != 3 {
			t.Errorf("%d submits of nameservers, want 2 and the one that was lost", n)
		}
		w.converged()
	})
}

// TestUnknownOutcomeThatSomebodyElseDid shows that a live state that is as
// wanted ends the doubt without sending again.
func TestUnknownOutcomeThatSomebodyElseDid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, faults(simulator.Fault{Kind: simulator.Reset, Operation: setDNS, Count: 1}))
		time.AfterFunc(time.Minute, func() {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Nameservers = newServers })
		})
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		if n := w.sim.Stats()[setDNS]; n != 1 {
			t.Errorf("%d submits, want 1", n)
		}
		w.converged()
	})
}

// TestUnknownOutcomeAndAThirdValue shows that a live state that is neither old
// nor new stays in doubt, for the next plan too, until it is as wanted or the
// run is given up.
func TestUnknownOutcomeAndAThirdValue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, faults(simulator.Fault{Kind: simulator.Reset, Operation: setDNS, Count: 1}))
		time.AfterFunc(time.Minute, func() {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Nameservers = []string{"ns5.example.net"} })
		})
		w.counts(w.mustApply(), standings{executor.InDoubt: 1}, 5)
		settled, ran, err := w.apply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.counts(settled, standings{executor.InDoubt: 1}, 5)
		if len(ran.Changes) != 0 || w.sim.Stats()[setDNS] != 1 {
			t.Errorf("the name in doubt was changed: %+v", ran.Changes)
		}
		w.abandon()
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
	})
}

// TestSeveralTasksStayInDoubt shows that a task of somebody else with the same
// names is not taken for ours.
func TestSeveralTasksStayInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, faults(
			simulator.Fault{Kind: simulator.Lose, Operation: setDNS, Count: 1},
			simulator.Fault{Kind: simulator.Stall, Operation: setDNS},
			simulator.Fault{Kind: simulator.ForeignTask, Operation: "QueryTaskList", From: 2, Count: 1, TaskType: wire.TaskChangeDNS, Names: []string{"a.example"}},
		))
		r := w.mustApply()
		w.counts(r, standings{executor.InDoubt: 1}, 5)
		for _, task := range w.sim.Tasks() {
			if why := r.Changes[0].Message; !strings.Contains(why, "several tasks") || !strings.Contains(why, task.TaskNo) || !strings.Contains(why, "domainsync resume --abandon") {
				t.Errorf("the reason is %q", why)
			}
		}
		w.onceEach()
		settled, _, err := w.apply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.counts(settled, standings{executor.InDoubt: 1}, 5)
		w.abandon()
		if status, why := w.planned("a.example/nameservers"); status != attr.Waiting || !strings.Contains(why, "somebody else's task") {
			t.Errorf("after the way out, while its task is open, it is %s: %s", status, why)
		}
	})
}

// TestHangingTask shows that a task that never ends is given up as in doubt.
// The service takes no other task of the name meanwhile, so that its lock stays
// open, which is reported; once the task has ended, the next apply closes it.
func TestHangingTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.Stall, Names: []string{"c.example"}, Operation: setDNS}))
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: fewChanges - 1, executor.InDoubt: 1, executor.Failed: 1}, 5)
		if len(r.OpenTasks) != 1 || len(r.Unlocked) != 1 || r.Unlocked[0] != "c.example" {
			t.Errorf("open tasks %v, unlocked %v", r.OpenTasks, r.Unlocked)
		}
		err := w.open(t.Context(), func(j *journal.Journal) error {
			h, err := executor.History(t.Context(), j)
			if len(h.InDoubt) != 1 || h.InDoubt["c.example/nameservers"] == "" || len(h.OwedRelocks) != 1 {
				t.Errorf("the history is: %+v", h)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.client.CancelTask(t.Context(), &wire.CancelTaskRequest{TaskNo: r.OpenTasks[0]}); err != nil {
			t.Fatal(err)
		}
		settled, ran, err := w.apply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.counts(settled, standings{executor.Verified: fewChanges - 1, executor.Failed: 1}, 4)
		// The fault stalls the second try, too.
		w.counts(ran, standings{executor.InDoubt: 1, executor.Failed: 1}, 5)
	})
}

// TestFailedNamesStopNobody shows that each failed name is reported with the
// service's message and a request ID, and the rest is done.
func TestFailedNamesStopNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := []string{"n0007.example", "n0500.example", "n0999.example"}
		w := newWorld(t, many(1000), faults(simulator.Fault{Kind: simulator.FailDetail, Names: bad, Message: "The registry says no."}))
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: 997, executor.Failed: 3}, 4)
		for _, c := range r.Changes {
			if c.Result == executor.Failed && (c.Message != "The registry says no." || c.RequestID == "" || c.Task == "") {
				t.Errorf("%+v lacks the service's words", c)
			}
		}
		var text strings.Builder
		if err := render.ReportText(&text, r, 0); err != nil {
			t.Fatal(err)
		}
		for _, name := range bad {
			if !strings.Contains(text.String(), name) {
				t.Errorf("the report does not name %s:\n%s", name, text.String())
			}
		}
		w.onceEach()
	})
}

// refusing is a service that refuses requests with one of the names in them.
type refusing struct {
	executor.Service
	names []string
	code  string
	mu    sync.Mutex
	calls int
}

func (s *refusing) Submit(ctx context.Context, r wire.Request) (*wire.TaskResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range wire.Names(r) {
		for _, bad := range s.names {
			if name == bad || bad == "*" {
				s.calls++
				return nil, &wire.Error{
					Operation: wire.OperationOf(r).Name, HTTPStatus: 400, Code: s.code, Message: "refused " + name, RequestID: fmt.Sprint("r", s.calls),
				}
			}
		}
	}
	return s.Service.Submit(ctx, r)
}

// runWith plans and runs against a service in front of the client.
func (w *world) runWith(s executor.Service, change func(*executor.Config)) (r *executor.Report) {
	w.t.Helper()
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		p, err := w.plan(w.t.Context())
		if err != nil {
			return err
		}
		cfg := w.config(j)
		cfg.Service = s
		if change != nil {
			change(&cfg)
		}
		r, err = executor.Run(w.t.Context(), p, cfg)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestRefusedBatchIsSplit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(1000), simulator.Options{})
		s := &refusing{Service: w.client, names: []string{"n0123.example", "n0900.example"}, code: "DomainNotExist"}
		r := w.runWith(s, nil)
		w.counts(r, standings{executor.Verified: 998, executor.Failed: 2}, 4)
		for _, c := range r.Changes {
			if c.Result == executor.Failed && (c.Message != "refused "+c.Domain || c.Code != "DomainNotExist" || c.RequestID == "") {
				t.Errorf("%+v lacks the service's words", c)
			}
		}
		if s.calls > 22 {
			t.Errorf("%d refused requests to find two names", s.calls)
		}
		w.onceEach()
	})
}

func TestRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(1000), simulator.Options{})
		s := &refusing{Service: w.client, names: []string{"*"}, code: "ParameterIllegal"}
		w.counts(w.runWith(s, nil), standings{executor.Failed: 1000}, 4)
		if s.calls > 40 {
			t.Errorf("%d requests for what is always refused", s.calls)
		}
	})
}

// TestNoPermission shows that an operation that is not permitted is given up
// at once, that the others go on, and that no lock is opened in vain.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: setDNS, Status: 403, Code: "Forbidden.RAM", Message: "not authorized"}))
		r := w.mustApply()
		w.allLocked()
		if exitOf(r) != 4 || len(r.Trouble) == 0 || r.Counts["verified"] != 2 || r.Counts["failed"]+r.Counts["not sent"] != 5 {
			t.Errorf("%+v", r)
		}
		if n := w.sim.Stats()[setDNS]; n > 3 {
			t.Errorf("%d requests without permission", n)
		}
	})
}

func TestMaxFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := many(40)
		for i := range names {
			names[i].want = []string{fmt.Sprintf("ns%d.example.net", i)}
			names[i].locked = i%2 == 0
		}
		w := newWorld(t, names, faults(simulator.Fault{Kind: simulator.FailDetail, Operation: setDNS}))
		limit := 5
		r := w.runWith(w.client, func(c *executor.Config) { c.MaxFailures = &limit })
		if exitOf(r) != 4 || r.Counts["not sent"] == 0 || r.Counts["failed"] < limit {
			t.Errorf("%+v", r.Counts)
		}
		w.allLocked()
	})
}

func TestForeignResultsStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.ForeignTask, Operation: "SaveBatchTask*"}))
		w.counts(w.mustApply(), standings{executor.Verified: fewChanges}, 0)
		w.converged()
		if len(w.sim.Results()) != w.submits() {
			t.Errorf("%d foreign results are left, want %d", len(w.sim.Results()), w.submits())
		}
	})
}

// TestCrowdedQueue shows that a queue full of others' results is not read
// again and again.
func TestCrowdedQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		crowd := make([]string, 20_000)
		for i := range crowd {
			crowd[i] = fmt.Sprintf("f%05d.example", i)
		}
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, faults(
			simulator.Fault{Kind: simulator.ForeignTask, Operation: setDNS, Count: 1, Names: crowd}))
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		if n := w.sim.Stats()["PollTaskResult"]; n > 4 {
			t.Errorf("%d calls to find one result among others", n)
		}
	})
}

func TestVanishedName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.RemoveNames, Operation: "SaveBatchTask*", Count: 1, Names: []string{"a.example"}}))
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: fewChanges - 1, executor.Failed: 1}, 4)
		if c := r.Changes[0]; c.Domain != "a.example" || !strings.Contains(c.Message, "does not exist") {
			t.Errorf("%+v", c)
		}
		w.allLocked()
	})
}

// TestChangedBack shows that a change that the live state does not show is
// reported as different.
func TestChangedBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, simulator.Options{
			Faults:    simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: 10 * time.Second}}},
			AfterCall: nil,
		})
		undo := time.AfterFunc(10*time.Second+time.Millisecond, func() {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Nameservers = []string{"ns7.example.net"} })
		})
		defer undo.Stop()
		r := w.mustApply()
		w.counts(r, standings{executor.Differs: 1}, 4)
		if !strings.Contains(r.Changes[0].Message, "ns7.example.net") {
			t.Errorf("%+v", r.Changes[0])
		}
	})
}

// TestInterrupt shows that the first interrupt ends a run in order: nothing
// new is sent, locks are closed, and what is left is resumed.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, time.Second, 30 * time.Second, 59 * time.Second} {
		for _, how := range []string{"apply", "resume"} {
			t.Run(fmt.Sprint(how, " after ", after), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, few(), simulator.Options{Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute}}}})
					w.interruptAfter(after)
					r := w.mustApply()
					if exitOf(r) != 5 || !r.Interrupted {
						t.Fatalf("exit code %d: %+v", exitOf(r), r)
					}
					if len(r.Unlocked) > 0 || len(r.OpenTasks) > 0 {
						t.Errorf("unlocked %v, open tasks %v", r.Unlocked, r.OpenTasks)
					}
					w.allLocked()
					w.stop = nil
					w.finish(how)
				})
			})
		}
	}
}

// finish applies or resumes until the account is as declared.
func (w *world) finish(how string) {
	w.t.Helper()
	w.connect()
	var r *executor.Report
	var err error
	if how == "resume" {
		r, err = w.resume(w.t.Context())
	}
	if err == nil && r == nil { // no run is open
		_, r, err = w.apply(w.t.Context())
	}
	switch {
	case err != nil:
		w.t.Fatal(err)
	case exitOf(r) != 0:
		w.t.Errorf("%s ended with %d: %+v", how, exitOf(r), r)
	}
	w.converged()
}

// TestSecondInterrupt shows that a run that is stopped at once is resumable.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{time.Millisecond, 30 * time.Second, 90 * time.Second, 150 * time.Second} {
		for _, how := range []string{"apply", "resume"} {
			t.Run(fmt.Sprint(how, " after ", after), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, few(), simulator.Options{Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute}}}})
					var r *executor.Report
					err := w.open(t.Context(), func(j *journal.Journal) error {
						p, err := w.plan(t.Context())
						if err != nil {
							return err
						}
						ctx, cancel := context.WithTimeout(t.Context(), after)
						defer cancel()
						r, err = executor.Run(ctx, p, w.config(j))
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
					if exitOf(r) != 5 || len(r.OpenTasks) == 0 {
						t.Errorf("exit code %d: %+v", exitOf(r), r)
					}
					w.finish(how)
				})
			})
		}
	}
}

func TestJournalCannotBeWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(3), simulator.Options{})
		w.options.Hook = func(point string) error {
			if point == "results: before" {
				return errors.New("no space left on device")
			}
			return nil
		}
		var r *executor.Report
		_, r, err := w.apply(t.Context())
		if _, ok := errors.AsType[*journal.WriteError](err); !ok {
			t.Fatalf("got %v", err)
		}
		if r == nil || len(r.OpenTasks) != 1 || exitOf(r) != 5 {
			t.Errorf("the report is %+v", r)
		}
		if n := w.sim.Stats()["AcknowledgeTaskResult"]; n != 0 {
			t.Errorf("%d acknowledgements of what is not recorded", n)
		}
		w.options.Hook = nil
		w.finish("apply")
	})
}

// TestTaskNumberThatCannotBeRecorded shows that it is reported at least.
func TestTaskNumberThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(3), simulator.Options{})
		w.options.Hook = func(point string) error {
			if strings.HasPrefix(point, "task ") {
				return errors.New("no space left on device")
			}
			return nil
		}
		_, r, err := w.apply(t.Context())
		if _, ok := errors.AsType[*journal.WriteError](err); !ok || r == nil {
			t.Fatalf("got %v", err)
		}
		if tasks := w.sim.Tasks(); len(r.OpenTasks) != 1 || r.OpenTasks[0] != tasks[0].TaskNo {
			t.Errorf("open tasks %v, want %s", r.OpenTasks, tasks[0].TaskNo)
		}
		w.options.Hook = nil
		w.finish("apply")
	})
}

func TestSavedPlanIsAppliedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		err := w.open(t.Context(), func(j *journal.Journal) error {
			p, err := w.plan(t.Context())
			if err != nil {
				return err
			}
			cfg := w.config(j)
			if cfg.PlanID, err = executor.PlanID(p); err != nil {
				return err
			}
			if _, err := executor.Run(t.Context(), p, cfg); err != nil {
				return err
			}
			_, err = executor.Run(t.Context(), p, cfg)
			return err
		})
		if _, ok := errors.AsType[*executor.AppliedError](err); !ok {
			t.Errorf("got %v", err)
		}
		w.converged()
	})
}

// TestResumeDropsWhatIsStale shows that resume compares what was not sent with
// the live state first.
func TestResumeDropsWhatIsStale(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		w.interruptAfter(0)
		w.mustApply()
		w.stop = nil
		w.sim.Change("d.example", func(d *snapshot.Domain) { d.Nameservers = []string{"ns7.example.net"} })
		w.sim.Change("e.example", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.net"} })
		before := w.sim.Stats()[updateLock]
		r, err := w.resume(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.counts(r, standings{executor.Verified: fewChanges - 1, executor.Stale: 1}, 4)
		if n := w.sim.Stats()[updateLock] - before; n != 2 {
			t.Errorf("%d lock requests, want one unlock and one relock", n)
		}
		for change := range w.sim.Saved() {
			if strings.Contains(change, "ns9") {
				t.Errorf("sent: %s", change)
			}
		}
	})
}

func TestRunRefusesAnOpenRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		w.interruptAfter(0)
		w.mustApply()
		err := w.open(t.Context(), func(j *journal.Journal) error {
			p, err := w.plan(t.Context())
			if err != nil {
				return err
			}
			_, err = executor.Run(t.Context(), p, w.config(j))
			return err
		})
		if !errors.Is(err, executor.ErrOpenRun) {
			t.Errorf("got %v", err)
		}
	})
}

// TestAllTaskNumbersAreReported shows that the numbers of all requests under
// way are reported when the journal dies, not only the first.
func TestAllTaskNumbersAreReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.Delay, Operation: "SaveBatchTask*", Wait: simulator.Range{Min: time.Second}}))
		w.options.Hook = func(point string) error {
			if strings.HasPrefix(point, "task ") {
				return errors.New("no space left on device")
			}
			return nil
		}
		_, r, err := w.apply(t.Context())
		if _, ok := errors.AsType[*journal.WriteError](err); !ok || r == nil {
			t.Fatalf("got %v", err)
		}
		if tasks := w.sim.Tasks(); len(tasks) < 2 || len(r.OpenTasks) != len(tasks) {
			t.Errorf("reported %v of %d tasks", r.OpenTasks, len(tasks))
		}
		w.options.Hook = nil
		w.finish("apply")
	})
}

// TestInterruptedBefore shows that nothing is sent when the interrupt came
// before anything was.
func TestInterruptedBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		w.interruptAfter(0)
		r := w.mustApply()
		if exitOf(r) != 5 || w.submits() != 0 {
			t.Errorf("exit code %d, %d submits", exitOf(r), w.submits())
		}
		w.stop = nil
		w.finish("resume")
	})
}

// panicking is a service with a bug.
type panicking struct{ executor.Service }

func (panicking) Submit(context.Context, wire.Request) (*wire.TaskResponse, error) { panic("a bug") }

// TestPanicIsRaised shows that a panic beside the loop ends the run instead of
// leaving it waiting.
func TestPanicIsRaised(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), simulator.Options{})
		defer func() {
			if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "a bug") {
				t.Errorf("recovered %v", p)
			}
		}()
		w.runWith(panicking{w.client}, nil)
	})
}

// TestClockAhead shows that a clock that is ahead, which signs requests that
// live longer, makes the quiet period longer.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, simulator.Options{Faults: simulator.Faults{
			ClockSkew: simulator.Duration(-10 * time.Minute),
			Rules:     []simulator.Fault{{Kind: simulator.Reset, Operation: setDNS, Count: 1}},
		}})
		began := time.Now()
		w.counts(w.runWith(w.client, func(c *executor.Config) { c.ServiceClock = w.client.ServiceClock() }), standings{executor.Verified: 1}, 0)
		if took := time.Since(began); took < 25*time.Minute || took > 27*time.Minute {
			t.Errorf("it took %s", took)
		}
		w.converged()
	})
}

// TestInterruptAfterTheLastChange shows that an interrupt that leaves nothing
// out does not leave a run open.
func TestInterruptAfterTheLastChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(20), simulator.Options{Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute}}}})
		w.interruptAfter(30 * time.Second)
		w.counts(w.mustApply(), standings{executor.Verified: 20}, 0)
		w.stop = nil
		w.converged()
	})
}

// TestInterruptWhileUnsure shows that an interrupted run does not wait out the
// quiet period, and that the next one does.
func TestInterruptWhileUnsure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.Reset, Operation: "SaveBatchTask*", Count: 2}))
		w.interruptAfter(time.Minute)
		began := time.Now()
		r := w.mustApply()
		if took := time.Since(began); exitOf(r) != 5 || took > 2*time.Minute {
			t.Errorf("exit code %d after %v", exitOf(r), took)
		}
		w.stop = nil
		w.finish("apply")
		if took := time.Since(began); took < 15*time.Minute {
			t.Errorf("sent again after %v", took)
		}
	})
}

// TestPermissionToReadIsTaken shows that a run that can no longer see what
// happens stops, and is finished when it can.
func TestPermissionToReadIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "PollTaskResult", Status: 403, Code: "Forbidden.RAM"}))
		r := w.mustApply()
		if exitOf(r) != 5 || len(r.OpenTasks) == 0 || len(r.Trouble) == 0 {
			t.Errorf("exit code %d: %+v", exitOf(r), r)
		}
		if err := w.sim.SetFaults(simulator.Faults{}); err != nil {
			t.Fatal(err)
		}
		w.finish("resume")
	})
}

// pickyAcks is a service that refuses to acknowledge some results.
type pickyAcks struct {
	executor.Service
	mu      sync.Mutex // guards refused
	refused map[string]bool
}

func (s *pickyAcks) AcknowledgeTaskResult(ctx context.Context, r *wire.AcknowledgeTaskResultRequest) (*wire.AcknowledgeTaskResultResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range r.TaskDetailNo {
		if s.refused[d] || len(s.refused) < 3 {
			s.refused[d] = true
			return nil, &wire.Error{Operation: "AcknowledgeTaskResult", HTTPStatus: 400, Code: "ParameterIllegal", Message: "no such detail"}
		}
	}
	return s.Service.AcknowledgeTaskResult(ctx, r)
}

// TestResultsThatCannotBeAcknowledged shows that they hold up no others and do
// no harm.
func TestResultsThatCannotBeAcknowledged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(100), simulator.Options{})
		s := &pickyAcks{Service: w.client, refused: make(map[string]bool)}
		r := w.runWith(s, nil)
		w.counts(r, standings{executor.Verified: 100}, 0)
		if left := w.sim.Results(); len(left) != len(s.refused) || len(left) != 3 {
			t.Errorf("%d results are left of %d refused", len(left), len(s.refused))
		}
		w.options.Hook = nil
		err := w.open(t.Context(), func(j *journal.Journal) error {
			open, err := j.Open(t.Context())
			if len(open) > 0 {
				t.Errorf("the run is open: %+v", open)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestAcknowledgementsThatFail shows that they are reported, and made good by
// the next run that is still open, or left to the queue's owner.
func TestAcknowledgementsThatFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, many(20), faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "AcknowledgeTaskResult"}))
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: 20}, 4)
		if len(r.Trouble) == 0 {
			t.Error("nobody is told")
		}
		if err := w.sim.SetFaults(simulator.Faults{}); err != nil {
			t.Fatal(err)
		}
		w.finish("apply")
	})
}

// TestLateUnlock shows that a lock is closed again when its opening, of which
// nobody knew, took effect after it had been closed.
func TestLateUnlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "c.example", want: newServers, locked: true}}, faults(
			simulator.Fault{Kind: simulator.Reset, Operation: updateLock, Count: 1}))
		w.interruptAfter(time.Minute)
		if r := w.mustApply(); len(r.Unlocked) != 1 {
			t.Errorf("unlocked: %v", r.Unlocked)
		}
		w.stop = nil
		w.sim.Change("c.example", func(d *snapshot.Domain) { d.UpdateLock = wire.LockOff })
		err := w.open(t.Context(), func(j *journal.Journal) error {
			r, err := executor.Settle(t.Context(), w.config(j))
			if err == nil && len(r.Unlocked) > 0 {
				t.Errorf("unlocked: %v", r.Unlocked)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.allLocked()
		w.finish("apply")
	})
}

// TestSplitGoesOnAfterAPartIsUnknown: the other parts of a refused request are
// sent also when nobody answers to one of them, whatever became of it.
func TestSplitGoesOnAfterAPartIsUnknown(t *testing.T) {
	t.Parallel()
	for title, kind := range map[string]simulator.Kind{"not executed": simulator.Reset, "executed": simulator.Lose} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, many(8), simulator.Options{})
				w.setFaults(simulator.Fault{Kind: kind, Operation: "SaveBatchTaskForModifyingDomainDns", Count: 1})
				s := &refusing{Service: w.client, names: []string{"n0007.example"}, code: "DomainNotExist"}
				w.counts(w.runWith(s, nil), standings{executor.Verified: 7, executor.Failed: 1}, 4)
				w.onceEach()
			})
		})
	}
}
