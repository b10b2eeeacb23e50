package config

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// TestCallsLookThroughNoTable: a call of a function that finds one thing takes
// as much for a table of 10,000 rows as for one of a hundred. Memory is
// counted, for the library makes some for each element that it looks at.
func TestCallsLookThroughNoTable(t *testing.T) {
	for expr, want := range map[string]cty.Value{
		`contains(tuple, "row-7")`: cty.True, `contains(list, "row-7")`: cty.True, `contains(set, "row-7")`: cty.True, `contains(list, "none")`: cty.False,
		`index(tuple, "row-7")`: cty.NumberIntVal(7), `index(list, "row-7")`: cty.NumberIntVal(7),
		`element(tuple, 7)`: cty.StringVal("row-7"), `slice(list, 7, 8)[0]`: cty.StringVal("row-7"),
		`lookup(map, "row-7", "none")`: cty.StringVal("row-7"), `lookup(object, "none", "row-7")`: cty.StringVal("row-7"),
		`length(tuple) > 9`: cty.True, `length(map) > 9`: cty.True, `coalesce(object, {})["row-7"]`: cty.StringVal("row-7"),
		`coalescelist([], list)[7]`: cty.StringVal("row-7"), `length(setintersection(set, ["row-7"]))`: cty.NumberIntVal(1),
		`length(setsubtract(["row-7"], set))`: cty.NumberIntVal(0),
	} {
		few, many := memoryOf(t, expr, 100, want), memoryOf(t, expr, 10_000, want)
		if many > few+20 {
			t.Errorf("%s makes %v values for 100 rows, and %v for 10,000", expr, few, many)
		}
	}
}

// memoryOf evaluates an expression over a table and counts how often it asks for
// memory.
func memoryOf(t *testing.T, text string, rows int, want cty.Value) float64 {
	t.Helper()
	list, byName := make([]cty.Value, rows), make(map[string]cty.Value, rows)
	for i := range list {
		list[i] = cty.StringVal(fmt.Sprintf("row-%d", i))
		byName[list[i].AsString()] = list[i]
	}
	m := newMeter(DefaultBounds())
	ctx := &hcl.EvalContext{
		Functions: functions(newFiles(fstest.MapFS{}, DefaultBounds()), m),
		Variables: map[string]cty.Value{
			"list": cty.ListVal(list), "tuple": cty.TupleVal(list), "set": cty.SetVal(list), "map": cty.MapVal(byName), "object": cty.ObjectVal(byName),
		},
	}
	parsed, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	expr := m.instrument(parsed)
	return testing.AllocsPerRun(3, func() {
		if got, diags := expr.Value(ctx); diags.HasErrors() || !got.RawEquals(want) {
			t.Fatalf("%s is %#v, want %#v; %v", text, got, want, diags)
		}
	})
}
