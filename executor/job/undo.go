package job

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// UndoHold is for how long what was taken back is held, unless somebody says otherwise.
const UndoHold = 14 * 24 * time.Hour

// UndoOptions say what is taken back.
type UndoOptions struct {
	Run  int64             // whose changes are
	Only planner.Selection // the names and attributes; the zero value selects all
	// Until is when the hold ends that keeps later runs from making the changes again
	// while the files call for them; zero: [UndoHold] from now.
	Until time.Time
	// Forced says that somebody answers for the nameservers, keys and addresses of
	// before.
	Forced bool
	// Keep is that of [PlanOptions].
	Keep func(ctx context.Context, p *planner.Plan) (hash string, err error)
	// Limit, Approval, Unasked and Accept are those of an apply.
	Limit    int
	Approval *planner.Approval
	Unasked  bool
	Accept   Acceptance
}

// An EmptyUndoError says that a run has changed nothing that can be meant.
type EmptyUndoError struct{ Run int64 }

// Error says what to do.
func (e *EmptyUndoError) Error() string {
	return fmt.Sprintf("run %d has changed nothing of that: domainsync runs show %d tells what it did", e.Run, e.Run)
}

// A ForeignUndoError says that a saved plan takes back something else than the state has
// of the run.
type ForeignUndoError struct{ Run int64 }

// Error says what to do.
func (e *ForeignUndoError) Error() string {
	return fmt.Sprintf("the plan takes back something else than the state knows of run %d: plan again with domainsync undo %d", e.Run, e.Run)
}

// An EndedHoldError says that a saved plan of an undo would hold nothing any more: the
// next apply of the files would make again what it takes back.
type EndedHoldError struct {
	Run   int64
	Until time.Time
}

// Error says what to do.
func (e *EndedHoldError) Error() string {
	return fmt.Sprintf("the hold of what the plan takes back would have ended on %s already, and the next apply would make it again: plan again with domainsync undo %d", e.Until.UTC().Format("2006-01-02 15:04 MST"), e.Run)
}

// PlanUndo plans what takes back the changes of a run. It changes nothing.
func (j *Job) PlanUndo(ctx context.Context, o UndoOptions) (*Result, error) {
	return j.perform(ctx, Planning, o.Accept, func(r *run) error {
		r.undoing, r.anew = &o, true
		return r.work(ReadingPart, planner.Effort{}, func() error {
			in, err := r.observe(PlanOptions{})
			if err != nil {
				return err
			}
			in.Limit, in.Approval = o.Limit, r.underRule(nil, r.Person)
			return r.planUndo(in)
		})
	})
}

// Undo settles earlier runs, and takes back the changes of one: what it changes is
// planned, approved and made as in an apply. What the files permit beyond the last apply
// does not count, and nothing else that they declare is made.
func (j *Job) Undo(ctx context.Context, o UndoOptions) (*Result, error) {
	return j.perform(ctx, Applying, o.Accept, func(r *run) error {
		r.undoing, r.approval, r.anew = &o, o.Approval, true
		if o.Unasked || o.Approval != nil {
			r.approval = r.withoutPerson(o.Approval)
		}
		if err := r.hold(); err != nil {
			return err
		}
		r.approval = r.underRule(r.approval, r.present(ApplyOptions{Unasked: o.Unasked}))
		if err := r.narrowForUndo(r.journal); err != nil {
			return err
		}
		if err := r.settle(); err != nil || r.result.Stopped {
			return err
		}
		err := r.work(ReadingPart, planner.Effort{}, func() error {
			if err := r.readUndo(r.journal); err != nil {
				return err
			}
			in, err := r.input(r.only)
			if err != nil {
				return err
			}
			in.Limit = o.Limit
			return r.planUndo(in)
		})
		if err != nil {
			return err
		}
		if err := r.admit(ApplyOptions{}); err != nil {
			return err
		}
		if err := r.holdUndone(); err != nil {
			return r.end(err)
		}
		return r.change("")
	})
}

// readUndo reads from the journal what is taken back, and puts it over the files.
func (r *run) readUndo(j *journal.Journal) error {
	o := r.undoing
	u, err := executor.UndoOf(r.soft, j, o.Run, o.Only)
	if err != nil {
		return r.end(err)
	}
	if len(u.Changes)+len(u.Left) == 0 {
		return &EmptyUndoError{o.Run}
	}
	u.Forced = o.Forced
	if u.Until = o.Until; u.Until.IsZero() {
		u.Until = r.latest().Add(UndoHold).UTC().Truncate(time.Second)
	}
	r.putOver(u)
	return nil
}

// putOver puts what is taken back over the files.
func (r *run) putOver(u *planner.Undo) {
	under := *r.Job
	r.filesAlone, under.Portfolio = r.Portfolio, u.Declares(r.Portfolio)
	r.Job, r.undo, r.only = &under, u, planner.SelectNames(u.Names())
}

// planUndo plans what takes the changes back. What others have changed since is told as
// that of a saved plan.
func (r *run) planUndo(in planner.Input) error {
	p := planner.Diff(in)
	r.result.Stale = p.Undo.Stale
	return r.plan(p, in, r.undoing.Keep)
}

// takeSavedUndo puts what a saved plan takes back over the files, as the state has it:
// the plan itself could say anything.
func (r *run) takeSavedUndo(saved *planner.Plan) error {
	if saved == nil || saved.Undo == nil {
		return nil
	}
	known, err := executor.UndoOf(r.soft, r.journal, saved.Undo.Run, planner.Selection{})
	if err != nil {
		return &SavedPlanError{err}
	}
	u, ok := known.ChosenBy(saved.Undo)
	switch {
	case !ok:
		return &SavedPlanError{&ForeignUndoError{saved.Undo.Run}}
	case !u.Until.After(r.latest()):
		return &SavedPlanError{&EndedHoldError{u.Run, u.Until}}
	}
	r.putOver(u)
	return nil
}

// holdUndone holds back what is taken back, where the files call for it, before any of
// it is: a run that begins when this one has died would make it again. Earlier holds of
// the same give way.
func (r *run) holdUndone() error {
	earlier, err := r.journal.Pauses(r.soft, r.journal.Now())
	if err != nil {
		return err
	}
	names, held := r.undone()
	for _, attribute := range slices.Sorted(maps.Keys(names)) {
		if len(held[attribute]) > 0 {
			_, err := r.journal.Pause(r.soft, journal.Pause{
				Patterns: held[attribute], Attributes: attr.Together(attribute), Money: attr.Lookup(attribute).Hazard == attr.Money, Until: r.undo.Until, By: r.by(), At: r.journal.Now(), Undoes: r.undo.Run,
				Reason: fmt.Sprintf("run %d was taken back, and the files still call for what it did: declare what the account has, or end this with domainsync unpause", r.undo.Run),
			})
			if err != nil {
				return err
			}
		}
		if err := r.endHolds(earlier, attr.Together(attribute), names[attribute]); err != nil {
			return err
		}
	}
	return nil
}

// undone returns the names of which something is taken back, or may still take effect, by
// attribute, and those of them of which the files declare something else than is brought
// back. What somebody else has changed since is among them: who mended a name by hand must
// not find it wrong again in the morning. What nobody has approved, or something refuses,
// is not: nothing of it is taken back.
func (r *run) undone() (names, held map[string][]string) {
	names, held = make(map[string][]string), make(map[string][]string)
	left := leftByPlan(r.result.Plan)
	for _, all := range [][]planner.TakenBack{r.undo.Changes, r.undo.InDoubt} {
		for i := range all {
			c := &all[i]
			if left[attr.ChangeID(c.Domain, attr.Together(c.Attribute)[0])] {
				continue
			}
			names[c.Attribute] = append(names[c.Attribute], c.Domain)
			if declaresOther(r.filesAlone.Domain(c.Domain), c) {
				held[c.Attribute] = append(held[c.Attribute], c.Domain)
			}
		}
	}
	for _, byAttribute := range []map[string][]string{names, held} {
		for attribute, of := range byAttribute {
			slices.Sort(of)
			byAttribute[attribute] = slices.Compact(of)
		}
	}
	return names, held
}

// leftByPlan returns the attributes of names, by the first of those that say the same, of
// which a plan has changes and makes none, since nobody has approved them or something
// refuses them.
func leftByPlan(p *planner.Plan) map[string]bool {
	left := make(map[string]bool)
	for c := range p.Differences() {
		id := attr.ChangeID(c.Domain, attr.Together(c.Attribute)[0])
		before, told := left[id]
		left[id] = (before || !told) && (c.Status == attr.Unapproved || c.Status == attr.Refused)
	}
	return left
}

// declaresOther reports whether the files declare of a name, nil where they do not know
// it, something else than what was there before a change.
func declaresOther(d *config.Domain, c *planner.TakenBack) bool {
	if d == nil {
		return false
	}
	for _, attribute := range attr.Together(c.Attribute) {
		v := d.Value(attribute)
		if v != nil && (attribute != c.Attribute || c.Element != "" || c.Before == nil || !v.Equal(c.Before)) {
			return true
		}
	}
	return false
}

// by is who is recorded for what the run holds, and ends to hold.
func (r *run) by() string { return cmp.Or(r.Actor.By, "somebody") }

// endHolds ends for names what earlier undos hold of some attributes.
func (r *run) endHolds(earlier []journal.Pause, attributes, names []string) error {
	over := make(map[string]bool, len(names))
	for _, name := range names {
		over[name] = true
	}
	for _, p := range earlier {
		if p.Undoes == 0 || !slices.Equal(p.Attributes, attributes) {
			continue
		}
		some := slices.DeleteFunc(slices.Clone(p.Patterns), func(name string) bool { return !over[name] })
		if len(some) == 0 {
			continue
		}
		if err := r.journal.Unpause(r.soft, p.ID, some, r.by(), r.journal.Now()); err != nil {
			return err
		}
	}
	return nil
}

// endAgreed ends the holds of names of which the files declare again what the account
// has, as the plan has found.
func (r *run) endAgreed() error {
	for _, a := range r.result.Plan.Agreed {
		if err := r.journal.Unpause(r.soft, a.Pause, a.Names, r.by(), r.journal.Now()); err != nil {
			return r.end(err)
		}
	}
	return nil
}

// narrowBy narrows what the files permit by what was applied last. An undo approves
// nothing that is looser.
func (r *run) narrowBy(saved *planner.Plan) error {
	if saved != nil && saved.Undo != nil {
		return r.narrowForUndo(r.journal)
	}
	return r.end(r.narrow(r.journal, saved))
}

// narrowForUndo narrows what the files permit to what those permitted that were applied
// last: only an apply of the files can have more approved, so nobody is asked here.
func (r *run) narrowForUndo(j *journal.Journal) error {
	err := r.narrowAll(j)
	r.policy = nil
	return err
}

// recordApplied records what the files permit in this run, and what its plan has found of
// earlier undos; of an undo what it holds back.
func (r *run) recordApplied() error {
	if r.undo != nil {
		return r.end(r.holdUndone())
	}
	if err := r.recordCeilings(); err != nil {
		return err
	}
	return r.endAgreed()
}
