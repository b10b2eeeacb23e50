package job_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

const delegated = `
domain "example.com" {
  nameservers = ["ns1.example.net", "ns2.example.net"]
}

domain "example.net" {
  nameservers = ["ns1.example.com", "ns2.example.com"]
}
`

// another is a job on the account of a world with files and a state of its own.
func (w *world) another(text string) *world {
	other := *w
	j := *w.job
	j.Portfolio, j.Journal = load(w.t, text), job.InState(w.t.TempDir(), journal.Options{})
	other.job, other.events = &j, nil
	j.Events = func(e job.Event) { other.events = append(other.events, e) }
	return &other
}

// reasons are those of the changes of a plan that are not ready, by ID.
func reasons(p *planner.Plan, s attr.Status) map[string]string {
	all := make(map[string]string)
	for c := range p.Differences() {
		if c.Status == s {
			all[c.ID] = c.Reason
		}
	}
	return all
}

// TestTaskOfAnotherProgram: while somebody else's task for a name is open the name
// waits, the others are changed, and when it has ended the name is changed, too.
func TestTaskOfAnotherProgram(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegated, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{{
			Kind: simulator.ForeignTask, Operation: "QueryDomainList", Count: 1, TaskType: wire.TaskChangeDNS, Names: []string{"example.com"},
			Wait: simulator.Range{Min: 3 * time.Hour, Max: 3 * time.Hour},
		}}}}, "example.com", "example.net")
		r := w.apply(job.ApplyOptions{})
		if why := reasons(r.Plan, attr.Waiting)["example.com/nameservers"]; !strings.Contains(why, "CHG_DNS") || r.Plan.Count(attr.Ready) != 1 || len(r.Reasons) != 0 {
			t.Errorf("%q, %v, %v", why, r.Plan.Summary.Changes, r.Reasons)
		}
		before := w.sim.Stats()["QueryTaskDetailList"]
		if r := w.apply(job.ApplyOptions{}); r.Plan.Count(attr.Ready) != 0 || r.Plan.Count(attr.Waiting) != 1 {
			t.Errorf("the second time: %v", r.Plan.Summary.Changes)
		}
		if asked := w.sim.Stats()["QueryTaskDetailList"] - before; asked != 1 {
			t.Errorf("%d calls were made for the names of one task", asked)
		}
		time.Sleep(3 * time.Hour)
		if r := w.apply(job.ApplyOptions{}); r.Plan.Count(attr.Ready) != 1 || len(r.Reasons) != 0 {
			t.Errorf("when it has ended: %v, %v", r.Plan.Summary.Changes, r.Reasons)
		}
		if r := w.apply(job.ApplyOptions{}); !r.Plan.Agrees() {
			t.Errorf("in the end: %v", r.Plan.Summary.Changes)
		}
	})
}

// TestForeignTaskIsOverdueAfterADay: while somebody else's task hangs the name
// waits, and after a day the run is red and says since when.
func TestForeignTaskIsOverdueAfterADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegated, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{{
			Kind: simulator.ForeignTask, Operation: "QueryDomainList", Count: 1, TaskType: wire.TaskChangeDNS, Names: []string{"example.com"},
			Wait: simulator.Range{Min: 50 * time.Hour, Max: 50 * time.Hour},
		}}}}, "example.com", "example.net")
		for day, want := range [][]job.Reason{nil, nil, {job.Failed}, nil} {
			r := w.apply(job.ApplyOptions{})
			if !slices.Equal(r.Reasons, want) || len(r.Plan.Overdue) != len(want) {
				t.Errorf("on day %d the reasons are %v, and overdue are %+v", day, r.Reasons, r.Plan.Overdue)
			}
			if day == 2 {
				known := func(name, attribute string) bool { return name == "example.com" && attribute == "nameservers" }
				if r := w.apply(job.ApplyOptions{Accept: job.Acceptance{Known: known}}); len(r.Reasons) != 0 {
					t.Errorf("accepted, the reasons are %v", r.Reasons)
				}
			}
			time.Sleep(23 * time.Hour)
		}
	})
}

// TestTwoStatesDoNotUndoEachOther: two machines with states of their own and files
// that contradict each other change a name at different times, and each plan
// says what the other does.
func TestTwoStatesDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, delegated, simulator.Options{Faults: simulator.Faults{
			Durations: map[wire.TaskType]simulator.Range{"*": {Min: 10 * time.Minute, Max: 10 * time.Minute}},
		}}, "example.com", "example.net")
		other := w.another(strings.ReplaceAll(delegated, "ns2.", "ns3."))
		ended := make(chan *job.Result)
		go func() {
			r, err := w.job.Apply(t.Context(), job.ApplyOptions{})
			if err != nil {
				t.Error(err)
			}
			ended <- r
		}()
		time.Sleep(5 * time.Minute)
		r := other.apply(job.ApplyOptions{})
		if why := reasons(r.Plan, attr.Waiting); len(why) != 2 || r.Plan.Count(attr.Ready) != 0 {
			t.Errorf("while the first machine works the second plans %v, of which wait %v", r.Plan.Summary.Changes, why)
		}
		if !slices.ContainsFunc(r.Plan.Diagnostics, func(d planner.Diagnostic) bool { return d.Summary == "This state is new" }) {
			t.Errorf("the second does not say that its state is new: %+v", r.Plan.Diagnostics)
		}
		if r := <-ended; len(r.Reasons) != 0 {
			t.Errorf("the first ended with %v", r.Reasons)
		}
		for change, n := range w.sim.Saved() {
			if n != 1 {
				t.Errorf("%s was saved %d times", change, n)
			}
		}
	})
}
