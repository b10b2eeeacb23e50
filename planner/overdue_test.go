package planner_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// waits are inputs in which one change of a.com waits, by what it waits for, and
// the limits of these waits.
func waits() map[string]struct {
	in    func() planner.Input
	limit time.Duration
} {
	type wait = struct {
		in    func() planner.Input
		limit time.Duration
	}
	return map[string]wait{
		"somebody else's task": {func() planner.Input {
			return shared(&snapshot.Tasks{Open: []snapshot.Task{{Number: "t1", Type: wire.TaskChangeDNS, Names: []string{"a.com"}}}})
		}, 24 * time.Hour},
		"a new registrant": {func() planner.Input {
			in := shared(new(snapshot.Tasks))
			in.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"registrant": attr.Contact{"name": "Ada"}})
			in.Live.Emails = []snapshot.Email{}
			d := &in.Live.Domains[0]
			d.RegistrantUpdating, d.Contacts = wire.UpdatingPending, map[wire.ContactType]snapshot.Contact{wire.RegistrantContact: {Name: "Bob"}}
			return in
		}, 7 * 24 * time.Hour},
		"ds_hold": {func() planner.Input {
			in := shared(new(snapshot.Tasks))
			old := snapshot.DSRecord{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)}
			kept := snapshot.DSRecord{KeyTag: 2, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("CD", 32)}
			in.Portfolio.Domains[0] = declare("a.com", map[string]attr.Value{"ds_records": attr.NewDSSet([]snapshot.DSRecord{kept})})
			in.Portfolio.Domains[0].Settings.DSHold = 48 * time.Hour
			in.Live.Domains[0].DSRecords = []snapshot.DSRecord{old, kept}
			return in
		}, 96 * time.Hour},
	}
}

// marksOf are those of the plan's waits that are to be remembered.
func marksOf(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(m string) bool { return !strings.HasPrefix(m, "wait ") })
}

// TestWaitsHaveLimits goes through the kinds of waits: each is remembered, is
// overdue after its limit and not before, and is forgotten when it has ended.
func TestWaitsHaveLimits(t *testing.T) {
	t.Parallel()
	for name, test := range waits() {
		in := test.in()
		plan := planner.Diff(in)
		marks := marksOf(plan.StartsClock)
		if len(marks) != 1 || len(plan.Overdue) != 0 {
			t.Errorf("%s: the marks are %q, overdue %v: %v", name, marks, plan.Overdue, statuses(plan))
			continue
		}
		for _, x := range []struct {
			since time.Duration
			want  int
		}{{test.limit - time.Minute, 0}, {test.limit + time.Minute, 1}} {
			in := test.in()
			since := readAt.Add(-x.since)
			in.History.Seen = map[string]time.Time{marks[0]: since}
			plan := planner.Diff(in)
			if len(plan.Overdue) != x.want || plan.Summary.Overdue != x.want || strings.Contains(said(plan), "Overdue") != (x.want > 0) {
				t.Errorf("%s: after %s overdue are %v", name, x.since, plan.Overdue)
			}
			if x.want > 0 && (!plan.Overdue[0].Since.Equal(since) || !strings.Contains(said(plan), attr.Date(since.Add(test.limit)))) {
				t.Errorf("%s: %+v, %s", name, plan.Overdue, said(plan))
			}
			if got := marksOf(plan.ResetsClock); len(got) != 0 {
				t.Errorf("%s: %q are forgotten while it waits", name, got)
			}
		}
		ended := shared(new(snapshot.Tasks))
		ended.History.Seen = map[string]time.Time{marks[0]: readAt}
		if got := marksOf(planner.Diff(ended).ResetsClock); !slices.Equal(got, marks) {
			t.Errorf("%s: when it has ended %q are forgotten", name, got)
		}
		ended.Only = planner.SelectNames([]string{"b.com"})
		if got := marksOf(planner.Diff(ended).ResetsClock); len(got) != 0 {
			t.Errorf("%s: a plan of another name forgets %q", name, got)
		}
	}
}

// TestWaitOfATaskBeganWithIt: the service tells since when somebody else's task is
// there, whatever this state remembers.
func TestWaitOfATaskBeganWithIt(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]int{23 * time.Hour: 0, 25 * time.Hour: 1} {
		at := readAt.Add(-age)
		plan := planner.Diff(shared(&snapshot.Tasks{Open: []snapshot.Task{
			{Number: "t1", Type: wire.TaskChangeDNS, Created: wire.Span{First: at.Add(-8 * time.Hour), Last: at}, Names: []string{"a.com"}},
		}}))
		if len(plan.Overdue) != want {
			t.Errorf("a task of %s ago: %v", age, plan.Overdue)
		}
	}
}

// TestWaitWithoutAStart: where a state is new and the account shows earlier work
// nobody knows since when a change waits, and it is overdue.
func TestWaitWithoutAStart(t *testing.T) {
	t.Parallel()
	for name, test := range waits() {
		in := test.in()
		in.History.Memory.New, in.Live.Tasks.Ended = true, 1
		if plan := planner.Diff(in); len(plan.Overdue) != 1 || !plan.Overdue[0].Since.IsZero() {
			t.Errorf("%s: %v", name, plan.Overdue)
		}
	}
}
