package job

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// takeRule finds out which changes persons of a fleet have to approve. A run of the
// fleet goes by its rule, and records it for all others, which go by what the state has.
func (r *run) takeRule(j *journal.Journal) error {
	last, err := ruleIn(r, j)
	if err != nil {
		return r.end(err)
	}
	if r.rule = last; r.Rule == nil {
		return nil
	}
	r.rule = r.Rule
	if j != r.journal || last == nil && len(r.Rule.Persons) == 0 {
		return nil // a plan holds no account, and records nothing
	}
	if r.Log != nil && last != nil && r.Rule.Loosens(last) {
		r.Log.Warn("the rule of the fleet asks fewer persons than before, or others", "before", last.String(), "now", r.Rule.String())
	}
	data, err := json.Marshal(r.Rule)
	if err != nil {
		return err
	}
	return r.end(j.RecordRule(r.soft, data, r.journal.Now()))
}

// ruleIn returns the rule that a journal has; nil: none.
func ruleIn(r *run, j *journal.Journal) (*planner.PersonRule, error) {
	data, err := j.LastRule(r.soft)
	if data == nil || err != nil {
		return nil, err
	}
	rule := new(planner.PersonRule)
	if err := json.Unmarshal(data, rule); err != nil {
		return nil, fmt.Errorf("the rule of the account's fleet cannot be read: %w", err)
	}
	return rule, nil
}

// underRule returns an approval, nil is all, under the rule of the account's fleet. Who
// is present, "" for nobody, is asked about the plan.
func (r *run) underRule(a *planner.Approval, present string) *planner.Approval {
	if r.rule == nil || len(r.rule.Persons) == 0 {
		return a
	}
	under := planner.Approval{All: true}
	if a != nil {
		under = *a
	}
	under.Rule, under.Present = r.rule, present
	under.Outside, under.BreaksGlass = r.Rule == nil && r.result.Operation != Planning, r.BreakGlass != ""
	return &under
}

// present is who is asked about the plan of an apply; "": nobody is.
func (r *run) present(o ApplyOptions) string {
	switch {
	case o.ApprovedBy != "":
		return o.ApprovedBy
	case r.Approve == nil || o.Unasked:
		return ""
	}
	return r.Person
}

// breakGlass records, before anything is sent, whose changes are made without their
// persons, if any are.
func (r *run) breakGlass(by string) error {
	var changes []string
	for _, w := range r.result.Plan.Awaiting {
		if w.Made {
			changes = append(changes, w.Change)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	slices.Sort(changes)
	if by == "" {
		by = r.Actor.By
	}
	if by == "" {
		by = "somebody"
	}
	b := journal.BrokenGlass{By: by, At: r.journal.Now(), Reason: r.BreakGlass, Changes: changes}
	if err := r.journal.BreakGlass(r.soft, b); err != nil {
		return r.end(err)
	}
	r.result.BrokenGlass = append(r.result.BrokenGlass, b)
	told := *r.Job
	told.Actor.By += ", without the persons of the fleet: " + r.BreakGlass
	r.Job = &told
	return nil
}

// brokenGlassTold is for how long each run tells that changes were made without their
// persons.
const brokenGlassTold = 7 * 24 * time.Hour

// recallBrokenGlass reads what was made without its persons of late.
func (r *run) recallBrokenGlass(j *journal.Journal) (err error) {
	r.result.BrokenGlass, err = j.BrokenGlass(r.soft, j.Now().Add(-brokenGlassTold))
	return r.end(err)
}

// changesTold is how many changes are named where glass was broken.
const changesTold = 5

// brokenGlassReason says who made what without its persons, and why.
func brokenGlassReason(b *journal.BrokenGlass) string {
	by, host, found := strings.Cut(b.By, "@") // whole it would be masked as an address
	if found {
		by += " on " + host
	}
	changes := strings.Join(b.Changes[:min(len(b.Changes), changesTold)], ", ")
	if more := len(b.Changes) - changesTold; more > 0 {
		changes += fmt.Sprintf(", and %d more", more)
	}
	return fmt.Sprintf("On %s %s had these changes made: %s. The reason given is: %s.", b.At.UTC().Format("2006-01-02 15:04 MST"), by, changes, strings.TrimSuffix(b.Reason, "."))
}

// asksForWord reports whether a plan without anything to do is worth a question: who is
// there is one of the persons whom it lacks.
func (r *run) asksForWord(o ApplyOptions) bool {
	person := r.present(o)
	return o.Saved == nil && person != "" && len(r.result.Plan.Awaiting) > 0 && r.rule.Person(person) != ""
}
