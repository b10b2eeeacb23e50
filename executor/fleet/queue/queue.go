// Package queue brings the jobs of a fleet that are due to processes on many machines, by
// River on PostgreSQL.
//
// It decides nothing. What is due, and whose turn it is, the table of the fleet says: a
// worker that was brought a job takes its turn there, or finds that there is none. So
// River may bring a job twice, late or never; it may lose its leader or its tables. A look
// adds what is due and does not wait in it, and where River brings nothing for a while,
// a process takes what is due by itself.
//
// It works behind a pooler that gives a connection to each transaction: River asks for
// what there is, and listens for nothing.
package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// A Table says what is due in a transaction of its database. It is the one of the fleet.
type Table interface {
	DueTx(ctx context.Context, tx pgx.Tx, c fleet.Claim) (due []fleet.DueJob, next time.Time, err error)
}

// Options are how a queue works. Times of zero are the usual ones.
type Options struct {
	Table Table
	Log   *slog.Logger
	Clock clock.Clock
	// Fetch is how often a process asks River for what waits, while it has room.
	Fetch time.Duration
	// Silence is for how long River may bring nothing to a process that has room while
	// jobs are due.
	Silence time.Duration
}

// The usual times.
const (
	usualFetch   = time.Second
	usualSilence = 30 * time.Second
)

// connections is how many a process uses at most: for a look, and for what River does.
const connections = 4

// A Queue is the part of a process in the queue of a fleet: a [fleet.Carrier].
type Queue struct {
	Options
	pool    *pgxpool.Pool
	where   string
	log     *slog.Logger // of what is wrong with River, which goes on for long
	workers fleet.Workers
	client  *river.Client[pgx.Tx]
	slots   chan struct{} // of runs
	over    chan struct{} // closed when none begins any more
	alone   conc.WaitGroup

	mu      sync.Mutex
	running bool      // River
	brought time.Time // by River, last; or when the queue began
	silent  bool      // what is due is taken without River
}

// Open opens the queue in the database that a URL names, and makes its tables where they
// are missing.
func Open(ctx context.Context, state string, o Options) (*Queue, error) {
	q := &Queue{Options: o, where: pgsql.Redacted(state), log: slog.New(newSparing(o.Log.Handler(), o.Clock)), over: make(chan struct{})}
	if q.Fetch == 0 {
		q.Fetch = usualFetch
	}
	if q.Silence == 0 {
		q.Silence = usualSilence
	}
	pool, err := pgsql.Connect(ctx, state, connections)
	if err != nil {
		return nil, q.failed(err)
	}
	if err := migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, q.failed(err)
	}
	q.pool = pool
	return q, nil
}

// failed says of an error which queue it is about.
func (q *Queue) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the queue of jobs in %s: %w", q.where, err)
}

// Names in River's tables.
const (
	queueName = "jobs"
	kind      = "run"
)

// ticket is what waits in River for a worker: a job with the fence of its last turn. It
// is for the next one.
type ticket struct {
	Job   string `json:"job"`
	Fence int64  `json:"fence"`
}

// Kind is [river.JobArgs.Kind].
func (ticket) Kind() string { return kind }

// insertion has one ticket wait for each turn. One that came to its end is none: where it
// came to nothing, another one follows. None is tried twice.
func insertion() *river.InsertOpts {
	return &river.InsertOpts{
		Queue: queueName, MaxAttempts: 1,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}

// worker is who River calls.
type worker struct {
	river.WorkerDefaults[ticket]
	queue *Queue
}

// Work is [river.Worker.Work]. The end of its context does not end a run: the runner knows
// when one is to end.
func (w *worker) Work(_ context.Context, job *river.Job[ticket]) error {
	w.queue.bring(job.Args.Job)
	return nil
}

// Start is [fleet.Carrier.Start].
func (q *Queue) Start(_ context.Context, w fleet.Workers) error {
	q.workers, q.slots, q.brought = w, make(chan struct{}, w.Max), q.Clock.Now()
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{queue: q}); err != nil {
		return q.failed(err)
	}
	client, err := river.NewClient(riverpgxv5.New(q.pool), &river.Config{
		Schema: Schema, Workers: workers, Queues: map[string]river.QueueConfig{queueName: {MaxWorkers: w.Max}},
		PollOnly: true, FetchPollInterval: q.Fetch, FetchCooldown: min(q.Fetch, river.FetchCooldownDefault),
		JobTimeout:          -1,         // a run ends with its lease, and River saves none
		ReindexerIndexNames: []string{}, // its tables are small
		Logger:              slog.New(riverLog{q.log.Handler()}),
		ErrorHandler:        &errorHandler{q.Log},
	})
	if err != nil {
		return q.failed(err)
	}
	q.client = client
	return nil
}

// startOnce starts River, which needs the database for that. It outlives the context: what
// has begun is to end in order.
func (q *Queue) startOnce(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running {
		return nil
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	q.running = true
	return nil
}

// bring has the run of a job made that River has brought, if there is a turn.
func (q *Queue) bring(job string) {
	q.heard()
	select {
	case <-q.over:
		return
	default:
	}
	select {
	case q.slots <- struct{}{}:
	case <-q.over:
		return
	}
	defer func() { <-q.slots }()
	run, err := q.workers.Begin(job)
	if err != nil {
		q.Log.Error("the turn of a job could not be taken, and the job is brought again", "job", job, "error", err)
	}
	if run != nil {
		run()
	}
}

// heard notes that River brings something.
func (q *Queue) heard() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.brought = q.Clock.Now()
	if q.silent {
		q.silent = false
		q.Log.Info("River brings jobs again")
	}
}

// Look is [fleet.Carrier.Look]. What is wrong with River alone is no error: it is done
// without.
func (q *Queue) Look(ctx context.Context, c fleet.Claim) (next time.Time, err error) {
	river := q.startOnce(ctx)
	due, next, err := q.add(ctx, c)
	if len(due) > 0 && err != nil {
		river, err = err, nil
	}
	if river != nil && err == nil && ctx.Err() == nil {
		q.log.Error("River cannot be used, and jobs begin late", "error", q.failed(river))
	}
	q.standIn(due)
	return next, q.failed(err)
}

// standIn takes what is due for long while River brings nothing.
func (q *Queue) standIn(due []fleet.DueJob) {
	now := q.Clock.Now()
	for _, d := range due {
		if d.Waits < q.Silence || !q.isSilent(now) {
			continue
		}
		select {
		case q.slots <- struct{}{}:
		default:
			return // no room
		}
		run, err := q.workers.Begin(d.Name)
		if run == nil {
			<-q.slots
			if err != nil {
				return // the next look says so
			}
			continue
		}
		q.alone.Go(func() {
			defer func() { <-q.slots }()
			run()
		})
	}
}

// isSilent reports whether River brings nothing, and says so once.
func (q *Queue) isSilent(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.brought) < q.Silence {
		return false
	}
	if !q.silent {
		q.silent = true
		q.Log.Warn("River brings nothing, though jobs are due: this process takes them by itself until it does", "since", q.brought.UTC().Format(time.RFC3339))
	}
	return true
}

// flush is how long River has to write down what has ended. What it does not write
// harms nothing.
const flush = 10 * time.Second

// Stop is [fleet.Carrier.Stop].
func (q *Queue) Stop() {
	close(q.over)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		if q.client.Stop(ctx) == nil {
			close(ended)
		}
	}()
	for range cap(q.slots) {
		q.slots <- struct{}{} // nobody is at work any more
	}
	q.alone.Wait()
	fired, release := q.Clock.NewTimer(flush)
	defer release()
	select {
	case <-ended:
		q.mu.Lock()
		q.running = false
		q.mu.Unlock()
	case <-fired:
		q.Log.Warn("River did not write down in time which jobs it has brought; that harms nothing")
	}
}

// Close closes the connections. What River holds of them that did not stop ends with the
// process.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.running {
		q.pool.Close()
	}
	return nil
}
