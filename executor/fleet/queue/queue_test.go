package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/fleet/queue"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// TestQueue holds what a queue does with one server, and what happens to its tables there.
func TestQueue(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	for name, test := range map[string]func(*world){
		"each job is run once by one of many processes": runOnce,
		"what is more urgent is brought first":          urgentFirst,
		"what is brought twice is run once":             broughtTwice,
		"what is brought too late is not run":           broughtLate,
		"what River loses is brought again":             lost,
		"what a dead worker holds is brought again":     heldByTheDead,
		"what River saves is not run twice":             rescued,
		"a queue that stands still is done without":     standsStill,
		"tables that are gone are done without":         withoutTables,
		"a leader that is lost harms nothing":           leaderless,
		"a stop lets runs end and begins none":          stops,
		"what has ended is forgotten":                   cleaned,
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, c.Database(t)))
		})
	}
	t.Run("a-pooler", func(t *testing.T) {
		t.Parallel()
		runOnce(newWorld(t, c.Pooled()(c.Database(t))))
	})
	t.Run("tables-made-at-once", func(t *testing.T) {
		t.Parallel()
		madeAtOnce(t, c.Database(t))
	})
	t.Run("a-newer-database", func(t *testing.T) {
		t.Parallel()
		newer(t, c.Database(t))
	})
}

// world is a database with a fleet and its queue.
type world struct {
	*testing.T
	database string
	db       *pgxpool.Pool

	mu      sync.Mutex
	begun   []string
	working map[string]int
}

func newWorld(t *testing.T, database string) *world {
	db, err := pgsql.Connect(t.Context(), database, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &world{T: t, database: database, db: db, working: make(map[string]int)}
}

// file declares jobs that are run when somebody asks for them.
func file(names ...string) *fleet.File {
	f := new(fleet.File)
	for _, name := range names {
		f.Jobs = append(f.Jobs, fleet.Job{Name: name, Dir: name, State: name})
	}
	return f
}

// table opens the table of the fleet.
func (w *world) table() *postgres.Table {
	w.Helper()
	t, err := postgres.Create(w.Context(), w.database, clock.Clock{})
	if err != nil {
		w.Fatal(err)
	}
	return t
}

// A process runs jobs.
type process struct {
	*world
	table  fleet.Table
	queue  *queue.Queue
	runner *fleet.Runner
	log    safeBuffer
	stop   chan struct{}
	hard   context.CancelFunc
	ended  chan error
}

// safeBuffer is written by many at once.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start begins a process, in which all is fast.
func (w *world) start(f *fleet.File, run func(context.Context, fleet.Work), change func(*process, *queue.Options)) *process {
	w.Helper()
	table := w.table()
	p := &process{world: w, table: table, stop: make(chan struct{}), ended: make(chan error, 1)}
	p.runner = fleet.NewRunner(f)
	p.runner.Table, p.runner.Holder, p.runner.Poll, p.runner.Lease, p.runner.Workers = table, "machine", 50*time.Millisecond, 3*time.Second, 4
	p.runner.Log = slog.New(slog.NewTextHandler(&p.log, nil))
	p.runner.Perform = func(ctx context.Context, work fleet.Work) fleet.Outcome {
		defer w.enter(work.Job.Name)()
		if run != nil {
			run(ctx, work)
		}
		return fleet.Outcome{}
	}
	o := queue.Options{Table: table, Log: p.runner.Log, Fetch: 20 * time.Millisecond, Silence: time.Hour}
	if change != nil {
		change(p, &o)
	}
	q, err := queue.Open(w.Context(), w.database, o)
	if err != nil {
		w.Fatal(err)
	}
	p.queue, p.runner.Carrier = q, q
	if err := p.runner.Declare(w.Context(), "operator", f); err != nil {
		w.Fatal(err)
	}
	ctx, hard := context.WithCancel(context.WithoutCancel(w.Context()))
	p.hard = hard
	go func() { p.ended <- p.runner.Run(ctx, p.stop) }()
	w.Cleanup(func() {
		if !isClosed(p.stop) {
			p.leave()
		}
		if w.Failed() {
			w.Log(p.log.String())
		}
	})
	return p
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// leave asks a process to end, and waits for that.
func (p *process) leave() {
	p.Helper()
	close(p.stop)
	if err := <-p.ended; err != nil {
		p.Error(err)
	}
	p.hard()
	if err := p.queue.Close(); err != nil {
		p.Error(err)
	}
	if err := p.table.Close(); err != nil {
		p.Error(err)
	}
}

// enter notes that a job is run until what it returns is called.
func (w *world) enter(name string) (exit func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = append(w.begun, name)
	if w.working[name]++; w.working[name] > 1 {
		w.Errorf("%d runs of %s at once", w.working[name], name)
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.working[name]--
	}
}

// runs returns which runs have begun, in their order.
func (w *world) runs() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.begun)
}

// ask asks for runs of jobs.
func (p *process) ask(names ...string) {
	p.Helper()
	for _, name := range names {
		if err := p.table.Do(p.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: name}); err != nil {
			p.Fatal(err)
		}
	}
}

// until waits for what is to become true.
func (w *world) until(what string, is func() bool) {
	w.Helper()
	for begin := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			w.Fatalf("it did not come to it that %s; begun were %q", what, w.runs())
		}
	}
}

// count returns a number from River's tables.
func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	if err := w.db.QueryRow(w.Context(), query, args...).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

// execute changes River's tables.
func (w *world) execute(statement string, args ...any) {
	w.Helper()
	if _, err := w.db.Exec(w.Context(), statement, args...); err != nil {
		w.Fatal(err)
	}
}

// idle waits until no job is due or run any more.
func (p *process) idle() {
	p.Helper()
	p.until("all runs have ended", func() bool {
		all, err := p.table.Jobs(p.Context())
		return err == nil && !slices.ContainsFunc(all, func(e fleet.Entry) bool { return e.Asked != nil || e.Turn != nil })
	})
}

// tickets are those of River in a state.
const tickets = `SELECT count(*) FROM domainsync_river.river_job WHERE state::text = $1`

func runOnce(w *world) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("job%02d", i))
	}
	f := file(names...)
	for i := range f.Jobs {
		f.Jobs[i].State = fmt.Sprint(i / 2) // two of each account
	}
	var all []*process
	for range 3 {
		all = append(all, w.start(f, nil, nil))
	}
	all[0].ask(names...)
	all[0].idle()
	got := w.runs()
	slices.Sort(got)
	if !slices.Equal(got, names) {
		w.Errorf("run were %q", got)
	}
}

// blocked begins a process with one worker, which works on a job until it is let go.
func (w *world) blocked(f *fleet.File, change func(*process, *queue.Options)) (p *process, release func()) {
	w.Helper()
	let := make(chan struct{})
	f.Jobs = append(f.Jobs, fleet.Job{Name: "first", Dir: "first", State: "first"})
	p = w.start(f, func(_ context.Context, work fleet.Work) {
		if work.Job.Name == "first" {
			<-let
		}
	}, func(p *process, o *queue.Options) {
		p.runner.Workers = 1
		if change != nil {
			change(p, o)
		}
	})
	p.ask("first")
	w.until("the first has begun", func() bool { return len(w.runs()) == 1 })
	release = sync.OnceFunc(func() { close(let) })
	w.Cleanup(release)
	return p, release
}

// waits waits until so many tickets wait.
func (w *world) waits(n int) {
	w.Helper()
	w.until(fmt.Sprintf("%d tickets wait", n), func() bool { return w.count(tickets, "available") == n })
}

func urgentFirst(w *world) {
	f := file("a", "b", "c", "d", "e")
	for name, priority := range map[string]int{"b": 5, "c": -1000, "d": 1000, "e": 7} {
		f.Job(name).Priority = priority
	}
	p, release := w.blocked(f, nil)
	p.ask("a", "b", "c", "d")
	w.waits(4)
	p.ask("e") // which comes later
	w.waits(5)
	release()
	p.idle()
	if got := w.runs(); !slices.Equal(got, []string{"first", "d", "e", "b", "a", "c"}) {
		w.Errorf("begun were %q", got)
	}
}

// bring has River bring something that no look has added.
func (w *world) bring(args string) {
	w.Helper()
	w.execute(`INSERT INTO domainsync_river.river_job (args, kind, max_attempts, queue) VALUES ($1::text::jsonb, 'run', 1, 'jobs')`, args)
}

func broughtTwice(w *world) {
	p, release := w.blocked(file("a"), nil)
	p.ask("a")
	w.waits(1)
	for range 5 {
		w.bring(`{"job": "a", "fence": 0}`)
	}
	others := []*process{w.start(p.runner.File(), nil, nil), w.start(p.runner.File(), nil, nil)}
	w.until("others have taken all", func() bool { return w.count(tickets, "available") == 0 })
	release()
	p.idle()
	for _, p := range append(others, p) {
		p.leave()
	}
	if got := w.runs(); !slices.Equal(got, []string{"first", "a"}) {
		w.Errorf("begun were %q", got)
	}
}

func broughtLate(w *world) {
	p := w.start(file("a"), nil, nil)
	w.until("River runs", func() bool { return w.count(`SELECT count(*) FROM domainsync_river.river_queue`) == 1 })
	for _, args := range []string{`{"job": "a", "fence": 0}`, `{"job": "a", "fence": 99}`, `{"job": "nobody's", "fence": 1}`, `{}`, `{"job": ["a"], "fence": "b"}`} {
		w.bring(args)
	}
	w.until("all were taken", func() bool { return w.count(tickets, "available")+w.count(tickets, "running") == 0 })
	p.ask("a")
	p.idle()
	if got := w.runs(); !slices.Equal(got, []string{"a"}) {
		w.Errorf("begun were %q", got)
	}
	if !strings.Contains(p.log.String(), "what River brought could not be used") {
		w.Error("what cannot be read is not told")
	}
}

func lost(w *world) {
	p, release := w.blocked(file("a", "b"), nil)
	p.ask("a", "b")
	w.waits(2)
	w.execute(`TRUNCATE domainsync_river.river_job, domainsync_river.river_leader, domainsync_river.river_queue`)
	release()
	p.idle()
	if got := w.runs(); len(got) != 3 {
		w.Errorf("begun were %q", got)
	}
}

func heldByTheDead(w *world) {
	p, release := w.blocked(file("a"), nil)
	p.ask("a")
	w.waits(1)
	w.execute(`UPDATE domainsync_river.river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '2 seconds' WHERE state = 'available'`)
	release()
	p.idle() // a lease later
	if got := w.runs(); !slices.Equal(got, []string{"first", "a"}) {
		w.Errorf("begun were %q", got)
	}
	if n := w.count(tickets, "discarded"); n != 1 {
		w.Errorf("%d tickets were released", n)
	}
}

// rescued has River do what its rescue would: the job that is at work waits again.
func rescued(w *world) {
	p, release := w.blocked(file("a"), nil)
	other := w.start(p.runner.File(), nil, nil)
	w.execute(`UPDATE domainsync_river.river_job SET state = 'available' WHERE state = 'running'`)
	w.until("the other one has taken it", func() bool { return w.count(tickets, "available") == 0 })
	release()
	p.idle()
	other.leave()
	if got := w.runs(); !slices.Equal(got, []string{"first"}) {
		w.Errorf("begun were %q", got)
	}
}

// slow is the clock of a machine that is a day behind.
type slow struct{ clock.Clock }

func (s slow) Now() time.Time { return time.Now().Add(-24 * time.Hour) }

func standsStill(w *world) {
	p := w.start(file("a", "b"), nil, func(_ *process, o *queue.Options) {
		o.Silence, o.Clock = 500*time.Millisecond, clock.New(slow{})
	})
	w.until("River runs", func() bool { return w.count(`SELECT count(*) FROM domainsync_river.river_queue`) == 1 })
	w.execute(`UPDATE domainsync_river.river_queue SET paused_at = now()`)
	w.until("River sees that", func() bool {
		w.bring(`{"job": "nobody's", "fence": 1}`)
		for begin := time.Now(); w.count(tickets, "available") > 0; {
			if time.Since(begin) > time.Second { // it would have been taken fifty times
				return true
			}
		}
		return false
	})
	p.ask("a")
	p.idle()
	if !strings.Contains(p.log.String(), "River brings nothing") {
		w.Error("the log does not say so")
	}
	w.execute(`UPDATE domainsync_river.river_queue SET paused_at = NULL`)
	w.until("River brings again", func() bool { return strings.Contains(p.log.String(), "River brings jobs again") })
	p.ask("b")
	p.idle()
	if got := w.runs(); !slices.Equal(got, []string{"a", "b"}) {
		w.Errorf("begun were %q", got)
	}
}

func withoutTables(w *world) {
	p := w.start(file("a"), nil, func(_ *process, o *queue.Options) { o.Silence = 500 * time.Millisecond })
	w.until("River runs", func() bool { return w.count(`SELECT count(*) FROM domainsync_river.river_queue`) == 1 })
	w.execute(`DROP TABLE domainsync_river.river_job`)
	p.ask("a")
	p.idle()
	if _, err := p.runner.Looked(); err != nil {
		w.Errorf("the look fails: %v", err)
	}
	if n := strings.Count(p.log.String(), "River cannot be used"); n != 1 {
		w.Errorf("the log says so %d times", n)
	}
	if !strings.Contains(p.log.String(), "river_job") {
		w.Error("the log does not say what is missing")
	}
}

func leaderless(w *world) {
	p := w.start(file("a", "b"), nil, nil)
	other := w.start(p.runner.File(), nil, nil)
	w.until("one leads", func() bool { return w.count(`SELECT count(*) FROM domainsync_river.river_leader`) == 1 })
	w.execute(`UPDATE domainsync_river.river_leader SET leader_id = 'nobody', expires_at = now() + interval '1 hour'`)
	p.ask("a")
	p.idle()
	other.leave()
	w.execute(`DELETE FROM domainsync_river.river_leader`)
	p.ask("b")
	p.idle()
	if got := w.runs(); !slices.Equal(got, []string{"a", "b"}) {
		w.Errorf("begun were %q", got)
	}
}

func stops(w *world) {
	p, release := w.blocked(file("a"), nil)
	p.ask("a")
	w.waits(1)
	close(p.stop)
	release()
	if err := <-p.ended; err != nil {
		w.Error(err)
	}
	if got := w.runs(); !slices.Equal(got, []string{"first"}) {
		w.Errorf("begun were %q", got)
	}
	if n := w.count(tickets, "running"); n != 0 {
		w.Errorf("%d tickets are told to be at work", n)
	}
	if err := p.queue.Close(); err != nil {
		w.Error(err)
	}
	next := w.start(p.runner.File(), nil, nil)
	next.idle()
	if got := w.runs(); !slices.Equal(got, []string{"first", "a"}) {
		w.Errorf("begun were %q", got)
	}
	p.hard()
}

func cleaned(w *world) {
	if testing.Short() {
		w.Skip("River begins to forget after some seconds")
	}
	p := w.start(file("a"), nil, nil)
	p.ask("a")
	p.idle()
	w.until("it has ended for River, too", func() bool { return w.count(tickets, "completed") == 1 })
	w.execute(`UPDATE domainsync_river.river_job SET finalized_at = now() - interval '25 hours'`)
	w.until("it is forgotten", func() bool { return w.count(tickets, "completed") == 0 })
}

func madeAtOnce(t *testing.T, database string) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			q, err := queue.Open(t.Context(), database, queue.Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			if err := q.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func newer(t *testing.T, database string) {
	madeAtOnce(t, database)
	w := newWorld(t, database)
	w.execute(`INSERT INTO domainsync_river.river_migration (line, version) VALUES ('main', 99)`)
	_, err := queue.Open(t.Context(), database, queue.Options{Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "newer domainsync (River's version 99") {
		t.Errorf("it says %v", err)
	}
}
