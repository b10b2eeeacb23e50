package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// A declaration is what is kept of a domain, domains, template, hold or released block.
type declaration struct {
	kind   string
	label  string
	header *hcl.Range
	slots  []slot // in the order of the arguments
	names  names  // of domains, hold and released blocks
	until  hcl.Expression
	reason hcl.Expression
	// attributes are those that a hold block names; nil: all.
	attributes hcl.Expression
}

// A slot is one argument with what a block gives it.
type slot struct {
	argument *argument
	source   *hcl.Range
	expr     hcl.Expression // nil: the value is known
	value    any            // what the argument decodes to; nil: null, or a mistake
	each     bool           // the expression is computed for each name
}

// A layer is what a block and the templates below it come to.
type layer struct {
	declared []Declared
	settings attr.Settings
	name     string // of a template
	template string // the name of the one below it; "": none
}

func (d *declaration) place() *hcl.Range { return d.header }

// subject names a declaration in messages.
func (d *declaration) subject() string {
	if d.kind == "domain" {
		return d.label
	}
	return fmt.Sprintf("%s %q", d.kind, d.label)
}

// scope says what the declaration's arguments may refer to.
func (d *declaration) scope() referenceScope {
	switch d.kind {
	case "template":
		return inTemplate
	case "domain":
		return inDomain
	}
	return inDomains
}

// addDeclaration keeps a template, domain or domains block.
func (l *loader) addDeclaration(block *hcl.Block) {
	args := l.arguments(block)
	d := &declaration{kind: block.Type, label: block.Labels[0], header: header(block)}
	if d.kind != "domain" && !l.claim(block) {
		return
	}
	for _, a := range arguments {
		if x := args[a.name]; x != nil {
			d.slots = append(d.slots, l.newSlot(d, a, x.Expr))
		}
	}
	switch d.kind {
	case "template":
		l.templates[d.label] = d
		return
	case "domain":
		d.names = singleName(d.label, block.LabelRanges[0])
		l.checkNames(d, registrable)
	case "domains":
		l.addNames(d, args["names"], registrable)
	}
	l.domains = append(l.domains, d)
}

// newSlot evaluates a constant at once, so that its syntax can be dropped.
func (l *loader) newSlot(d *declaration, a *argument, expr hcl.Expression) slot {
	s := slot{argument: a, source: expr.Range().Ptr(), expr: expr}
	if len(expr.Variables()) == 0 {
		var f findings
		l.evaluateSlot(&s, l.directoryOf(d.header).constants, d.subject(), &f, "")
		l.diags = append(l.diags, f.all()...)
	}
	return s
}

// evaluateSlot computes the value of a slot; name is the name it is computed
// for, "" where it is computed for the whole block.
func (l *loader) evaluateSlot(s *slot, ctx *hcl.EvalContext, who string, f *findings, name string) {
	expr := s.expr
	s.value = nil
	v, diags := expr.Value(ctx)
	for _, d := range withoutSensitive(diags, l.hushed) { // later it may be one for many names
		f.add(name, d)
	}
	if name == "" {
		s.expr = nil
	}
	if diags.HasErrors() || v.IsNull() || !v.IsWhollyKnown() {
		return // unknown: what it depends on was reported
	}
	if !l.meter.fitsAttribute(v) {
		f.add(name, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Value too large", Subject: s.source,
			Detail: fmt.Sprintf("%s takes no text of more than %s characters, and no more than %s.", s.argument.name, words.Number(longestAttributeText), megabytes(largestAttribute)),
		})
		return
	}
	if l.meter.stopped() {
		return
	}
	value, problems := s.argument.decode(v)
	for _, p := range problems {
		d := problemAt(expr, p)
		if name == "" {
			d.Detail, d.Extra = who+": "+d.Detail, warned{labelIn(who)}
		} else if l.accepts(d, name) {
			f.count++ // another name may not be accepted
			continue
		}
		f.add(name, d)
	}
	s.value = value
}

// labelIn returns the label of what [declaration.subject] returns.
func labelIn(who string) string {
	if _, quoted, ok := strings.Cut(who, " "); ok {
		return strings.Trim(quoted, `"`)
	}
	return who
}

// problemAt is the diagnostic of what is wrong with a value.
func problemAt(expr hcl.Expression, p attr.Problem) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: p.Summary, Detail: p.Detail, Subject: rangeOf(expr, p.Path)}
	if p.Warning {
		d.Severity = hcl.DiagWarning
	}
	return d
}

// rangeOf returns the place of a part of a value, as far as the expression
// writes the parts out.
func rangeOf(expr hcl.Expression, path cty.Path) *hcl.Range {
	for _, step := range path {
		next := child(expr, step)
		if next == nil {
			break
		}
		expr = next
	}
	return expr.Range().Ptr()
}

func child(expr hcl.Expression, step cty.PathStep) hcl.Expression {
	key := cty.NilVal
	switch s := step.(type) {
	case cty.IndexStep:
		key = s.Key
	case cty.GetAttrStep:
		key = cty.StringVal(s.Name)
	}
	switch {
	case key.Type() == cty.Number:
		list, diags := hcl.ExprList(expr)
		i, _ := key.AsBigFloat().Int64()
		if !diags.HasErrors() && i >= 0 && i < int64(len(list)) {
			return list[i]
		}
	case key.Type() == cty.String:
		pairs, _ := hcl.ExprMap(expr)
		for _, p := range pairs {
			k, diags := p.Key.Value(nil)
			if !diags.HasErrors() && k.Type() == cty.String && k.IsKnown() && !k.IsNull() && k.AsString() == key.AsString() {
				return p.Value
			}
		}
	}
	return nil
}

// merge computes what slots come to: a template's values below, the block's
// own above them.
func merge(slots []slot) (layer, *hcl.Diagnostic) {
	base := layer{settings: attr.DefaultSettings()}
	below := ""
	var own []Declared
	for i := range slots {
		s := &slots[i]
		if t, ok := s.value.(*layer); ok {
			base, below = *t, t.name
		}
		v, ok := s.value.(attr.Value)
		if !ok {
			continue
		}
		own = append(own, Declared{Attribute: s.argument.attribute, Value: v, Source: s.source})
		if first := contradiction(slots[:i], s.argument.attribute, v); first != nil {
			return base, exclusion(first, s)
		}
	}
	return layer{declared: override(base.declared, slots, own), settings: applySettings(base.settings, slots), template: below}, nil
}

// contradiction returns the first slot whose value the value of an attribute cannot
// stand beside, nil where there is none.
func contradiction(slots []slot, a *attr.Attribute, v attr.Value) *slot {
	for i := range slots {
		s := &slots[i]
		if own, ok := s.value.(attr.Value); ok && attr.StandsAgainst(s.argument.attribute, own, a, v) {
			return s
		}
	}
	return nil
}

func exclusion(a, b *slot) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Conflicting arguments", Subject: b.source,
		Detail: fmt.Sprintf("%s and %s (at %s) cannot both be given. Remove one, or set it to null.", b.argument.name, a.argument.name, place(a.source)),
	}
}

// override returns the base's attributes that the slots do not displace, and the
// block's own, in the order of the table.
func override(base []Declared, slots []slot, own []Declared) []Declared {
	if len(base) == 0 {
		return own
	}
	all := make([]Declared, 0, len(base)+len(own))
	for _, d := range base {
		if !displaced(d, slots) {
			all = append(all, d)
		}
	}
	all = append(all, own...)
	slices.SortFunc(all, func(a, b Declared) int { return orderOf(a.Attribute) - orderOf(b.Attribute) })
	return all
}

// displaced reports whether a block's own arguments take the place of an
// attribute of its template.
func displaced(d Declared, slots []slot) bool {
	return contradiction(slots, d.Attribute, d.Value) != nil || slices.ContainsFunc(slots, func(s slot) bool { return s.unsets(d.Attribute) })
}

// unsets reports whether an argument, whatever its value, takes away what a
// template says of an attribute: of its own, and of those that say the same thing
// in other ways. Null unsets no other, so that a table whose rows say lapse = null
// keeps the template's renewal.
func (s *slot) unsets(a *attr.Attribute) bool {
	own := s.argument.attribute
	return own == a || own != nil && own.Unsets && own.Group == a.Group
}

func orderOf(a *attr.Attribute) int {
	for _, x := range arguments {
		if x.attribute == a {
			return x.order
		}
	}
	return len(arguments)
}

// applySettings applies a block's own settings to the template's. Null is
// the default.
func applySettings(s attr.Settings, slots []slot) attr.Settings {
	for _, x := range slots {
		if x.argument.set != nil {
			x.argument.set(&s, x.value)
		}
	}
	return s
}

// evaluateTemplates computes all templates, each after those below it.
func (l *loader) evaluateTemplates() {
	needs := make(map[string][]string, len(l.templates))
	valid := make(map[string]bool, len(l.templates))
	values := make(map[string]cty.Value, len(l.templates))
	for name, d := range l.templates {
		refs, ok := l.slotReferences(d)
		needs[name], valid[name] = refs.templates, ok
		values[name] = cty.UnknownVal(layerType)
	}
	order, cycles := sortByNeeds(needs)
	for _, c := range cycles {
		l.errorAt(l.templates[c[0]].header, "Cycle of templates",
			"The template depends on itself: %s. Break the circle.", formatCycle("template.", c))
	}
	for _, name := range order {
		if d := l.templates[name]; valid[name] {
			l.meter.spend(len(needs[name]))
			l.directoryOf(d.header).scope.Variables[rootTemplate] = cty.ObjectVal(selectKeys(values, needs[name]))
			if y, ok := l.resolve(d); ok {
				y.name = name
				values[name] = cty.CapsuleVal(layerType, &y)
			}
		}
	}
	declare(l, rootTemplate, values, l.templates, (*declaration).place)
}

// slotReferences returns what the arguments of a block refer to. An argument
// with a wrong reference is taken out, since it cannot be evaluated.
func (l *loader) slotReferences(d *declaration) (references, bool) {
	var all references
	before := len(d.slots)
	kept := d.slots[:0]
	for _, s := range d.slots {
		refs, ok := references{}, true
		if s.expr != nil {
			refs, ok = l.references(s.expr, d.scope())
		}
		s.each = refs.each
		all.each = all.each || refs.each
		all.templates = append(all.templates, refs.templates...)
		if ok {
			kept = append(kept, s)
		}
	}
	d.slots = kept
	return all, len(d.slots) == before
}

// resolve computes what a block comes to where nothing depends on each.
func (l *loader) resolve(d *declaration) (layer, bool) {
	var f findings
	for i := range d.slots {
		if d.slots[i].expr != nil {
			l.evaluateSlot(&d.slots[i], l.directoryOf(d.header).scope, d.subject(), &f, "")
		}
	}
	y, conflict := merge(d.slots)
	if conflict != nil {
		f.add("", conflict)
	}
	diags := f.all()
	l.diags = append(l.diags, diags...)
	return y, !diags.HasErrors()
}

// sortedKeys returns the keys of a map in their order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
