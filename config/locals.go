package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// local is a value that the files name.
type local struct {
	name   string
	source *hcl.Range
	expr   hcl.Expression
	value  cty.Value
	// sensitive is a sensitive variable that the value depends on, "" where there is
	// none.
	sensitive string
}

func (l *loader) addLocals(block *hcl.Block) {
	args, diags := block.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	for _, name := range sortedKeys(args) {
		a := args[name]
		if first := l.locals[name]; first != nil {
			l.errorAt(a.NameRange.Ptr(), "Duplicate local value",
				"local.%s is already declared at %s. Give one of the two another name.", name, place(first.source))
			continue
		}
		l.locals[name] = &local{name: name, source: a.NameRange.Ptr(), expr: a.Expr, value: cty.DynamicVal}
	}
}

// evaluateLocals computes all locals, each after those that it refers to.
func (l *loader) evaluateLocals() {
	needs := make(map[string][]string, len(l.locals))
	for name, x := range l.locals {
		needs[name] = localsIn(x.expr)
	}
	order, cycles := sortByNeeds(needs)
	for _, c := range cycles {
		l.errorAt(l.locals[c[0]].source, "Cycle of local values",
			"The value depends on itself: %s. Break the circle.", formatCycle("local.", c))
	}
	values, skipped := make(map[string]cty.Value, len(l.locals)), maps.Clone(l.locals)
	for name := range l.locals {
		values[name] = cty.DynamicVal
	}
	for _, name := range order {
		x := l.locals[name]
		delete(skipped, name)
		refs, valid := l.references(x.expr, inLocals)
		if x.sensitive = refs.sensitive; valid {
			scope := l.scopeOf(x.expr)
			scope.Variables[rootLocal] = cty.ObjectVal(selectKeys(values, needs[name]))
			val, diags := x.expr.Value(scope)
			l.diags = append(l.diags, diags...)
			values[name], x.expr = val, nil
		}
	}
	for _, x := range skipped {
		l.references(x.expr, inLocals) // what else is wrong with a local of a cycle
	}
	declare(l, rootLocal, values, l.locals, func(x *local) *hcl.Range { return x.source })
}

// localsIn returns the locals that an expression refers to.
func localsIn(expr hcl.Expression) (names []string) {
	for _, t := range expr.Variables() {
		if t.RootName() == rootLocal {
			names = append(names, stepName(t))
		}
	}
	return names
}

// selectKeys returns some of the entries of a map.
func selectKeys[V any](m map[string]V, keys []string) map[string]V {
	out := make(map[string]V, len(keys))
	for _, k := range keys {
		if v, ok := m[k]; ok {
			out[k] = v
		}
	}
	return out
}

// longestChain bounds how many values need each other, one by one.
const longestChain = 10_000

// sortByNeeds returns the names in an order in which each comes after those
// that it needs, and the cycles. What is in a cycle, or needs what is, comes
// nowhere in the order.
func sortByNeeds(needs map[string][]string) (order []string, cycles [][]string) {
	const (
		active = iota + 1
		good
		bad
	)
	state := make(map[string]int, len(needs))
	var path []string
	var visit func(name string) bool
	visit = func(name string) bool {
		if len(path) > longestChain { // each step takes stack; this one ends as a circle would
			cycles = append(cycles, []string{path[0], path[1], "…", name})
			return false
		}
		switch state[name] {
		case good, bad:
			return state[name] == good
		case active:
			at := slices.Index(path, name)
			cycles = append(cycles, append(slices.Clone(path[at:]), name))
			return false
		}
		state[name] = active
		path = append(path, name)
		fine := true
		for _, n := range needs[name] {
			if _, known := needs[n]; known {
				fine = visit(n) && fine
			}
		}
		path = path[:len(path)-1]
		state[name] = bad
		if fine {
			state[name] = good
			order = append(order, name)
		}
		return fine
	}
	for _, name := range sortedKeys(needs) {
		visit(name)
	}
	return order, cycles
}

// formatCycle writes a cycle: local.a → local.b → local.a.
func formatCycle(prefix string, cycle []string) string {
	return prefix + strings.Join(cycle, " → "+prefix)
}
