package executor

import (
	"context"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal"
)

// do sends a request that saves no task: its answer is the result. An answer
// may refuse what the request asks for.
func (e *engine) do(ctx context.Context, r wire.Request) error {
	answer := wire.OperationOf(r).NewResponse()
	if err := e.cfg.Service.Do(ctx, r, answer); err != nil {
		return err
	}
	if partial, ok := answer.(interface{ Refusal() error }); ok {
		return partial.Refusal()
	}
	return nil
}

// ended hears how a request ended whose answer is the result.
func (e *engine) ended(ctx context.Context, b *batch, err error) error {
	delete(e.flying, b)
	now := time.Now()
	if err != nil {
		return e.unanswered(ctx, b, err, now)
	}
	conclusions := make([]journal.Conclusion, len(b.nodes))
	for i, n := range b.nodes {
		conclusions[i] = journal.Conclusion{Batch: b.record.Batch, Step: n.ID, Verdict: journal.FoundDone, Reason: "the answer says so", At: now}
	}
	if err := e.l.Conclude(ctx, conclusions); err != nil {
		return err
	}
	for _, n := range b.nodes {
		e.g.finish(n, endDone, "", now)
	}
	if b.family != nil {
		b.family.accepted = true
		e.nextPart(b)
	}
	return nil
}
