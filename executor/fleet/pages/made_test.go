package pages_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// now is when all of the tests' past ends.
var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// fakeTable is a table that holds what a test puts there.
type fakeTable struct {
	mu    sync.Mutex
	jobs  []fleet.Entry
	runs  []fleet.Run // the newest first
	lines map[int64][]fleet.Line
	acts  []fleet.Act // the newest first

	attendance fleet.Attendance
}

func (t *fakeTable) Attendance(context.Context) (fleet.Attendance, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.attendance, nil
}

func (t *fakeTable) Jobs(context.Context) ([]fleet.Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.jobs), nil
}

func (t *fakeTable) Runs(_ context.Context, q fleet.RunQuery) (found []fleet.Run, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.runs {
		if (q.ID == 0 || r.ID == q.ID) && (q.Job == "" || r.Job == q.Job) && (q.Before == 0 || r.ID < q.Before) &&
			(!q.Failed || !r.Ended.IsZero() && r.ExitCode != 0) && (q.Limit == 0 || len(found) < q.Limit) {
			found = append(found, r)
		}
	}
	return found, nil
}

func (t *fakeTable) Lines(_ context.Context, run, after int64) (found []fleet.Line, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lines[run] {
		if l.Number > after {
			found = append(found, l)
		}
	}
	return found, nil
}

func (t *fakeTable) Acts(_ context.Context, q fleet.ActQuery) (found []fleet.Act, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.acts {
		if (q.Job == "" || a.Job == q.Job) && (q.By == "" || a.By == q.By) && (q.Deed == "" || a.Deed == q.Deed) &&
			(q.Before == 0 || a.ID < q.Before) && (q.Limit == 0 || len(found) < q.Limit) {
			found = append(found, a)
		}
	}
	return found, nil
}

func (t *fakeTable) Do(_ context.Context, a fleet.Act) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.jobs, func(e fleet.Entry) bool { return e.Name == a.Job })
	if i < 0 {
		return &fleet.NoJobError{Job: a.Job}
	}
	a.ID, a.At = int64(len(t.acts)+1), now
	t.acts = slices.Insert(t.acts, 0, a)
	switch a.Deed {
	case fleet.DeedAsk:
		t.jobs[i].Asked = &a
	case fleet.DeedPause:
		t.jobs[i].Paused = &a
	case fleet.DeedResume:
		t.jobs[i].Paused = nil
	}
	return nil
}

// add adds lines to a run.
func (t *fakeTable) add(run int64, lines ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range lines {
		t.lines[run] = append(t.lines[run], fleet.Line{Number: int64(len(t.lines[run]) + 1), Data: []byte(l)})
	}
}

// end ends a run.
func (t *fakeTable) end(run int64, o fleet.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.runs {
		if t.runs[i].ID == run {
			t.runs[i].Ended, t.runs[i].Outcome = now, o
		}
	}
}

// textOf are the metrics of a run that ended with conditions.
func textOf(t testing.TB, account string, conditions ...job.Condition) []byte {
	t.Helper()
	var text bytes.Buffer
	budget := &planner.Budget{Budget: config.Budget{Amount: 100000, Currency: "USD", Per: "month"}, Spent: 70050}
	r := metrics.Run{Operation: job.Applying, Ended: now, Result: &job.Result{Account: account, Complete: true, Conditions: conditions, Plan: &planner.Plan{Budget: budget}, Months: monthsMade()}}
	if err := metrics.Write(&text, metrics.Of(r, nil)); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// monthsMade are an account by month: ten names end and four are renewed in each.
func monthsMade() *report.Months {
	m := &report.Months{ReadAt: now.Add(-9 * time.Hour), Currency: "USD", Ends: report.CalendarRow{Months: make([]report.Cell, report.CalendarMonths)}}
	m.Ends.Expired, m.Ends.Later = report.Cell{Names: 1, Endangered: 1}, report.Cell{Names: 759}
	for i := range m.Ends.Months {
		m.Ends.Months[i] = report.Cell{Names: 10 + i%5, Endangered: max(0, 2-i)}
		x := report.ForecastMonth{Month: now.AddDate(0, i, -29).Format("2006-01"), Renewals: 3, Amount: 31_50, ByService: 1, AmountByService: 10_50, Budget: new(attr.Amount(40_00))}
		if i == 7 {
			x.Renewals, x.Amount, x.Unpriced = 9, 63_00, 3
		}
		m.Forecast = append(m.Forecast, x)
	}
	return m
}

// someJobs is a fleet with a job in each state.
func someJobs(t testing.TB) *fakeTable {
	t.Helper()
	f := &fakeTable{lines: make(map[int64][]fleet.Line)}
	day := 24 * time.Hour
	add := func(name string, o fleet.Outcome, change func(e *fleet.Entry), conditions ...job.Condition) {
		id := int64(len(f.runs) + 1)
		r := fleet.Run{ID: id, Job: name, Due: now.Add(-9 * time.Hour), Began: now.Add(-9 * time.Hour), Ended: now.Add(-9*time.Hour + 42*time.Second), Holder: "ci@host-1", Attempt: 1, Outcome: o}
		f.runs = slices.Insert(f.runs, 0, r)
		e := fleet.Entry{Name: name, Schedule: "17 3 * * *", Next: now.Add(15 * time.Hour), Last: &r, Metrics: textOf(t, fmt.Sprint(1000+id), conditions...)}
		if change != nil {
			change(&e)
		}
		f.jobs = append(f.jobs, e)
	}
	commit := "4f0c2ab9d1e74b7f8a0c"
	add("brands", fleet.Outcome{Commit: commit, Recorded: 12}, nil)
	add("corp", fleet.Outcome{ExitCode: 4, Reason: "endangered", Commit: commit, Changed: true}, nil,
		job.Condition{ID: "endangered", Domain: "xn--bcher-kva.example", Severity: job.Page, Deadline: now.Add(3 * day)},
		job.Condition{ID: "endangered", Domain: "shop.example", Severity: job.Ticket, Deadline: now.Add(20 * day)},
		job.Condition{ID: "drift", Domain: "www.example", Attribute: "nameservers", Severity: job.Ticket})
	add("defence", fleet.Outcome{ExitCode: 2, Reason: "unapproved", Commit: commit, Plan: planHash, Waiting: 3}, nil, job.Condition{ID: "unapproved", Domain: "a.example", Attribute: "nameservers", Severity: job.Notice})
	add("events", fleet.Outcome{}, func(e *fleet.Entry) {
		e.Paused = &fleet.Act{By: "ada", At: now.Add(-2 * day), Detail: "moves to another account"}
	})
	add("labs", fleet.Outcome{ExitCode: 1, Reason: "error", Message: "the service refuses the key"}, nil)
	add("media", fleet.Outcome{}, func(e *fleet.Entry) {
		e.Turn = &fleet.Turn{Job: "media", Run: 100, Began: now.Add(-time.Minute), Until: now.Add(time.Minute), By: "ada", Holder: "ci@host-2"}
	})
	f.jobs = append(f.jobs, fleet.Entry{Name: "new", Schedule: "", Asked: &fleet.Act{By: "bob", At: now.Add(-5 * time.Second)}})
	f.runs = slices.Insert(f.runs, 0, fleet.Run{ID: 100, Job: "media", Due: now.Add(-time.Minute), Began: now.Add(-time.Minute), By: "ada", Holder: "ci@host-2", Attempt: 1})
	f.add(
		100,
		`{"type":"began","number":1,"time":"2026-11-30T11:59:00Z","operation":"apply","endpoint":"https://domain.example","version":"1.2.0"}`,
		`{"type":"foreseen","number":2,"time":"2026-11-30T11:59:01Z","part":"reading","calls":{"QueryDomainList":3},"seconds":4}`,
		`{"type":"read","number":3,"time":"2026-11-30T11:59:05Z","counts":{"names":200,"failures":1},"seconds":3.5}`,
		`{"type":"change","time":"2026-11-30T11:59:06Z","id":"a.example/nameservers","domain":"a.example","attribute":"nameservers","action":"update","status":"ready","hazard":"delegation"}`,
		`{"type":"planned","number":4,"time":"2026-11-30T11:59:06Z","counts":{"ready":1},"changed":1}`,
		`{"type":"submitted","number":5,"time":"2026-11-30T11:59:07Z","operation":"SaveBatchTaskForModifyingDomainDns","names":["a.example"],"task":"t-1"}`,
		`{"type":"progress","time":"2026-11-30T11:59:08Z","counts":{"steps":4,"ended":1,"open_tasks":1},"seconds_left":12}`,
	)
	f.acts = []fleet.Act{
		{ID: 3, At: now.Add(-time.Minute), By: "ada", Deed: fleet.DeedAsk, Job: "media"},
		{ID: 2, At: now.Add(-2 * day), By: "ada", Deed: fleet.DeedPause, Job: "events", Detail: "moves to another account"},
		{ID: 1, At: now.Add(-3 * day), By: "ci@host-1", Deed: fleet.DeedServe, Detail: "domainsync 1.2.0"},
	}
	return f
}

// planHash is the hash of the plan that waits.
const planHash = "5ad2a5e4c0b6a2b1f0d3c5e7f9a1b3c5d7e9f1a3b5c7d9e1f3a5b7c9d1e3f5a7"

// people are those of the tests, by role.
var people = map[fleet.Role]*fleet.Person{
	fleet.Viewer: {Name: "vera", Role: fleet.Viewer}, fleet.Approver: {Name: "paul", Role: fleet.Approver}, fleet.Admin: {Name: "ada", Role: fleet.Admin},
}

type personKey struct{}

// guarded serves the pages to a person, as far as their role permits.
func guarded(t testing.TB, o pages.Options, role fleet.Role) http.Handler {
	t.Helper()
	o.Person = func(ctx context.Context) *fleet.Person {
		who, _ := ctx.Value(personKey{}).(*fleet.Person)
		return who
	}
	o.SignOut, o.Version = func(context.Context) string { return "/signout" }, "1.2.0"
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	site, err := pages.New(o)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, route := range site.Routes() {
		mux.HandleFunc(strings.TrimSpace(route.Method+" "+route.Pattern), func(w http.ResponseWriter, r *http.Request) {
			if route.Least != "" && !role.Permits(route.Least) {
				http.Error(w, "not permitted", http.StatusForbidden)
				return
			}
			route.Handler(w, r.WithContext(context.WithValue(r.Context(), personKey{}, people[role])))
		})
	}
	return mux
}

// standing is a clock that stands when all of the tests' past ends, but for its timers.
func standing() clock.Clock {
	return clock.Shifted(clock.Clock{}, func() time.Duration { return now.Sub(began) })
}

var began = clock.Clock{}.Now()
