package executor_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
)

// told returns what events say of each change, in the order of the events.
func told(events []executor.Event) map[string][]executor.ChangeResult {
	said := make(map[string][]executor.ChangeResult)
	for _, e := range events {
		switch e := e.(type) {
		case executor.StepResult:
			for _, id := range e.Changes {
				said[id] = append(said[id], e.Result)
			}
		case executor.ReadBack:
			for _, id := range e.Changes {
				said[id] = append(said[id], e.Result)
			}
		}
	}
	return said
}

// tellsAs checks that events say of every change what the report says of it.
func tellsAs(t *testing.T, events []executor.Event, r *executor.Report) {
	t.Helper()
	said := told(events)
	for _, c := range r.Changes {
		if !slices.Contains(said[c.ID], c.Result) {
			t.Errorf("%s is %s by the report, and events say %v", c.ID, c.Result, said[c.ID])
		}
		delete(said, c.ID)
	}
	for id, results := range said {
		if !strings.Contains(id, "/temporary") || slices.ContainsFunc(results, func(r executor.ChangeResult) bool {
			return r != executor.Done && r != executor.Verified && r != executor.NotSent
		}) {
			t.Errorf("events say %v of %s, and the report does not name it", results, id)
		}
	}
}

// TestEventsTellWhatBecameOfEveryChange: whoever hears the events of a run knows
// of each change what the report says of it, and which names were in which task.
func TestEventsTellWhatBecameOfEveryChange(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"nothing goes wrong": {Kind: simulator.Delay, Count: 1},
		"a name fails":       {Kind: simulator.FailDetail, Names: []string{"b.example"}, Operation: setDNS, Message: "The registry says no."},
		"a task hangs":       {Kind: simulator.Stall, Names: []string{"c.example"}, Operation: setDNS},
		"an answer is lost":  {Kind: simulator.Lose, Operation: setDNS, Count: 1},
		"nothing is allowed": {Kind: simulator.Fail5xx, Operation: setDNS, Status: 403, Code: "Forbidden.RAM", Message: "no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, few(), faults(fault))
				r := w.mustApply()
				tellsAs(t, w.events, r)
				kinds := make(map[string]int)
				named := make(map[string]bool)
				for _, e := range w.events {
					kinds[e.Kind()]++
					if s, ok := e.(executor.Submitted); ok && s.Operation == setDNS {
						for _, n := range s.Names {
							named[n] = true
						}
					}
				}
				if kinds["executing"] != 1 || kinds["submitted"] != r.Tasks || kinds["progress"] == 0 {
					t.Errorf("%d tasks were saved, and there were %v", r.Tasks, kinds)
				}
				if want := name != "nothing is allowed"; named["b.example"] != want {
					t.Errorf("b.example was in a task: %v, want %v", !want, want)
				}
			})
		})
	}
}
