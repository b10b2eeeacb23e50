package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// A batch is one request on its way.
type batch struct {
	nodes     []*node
	record    *journal.Batch // once it is intended
	splitFrom *splitRequest  // of a refused request that is being split
	// passedGate is when the gate let an order pass; zero: not yet.
	passedGate time.Time
}

// A splitRequest is a refused request in parts, to find the name that it was refused
// for. One part is sent at a time.
type splitRequest struct {
	parts    [][]*node // to be sent, the next one last
	refused  int       // names that were refused alone
	accepted bool      // some part was taken
}

// sameRefusals is how many names are refused one by one, with none accepted,
// before the rest of their request is given up.
const sameRefusals = 8

// A backlog holds batches that are to be sent: those that go first, the last one
// that came before the others, and then all others in their order.
type backlog struct {
	urgent, others []*batch
}

func (l *backlog) len() int { return len(l.urgent) + len(l.others) }

// first has a batch sent before all others, and last after them.
func (l *backlog) first(b *batch) { l.urgent = append(l.urgent, b) }
func (l *backlog) last(b *batch)  { l.others = append(l.others, b) }

// take removes the batch that is sent next.
func (l *backlog) take() (b *batch) {
	from, at := &l.others, 0
	if n := len(l.urgent); n > 0 {
		from, at = &l.urgent, n-1
	}
	b, (*from)[at] = (*from)[at], nil
	if at > 0 {
		*from = (*from)[:at]
	} else {
		*from = (*from)[1:]
	}
	return b
}

// queue takes batches to be sent. Locks that are owed go first. Orders go to
// the gate at once, however long the others are: one look at the account's
// orders serves all of them.
func (e *engine) queue(batches [][]*node) {
	for _, nodes := range batches {
		switch b := (&batch{nodes: nodes}); {
		case b.spends():
			e.gate.waiting = append(e.gate.waiting, b)
		case nodes[0].Owed:
			e.backlog.first(b)
		default:
			e.backlog.last(b)
		}
	}
}

// send records and sends as many batches as can be under way at once.
func (e *engine) send(ctx context.Context, now time.Time) error {
	var out []*batch
	var intents []journal.Intent
	for e.backlog.len() > 0 && len(e.requestsInFlight)+len(out) < parallel {
		b := e.backlog.take()
		e.leaveOutKeyless(b, now)
		b.nodes = slices.DeleteFunc(b.nodes, func(n *node) bool { return n.phase != batched })
		switch {
		case len(b.nodes) == 0:
			e.nextPart(b)
		case b.spends() && now.Sub(b.passedGate) > gateValidity:
			e.gate.waiting = append(e.gate.waiting, b)
		default:
			out = append(out, b)
			intents = append(intents, b.intent(now, e.signingTime(now), e.l.Persons()))
		}
	}
	if len(out) == 0 {
		return nil
	}
	records, err := e.l.Intend(ctx, intents)
	if err != nil {
		return err
	}
	for i, b := range out {
		b.record = records[i]
		b.record.Request = nil // the journal has it, and it is as large as the names together
		for _, n := range b.nodes {
			e.g.move(n, sent)
			n.tries++
		}
		e.requestsInFlight[b] = true
		e.call(ctx, func(ctx context.Context) event {
			within := e.cfg.Timing.SubmitWithin
			if b.spends() {
				within = min(within, gateValidity) // of what was looked at before
			}
			ctx, cancel := e.cfg.Clock.WithTimeout(ctx, within)
			defer cancel()
			if err := e.cfg.Journal.Held(ctx); err != nil {
				return func(context.Context) error { return err }
			}
			// It may wait for its turn until the account is lost, or arrive after that.
			ctx = wire.WithTimestamp(wire.WithPermission(ctx, e.cfg.Journal.Held), b.record.Timestamp)
			r, _ := attr.WithKeys(b.request(), e.cfg.TransferKey)
			if !wire.OperationOf(r).Async() {
				answer, err := e.do(ctx, r)
				return func(ctx context.Context) error { return e.onDirect(ctx, b, answer, err) }
			}
			resp, err := e.cfg.Service.Submit(ctx, r)
			return func(ctx context.Context) error { return e.onTask(ctx, b, resp, err) }
		})
	}
	return nil
}

// leaveOutKeyless ends the steps of a batch whose transfer key is not known.
func (e *engine) leaveOutKeyless(b *batch, now time.Time) {
	if len(b.nodes) == 0 {
		return
	}
	_, missing := attr.WithKeys(b.request(), e.cfg.TransferKey)
	for _, n := range b.nodes {
		if n.phase == batched && slices.Contains(missing, n.name()) {
			e.g.finish(n, endNotSent, "its transfer key is kept nowhere: order it again with domainsync transfers in order", now)
		}
	}
}

func (b *batch) request() wire.Request {
	requests := make([]wire.Request, len(b.nodes))
	for i, n := range b.nodes {
		requests[i] = n.Request
	}
	return wire.Merge(requests)
}

// signingTime returns the time that a request is signed with: that of the clock by
// which the client signs, whatever the run goes by.
func (e *engine) signingTime(now time.Time) time.Time {
	if e.cfg.ServiceClock != nil {
		now = e.cfg.ServiceClock.Local().Now()
	}
	return now.Truncate(time.Millisecond) // as the journal keeps it
}

func (b *batch) intent(now, signed time.Time, persons *journal.Persons) journal.Intent {
	r := attr.MapPersonalRequest(b.request(), persons.Refer)
	in := journal.Intent{
		Operation: wire.OperationOf(r).Name, Key: wire.Key(r), Request: make(map[string]string),
		Steps: make([]string, len(b.nodes)), Names: make([]string, len(b.nodes)), At: now, Timestamp: signed,
	}
	for _, p := range wire.Params(r) {
		in.Request[p.Name] = p.Value
	}
	for i, n := range b.nodes {
		in.Steps[i], in.Names[i] = n.ID, n.name()
		if n.operation().Spends {
			in.Purchases = append(in.Purchases, n.purchase())
		}
	}
	return in
}

// errNoTask is the outcome of an answer that does not say what was saved.
var errNoTask = errors.New("the answer has no task number")

// onTask handles the answer to a request that saves a task.
func (e *engine) onTask(ctx context.Context, b *batch, resp *wire.TaskResponse, err error) error {
	delete(e.requestsInFlight, b)
	now := e.now()
	if err == nil && resp.TaskNo == "" {
		err = &wire.TransportError{Operation: b.record.Operation, Sent: true, RequestID: resp.RequestID, Err: errNoTask}
	}
	if err == nil {
		return e.submitted(ctx, b, journal.Submission{Batch: b.record.Batch, Task: resp.TaskNo, RequestID: resp.RequestID, At: now})
	}
	return e.onError(ctx, b, err, now)
}

// onError handles a request that failed, in one way or another.
func (e *engine) onError(ctx context.Context, b *batch, err error, now time.Time) error {
	e.cfg.Log.Warn("a request failed", "operation", b.record.Operation, "names", len(b.nodes), "outcome", wire.OutcomeOf(err).String(), "error", err)
	o := outcomeOf(b.record.Batch, err, now)
	if err := e.l.Fail(ctx, o); err != nil {
		return err
	}
	switch o.Kind {
	case journal.CallNotDone:
		e.notDone(b, err, now)
	case journal.CallRefused:
		e.refuse(b, err, now)
	default:
		e.lookFor(&lostAnswer{batch: b, next: now.Add(e.cfg.Timing.RetryDelay)})
		e.nextPart(b) // which is of other names
	}
	return nil
}

// outcomeOf is the record of a call that failed.
func outcomeOf(batch int64, err error, now time.Time) journal.CallFailure {
	o := journal.CallFailure{Batch: batch, Message: err.Error(), RequestID: wire.RequestIDOf(err), At: now}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		o.Code, o.Message = e.Code, e.Message
	}
	switch wire.OutcomeOf(err) {
	case wire.NotDone:
		o.Kind = journal.CallNotDone
	case wire.Refused:
		o.Kind = journal.CallRefused
	default:
		o.Kind = journal.CallUnknown
	}
	return o
}

// submitted follows the task of a batch, once its number is durable.
func (e *engine) submitted(ctx context.Context, b *batch, s journal.Submission) error {
	if other := e.l.Task(s.Task); other != nil {
		e.note("task %s was answered to two requests; the second is looked for", s.Task)
		e.lookFor(&lostAnswer{batch: b, next: s.At})
		e.nextPart(b)
		return nil
	}
	if err := e.l.Submit(ctx, s); err != nil {
		// The number must not be lost with the journal.
		e.open[s.Task] = &task{batch: b.record, nodes: b.nodes}
		return err
	}
	e.cfg.Log.Debug("task saved", "task", s.Task, "operation", b.record.Operation, "names", len(b.nodes))
	e.cfg.Events(Submitted{Operation: b.record.Operation, Names: b.record.Names, Task: s.Task})
	e.follow(b.record, b.nodes, s.Task, s.At)
	if b.splitFrom != nil {
		b.splitFrom.accepted = true
		e.nextPart(b)
	}
	return nil
}

// notDone sends again what certainly was not executed, by a new intent, which has a
// Timestamp of its own. To wait for a turn under the run's own limit is no try.
func (e *engine) notDone(b *batch, err error, now time.Time) {
	if errors.Is(err, wire.ErrNoTurn) || errors.Is(err, wire.ErrTimestampTooOld) {
		for _, n := range b.nodes {
			n.tries--
		}
	}
	delay := e.cfg.Timing.RetryDelay << max(b.nodes[0].tries-1, 0)
	if hint, ok := errors.AsType[*wire.Error](err); ok {
		delay = max(delay, hint.RetryAfter)
	}
	for _, n := range b.nodes {
		switch {
		case e.retry(n, delay, now):
		case e.stopping != "" && !n.Owed:
			e.g.finish(n, endNotSent, e.stopping, now)
		default:
			e.fail(n, now)
		}
	}
	e.nextPart(b)
}

// refuse fails what the service refused, and looks for the name that it
// refused where there are several.
func (e *engine) refuse(b *batch, err error, now time.Time) {
	switch {
	case wire.StopsOperation(err):
		e.giveUp(b, err, now)
	case len(b.nodes) > 1:
		e.split(b)
	default:
		if f := b.splitFrom; f != nil {
			f.refused++
			e.failAlike(f, now)
		}
		e.fail(b.nodes[0], now)
		e.nextPart(b)
	}
}

// giveUp fails a batch and sends nothing more of its operation.
func (e *engine) giveUp(b *batch, err error, now time.Time) {
	op := b.record.Operation
	why := fmt.Sprintf("given up: %v", err)
	if o := wire.Lookup(op); o.Newer() && wire.NotOffered(err) {
		why += "; not every service has this operation, nor every key the permission: what it is for can be done in the service's console"
	}
	if e.refused[op] == "" {
		e.refused[op] = why
		e.note("%s", why)
	}
	for _, n := range b.nodes {
		e.fail(n, now)
	}
	e.g.stop(why, now, func(n *node) bool { return n.operation().Name == op })
}

// split sends a refused request in halves.
func (e *engine) split(b *batch) {
	f := b.splitFrom
	if f == nil {
		f = new(splitRequest)
		b.splitFrom = f
	}
	half := len(b.nodes) / 2
	f.parts = append(f.parts, b.nodes[half:], b.nodes[:half])
	for _, n := range b.nodes {
		e.g.move(n, batched)
		n.tries-- // it was not refused for itself
	}
	e.nextPart(b)
}

// nextPart sends the next part of a split request. Orders are looked for anew:
// a refusal may be wrong.
func (e *engine) nextPart(b *batch) {
	f := b.splitFrom
	if f == nil || len(f.parts) == 0 {
		return
	}
	last := len(f.parts) - 1
	e.backlog.first(&batch{nodes: f.parts[last], splitFrom: f})
	f.parts = f.parts[:last]
}

// failAlike fails the rest of a request when every name was refused so far: it
// is not one name that the service refuses.
func (e *engine) failAlike(f *splitRequest, now time.Time) {
	if f.accepted || f.refused < sameRefusals {
		return
	}
	for _, part := range f.parts {
		for _, n := range part {
			if n.phase == batched {
				e.fail(n, now)
			}
		}
	}
	f.parts = nil
}

// note keeps something for the report.
func (e *engine) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.trouble = append(e.trouble, text)
	e.cfg.Log.Error(text)
}
