package history_test

import (
	"maps"
	"slices"
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
		"a lost answer, a later task":    {journal.InDoubt, "", task("U", "example.com", wire.DetailSuccess, now.AddDate(0, 0, 9)), history.NoTask},
		"a lost answer, over midnight":   {journal.InDoubt, "", task("U", "example.com", wire.DetailSuccess, now.Add(14*time.Hour)), history.TaskFound},
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

// TestATaskIsThatOfOneOrder: of several orders for one name whose tasks nobody knows, a task
// of the account is that of one: of one that may have been executed before one that was
// refused, and of the earlier before the later. Two tasks are those of two.
func TestATaskIsThatOfOneOrder(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 23, 50, 0, 0, time.UTC)
	order := func(s journal.State, minutes int) history.Purchase {
		return history.Purchase{Domain: "example.com", State: s, At: now.Add(time.Duration(minutes) * time.Minute)}
	}
	const none = ""
	for title, test := range map[string]struct {
		orders []history.Purchase
		tasks  []string
		want   []string // the task of each order
	}{
		"refused, then a lost answer":  {[]history.Purchase{order(journal.Failed, 0), order(journal.InDoubt, 20)}, []string{"U"}, []string{none, "U"}},
		"a lost answer, then refused":  {[]history.Purchase{order(journal.InDoubt, 0), order(journal.Failed, 20)}, []string{"U"}, []string{"U", none}},
		"two lost answers, one task":   {[]history.Purchase{order(journal.InDoubt, 20), order(journal.InDoubt, 0)}, []string{"U"}, []string{none, "U"}},
		"two lost answers, two tasks":  {[]history.Purchase{order(journal.InDoubt, 0), order(journal.Intended, 20)}, []string{"U", "V"}, []string{"U", "V"}},
		"refused, and nothing ordered": {[]history.Purchase{order(journal.Failed, 0)}, nil, []string{none}},
	} {
		s := &history.Spending{Purchases: test.orders}
		c := &executor.OrderComparison{TaskComparison: &executor.TaskComparison{Since: now.Add(-time.Hour)}, Orders: make(map[string]executor.AccountOrder)}
		for i, no := range test.tasks {
			told := executor.AccountTask{Task: no, Type: wire.TaskRenew, Names: 1, Created: now.Add(time.Duration(i) * 20 * time.Minute)}
			c.Unknown = append(c.Unknown, told)
			c.Orders[no] = executor.AccountOrder{AccountTask: told, Listed: true, Domains: []executor.OrderedName{{Domain: "example.com", Status: wire.DetailSuccess}}}
		}
		s.Reconcile(c, now)
		for i, want := range test.want {
			agreement := history.NoTask
			if want != none {
				agreement = history.TaskFound
			}
			if a := s.Purchases[i].Account; a == nil || a.Task != want || a.Agreement != agreement {
				t.Errorf("%s: of order %d the account says %+v, want task %q", title, i, a, want)
			}
		}
	}
}

// TestAnOrderIsATaskOfItsKind: a task that the service tells to be of another kind is not
// the order whose answer was lost. One of no kind that anybody knows may be.
func TestAnOrderIsATaskOfItsKind(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	types := map[string]wire.TaskType{"renewal": wire.TaskRenew, "registration": wire.TaskRegister, "redemption": wire.TaskRedeem}
	for kind, own := range types {
		for _, told := range append(slices.Collect(maps.Values(types)), "", "ORDER_OF_TOMORROW") {
			task := executor.AccountTask{Task: "U", Type: told, Names: 1, Created: now}
			s := &history.Spending{Purchases: []history.Purchase{{Domain: "example.com", Kind: kind, State: journal.InDoubt, At: now}}}
			s.Reconcile(&executor.OrderComparison{
				TaskComparison: &executor.TaskComparison{Since: now.Add(-time.Hour), Unknown: []executor.AccountTask{task}},
				Orders: map[string]executor.AccountOrder{
					"U": {AccountTask: task, Listed: true, Domains: []executor.OrderedName{{Domain: "example.com", Status: wire.DetailSuccess}}},
				},
			}, now)
			want := history.TaskFound
			if told.Documented() && told != own {
				want = history.NoTask
			}
			if got := s.Purchases[0].Account.Agreement; got != want {
				t.Errorf("of a lost %s and a task of type %q it is said %q, want %q", kind, told, got, want)
			}
			if len(s.Account.Unknown) != 1 {
				t.Errorf("the task of type %q is not told as one that nobody knows", told)
			}
		}
	}
}

// TestOrdersWithinASecond: an order of the second in which the comparison begins is
// compared, and its task was asked for.
func TestOrdersWithinASecond(t *testing.T) {
	t.Parallel()
	second := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
	s := &history.Spending{Purchases: []history.Purchase{{Domain: "example.com", State: journal.Succeeded, Task: "T", At: second.Add(300 * time.Millisecond)}}}
	c := &executor.OrderComparison{TaskComparison: &executor.TaskComparison{Since: second}, Orders: make(map[string]executor.AccountOrder)}
	for _, no := range s.Tasks(second.Add(700 * time.Millisecond)) {
		c.Orders[no] = executor.AccountOrder{AccountTask: executor.AccountTask{Task: no}, Listed: true, Domains: []executor.OrderedName{{Domain: "example.com", Status: wire.DetailSuccess}}}
	}
	if s.Reconcile(c, second.Add(time.Hour)); s.Differ() {
		t.Errorf("the account says %+v of an order that it was not asked for", s.Purchases[0].Account)
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
