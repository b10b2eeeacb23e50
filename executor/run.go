package executor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// An AppliedError says that a saved plan was applied before.
type AppliedError struct {
	Run   int64
	Began time.Time
	// Waiting says that the plan has left changes to persons.
	Waiting bool
}

// Error says when, and what to do.
func (e *AppliedError) Error() string {
	if e.Waiting {
		return fmt.Sprintf("run %d has made of this plan what was approved, on %s, and a plan is applied once: say yes to what still waits by domainsync jobs approve, and the next run makes it, or plan again", e.Run, e.Began.Format(time.RFC3339))
	}
	return fmt.Sprintf("run %d has applied this plan on %s, and a plan is applied once: plan again, or resume the run if it is open", e.Run, e.Began.Format(time.RFC3339))
}

// ErrOpenRun says that an earlier run must be settled or abandoned first.
var ErrOpenRun = errors.New("an earlier run is not settled: settle, resume or abandon it first")

// Run executes the ready changes of a plan. Its report is there even with an
// error, which says why the run could not go on; a [*journal.WriteError] means
// that the tasks in the report are recorded nowhere else.
//
// The names that the plan declares are recorded for the next plan's guard. A
// plan without anything to do leaves no other trace.
func Run(ctx context.Context, p *planner.Plan, cfg Config) (*Report, error) {
	cfg = cfg.defaults()
	if err := admit(ctx, cfg); err != nil {
		return nil, err
	}
	changes := p.Executed()
	g, err := newGraph(changes, cfg.BatchSize, cfg.Clock.Now(), nil)
	if err != nil {
		return nil, err
	}
	l, err := begin(ctx, p, cfg, len(changes) == 0)
	if err != nil || l == nil {
		return &Report{}, err
	}
	e := newEngine(cfg, l, g)
	e.readAt = p.ReadAt
	return e.execute(ctx, changes)
}

// admit refuses a run that must not begin. What it finds in the journal may be of
// whoever has the account since it was taken over.
func admit(ctx context.Context, cfg Config) error {
	refusal, err := admission(ctx, cfg)
	if err == nil && refusal != nil {
		err = cmp.Or(cfg.Journal.Held(ctx), refusal)
	}
	return err
}

// admission says why a run must not begin, nil where it may.
func admission(ctx context.Context, cfg Config) (refusal, err error) {
	open, err := cfg.Journal.Open(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range open {
		if !r.Marked(journal.Dropped) {
			return fmt.Errorf("run %d: %w", r.ID, ErrOpenRun), nil
		}
	}
	if cfg.PlanID == "" {
		return nil, nil
	}
	earlier, err := cfg.Journal.Applied(ctx, cfg.PlanID)
	if err == nil && earlier != nil {
		refusal = &AppliedError{Run: earlier.ID, Began: earlier.Began}
	}
	return refusal, err
}

// begin records a run. An empty one that declares what the last one did is not
// worth a record, and has no ledger.
func begin(ctx context.Context, p *planner.Plan, cfg Config, empty bool) (*journal.Ledger, error) {
	all := make([]*attr.Change, len(p.Changes))
	for i := range p.Changes {
		all[i] = &p.Changes[i]
	}
	if err := recordMarks(ctx, cfg.Journal, all, cfg.ServiceClock.Latest(p.ReadAt), p.StartsClock, p.ResetsClock); err != nil {
		return nil, err
	}
	if err := recordBaseline(ctx, cfg.Journal, p.Baseline, p.ReadAt); err != nil {
		return nil, err
	}
	p.Baseline = nil // it is of every name that changes, and nobody asks for it again
	if empty && cfg.PlanID == "" {
		last, err := cfg.Journal.LastDeclared(ctx)
		if err != nil || last != nil && equalNames(last, p.Declared) {
			return nil, err
		}
	}
	id := cfg.PlanID
	if id == "" {
		var err error
		if id, err = PlanID(p); err != nil {
			return nil, err
		}
	}
	persons, err := personsOf(ctx, p, cfg.Journal)
	if err != nil {
		return nil, err
	}
	return cfg.Journal.Begin(ctx, journal.Run{
		Persons: persons, Command: cfg.Command, Actor: cfg.Actor, Follows: cfg.FollowsRun, Undoes: p.Undo.OfRun(),
		Kind: journal.Apply, Began: cfg.Clock.Now(), ConfigHash: p.ConfigHash, PlanID: id, Declared: p.Declared,
		WritePlan: func(w io.Writer) error { return errors.Join(writePlan(w, p, persons), writeFollows(w, p, persons)) },
	})
}

// recordMarks records times that later plans need: for changes that wait until
// something has been live for a while, and for what is live without any change.
func recordMarks(ctx context.Context, j *journal.Journal, changes []*attr.Change, at time.Time, live, gone []string) error {
	for _, c := range changes {
		live, gone = append(live, c.StartsClock...), append(gone, c.ResetsClock...)
	}
	if len(live)+len(gone) == 0 {
		return nil
	}
	return j.Sight(ctx, live, gone, at)
}

// execute runs the engine to its end, and closes the run where nothing of it is
// left to do.
func (e *engine) execute(ctx context.Context, changes []*attr.Change) (*Report, error) {
	began := e.now()
	e.cfg.Events(Executing{Run: e.l.ID, Changes: len(changes), Steps: len(e.g.nodes)})
	e.verifyAsStepsEnd(changes)
	err := e.run(ctx)
	if ctx.Err() != nil {
		e.interrupted = true
	} else if e.interrupted && !e.relocking && err == nil && e.complete() {
		e.interrupted = false // it came when nothing was left to leave out
	}
	if err == nil { // what counts from these changes on counts from their end
		err = errors.Join(recordMarks(ctx, e.cfg.Journal, changes, e.cfg.ServiceClock.Latest(e.now()), nil, nil), e.close(ctx, changes))
	}
	e.emitProgress()
	r := e.report(changes)
	r.Seconds = e.cfg.Clock.Since(began).Seconds()
	return r, err
}

// close ends the run in the journal, unless something of it is left to do.
func (e *engine) close(ctx context.Context, changes []*attr.Change) error {
	switch {
	case e.interrupted && !e.l.Marked(journal.Dropped):
		return e.mark(ctx, journal.Interrupted)
	case e.relocking:
		return nil
	case e.countHeldBack() > 0, openSteps(e.l) > 0, len(owedRelocks(e.l, changes)) > 0, len(e.l.Unacknowledged()) > 0:
		return nil
	}
	return e.mark(ctx, journal.Ended)
}

func (e *engine) mark(ctx context.Context, name journal.MarkName) error {
	return e.l.Mark(ctx, journal.Mark{Name: name, At: e.now()})
}

// openSteps counts the steps that were sent and of which nobody knows what
// became.
func openSteps(l *journal.Ledger) (open int) {
	for _, b := range l.Batches {
		for _, s := range b.Steps {
			if state, last := l.Step(s); last == b && uncertain(state) {
				open++
			}
		}
	}
	return open
}

// owedRelocks returns the names whose lock a run opened, or may have, and did
// not close.
func owedRelocks(l *journal.Ledger, changes []*attr.Change) []string {
	var names []string
	for _, c := range changes {
		if isOpen(l, c) {
			names = append(names, c.Domain)
		}
	}
	return names
}

// isOpen reports whether a change opened a lock, or may have opened it, and did
// not close it. A closing that was sent before anybody knew of the opening
// proves nothing: the opening may have come after it.
func isOpen(l *journal.Ledger, c *attr.Change) bool {
	last := c.Steps[len(c.Steps)-1]
	if !last.Owed {
		return false
	}
	closed, closing := l.Step(last.ID)
	for _, s := range c.Steps[:len(c.Steps)-1] {
		switch state, b := l.Step(s.ID); {
		case uncertain(state):
			return true
		case state == journal.Succeeded && (closed != journal.Succeeded || closing.At.Before(b.KnownAt(s.ID))):
			return true
		}
	}
	return false
}

// uncertain reports whether a step was sent, or may have been, and nobody knows
// what became of it.
func uncertain(s journal.State) bool {
	return s == journal.Intended || s == journal.Submitted || s == journal.InDoubt
}

func equalNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
