package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
)

// Masked returns the plan as everybody may read it: with a mask in place of each
// personal text. It is the plan itself where the plan has none, or m is nil. A
// masked plan compares, groups and prints like the plan, and cannot be applied.
func (p *Plan) Masked(m *personal.Masker) *Plan {
	if m == nil {
		return p
	}
	for i := range p.Changes { // the text of one change may tell of another one
		p.Changes[i].EachPersonal(m.Learn)
	}
	masked := *p
	masked.Changes = mapSome(p.Changes, &masked.IsMasked, func(c attr.Change) (attr.Change, bool) { return maskedChange(m, &c) })
	masked.Diagnostics = mapSome(p.Diagnostics, &masked.IsMasked, func(d Diagnostic) (Diagnostic, bool) {
		was := d
		d.Summary, d.Detail = m.Text(d.Summary), m.Text(d.Detail)
		return d, d != was
	})
	masked.Failures = mapSome(p.Failures, &masked.IsMasked, func(f snapshot.Failure) (snapshot.Failure, bool) {
		was := f
		f.Message = m.Text(f.Message)
		return f, f != was
	})
	if !masked.IsMasked {
		return p
	}
	return &masked
}

// maskedChange masks a change; ok is false where it has nothing to be masked. Most
// have none: a large plan is not copied step by step.
func maskedChange(m *personal.Masker, c *attr.Change) (_ attr.Change, ok bool) {
	told := func(s string) bool { return s != "" && m.Text(s) != s }
	if c.HasPersonal() || told(c.ID) || told(c.Follows) || told(c.Reason) {
		return c.MapPersonal(m.Mask, m.Text), true
	}
	return *c, false
}

// mapSome returns the elements of a list with others in place of some, the list
// itself where there are none. It notes in changed that there are.
func mapSome[T any](all []T, changed *bool, f func(T) (T, bool)) []T {
	mapped := all
	for i, one := range all {
		with, other := f(one)
		if !other {
			continue
		}
		if &mapped[0] == &all[0] {
			mapped = slices.Clone(all)
		}
		mapped[i], *changed = with, true
	}
	return mapped
}
