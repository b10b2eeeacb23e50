package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/internal/words"
)

// The nodes of this file stand in the syntax trees of expressions, around the
// library's own. They count what evaluation costs, and compute only once what
// does not change. The library evaluates everything, as often as it is asked,
// and cannot be stopped.

// metered is an expression that counts what it makes.
type metered struct {
	hclsyntax.Expression
	meter *meter
	parts *int // of a template: the bytes of its parts until now
}

// UnwrapExpression returns the library's expression.
func (g *metered) UnwrapExpression() hcl.Expression { return g.Expression }

// Value evaluates the expression.
func (g *metered) Value(ctx *hcl.EvalContext) (v cty.Value, diags hcl.Diagnostics) {
	m := g.meter
	if m.stopped() {
		return cty.DynamicVal, nil
	}
	at := g.Range()
	m.at = at
	m.spend(unitsOfStep)
	if g.parts != nil {
		*g.parts = 0
	}
	defer func() {
		if p := recover(); p != nil {
			v, diags = cty.DynamicVal, hcl.Diagnostics{libraryFailure(at, p)}
		}
	}()
	v, diags = g.Expression.Value(ctx)
	v, _ = v.Unmark() // what the library made of an argumentMark
	m.at = at
	m.chargeValue(v)
	if m.stopped() {
		return cty.DynamicVal, nil
	}
	return v, firstDiagnostics(diags)
}

// libraryFailure is the mistake of an expression at which the library broke
// down.
func libraryFailure(at hcl.Range, p any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Expression cannot be computed", Subject: at.Ptr(),
		Detail: fmt.Sprintf("Its operands do not fit together: %s.", words.Truncate(fmt.Sprint(p), longestQuote)),
	}
}

// maxLoopDiagnostics bounds the mistakes of one loop that are kept. What is
// wrong with one element is often wrong with a million.
const maxLoopDiagnostics = 20

func firstDiagnostics(diags hcl.Diagnostics) hcl.Diagnostics {
	if len(diags) > maxLoopDiagnostics {
		return diags[:maxLoopDiagnostics:maxLoopDiagnostics]
	}
	return diags
}

// repeated is an expression of a loop, which is evaluated for each element.
type repeated struct {
	hclsyntax.Expression
	meter *meter
	wrong *int // elements with mistakes until now
}

// UnwrapExpression returns the library's expression.
func (r *repeated) UnwrapExpression() hcl.Expression { return r.Expression }

// Value evaluates the expression.
func (r *repeated) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	r.meter.spend(3 * unitsOfStep) // with the scope that the library makes
	if r.meter.stopped() || *r.wrong > maxLoopDiagnostics {
		return cty.DynamicVal, nil
	}
	v, diags := r.Expression.Value(ctx)
	if diags.HasErrors() {
		*r.wrong++
	}
	return v, diags
}

// loop is a metered expression with repeated ones.
type loop struct {
	metered
	wrong *int
}

// Value evaluates the expression.
func (l *loop) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	*l.wrong = 0
	return l.metered.Value(ctx)
}

// templatePart is a part of a template. A template joins all of them: the bytes
// are counted before.
type templatePart struct {
	hclsyntax.Expression
	meter *meter
	sum   *int
}

// UnwrapExpression returns the library's expression.
func (p *templatePart) UnwrapExpression() hcl.Expression { return p.Expression }

// Value evaluates the expression.
func (p *templatePart) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	sum := *p.sum // a part may have templates of its own, this one among them in a loop
	v, diags := p.Expression.Value(ctx)
	if s, ok := rawOf(v).(string); ok {
		sum += len(s)
	}
	if *p.sum = sum; sum > p.meter.bounds.TextSize {
		p.meter.at = p.Range()
		p.meter.exceed("Text too long", "The text has more than %s.", megabytes(p.meter.bounds.TextSize))
	}
	if p.meter.stopped() {
		return cty.DynamicVal, nil
	}
	return v, diags
}

// joinedTexts are the texts that a loop in a template makes, which are joined.
type joinedTexts struct {
	hclsyntax.Expression
	meter *meter
}

// UnwrapExpression returns the library's expression.
func (j *joinedTexts) UnwrapExpression() hcl.Expression { return j.Expression }

// Value evaluates the expression.
func (j *joinedTexts) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := j.Expression.Value(ctx)
	m := j.meter
	m.at = j.Range()
	if size := m.weigh(v).size; size-elementsOf(v)*elementSize > m.bounds.TextSize {
		m.exceed("Text too long", "The text has more than %s.", megabytes(m.bounds.TextSize))
	}
	if m.stopped() {
		return cty.DynamicVal, nil
	}
	return v, diags
}

// operand is an operand of a comparison or calculation, which costs as much as
// what is compared.
type operand struct {
	hclsyntax.Expression
	meter *meter
}

// UnwrapExpression returns the library's expression.
func (o *operand) UnwrapExpression() hcl.Expression { return o.Expression }

// Value evaluates the expression.
func (o *operand) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := o.Expression.Value(ctx)
	m := o.meter
	m.at = o.Range()
	if size := m.weigh(v).size; v.Type().IsSetType() {
		m.spendOnSet(size)
	} else {
		m.spend(size / elementSize * unitsOfCall)
	}
	if s, ok := rawOf(v).(string); ok && len(s) > longestNumber && isNumeric(s) {
		m.exceed("Number out of range", "A number has at most %s digits.", words.Number(longestNumber))
	}
	if m.stopped() {
		return cty.DynamicVal, nil
	}
	return v, diags
}

// isNumeric reports whether a text begins as a number does.
func isNumeric(s string) bool {
	return s != "" && (s[0] >= '0' && s[0] <= '9' || s[0] == '-' || s[0] == '+' || s[0] == '.' || s[0] == '0')
}

// constant is an expression within a loop, or within what is computed for each
// name, that does not depend on it: it is evaluated once.
type constant struct {
	hclsyntax.Expression
	done  bool
	value cty.Value
	diags hcl.Diagnostics
}

// UnwrapExpression returns the library's expression.
func (c *constant) UnwrapExpression() hcl.Expression { return c.Expression }

// Value evaluates the expression, or returns what it was.
func (c *constant) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if !c.done {
		c.value, c.diags = c.Expression.Value(ctx)
		c.done = true
	}
	return c.value, c.diags
}

// evaluated is an expression that was evaluated.
type evaluated struct {
	hclsyntax.Expression
	value cty.Value
	diags hcl.Diagnostics
}

// Value returns what the expression was.
func (a *evaluated) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return a.value, a.diags }
