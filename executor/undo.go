package executor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// UndoOf returns what takes back the changes that a run has made, or may have, of some
// names and attributes, by the values that the journal has. It changes nothing and asks
// nobody.
func UndoOf(ctx context.Context, j *journal.Journal, id int64, only planner.Selection) (*planner.Undo, error) {
	r, err := ReadRecorded(ctx, j, id)
	switch {
	case err != nil:
		return nil, err
	case r.Problem != "":
		return nil, fmt.Errorf("what run %d has changed cannot be read: %s", id, r.Problem)
	}
	u := &planner.Undo{Run: id, Changes: []planner.TakenBack{}, Left: []planner.Left{}}
	made := changesMade(r, only)
	if err := completeFormer(ctx, j, id, made); err != nil {
		return nil, err
	}
	for rest := made; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Domain == rest[0].Domain && rest[n].Attribute == rest[0].Attribute {
			n++
		}
		takeBack(u, rest[:n])
		rest = rest[n:]
	}
	return u, nil
}

// madeChange is a change that a run has made, as far as it went.
type madeChange struct {
	*attr.Change
	before, after attr.Value
	// unknown says that it is still to be found out whether it was made. Of a run that
	// was given up nobody finds that out: the account decides.
	unknown bool
}

// changesMade returns the changes that a run has made or may have, those of one
// attribute of one name together.
func changesMade(r *Recorded, only planner.Selection) (made []madeChange) {
	planned := make(map[string]*attr.Change)
	for c := range r.Plan.Differences() {
		planned[c.ID] = c
	}
	for i := range r.Report.Changes {
		o := &r.Report.Changes[i]
		c := planned[o.ID]
		if c == nil || !only.Has(c.Domain) || !only.HasAttribute(c.Domain, c.Attribute) {
			continue
		}
		if after, some := leftBy(c, o); some {
			unknown := o.Result == Waiting || o.Result == InDoubt && !r.Marked(journal.Abandoned)
			made = append(made, madeChange{c, c.Before, after, unknown})
		}
	}
	place := make(map[string]int)
	for i, a := range attr.Planned() {
		place[a.Name] = i
	}
	slices.SortStableFunc(made, func(a, b madeChange) int {
		return cmp.Or(strings.Compare(a.Domain, b.Domain), place[a.Attribute]-place[b.Attribute], strings.Compare(a.Element, b.Element))
	})
	return made
}

// leftBy returns what a change has left; some is false where it has made nothing.
func leftBy(c *attr.Change, o *ChangeReport) (after attr.Value, some bool) {
	switch o.Result {
	case Failed, NotSent, Stale:
		step := slices.IndexFunc(c.Steps, func(s attr.Step) bool { return s.ID == o.Step })
		if step <= 0 { // of several steps the first ones may have been made
			return nil, false
		}
		_, after = attr.Lookup(c.Attribute).Stage(c, step-1)
		return after, true
	case Verified, Done, Waiting, Differs, InDoubt:
	}
	return c.After, true
}

// completeFormer completes former values of which the service has not told all, by what the
// last earlier run that changed the same has sent, where the service told the same of it.
func completeFormer(ctx context.Context, j *journal.Journal, id int64, made []madeChange) error {
	lacking := make(map[string]*madeChange)
	for i := range made {
		a := attr.Lookup(made[i].Attribute)
		if a.Sent != nil && a.WhyKept([]attr.Replaced{made[i].replaced()}) != "" {
			lacking[made[i].ID] = &made[i]
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	runs, err := j.Runs(ctx)
	for at := len(runs) - 1; at >= 0 && len(lacking) > 0 && err == nil; at-- {
		if runs[at].ID >= id {
			continue
		}
		var earlier *Recorded
		if earlier, err = ReadRecorded(ctx, j, runs[at].ID); err == nil {
			earlier.complete(lacking)
		}
	}
	return err
}

// complete completes the former values of some changes by what a run has sent for the
// same, and forgets the changes of which it has sent something.
func (r *Recorded) complete(lacking map[string]*madeChange) {
	results := make(map[string]ChangeResult, len(r.Report.Changes))
	for i := range r.Report.Changes {
		results[r.Report.Changes[i].ID] = r.Report.Changes[i].Result
	}
	for c := range r.Plan.Differences() {
		m := lacking[c.ID]
		if m == nil || results[c.ID] != Verified && results[c.ID] != Done || len(c.Steps) == 0 {
			continue
		}
		delete(lacking, c.ID)
		if sent := attr.Lookup(c.Attribute).Sent(c.Steps[0].Request); sent != nil && m.before != nil && sent.Equal(m.before) {
			m.before = sent
		}
	}
}

func (c *madeChange) replaced() attr.Replaced {
	return attr.Replaced{ID: c.ID, Domain: c.Domain, Element: c.Element, Before: c.before, After: c.after, Cost: c.Cost}
}

// unknownYet is why what nobody knows is not taken back.
const unknownYet = "nobody knows yet what became of it: domainsync resume finds that out, or resume --abandon gives it up; then undo the run again"

// takeBack adds the changes of one attribute of one name to an undo, or why they stay.
func takeBack(u *planner.Undo, made []madeChange) {
	all, inDoubt := make([]attr.Replaced, len(made)), false
	for i := range made {
		all[i] = made[i].replaced()
		inDoubt = inDoubt || made[i].unknown
	}
	kept := attr.Lookup(made[0].Attribute).WhyKept(all)
	why := kept
	if inDoubt {
		why = unknownYet
	}
	for _, c := range all {
		if why != "" {
			u.Left = append(u.Left, planner.Left{ID: c.ID, Domain: c.Domain, Reason: why})
		}
		back := planner.TakenBack{Domain: c.Domain, Attribute: made[0].Attribute, Element: c.Element, Before: c.Before, After: c.After}
		switch {
		case why == "":
			u.Changes = append(u.Changes, back)
		case kept == "":
			u.InDoubt = append(u.InDoubt, back)
		}
	}
}
