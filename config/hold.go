package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
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
		h := Hold{Label: d.label, Source: *d.header, Names: l.heldNames(d)}
		if s, ok := l.text(d.until, "until"); ok {
			h.Until = l.until(d.until, s)
		}
		h.Reason, _ = l.text(d.reason, "reason")
		l.portfolio.Holds = append(l.portfolio.Holds, h)
	}
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
