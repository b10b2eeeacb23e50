package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// shared is an input of two names, of which the journal tells which tasks are its
// own: each gets other nameservers, and is renewed.
func shared(tasks *snapshot.Tasks, failures ...snapshot.Failure) planner.Input {
	price := attr.Amount(1000)
	p, state := portfolio(), account()
	for _, name := range []string{"a.com", "b.com"} {
		p.Domains = append(p.Domains, declare(name, map[string]attr.Value{
			"nameservers": hosts("ns1.example.net", "ns2.example.net"), "renewal": attr.Renewal{MinDaysLeft: 60, Years: 1},
		}))
		d := live(name, "ns0.example.net")
		d.Expires, d.TransferOut, d.Status = readAt.AddDate(0, 0, 30), wire.TransferOutNormal, wire.Normal
		d.UpdateLock, d.DSRecords = wire.LockUnset, []snapshot.DSRecord{}
		state.Domains = append(state.Domains, d)
	}
	p.Prices = map[string]attr.Prices{"com": {Renew: &price}}
	p.Budget = &config.Budget{Amount: 100_000, Currency: "USD", Per: config.PerMonth}
	state.Tasks, state.Failures = tasks, failures
	return planner.Input{Portfolio: p, Live: state, History: planner.History{
		Declared: []string{"a.com", "b.com"}, Memory: planner.Memory{TellsTasks: true, Since: readAt.AddDate(-1, 0, 0)},
	}}
}

// TestWhatOthersDoIsWaitedFor goes through all kinds of tasks that somebody else
// may have under way for a name: its settings wait for each, its purchases for
// what may be one, and other names wait for none.
func TestWhatOthersDoIsWaitedFor(t *testing.T) {
	t.Parallel()
	kinds := append(wire.TaskType("").Known(), "", "SOMETHING_NEW")
	for _, kind := range kinds {
		saved := readAt.Add(-time.Hour)
		plan := planner.Diff(shared(&snapshot.Tasks{Open: []snapshot.Task{
			{Number: "t1", Type: wire.TaskType(kind), Created: wire.Span{First: saved, Last: saved}, Names: []string{"a.com"}},
		}}))
		renewal := "ready"
		if o := kind == "" || kind == "SOMETHING_NEW" || strings.HasPrefix(kind, "ORDER_") || kind == "DELETE_DOMAIN"; o {
			renewal = "waiting"
		}
		want := []string{"a.com/nameservers: waiting", "a.com/renewal: " + renewal, "b.com/nameservers: ready", "b.com/renewal: ready"}
		if diff := cmp.Diff(want, statuses(plan)); diff != "" {
			t.Errorf("%q: %s", kind, diff)
		}
		for _, part := range []string{"t1", saved.Format(time.RFC3339), kind} {
			if reason := plan.Changes[0].Reason; !strings.Contains(reason, part) {
				t.Errorf("%q: the reason %q lacks %q", kind, reason, part)
			}
		}
		if len(plan.Diagnostics) != 0 {
			t.Errorf("%q: %v", kind, plan.Diagnostics)
		}
	}
}

// TestOthersAreAskedForWhereSomethingChanges: a plan asks what others are doing
// where it would change something, once, and only where somebody can tell.
func TestOthersAreAskedForWhereSomethingChanges(t *testing.T) {
	t.Parallel()
	asks := func(in planner.Input) bool {
		q := planner.Needs(in)
		return q.Account&snapshot.OthersTasks != 0
	}
	changing, known, alone := shared(nil), shared(&snapshot.Tasks{}), shared(nil)
	alone.History.Memory.TellsTasks = false
	failed := shared(nil, snapshot.Failure{Facts: snapshot.OthersTasks, Operation: "QueryTaskList", Message: "no"})
	equal := shared(nil)
	for i := range equal.Live.Domains {
		equal.Live.Domains[i].Nameservers = []string{"ns1.example.net", "ns2.example.net"}
		equal.Live.Domains[i].Expires = readAt.AddDate(3, 0, 0)
	}
	for name, test := range map[string]struct {
		in   planner.Input
		want bool
	}{
		"something changes": {changing, true}, "known": {known, false}, "without a journal": {alone, false},
		"asked in vain": {failed, false}, "nothing changes": {equal, false},
	} {
		if got := asks(test.in); got != test.want {
			t.Errorf("%s: the tasks of others are asked for: %v", name, got)
		}
	}
}

// TestUnreadTasksOfOthers: where the list cannot be read settings are changed, and
// nothing is bought; where a task does not tell its names that is said.
func TestUnreadTasksOfOthers(t *testing.T) {
	t.Parallel()
	plan := planner.Diff(shared(nil, snapshot.Failure{Facts: snapshot.OthersTasks, Operation: "QueryTaskList", Message: "Forbidden.RAM"}))
	want := []string{"a.com/nameservers: ready", "a.com/renewal: unknown", "b.com/nameservers: ready", "b.com/renewal: unknown"}
	if diff := cmp.Diff(want, statuses(plan)); diff != "" {
		t.Error(diff)
	}
	if text := said(plan); !strings.Contains(text, "open tasks are not known") || len(plan.Failures) != 1 {
		t.Errorf("the plan says %q, and has the failures %v", text, plan.Failures)
	}
	plan = planner.Diff(shared(&snapshot.Tasks{Open: []snapshot.Task{{Number: "t1", Type: wire.TaskChangeDNS, Names: []string{"b.com"}, Untold: "of 2 names only 1"}}}))
	want = []string{"a.com/nameservers: ready", "a.com/renewal: ready", "b.com/nameservers: waiting", "b.com/renewal: ready"}
	if diff := cmp.Diff(want, statuses(plan)); diff != "" {
		t.Error(diff)
	}
	if text := said(plan); !strings.Contains(text, "t1 (CHG_DNS): of 2 names only 1") {
		t.Errorf("the plan says %q", text)
	}
}

// TestNewStateIsToldFromAnEmptyAccount: a state that knows of no apply says so
// where the account shows that there was one.
func TestNewStateIsToldFromAnEmptyAccount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		isNew bool
		tasks snapshot.Tasks
		want  bool
	}{
		"old": {false, snapshot.Tasks{Ended: 3}, false}, "new, and so is the account": {true, snapshot.Tasks{}, false},
		"new, others have ended": {true, snapshot.Tasks{Ended: 3}, true},
		"new, others are open":   {true, snapshot.Tasks{Open: []snapshot.Task{{Number: "t1", Names: []string{"c.com"}}}}, true},
	} {
		in := shared(&test.tasks)
		in.History.Memory.New = test.isNew
		plan := planner.Diff(in)
		if got := strings.Contains(said(plan), "This state is new"); got != test.want {
			t.Errorf("%s: the plan says that the state is new: %v", name, got)
		}
		if note := plan.NewStateNote(in); (note != "") != (test.isNew && !test.want) || note != "" && !strings.Contains(note, "does not know what was bought") {
			t.Errorf("%s: the note is %q", name, note)
		}
	}
}

// said are the diagnostics of a plan.
func said(p *planner.Plan) string {
	var all strings.Builder
	for _, d := range p.Diagnostics {
		all.WriteString(d.Summary + ": " + d.Detail + "\n")
	}
	return all.String()
}

// TestOthersAreAskedForLast: while something else is to be told, it may hold back
// what would be changed, and then nobody asks what others are doing.
func TestOthersAreAskedForLast(t *testing.T) {
	t.Parallel()
	in := shared(nil)
	if q := planner.Needs(in); q.Account != snapshot.OthersTasks {
		t.Errorf("of an account that is known it asks for %v, not for the tasks alone", q.Account.Names())
	}
	live := *in.Live
	in.Live = &live
	live.Domains = slices.Clone(live.Domains)
	live.Domains[0].Forget(snapshot.Nameservers)
	if q := planner.Needs(in); q.None() || q.Account&snapshot.OthersTasks != 0 {
		t.Errorf("before %s is read it asks for %v and %v", live.Domains[0].Name, q.Facts, q.Account.Names())
	}
}
