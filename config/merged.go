package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// merged is merge(…)[key]. A merge that is made anew for each name copies whole
// tables; what is asked of it is one element of one of them.
type merged struct {
	*hclsyntax.IndexExpr
	call *hclsyntax.FunctionCallExpr
}

// index puts meters into an index. The arguments of merge have theirs.
func (g instrumenter) index(e *hclsyntax.IndexExpr) hclsyntax.Expression {
	call, ok := e.Collection.(*hclsyntax.FunctionCallExpr)
	e.Collection, e.Key = g.expression(e.Collection), g.expression(e.Key)
	if _, once := e.Collection.(*constant); once || !ok || call.Name != "merge" || call.ExpandFinal || len(call.Args) == 0 {
		return e
	}
	return &metered{Expression: &merged{e, call}, meter: g.meter}
}

// Value looks for the key, in the last argument first.
func (m *merged) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	key, diags := m.Key.Value(ctx)
	plain := !diags.HasErrors() && key.Type() == cty.String && key.IsKnown() && !key.IsNull()
	args := make([]hclsyntax.Expression, len(m.call.Args))
	values := make([]cty.Value, len(args))
	for i, x := range m.call.Args {
		v, argDiags := x.Value(ctx)
		v, _ = v.Unmark() // argumentMark
		args[i], values[i] = &evaluated{x, v, argDiags}, v
		plain = plain && !argDiags.HasErrors() && v.IsKnown() && (v.IsNull() || v.Type().IsObjectType())
	}
	if plain {
		for i := len(values) - 1; i >= 0; i-- {
			if v := values[i]; !v.IsNull() && v.Type().HasAttribute(key.AsString()) {
				return v.GetAttr(key.AsString()), diags
			}
		}
		v, missing := hcl.Index(cty.EmptyObjectVal, key, &m.BracketRange)
		return v, append(diags, missing...)
	}
	call, whole := *m.call, *m.IndexExpr
	call.Args = args
	whole.Collection, whole.Key = &call, &evaluated{m.Key, key, diags}
	return whole.Value(ctx)
}
