package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// personsOf returns the persons of whom a plan tells.
func personsOf(ctx context.Context, p *planner.Plan, j *journal.Journal) (*journal.Persons, error) {
	persons, err := j.NewPersons(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Concat(p.Executed(), p.Follows()) {
		addPersons(c.Before, persons)
		addPersons(c.After, persons)
	}
	return persons, nil
}

// addPersons makes the persons of a value known, and returns what stands for their
// texts.
func addPersons(v attr.Value, persons *journal.Persons) personal.Map {
	refer := personal.Map(persons.Refer)
	for _, person := range attr.Persons(v) {
		if !slices.ContainsFunc(person, func(t personal.Text) bool { return personal.Forgotten(t.Text) }) {
			refer = persons.Add(person)
		}
	}
	return refer
}

// referring returns a change with references in place of what it tells of persons;
// the change itself where persons is nil, or it tells of none.
func referring(c *attr.Change, persons *journal.Persons) *attr.Change {
	if persons != nil && c.Logged != nil { // from where somebody did something is not kept for years
		known := *c
		known.Logged, c = nil, &known
	}
	if persons == nil || !c.HasPersonal() && persons.Hide(c.Reason) == c.Reason && !namesPersons(c) {
		return c
	}
	before, after := addPersons(c.Before, persons), addPersons(c.After, persons)
	refers := c.MapPersonal(after, persons.Hide)
	refers.Before = attr.MapPersonal(c.Before, before)
	return &refers
}

// namesPersons reports whether the ID of a change, or one that it refers to, may
// hold an e-mail address.
func namesPersons(c *attr.Change) bool {
	told := func(s string) bool { return strings.Contains(s, "@") }
	return told(c.ID) || told(c.Follows) || slices.ContainsFunc(c.Steps, func(s attr.Step) bool {
		return slices.ContainsFunc(s.Needs, told) || slices.ContainsFunc(s.After, told)
	})
}

// forgotten reports whether a change is about what was forgotten.
func forgotten(c *attr.Change) (gone bool) {
	if !c.HasPersonal() {
		return false
	}
	look := func(_, text string) string {
		gone = gone || personal.Forgotten(text)
		return text
	}
	c.EachPersonal(look)
	for i := range c.Steps {
		attr.MapPersonalRequest(c.Steps[i].Request, look)
	}
	return gone
}

// forgottenReason is why a change that was forgotten cannot be compared.
const forgottenReason = "what it is about was forgotten from the state"

// A ForgottenError says that a run cannot go on: what it would send was forgotten.
type ForgottenError struct {
	Run     int64
	Changes []string // by ID
}

// Error says what to do.
func (e *ForgottenError) Error() string {
	shown := e.Changes[:min(len(e.Changes), 3)]
	return fmt.Sprintf("run %d cannot be resumed: personal values of %s were forgotten from the state, and nothing else tells what was to be sent (%s). Apply settles the run and plans anew from the files; resume --abandon closes it",
		e.Run, words.Count(len(e.Changes), "change"), words.List(shown, len(e.Changes)-len(shown)))
}

// refuseForgotten refuses to go on with changes that were forgotten before they
// were sent.
func (e *engine) refuseForgotten(changes []*attr.Change) error {
	var gone []string
	for _, c := range changes {
		unsent := slices.ContainsFunc(c.Steps, func(s attr.Step) bool { n := e.g.byID[s.ID]; return n.phase == waiting || n.phase == ready })
		if unsent && forgotten(c) {
			gone = append(gone, c.ID)
		}
	}
	if gone == nil {
		return nil
	}
	return &ForgottenError{Run: e.l.ID, Changes: gone}
}
