package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// instrumentBody makes the expressions of a body count what they cost.
func (m *meter) instrumentBody(body hcl.Body) {
	b, ok := body.(*hclsyntax.Body)
	if !ok {
		return // values in JSON hold no expressions of their own
	}
	for _, a := range b.Attributes {
		a.Expr = m.instrument(a.Expr)
	}
	for _, inner := range b.Blocks {
		m.instrumentBody(inner.Body)
	}
}

// instrument makes an expression, and those within it, count what they cost.
// Literals cost nothing that their text has not cost before.
func (m *meter) instrument(expr hclsyntax.Expression) hclsyntax.Expression {
	if m.isLiteral(expr) {
		return expr
	}
	g := instrumenter{meter: m}
	for _, t := range expr.Variables() {
		g.repeats = g.repeats || t.RootName() == rootEach
	}
	return g.expression(expr)
}

// isLiteral reports whether an expression is built of literals and references
// alone, each of which stands in the text.
func (m *meter) isLiteral(expr hclsyntax.Expression) bool {
	switch e := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		m.at = e.SrcRange
		m.weigh(e.Val) // a number may be short to write and long to compute with
		return true
	case *hclsyntax.ScopeTraversalExpr:
		return true
	case *hclsyntax.TemplateExpr:
		return e.IsStringLiteral()
	case *hclsyntax.TupleConsExpr:
		for _, x := range e.Exprs {
			if _, ok := x.(*hclsyntax.ScopeTraversalExpr); ok || !m.isLiteral(x) {
				return false // what is referred to may be large
			}
		}
		return true
	}
	return false
}

// instrumenter is the walk over an expression that puts a meter around each
// part.
type instrumenter struct {
	meter   *meter
	bound   []string // names that loops around it give values
	repeats bool     // it is evaluated many times
}

// expression returns the expression with its meters.
func (g instrumenter) expression(expr hclsyntax.Expression) hclsyntax.Expression {
	if g.meter.isLiteral(expr) {
		return expr
	}
	switch expr.(type) {
	case *hclsyntax.ObjectConsKeyExpr, *hclsyntax.AnonSymbolExpr, *hclsyntax.ExprSyntaxError:
		return g.node(expr)
	}
	if !g.repeats || !g.invariant(expr) {
		return g.node(expr)
	}
	once := g
	once.repeats = false
	c := &constant{Expression: once.node(expr)}
	if g.meter.again {
		g.meter.constants = append(g.meter.constants, c)
	}
	return c
}

// invariant reports whether an expression is the same for every name and every
// element of the loops around it.
func (g instrumenter) invariant(expr hclsyntax.Expression) bool {
	if _, ok := expr.(*hclsyntax.AnonSymbolExpr); ok {
		return false
	}
	for _, t := range expr.Variables() {
		if t.RootName() == rootEach {
			return false
		}
		for _, name := range g.bound {
			if t.RootName() == name {
				return false
			}
		}
	}
	return !hasAnonymous(expr)
}

// hasAnonymous reports whether an expression is about the element of a splat
// around it.
func hasAnonymous(expr hclsyntax.Expression) bool {
	var w anonymous
	hclsyntax.Walk(expr, &w) //nolint:errcheck // it reports nothing
	return w.free > 0
}

// anonymous counts the elements of splats that an expression refers to and does
// not range over itself.
type anonymous struct{ free int }

func (a *anonymous) Enter(n hclsyntax.Node) hcl.Diagnostics {
	switch n.(type) {
	case *hclsyntax.AnonSymbolExpr:
		a.free++
	case *hclsyntax.SplatExpr:
		a.free--
	}
	return nil
}

func (a *anonymous) Exit(hclsyntax.Node) hcl.Diagnostics { return nil }

// node puts meters into one node and around it.
func (g instrumenter) node(expr hclsyntax.Expression) hclsyntax.Expression {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		e.Expression = g.expression(e.Expression)
		return e
	case *hclsyntax.TemplateWrapExpr:
		e.Wrapped = g.expression(e.Wrapped)
		return e
	case *hclsyntax.ObjectConsKeyExpr:
		e.Wrapped = g.expression(e.Wrapped)
		return e
	case *hclsyntax.RelativeTraversalExpr:
		e.Source = g.expression(e.Source)
		return e
	case *hclsyntax.IndexExpr:
		return g.index(e)
	case *hclsyntax.ForExpr:
		return g.forExpr(e)
	case *hclsyntax.SplatExpr:
		return g.splat(e)
	case *hclsyntax.TemplateExpr:
		return g.template(e)
	case *hclsyntax.ConditionalExpr:
		e.Condition, e.TrueResult, e.FalseResult = g.expression(e.Condition), g.expression(e.TrueResult), g.expression(e.FalseResult)
		return &metered{Expression: &conditional{ConditionalExpr: e, meter: g.meter}, meter: g.meter}
	case *hclsyntax.BinaryOpExpr:
		e.LHS, e.RHS = &operand{inParentheses(g.expression(e.LHS)), g.meter}, &operand{inParentheses(g.expression(e.RHS)), g.meter}
	case *hclsyntax.UnaryOpExpr:
		e.Val = &operand{inParentheses(g.expression(e.Val)), g.meter}
	case *hclsyntax.TupleConsExpr:
		g.all(e.Exprs)
	case *hclsyntax.FunctionCallExpr:
		if e.Name == revealFunction {
			g.meter.revealing = append(g.meter.revealing, e.Range())
		}
		g.all(e.Args)
		for i := range e.Args {
			expanded := e.ExpandFinal && i == len(e.Args)-1
			if !lazyFunctions[e.Name] && !expanded {
				e.Args[i] = &markedArgument{inParentheses(e.Args[i]), e.Args[i]}
			}
		}
	case *hclsyntax.ObjectConsExpr:
		for i := range e.Items {
			e.Items[i].KeyExpr, e.Items[i].ValueExpr = g.expression(e.Items[i].KeyExpr), g.expression(e.Items[i].ValueExpr)
		}
	case *hclsyntax.TemplateJoinExpr:
		e.Tuple = &joinedTexts{inParentheses(g.expression(e.Tuple)), g.meter}
	default: // references, literals and what the parser could not read
		return expr
	}
	return &metered{Expression: expr, meter: g.meter}
}

func (g instrumenter) all(exprs []hclsyntax.Expression) {
	for i := range exprs {
		exprs[i] = g.expression(exprs[i])
	}
}

func (g instrumenter) forExpr(e *hclsyntax.ForExpr) hclsyntax.Expression {
	e.CollExpr = g.expression(e.CollExpr)
	body := instrumenter{meter: g.meter, bound: append(g.bound[:len(g.bound):len(g.bound)], e.ValVar), repeats: true}
	if e.KeyVar != "" {
		body.bound = append(body.bound, e.KeyVar)
	}
	wrong := new(int)
	for _, x := range []*hclsyntax.Expression{&e.KeyExpr, &e.ValExpr, &e.CondExpr} {
		if *x != nil {
			*x = &repeated{inParentheses(body.expression(*x)), g.meter, wrong}
		}
	}
	return &loop{metered{Expression: e, meter: g.meter}, wrong}
}

func (g instrumenter) splat(e *hclsyntax.SplatExpr) hclsyntax.Expression {
	e.Source = g.expression(e.Source)
	body := g
	body.repeats = true
	wrong := new(int)
	e.Each = &repeated{inParentheses(body.expression(e.Each)), g.meter, wrong}
	return &loop{metered{Expression: e, meter: g.meter}, wrong}
}

func (g instrumenter) template(e *hclsyntax.TemplateExpr) hclsyntax.Expression {
	sum := new(int)
	for i, x := range e.Parts {
		if _, ok := x.(*hclsyntax.LiteralValueExpr); !ok {
			e.Parts[i] = &templatePart{inParentheses(g.expression(x)), g.meter, sum}
		}
	}
	return &metered{Expression: e, meter: g.meter, parts: sum}
}

// inParentheses puts a reference into parentheses. A walk over a tree sees what
// is in a meter, but not what the meter itself stands around.
func inParentheses(expr hclsyntax.Expression) hclsyntax.Expression {
	switch expr.(type) {
	case *hclsyntax.ScopeTraversalExpr, *hclsyntax.AnonSymbolExpr:
		return &hclsyntax.ParenthesesExpr{Expression: expr, SrcRange: expr.Range()}
	}
	return expr
}
