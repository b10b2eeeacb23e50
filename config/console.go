package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// A Console computes expressions over a configuration that was loaded with it; see
// [Options]. Its zero value waits for that.
type Console struct{ l *loader }

// consoleSource is what diagnostics call the text of an expression.
const consoleSource = "expression"

// inConsole is what expressions of a console may refer to, beside further roots.
var inConsole = referenceScope{template: true, each: "There is no name here for which an argument is computed. Write the value itself."}

// Eval computes an expression, and returns its value as HCL has it. It may refer to
// what the files declare and to further roots, which are made as far as it mentions
// them. Each expression may take as much as the files. A line is where the expression
// stands in what the caller reads.
func (c *Console) Eval(text string, line int, roots map[string]jsonvalue.Root) (string, Diagnostics) {
	root, err := os.OpenRoot(c.l.portfolio.Dir)
	if err != nil {
		return "", Diagnostics{Diagnostics: hcl.Diagnostics{noDirectory(c.l.portfolio.Dir, err)}}
	}
	defer root.Close() //nolint:errcheck // it was only read from
	e := consoleExpression{
		loader: loader{
			own: c.l.own, directories: c.l.directories, portfolio: c.l.portfolio, variables: c.l.variables, locals: c.l.locals,
			templates: c.l.templates, contacts: c.l.contacts, elements: c.l.elements, meter: newMeter(c.l.meter.bounds),
		},
		roots: roots,
	}
	files := newFiles(root.FS(), c.l.meter.bounds)
	sources := map[string][]byte{consoleSource: []byte(strings.Repeat("\n", line-1) + text)}
	v, ok := e.value(files, text, line)
	if e.meter.stopped() {
		e.diags = append(e.diags, e.meter.exceeded)
	}
	diags := newDiagnostics(withoutSensitive(e.diags, e.hushed), sources)
	if diags.HasErrors() || !ok {
		return "", diags
	}
	shown, err := shownValue(v)
	if err != nil {
		e.errorAt(&hcl.Range{Filename: consoleSource, Start: hcl.Pos{Line: line, Column: 1}, End: hcl.Pos{Line: line, Column: 1}}, "Value cannot be shown", "%v.", err)
		return "", newDiagnostics(e.diags, sources)
	}
	return strings.TrimSpace(string(hclwrite.Format(hclwrite.TokensForValue(shown).Bytes()))), diags
}

// consoleExpression is an expression while it is computed: the mistakes are its own.
type consoleExpression struct {
	loader
	roots map[string]jsonvalue.Root
}

// value computes the expression. It reports false where there is a mistake.
func (e *consoleExpression) value(files *files, text string, line int) (cty.Value, bool) {
	at := hcl.Pos{Line: line, Column: 1}
	if d := checkNesting([]byte(text), consoleSource, at, e.meter.bounds); d != nil {
		e.diags = hcl.Diagnostics{d}
		return cty.NilVal, false
	}
	parsed, diags := hclsyntax.ParseExpression([]byte(text), consoleSource, at)
	if diags.HasErrors() {
		e.diags = diags
		return cty.NilVal, false
	}
	expr := e.meter.instrument(parsed)
	if !e.refers(expr) {
		return cty.NilVal, false
	}
	variables, err := jsonvalue.Variables(e.roots, expr)
	if err != nil {
		e.errorAt(expr.Range().Ptr(), "Value cannot be made", "%v.", err)
		return cty.NilVal, false
	}
	for name, v := range e.own.scope.Variables {
		variables[name] = v
	}
	v, diags := expr.Value(&hcl.EvalContext{Functions: functions(files, e.meter), Variables: variables})
	e.diags = append(e.diags, diags...)
	return v, !diags.HasErrors() && !e.meter.stopped()
}

// refers checks what the expression refers to.
func (e *consoleExpression) refers(expr hcl.Expression) bool {
	ok := true
	for _, t := range expr.Variables() {
		if _, further := e.roots[t.RootName()]; further {
			continue
		}
		source := e.sensitiveSource(t)
		if source != "" {
			e.hush(expr)
		}
		if source != "" && !e.isRevealed(t.SourceRange()) {
			e.errorAt(t.SourceRange().Ptr(), "Sensitive value", "This depends on var.%s, which is sensitive, so that it is not shown. If the result may be seen, write %s(…) around it.", source, revealFunction)
			ok = false
			continue
		}
		if _, diag := e.reference(t, inConsole); diag != nil {
			diag.Severity, diag.Subject = hcl.DiagError, t.SourceRange().Ptr()
			if diag.Summary == "Unknown reference" && len(e.roots) > 0 {
				diag.Detail += " Here there are also " + strings.Join(sortedKeys(e.roots), ", ") + "."
			}
			e.diags = append(e.diags, diag)
			ok = false
		}
	}
	return ok
}

// shownValue returns a value as it is shown: a template as the object of what it gives.
func shownValue(v cty.Value) (cty.Value, error) {
	bare, _ := v.Unmark() // argumentMark
	switch ty := bare.Type(); {
	case !bare.IsKnown():
		return cty.NilVal, fmt.Errorf("it is not known")
	case bare.IsNull():
		return cty.NullVal(cty.DynamicPseudoType), nil
	case ty == layerType:
		return bare.EncapsulatedValue().(*layer).value()
	case ty.IsObjectType() || ty.IsMapType():
		return shownObject(bare)
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return shownTuple(bare)
	}
	return bare, nil
}

func shownObject(v cty.Value) (cty.Value, error) {
	all := make(map[string]cty.Value, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, x := it.Element()
		shown, err := shownValue(x)
		if err != nil {
			return cty.NilVal, err
		}
		all[k.AsString()] = shown
	}
	return cty.ObjectVal(all), nil
}

func shownTuple(v cty.Value) (cty.Value, error) {
	all := make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, x := it.Element()
		shown, err := shownValue(x)
		if err != nil {
			return cty.NilVal, err
		}
		all = append(all, shown)
	}
	return cty.TupleVal(all), nil
}

// value returns what a template gives, by attribute.
func (y *layer) value() (cty.Value, error) {
	all := make(map[string]cty.Value, len(y.declared))
	for i := range y.declared {
		v, err := jsonvalue.Of(y.declared[i].Value)
		if err != nil {
			return cty.NilVal, err
		}
		all[y.declared[i].Attribute.Name] = v
	}
	return cty.ObjectVal(all), nil
}
