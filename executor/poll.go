package executor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/words"
)

// A task is a batch that the service works on.
type task struct {
	no            string
	batch         *journal.Batch
	nodes         []*node
	lastActivity  time.Time // something was last heard of it
	next          time.Time // it is looked at by itself; zero while it is
	alarm         time.Time // of the entry in the agenda that counts, not after next
	since         time.Duration
	left          int    // steps without a result
	notUnderstood string // what was last heard of it and not understood
}

// A detail is one result with the answer that held it.
type detail struct {
	wire.TaskDetail
	request string
}

// follow waits for the results of a task.
func (e *engine) follow(b *journal.Batch, nodes []*node, no string, now time.Time) {
	t := &task{no: no, batch: b, nodes: nodes}
	for _, n := range nodes {
		if n.phase == sent {
			t.left++
		}
	}
	t.noteActivity(now, e.cfg.Timing.Silence)
	e.open[no] = t
	e.checkAt(t, t.next)
	e.poll.interval = e.cfg.Timing.PollFirst
	e.poll.next = earliest(e.poll.next, now.Add(e.poll.interval))
}

// noteActivity notes that a task said something.
func (t *task) noteActivity(now time.Time, silence time.Duration) {
	t.lastActivity, t.since, t.next = now, silence, now.Add(silence)
}

// stopIfUnreadable ends the run where what happens can no longer be seen.
func (e *engine) stopIfUnreadable(what string, err error) error {
	e.cfg.Log.Warn(what, "error", err)
	if wire.StopsOperation(err) {
		e.note("%s: %v", what, err)
		return errStopped
	}
	return nil
}

// settle records the results among the details of our tasks, and returns how
// many are new. Those of others are not touched, and neither are those that are
// not understood: of [task.odd] they say why.
func (e *engine) settle(ctx context.Context, details []detail) (fresh int, err error) {
	now := e.now()
	var results []journal.Result
	seen := make(map[string]bool)
	for i := range details {
		d := &details[i]
		b := e.l.Task(d.TaskNo)
		if b == nil || e.l.Known(d.TaskDetailNo) || seen[d.TaskDetailNo] || isUnderWay(d.Status()) {
			continue
		}
		r, odd := resultOf(b, d, b.FindName(d.DomainName), now)
		if odd != "" {
			e.recordUnreadable(b, odd)
			continue
		}
		seen[d.TaskDetailNo] = true
		results = append(results, r)
	}
	if err := e.l.Settle(ctx, results); err != nil {
		return 0, err
	}
	for i := range results {
		e.settled(&results[i], now)
	}
	return len(results), nil
}

func isUnderWay(s wire.DetailStatus) bool { return s == wire.DetailWaiting || s == wire.DetailRunning }

// recordUnreadable keeps what of a task was not understood, for whoever asks why it has
// no result.
func (e *engine) recordUnreadable(b *journal.Batch, odd string) {
	t := e.open[b.Task.Task]
	if t == nil || t.notUnderstood == odd {
		return
	}
	t.notUnderstood = odd
	e.cfg.Log.Warn("a result is not understood, and is left where it is", "task", b.Task.Task, "why", odd)
}

// resultOf returns what a detail says of a step of its task, the one at a
// position, or why it is not understood: it must say which one of the task's
// names it is about, how that ended, and by which number it is acknowledged.
func resultOf(b *journal.Batch, d *detail, at int, now time.Time) (r journal.Result, odd string) {
	code := d.TaskStatusCode
	switch {
	case d.DomainName == "":
		return r, "a result names no domain"
	case at < 0:
		return r, "a result is of " + d.DomainName + ", for which nothing was asked"
	case !d.Status().Ended() || code != 0 && code != d.Status().Code():
		return r, "the result of " + d.DomainName + " does not say how it ended"
	case d.TaskDetailNo == "":
		return r, "the result of " + d.DomainName + " has no number"
	}
	r = journal.Result{
		Batch: b.Batch, Step: b.Steps[at], Detail: d.TaskDetailNo, Success: d.Status() == wire.DetailSuccess,
		RequestID: d.request, At: now,
	}
	if !r.Success {
		r.Message = cmp.Or(d.FailReason, d.ErrorMsg, "no reason was given")
	}
	return r, ""
}

// settled lets the schedule go on after a result. An order that failed is left
// to the next plan, which reads the account first: a result may be wrong.
func (e *engine) settled(r *journal.Result, now time.Time) {
	if e.poll.reading != nil {
		e.poll.held = append(e.poll.held, r.Detail)
	} else {
		e.acks.queue = append(e.acks.queue, r.Detail)
	}
	state, b := e.l.Step(r.Step)
	n := e.g.byID[r.Step]
	if n == nil || n.phase != sent || b.Batch != r.Batch {
		return
	}
	switch {
	case state == journal.Succeeded:
		e.g.finish(n, endDone, "", now)
	case isTransient(r.Message) && !isPurchase(b) && e.retry(n, e.cfg.Timing.RetryDelay<<max(n.tries-1, 0), now):
		e.cfg.Log.Warn("a change failed and is sent again", "domain", n.name(), "step", n.ID, "message", r.Message)
	default:
		e.cfg.Log.Error("a change failed", "domain", n.name(), "step", n.ID, "task", b.Task.Task, "message", r.Message)
		e.fail(n, now)
	}
	if t := e.open[b.Task.Task]; t != nil {
		t.noteActivity(now, e.cfg.Timing.Silence)
		if t.left--; t.left == 0 {
			delete(e.open, b.Task.Task)
		}
	}
}

// isTransient reports whether a failure says that the same request may succeed
// later.
func isTransient(message string) bool {
	message = strings.ToLower(message)
	for _, hint := range []string{"being processed", "taskisbeingprocessed", "try again", "retry later", "busy"} {
		if strings.Contains(message, hint) {
			return true
		}
	}
	return false
}

// checkDue reads the details of tasks that say nothing, less often the longer
// they are silent: somebody else may have acknowledged their results. It reads
// as many at once as requests can be under way, those first that are due first.
// A slow service has thousands of silent tasks, and each reading costs calls.
func (e *engine) checkDue(ctx context.Context, now time.Time) time.Time {
	for e.checking < parallel {
		t, at, ok := e.silent.next()
		switch {
		case !ok:
			return time.Time{}
		case e.open[t.no] != t || !at.Equal(t.alarm): // it has ended, or there is a later entry
		case at.After(now):
			return at
		case t.next.After(now): // it was heard of meanwhile
			e.checkAt(t, t.next)
		default:
			e.check(ctx, t)
		}
		e.silent.take()
	}
	return time.Time{} // until one of them ends
}

// checkAt has a task looked at by itself at a time.
func (e *engine) checkAt(t *task, at time.Time) {
	t.next, t.alarm = at, at
	e.silent.add(at, t)
}

// check reads the details of a task.
func (e *engine) check(ctx context.Context, t *task) {
	t.next, t.alarm = time.Time{}, time.Time{}
	e.checking++
	e.callReadOnly(ctx, func(ctx context.Context) event {
		details, err := taskDetails(ctx, e.cfg.lists(), t.no)
		return func(ctx context.Context) error {
			e.checking--
			return e.checked(ctx, t.no, t, details, err)
		}
	})
}

// checked records what a task's details say, and gives the task up when it
// has been silent for too long.
func (e *engine) checked(ctx context.Context, no string, t *task, details []detail, checkErr error) error {
	details = slices.DeleteFunc(details, func(d detail) bool {
		other := d.TaskNo != no
		if other {
			e.recordUnreadable(t.batch, "a detail says that it is of "+quoted(d.TaskNo))
		}
		return other
	})
	if _, err := e.settle(ctx, details); err != nil {
		return err
	}
	if checkErr != nil {
		if err := e.stopIfUnreadable("the details of task "+no+" cannot be read", checkErr); err != nil {
			return err
		}
	}
	now := e.now()
	switch {
	case e.open[no] == nil:
		return nil // settled
	case !t.next.IsZero(): // heard of meanwhile
		e.checkAt(t, t.next)
		return nil
	}
	hang, leave := t.lastActivity.Add(e.hangTimeout(t.batch)), e.suspendAt(t.batch)
	switch {
	case now.Before(hang) && !leave.IsZero() && (e.skipUncertain || !now.Before(leave)):
		e.suspendOrder(no, t, now)
		return nil
	case now.Before(hang):
		t.since *= 2
		e.checkAt(t, earliest(earliest(now.Add(t.since), hang), leave))
		return nil
	}
	delete(e.open, no)
	why := fmt.Sprintf("task %s has said nothing for %s", no, words.Duration(now.Sub(t.lastActivity)))
	if t.notUnderstood != "" {
		why = fmt.Sprintf("task %s has said nothing that can be understood for %s: %s. domainsync tasks show tells what it did; %s", no, words.Duration(now.Sub(t.lastActivity)), t.notUnderstood, abandonAdvice)
	}
	return e.doubt(ctx, t.batch, t.nodes, why, now)
}

// doubt gives up to find out what became of the steps of a batch.
func (e *engine) doubt(ctx context.Context, b *journal.Batch, nodes []*node, why string, now time.Time) error {
	var conclusions []journal.Conclusion
	for _, n := range nodes {
		if n.phase == sent {
			conclusions = append(conclusions, journal.Conclusion{Batch: b.Batch, Step: n.ID, Verdict: journal.FoundNothing, Reason: why, At: now})
		}
	}
	if err := e.l.Conclude(ctx, newConclusions(b, conclusions)); err != nil {
		return err
	}
	e.cfg.Log.Error("in doubt: " + why)
	for _, n := range nodes {
		if n.phase == sent {
			e.g.finish(n, endDoubt, why, now)
		}
	}
	return nil
}
