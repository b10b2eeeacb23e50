package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	money "github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/journal"
)

// A tasksForgetter is a service that lists no tasks that were saved before a time, and does not tell of
// them by number either, unless it tells details.
type tasksForgetter struct {
	executor.Service
	lists   func(no string) bool
	details bool
	fails   error // of details
}

func (f tasksForgetter) QueryTaskList(ctx context.Context, r *wire.QueryTaskListRequest) (*wire.QueryTaskListResponse, error) {
	page, err := f.Service.QueryTaskList(ctx, r)
	if err != nil {
		return nil, err
	}
	kept := page.Data[:0]
	for _, t := range page.Data {
		if f.lists(t.TaskNo) {
			kept = append(kept, t)
		}
	}
	page.TotalItemNum -= len(page.Data) - len(kept) // all are on one page
	page.Data = kept
	return page, nil
}

func (f tasksForgetter) QueryTaskDetailList(ctx context.Context, r *wire.QueryTaskDetailListRequest) (*wire.QueryTaskDetailListResponse, error) {
	if f.fails != nil {
		return nil, f.fails
	}
	if !f.details && !f.lists(r.TaskNo) {
		return &wire.QueryTaskDetailListResponse{}, nil
	}
	return f.Service.QueryTaskDetailList(ctx, r)
}

// compares returns what was ordered since a time, compared with what a service tells.
func (w *world) compares(s executor.Service, since time.Time) (found *money.Spending) {
	w.t.Helper()
	ctx := w.t.Context()
	err := w.open(ctx, func(j *journal.Journal) (err error) {
		if found, err = money.Spent(ctx, j, time.Time{}, nil); err != nil {
			return err
		}
		c, err := executor.CompareOrders(ctx, s, 0, j, since, found.Tasks(since))
		if err == nil {
			found.Reconcile(c, time.Now())
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func wantAgreement(t *testing.T, when string, s *money.Spending, want money.Agreement, differ bool) {
	t.Helper()
	if len(s.Purchases) == 0 {
		t.Fatalf("%s: nothing was ordered", when)
	}
	for _, p := range s.Purchases {
		if p.Account == nil || p.Account.Agreement != want {
			t.Errorf("%s: the account says of the order for %s: %+v, want %s", when, p.Domain, p.Account, want)
		}
	}
	if s.Differ() != differ {
		t.Errorf("%s: they differ: %v, want %v: %+v", when, s.Differ(), differ, s.Account)
	}
}

// TestOrdersAreComparedWithTheAccount: each order is found in its task by its name, from
// the list and from the history alike; an order of others is told with its names; what
// the service does not list any more is asked for by number, and is told apart from what
// it should list.
func TestOrdersAreComparedWithTheAccount(t *testing.T) {
	t.Parallel()
	for where, after := range map[string]time.Duration{"the list": 0, "the history": time.Nanosecond} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring(), simulator.Options{HistoryAfter: after})
			before := time.Now().Add(-time.Hour)
			w.mustApply()
			s := w.compares(w.client, before)
			wantAgreement(t, where, s, money.Agrees, false)
			for _, p := range s.Purchases {
				if p.Account.Task != p.Task || p.Account.Type != string(wire.TaskRenew) || p.Account.Status != string(wire.DetailSuccess) || p.Account.Created.IsZero() {
					t.Errorf("%s: the account says of the order for %s: %+v", where, p.Domain, p.Account)
				}
			}
			theirs := w.order("d.example")
			time.Sleep(time.Hour)
			s = w.compares(w.client, before)
			wantAgreement(t, "with a task of others", s, money.Agrees, true)
			if u := s.Account.Unknown; len(u) != 1 || u[0].Task != theirs || len(u[0].Domains) != 1 || u[0].Domains[0].Domain != "d.example" || u[0].Domains[0].Status != wire.DetailSuccess {
				t.Errorf("%s: of others it tells %+v", where, u)
			}
			s = w.compares(w.client, time.Now().Add(time.Minute))
			if s.Account.Compared != 0 || s.Account.Earlier != len(s.Purchases) || s.Purchases[0].Account != nil || s.Differ() {
				t.Errorf("%s: what was ordered before the time is compared: %+v", where, s.Account)
			}
		})
	}
}

// TestOrdersThatTheServiceForgets: a task that is gone from the lists is asked for by its
// number; one of which the service tells nothing is missing, unless it is older than
// all that the service lists and than a month.
func TestOrdersThatTheServiceForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring(), simulator.Options{HistoryAfter: 10_000 * time.Hour})
		before := time.Now().Add(-time.Hour)
		w.mustApply()
		nothing := func(string) bool { return false }
		wantAgreement(t, "by number", w.compares(tasksForgetter{w.client, nothing, true, nil}, before), money.Agrees, false)
		s := w.compares(tasksForgetter{w.client, nothing, false, nil}, before)
		wantAgreement(t, "gone on the same day", s, money.NotListed, true)
		if len(s.Account.Missing) != len(s.Tasks(before)) {
			t.Errorf("missing are %q", s.Account.Missing)
		}
		time.Sleep(40 * 24 * time.Hour)
		s = w.compares(tasksForgetter{w.client, nothing, false, nil}, before)
		wantAgreement(t, "gone after a month, with all others", s, money.TooOld, false)
		theirs := w.order("d.example")
		s = w.compares(tasksForgetter{w.client, func(no string) bool { return no == theirs }, false, nil}, before)
		wantAgreement(t, "older than what is listed", s, money.TooOld, true) // by the task of others
		if s.Account.Oldest.IsZero() || len(s.Account.Missing) > 0 {
			t.Errorf("the oldest that is listed is of %v, and missing are %q", s.Account.Oldest, s.Account.Missing)
		}
		own := s.Purchases[0].Task
		s = w.compares(tasksForgetter{w.client, func(no string) bool { return no != own && no != theirs }, false, nil}, before)
		if a := s.Purchases[0].Account.Agreement; a != money.NotListed {
			t.Errorf("a task is gone while older ones are listed: %s", a)
		}
		s = w.compares(tasksForgetter{w.client, func(string) bool { return true }, false, errors.New("busy")}, before)
		wantAgreement(t, "unreadable", s, money.Unread, true)
	})
}

// A detailsTeller is a service that tells of each order in a task by a function.
type detailsTeller struct {
	executor.Service
	tell func(wire.TaskDetail) []wire.TaskDetail
}

func (f detailsTeller) QueryTaskDetailList(ctx context.Context, r *wire.QueryTaskDetailListRequest) (*wire.QueryTaskDetailListResponse, error) {
	page, err := f.Service.QueryTaskDetailList(ctx, r)
	if err != nil {
		return nil, err
	}
	var all []wire.TaskDetail
	for _, d := range page.Data {
		all = append(all, f.tell(d)...)
	}
	page.Data, page.TotalItemNum = all, len(all)
	return page, nil
}

// TestOrdersAreFoundHoweverTheyAreTold: a name is the same in capitals and with a dot; a
// task that tells of a name twice has executed the order where one of them says so, in
// whatever order they come, and what an earlier one says is no contradiction.
func TestOrdersAreFoundHoweverTheyAreTold(t *testing.T) {
	t.Parallel()
	twice := func(d wire.TaskDetail, status wire.DetailStatus, before bool) []wire.TaskDetail {
		other := d
		other.TaskDetailNo, other.TaskStatus, other.FailReason = d.TaskDetailNo+"-2", status, "The registry was busy."
		if before {
			return []wire.TaskDetail{other, d}
		}
		return []wire.TaskDetail{d, other}
	}
	for title, tell := range map[string]func(wire.TaskDetail) []wire.TaskDetail{
		"another spelling": func(d wire.TaskDetail) []wire.TaskDetail {
			d.DomainName = strings.ToUpper(d.DomainName) + "."
			return []wire.TaskDetail{d}
		},
		"failed before":     func(d wire.TaskDetail) []wire.TaskDetail { return twice(d, wire.DetailFailure, true) },
		"failed after":      func(d wire.TaskDetail) []wire.TaskDetail { return twice(d, wire.DetailFailure, false) },
		"it runs once more": func(d wire.TaskDetail) []wire.TaskDetail { return twice(d, wire.DetailRunning, true) },
		"two alike":         func(d wire.TaskDetail) []wire.TaskDetail { return twice(d, wire.DetailSuccess, true) },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring(), simulator.Options{})
			before := time.Now().Add(-time.Hour)
			w.mustApply()
			wantAgreement(t, title, w.compares(detailsTeller{w.client, tell}, before), money.Agrees, false)
		})
	}
}
