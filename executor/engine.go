package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
)

// An engine executes one run. Its loop alone touches its state.
type engine struct {
	cfg Config // which calls read beside the loop, so that nothing changes it
	l   *journal.Ledger
	g   *graph
	// readAt is the time of the state that the run was planned from, zero for
	// one that goes on later.
	readAt time.Time
	// undoes says that the run takes back what another one has changed.
	undoes bool

	events  chan event
	running int // calls under way
	calls   conc.WaitGroup
	looks   map[int]context.CancelFunc // reads that the first interrupt ends
	looked  int                        // of them so far

	backlog          backlog          // cut, not sent
	requestsInFlight map[*batch]bool  // requests under way
	open             map[string]*task // submitted, not settled
	silent           agenda[*task]    // open tasks, by when they are looked at by themselves
	checking         int              // of them that is done now
	lostAnswers      []*lostAnswer    // sent, no answer
	lostWake         time.Time        // when the first of them is due; zero: they must be gone through
	lostLooks        int              // at them, so far: what it costs
	gate             gate             // orders that are not sent yet
	poll             poller
	acks             acker
	verify           verifier
	finding          bool // a search for the tasks of batches without an answer is under way

	stopping      string            // why nothing more is sent but what is owed
	skipUncertain bool              // interrupted: nothing uncertain is waited for
	relocking     bool              // only locks that are owed are closed
	sawResults    bool              // the queue of results has been read
	refused       map[string]string // operations that are given up, and why
	refusals      map[*node]error   // what answers to requests of several say of some steps
	failures      int
	interrupted   bool
	toStop        <-chan struct{} // Config.Stop; nil after it was heard
	ordersLeft    bool            // for the interrupt, before their time: nobody has heard how they end
	forgotten     int             // how often steps were given up for which nothing would happen
	trouble       []string        // what the report must mention
	unreported    []*node         // of which nobody was told yet
	waiting       string          // for what the run waits, where it is something special
	waitingUntil  time.Time       // and until when
}

// An event is what a call found out. It runs in the loop.
type event func(ctx context.Context) error

// errStopped ends the loop at once: the context is over, or results cannot be
// read any more. What is open is in the journal.
var errStopped = errors.New("stopped")

func newEngine(cfg Config, l *journal.Ledger, g *graph) *engine {
	e := &engine{
		cfg: cfg, l: l, g: g,
		events:           make(chan event, 4*parallel),
		looks:            make(map[int]context.CancelFunc),
		requestsInFlight: make(map[*batch]bool),
		open:             make(map[string]*task),
		toStop:           cfg.Stop,
		refused:          make(map[string]string),
		refusals:         make(map[*node]error),
		poll:             poller{interval: cfg.Timing.PollFirst},
	}
	g.onEnd = e.stepEnded
	return e
}

// stepEnded takes note of the end of a step.
func (e *engine) stepEnded(n *node, now time.Time) {
	e.unreported = append(e.unreported, n)
	e.verifyAfter(n, now)
}

// now returns the time by the run's clock.
func (e *engine) now() time.Time { return e.cfg.Clock.Now() }

// call runs a call beside the loop, and what it returns in the loop. A panic is
// raised there, too.
func (e *engine) call(ctx context.Context, f func(context.Context) event) {
	e.running++
	e.calls.Go(func() {
		var caught panics.Catcher
		var ev event
		caught.Try(func() { ev = f(ctx) })
		if caught.Recovered() != nil {
			ev = func(context.Context) error { caught.Repanic(); return nil }
		}
		e.events <- ev
	})
}

// callReadOnly runs a call that changes nothing. The first interrupt ends it: a
// list may be long, and nobody needs it any more.
func (e *engine) callReadOnly(ctx context.Context, f func(context.Context) event) {
	ctx, cancel := context.WithCancel(ctx)
	e.looked++
	id := e.looked
	e.looks[id] = cancel
	e.call(ctx, func(ctx context.Context) event {
		ev := f(ctx)
		return func(ctx context.Context) error {
			cancel()
			delete(e.looks, id)
			return ev(ctx)
		}
	})
}

// run executes until nothing is left to do. When it must stop, it waits for the
// answers to what is under way: they are facts.
func (e *engine) run(ctx context.Context) error {
	defer e.waitForCalls()
	err := e.abandonUnnumbered(ctx)
	if err == nil {
		e.preflight(ctx)
		err = e.loop(ctx)
	}
	for e.running > 0 {
		ev := <-e.events
		e.running--
		// Also when the journal is dead: the report names the tasks that it
		// could not take.
		if late := ev(ctx); err == nil {
			err = late
		}
	}
	if errors.Is(err, errStopped) {
		e.interrupted = true
		return e.cfg.Journal.Dead()
	}
	return err
}

// waitForCalls waits until no call is under way, even after a panic.
func (e *engine) waitForCalls() {
	for ; e.running > 0; e.running-- {
		<-e.events
	}
	e.calls.Wait()
}

func (e *engine) loop(ctx context.Context) error {
	for {
		wake, err := e.advance(ctx)
		if err != nil {
			return err
		}
		e.emitProgress()
		if e.relocked() && e.acks.isIdle() {
			return nil
		}
		if e.running == 0 && wake.IsZero() {
			if e.giveUpForgotten() {
				continue
			}
			return nil
		}
		if err := e.await(ctx, wake); err != nil {
			return err
		}
	}
}

// advance does all that is due, and returns when something will be.
func (e *engine) advance(ctx context.Context) (wake time.Time, err error) {
	if ctx.Err() != nil {
		return wake, errStopped
	}
	select {
	case <-e.toStop:
		e.interrupt()
	default:
	}
	now := e.now()
	batches, wake := e.g.cutBatches(now, e.cfg.Timing.BatchWait)
	e.queue(batches)
	if err := e.send(ctx, now); err != nil {
		return wake, err
	}
	for _, due := range []func(context.Context, time.Time) time.Time{e.gateDue, e.pollDue, e.checkDue, e.findDue, e.verifyDue, e.acknowledgeDue} {
		wake = earliest(wake, due(ctx, now))
	}
	return wake, nil
}

// giveUpForgotten holds what must be true at the end of a run: each step has
// ended, one way or the other. Steps for which nothing would ever happen are not
// passed over in silence: those that were not sent are ended, first all but the
// locks that are owed, so that these are closed. It reports whether it did
// anything; what was sent stays open, and a resume looks for it.
func (e *engine) giveUpForgotten() bool {
	forgotten := slices.DeleteFunc(slices.Clone(e.g.nodes), func(n *node) bool { return n.phase == ended })
	if len(forgotten) == 0 || e.forgotten > 1 {
		return false
	}
	if e.forgotten++; e.forgotten == 1 {
		e.note("%s of the %s in the plan had not ended when the run was over, first %s: that is a fault of domainsync, please report it. The next apply plans again what was not sent",
			words.Count(len(forgotten), "step"), words.Number(len(e.g.nodes)), forgotten[0].ID)
		e.stop(wasForgotten)
		return true
	}
	e.g.stop(wasForgotten, e.now(), func(*node) bool { return true })
	return true
}

// wasForgotten is why a step was not sent for which nothing would have happened.
const wasForgotten = "its turn never came, which is a fault of domainsync"

// await waits for an event, the time to wake, or an interrupt.
func (e *engine) await(ctx context.Context, wake time.Time) error {
	var alarm <-chan time.Time
	if !wake.IsZero() {
		fired, stop := e.cfg.Clock.NewTimer(e.cfg.Clock.Until(wake))
		defer stop()
		alarm = fired
	}
	select {
	case ev := <-e.events:
		e.running--
		return ev(ctx)
	case <-alarm:
		return nil
	case <-e.toStop:
		return nil // which the next advance sees
	case <-ctx.Done():
		return errStopped
	}
}

// interrupt stops sending; what was sent is settled, and locks are closed.
func (e *engine) interrupt() {
	e.cfg.Log.Debug("the run is to end in order: nothing more is sent") // whoever asked for it knows
	e.toStop = nil
	e.interrupted, e.skipUncertain = true, true
	for _, end := range e.looks {
		end()
	}
	for _, t := range e.open {
		if isPurchase(t.batch) && !t.next.IsZero() {
			e.checkAt(t, e.now()) // one more reading, and a later run continues
		}
	}
	e.stop(wasInterrupted)
}

// wasInterrupted is why an interrupted run does not send a step.
const wasInterrupted = "the run was interrupted"

// complete reports whether nothing was left out for an interrupt.
func (e *engine) complete() bool {
	return !e.ordersLeft && !slices.ContainsFunc(e.g.nodes, func(n *node) bool { return n.phase != ended || n.why == wasInterrupted })
}

// stop sends nothing more but what is owed.
func (e *engine) stop(why string) {
	if e.stopping == "" {
		e.stopping = why
	}
	e.g.stop(why, e.now(), isNotOwed)
}

// countHeldBack returns the number of steps that were held back for now.
func (e *engine) countHeldBack() (held int) {
	for _, n := range e.g.nodes {
		if n.held && n.end == endNotSent {
			held++
		}
	}
	return held
}

// fail ends a step that failed.
func (e *engine) fail(n *node, now time.Time) {
	e.g.finish(n, endFailed, "", now)
	e.failures++
	if limit := e.cfg.MaxFailures; limit != nil && e.failures >= max(*limit, 1) && e.stopping == "" {
		why := fmt.Sprintf("%d changes failed, and the guard max_failures is %d", e.failures, *limit)
		e.cfg.Log.Error("nothing more is sent: " + why)
		e.stop(why)
	}
}

// retry sends a step again after a while, where that is allowed, and where it is
// still known what was sent.
func (e *engine) retry(n *node, delay time.Duration, now time.Time) bool {
	switch {
	case n.held:
		e.g.finish(n, endNotSent, lockIsBeingClosed, now)
		return true
	case n.tries >= maxAttempts,
		e.stopping != "" && !n.Owed,
		e.refused[n.operation().Name] != "",
		forgotten(n.change):
		return false
	}
	e.g.requeue(n, now.Add(delay))
	return true
}

// emitProgress tells what has ended, and how far the run is.
func (e *engine) emitProgress() {
	e.emitResults()
	e.cfg.Events(e.progress())
}

func (e *engine) progress() Progress {
	return Progress{
		Steps: len(e.g.nodes), Tasks: len(e.open), Acknowledged: e.acks.done,
		Sent:    e.g.phases[sent] + e.g.phases[ended] - e.g.ends[endNotSent],
		Settled: e.g.ends[endDone] + e.g.ends[endFailed],
		Failed:  e.g.ends[endFailed], InDoubt: e.g.ends[endDoubt], NotSent: e.g.ends[endNotSent],
		Verified: e.verify.done,
		Reading:  e.g.unfinished() == 0 && len(e.verify.queue)+len(e.verify.later)+len(e.verify.list.waiting)+e.verify.busy > 0,
		Until:    e.waitingUntil, Waiting: e.waiting,
	}
}
