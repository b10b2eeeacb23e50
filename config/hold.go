package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
)

// addNamed keeps a hold or a released block.
func (l *loader) addNamed(block *hcl.Block, to *[]*declaration) {
	if !l.claim(block) {
		return
	}
	args := l.arguments(block)
	d := &declaration{kind: block.Type, label: block.Labels[0], header: header(block)}
	if a := args["until"]; a != nil {
		d.until = a.Expr
	}
	if a := args["reason"]; a != nil {
		d.reason = a.Expr
	}
	if a := args["attributes"]; a != nil {
		d.attributes = a.Expr
	}
	l.addNames(d, args["names"], anyName)
	*to = append(*to, d)
}

// evaluateHolds computes the holds. The domains are known.
func (l *loader) evaluateHolds() {
	slices.SortFunc(l.holds, func(a, b *declaration) int { return strings.Compare(a.label, b.label) })
	for _, d := range l.holds {
		if d.names.expr != nil {
			l.evaluateNames(d, anyName)
		}
		l.portfolio.Holds = append(l.portfolio.Holds, l.hold(d))
	}
}

// hold computes a hold. One that never ends says why: nobody else will remember.
func (l *loader) hold(d *declaration) Hold {
	var until time.Time
	ends := false
	if d.until != nil {
		v, ok := l.convert(d.until, cty.String, "until", "a text in quotes")
		if ends = ok || !v.IsNull(); ok {
			until = l.until(d.until, v.AsString())
		}
	}
	reason, _ := l.text(d.reason, "reason")
	if !ends && strings.TrimSpace(reason) == "" {
		l.errorAt(d.header, "Hold without an end or a reason",
			"Hold %q has no until, so that it never ends: give it the day on which it does, or say why it is for good in reason.", d.label)
	}
	return Hold{Label: d.label, Source: *d.header, Names: l.heldNames(d), Attributes: l.heldAttributes(d.attributes), Until: until, Reason: reason}
}

// heldAttributes returns the attributes that a hold names, in the order of the
// table; nil: all.
func (l *loader) heldAttributes(expr hcl.Expression) (held []string) {
	if expr == nil {
		return nil
	}
	v, ok := l.convert(expr, cty.List(cty.String), "attributes", `a list of names of attributes, such as ["nameservers"]`)
	if !ok {
		return nil
	}
	if v.LengthInt() == 0 {
		l.errorAt(expr.Range().Ptr(), "No attributes", "An empty list holds nothing. Name attributes, or remove the argument to hold all of them.")
		return nil
	}
	var names []string
	for _, a := range attr.OfNames() {
		names = append(names, a.Name)
	}
	named := make(map[string]bool)
	for it := v.ElementIterator(); it.Next(); {
		i, e := it.Element()
		if e.IsNull() || !slices.Contains(names, e.AsString()) {
			l.unknownAttribute(rangeOf(expr, cty.Path{cty.IndexStep{Key: i}}), e, names)
			continue
		}
		named[e.AsString()] = true
	}
	return slices.DeleteFunc(names, func(name string) bool { return !named[name] })
}

// unknownAttribute reports an element that is no attribute of names.
func (l *loader) unknownAttribute(at *hcl.Range, given cty.Value, names []string) {
	if given.IsNull() {
		l.errorAt(at, "Unknown attribute", "null is no attribute of a name.")
		return
	}
	l.errorAt(at, "Unknown attribute", "No attribute of a name is called %q.%s", given.AsString(), whichArguments(given.AsString(), names))
}

// heldNames returns the names of a hold block, and warns of those that are not
// declared: they may be misspelled.
func (l *loader) heldNames(d *declaration) []string {
	return l.namesOf(d, false, "Held name is not declared",
		"No domain or domains block declares the name, so there is nothing to hold. Check the spelling.")
}

// namesOf returns the names of a block that declares none itself, sorted. It warns of
// those that are declared, or of those that are not.
func (l *loader) namesOf(d *declaration, warnDeclared bool, summary, detail string) []string {
	var f findings
	var named []string
	for i := range d.names.list {
		n := &d.names.list[i]
		if n.name == "" {
			continue
		}
		if named = append(named, n.name); (l.portfolio.Domain(n.name) != nil) != warnDeclared {
			continue
		}
		diag := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Subject: n.source, Detail: detail}
		if l.accepts(diag, n.name) {
			continue
		}
		if n.index < 0 {
			diag.Detail = display(n.name) + ": " + diag.Detail
			f.add("", diag)
		} else {
			f.add(display(n.name), diag)
		}
	}
	l.diags = append(l.diags, f.all()...)
	slices.Sort(named)
	return slices.Compact(named)
}

// text evaluates an expression that gives a text. It reports false where there
// is none.
func (l *loader) text(expr hcl.Expression, what string) (string, bool) {
	if expr == nil {
		return "", false
	}
	v, ok := l.convert(expr, cty.String, what, "a text in quotes")
	if !ok {
		return "", false
	}
	return v.AsString(), true
}

// until reads the end of a hold.
func (l *loader) until(expr hcl.Expression, s string) time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	l.errorAt(expr.Range().Ptr(), "Not a date", "%s",
		fmt.Sprintf("%q is no date. Write a day, such as \"2026-12-01\" (it ends when that day begins in UTC), or a time, such as \"2026-12-01T08:00:00+01:00\".", s))
	return time.Time{}
}
