package executor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

const (
	// mostSkew is how far the local clock may be off the service's for an order:
	// times tell one order from another.
	mostSkew = 5 * time.Minute
	// orderWindow is how far back tasks are looked at before an order.
	orderWindow = 30 * 24 * time.Hour
	// gateLife is for how long a look at the account's orders is good.
	gateLife = time.Minute
	// gateTries is how often that look is tried.
	gateTries = 4
)

// A gate holds orders back until the account's own orders have been looked at:
// what somebody else has ordered, or an earlier run whose journal was lost, is
// not ordered again.
type gate struct {
	waiting []*batch
	busy    bool
	tries   int
	next    time.Time
}

// spends reports whether a batch orders something.
func (b *batch) spends() bool { return b.nodes[0].operation().Spends }

// purchase is the record of what a step orders.
func (n *node) purchase() journal.Purchase {
	c, cost := n.change, n.change.Cost
	if cost == nil {
		cost = &attr.Cost{} // an order of an unknown kind: recorded all the same
	}
	return journal.Purchase{
		Step: n.ID, Domain: n.name, Kind: c.Attribute, Before: valueText(c.Before),
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

// gateDue looks at the account's orders where orders wait for it.
func (e *engine) gateDue(ctx context.Context, now time.Time) time.Time {
	g := &e.gate
	if len(g.waiting) == 0 || g.busy {
		return time.Time{}
	}
	if g.next.After(now) {
		return g.next
	}
	batches := g.waiting
	g.waiting, g.busy = nil, true
	names := make(map[string]bool)
	for _, b := range batches {
		for _, n := range b.nodes {
			names[n.name] = true
		}
	}
	known, err := e.cfg.Journal.Tasks(ctx)
	var bought planner.Bought
	if err == nil {
		var all []planner.Purchase
		all, err = purchases(ctx, e.cfg.Journal, now)
		bought = planner.NewBought(all)
	}
	e.call(ctx, func(ctx context.Context) event {
		var ordered map[string]string
		if err == nil {
			ordered, err = findOrders(ctx, e.cfg.Service, names, known, now)
		}
		return func(context.Context) error { return e.gated(batches, ordered, bought, err) }
	})
	return time.Time{}
}

// gated lets orders pass, or refuses them.
func (e *engine) gated(batches []*batch, ordered map[string]string, bought planner.Bought, err error) error {
	g, now := &e.gate, time.Now()
	g.busy = false
	if g.tries++; err != nil && g.tries < gateTries && !wire.StopsOperation(err) {
		g.waiting, g.next = append(batches, g.waiting...), now.Add(e.cfg.Timing.RetryDelay<<g.tries)
		return nil
	}
	g.tries, g.next = 0, time.Time{}
	var all string
	if err != nil {
		all = fmt.Sprintf("nothing is ordered while the account's order tasks cannot be read: %v", err)
	} else {
		all = e.clockOff()
	}
	for _, b := range batches {
		for _, n := range b.nodes {
			why := all
			if why == "" {
				why = ordered[n.name]
			}
			if why == "" {
				why = bought.Forbids(n.change, now)
			}
			if why != "" && n.phase == cut {
				e.cfg.Log.Error("an order is refused", "domain", n.name, "step", n.ID, "why", why)
				e.g.finish(n, endNotSent, why, now)
			}
		}
		b.cleared = now
	}
	e.backlog = append(batches, e.backlog...)
	return nil
}

// clockOff says why the clock forbids orders, "" where it does not.
func (e *engine) clockOff() string {
	if e.cfg.Skew == nil {
		return ""
	}
	skew, known := e.cfg.Skew()
	switch {
	case !known:
		return "nothing is ordered while it is not known how far the local clock is off the service's"
	case skew.Abs() > mostSkew:
		return fmt.Sprintf("the local clock is %s off the service's: set it, then order", skew.Abs().Round(time.Second))
	}
	return ""
}

// findOrders returns the names for which the account has an order that is under
// way, or a recent one that was executed and that the journal does not know. An
// order that failed bought nothing.
func findOrders(ctx context.Context, s Service, names, known map[string]bool, now time.Time) (map[string]string, error) {
	tasks, err := listTasks(ctx, s, []wanted{{from: now.Add(-orderWindow)}})
	if err != nil {
		return nil, err
	}
	ordered := make(map[string]string)
	for _, no := range slices.Sorted(maps.Keys(tasks)) {
		t := tasks[no]
		recent := t.created.After(now.Add(-planner.OrderMemory))
		if !isOrder(t.kind) || t.complete && (!recent || known[no]) {
			continue
		}
		details, err := taskDetails(ctx, s, no)
		if err != nil {
			return nil, err
		}
		at := t.created.UTC().Format(time.RFC3339)
		for i := range details {
			name, status := details[i].DomainName, details[i].Status()
			switch {
			case !names[name] || status == wire.DetailFailure:
			case status != wire.DetailSuccess:
				ordered[name] = fmt.Sprintf("task %s of %s orders something for the name and has not ended", no, at)
			case recent && !known[no]:
				ordered[name] = fmt.Sprintf("task %s of %s has ordered something for the name, and this journal does not know it", no, at)
			}
		}
	}
	return ordered, nil
}

// isOrder reports whether tasks of that type order something.
func isOrder(kind wire.TaskType) bool {
	return slices.ContainsFunc(wire.Operations(), func(o *wire.Operation) bool { return o.Spends && o.Saves(kind) })
}

// isPurchase reports whether a batch of the journal orders something.
func isPurchase(b *journal.Batch) bool {
	o := wire.Lookup(b.Operation)
	return o != nil && o.Spends
}

// patience returns for how long a task may say nothing before it is in doubt.
func (e *engine) patience(b *journal.Batch) time.Duration {
	if isPurchase(b) {
		return e.cfg.Timing.OrderHangAfter
	}
	return e.cfg.Timing.HangAfter
}

// leaves returns when a run waits for a task no longer, although it may still
// end well; zero for tasks that a run waits for to the end.
func (e *engine) leaves(b *journal.Batch) time.Time {
	if !isPurchase(b) || b.Task == nil {
		return time.Time{}
	}
	return b.Task.At.Add(e.cfg.Timing.OrderWait)
}

// leaveOrder ends the steps of an order that the service is still working on. A
// later run hears how it ends.
func (e *engine) leaveOrder(no string, t *task, now time.Time) {
	delete(e.open, no)
	e.cfg.Log.Info("an order is under way; a later run hears how it ends", "task", no)
	for _, n := range t.nodes {
		if n.phase == sent {
			e.g.finish(n, endWaiting, noResult(t.batch), now)
		}
	}
}

// purchases returns the orders of the journal that were or may have been
// executed, as a plan wants them.
func purchases(ctx context.Context, j *journal.Journal, now time.Time) ([]planner.Purchase, error) {
	records, err := j.Purchases(ctx, Memory(now))
	var all []planner.Purchase
	for i := range records {
		r := &records[i]
		if !r.Spent() {
			continue
		}
		p := planner.Purchase{
			Change: attr.ChangeOf(r.Step), Amount: attr.Amount(r.Amount), Currency: r.Currency, At: r.At, Done: r.State == journal.Succeeded,
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

// orderUnderWay says what order of a step the service is working on, "" where it is
// none, or one that should have ended by now.
func orderUnderWay(b *journal.Batch, state journal.State, now time.Time) string {
	if state != journal.Submitted || !isPurchase(b) || now.Sub(b.Task.At) > orderHangAfter {
		return ""
	}
	return noResult(b)
}

func noResult(b *journal.Batch) string {
	return fmt.Sprintf("task %s of %s has no result yet", b.Task.Task, b.Task.At.UTC().Format(time.RFC3339))
}
