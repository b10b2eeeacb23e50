package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/internal/clock"
)

// Work is one run of a job that is to be made.
type Work struct {
	Job  Job
	Turn Turn
	// Stop asks for an orderly end when it is closed.
	Stop <-chan struct{}
	// Record keeps a line of JSON of what happens, for those who look on.
	Record func(line []byte)
	Log    *slog.Logger
}

// Perform makes a run, and returns how it ended. The end of the context stops it at once.
type Perform func(ctx context.Context, w Work) Outcome

// A Runner runs the jobs that are due, some of them side by side. What it may not do
// twice the table and the account's own journal decide: it may die at any point.
type Runner struct {
	Table   Table
	Perform Perform
	// Carrier brings what is due; nil: this process alone looks for it.
	Carrier Carrier
	Holder  string // who runs them, for people
	// Workers is how many jobs run side by side at most.
	Workers int
	// Lease is how long a job stays with a process that is not heard of any more.
	Lease time.Duration
	// Poll is how often the table is looked at for what others ask for.
	Poll time.Duration
	// Drain is how long runs have to end in order after they were asked to.
	Drain time.Duration
	Clock clock.Clock
	Log   *slog.Logger

	mu     sync.Mutex
	file   *File
	wake   chan struct{}
	busy   int       // runs at work
	looked time.Time // at the table, successfully
	err    error     // of the last look; nil: it was well
}

// The usual times of a runner.
const (
	DefaultLease = 30 * time.Second
	DefaultPoll  = 2 * time.Second
	DefaultDrain = 5 * time.Minute
)

// Waits before a job is run once more, where its run could not begin or end.
const (
	heldAgain       = time.Minute
	longestHeld     = 15 * time.Minute
	unfinishedAgain = 30 * time.Minute // longer than a request whose answer was lost can take effect
	mostUnfinished  = 6                // attempts, each waited for longer than the one before
)

// NewRunner returns a runner of a file's jobs.
func NewRunner(f *File) *Runner {
	return &Runner{file: f, wake: make(chan struct{}, 1), Workers: 1, Lease: DefaultLease, Poll: DefaultPoll, Drain: DefaultDrain, Log: slog.New(slog.DiscardHandler)}
}

// File is what the runner goes by.
func (r *Runner) File() *File {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file
}

// Declare has the runner go by a file from now on. Runs that have begun go on as they are.
func (r *Runner) Declare(ctx context.Context, by string, f *File) error {
	all := make([]Declaration, len(f.Jobs))
	for i := range f.Jobs {
		all[i] = f.Jobs[i].Declaration()
	}
	if err := r.Table.Declare(ctx, by, all); err != nil {
		return err
	}
	r.mu.Lock()
	r.file = f
	r.mu.Unlock()
	r.rouse()
	return nil
}

// rouse has the runner look at the table.
func (r *Runner) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Looked returns when the table was looked at last, and what was wrong with it since;
// nil: nothing.
func (r *Runner) Looked() (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.looked, r.err
}

// Busy reports whether as many jobs are run as may be side by side: none begins until one
// ends.
func (r *Runner) Busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy >= max(r.Workers, 1)
}

func (r *Runner) addBusy(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy += n
}

func (r *Runner) noteLook(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err = err; err == nil {
		r.looked = r.Clock.Now()
	}
}

// Why runs were stopped that did not end in order in time, and what is left of those that
// do not stop either.
var (
	errDrained = errors.New("the time to end in order is over")
	errStuck   = errors.New("the time to end in order is over, and some runs do not stop")
)

// stuck is how long after the end of its context a run may take to return.
const stuck = 30 * time.Second

// Run runs jobs until stop is closed; then it takes no more, has those at work end in
// order, and returns when they have. The end of the context stops them at once, which
// leaves the rest to the next process.
func (r *Runner) Run(ctx context.Context, stop <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	carrier := r.Carrier
	if carrier == nil {
		carrier = &direct{table: r.Table}
	}
	err := carrier.Start(ctx, Workers{
		Max: max(r.Workers, 1), Freed: r.rouse,
		Begin: func(job string) (func(), error) { return r.begin(ctx, job, stop) },
	})
	if err != nil {
		return err
	}
	trouble := lookTrouble{log: r.Log, clock: r.Clock}
	for !isOver(ctx, stop) {
		next, err := carrier.Look(ctx, r.claim(r.File(), ""))
		r.noteLook(err)
		if ctx.Err() == nil {
			trouble.tell(err)
		}
		r.idle(ctx, stop, next)
	}
	if err := r.drain(ctx, cancel, carrier); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// tellEvery is how often the log says that the table still cannot be used: a look at it
// comes every other second.
const tellEvery = time.Minute

// lookTrouble tells of looks at the table that fail, and of the end of that.
type lookTrouble struct {
	log         *slog.Logger
	clock       clock.Clock
	since, told time.Time // zero: the last look was well
}

// tell tells what became of a look.
func (l *lookTrouble) tell(err error) {
	now := l.clock.Now()
	switch {
	case err == nil && !l.since.IsZero():
		l.log.Info("the table of jobs can be used again", "after", now.Sub(l.since).Round(time.Second))
		l.since, l.told = time.Time{}, time.Time{}
	case err != nil && now.Sub(l.told) >= tellEvery:
		l.log.Error("the table of jobs cannot be used, and no job begins until it can", "error", err)
		if l.told = now; l.since.IsZero() {
			l.since = now
		}
	}
}

// claim is what the runner may take by a file: a job, or any where it is "".
func (r *Runner) claim(f *File, job string) Claim {
	return Claim{Holder: r.Holder, Lease: r.Lease, Job: job, Schedule: f.scheduleOf}
}

// begin takes the turn of a job, and returns what makes its run; nil: there is none.
func (r *Runner) begin(ctx context.Context, job string, stop <-chan struct{}) (run func(), err error) {
	if isOver(ctx, stop) {
		return nil, nil
	}
	f := r.File() // which another one may replace meanwhile
	turn, _, err := r.Table.Take(ctx, r.claim(f, job))
	if err != nil || turn == nil {
		return nil, err
	}
	j := *f.Job(turn.Job)
	r.addBusy(1)
	return func() {
		defer r.addBusy(-1)
		r.work(ctx, j, turn, stop)
	}, nil
}

// isOver reports whether no run begins any more.
func isOver(ctx context.Context, stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// scheduleOf returns the schedule of a job that the file has.
func (f *File) scheduleOf(name string) (Schedule, bool) {
	j := f.Job(name)
	if j == nil {
		return Schedule{}, false
	}
	return j.Schedule, true
}

// idle waits until there may be something to take.
func (r *Runner) idle(ctx context.Context, stop <-chan struct{}, next time.Time) {
	wait := r.Poll
	if !next.IsZero() {
		wait = min(wait, max(r.Clock.Until(next), time.Millisecond))
	}
	fired, release := r.Clock.NewTimer(wait)
	defer release()
	select {
	case <-fired:
	case <-r.wake:
	case <-stop:
	case <-ctx.Done():
	}
}

// drain waits for the runs at work, and stops them at once where that takes too long. A
// run that does not stop is left behind: the process ends, and its lease, too.
func (r *Runner) drain(ctx context.Context, cancel context.CancelCauseFunc, carrier Carrier) error {
	ended := make(chan struct{})
	go func() {
		carrier.Stop()
		close(ended)
	}()
	fired, release := r.Clock.NewTimer(r.Drain)
	defer release()
	select {
	case <-ended:
		return nil
	case <-fired:
		r.Log.Error("runs did not end in order in time, and are stopped at once; the next process settles what they leave", "after", r.Drain)
		cancel(errDrained)
	case <-ctx.Done():
	}
	last, giveUp := r.Clock.NewTimer(stuck)
	defer giveUp()
	select {
	case <-ended:
		return nil
	case <-last:
		return errStuck
	}
}

// work makes one run, and says in the table how it ended.
func (r *Runner) work(ctx context.Context, j Job, turn *Turn, stop <-chan struct{}) {
	log := r.Log.With("job", turn.Job, "run", turn.Run)
	r.sayBegin(log, turn)
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	rec := &recorder{table: r.Table, turn: turn, log: log, clock: r.Clock}
	var keep conc.WaitGroup
	over := make(chan struct{})
	keep.Go(func() { r.keep(ctx, turn, rec, over, lose) })
	end := newEnding()
	keep.Go(func() { r.watchEnd(ctx, turn, end, stop, over) })
	o := r.perform(ctx, Work{Job: j, Turn: *turn, Stop: end.stop, Log: log, Record: func(line []byte) { rec.add(context.WithoutCancel(ctx), line) }})
	close(over)
	keep.Wait()
	// How it ended is worth a moment more.
	last := context.WithoutCancel(ctx)
	if o.LinesMissing = rec.end(last); o.LinesMissing > 0 {
		log.Warn("lines of the run are missing for those who look on, as its state could not be reached", "lines", o.LinesMissing)
	}
	again := r.again(turn, &o, stop)
	err := r.Table.End(last, turn, o, again)
	if isLost(err) {
		log.Error("the run was stopped, as its process was not heard of until its lease ended: another process runs the job again, and settles what this run left", "error", err)
		return
	}
	if err != nil {
		log.Error("how the run ended could not be recorded, so that the job is run again when its lease has ended", "error", err)
	}
	r.sayEnd(log, &o, again)
}

// isLost reports whether a turn is not its holder's any more.
func isLost(err error) bool {
	_, ok := errors.AsType[*LostError](err)
	return ok
}

// sayBegin logs that a run begins, and what is not as it should be with that.
func (r *Runner) sayBegin(log *slog.Logger, turn *Turn) {
	if turn.Lost > 0 {
		log.Warn("the run before was lost: its process was not heard of until its lease ended; this one settles what it left", "lost_run", turn.Lost)
	}
	args := []any{"due", turn.Due.Format(time.RFC3339), "attempt", turn.Attempt}
	if turn.By != "" {
		args = append(args, "asked_by", turn.By)
	}
	if late := turn.Late(); late > 0 {
		log.Warn("the run begins late", append(args, "late", late.Round(time.Second), "missed", turn.Missed)...)
		return
	}
	log.Info("the run begins", args...)
}

func (r *Runner) sayEnd(log *slog.Logger, o *Outcome, again time.Time) {
	args := []any{"exit_code", o.ExitCode}
	for _, more := range []struct{ key, text string }{{"reason", o.Reason}, {"message", o.Message}, {"commit", o.Commit}} {
		if more.text != "" {
			args = append(args, more.key, more.text)
		}
	}
	if !again.IsZero() {
		args = append(args, "again", again.UTC().Format(time.RFC3339))
	}
	switch {
	case o.ExitCode == 0:
		log.Info("the run has ended", args...)
	case o.ExitCode == exitPending:
		log.Info("the run has ended, and changes wait for somebody", args...)
	case o.Held:
		log.Warn("the run has ended without doing anything: another process works on the account", args...)
	case o.Unfinished:
		log.Warn("the run has ended before all was done", args...)
	case o.OutOfReach:
		log.Warn("the run has ended without doing anything: what it needs could not be reached", args...)
	default:
		log.Warn("the run has ended, and not well", args...)
	}
}

// exitPending is the exit code of a run that did what it may, and left changes to persons.
const exitPending = 2

// perform makes the run. What goes wrong with the program in one job ends no other one.
func (r *Runner) perform(ctx context.Context, w Work) (o Outcome) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.Error("the run crashed: this is a fault of the program", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			o = Outcome{ExitCode: 1, Reason: "crash", Message: "the run crashed, which is a fault of the program: the log has where", Unfinished: true}
		}
	}()
	return r.Perform(ctx, w)
}

// keep renews the lease of a turn and writes down what has happened, until the run is
// over. A turn that is lost ends its run at once.
func (r *Runner) keep(ctx context.Context, turn *Turn, rec *recorder, over <-chan struct{}, lose context.CancelCauseFunc) {
	for {
		fired, release := r.Clock.NewTimer(r.Lease / 3)
		select {
		case <-fired:
		case <-over:
			release()
			return
		case <-ctx.Done():
			release()
			return
		}
		err := r.Table.Renew(ctx, turn, r.Lease)
		if isLost(err) {
			lose(err)
			return
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			rec.log.Error("the lease of the run could not be renewed", "error", err)
		}
		rec.flush(context.WithoutCancel(ctx))
	}
}

// again says when a job is due once more after a run that did not come to its end; zero:
// when its schedule says.
func (r *Runner) again(turn *Turn, o *Outcome, stop <-chan struct{}) time.Time {
	now := r.Clock.Now()
	stopping := false
	select {
	case <-stop:
		stopping = true
	default:
	}
	switch {
	case o.Held, o.OutOfReach:
		return now.Add(min(heldAgain*time.Duration(turn.Attempt), longestHeld))
	case o.Unfinished && stopping:
		return now // the next process goes on with it
	case o.Unfinished && turn.Attempt < mostUnfinished:
		return now.Add(unfinishedAgain * time.Duration(turn.Attempt))
	}
	return time.Time{}
}

// recordEvery is how often lines are written while more of them come.
const recordEvery = time.Second

// mostLines is how many lines of a run are kept. What comes later is counted.
const mostLines = 5000

// recorder writes lines of a run to the table, many at a time.
type recorder struct {
	table Table
	turn  *Turn
	log   *slog.Logger
	clock clock.Clock

	mu      sync.Mutex
	lines   [][]byte
	kept    int
	omitted int
	last    []byte // of those that were omitted
	written time.Time
	missing int // lines that could not be written
	untold  int // of them, those that no line tells of yet
}

// add keeps a line.
func (r *recorder) add(ctx context.Context, line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == mostLines {
		r.omitted, r.last = r.omitted+1, line
		return
	}
	r.kept++
	r.lines = append(r.lines, line)
	if r.clock.Since(r.written) >= recordEvery {
		r.write(ctx)
	}
}

// flush writes what was kept.
func (r *recorder) flush(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(ctx)
}

// end writes the rest: how many lines were omitted, and the last one. It returns how many
// could not be written.
func (r *recorder) end(ctx context.Context) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.omitted > 0 {
		r.lines = append(r.lines, fmt.Appendf(nil, `{"type":"omitted","lines":%d}`, r.omitted-1), r.last)
	}
	r.write(ctx)
	return r.missing
}

// write writes what was kept. What cannot be written is lost to those who look on, and
// to nobody else: the next line that is written says how many are missing before it. They
// are not written again, as some of them may be there. That the turn is lost, the end of
// the run tells.
func (r *recorder) write(ctx context.Context) {
	r.written = r.clock.Now()
	lines := r.lines
	if r.untold > 0 {
		lines = append([][]byte{fmt.Appendf(nil, `{"type":"missing","lines":%d}`, r.untold)}, lines...)
	}
	if len(lines) == 0 {
		return
	}
	err := r.table.Record(ctx, r.turn, lines)
	switch {
	case err == nil:
		r.untold = 0
	case !isLost(err):
		r.missing, r.untold = r.missing+len(r.lines), r.untold+len(r.lines)
		r.log.Warn("what happens in the run could not be recorded for those who look on", "lines", len(r.lines), "error", err)
	}
	r.lines = nil
}
