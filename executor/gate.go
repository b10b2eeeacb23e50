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
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

const (
	// orderWindow is how far back tasks are looked at before an order.
	orderWindow = 30 * 24 * time.Hour
	// gateValidity is how long a reading of the account's orders holds, and how
	// long a planned order may wait before it is planned again.
	gateValidity = time.Minute
	// gateTries is how often that look is tried.
	gateTries = 4
)

// A gate holds orders back until the account's own orders have been read. What
// somebody else has ordered, or an earlier run whose journal was lost, is not
// ordered again. What was planned a while ago is planned again first.
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
	batches := g.unfinished()
	g.waiting = nil
	if len(batches) == 0 {
		return time.Time{}
	}
	g.busy = true
	l := orderCheck{changes: make(map[string]*attr.Change), from: now.Add(-orderWindow), replan: now.Sub(e.readAt) > gateValidity}
	for _, b := range batches {
		for _, n := range b.nodes {
			l.changes[n.name()] = n.change
		}
	}
	var err error
	l.bought, err = purchases(ctx, e.cfg.Journal, e.l.ID, now)
	e.callReadOnly(ctx, func(ctx context.Context) event {
		if err == nil {
			err = l.read(ctx, &e.cfg)
		}
		return func(ctx context.Context) error { return e.gateListed(ctx, batches, &l, err) }
	})
	return time.Time{}
}

// gateListed goes on when the account's tasks are listed: which of them are our
// own is asked now, for some may have been saved meanwhile.
func (e *engine) gateListed(ctx context.Context, batches []*batch, l *orderCheck, err error) error {
	if err == nil {
		l.known, err = e.cfg.Journal.KnownTasks(ctx, slices.Collect(maps.Keys(l.tasks)))
	}
	if err != nil {
		return e.gated(batches, l, err)
	}
	l.saving = e.tasksInFlight()
	e.callReadOnly(ctx, func(ctx context.Context) event {
		err := l.orders(ctx, e.cfg.lists(), e.now())
		return func(context.Context) error { return e.gated(batches, l, err) }
	})
	return nil
}

// tasksInFlight returns what the tasks look like of requests that are under way and
// order nothing.
func (e *engine) tasksInFlight() (all []wanted) {
	for b := range e.requestsInFlight {
		if w := e.wanted(b); !w.operation.Spends {
			all = append(all, w)
		}
	}
	return all
}

// isOwn reports whether a task of an undocumented type, which would otherwise
// count as an order, belongs to a request that is under way.
func (l *orderCheck) isOwn(t *candidate, names []string) bool {
	return !t.kind.Documented() && slices.ContainsFunc(l.saving, func(w wanted) bool {
		return w.operation.Saves(t.kind) && t.matches(&w) && slices.Equal(names, w.names)
	})
}

// unfinished returns the batches of which something is left to be ordered.
func (g *gate) unfinished() []*batch {
	return slices.DeleteFunc(g.waiting, func(b *batch) bool {
		return !slices.ContainsFunc(b.nodes, func(n *node) bool { return n.phase == batched })
	})
}

// An orderCheck is what must be known before something is ordered.
type orderCheck struct {
	changes map[string]*attr.Change // to be ordered, by name
	from    time.Time               // tasks are of interest since then
	replan  bool                    // what was planned is too old to be ordered without a new plan
	bought  []planner.Purchase      // by the journal
	tasks   taskList                // of the account
	known   map[string]string       // operations of the journal's tasks
	saving  []wanted                // requests under way, whose tasks nobody knows yet

	ordered map[string]string // names that somebody has ordered something for, and what
	stale   map[string]string // names that would not be ordered any more, and why
}

// read asks the service: first what the account says of the names, which takes
// longer, and then who has ordered what.
func (l *orderCheck) read(ctx context.Context, cfg *Config) (err error) {
	if l.replan {
		if l.stale, err = l.plan(ctx, cfg); err != nil {
			return fmt.Errorf("the orders cannot be planned again: %w", err)
		}
	}
	for _, p := range l.bought {
		if name, _, _ := strings.Cut(p.Change, "/"); l.changes[name] != nil && !p.Done && !p.Failed {
			l.from = earliest(l.from, p.At) // it may be under way, for however long
		}
	}
	if l.tasks, err = listTasks(ctx, cfg.lists(), l.from); err != nil {
		return fmt.Errorf("%s: %w", unreadOrders, err)
	}
	return nil
}

// unreadOrders is why nothing is ordered where a look fails.
const unreadOrders = "the account's order tasks cannot be read"

// plan plans the orders again, and returns those that the new plan does not
// make in the same way: the account, a price, the budget or the files may have
// changed since.
func (l *orderCheck) plan(ctx context.Context, cfg *Config) (map[string]string, error) {
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
	again, dropped, done := planner.Recheck(&planned, in)
	stale := make(map[string]string, len(dropped))
	for _, s := range dropped {
		stale[s.Domain] = s.Reason
	}
	for c := range again.Differences() {
		if !c.Planned() { // somebody would have to approve it
			stale[c.Domain] = c.Reason
		}
	}
	for _, id := range done {
		name, _, _ := strings.Cut(id, "/")
		stale[name] = "the account shows already what it was to buy"
	}
	return stale, nil
}

// blockReason says why an order must not leave, "" where it may.
func (l *orderCheck) blockReason(n *node, bought planner.Bought, now time.Time) string {
	return cmp.Or(l.ordered[n.name()], bought.BlockReason(n.change, now), l.stale[n.name()])
}

// gated lets orders pass, or refuses them.
func (e *engine) gated(batches []*batch, l *orderCheck, err error) error {
	g, now := &e.gate, e.now()
	g.busy = false
	if g.tries++; err != nil && g.tries < gateTries && !wire.StopsOperation(err) && !errors.Is(err, errEndless) {
		g.waiting, g.next = append(batches, g.waiting...), now.Add(e.cfg.Timing.RetryDelay<<g.tries)
		return nil
	}
	g.tries, g.next = 0, time.Time{}
	all, bought := e.clockRefusal(), planner.NewBought(l.bought)
	if err != nil {
		all = fmt.Sprintf("nothing is ordered: %v", err)
	}
	for _, b := range batches {
		for _, n := range b.nodes {
			if why := cmp.Or(all, l.blockReason(n, bought, now)); why != "" && n.phase == batched {
				e.cfg.Log.Error("an order is refused", "domain", n.name(), "step", n.ID, "why", why)
				e.g.finish(n, endNotSent, why, now)
			}
		}
		b.passedGate = now.Round(0) // by the wall clock: a machine may sleep between the look and the order
	}
	for _, b := range slices.Backward(batches) {
		e.backlog.first(b)
	}
	return nil
}

// clockRefusal says why the clocks forbid orders, "" where they do not: times tell
// one order from another.
func (e *engine) clockRefusal() string {
	if e.cfg.ServiceClock == nil {
		return ""
	}
	apart, known := e.cfg.ServiceClock.Apart()
	switch {
	case !known:
		return "nothing is ordered while it is not known how far the local clock is off the service's"
	case apart == nil || apart.Trusted:
		return ""
	case apart.Moved():
		return fmt.Sprintf("the service's clock has moved to %s since the run began, which goes by %s: run again, then order", clockTime(apart.Remote), clockTime(apart.Run))
	}
	return fmt.Sprintf("the local clock (%s) is %s off the service's (%s): set it, or say with --service-clock that the service's is right, then order",
		clockTime(apart.Local), words.Duration(apart.Local.Sub(apart.Remote).Abs().Round(time.Second)), clockTime(apart.Remote))
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// orders finds the names for which the account has an order that is under way,
// or a recent one that was executed and that the journal does not know. An
// order that failed bought nothing. What a task does not tell counts as the
// worst case. A task that may be about any name is an error, unless it is old
// and of an undocumented type: such a task may stay for ever.
func (l *orderCheck) orders(ctx context.Context, s lists, now time.Time) error {
	l.ordered = make(map[string]string)
	for _, no := range slices.Sorted(maps.Keys(l.tasks)) {
		t := l.tasks[no]
		recent, known := t.created.IsZero() || t.created.Last.After(now.Add(-planner.OrderRetention)), l.known[no] != ""
		if !l.mayOrder(&t) || t.complete && (!recent || known) {
			continue
		}
		details, err := taskDetails(ctx, s, no)
		var names []string
		if err == nil {
			names, err = t.namesIn(details)
		}
		switch {
		case err == nil && l.isOwn(&t, names):
			continue
		case err != nil && (recent || !t.isUndocumented() || ctx.Err() != nil):
			return fmt.Errorf("%s: %w", unreadOrders, err)
		}
		for i := range details {
			name, status := details[i].DomainName, details[i].Status()
			switch {
			case l.changes[name] == nil || status == wire.DetailFailure:
			case status != wire.DetailSuccess:
				l.ordered[name] = fmt.Sprintf("task %s of %s %s for the name and has not ended", no, t.created, t.describeOrder("orders something", "may order something"))
			case recent && !known:
				l.ordered[name] = fmt.Sprintf("task %s of %s %s for the name, and this journal does not know it", no, t.created, t.describeOrder("has ordered something", "may have ordered something"))
			}
		}
	}
	return nil
}

// mayOrder reports whether a task may order something. What its own tasks do
// the journal knows.
func (l *orderCheck) mayOrder(t *candidate) bool {
	if operation := wire.Lookup(l.known[t.no]); operation != nil {
		return operation.Spends
	}
	return t.kind.MayOrder()
}

// isUndocumented reports whether a task has a type, and nobody documents it.
func (c *candidate) isUndocumented() bool { return c.kind != "" && !c.kind.Documented() }

// describeOrder says what an order does, in other words where its type does not tell
// that it is one.
func (c *candidate) describeOrder(certain, perhaps string) string {
	if c.kind.Documented() {
		return certain
	}
	return perhaps
}
