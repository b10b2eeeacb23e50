package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
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
	p.Undo.eachPersonal(m.Learn)
	masked := *p
	some := masked.mapWords(m.Text)
	masked.Changes = mapSome(p.Changes, &some, func(c attr.Change) (attr.Change, bool) { return maskedChange(m, &c) })
	masked.Undo = p.Undo.masked(m, &some)
	if !some {
		return p
	}
	masked.IsMasked = true
	return &masked
}

// MapWords returns the plan with other words in what it says of itself and of what
// could not be read. Changes are as they were.
func (p *Plan) MapWords(with func(string) string) *Plan {
	mapped := *p
	mapped.mapWords(with)
	return &mapped
}

// mapWords reports whether some words are others.
func (p *Plan) mapWords(with func(string) string) (some bool) {
	p.Diagnostics = mapSome(p.Diagnostics, &some, func(d Diagnostic) (Diagnostic, bool) {
		was := d
		d.Summary, d.Detail = with(d.Summary), with(d.Detail)
		return d, d != was
	})
	p.Checks = mapSome(p.Checks, &some, func(f config.FailedCheck) (config.FailedCheck, bool) {
		message, undecided := with(f.Message), with(f.Undecided)
		other := message != f.Message || undecided != f.Undecided
		f.Message, f.Undecided = message, undecided
		return f, other
	})
	p.Failures = mapSome(p.Failures, &some, func(f snapshot.Failure) (snapshot.Failure, bool) {
		was := f
		f.Message = with(f.Message)
		return f, f != was
	})
	p.Threats = mapSome(p.Threats, &some, func(t Threat) (Threat, bool) {
		was := t.Sentence
		t.Sentence = with(t.Sentence)
		return t, t.Sentence != was
	})
	p.Settings = p.Settings.mapText(with, &some)
	conditions, others := MapReasons(p.Conditions, with)
	p.Conditions, some = conditions, some || others
	p.Approved = mapSome(p.Approved, &some, func(x Approved) (Approved, bool) {
		was := x.By
		x.By = with(x.By)
		return x, x.By != was
	})
	p.Awaiting = mapSome(p.Awaiting, &some, func(w Awaiting) (Awaiting, bool) { return w.mapWords(with) })
	return some
}

// mapWords returns what is awaited in other words.
func (w Awaiting) mapWords(with func(string) string) (_ Awaiting, some bool) {
	w.Approved = mapSome(w.Approved, &some, func(yes Yes) (Yes, bool) {
		was := yes.By
		yes.By = with(yes.By)
		return yes, yes.By != was
	})
	if no := w.Rejected; no != nil {
		w.Rejected = &No{By: with(no.By), At: no.At, Reason: with(no.Reason)}
		some = some || *w.Rejected != *no
	}
	id := with(w.Change)
	some = some || id != w.Change
	w.Change = id
	return w, some
}

// eachPersonal passes the personal texts of what is taken back; nil is nothing.
func (u *Undo) eachPersonal(each personal.Map) {
	if u == nil {
		return
	}
	for _, all := range [][]TakenBack{u.Changes, u.InDoubt} {
		for i := range all {
			attr.MapPersonal(all[i].Before, each)
			attr.MapPersonal(all[i].After, each)
		}
	}
}

// masked returns the undo as everybody may read it, and notes in some where that is
// another one; nil is none.
func (u *Undo) masked(m *personal.Masker, some *bool) *Undo {
	if u == nil {
		return nil
	}
	masked := *u
	hide := func(c TakenBack) (TakenBack, bool) {
		_, before := c.Before.(attr.Personal)
		_, after := c.After.(attr.Personal)
		c.Before, c.After = attr.MapPersonal(c.Before, m.Mask), attr.MapPersonal(c.After, m.Mask)
		return c, before || after
	}
	masked.Changes, masked.InDoubt = mapSome(u.Changes, some, hide), mapSome(u.InDoubt, some, hide)
	masked.Left = mapSome(u.Left, some, func(l Left) (Left, bool) {
		with := Left{ID: m.Text(l.ID), Domain: l.Domain, Reason: m.Text(l.Reason)}
		return with, with != l
	})
	masked.Stale = mapSome(u.Stale, some, func(s Stale) (Stale, bool) {
		with := Stale{ID: m.Text(s.ID), Domain: s.Domain, Reason: m.Text(s.Reason)}
		return with, with != s
	})
	return &masked
}

// maskedChange masks a change; ok is false where it has nothing to be masked. Most
// have none: a large plan is not copied step by step.
func maskedChange(m *personal.Masker, c *attr.Change) (_ attr.Change, ok bool) {
	told := func(s string) bool { return s != "" && m.Text(s) != s }
	if c.HasPersonal() || told(c.ID) || told(c.Follows) || told(c.Reason) || c.Logged != nil && told(c.Logged.Operation) {
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
