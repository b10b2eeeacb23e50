package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config/attr"
)

// entry is a domain with the place that declares it.
type entry struct {
	Domain
	at *named
}

// evaluateDomains computes all names.
func (l *loader) evaluateDomains() {
	var all []entry
	for i, d := range l.domains {
		all = l.expand(d, all)
		l.domains[i] = nil // the values of a large table are not needed any more
		l.meter.forgetValues()
	}
	slices.SortStableFunc(all, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	l.checkDuplicates(all)
	l.checkValues(all)
	l.portfolio.Domains = make([]Domain, len(all))
	for i := range all {
		l.portfolio.Domains[i] = all[i].Domain
	}
}

// expand adds the domains of one block.
func (l *loader) expand(d *declaration, all []entry) []entry {
	if d.names.expr != nil {
		l.evaluateNames(d, registrable)
	}
	refs, _ := l.slotReferences(d)
	all = slices.Grow(all, len(d.names.list))
	if refs.each {
		return l.expandEach(d, all)
	}
	y, _ := l.resolve(d)
	for i := range d.names.list {
		all = addEntry(all, d, &d.names.list[i], y)
	}
	return all
}

func addEntry(all []entry, d *declaration, n *named, y layer) []entry {
	if n.name == "" {
		return all
	}
	return append(all, entry{Domain{Name: n.name, Declared: y.declared, Settings: y.settings, Template: y.template, Source: d.header}, n})
}

// expandEach adds the domains of a block whose arguments depend on each.
func (l *loader) expandEach(d *declaration, all []entry) []entry {
	var f findings
	for i := range d.slots {
		if s := &d.slots[i]; s.expr != nil && !s.each {
			l.evaluateSlot(s, l.own.scope, d.subject(), &f, "")
		}
	}
	if len(d.names.list) > 0 {
		e := newEach(l, d)
		i := 0
		for x := range elements(d.names.value) {
			n := &d.names.list[i]
			i++
			if n.name != "" {
				all = addEntry(all, d, n, e.resolve(x, n.name, &f))
			}
		}
	}
	l.diags = append(l.diags, f.all()...)
	return all
}

// checkDuplicates reports names that are declared more than once.
func (l *loader) checkDuplicates(sorted []entry) {
	var f findings
	first := 0
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Name != sorted[first].Name {
			first = i
			continue
		}
		name, at := display(sorted[i].Name), sorted[i].at
		d := &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Duplicate domain", Subject: at.source,
			Detail: fmt.Sprintf("already declared at %s. Declare it once.", l.placeOf(sorted[first].at)),
		}
		if at.index < 0 {
			d.Detail = name + " is " + d.Detail
			f.add("", d)
		} else {
			f.add(name+", "+l.elementOf(at), d)
		}
	}
	l.diags = append(l.diags, f.all()...)
}

// checkValues reports attributes that a name cannot have, and values that do not
// fit it, and warns of settings that do nothing.
func (l *loader) checkValues(sorted []entry) {
	var f findings
	for i := range sorted {
		name := sorted[i].Name
		for _, p := range attr.CheckSettings(&sorted[i].Settings, sorted[i].Value) {
			if d := (&hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: p.Summary, Detail: p.Detail, Subject: sorted[i].Source}); !l.accepts(d, name) {
				f.add(display(name), d)
			}
		}
		for _, d := range sorted[i].Declared {
			for _, p := range checkFit(name, d) {
				f.add(display(name), &hcl.Diagnostic{Severity: hcl.DiagError, Summary: p.Summary, Detail: p.Detail, Subject: d.Source})
			}
		}
	}
	l.diags = append(l.diags, f.all()...)
}

// checkFit says what is wrong with an attribute for one name.
func checkFit(name string, d Declared) []attr.Problem {
	a := d.Attribute
	switch {
	case !a.For(name):
		return []attr.Problem{{
			Summary: "Attribute of other suffixes",
			Detail: fmt.Sprintf("%s is known of names below .%s only. Remove it, or set it to null where a template gives it.",
				a.Name, strings.Join(a.Suffixes, ", .")),
		}}
	case a.Check != nil:
		return a.Check(name, d.Value)
	}
	return nil
}
