package config

import (
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// each computes what a domains block comes to for single names.
//
// Most names of a table share the few values that the expressions look at, a
// provider for example. What a block comes to is remembered by those values:
// it is computed once for each combination, and its attributes are shared.
type each struct {
	loader *loader
	block  *declaration
	ctx    *hcl.EvalContext
	inputs []hcl.Traversal // what the expressions refer to below each
	known  map[string]layer
	key    []byte
}

// maxRemembered bounds what is remembered where the values are all different.
const maxRemembered = 10_000

func newEach(l *loader, d *declaration) *each {
	e := &each{loader: l, block: d, ctx: l.own.scope.NewChild(), known: make(map[string]layer)}
	for _, s := range d.slots {
		if s.each {
			e.inputs = append(e.inputs, eachTraversals(s.expr)...)
		}
	}
	return e
}

func eachTraversals(expr hcl.Expression) []hcl.Traversal {
	return slices.DeleteFunc(expr.Variables(), func(t hcl.Traversal) bool { return t.RootName() != rootEach })
}

// resolve computes what the block comes to for one element of its names.
func (e *each) resolve(x element, name string, f *findings) layer {
	keyed := e.readInputs(x)
	if keyed {
		if y, ok := e.known[string(e.key)]; ok {
			return y
		}
	}
	object := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(x.name), "value": x.value})
	e.ctx.Variables = map[string]cty.Value{rootEach: object}
	y, ok := e.compute(name, x.value, f)
	if keyed && ok && len(e.known) < maxRemembered {
		e.known[string(e.key)] = y
	}
	return y
}

// compute evaluates the expressions. It reports false where it found something
// to say, which has to be said of every name.
func (e *each) compute(name string, row cty.Value, f *findings) (layer, bool) {
	before := f.count
	slots := e.block.slots
	for i := range slots {
		if slots[i].each {
			f.where = func() string { return columnAt(e.loader.files.rowPlace(row), columnsOf(slots[i].expr)...) }
			e.loader.evaluateSlot(&slots[i], e.ctx, "", f, name)
		}
	}
	y, conflict := merge(slots)
	if conflict != nil {
		f.add(name, conflict)
	}
	return y, f.count == before
}

// columnsOf returns the columns of a table that an expression looks at.
func columnsOf(expr hcl.Expression) []string {
	var columns []string
	for _, t := range eachTraversals(expr) {
		if stepName(t) == "value" && len(t) > 2 {
			if name := stepName(t[1:]); name != "" {
				columns = append(columns, name)
			}
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// readInputs writes the values that the expressions look at into the key. It
// reports false where one is not a text, number or bool.
func (e *each) readInputs(x element) bool {
	e.key = e.key[:0]
	for _, t := range e.inputs {
		v, steps := x.value, t[2:]
		if stepName(t) == "name" {
			v = cty.StringVal(x.name)
		}
		v, ok := traverse(v, steps)
		if !ok {
			return false
		}
		if e.key, ok = appendKey(e.key, v); !ok {
			return false
		}
	}
	return true
}

// traverse walks from an object along attributes.
func traverse(v cty.Value, steps hcl.Traversal) (cty.Value, bool) {
	for _, step := range steps {
		a, ok := step.(hcl.TraverseAttr)
		if !ok || !v.Type().IsObjectType() || v.IsNull() || !v.IsKnown() || !v.Type().HasAttribute(a.Name) {
			return v, false
		}
		v = v.GetAttr(a.Name)
	}
	return v, true
}

// appendKey appends a text, number, bool or null so that different ones differ.
// It reports false for other values.
func appendKey(key []byte, v cty.Value) ([]byte, bool) {
	switch {
	case !v.IsKnown():
		return key, false
	case v.IsNull():
		return append(key, '0'), true
	case v.Type() == cty.String:
		s := v.AsString()
		key = strconv.AppendInt(append(key, 's'), int64(len(s)), 10)
		return append(append(key, ':'), s...), true
	case v.Type() == cty.Number:
		return append(v.AsBigFloat().Append(append(key, 'n'), 'p', 0), ';'), true
	case v.Type() == cty.Bool:
		return strconv.AppendBool(append(key, 'b'), v.True()), true
	}
	return key, false
}
