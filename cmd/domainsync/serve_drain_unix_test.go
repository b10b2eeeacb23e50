//go:build unix

package main

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/fleet"
)

// TestAServedRunIsHandedOver asks a process to end whose run waits for a task of the
// service. It begins no run any more, sends nothing more but the relocks that it owes,
// sees the task through and ends in time; another process, which takes what is due
// meanwhile, goes on with the rest, and nothing is done twice.
func TestAServedRunIsHandedOver(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts processes and a database")
	}
	f := newServedFleet(t, program(t), 2, 1)
	f.lasts(2 * time.Second)
	f.begin(0)
	f.until("there are jobs", func() bool { return len(f.jobs()) > 0 })
	f.askFor("apply00")
	f.until("it waits for a lock to be opened", func() bool {
		return slices.ContainsFunc(f.service.accounts[keyOf(0)].seen(), func(c servedCall) bool {
			return c.operation == "SaveBatchTaskForUpdateProhibitionLock"
		})
	})
	asked := time.Now()
	f.signal(0, syscall.SIGTERM)
	f.begin(1)
	f.askFor("apply01")
	first := f.processes[0]
	if err := first.Wait(); err != nil {
		t.Errorf("the process ends with %v\n%s", err, tail(first.said.String()))
	}
	if took := time.Since(asked); took > fleetDrain {
		t.Errorf("it took %s to end, and has %s", took, fleetDrain)
	}
	f.lasts(10 * time.Millisecond)
	f.until("the other one is done", func() bool {
		return !slices.ContainsFunc(f.jobs(), func(e fleet.Entry) bool {
			return strings.HasPrefix(e.Name, "apply") && !f.isDone(&e)
		})
	})
	f.handedOver(first, f.processes[1])
}

// handedOver looks at who has made which run, and at what became of the accounts.
func (f *servedFleet) handedOver(first, second *servedBy) {
	f.t.Helper()
	for i := range f.accounts {
		a, runs := f.service.accounts[keyOf(i)], f.runsOf("apply", i)
		for n, r := range runs {
			want, code := second, exitDone
			if i == 0 && n == 0 {
				want, code = first, exitOpen
			}
			if !strings.HasPrefix(r.Holder, want.holder+"@") || r.ExitCode != code {
				f.t.Errorf("run %d of %s ends with %d at %s, want %d at %s", n, r.Job, r.ExitCode, r.Holder, code, want.holder)
			}
		}
		calls := a.seen()
		for _, problem := range slices.Concat(f.asDeclared(i, a.sim), savedOnce(a.sim), f.boughtOnce(a.sim), oneWriter(calls, byNumber(runs)), noneLingers(calls, byNumber(runs, f.runsOf("look", i)), nil, 0)) {
			f.t.Errorf("account %d: %s", i, problem)
		}
	}
}

// lasts says how long the tasks of the first account take from now on.
func (f *servedFleet) lasts(d time.Duration) {
	f.t.Helper()
	faults := simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: d, Max: d}}}
	if err := f.service.accounts[keyOf(0)].sim.SetFaults(faults); err != nil {
		f.t.Fatal(err)
	}
}

// askFor asks for the run of a job.
func (f *servedFleet) askFor(job string) {
	f.t.Helper()
	if err := f.table.Do(f.t.Context(), fleet.Act{By: "the test", Deed: fleet.DeedAsk, Job: job}); err != nil {
		f.t.Fatal(err)
	}
}

// until waits for processes.
func (f *servedFleet) until(what string, is func() bool) {
	f.t.Helper()
	for range 1200 {
		if is() {
			return
		}
		f.pause(50 * time.Millisecond)
	}
	f.t.Fatalf("it did not come to it that %s", what)
}
