package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// conditional chooses between two values. The library brings both to one type
// first, in a time that grows with the square of their elements.
type conditional struct {
	*hclsyntax.ConditionalExpr
	meter *meter
}

// Value evaluates the expression.
func (c *conditional) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	cond, condDiags := c.Condition.Value(ctx)
	yes, yesDiags := c.TrueResult.Value(ctx)
	no, noDiags := c.FalseResult.Value(ctx)
	if c.meter.stopped() {
		return cty.DynamicVal, nil
	}
	size := (c.meter.weigh(yes).size + c.meter.weigh(no).size) / elementSize
	if elementsOf(yes) > 0 && elementsOf(no) > 0 && identity(yes) != identity(no) {
		c.meter.spend(size * unitsElement) // their types are compared
	}
	truth, err := convert.Convert(cond, cty.Bool)
	if err == nil && truth.IsKnown() && !truth.IsNull() && !condDiags.HasErrors() {
		chosen, diags := yes, yesDiags
		if truth.False() {
			chosen, diags = no, noDiags
		}
		if v, ok := c.sameType(yes, no, chosen); ok {
			return v, append(condDiags, diags...)
		}
	}
	c.meter.spend(10 * size * unitsOfCall) // the library looks at all that is in both, several times
	if n := elementsOf(yes) + elementsOf(no); n > fewElements {
		c.meter.spend(n * n)
	}
	if c.meter.stopped() {
		return cty.DynamicVal, nil
	}
	whole := *c.ConditionalExpr
	whole.Condition = &evaluated{c.Condition, cond, condDiags}
	whole.TrueResult = &evaluated{c.TrueResult, yes, yesDiags}
	whole.FalseResult = &evaluated{c.FalseResult, no, noDiags}
	return whole.Value(ctx)
}

// sameType returns the chosen one of two values that have one type, or are long
// lists of elements of one type, as which lists that are written out count.
func (c *conditional) sameType(yes, no, chosen cty.Value) (cty.Value, bool) {
	if !yes.IsKnown() || !no.IsKnown() {
		return chosen, false
	}
	if yes.Type().Equals(no.Type()) {
		return chosen, true
	}
	if elementsOf(yes)+elementsOf(no) <= fewElements || !isSequence(yes) || !isSequence(no) {
		return chosen, false
	}
	if yes.LengthInt() == 0 || no.LengthInt() == 0 {
		return chosen, true // a copy of a long list would differ in nothing but the name of its type
	}
	types := distinctTypes(append(yes.AsValueSlice(), no.AsValueSlice()...))
	if len(types) > 1 || chosen.Type().IsListType() {
		return chosen, len(types) == 1
	}
	return cty.ListVal(chosen.AsValueSlice()), true
}

func isSequence(v cty.Value) bool {
	return !v.IsNull() && (v.Type().IsTupleType() || v.Type().IsListType())
}

// elementsOf returns the number of elements of a value, 0 where it has none.
func elementsOf(v cty.Value) int {
	switch {
	case !v.IsKnown() || v.IsNull():
	case v.Type().IsObjectType():
		return len(v.Type().AttributeTypes())
	case v.CanIterateElements():
		return v.LengthInt()
	}
	return 0
}
