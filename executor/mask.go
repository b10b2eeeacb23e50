package executor

import (
	"slices"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
)

// Masked returns the report as everybody may read it: with a mask in place of each
// personal text. It is the report itself where m is nil.
func (r *Report) Masked(m *personal.Masker) *Report {
	if r == nil || m == nil {
		return r
	}
	for i := range r.Changes { // the text of one change may tell of another one
		attr.MapPersonal(r.Changes[i].Before, m.Learn)
		attr.MapPersonal(r.Changes[i].After, m.Learn)
	}
	masked, copied := *r, false
	for i := range r.Changes {
		c, other := r.Changes[i].masked(m)
		if !other {
			continue
		}
		if !copied {
			masked.Changes, copied = slices.Clone(r.Changes), true
		}
		masked.Changes[i] = c
	}
	masked.Trouble = m.Texts(r.Trouble)
	return &masked
}

// masked returns what became of a change as everybody may read it; other is false
// where that is the same. Most tell of nobody: a large report is not copied.
func (c ChangeReport) masked(m *personal.Masker) (_ ChangeReport, other bool) {
	_, before := c.Before.(attr.Personal)
	_, after := c.After.(attr.Personal)
	id, element, step, message := m.Text(c.ID), m.Text(c.Element), m.Text(c.Step), m.Text(c.Message)
	if c.Logged != nil {
		if operation := m.Text(c.Logged.Operation); operation != c.Logged.Operation {
			logged := *c.Logged
			logged.Operation, c.Logged, other = operation, &logged, true
		}
	}
	if !other && !before && !after && id == c.ID && element == c.Element && step == c.Step && message == c.Message {
		return c, false
	}
	c.Before, c.After = attr.MapPersonal(c.Before, m.Mask), attr.MapPersonal(c.After, m.Mask)
	c.ID, c.Element, c.Step, c.Message = id, element, step, message
	return c, true
}

// Masked returns an event as everybody may read it.
func Masked(e Event, m *personal.Masker) Event {
	switch d := e.(type) {
	case StepResult:
		d.Changes, d.Message = m.Texts(d.Changes), m.Text(d.Message)
		return d
	case ReadBack:
		d.Changes, d.Message = m.Texts(d.Changes), m.Text(d.Message)
		return d
	}
	return e
}
