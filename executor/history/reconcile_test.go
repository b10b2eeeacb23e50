package history_test

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestAgreementOfAnOrder: what the account tells of an order agrees with where the journal
// sees it, or says how it does not.
func TestAgreementOfAnOrder(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	task := func(no, domain string, status wire.DetailStatus, at time.Time) executor.AccountOrder {
		return executor.AccountOrder{
			AccountTask: executor.AccountTask{Task: no, Type: wire.TaskRenew, Names: 1, Created: at}, Listed: true,
			Domains: []executor.OrderedName{{Domain: domain, Status: status}},
		}
	}
	unread := task("T", "", "", now)
	unread.Domains, unread.Problem = nil, "of the 1 names of task T only 0 can be seen"
	for name, test := range map[string]struct {
		state journal.State
		task  string // by the journal
		told  executor.AccountOrder
		want  history.Agreement
	}{
		"both know that it succeeded":    {journal.Succeeded, "T", task("T", "example.com", wire.DetailSuccess, now), history.Agrees},
		"both know that it failed":       {journal.Failed, "T", task("T", "example.com", wire.DetailFailure, now), history.Agrees},
		"both see it under way":          {journal.Submitted, "T", task("T", "example.com", wire.DetailRunning, now), history.Agrees},
		"nobody took the result":         {journal.Submitted, "T", task("T", "example.com", wire.DetailSuccess, now), history.EndUnknown},
		"in doubt, and it has ended":     {journal.InDoubt, "T", task("T", "example.com", wire.DetailFailure, now), history.EndUnknown},
		"it was not executed":            {journal.Succeeded, "T", task("T", "example.com", wire.DetailFailure, now), history.Contradicts},
		"it was executed all the same":   {journal.Failed, "T", task("T", "example.com", wire.DetailSuccess, now), history.Contradicts},
		"it goes on":                     {journal.Succeeded, "T", task("T", "example.com", wire.DetailRunning, now), history.Contradicts},
		"a status that nobody knows":     {journal.Failed, "T", task("T", "example.com", "PAUSED", now), history.Contradicts},
		"about another name":             {journal.Succeeded, "T", task("T", "example.net", wire.DetailSuccess, now), history.OtherNames},
		"about a longer name":            {journal.Succeeded, "T", task("T", "my.example.com", wire.DetailSuccess, now), history.OtherNames},
		"names cannot be seen":           {journal.Succeeded, "T", unread, history.Unread},
		"a lost answer, and a task":      {journal.InDoubt, "", task("U", "example.com", wire.DetailSuccess, now), history.TaskFound},
		"refused, and a task":            {journal.Failed, "", task("U", "example.com", wire.DetailRunning, now), history.TaskFound},
		"a lost answer, another name":    {journal.InDoubt, "", task("U", "example.net", wire.DetailSuccess, now), history.NoTask},
		"a lost answer, an old task":     {journal.InDoubt, "", task("U", "example.com", wire.DetailSuccess, now.AddDate(0, 0, -9)), history.NoTask},
		"a lost answer, no time is told": {journal.Intended, "", task("U", "example.com", wire.DetailSuccess, time.Time{}), history.TaskFound},
	} {
		s := &history.Spending{Purchases: []history.Purchase{{Domain: "example.com", State: test.state, Task: test.task, At: now}}}
		c := &executor.OrderComparison{
			TaskComparison: &executor.TaskComparison{Since: now.Add(-time.Hour)}, Orders: map[string]executor.AccountOrder{test.told.Task: test.told},
		}
		if test.task == "" {
			c.Unknown = []executor.AccountTask{test.told.AccountTask}
		}
		s.Reconcile(c, now)
		a := s.Purchases[0].Account
		if a == nil || a.Agreement != test.want {
			t.Errorf("%s: %+v, want %s", name, a, test.want)
			continue
		}
		if differ := test.want.Differs() || len(c.Unknown) > 0; s.Differ() != differ {
			t.Errorf("%s: they differ: %v", name, s.Differ())
		}
		if test.want == history.TaskFound && (a.Task != "U" || a.Status != string(test.told.Domains[0].Status)) {
			t.Errorf("%s: found is %+v", name, a)
		}
	}
}

// TestOrdersCount: an order is no money spent only where it never left or failed; what
// nobody knows counts.
func TestOrdersCount(t *testing.T) {
	t.Parallel()
	for state, want := range map[journal.State]bool{
		journal.Planned: false, journal.Failed: false,
		journal.Intended: true, journal.Submitted: true, journal.Acknowledged: true, journal.Succeeded: true, journal.InDoubt: true,
	} {
		if p := (history.Purchase{State: state}); p.Counts() != want {
			t.Errorf("an order that is %s counts: %v, want %v", state, !want, want)
		}
	}
}
