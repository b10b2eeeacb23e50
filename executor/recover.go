package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// Settle finishes what earlier runs left: it finds out what became of all that
// was sent, closes the locks that are owed, and drops what was not sent. The
// report is nil where nothing was left.
func Settle(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), settleRun)
}

// Resume continues the stored plan of the run that is open: what is done is
// passed over, and what was not sent yet is sent if the live state is still
// what it was when it was planned. The report is nil where no run is open.
func Resume(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), func(ctx context.Context, cfg Config, run journal.Run) (*Report, error) {
		if run.Marked(journal.Dropped) {
			return settleRun(ctx, cfg, run)
		}
		return resumeRun(ctx, cfg, run)
	})
}

// Abandon closes all runs that are open. It calls nobody; the report says what
// stays in doubt and which locks stay open.
func Abandon(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), func(ctx context.Context, cfg Config, run journal.Run) (*Report, error) {
		e, changes, err := reopen(ctx, cfg, run.ID, false)
		if err != nil {
			return nil, err
		}
		return e.report(changes), e.mark(ctx, journal.Abandoned)
	})
}

// eachOpen does something with every open run, the oldest first.
func eachOpen(ctx context.Context, cfg Config, do func(context.Context, Config, journal.Run) (*Report, error)) (*Report, error) {
	open, err := cfg.Journal.Open(ctx)
	if err != nil {
		return nil, err
	}
	var all *Report
	for _, run := range open {
		r, err := do(ctx, cfg, run)
		all = Join(all, r)
		if err != nil || ctx.Err() != nil {
			return all, err
		}
	}
	return all, nil
}

// settleRun settles an open run and sends nothing but what it owes.
func settleRun(ctx context.Context, cfg Config, run journal.Run) (*Report, error) {
	e, changes, err := reopen(ctx, cfg, run.ID, false)
	if err != nil {
		return nil, err
	}
	if !e.l.Marked(journal.Dropped) {
		if err := e.mark(ctx, journal.Dropped); err != nil {
			return e.report(changes), err
		}
	}
	e.stop("the run that planned it was interrupted before")
	e.cfg.Log.Info("settling an earlier run", "run", run.ID, "open_tasks", len(e.open), "without_answer", len(e.lostAnswers))
	return e.execute(ctx, changes)
}

// resumeRun goes on with an open run, once or twice. While a lock is being
// closed, what needs it open is left for the second time.
func resumeRun(ctx context.Context, cfg Config, run journal.Run) (*Report, error) {
	var earlier *Report
	for left := 0; ; {
		e, changes, err := reopen(ctx, cfg, run.ID, true)
		if err != nil {
			return earlier, err
		}
		if err := e.refuseForgotten(changes); err != nil {
			return earlier, err
		}
		if err := e.mark(ctx, journal.Resumed); err != nil {
			return e.report(changes), err
		}
		if err := e.dropStale(ctx, changes); err != nil {
			return e.report(changes), err
		}
		if err := e.dropPaused(ctx, changes); err != nil {
			return e.report(changes), err
		}
		e.dropRefused(changes)
		e.dropForeign(ctx, changes)
		r, err := e.execute(ctx, changes)
		r.follow(earlier)
		later := e.countHeldBack()
		if later == 0 || left > 0 && later >= left || e.interrupted || err != nil {
			return r, err
		}
		earlier, left = r, later
	}
}

// reopen returns the engine of an open run, which knows what was sent.
func reopen(ctx context.Context, cfg Config, id int64, resuming bool) (*engine, []*attr.Change, error) {
	l, p, err := storedRun(ctx, cfg.Journal, id)
	if err != nil {
		return nil, nil, err
	}
	return engineOf(cfg, l, p, resuming)
}

// engineOf returns the engine of a run with a plan, which knows what was sent.
func engineOf(cfg Config, l *journal.Ledger, p *planner.Plan, resuming bool) (*engine, []*attr.Change, error) {
	l.Plan = nil // many times as large as what it says
	changes, now := p.Executed(), cfg.Clock.Now()
	past := resumePointOf(l, changes, resuming)
	g, err := newGraph(changes, cfg.BatchSize, now, past.restoreStep)
	if err != nil {
		return nil, nil, fmt.Errorf("run %d: %w", l.ID, err)
	}
	e := newEngine(cfg, l, g)
	e.undoes = p.Undo != nil
	e.restore()
	return e, changes, nil
}

// resumePoint is where the steps of an open run stand.
type resumePoint struct {
	l      *journal.Ledger
	resend map[string]bool // to be executed, whatever became of them
	later  map[string]bool // not to be sent before their lock is closed
}

// resumePointOf looks where the steps of an open run stand. Locks that are
// open, or may be, are owed. When a run is resumed, a lock that was closed is
// opened again for what was not sent while it was open. While the lock is still
// being closed, that has to wait.
func resumePointOf(l *journal.Ledger, changes []*attr.Change, resuming bool) resumePoint {
	p := resumePoint{l: l, resend: make(map[string]bool), later: make(map[string]bool)}
	for _, c := range changes {
		last := c.Steps[len(c.Steps)-1]
		if !last.Owed {
			continue
		}
		open := isOpen(l, c)
		closed, _ := l.Step(last.ID)
		if open && !uncertain(closed) {
			p.resend[last.ID] = true
		}
		if !resuming || closed == journal.Planned || closed == journal.Failed {
			continue
		}
		undone, unknown := undoneUnder(l, c)
		switch {
		case len(undone) == 0:
		case open || unknown || uncertain(closed):
			for _, id := range undone {
				p.later[id] = true
			}
		default:
			for _, s := range c.Steps {
				p.resend[s.ID] = true
			}
		}
	}
	return p
}

// undoneUnder returns the steps that need a lock open and were not executed, as
// far as is known, and whether one of them is in doubt.
func undoneUnder(l *journal.Ledger, c *attr.Change) (undone []string, unknown bool) {
	for _, id := range c.Steps[len(c.Steps)-1].After {
		if state, _ := l.Step(id); attr.ChangeOf(id) != c.ID && (state == journal.Planned || uncertain(state)) {
			undone = append(undone, id)
			unknown = unknown || uncertain(state)
		}
	}
	return undone, unknown
}

// lockIsBeingClosed is why a step is not sent that needs the lock open.
const lockIsBeingClosed = "its lock was being closed"

// restoreStep puts a step where it stands in the schedule.
func (p resumePoint) restoreStep(n *node) {
	if p.later[n.ID] {
		n.held = true
	}
	state, _ := p.l.Step(n.ID)
	switch {
	case p.resend[n.ID], state == journal.Planned:
	case state == journal.Succeeded:
		n.phase, n.end = ended, endDone
	case state == journal.Failed:
		n.phase, n.end = ended, endFailed
	default:
		n.phase = sent
	}
}

// restore takes up what was sent and has not ended, and what was not
// acknowledged.
func (e *engine) restore() {
	now := e.now()
	for _, b := range e.l.Batches {
		var nodes []*node
		for _, s := range b.Steps {
			n := e.g.byID[s]
			if _, last := e.l.Step(s); n != nil && n.phase == sent && last == b {
				nodes = append(nodes, n)
			}
		}
		switch {
		case len(nodes) == 0:
		case b.Task != nil:
			e.resumeBatch(b, nodes, now)
		default:
			e.lookFor(&lostAnswer{batch: &batch{nodes: nodes, record: b}, next: now})
		}
	}
	e.acks.queue = e.l.Unacknowledged()
}

// resumeBatch follows a task again, of which something was last heard long ago.
func (e *engine) resumeBatch(b *journal.Batch, nodes []*node, now time.Time) {
	e.follow(b, nodes, b.Task.Task, now)
	t := e.open[b.Task.Task]
	t.lastActivity = b.Task.At
	for r := range b.Results() {
		if r.At.After(t.lastActivity) {
			t.lastActivity = r.At
		}
	}
	e.checkAt(t, now)
	e.poll.next = now
}

// dropStale compares changes of which nothing was sent with the live state, and
// drops those that were planned from another state. Each name is read by itself, and
// now: what stands from before permits no change, and a list may lag behind what
// others have changed. Nothing is sent when the run is interrupted meanwhile.
func (e *engine) dropStale(ctx context.Context, changes []*attr.Change) error {
	fresh := e.unsent(changes)
	if len(fresh) == 0 {
		return nil
	}
	var live *snapshot.Account
	err := e.untilStopped(ctx, func(ctx context.Context) (err error) {
		live, err = e.cfg.Read(ctx, changeFacts(fresh))
		return err
	})
	if errors.Is(err, context.Canceled) {
		return nil // nothing will be sent
	}
	if err != nil {
		return fmt.Errorf("what was not sent yet cannot be compared with the live state: %w", err)
	}
	now, read := e.now(), newReading(live, nil)
	for _, c := range fresh {
		got, known := read.observe(c)
		switch first := e.g.byID[c.Steps[0].ID]; {
		case !known:
			e.dropChange(c, "the name cannot be read: "+read.whyUnobserved(c), now)
		case !equal(got, c.After) && pending(c, live) != "":
			e.dropChange(c, pending(c, live), now)
		case equal(got, c.Before):
		case equal(got, c.After) && len(c.Steps) == 1:
			e.g.finish(first, endDone, "", now)
		default:
			e.dropChange(c, fmt.Sprintf("%s: it is %s", staleReason, attr.Public(got)), now)
		}
	}
	e.g.prune(now)
	return nil
}

// dropRefused drops changes of which nothing was sent and that must not be made any more.
// All changes of the run count, also those that were sent.
func (e *engine) dropRefused(changes []*attr.Change) {
	if e.cfg.Admit == nil {
		return
	}
	refused, now := e.cfg.Admit(changes), e.now()
	for _, c := range e.unsent(changes) {
		if why := refused[c.ID]; why != "" {
			e.dropChange(c, why, now)
		}
	}
	e.g.prune(now)
}

// unsent returns the changes of which nothing was sent.
func (e *engine) unsent(changes []*attr.Change) []*attr.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c *attr.Change) bool {
		first := e.g.byID[c.Steps[0].ID]
		return first.phase != waiting && first.phase != ready
	})
}

// dropChange ends the steps of a change of which nothing was sent.
func (e *engine) dropChange(c *attr.Change, why string, now time.Time) {
	for _, s := range c.Steps {
		e.g.finish(e.g.byID[s.ID], endNotSent, why, now)
	}
}

// History is what the journal tells a plan. It reads only.
func History(ctx context.Context, j *journal.Journal) (planner.History, error) {
	h := planner.History{InDoubt: make(map[string]string), Ordered: make(map[string]string)}
	declared, err := j.LastDeclared(ctx)
	if err != nil {
		return h, err
	}
	h.Declared = declared
	h.Memory = planner.Memory{TellsTasks: true, New: declared == nil}
	if h.Memory.Since, err = j.RemembersSince(ctx); err != nil {
		return h, err
	}
	if h.Memory.Spent, err = statedSpent(ctx, j); err != nil {
		return h, err
	}
	if h.Seen, err = j.Seen(ctx); err != nil {
		return h, err
	}
	if h.Baseline, err = baseline(ctx, j); err != nil {
		return h, err
	}
	if h.Purchases, err = purchases(ctx, j, 0, j.Now()); err != nil {
		return h, err
	}
	if h.Approvals, err = Approvals(ctx, j); err != nil {
		return h, err
	}
	if h.Pauses, err = pauses(ctx, j); err != nil {
		return h, err
	}
	open, err := j.Open(ctx)
	for _, run := range open {
		err = errors.Join(err, addHistory(ctx, j, run.ID, &h))
	}
	slices.Sort(h.OwedRelocks)
	h.OwedRelocks = slices.Compact(h.OwedRelocks)
	return h, err
}

// statedSpent returns what was stated last of the orders of others.
func statedSpent(ctx context.Context, j *journal.Journal) (*planner.Spent, error) {
	s, err := j.LastSpent(ctx)
	if err != nil || s == nil {
		return nil, err
	}
	return &planner.Spent{Amount: attr.Amount(s.Amount), Currency: s.Currency, Tasks: s.Tasks, At: s.At}, nil
}

func addHistory(ctx context.Context, j *journal.Journal, id int64, h *planner.History) error {
	l, p, err := storedRun(ctx, j, id)
	if err != nil {
		return err
	}
	for _, b := range l.Batches {
		for _, s := range b.Steps {
			if state, last := l.Step(s); last == b {
				if why := orderUnderWay(b, state, j.Now()); why != "" {
					h.Ordered[attr.ChangeOf(s)] = why
				} else if why := doubtReason(b, s, state); why != "" {
					h.InDoubt[attr.ChangeOf(s)] = why
				}
			}
		}
	}
	h.OwedRelocks = append(h.OwedRelocks, owedRelocks(l, p.Executed())...)
	return nil
}

// doubtReason says why the outcome of a step is not known, "" where it is.
func doubtReason(b *journal.Batch, step string, state journal.State) string {
	at := b.At.UTC().Format(time.RFC3339)
	switch state {
	case journal.Intended:
		return "a request of " + at + " has no answer"
	case journal.Submitted:
		return "task " + b.Task.Task + " of " + at + " has no result"
	case journal.InDoubt:
		c, _ := b.Conclusion(step)
		return c.Reason
	}
	return ""
}

// Join returns the report of two runs, one after the other; either may be nil.
func Join(a, b *Report) *Report {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	r := *a
	r.Run = b.Run
	r.Changes = append(slices.Clone(a.Changes), b.Changes...)
	r.Unlocked = append(slices.Clone(a.Unlocked), b.Unlocked...)
	r.OpenTasks = append(slices.Clone(a.OpenTasks), b.OpenTasks...)
	r.Trouble = append(slices.Clone(a.Trouble), b.Trouble...)
	r.Steps, r.Submits, r.Tasks = a.Steps+b.Steps, a.Submits+b.Submits, a.Tasks+b.Tasks
	r.Acknowledged, r.Seconds = a.Acknowledged+b.Acknowledged, a.Seconds+b.Seconds
	r.Interrupted = a.Interrupted || b.Interrupted
	if r.Counts = maps.Clone(a.Counts); r.Counts == nil {
		r.Counts = make(map[string]int)
	}
	for k, n := range b.Counts {
		r.Counts[k] += n
	}
	return &r
}

// Update returns the report with what a later look at the same runs found out of
// them, which may be nil: nothing of them was open.
func (r *Report) Update(later *Report) *Report {
	if r == nil || later == nil {
		return r
	}
	now := make(map[string]*ChangeReport, len(later.Changes))
	for i := range later.Changes {
		now[later.Changes[i].ID] = &later.Changes[i]
	}
	up := *r
	up.Changes, up.Counts = slices.Clone(r.Changes), make(map[string]int)
	for i := range up.Changes {
		if c := now[up.Changes[i].ID]; c != nil {
			up.Changes[i] = *c
		}
		up.Counts[string(up.Changes[i].Result)]++
	}
	up.Unlocked, up.OpenTasks = stillIn(r.Unlocked, later.Unlocked), stillIn(r.OpenTasks, later.OpenTasks)
	up.Trouble = append(slices.Clone(r.Trouble), later.Trouble...)
	up.Acknowledged, up.Seconds = r.Acknowledged+later.Acknowledged, r.Seconds+later.Seconds
	up.Interrupted = r.Interrupted || later.Interrupted
	return &up
}

// stillIn returns what of a list stands in a later one, too.
func stillIn(all, later []string) []string {
	there := make(map[string]bool, len(later))
	for _, x := range later {
		there[x] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(x string) bool { return !there[x] })
}

// follow adds what an earlier pass over the same run did.
func (r *Report) follow(earlier *Report) {
	if earlier == nil {
		return
	}
	r.Trouble = append(slices.Clone(earlier.Trouble), r.Trouble...)
	r.Acknowledged += earlier.Acknowledged
	r.Seconds += earlier.Seconds
}
