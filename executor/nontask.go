package executor

import (
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
)

// do sends a request that saves no task: its answer is the result.
func (e *engine) do(ctx context.Context, r wire.Request) (wire.Response, error) {
	answer := wire.OperationOf(r).NewResponse()
	err := e.cfg.Service.Do(ctx, r, answer)
	return answer, err
}

// refusedBy returns what an answer says of a step: nil where it was done. One
// request may be done in part.
func (n *node) refusedBy(answer wire.Response) error {
	partial, ok := answer.(wire.PartialAnswer)
	if !ok {
		return nil
	}
	for _, element := range wire.Names(n.Request) {
		if err := partial.Refused(element); err != nil {
			return err
		}
	}
	return nil
}

// onDirect handles the end of a request that saves no task: its answer is the
// result.
func (e *engine) onDirect(ctx context.Context, b *batch, answer wire.Response, err error) error {
	delete(e.requestsInFlight, b)
	now := e.now()
	if err == nil && len(b.nodes) == 1 {
		err = b.nodes[0].refusedBy(answer)
	}
	if err != nil {
		return e.onError(ctx, b, err, now)
	}
	conclusions := make([]journal.Conclusion, 0, len(b.nodes))
	var refused, untold []*node
	for _, n := range b.nodes {
		c := journal.Conclusion{Batch: b.record.Batch, Step: n.ID, Verdict: journal.FoundDone, Reason: "the answer says so", At: now}
		if err := n.refusedBy(answer); err != nil && wire.OutcomeOf(err) == wire.Refused {
			c.Verdict, c.Reason = journal.FoundRefused, err.Error()
			e.refusals[n], refused = err, append(refused, n)
		} else if err != nil {
			untold = append(untold, n)
			continue
		}
		conclusions = append(conclusions, c)
	}
	if err := e.l.Conclude(ctx, conclusions); err != nil {
		return err
	}
	e.endEach(b, refused, untold, now)
	return nil
}

// endEach ends the steps of a request whose answer tells of each. What it does
// not tell of is looked for.
func (e *engine) endEach(b *batch, refused, untold []*node, now time.Time) {
	for _, n := range refused {
		e.cfg.Log.Warn("a part of a request was refused", "operation", b.record.Operation, "step", n.ID, "error", e.refusals[n])
		e.fail(n, now)
	}
	if len(untold) > 0 {
		part := &batch{nodes: untold, record: b.record}
		e.lookFor(&lostAnswer{batch: part, next: now.Add(e.cfg.Timing.RetryDelay)})
	}
	for _, n := range b.nodes {
		if e.refusals[n] == nil && !slices.Contains(untold, n) {
			e.g.finish(n, endDone, "", now)
		}
	}
	if b.splitFrom != nil {
		b.splitFrom.accepted = true
		e.nextPart(b)
	}
}
