package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/internal/words"
)

// The roots of what expressions refer to.
const (
	rootVar      = "var"
	rootLocal    = "local"
	rootTemplate = "template"
	rootContact  = "contact"
	rootEach     = "each"
)

// emptyScope returns the variables of a scope without any declarations.
func emptyScope() map[string]cty.Value {
	scope := map[string]cty.Value{
		rootVar: cty.EmptyObjectVal, rootLocal: cty.EmptyObjectVal, rootTemplate: cty.EmptyObjectVal, rootContact: cty.EmptyObjectVal,
	}
	for _, a := range blockAttributes() {
		scope[a.Name] = cty.EmptyObjectVal
	}
	return scope
}

// references are what an expression refers to.
type references struct {
	sensitive string // a variable that the value depends on and that is; "": none
	each      bool
	locals    []string
	templates []string // all of them where which one is not known before it is computed
}

// referenceScope says what an expression may refer to beside variables and
// locals.
type referenceScope struct {
	sensitive bool   // its value goes nowhere by itself, and may be sensitive
	template  bool   // templates, contacts, and what blocks declare of the account
	each      string // why each is not known here; "" where it is
	roots     []string
}

var (
	inLocals   = referenceScope{sensitive: true, each: inBlock.each}
	inBlock    = referenceScope{each: "It is known in domains blocks only, where an argument is computed for each name."}
	inDomain   = referenceScope{template: true, each: `A domain block has one name. Write the value itself, or declare the name in a domains block.`}
	inTemplate = referenceScope{template: true, each: "A template is computed once, for all names that use it. Move the argument to the domains block."}
	inNames    = referenceScope{each: "The names themselves are not computed for each name. Use a for expression: [for row in local.rows : row.name]."}
	inDomains  = referenceScope{template: true}
)

// references checks what an expression refers to. It reports false where that
// does not exist; then the expression must not be evaluated.
func (l *loader) references(expr hcl.Expression, at referenceScope) (references, bool) {
	var refs references
	ok := true
	for _, t := range expr.Variables() {
		name, diag := l.reference(t, at)
		if diag != nil {
			diag.Severity = hcl.DiagError
			diag.Subject = t.SourceRange().Ptr()
			l.diags = append(l.diags, diag)
			ok = false
			continue
		}
		sensitive, fine := l.checkSensitive(expr, t, at)
		refs.sensitive, ok = cmp.Or(refs.sensitive, sensitive), ok && fine
		switch t.RootName() {
		case rootEach:
			refs.each = true
		case rootLocal:
			refs.locals = append(refs.locals, name)
		case rootTemplate:
			if name == "" {
				refs.templates = inSight(l, t.SourceRange().Ptr(), l.templates, (*declaration).place)
			} else {
				refs.templates = append(refs.templates, name)
			}
		}
	}
	return refs, ok
}

// reference checks one reference and returns the name behind its root, which
// may be "" for a template alone.
func (l *loader) reference(t hcl.Traversal, at referenceScope) (string, *hcl.Diagnostic) {
	name, diag := l.declaredReference(t, at)
	if diag != nil || name == "" {
		return name, diag
	}
	kind, declared := l.declaredAt(t.RootName(), name)
	if declared == nil {
		return name, nil
	}
	return name, l.outOfSight(kind, name, t.SourceRange().Ptr(), declared)
}

// declaredAt returns what a reference refers to, in words, and where that is declared; nil
// where nothing declares it.
func (l *loader) declaredAt(root, name string) (kind string, at *hcl.Range) {
	switch root {
	case rootVar:
		return "variable", l.variables[name].source
	case rootLocal:
		return "local value", l.locals[name].source
	case rootTemplate:
		return "template", l.templates[name].header
	case rootContact:
		return "contact", l.contacts[name].source
	}
	if x := l.elements[root][name]; x != nil {
		return spoken(root), x.source
	}
	return "", nil
}

// declaredReference checks one reference, but for which directory declares what it refers
// to.
func (l *loader) declaredReference(t hcl.Traversal, at referenceScope) (string, *hcl.Diagnostic) {
	root, name := t.RootName(), stepName(t)
	switch {
	case slices.Contains(at.roots, root):
		return "", nil
	case root == rootVar:
		return name, undeclared("variable", root, name, l.variables, `Declare it with a variable block: variable %q {}.`)
	case root == rootLocal:
		return name, undeclared("local value", root, name, l.locals, `Declare it in a locals block.`)
	case root == rootTemplate && at.template:
		if name == "" {
			return "", nil
		}
		return name, undeclared("template", root, name, l.templates, `Declare it with a template block: template %q { … }.`)
	case root == rootTemplate:
		return "", &hcl.Diagnostic{Summary: "No templates here", Detail: "Templates are known in domain, domains and template blocks only."}
	case root == rootContact && at.template:
		if name == "" {
			return "", nil
		}
		return name, undeclared("contact", root, name, l.contacts, `Declare it with a contact block: contact %q { … }.`)
	case l.elements[root] != nil && at.template:
		if name == "" {
			return "", nil
		}
		return name, undeclared(spoken(root), root, name, l.elements[root], `Declare it with a `+root+` block: `+root+` %q { … }.`)
	case l.elements[root] != nil:
		many := spoken(root) + "s"
		return "", &hcl.Diagnostic{Summary: "No " + many + " here", Detail: strings.ToUpper(many[:1]) + many[1:] + " are known in domain, domains and template blocks only."}
	case root == rootContact:
		return "", &hcl.Diagnostic{Summary: "No contacts here", Detail: "Contacts are known in domain, domains and template blocks only."}
	case root == rootEach && at.each != "":
		return "", &hcl.Diagnostic{Summary: "No each here", Detail: at.each}
	case root == rootEach:
		return "", checkEach(name)
	}
	return "", unknownRoot(t, at)
}

// stepName returns the name in the first step of a reference, var.NAME or var["NAME"]; "":
// there is none.
func stepName(t hcl.Traversal) string {
	name, _ := jsonvalue.Member(t)
	return name
}

func undeclared[T any](kind, root, name string, declared map[string]T, remedy string) *hcl.Diagnostic {
	if name == "" {
		return &hcl.Diagnostic{
			Summary: fmt.Sprintf("Incomplete reference to a %s", kind),
			Detail:  fmt.Sprintf("Name the %s: %s.NAME.", kind, root),
		}
	}
	if _, ok := declared[name]; ok {
		return nil
	}
	hint := ""
	if len(declared) <= maxCompared {
		hint = didYouMean(name, sortedKeys(declared))
	}
	if hint == "" {
		hint = " " + remedy
		if strings.Contains(remedy, "%q") {
			hint = " " + fmt.Sprintf(remedy, name)
		}
	}
	return &hcl.Diagnostic{
		Summary: fmt.Sprintf("Reference to undeclared %s", kind),
		Detail:  fmt.Sprintf("There is no %s called %q.%s", kind, name, hint),
	}
}

func checkEach(name string) *hcl.Diagnostic {
	switch name {
	case "name", "value":
		return nil
	case "key":
		return &hcl.Diagnostic{Summary: "Unknown reference", Detail: `Did you mean "each.name"? There are each.name and each.value.`}
	}
	return &hcl.Diagnostic{Summary: "Unknown reference", Detail: "There are each.name and each.value."}
}

func unknownRoot(t hcl.Traversal, at referenceScope) *hcl.Diagnostic {
	known := []string{"var.NAME", "local.NAME"}
	if at.template {
		known = append(known, "template.NAME", "contact.NAME")
		for _, a := range blockAttributes() {
			known = append(known, a.Name+".NAME")
		}
	}
	if at.each == "" {
		known = append(known, "each.name", "each.value")
	}
	known = append(known, at.roots...)
	root := t.RootName()
	detail := fmt.Sprintf("There is nothing called %q. Expressions refer to %s.", root, strings.Join(known, ", "))
	if len(t) == 1 {
		detail += fmt.Sprintf(" If this is a text, put it in quotes: %q.", root)
	}
	return &hcl.Diagnostic{Summary: "Unknown reference", Detail: detail}
}

// value evaluates an expression that stands once: not for each name. It
// reports false where the value, or a part of it, is not known because of a
// mistake.
func (l *loader) value(expr hcl.Expression, at referenceScope) (cty.Value, bool) {
	v, ok := l.evaluate(expr, at)
	if !ok || !v.IsWhollyKnown() {
		return v, false
	}
	if !l.meter.fitsAttribute(v) {
		l.errorAt(expr.Range().Ptr(), "Value too large", "This takes no text of more than %s characters, and no more than %s.", words.Number(longestAttributeText), megabytes(largestAttribute))
		return v, false
	}
	return v, !l.meter.stopped()
}

// evaluate is value for large ones: parts may be unknown.
func (l *loader) evaluate(expr hcl.Expression, at referenceScope) (cty.Value, bool) {
	if _, ok := l.references(expr, at); !ok {
		return cty.DynamicVal, false
	}
	v, diags := expr.Value(l.scopeOf(expr))
	l.diags = append(l.diags, diags...)
	return v, !diags.HasErrors() && v.IsKnown()
}
