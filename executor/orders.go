package executor

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// spends reports whether a batch orders something.
func (b *batch) spends() bool { return b.nodes[0].operation().Spends }

// purchase is the record of what a step orders.
func (n *node) purchase() journal.Purchase {
	c, cost := n.change, n.change.Cost
	if cost == nil {
		cost = &attr.Cost{} // an order of an unknown kind: recorded all the same
	}
	return journal.Purchase{
		Step: n.ID, Domain: n.name(), Kind: c.Attribute, Before: valueText(c.Before),
		Years: cost.Years, Amount: int64(cost.Amount), Known: cost.Known, Currency: cost.Currency,
	}
}

// valueText writes a value as the journal keeps it.
func valueText(v attr.Value) string {
	data, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(data)
}

// isPurchase reports whether a batch of the journal orders something.
func isPurchase(b *journal.Batch) bool {
	o := wire.Lookup(b.Operation)
	return o != nil && o.Spends
}

// hangTimeout returns for how long a task may say nothing before it is in doubt.
func (e *engine) hangTimeout(b *journal.Batch) time.Duration {
	if isPurchase(b) {
		return e.cfg.Timing.OrderHangAfter
	}
	return e.cfg.Timing.HangAfter
}

// suspendAt returns when a run stops waiting for a task that may still end
// well; zero for tasks that a run waits for to the end.
func (e *engine) suspendAt(b *journal.Batch) time.Time {
	if !isPurchase(b) || b.Task == nil {
		return time.Time{}
	}
	return b.Task.At.Add(e.cfg.Timing.OrderWait)
}

// suspendOrder ends the steps of an order that the service is still working on.
// A later run reads how it ended. A run that was interrupted and leaves it early
// has not come to its end.
func (e *engine) suspendOrder(no string, t *task, now time.Time) {
	delete(e.open, no)
	e.ordersLeft = e.ordersLeft || now.Before(e.suspendAt(t.batch))
	e.cfg.Log.Info("an order is under way; a later run hears how it ends", "task", no)
	for _, n := range t.nodes {
		if n.phase == sent {
			e.g.finish(n, endWaiting, noResult(t.batch), now)
		}
	}
}

// purchases returns the orders of the journal, as a plan wants them, without
// those that certainly were not executed. run is the one that is planned again,
// 0 for none.
func purchases(ctx context.Context, j *journal.Journal, run int64, now time.Time) ([]planner.Purchase, error) {
	records, err := j.Purchases(ctx, Retention(now), nil)
	var all []planner.Purchase
	for i := range records {
		r := &records[i]
		if r.State == journal.Planned {
			continue
		}
		p := planner.Purchase{
			Change: attr.ChangeOf(r.Step), Amount: attr.Amount(r.Amount), Currency: r.Currency, At: r.At,
			Done: r.State == journal.Succeeded, Failed: r.State == journal.Failed, SameRun: r.Run == run,
		}
		if a := attr.Lookup(r.Kind); a != nil {
			before, err := a.Unmarshal([]byte(r.Before))
			if err != nil {
				return nil, fmt.Errorf("journal: purchase %s: %w", r.Step, err)
			}
			p.Before = before
		}
		all = append(all, p)
	}
	return all, err
}

// orderUnderWay names the order of a step that the service is working on; ""
// where there is none, or where it should have ended by now.
func orderUnderWay(b *journal.Batch, state journal.State, now time.Time) string {
	if state != journal.Submitted || !isPurchase(b) || now.Sub(b.Task.At) > orderHangAfter {
		return ""
	}
	return noResult(b)
}

func noResult(b *journal.Batch) string {
	return fmt.Sprintf("task %s of %s has no result yet", b.Task.Task, b.Task.At.UTC().Format(time.RFC3339))
}
