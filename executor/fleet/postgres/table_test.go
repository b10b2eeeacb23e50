package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
)

const lease = 30 * time.Second

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func closes(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// create opens the table of a database as one more process, for the time of a test.
func create(t *testing.T, database string) *postgres.Table {
	t.Helper()
	table, err := postgres.Create(t.Context(), database, clock.Clock{})
	check(t, err)
	t.Cleanup(func() { closes(t, table) })
	return table
}

// execute changes a database behind the back of a table.
func execute(t *testing.T, database, statement string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	check(t, err)
	_, err = c.Exec(t.Context(), statement)
	check(t, errors.Join(err, c.Close(t.Context())))
}

// anyJob is a claim of a holder that knows all jobs, which run when somebody asks.
func anyJob(holder string) fleet.Claim {
	return fleet.Claim{Holder: holder, Lease: lease, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }}
}

// declare makes jobs the fleet's that run when somebody asks; account says whose each is.
func declare(t *testing.T, table fleet.Table, jobs int, account func(int) string) (names []string) {
	t.Helper()
	var all []fleet.Declaration
	for i := range jobs {
		name := fmt.Sprintf("job%02d", i)
		names, all = append(names, name), append(all, fleet.Declaration{Name: name, Account: account(i)})
	}
	check(t, table.Declare(t.Context(), "operator", all))
	return names
}

// ask asks for runs of jobs.
func ask(t *testing.T, table fleet.Table, names ...string) {
	t.Helper()
	for _, name := range names {
		check(t, table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: name}))
	}
}

// entry returns a job of the fleet.
func entry(t *testing.T, table fleet.Table, name string) *fleet.Entry {
	t.Helper()
	all, err := table.Jobs(t.Context())
	check(t, err)
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	t.Fatalf("there is no job %s in %v", name, all)
	return nil
}

// testRace has processes take jobs at once, some of the same accounts.
func testRace(t *testing.T, c *pgtest.Cluster) {
	const jobs, accounts, processes = 30, 6, 8
	database := c.Pooled()(c.Database(t))
	first := create(t, database)
	accountOf := func(i int) string { return fmt.Sprint("account", i%accounts) }
	names := declare(t, first, jobs, accountOf)
	ask(t, first, names...)
	of := make(map[string]string)
	for i, name := range names {
		of[name] = accountOf(i)
	}
	var mu sync.Mutex
	var taken int
	working, runs := make(map[string]string), make(map[string]int)
	all := func() bool { mu.Lock(); defer mu.Unlock(); return taken == jobs }
	begin := func(turn *fleet.Turn) {
		mu.Lock()
		defer mu.Unlock()
		if other := working[of[turn.Job]]; other != "" {
			t.Errorf("%s and %s are at work on one account", other, turn.Job)
		}
		working[of[turn.Job]] = turn.Job
		runs[turn.Job]++
		taken++
	}
	end := func(turn *fleet.Turn) { mu.Lock(); defer mu.Unlock(); delete(working, of[turn.Job]) }
	var group sync.WaitGroup
	for i := range processes {
		table := create(t, database)
		group.Go(func() {
			for !all() && t.Context().Err() == nil {
				turn, _, err := table.Take(t.Context(), anyJob(fmt.Sprint("machine", i)))
				if err != nil {
					t.Error(err)
					return
				}
				if turn == nil {
					continue
				}
				begin(turn)
				err = errors.Join(table.Renew(t.Context(), turn, lease), table.Record(t.Context(), turn, [][]byte{[]byte("{}")}))
				end(turn)
				if err = errors.Join(err, table.End(t.Context(), turn, fleet.Outcome{}, time.Time{})); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	for _, name := range names {
		if runs[name] != 1 {
			t.Errorf("%s was run %d times", name, runs[name])
		}
	}
}

// testDeclaredAtOnce has processes declare the same jobs in an empty database.
func testDeclaredAtOnce(t *testing.T, c *pgtest.Cluster) {
	database := c.Pooled()(c.Database(t))
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			table, err := postgres.Create(context.WithoutCancel(t.Context()), database, clock.Clock{})
			if err == nil {
				err = errors.Join(table.Declare(t.Context(), "operator", []fleet.Declaration{{Name: "a"}, {Name: "b"}}), table.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	acts, err := create(t, database).Acts(t.Context(), fleet.ActQuery{})
	if err != nil || len(acts) != 1 || acts[0].Detail != "+a +b" {
		t.Errorf("acts are %+v, %v", acts, err)
	}
}

// testStoppedProcess has a process stop in the middle of taking a job. Others take what
// they can meanwhile, and that job when its connection has ended.
func testStoppedProcess(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	table := create(t, database)
	names := declare(t, table, 3, func(i int) string { return fmt.Sprint("account", i/2) }) // two of one account
	ask(t, table, names...)
	stopped, err := pgx.Connect(t.Context(), database)
	check(t, err)
	_, err = stopped.Exec(t.Context(), `BEGIN; SELECT FROM domainsync_fleet.jobs WHERE name = 'job01' FOR UPDATE`)
	check(t, err)
	turn, _, err := table.Take(t.Context(), anyJob("machine"))
	if err != nil || turn == nil || turn.Job != "job02" {
		t.Fatalf("took %+v, %v", turn, err)
	}
	turn, next, err := table.Take(t.Context(), anyJob("machine"))
	if err != nil || turn != nil || next.IsZero() || next.After(time.Now().Add(time.Second)) {
		t.Fatalf("took %+v, and is to look again at %v, %v", turn, next, err)
	}
	check(t, stopped.Close(t.Context()))
	for turn == nil {
		turn, _, err = table.Take(t.Context(), anyJob("machine"))
		check(t, err)
	}
	if turn.Job == "job02" {
		t.Errorf("took %+v", turn)
	}
}

// testLocksEnd: the server itself ends a transaction whose process has stopped.
func testLocksEnd(t *testing.T, c *pgtest.Cluster) {
	table := create(t, c.Database(t))
	var idle, durable string
	check(t, postgres.Transact(table, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('synchronous_commit')`).Scan(&idle, &durable)
	}))
	if limit, err := time.ParseDuration(idle); err != nil || limit <= 0 || limit > lease/2 || durable != "on" {
		t.Errorf("transactions may be idle for %q, %v, and are durable: %q", idle, err, durable)
	}
}

// A wrongClock is off the right time.
type wrongClock struct{ off time.Duration }

func (w wrongClock) Now() time.Time { return time.Now().Add(w.off) }

func (w wrongClock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	return clock.Clock{}.NewTimer(d)
}

func (w wrongClock) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return clock.Clock{}.WithTimeoutCause(ctx, d, cause)
}

// testClocksThatDisagree: what a machine's clock shows neither makes a job due nor ends a
// lease; times that a process waits for are told by its own.
func testClocksThatDisagree(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	schedule, err := fleet.ParseSchedule("@every 6h", "UTC")
	check(t, err)
	right := create(t, database)
	check(t, right.Declare(t.Context(), "operator", []fleet.Declaration{{Name: "a", Account: "1", Schedule: schedule}}))
	for _, off := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		wrong, err := postgres.Create(t.Context(), database, clock.New(wrongClock{off}))
		check(t, err)
		claim := anyJob("wrong")
		claim.Schedule = func(string) (fleet.Schedule, bool) { return schedule, true }
		near := func(what string, got time.Time, want time.Duration) {
			t.Helper()
			if d := time.Until(got) - want; d < -time.Minute || d > time.Minute {
				t.Errorf("%s of a process that is %v off is %v, in %v", what, off, got, d)
			}
		}
		turn, next, err := wrong.Take(t.Context(), claim)
		if err != nil || turn != nil {
			t.Fatalf("took %+v, %v", turn, err)
		}
		near("the time to look again", next, 6*time.Hour+off)
		ask(t, wrong, "a")
		if due, _, err := wrong.Due(t.Context(), claim); err != nil || len(due) != 1 || due[0].Waits < 0 || due[0].Waits > time.Minute {
			t.Errorf("for a process that is %v off are due %+v, %v", off, due, err)
		}
		turn, _, err = wrong.Take(t.Context(), claim)
		if err != nil || turn == nil {
			t.Fatalf("took %+v, %v", turn, err)
		}
		near("the begin", turn.Began, 0)
		near("the end of the lease", turn.Until, lease+off)
		anHourAgo := time.Now().Add(off - time.Hour)
		check(t, wrong.Forget(t.Context(), fleet.Cutoffs{Lines: anHourAgo, Runs: anHourAgo, Acts: anHourAgo}))
		if begun, err := wrong.Acts(t.Context(), fleet.ActQuery{Deed: fleet.DeedBegin}); err != nil || len(begun) == 0 {
			t.Errorf("a process that is %v off forgets what was done a moment ago, %v", off, err)
		}
		near("the end of the lease, looked up", entry(t, wrong, "a").Turn.Until, lease+off)
		if other, _, err := right.Take(t.Context(), claim); err != nil || other != nil {
			t.Fatalf("a lease is over at once: %+v, %v", other, err)
		}
		check(t, wrong.Renew(t.Context(), turn, lease))
		check(t, wrong.End(t.Context(), turn, fleet.Outcome{Held: true}, time.Now().Add(off+time.Hour)))
		near("the time to run again", entry(t, right, "a").Next, time.Hour)
		check(t, right.Declare(t.Context(), "operator", nil))
		check(t, right.Declare(t.Context(), "operator", []fleet.Declaration{{Name: "a", Account: "1", Schedule: schedule}}))
		closes(t, wrong)
	}
}

// testNumbersGivenTwice: a turn writes nothing where the database went back beneath it
// unnoticed, though the turn that was given since has the same numbers.
func testNumbersGivenTwice(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	table := create(t, database)
	declare(t, table, 1, func(int) string { return "1" })
	old := take(t, table, "job00")
	execute(t, database, `UPDATE domainsync_fleet.jobs SET fence = 0, run = NULL, until = NULL; DELETE FROM domainsync_fleet.runs;
		SELECT setval('domainsync_fleet.runs_id_seq', 1, false)`)
	turn := take(t, table, "job00")
	if turn.Run != old.Run || turn.Fence != old.Fence {
		t.Fatalf("numbers are %+v and %+v: the test shows nothing", old, turn)
	}
	for what, err := range map[string]error{
		"renew": table.Renew(t.Context(), old, lease), "record": table.Record(t.Context(), old, [][]byte{{}}), "end": table.End(t.Context(), old, fleet.Outcome{}, time.Time{}),
	} {
		if _, lost := errors.AsType[*fleet.LostError](err); !lost {
			t.Errorf("%s: %v", what, err)
		}
	}
	check(t, table.Renew(t.Context(), turn, lease))
}

// testNewerTable: tables of a newer program are left alone.
func testNewerTable(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	create(t, database)
	execute(t, database, `INSERT INTO domainsync_fleet.migrations (version_id, is_applied) VALUES (1000, true)`)
	for what, open := range map[string]func(context.Context, string, clock.Clock) (*postgres.Table, error){"create": postgres.Create, "open": postgres.Open} {
		if _, err := open(t.Context(), database, clock.Clock{}); err == nil || !strings.Contains(err.Error(), "newer domainsync (version 1000, this program knows ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// testNoTable: who only looks makes none, and learns how one is made. Journals may lie
// in the same database.
func testNoTable(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	j, err := journal.Open(t.Context(), database, journal.Options{Endpoint: "https://domain.example", Account: "1"})
	check(t, err)
	_, err = postgres.Open(t.Context(), database, clock.Clock{})
	if _, none := errors.AsType[*fleet.NoTableError](err); !none {
		t.Errorf("got %v", err)
	}
	table := create(t, database)
	declare(t, table, 1, func(int) string { return "1" })
	check(t, j.Close())
	again, err := postgres.Open(t.Context(), database, clock.Clock{})
	check(t, err)
	closes(t, again)
}

// testNoRight: whoever may make no schema learns what is missing.
func testNoRight(t *testing.T, c *pgtest.Cluster) {
	database := c.Database(t)
	execute(t, database, `CREATE ROLE guest LOGIN`)
	u, err := url.Parse(database)
	check(t, err)
	u.User = url.User("guest")
	if _, err := postgres.Create(t.Context(), u.String(), clock.Clock{}); err == nil || !strings.Contains(err.Error(), "needs the right to create schemas, or a schema domainsync_fleet that is its own") {
		t.Errorf("got %v", err)
	}
	execute(t, database, `CREATE SCHEMA domainsync_fleet AUTHORIZATION guest`)
	table, err := postgres.Create(t.Context(), u.String(), clock.Clock{})
	check(t, err)
	closes(t, table)
}

// testStrangeTexts: what people write is kept, as far as a database can keep it.
func testStrangeTexts(t *testing.T, c *pgtest.Cluster) {
	table := create(t, c.Database(t))
	declare(t, table, 1, func(int) string { return "1" })
	check(t, table.Do(t.Context(), fleet.Act{By: "a\x00da", Deed: fleet.DeedAsk, Job: "job00", Detail: "\xff 'quoted'; ü"}))
	turn, _, err := table.Take(t.Context(), anyJob("ma\x00chine"))
	check(t, err)
	check(t, table.Renew(t.Context(), turn, lease))
	check(t, table.End(t.Context(), turn, fleet.Outcome{ExitCode: 4, Message: "\x00\xff"}, time.Time{}))
	runs, err := table.Runs(t.Context(), fleet.RunQuery{Failed: true})
	if err != nil || len(runs) != 1 || runs[0].By != "a�da" || runs[0].Message != "\x00�" {
		t.Errorf("runs are %+v, %v", runs, err)
	}
	acts, err := table.Acts(t.Context(), fleet.ActQuery{By: "a\x00da"})
	if err != nil || len(acts) != 1 || acts[0].Detail != "� 'quoted'; ü" {
		t.Errorf("acts are %+v, %v", acts, err)
	}
}

// TestServerThatEnds ends a server in the middle of a run and starts it again: by a crash
// and in order.
func TestServerThatEnds(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	table := create(t, c.Database(t))
	declare(t, table, 2, func(i int) string { return fmt.Sprint(i) })
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGINT} {
		ask(t, table, "job00", "job01")
		turn, _, err := table.Take(t.Context(), anyJob("machine"))
		check(t, err)
		check(t, table.Record(t.Context(), turn, [][]byte{[]byte("{}")}))
		c.End(signal)
		if _, _, err := table.Take(t.Context(), anyJob("machine")); err == nil {
			t.Fatal("a job was taken without a database")
		}
		ended := make(chan error)
		go func() {
			ended <- table.End(t.Context(), turn, fleet.Outcome{ExitCode: 4, Reason: "failed"}, time.Time{})
		}()
		c.Begin()
		check(t, <-ended)
		if e := entry(t, table, turn.Job); e.Turn != nil || e.Last == nil || e.Last.ID != turn.Run || e.Last.ExitCode != 4 {
			t.Errorf("after %v the job is %+v", signal, e)
		}
		other, _, err := table.Take(t.Context(), anyJob("machine"))
		if err != nil || other == nil || other.Job == turn.Job || other.Run <= turn.Run {
			t.Fatalf("after %v took %+v, %v", signal, other, err)
		}
		check(t, table.End(t.Context(), other, fleet.Outcome{}, time.Time{}))
	}
}
