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
	masked := *r
	masked.Changes = slices.Clone(r.Changes)
	for i := range masked.Changes { // the text of one change may tell of another one
		attr.MapPersonal(masked.Changes[i].Before, m.Learn)
		attr.MapPersonal(masked.Changes[i].After, m.Learn)
	}
	for i := range masked.Changes {
		c := &masked.Changes[i]
		c.Before, c.After = attr.MapPersonal(c.Before, m.Mask), attr.MapPersonal(c.After, m.Mask)
		c.ID, c.Element, c.Step, c.Message = m.Text(c.ID), m.Text(c.Element), m.Text(c.Step), m.Text(c.Message)
	}
	masked.Trouble = m.Texts(r.Trouble)
	return &masked
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
