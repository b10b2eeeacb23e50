package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// Settle finishes what earlier runs left: it finds out what became of all that
// was sent, closes the locks that are owed, and drops what was not sent. The
// report is nil where nothing was left.
func Settle(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), false, func(ctx context.Context, e *engine, changes []*attr.Change) (*Report, error) {
		return e.settleRun(ctx, changes)
	})
}

// Resume continues the stored plan of the run that is open: what is done is
// passed over, and what was not sent yet is sent if the live state is still
// what it was when it was planned. The report is nil where no run is open.
func Resume(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), true, func(ctx context.Context, e *engine, changes []*attr.Change) (*Report, error) {
		if e.l.Marked(journal.Dropped) {
			return e.settleRun(ctx, changes)
		}
		return e.resumeRun(ctx, changes)
	})
}

// Abandon closes all runs that are open. It calls nobody; the report says what
// stays in doubt and which locks stay open.
func Abandon(ctx context.Context, cfg Config) (*Report, error) {
	return eachOpen(ctx, cfg.defaults(), false, func(ctx context.Context, e *engine, changes []*attr.Change) (*Report, error) {
		r := e.report(changes)
		return r, e.l.Mark(ctx, journal.Mark{Name: journal.Abandoned, At: time.Now()})
	})
}

// eachOpen does something with every open run, the oldest first.
func eachOpen(ctx context.Context, cfg Config, resuming bool, do func(context.Context, *engine, []*attr.Change) (*Report, error)) (*Report, error) {
	open, err := cfg.Journal.Open(ctx)
	if err != nil {
		return nil, err
	}
	var all *Report
	for _, run := range open {
		e, changes, err := reopen(ctx, cfg, run.ID, resuming)
		if err != nil {
			return all, err
		}
		r, err := do(ctx, e, changes)
		all = join(all, r)
		if err != nil || ctx.Err() != nil {
			return all, err
		}
	}
	return all, nil
}

// reopen returns the engine of an open run, which knows what was sent.
func reopen(ctx context.Context, cfg Config, id int64, resuming bool) (*engine, []*attr.Change, error) {
	l, err := cfg.Journal.Ledger(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := decodePlan(l.Plan)
	if err != nil {
		return nil, nil, fmt.Errorf("run %d: %w", id, err)
	}
	changes := executed(p)
	g, err := newGraph(changes, cfg.BatchSize, time.Now(), pastOf(l, changes, resuming && !l.Marked(journal.Dropped)))
	if err != nil {
		return nil, nil, fmt.Errorf("run %d: %w", id, err)
	}
	e := newEngine(cfg, l, g)
	e.restore()
	return e, changes, nil
}

// pastOf says where the steps of an open run stand in the schedule. Locks that
// are open, or may be, are owed; resuming, a lock that was closed too early is
// opened again for what still needs it.
func pastOf(l *journal.Ledger, changes []*attr.Change, resuming bool) func(string) (phase, ending) {
	again := make(map[string]bool)
	for _, c := range changes {
		switch last := c.Steps[len(c.Steps)-1]; {
		case !last.Owed:
		case isOpen(l, c):
			again[last.ID] = !underWay(l, last.ID)
		case resuming && mustReopen(l, c, last):
			for _, s := range c.Steps {
				again[s.ID] = true
			}
		}
	}
	return func(step string) (phase, ending) {
		state, _ := l.Step(step)
		switch {
		case again[step], state == journal.Planned:
			return waiting, ""
		case state == journal.Succeeded:
			return ended, endDone
		case state == journal.Failed:
			return ended, endFailed
		}
		return sent, ""
	}
}

func underWay(l *journal.Ledger, step string) bool {
	state, _ := l.Step(step)
	return uncertain(state)
}

// mustReopen reports whether a lock was opened and closed again before all was
// sent that needs it open.
func mustReopen(l *journal.Ledger, c *attr.Change, closed attr.Step) bool {
	if state, _ := l.Step(closed.ID); state != journal.Succeeded {
		return false
	}
	return slices.ContainsFunc(closed.After, func(id string) bool {
		state, _ := l.Step(id)
		return changeOf(id) != c.ID && state == journal.Planned
	})
}

// restore takes up what was sent and has not ended, and what was not
// acknowledged.
func (e *engine) restore() {
	now := time.Now()
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
			e.takeUp(b, nodes, now)
		default:
			e.unsure = append(e.unsure, &unsure{batch: &batch{nodes: nodes, record: b}, last: e.lastSent(b, now), next: now})
		}
	}
	e.acks.queue = e.l.Unacknowledged()
}

// takeUp follows a task again, of which something was last heard long ago.
func (e *engine) takeUp(b *journal.Batch, nodes []*node, now time.Time) {
	e.follow(b, nodes, b.Task.Task, now)
	t := e.open[b.Task.Task]
	t.news = b.Task.At
	for _, r := range b.Results {
		if r.At.After(t.news) {
			t.news = r.At
		}
	}
	t.next = now
	e.poll.next = now
}

// lastSent returns when the request of a batch can have left at the latest:
// before the process that sent it ended, which it has, for its lock is ours.
func (e *engine) lastSent(b *journal.Batch, now time.Time) time.Time {
	if n := len(b.Outcomes); n > 0 {
		return b.Outcomes[n-1].At
	}
	return earliest(b.At.Add(e.cfg.Timing.SubmitWithin), now)
}

// settleRun settles an open run and sends nothing but what it owes.
func (e *engine) settleRun(ctx context.Context, changes []*attr.Change) (*Report, error) {
	if !e.l.Marked(journal.Dropped) {
		if err := e.l.Mark(ctx, journal.Mark{Name: journal.Dropped, At: time.Now()}); err != nil {
			return e.report(changes), err
		}
	}
	e.stop("the run that planned it was interrupted before")
	e.cfg.Log.Info("settling an earlier run", "run", e.l.ID, "open_tasks", len(e.open), "without_answer", len(e.unsure))
	return e.execute(ctx, changes)
}

// resumeRun goes on with an open run.
func (e *engine) resumeRun(ctx context.Context, changes []*attr.Change) (*Report, error) {
	if err := e.l.Mark(ctx, journal.Mark{Name: journal.Resumed, At: time.Now()}); err != nil {
		return e.report(changes), err
	}
	if err := e.dropStale(ctx, changes); err != nil {
		return e.report(changes), err
	}
	return e.execute(ctx, changes)
}

// dropStale compares the changes of which nothing was sent with the live
// state, and drops those that were planned from another.
func (e *engine) dropStale(ctx context.Context, changes []*attr.Change) error {
	fresh := slices.DeleteFunc(slices.Clone(changes), func(c *attr.Change) bool {
		first := e.g.byID[c.Steps[0].ID]
		return first.phase != waiting && first.phase != ready
	})
	if len(fresh) == 0 {
		return nil
	}
	live, err := e.cfg.Read(ctx, namesOf(fresh), changeFacts(fresh))
	if err != nil {
		return fmt.Errorf("what was not sent yet cannot be compared with the live state: %w", err)
	}
	now := time.Now()
	for _, c := range fresh {
		got, known := observe(c, live, nil)
		switch first := e.g.byID[c.Steps[0].ID]; {
		case !known:
			e.dropChange(c, "the name cannot be read: "+whyUnread(c.Domain, live, nil), now)
		case equal(got, c.Before):
		case equal(got, c.After) && len(c.Steps) == 1:
			e.g.finish(first, endDone, "", now)
		default:
			e.dropChange(c, fmt.Sprintf("%s: it is %v", staleReason, got), now)
		}
	}
	e.g.prune(now)
	return nil
}

// dropChange ends the steps of a change of which nothing was sent.
func (e *engine) dropChange(c *attr.Change, why string, now time.Time) {
	for _, s := range c.Steps {
		e.g.finish(e.g.byID[s.ID], endNotSent, why, now)
	}
}

// History is what the journal tells a plan. It reads only.
func History(ctx context.Context, j *journal.Journal) (planner.History, error) {
	h := planner.History{InDoubt: make(map[string]string)}
	declared, err := j.LastDeclared(ctx)
	if err != nil {
		return h, err
	}
	h.Declared = declared
	if h.Seen, err = j.Seen(ctx); err != nil {
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

func addHistory(ctx context.Context, j *journal.Journal, id int64, h *planner.History) error {
	l, err := j.Ledger(ctx, id)
	if err != nil {
		return err
	}
	p, err := decodePlan(l.Plan)
	if err != nil {
		return fmt.Errorf("run %d: %w", id, err)
	}
	for _, b := range l.Batches {
		for _, s := range b.Steps {
			if state, last := l.Step(s); last == b {
				if why := doubtful(b, s, state); why != "" {
					h.InDoubt[changeOf(s)] = why
				}
			}
		}
	}
	h.OwedRelocks = append(h.OwedRelocks, owedRelocks(l, executed(p))...)
	return nil
}

// doubtful says why the outcome of a step is not known, "" where it is.
func doubtful(b *journal.Batch, step string, state journal.State) string {
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

// join adds the report of another run.
func join(a, b *Report) *Report {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	a.Run = b.Run
	a.Changes = append(a.Changes, b.Changes...)
	a.Unlocked = append(a.Unlocked, b.Unlocked...)
	a.OpenTasks = append(a.OpenTasks, b.OpenTasks...)
	a.Trouble = append(a.Trouble, b.Trouble...)
	a.Interrupted = a.Interrupted || b.Interrupted
	a.Steps, a.Submits, a.Tasks = a.Steps+b.Steps, a.Submits+b.Submits, a.Tasks+b.Tasks
	a.Acknowledged, a.Seconds = a.Acknowledged+b.Acknowledged, a.Seconds+b.Seconds
	for k, n := range b.Counts {
		a.Counts[k] += n
	}
	return a
}
