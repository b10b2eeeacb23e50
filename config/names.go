package config

import (
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/net/publicsuffix"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

// names are the names of one block.
type names struct {
	expr  hcl.Expression // nil: the value is known
	value cty.Value      // NilVal for a domain block
	list  []named        // one for each element of the value
}

// named is one name and the place that declares it.
type named struct {
	name   string     // canonical; "" where it is none
	source *hcl.Range // of the element where it is written out, else of the expression
	index  int32      // of the element in the expression's value; -1 where source tells it
}

// placeOf returns the place that declares a name.
func (l *loader) placeOf(n *named) string {
	if n.index < 0 {
		return place(n.source)
	}
	return fmt.Sprintf("%s, %s", place(n.source), l.elementOf(n))
}

// elementOf names an element of the value that gives the names, and its row
// where that is a table.
func (l *loader) elementOf(n *named) string {
	at := fmt.Sprintf("names[%d]", n.index)
	if t := l.tables[n.source]; t != nil {
		at += " (" + t.place(t.line(int(n.index)), 0) + ")"
	}
	return at
}

// columnAt adds columns to the place of a row.
func columnAt(row string, columns ...string) string {
	if row == "" || len(columns) == 0 {
		return row
	}
	if len(columns) == 1 {
		return row + ", column " + columns[0]
	}
	return row + ", columns " + strings.Join(columns, " and ")
}

// A mistake is what is wrong with a name.
type mistake struct{ summary, detail string }

func singleName(label string, at hcl.Range) names {
	name, _ := wire.CanonicalName(label)
	if name == "" {
		name = label
	}
	return names{list: []named{{name: name, source: &at, index: -1}}}
}

// checkNames checks the name of a domain block.
func (l *loader) checkNames(d *declaration, check func(string) *mistake) {
	n := &d.names.list[0]
	name, m := checked(d.label, check)
	if m != nil {
		l.errorAt(n.source, m.summary, "%s", m.detail)
	}
	n.name = name
}

// checked returns the canonical form of a name.
func checked(written string, check func(string) *mistake) (string, *mistake) {
	if len(written) > 1000 {
		return "", &mistake{"Invalid domain name", fmt.Sprintf("%q is too long for a name.", words.Truncate(written, longestQuote))}
	}
	name, err := wire.CanonicalName(written)
	if err != nil {
		return "", &mistake{"Invalid domain name", words.Sentence(err)}
	}
	if m := check(name); m != nil {
		return "", m
	}
	return name, nil
}

// addNames keeps the names of a block. Constants are evaluated at once.
func (l *loader) addNames(d *declaration, a *hcl.Attribute, check func(string) *mistake) {
	if a == nil {
		return // reported as missing
	}
	d.names.expr = a.Expr
	if len(a.Expr.Variables()) == 0 {
		l.evaluateNames(d, check)
	}
}

// evaluateNames computes the names of a block.
func (l *loader) evaluateNames(d *declaration, check func(string) *mistake) {
	expr := d.names.expr
	d.names.expr = nil
	v, ok := l.evaluate(expr, inNames)
	if !ok {
		return
	}
	at := expr.Range().Ptr()
	if v.IsNull() || !v.CanIterateElements() {
		l.errorAt(at, "Wrong type", "Names must be a list of strings, a list of objects with a name, or a map by name; this is %s.", describe(v))
		return
	}
	if v.LengthInt() == 0 {
		l.errorAt(at, "No names", "%s %q has no names. Remove the block, or correct what selects its names.", strings.ToUpper(d.kind[:1])+d.kind[1:], d.label)
		return
	}
	if l.names += v.LengthInt(); l.names > l.meter.bounds.Names {
		l.diags = append(l.diags, boundExceeded(at, "Too many names", "With these the blocks have more than %s names.", words.Number(l.meter.bounds.Names)))
		return
	}
	d.names.value = v
	l.listNames(d, expr, check)
	l.meter.forgetValues() // the values of a large table are not needed for long
}

func (l *loader) listNames(d *declaration, expr hcl.Expression, check func(string) *mistake) {
	var f findings
	at := expr.Range().Ptr()
	written, _ := hcl.ExprList(expr)
	d.names.list = make([]named, 0, d.names.value.LengthInt())
	l.tables[at] = l.files.tableOf(d.names.value)
	for e := range elements(d.names.value) {
		f.where = func() string { return columnAt(l.files.rowPlace(e.value), "name") }
		n := named{source: at, index: int32(len(d.names.list))}
		label := fmt.Sprintf("names[%d]", n.index)
		if len(written) == cap(d.names.list) {
			n.source, n.index, label = written[n.index].Range().Ptr(), -1, ""
		}
		m := e.mistake
		if m == nil && !e.unknown {
			n.name, m = checked(e.name, check)
		}
		if m != nil {
			f.add(label, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: m.summary, Detail: m.detail, Subject: n.source})
		}
		d.names.list = append(d.names.list, n)
	}
	l.diags = append(l.diags, f.all()...)
}

// element is one element of the value that gives the names.
type element struct {
	name    string // as it is written
	value   cty.Value
	mistake *mistake
	unknown bool // for a mistake that was reported where it was made
}

// elements ranges over the elements of a list of strings or objects, or of a
// map by name.
func elements(v cty.Value) iter.Seq[element] {
	byName := v.Type().IsMapType() || v.Type().IsObjectType()
	return func(yield func(element) bool) {
		for it := v.ElementIterator(); it.Next(); {
			k, x := it.Element()
			e := element{value: x}
			if byName {
				e.name = k.AsString()
			} else {
				e.name, e.mistake = nameOf(x)
				e.unknown = e.name == "" && e.mistake == nil
			}
			if !yield(e) {
				return
			}
		}
	}
}

// nameOf returns the name that an element gives; nothing where it is unknown.
func nameOf(v cty.Value) (string, *mistake) {
	ty := v.Type()
	switch {
	case !v.IsKnown():
		return "", nil
	case v.IsNull() || ty == cty.String:
	case ty.IsObjectType() && ty.HasAttribute("name"):
		v = v.GetAttr("name")
	case ty.IsMapType() && v.HasIndex(cty.StringVal("name")).True():
		v = v.Index(cty.StringVal("name"))
	case ty.IsObjectType():
		return "", &mistake{"No name", "The object has no attribute \"name\". It has " + strings.Join(sortedKeys(ty.AttributeTypes()), ", ") + "."}
	}
	switch {
	case !v.IsKnown():
		return "", nil
	case v.IsNull() || v.Type() != cty.String:
		return "", &mistake{"No name", fmt.Sprintf("A name is a string, or an object whose attribute \"name\" is one; this is %s.", describe(v))}
	case strings.TrimSpace(v.AsString()) == "":
		return "", &mistake{"No name", "The name is empty. Take empty lines out with compact([for n in … : trimspace(n)])."}
	case strings.HasPrefix(strings.TrimSpace(v.AsString()), "#"):
		return "", &mistake{"No name", fmt.Sprintf("%q is a comment. Take such lines out with [for n in … : n if !startswith(n, \"#\")].", words.Truncate(v.AsString(), longestQuote))}
	}
	return v.AsString(), nil
}

// describe names a value in a message.
func describe(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	name := v.Type().FriendlyName()
	if v.Type().IsTupleType() {
		name = "list" // as it is written
	}
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// anyName accepts every name.
func anyName(string) *mistake { return nil }

// CheckName returns why no file can declare a name that the service shows, nil
// where one can: a domain is one label below a public suffix.
func CheckName(live string) error {
	name, m := checked(live, registrable)
	switch {
	case m != nil:
		return errors.New(m.detail)
	case name != live:
		return fmt.Errorf("%q would be read as %q", live, name)
	}
	return nil
}

// registrable checks that a canonical name is one that a registry registers:
// one label below a public suffix. Suffixes of the list's private section, such
// as uk.com, are registered names themselves, and some of their owners let
// others register names below them: both can be declared.
func registrable(name string) *mistake {
	suffix := PublicSuffix(name)
	switch suffix {
	case "":
		last := name[strings.LastIndexByte(name, '.')+1:]
		return &mistake{"Unknown suffix", fmt.Sprintf("%q: the Public Suffix List knows no suffix %q. Check the spelling.", wire.UnicodeName(name), wire.UnicodeName(last))}
	case name:
		return &mistake{"Not a registrable name", fmt.Sprintf("%q is a suffix below which names are registered, not a name itself.", wire.UnicodeName(name))}
	}
	label := strings.TrimSuffix(name, "."+suffix)
	if i := strings.LastIndexByte(label, '.'); i >= 0 && !belowPrivate(name) {
		registered, err := publicsuffix.EffectiveTLDPlusOne(name)
		if err != nil { // it is a suffix of the private section
			registered = name[i+1:]
		}
		return &mistake{"Not a registrable name", fmt.Sprintf("%q is below the registrable name %q. Declare that one.", wire.UnicodeName(name), wire.UnicodeName(registered))}
	}
	if first, _, _ := strings.Cut(name, "."); strings.Contains(first, "_") {
		return &mistake{"Not a registrable name", fmt.Sprintf("%q: registries take no name with an underscore.", name)}
	}
	return nil
}

// belowPrivate reports whether a name is one label below a suffix of the list's
// private section.
func belowPrivate(name string) bool {
	_, parent, _ := strings.Cut(name, ".")
	suffix, icann := publicsuffix.PublicSuffix(name)
	return !icann && suffix == parent && strings.Contains(suffix, ".")
}

// isSuffix reports whether names can be declared right below a suffix.
func isSuffix(suffix string) bool { return PublicSuffix(suffix) == suffix || belowPrivate("x."+suffix) }

// PublicSuffix returns the suffix below which the registry of a canonical name registers
// names, "" where there is none.
func PublicSuffix(name string) string {
	for {
		suffix, icann := publicsuffix.PublicSuffix(name)
		if icann {
			return suffix
		}
		// Either a suffix of the private section, which an ICANN suffix ends,
		// or the last label of a name that no rule matches.
		_, rest, ok := strings.Cut(suffix, ".")
		if !ok {
			return ""
		}
		name = rest
	}
}

// display writes a canonical name in both forms where they differ.
func display(name string) string {
	if u := wire.UnicodeName(name); u != name {
		return u + " (" + name + ")"
	}
	return name
}
