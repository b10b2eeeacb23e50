package config

import (
	"fmt"
	"path"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// revealFunction says that what it is given may be shown, although it is computed from a
// sensitive variable.
const revealFunction = "nonsensitive"

// revealFunc returns its argument. What passes through it is part of what the
// configuration's hash covers: nothing else of a sensitive variable reaches a name.
func revealFunc(f *files) function.Function {
	return dynamicFunc("Says that a value may be shown, although it is computed from a sensitive variable.", func(args []cty.Value) (cty.Value, error) {
		if f != nil && args[0].IsWhollyKnown() {
			if data, err := ctyjson.Marshal(args[0], cty.DynamicPseudoType); err == nil {
				f.revealed[string(data)] = true
			}
		}
		return args[0], nil
	}, nullable(dynamic("value")))
}

// sensitiveSource returns the sensitive variable that a reference leads to, "" where it
// leads to none.
func (l *loader) sensitiveSource(t hcl.Traversal) string {
	name := stepName(t)
	switch t.RootName() {
	case rootVar:
		if v := l.variables[name]; v != nil && v.sensitive {
			return name
		}
	case rootLocal:
		if x := l.locals[name]; x != nil {
			return x.sensitive
		}
	}
	return ""
}

// checkSensitive looks whether a reference leads to a sensitive variable. What an
// expression that does so has to say is not told. Where the value of the expression is
// shown it is a mistake, unless the expression says that it may be.
func (l *loader) checkSensitive(expr hcl.Expression, t hcl.Traversal, at referenceScope) (sensitive string, ok bool) {
	source := l.sensitiveSource(t)
	if source == "" {
		return "", true
	}
	l.hush(expr)
	if l.isRevealed(t.SourceRange()) {
		return "", true
	}
	if at.sensitive {
		return source, true
	}
	l.errorAt(t.SourceRange().Ptr(), "Sensitive value",
		"This depends on var.%s, which is sensitive: what is declared here is shown in plans, and kept in the state. If the result may be seen, write %s(…) around it. If the value tells of a person, take the word sensitive away: values of contacts are masked in all that is printed.", source, revealFunction)
	return source, false
}

// hush notes an expression whose mistakes may quote a sensitive value.
func (l *loader) hush(expr hcl.Expression) { l.hushed = append(l.hushed, expr.Range()) }

// isRevealed reports whether a place lies in a call that says that its value may be shown.
func (l *loader) isRevealed(at hcl.Range) bool {
	return liesIn(at, l.meter.revealing) || l.checks != nil && liesIn(at, l.checks.meter.revealing)
}

func liesIn(at hcl.Range, ranges []hcl.Range) bool {
	for _, r := range ranges {
		if r.Filename == at.Filename && r.Start.Byte <= at.Start.Byte && at.End.Byte <= r.End.Byte {
			return true
		}
	}
	return false
}

// withoutSensitive takes from the mistakes what evaluation said of expressions that
// depend on sensitive variables: it may quote the value, or a part of it.
func withoutSensitive(diags hcl.Diagnostics, hushed []hcl.Range) hcl.Diagnostics {
	for i, d := range diags {
		evaluated := d.EvalContext != nil || d.Expression != nil
		if evaluated && d.Subject != nil && liesIn(*d.Subject, hushed) {
			diags[i] = &hcl.Diagnostic{
				Severity: d.Severity, Summary: d.Summary, Subject: d.Subject,
				Detail: "What is wrong is not told, since the expression depends on a sensitive variable. Try it with another value, and without the word sensitive.",
			}
		}
	}
	return diags
}

// hidesValues reports whether a variable is sensitive: lines of files with values are not
// shown then.
func (l *loader) hidesValues() bool {
	for _, v := range l.variables {
		if v.sensitive {
			return true
		}
	}
	return false
}

// shownSources returns everything that diagnostics can quote, by name.
func (l *loader) shownSources() map[string][]byte {
	all := l.files.all()
	if !l.hidesValues() {
		return all
	}
	for name := range all {
		if _, given := l.files.values[name]; given || isAutoValues(path.Base(name)) {
			delete(all, name)
		}
	}
	return all
}

// shownScope returns the values of variables and locals that are not sensitive.
func (l *loader) shownScope() map[string]cty.Value {
	scope := make(map[string]cty.Value)
	for _, root := range []string{rootVar, rootLocal} {
		values := l.own.scope.Variables[root].AsValueMap()
		for name := range values {
			if l.sensitiveSource(hcl.Traversal{hcl.TraverseRoot{Name: root}, hcl.TraverseAttr{Name: name}}) != "" {
				delete(values, name)
			}
		}
		scope[root] = cty.ObjectVal(values)
	}
	return scope
}

// hideMistakes takes from the mistakes of a sensitive value what may quote it.
func (v *variable) hideMistakes(diags hcl.Diagnostics) {
	if v.sensitive {
		hideMistakes(diags, "What is wrong is not told, since the value is sensitive.")
	}
}

func hideMistakes(diags hcl.Diagnostics, said string) {
	for _, d := range diags {
		d.Detail, d.Expression, d.EvalContext = said, nil, nil
	}
}

// mismatch is the mistake of a value that does not fit its variable's type.
func (v *variable) mismatch(err error) string {
	if v.sensitive {
		return "its value is not shown, since it is sensitive"
	}
	return fmt.Sprint(err)
}
