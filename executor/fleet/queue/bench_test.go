package queue_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/fleet/queue"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// BenchmarkNight makes 1,000 jobs due at one time, whose runs wait for a service for a
// quarter of a second each, and tells how late they begin, with each way to carry them:
// one process with a file; processes that take from a database by themselves; and
// processes that have River bring it. Beside that it tells how many starts a second there
// are where runs take no time, how late one job begins alone that somebody asks for, and
// how many statements a second a process makes that has nothing to do.
func BenchmarkNight(b *testing.B) {
	for _, carried := range []struct {
		name      string
		open      func(b *testing.B) *night
		processes int
	}{
		{"file", openFile, 1},
		{"table", openDatabase, 1},
		{"table", openDatabase, 3},
		{"river", openRiver, 1},
		{"river", openRiver, 3},
	} {
		b.Run(fmt.Sprintf("%s/processes=%d", carried.name, carried.processes), func(b *testing.B) {
			jobs, quiet, asked := 1000, 20*time.Second, 10
			if testing.Short() {
				jobs, quiet, asked = 50, time.Second, 1
			}
			for b.Loop() {
				n := carried.open(b)
				n.declare(jobs)
				for range carried.processes {
					n.start(32 / carried.processes)
				}
				n.idle(quiet)
				n.alone(asked)
				n.all("waiting", 250*time.Millisecond)
				n.all("empty", 0)
				n.end()
			}
		})
	}
}

// night is a fleet whose jobs become due at one time.
type night struct {
	*testing.B
	table   func() fleet.Table
	carrier func(fleet.Table) (carrier fleet.Carrier, closes func() error)
	setDue  func(at time.Time)
	db      *pgxpool.Pool // nil: there is none

	file *fleet.File
	look fleet.Table
	work time.Duration
	stop chan struct{}
	ends []func()
}

func openFile(b *testing.B) *night {
	dir := b.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "fleet.db")+"?_pragma=busy_timeout(10000)")
	n := &night{B: b, stop: make(chan struct{})}
	n.check(err)
	n.table = func() fleet.Table {
		t, err := sqlite.Create(b.Context(), dir, clock.Clock{})
		n.check(err)
		return t
	}
	n.carrier = func(fleet.Table) (fleet.Carrier, func() error) { return nil, func() error { return nil } }
	n.setDue = func(at time.Time) {
		_, err := db.ExecContext(b.Context(), `UPDATE jobs SET next = ?`, at.UnixMilli())
		n.check(err)
	}
	n.ends = append(n.ends, func() { n.check(db.Close()) })
	return n
}

func openDatabase(b *testing.B) *night {
	c := pgtest.Start(b, "shared_preload_libraries=pg_stat_statements", "fsync=on", "synchronous_commit=on")
	database := c.NewDatabase(b)
	db, err := pgsql.Connect(b.Context(), database, 1)
	n := &night{B: b, db: db, stop: make(chan struct{})}
	n.check(err)
	n.table = func() fleet.Table {
		t, err := postgres.Create(b.Context(), database, clock.Clock{})
		n.check(err)
		return t
	}
	n.carrier = func(fleet.Table) (fleet.Carrier, func() error) { return nil, func() error { return nil } }
	n.setDue = func(at time.Time) {
		_, err := db.Exec(b.Context(), `UPDATE domainsync_fleet.jobs SET next = $1`, at)
		n.check(err)
	}
	_, err = db.Exec(b.Context(), `CREATE EXTENSION pg_stat_statements`)
	n.check(err)
	n.ends = append(n.ends, db.Close)
	return n
}

func openRiver(b *testing.B) *night {
	n := openDatabase(b)
	database := n.db.Config().ConnString()
	n.carrier = func(t fleet.Table) (fleet.Carrier, func() error) {
		q, err := queue.Open(b.Context(), database, queue.Options{Table: t.(queue.Table), Log: slog.New(slog.DiscardHandler)})
		n.check(err)
		return q, q.Close
	}
	return n
}

func (n *night) check(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

func (n *night) declare(jobs int) {
	n.file, n.look = new(fleet.File), n.table()
	s, err := fleet.ParseSchedule("0 0 1 1 *", "UTC")
	n.check(err)
	for i := range jobs {
		name := fmt.Sprintf("job%04d", i)
		n.file.Jobs = append(n.file.Jobs, fleet.Job{Name: name, Dir: name, State: name, Schedule: s})
	}
	var all []fleet.Declaration
	for i := range n.file.Jobs {
		all = append(all, n.file.Jobs[i].Declaration())
	}
	n.check(n.look.Declare(n.Context(), "operator", all))
	n.ends = append(n.ends, func() { n.check(n.look.Close()) })
}

// start begins a process.
func (n *night) start(workers int) {
	table := n.table()
	carrier, closes := n.carrier(table)
	r := fleet.NewRunner(n.file)
	r.Table, r.Holder, r.Workers, r.Carrier = table, "machine", workers, carrier
	r.Perform = func(ctx context.Context, _ fleet.Work) fleet.Outcome {
		if err := (clock.Clock{}).Sleep(ctx, n.work); err != nil {
			return fleet.Outcome{ExitCode: 1, Message: err.Error()}
		}
		return fleet.Outcome{}
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(n.Context(), n.stop) }()
	n.ends = append(n.ends, func() {
		n.check(<-ended)
		n.check(closes())
		n.check(table.Close())
	})
}

func (n *night) end() {
	close(n.stop)
	slices.Reverse(n.ends)
	for _, end := range n.ends {
		end()
	}
}

// idle counts the statements of processes that have nothing to do.
func (n *night) idle(d time.Duration) {
	if n.db == nil {
		return
	}
	count := func() (calls float64) {
		n.check(n.db.QueryRow(n.Context(), `SELECT coalesce(sum(calls), 0) FROM pg_stat_statements`).Scan(&calls))
		return calls
	}
	n.check((clock.Clock{}).Sleep(n.Context(), d/4))
	before := count()
	n.check((clock.Clock{}).Sleep(n.Context(), d))
	n.ReportMetric((count()-before)/d.Seconds(), "idle-statements/s")
}

// alone asks for single runs, one after the other.
func (n *night) alone(times int) {
	var late []time.Duration
	for i := range times {
		before := n.runs(1)
		n.check(n.look.Do(n.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: n.file.Jobs[i].Name}))
		for {
			if runs := n.runs(1); len(runs) == 1 && (len(before) == 0 || runs[0].ID != before[0].ID) && !runs[0].Ended.IsZero() {
				late = append(late, runs[0].Began.Sub(runs[0].Due))
				break
			}
			n.check((clock.Clock{}).Sleep(n.Context(), 20*time.Millisecond))
		}
	}
	slices.Sort(late)
	n.ReportMetric(late[len(late)/2].Seconds(), "asked-p50-s")
	n.ReportMetric(late[len(late)-1].Seconds(), "asked-max-s")
}

func (n *night) runs(limit int) []fleet.Run {
	all, err := n.look.Runs(n.Context(), fleet.RunQuery{Limit: limit})
	n.check(err)
	return all
}

// all makes all jobs due at a time, and tells how late they begin.
func (n *night) all(what string, work time.Duration) {
	n.work = work
	due, jobs := time.Now().Add(3*time.Second).Truncate(time.Millisecond), len(n.file.Jobs)
	n.setDue(due)
	for {
		n.check((clock.Clock{}).Sleep(n.Context(), time.Second))
		if runs := n.runs(jobs); len(runs) == jobs && !slices.ContainsFunc(runs, func(r fleet.Run) bool { return r.Ended.IsZero() || r.Due.Before(due) }) {
			break
		}
	}
	var late []float64
	for _, r := range n.runs(jobs) {
		if r.ExitCode != 0 || !r.Due.Equal(due) {
			n.Fatalf("a run is %+v", r)
		}
		late = append(late, r.Began.Sub(r.Due).Seconds())
	}
	slices.Sort(late)
	n.ReportMetric(late[0], what+"-first-s")
	n.ReportMetric(late[jobs/2], what+"-p50-s")
	n.ReportMetric(late[jobs*99/100], what+"-p99-s")
	n.ReportMetric(float64(jobs)/late[jobs-1], what+"-starts/s")
}
