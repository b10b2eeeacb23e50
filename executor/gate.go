package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

const (
	// mostSkew is how far the local clock may be off the service's for an order:
	// times tell one order from another.
	mostSkew = 5 * time.Minute
	// orderWindow is how far back tasks are looked at before an order.
	orderWindow = 30 * 24 * time.Hour
	// gateLife is for how long a look at the account's orders is good, and for
	// how long an order is that was planned and not sent.
	gateLife = time.Minute
	// gateTries is how often that look is tried.
	gateTries = 4
)

// A gate holds orders back until the account's own orders have been looked at:
// what somebody else has ordered, or an earlier run whose journal was lost, is
// not ordered again. What was planned a while ago is planned again first.
type gate struct {
	waiting []*batch
	busy    bool
	tries   int
	next    time.Time
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
	l := look{changes: make(map[string]*attr.Change), from: now.Add(-orderWindow), again: now.Sub(e.readAt) > gateLife}
	for _, b := range batches {
		for _, n := range b.nodes {
			l.changes[n.name] = n.change
		}
	}
	var err error
	if l.known, err = e.cfg.Journal.Tasks(ctx); err == nil {
		l.bought, err = purchases(ctx, e.cfg.Journal, e.l.ID, now)
	}
	e.call(ctx, func(ctx context.Context) event {
		if err == nil {
			err = l.take(ctx, &e.cfg, now)
		}
		return func(context.Context) error { return e.gated(batches, &l, err) }
	})
	return time.Time{}
}

// A look is what must be known before something is ordered.
type look struct {
	changes map[string]*attr.Change // to be ordered, by name
	from    time.Time               // tasks are of interest since then
	again   bool                    // what was planned is too old to be ordered without a new plan
	known   map[string]bool         // tasks of the journal
	bought  []planner.Purchase      // by the journal

	ordered map[string]string // names that somebody has ordered something for, and what
	stale   map[string]string // names that would not be ordered any more, and why
}

// take asks the service: what the account says of the names first, which takes
// longer, and then who has ordered what.
func (l *look) take(ctx context.Context, cfg *Config, now time.Time) (err error) {
	if l.again {
		if l.stale, err = l.plan(ctx, cfg); err != nil {
			return fmt.Errorf("the orders cannot be planned again: %w", err)
		}
	}
	for _, p := range l.bought {
		if name, _, _ := strings.Cut(p.Change, "/"); l.changes[name] != nil && !p.Done && !p.Failed {
			l.from = earliest(l.from, p.At) // it may be under way, for however long
		}
	}
	if l.ordered, err = l.orders(ctx, cfg.Service, now); err != nil {
		return fmt.Errorf("the account's order tasks cannot be read: %w", err)
	}
	return nil
}

// plan plans the orders again, and returns which of them that plan does not
// make in the same way: the account, a price, the budget or the files may be
// others than when they were planned.
func (l *look) plan(ctx context.Context, cfg *Config) (map[string]string, error) {
	if cfg.Today == nil {
		return nil, errors.New("nobody says what they would follow from now")
	}
	var planned planner.Plan
	for _, name := range slices.Sorted(maps.Keys(l.changes)) {
		planned.Changes = append(planned.Changes, *l.changes[name])
	}
	in, err := cfg.Today(ctx, planned.Touched())
	if err != nil {
		return nil, err
	}
	in.History = planner.History{Purchases: l.bought}
	_, dropped := planner.Recheck(&planned, in)
	stale := make(map[string]string, len(dropped))
	for _, s := range dropped {
		stale[s.Domain] = s.Reason
	}
	return stale, nil
}

// forbids says why an order must not leave, "" where it may.
func (l *look) forbids(n *node, bought planner.Bought, now time.Time) string {
	return cmp.Or(l.ordered[n.name], bought.Forbids(n.change, now), l.stale[n.name])
}

// gated lets orders pass, or refuses them.
func (e *engine) gated(batches []*batch, l *look, err error) error {
	g, now := &e.gate, time.Now()
	g.busy = false
	if g.tries++; err != nil && g.tries < gateTries && !wire.StopsOperation(err) {
		g.waiting, g.next = append(batches, g.waiting...), now.Add(e.cfg.Timing.RetryDelay<<g.tries)
		return nil
	}
	g.tries, g.next = 0, time.Time{}
	all, bought := e.clockOff(), planner.NewBought(l.bought)
	if err != nil {
		all = fmt.Sprintf("nothing is ordered: %v", err)
	}
	for _, b := range batches {
		for _, n := range b.nodes {
			if why := cmp.Or(all, l.forbids(n, bought, now)); why != "" && n.phase == cut {
				e.cfg.Log.Error("an order is refused", "domain", n.name, "step", n.ID, "why", why)
				e.g.finish(n, endNotSent, why, now)
			}
		}
		b.cleared = now.Round(0) // by the wall clock: a machine may sleep between the look and the order
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

// orders returns the names for which the account has an order that is under
// way, or a recent one that was executed and that the journal does not know. An
// order that failed bought nothing.
func (l *look) orders(ctx context.Context, s Service, now time.Time) (map[string]string, error) {
	tasks, err := listTasks(ctx, s, []wanted{{from: l.from}})
	if err != nil {
		return nil, err
	}
	ordered := make(map[string]string)
	for _, no := range slices.Sorted(maps.Keys(tasks)) {
		t := tasks[no]
		recent := t.created.IsZero() || t.created.After(now.Add(-planner.OrderMemory))
		if !isOrder(t.kind) || t.complete && (!recent || l.known[no]) {
			continue
		}
		details, err := taskDetails(ctx, s, no)
		if err == nil && len(details) < t.names {
			err = fmt.Errorf("of the %d names of task %s only %d can be seen", t.names, no, len(details))
		}
		if err != nil {
			return nil, err
		}
		at := t.created.UTC().Format(time.RFC3339)
		for i := range details {
			name, status := details[i].DomainName, details[i].Status()
			switch {
			case l.changes[name] == nil || status == wire.DetailFailure:
			case status != wire.DetailSuccess:
				ordered[name] = fmt.Sprintf("task %s of %s orders something for the name and has not ended", no, at)
			case recent && !l.known[no]:
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
