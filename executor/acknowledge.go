package executor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
)

// ackSize is the most results in one acknowledgement.
var ackSize = wire.OperationOf(&wire.AcknowledgeTaskResultRequest{}).BatchSize()

// acker takes recorded results off the service's queue, as many in one call as
// it takes, whatever tasks they belong to.
type acker struct {
	queue []string // details
	parts [][]string
	busy  int
	done  int
	tries map[string]int // by the first detail of a call
}

// acknowledgeDue sends acknowledgements: full ones at once, the others when no
// more results can join them.
func (e *engine) acknowledgeDue(ctx context.Context, _ time.Time) time.Time {
	a := &e.acks
	last := len(e.open) == 0 && len(e.requestsInFlight) == 0 && e.backlog.len()+len(e.gate.waiting) == 0 && !e.gate.busy && e.g.phases[waiting]+e.g.phases[ready] == 0 || e.relocked()
	for len(a.queue) >= ackSize || last && len(a.queue) > 0 {
		n := min(ackSize, len(a.queue))
		a.parts, a.queue = append(a.parts, a.queue[:n:n]), a.queue[n:]
	}
	for len(a.parts) > 0 && a.busy < parallel {
		part := a.parts[0]
		a.parts = a.parts[1:]
		a.busy++
		e.call(ctx, func(ctx context.Context) event {
			if err := e.cfg.Journal.Held(ctx); err != nil {
				return func(context.Context) error { return err }
			}
			ctx = wire.WithPermission(ctx, e.cfg.Journal.Held)
			_, err := e.cfg.Service.AcknowledgeTaskResult(ctx, &wire.AcknowledgeTaskResultRequest{TaskDetailNo: part})
			return func(ctx context.Context) error { return e.acknowledged(ctx, part, err) }
		})
	}
	return time.Time{}
}

// acknowledged handles the end of an acknowledgement. One that fails does no
// harm: the result is recorded, and the next run acknowledges it.
func (e *engine) acknowledged(ctx context.Context, part []string, ackErr error) error {
	a := &e.acks
	a.busy--
	switch out, dead := wire.OutcomeOf(ackErr), e.cfg.Journal.Dead(); {
	case ackErr != nil && dead != nil:
		return dead // as where the account was lost while the call waited for its turn
	case ackErr == nil:
		return e.recordAcks(ctx, part, "")
	case wire.StopsOperation(ackErr), out != wire.Refused && a.countTry(part):
		e.note("%d results stay in the queue: %v", len(part), ackErr)
	case out != wire.Refused:
		a.parts = append(a.parts, part)
	case len(part) > 1:
		a.parts = append(a.parts, part[:len(part)/2], part[len(part)/2:])
	default:
		// Somebody else took it off.
		return e.recordAcks(ctx, part, ackErr.Error())
	}
	return nil
}

// countTry counts the tries of an acknowledgement and reports whether they are
// enough.
func (a *acker) countTry(part []string) bool {
	if a.tries == nil {
		a.tries = make(map[string]int)
	}
	a.tries[part[0]]++
	return a.tries[part[0]] >= maxAttempts
}

func (e *engine) recordAcks(ctx context.Context, part []string, note string) error {
	acks := make([]journal.Acknowledgement, len(part))
	for i, d := range part {
		acks[i] = journal.Acknowledgement{Detail: d, Note: note, At: e.now()}
	}
	if err := e.l.Acknowledge(ctx, acks); err != nil {
		return err
	}
	if note == "" {
		e.acks.done += len(part)
	}
	return nil
}

// abandonUnnumbered gives up the results of older journals that stand under a
// number which is made up, because the service had told none: they cannot be
// acknowledged.
func (e *engine) abandonUnnumbered(ctx context.Context) error {
	var lost []string
	e.acks.queue = slices.DeleteFunc(e.acks.queue, func(no string) bool {
		task, _, madeUp := strings.Cut(no, "/")
		if madeUp = madeUp && e.l.Task(task) != nil; madeUp {
			lost = append(lost, no)
		}
		return madeUp
	})
	if len(lost) == 0 {
		return nil
	}
	e.note("%d results cannot be acknowledged, for the service did not tell their numbers", len(lost))
	return e.recordAcks(ctx, lost, "it has no number")
}
