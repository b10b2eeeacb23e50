package config

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func evaluate(t *testing.T, expr string, fs map[string]function.Function) (cty.Value, error) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(expr), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := e.Value(&hcl.EvalContext{Functions: fs})
	if diags.HasErrors() {
		return v, diags
	}
	return v, nil
}

// TestCollectionsAgreeWithLibrary compares our own versions of functions with
// those that they stand for.
func TestCollectionsAgreeWithLibrary(t *testing.T) {
	t.Parallel()
	library := library(nil, nil)
	for name, f := range map[string]function.Function{
		"contains": stdlib.ContainsFunc, "csvdecode": stdlib.CSVDecodeFunc, "distinct": stdlib.DistinctFunc, "lookup": stdlib.LookupFunc,
		"tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":  stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"toset":  stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
	} {
		library[name] = f
	}
	for _, expr := range []string{
		`tolist(["a", "b"])`, `tolist(["a", 1, true])`, `tolist([])`, `tolist(toset(["b", "a"]))`, `tolist("a")`, `tolist({ a = 1 })`,
		`tolist(null)`, `tolist([null, "a"])`, `tolist([["a"], ["b", "c"]])`, `tolist([{ a = 1 }, { a = "x" }])`, `tolist(["a", {}])`,
		`toset(["a", "b", "a"])`, `toset([])`, `toset(["a", 1])`, `toset(tolist(["a"]))`, `toset({})`, `toset([[], 1])`,
		`tomap({ a = 1, b = "x" })`, `tomap({})`, `tomap(["a"])`, `tomap(tomap({ a = 1 }))`, `tomap({ a = [], b = 1 })`,
		`lookup({ a = 1 }, "a", 2)`, `lookup({ a = 1 }, "b", 2)`, `lookup({ a = 1 }, "b", "x")`, `lookup(tomap({ a = 1 }), "b", "2")`,
		`lookup(tomap({ a = 1 }), "b", "x")`, `lookup([1], "b", "x")`, `lookup({ a = 1 }, null, 2)`,
		`contains(["a", "b"], "b")`, `contains(["a"], "b")`, `contains(toset(["a"]), "a")`, `contains([], "a")`, `contains({}, "a")`,
		`distinct(["a", "b", "a"])`, `distinct(tolist(["a", "b", "a"]))`, `distinct([["a"], ["a"]])`, `distinct(tolist([]))`,
		`csvdecode("a,b\n1,2\n3,4\n")`, `csvdecode("a,b\n")`, `csvdecode("a,b\n1\n")`, `csvdecode("")`, `csvdecode("a,a\n1,2\n")`,
		`csvdecode("a\n\"x\n")`, `csvdecode("a\nx\"y\n")`, `csvdecode("a\r\n\"x, \"\"y\"\"\"\r\n")`, `csvdecode("a,b,\n1,2,\n")`, `csvdecode("a,b,\n1,2,3\n")`,
	} {
		got, err := evaluate(t, expr, functions(nil, newMeter(DefaultBounds())))
		want, wantErr := evaluate(t, expr, library)
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: error %v, cty's %v", expr, err, wantErr)
		} else if err == nil && !same(got, want) {
			t.Errorf("%s = %#v, cty's %#v", expr, got, want)
		}
	}
}

// same compares values; a list is as good as a tuple of the same elements.
func same(a, b cty.Value) bool {
	if a.RawEquals(b) {
		return true
	}
	return (a.Type().IsTupleType() || b.Type().IsTupleType()) && a.CanIterateElements() && b.CanIterateElements() &&
		cty.TupleVal(a.AsValueSlice()).RawEquals(cty.TupleVal(b.AsValueSlice()))
}

func TestCSVReadsTablesOfSpreadsheets(t *testing.T) {
	t.Parallel()
	v, err := evaluate(t, `csvdecode("\uFEFFname,x\r\nexample.com,1\r\n")[0].name`, functions(nil, newMeter(DefaultBounds())))
	if err != nil || v.AsString() != "example.com" {
		t.Errorf("%#v, %v", v, err)
	}
}

// TestCollectionsStayLinear runs what takes cty's versions minutes.
func TestCollectionsStayLinear(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var table strings.Builder
	table.WriteString("name,x\n")
	for i := range n {
		fmt.Fprintf(&table, "name-%d.com,%d\n", i, i)
	}
	fs := functions(newFiles(fstest.MapFS{"t.csv": {Data: []byte(table.String())}}, DefaultBounds()), newMeter(DefaultBounds()))
	for _, expr := range []string{
		`length(tolist([for r in csvdecode(file("t.csv")) : { name = r.name, y = r.x }]))`,
		`length(toset([for r in csvdecode(file("t.csv")) : r.name]))`,
		`length(tomap({ for r in csvdecode(file("t.csv")) : r.name => r.x }))`,
		`length(distinct([for r in csvdecode(file("t.csv")) : r.name]))`,
	} {
		start := time.Now()
		v, err := evaluate(t, expr, fs)
		if err != nil || !v.RawEquals(cty.NumberIntVal(n)) {
			t.Fatalf("%s = %#v, %v", expr, v, err)
		}
		if d := time.Since(start); d > 15*time.Second {
			t.Errorf("%s takes %v", expr, d)
		}
	}
}
