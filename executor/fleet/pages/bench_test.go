package pages_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/clock"
)

// The fleet of the benchmarks: a million names.
const (
	manyAccounts     = 1000
	endangeredEach   = 60 // of its names
	driftedEach      = 60
	secondsBetween   = 2 // looks at pages, so that each reads the table anew
	mostMilliseconds = 2000
)

// manyJobs is a table in a file with the runs of that fleet, one of each account.
func manyJobs(tb testing.TB, accounts int, c clock.Clock) fleet.Table {
	tb.Helper()
	table, err := sqlite.Create(tb.Context(), tb.TempDir(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { table.Close() }) //nolint:errcheck // the directory goes with the test
	check := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	var all []fleet.Declaration
	for i := range accounts {
		all = append(all, fleet.Declaration{Name: fmt.Sprintf("account-%04d", i), Account: fmt.Sprint(i)})
	}
	check(table.Declare(tb.Context(), "me", all))
	for i, d := range all {
		check(table.Do(tb.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: d.Name}))
		turn, _, err := table.Take(tb.Context(), fleet.Claim{Holder: "me", Lease: time.Hour, Job: d.Name, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
		check(err)
		var conditions []job.Condition
		for n := range endangeredEach + driftedEach {
			x := job.Condition{ID: "endangered", Domain: fmt.Sprintf("name%d.account%d.example", n, i), Severity: job.Ticket, Deadline: now.AddDate(0, 0, n)}
			if n >= endangeredEach {
				x = job.Condition{ID: "drift", Domain: x.Domain, Attribute: "nameservers", Severity: job.Ticket}
			}
			conditions = append(conditions, x)
		}
		check(table.End(tb.Context(), turn, fleet.Outcome{ExitCode: i % 5, Commit: "4f0c2ab9d1e74b7f8a0c", Metrics: textOf(tb, fmt.Sprint(i), conditions...)}, time.Time{}))
	}
	return table
}

// looks are the pages that are made of all accounts.
var looks = []string{"/", "/?sort=endangered", "/?q=999", "/endangered", "/expiry", "/cost", "/runs", "/jobs/account-0500"}

// BenchmarkPages makes the pages of 1,000 accounts with 1,000,000 names, each from the
// table as it is then.
func BenchmarkPages(b *testing.B) {
	moved := time.Duration(0)
	c := clock.Shifted(clock.Clock{}, func() time.Duration { return moved })
	h := guarded(b, pages.Options{Table: manyJobs(b, manyAccounts, c), Clock: c}, fleet.Viewer)
	for _, path := range looks {
		b.Run(path, func(b *testing.B) {
			size := 0
			for b.Loop() {
				moved += secondsBetween * time.Second
				w := ask(b, h, http.MethodGet, path, nil)
				if size = w.Body.Len(); w.Code != http.StatusOK {
					b.Fatalf("status %d", w.Code)
				}
			}
			b.ReportMetric(float64(size)/1024, "KiB/page")
		})
	}
}

// TestManyAccountsAreShownInTime: the bound is far above what is usual, for machines that
// do other work; the figures stand in docs/performance.md.
func TestManyAccountsAreShownInTime(t *testing.T) {
	t.Parallel()
	accounts := manyAccounts
	if testing.Short() {
		accounts = 100
	}
	moved := time.Duration(0)
	c := clock.Shifted(clock.Clock{}, func() time.Duration { return moved })
	h := guarded(t, pages.Options{Table: manyJobs(t, accounts, c), Clock: c}, fleet.Viewer)
	ask(t, h, http.MethodGet, "/", nil) // the first reads all metrics
	for _, path := range looks {
		moved += secondsBetween * time.Second
		began := c.Now()
		w := ask(t, h, http.MethodGet, path, nil)
		took := c.Since(began)
		t.Logf("%s: %d KiB in %s", path, w.Body.Len()/1024, took)
		if w.Code != http.StatusOK && path != looks[len(looks)-1] || took > mostMilliseconds*time.Millisecond {
			t.Errorf("%s: status %d after %s", path, w.Code, took)
		}
		if kib := w.Body.Len() / 1024; kib > 400 {
			t.Errorf("%s has %d KiB", path, kib)
		}
	}
}
