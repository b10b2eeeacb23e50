package apiclient_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestAllPages reads lists of several pages, by number and by cursor.
func TestAllPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for i := range 450 {
			names = append(names, fmt.Sprintf("n%03d.example", i))
		}
		s := simulator.New(simulator.Options{Account: account(names...)})
		c := clientOf(t, s.Transport(), nil)
		ctx := t.Context()
		var seen []string
		for d, err := range c.QueryDomainListAll(ctx, &wire.QueryDomainListRequest{OrderByType: wire.Ascending}) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, d.DomainName)
		}
		slices.Sort(seen)
		if diff := gocmp.Diff(names, seen); diff != "" {
			t.Error(diff)
		}
		if calls := c.Stats()["QueryDomainList"]; calls != 3 {
			t.Errorf("%d calls for 450 names", calls)
		}

		var tasks []string
		for range 5 {
			task, err := c.Submit(ctx, &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: names[:7], Status: true})
			if err != nil {
				t.Fatal(err)
			}
			tasks = append(tasks, task.TaskNo)
			time.Sleep(time.Minute)
		}
		time.Sleep(400 * 24 * time.Hour) // all of it is history now
		var old []string
		for task, err := range c.QueryTaskInfoHistoryAll(ctx, &wire.QueryTaskInfoHistoryRequest{PageSize: 2}) {
			if err != nil {
				t.Fatal(err)
			}
			old = append(old, task.TaskNo)
		}
		slices.Reverse(old)
		if diff := gocmp.Diff(tasks, old); diff != "" {
			t.Error(diff)
		}
		var details []string
		for d, err := range c.QueryTaskDetailHistoryAll(ctx, &wire.QueryTaskDetailHistoryRequest{PageSize: 3, TaskNo: tasks[0]}) {
			if err != nil {
				t.Fatal(err)
			}
			details = append(details, d.DomainName)
		}
		if diff := gocmp.Diff(names[:7], details); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAllStopsWithItsReader makes no call that nobody asked for, and ends with
// an error.
func TestAllStopsWithItsReader(t *testing.T) {
	s := simulator.New(simulator.Options{Account: account("example.com", "example.net", "example.org")})
	c := clientOf(t, s.Transport(), nil)
	for d, err := range c.QueryDomainListAll(t.Context(), &wire.QueryDomainListRequest{Page: wire.Page{PageSize: 1}}) {
		if err != nil || d.DomainName == "" {
			t.Errorf("%+v, %v", d, err)
		}
		break
	}
	if calls := c.Stats()["QueryDomainList"]; calls != 1 {
		t.Errorf("%d calls for one entry", calls)
	}
	rounds := 0
	for _, err := range c.QueryTaskDetailListAll(t.Context(), &wire.QueryTaskDetailListRequest{}) {
		rounds++
		if _, ok := errors.AsType[*wire.ParameterError](err); !ok {
			t.Errorf("%v", err)
		}
	}
	if rounds != 1 {
		t.Errorf("%d rounds for one error", rounds)
	}
}

// changeLog is a change log as the service shows it: newest or oldest first,
// and no more than limit entries to a query.
type changeLog struct {
	entries []wire.ChangeLog
	limit   int
	calls   int
	unit    time.Duration // of the times that it looks at
}

// in returns the beginning of the unit of time that the log sees.
func (l *changeLog) in(t time.Time) time.Time {
	if l.unit == 24*time.Hour {
		return wire.Midnight(t)
	}
	return t.Truncate(l.unit)
}

func (l *changeLog) answer(r wire.Request) (wire.Response, error) {
	l.calls++
	q := r.(*wire.QueryChangeLogListRequest)
	var found []wire.ChangeLog
	for _, e := range l.entries {
		at := l.in(e.Time)
		if (q.StartDate.IsZero() || !at.Before(l.in(q.StartDate))) && (q.EndDate.IsZero() || !at.After(l.in(q.EndDate))) {
			found = append(found, e)
		}
	}
	limited := len(found) > l.limit
	found = found[:min(len(found), l.limit)]
	from := min((q.PageNum-1)*q.PageSize, len(found))
	return &wire.QueryChangeLogListResponse{
		ResultLimit: limited, Data: found[from:min(from+q.PageSize, len(found))],
		Paged: wire.Paged{TotalItemNum: len(found), TotalPageNum: (len(found) + q.PageSize - 1) / q.PageSize},
	}, nil
}

// TestPagesSeeTheWholeChangeLog wants every entry once, in the service's order,
// whichever unit of time the service looks at.
func TestPagesSeeTheWholeChangeLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &changeLog{limit: 10}
		l.unit = rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 24 * time.Hour}).Draw(t, "unit")
		span := rapid.Int64Range(8, 1e11).Draw(t, "span")
		times := rapid.SliceOfN(rapid.Int64Range(1_700_000_000_000, 1_700_000_000_000+span), 0, 60).Draw(t, "times")
		within := map[time.Time]int{}
		for i, ms := range times {
			at := time.UnixMilli(ms).UTC()
			if within[l.in(at)]++; within[l.in(at)] <= l.limit {
				l.entries = append(l.entries, wire.ChangeLog{Time: at, Details: fmt.Sprint(i)})
			}
		}
		newestFirst := func(a, b wire.ChangeLog) int {
			return -cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Details, b.Details))
		}
		slices.SortFunc(l.entries, newestFirst)
		want := slices.Clone(l.entries)
		rising := rapid.Bool().Draw(t, "oldest first")
		if rising {
			slices.Reverse(l.entries)
		}
		var seen []wire.ChangeLog
		for page, err := range apiclient.Pages(&wire.QueryChangeLogListRequest{PageSize: 4}, 0, l.answer) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, page.(*wire.QueryChangeLogListResponse).Data...)
		}
		if rising { // a page whose entries are of one time does not tell the order
			slices.SortFunc(seen, newestFirst)
		}
		if diff := gocmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

// TestPagesSayWhatTheyCannotSee ends with an error where more happened at one
// time than the service shows.
func TestPagesSayWhatTheyCannotSee(t *testing.T) {
	l := &changeLog{limit: 2, unit: time.Millisecond}
	for range 3 {
		l.entries = append(l.entries, wire.ChangeLog{Time: time.Unix(1_700_000_000, 0)})
	}
	var last error
	for _, err := range apiclient.Pages(&wire.QueryChangeLogListRequest{}, 0, l.answer) {
		last = err
	}
	if last == nil || l.calls > 100 {
		t.Errorf("%v after %d calls", last, l.calls)
	}
}

// TestChangeLogBeyondAThousand reads more entries than a query of the service
// shows.
func TestChangeLogBeyondAThousand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for i := range 800 {
			names = append(names, fmt.Sprintf("n%03d.example", i))
		}
		s := simulator.New(simulator.Options{Account: account(names...)})
		c, began := clientOf(t, s.Transport(), nil), time.Now()
		for i := range 3 {
			lock := &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: names, Status: i%2 == 0}
			if _, err := c.Submit(t.Context(), lock); err != nil {
				t.Fatal(err)
			}
			time.Sleep(36 * time.Hour)
		}
		perName := map[string]int{}
		var last time.Time
		for e, err := range c.QueryChangeLogListAll(t.Context(), &wire.QueryChangeLogListRequest{StartDate: began}) {
			if err != nil {
				t.Fatal(err)
			}
			if !last.IsZero() && e.Time.After(last) {
				t.Errorf("%v comes after %v", e.Time, last)
			}
			last = e.Time
			perName[e.DomainName]++
		}
		for _, name := range names {
			if perName[name] != 3 {
				t.Errorf("%s has %d entries, not 3", name, perName[name])
			}
		}
		if calls := c.Stats()["QueryChangeLogList"]; calls > 60 {
			t.Errorf("%d calls for 24 pages", calls)
		}
	})
}
