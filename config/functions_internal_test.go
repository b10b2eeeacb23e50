package config

import (
	"testing"
	"testing/fstest"

	"github.com/zclconf/go-cty/cty"
)

// TestFunctionsOfTerraform holds the meaning of functions that the library
// lacks.
func TestFunctionsOfTerraform(t *testing.T) {
	t.Parallel()
	files := newFiles(fstest.MapFS{
		"a.tmpl": {Data: []byte("hello ${name}%{ for x in list } ${upper(x)}%{ endfor }")}, "again.tmpl": {Data: []byte(`${templatefile("a.tmpl", {})}`)},
		"d/b.csv": {Data: []byte("x")}, "d/e/c.csv": {Data: []byte("x")}, "d/e/c.txt": {Data: []byte("x")},
	}, DefaultBounds())
	all := functions(files, newMeter(DefaultBounds()))
	texts := func(list ...string) cty.Value {
		if len(list) == 0 {
			return cty.SetValEmpty(cty.String)
		}
		values := make([]cty.Value, len(list))
		for i, s := range list {
			values[i] = cty.StringVal(s)
		}
		return cty.SetVal(values)
	}
	for expr, want := range map[string]cty.Value{
		`startswith("example.com", "exam")`: cty.True, `startswith("a", "ab")`: cty.False, `endswith("example.com", ".com")`: cty.True, `endswith("a", "b")`: cty.False,
		`sum([1, 2.5, "3"])`: cty.NumberFloatVal(6.5), `sum(toset([1, 1]))`: cty.NumberIntVal(1), `sum([])`: cty.NilVal, `sum(["x"])`: cty.NilVal, `sum([null])`: cty.NilVal,
		`anytrue([false, "true"])`: cty.True, `anytrue([])`: cty.False, `anytrue([null])`: cty.False, `alltrue([])`: cty.True, `alltrue([true, false])`: cty.False,
		`alltrue([true, null])`: cty.False, `alltrue([1])`: cty.NilVal, `alltrue(["x"])`: cty.NilVal,
		`index(["a", "b", "b"], "b")`: cty.NumberIntVal(1), `index(["a"], "x")`: cty.NilVal, `index({}, "x")`: cty.NilVal,
		`one(["a"])`: cty.StringVal("a"), `one(toset(["a"]))`: cty.StringVal("a"), `one([])`: cty.NullVal(cty.DynamicPseudoType), `one(["a", "b"])`: cty.NilVal, `one("a")`: cty.NilVal,
		`templatefile("a.tmpl", { name = "x", list = ["a", "b"] })`: cty.StringVal("hello x A B"), `templatefile("a.tmpl", { name = "x" })`: cty.NilVal,
		`templatefile("again.tmpl", {})`: cty.NilVal, `templatefile("../a.tmpl", {})`: cty.NilVal,
		`yamldecode("a: [1, yes, null]\nb: {c: x}").b.c`: cty.StringVal("x"), `yamldecode("- 1\n- true")[1]`: cty.True, `yamldecode("a: &x [1]\nb: *x").b[0]`: cty.NumberIntVal(1),
		`fileset(".", "*.tmpl")`: texts("a.tmpl", "again.tmpl"), `fileset("d", "**/*.csv")`: texts("b.csv", "e/c.csv"), `fileset("d", "*")`: texts("b.csv"),
		`fileset("d", "e/c.*")`: texts("e/c.csv", "e/c.txt"), `fileset("nowhere", "*")`: texts(), `fileset("..", "*")`: cty.NilVal, `fileset("/", "*")`: cty.NilVal, `fileset(".", "[")`: cty.NilVal,
		`tobool("TRUE")`: cty.True, `tobool("x")`: cty.NilVal, `coalesce("", "a")`: cty.StringVal("a"), `coalescelist([], ["a"])[0]`: cty.StringVal("a"),
		`length(setintersection(["a", "b"], ["b", "c"]))`: cty.NumberIntVal(1), `length(setsubtract(["a", "b"], ["b", "c"]))`: cty.NumberIntVal(1), `element(["a", "b"], 3)`: cty.StringVal("b"),
		`slice(["a", "b", "c"], 1, 2)[0]`: cty.StringVal("b"), `slice(["a"], 1, 5)`: cty.NilVal, `contains([1, 2], "2")`: cty.True,
		`timecmp("2026-12-01T00:00:00Z", "2026-12-01T00:00:00.5Z")`: cty.NumberIntVal(-1), `timecmp("2026-12-01T01:00:00+01:00", "2026-12-01T00:00:00Z")`: cty.NumberIntVal(0),
		`timecmp("2026-12-02T00:00:00Z", "2026-12-01T23:59:59Z")`: cty.NumberIntVal(1), `timecmp("2026-12-02", "2026-12-01T23:59:59Z")`: cty.NilVal, `timecmp("2026-12-02T00:00:00Z", "x")`: cty.NilVal,
		`merge({ a = 1 }, { a = 2 })["a"]`: cty.NumberIntVal(2), `merge({ a = 1 }, null)["a"]`: cty.NumberIntVal(1), `merge({ a = 1 }, {})["b"]`: cty.NilVal,
	} {
		got, err := evaluate(t, expr, all)
		switch {
		case want == cty.NilVal && err == nil:
			t.Errorf("%s = %#v, want an error", expr, got)
		case want != cty.NilVal && (err != nil || !got.RawEquals(want)):
			t.Errorf("%s = %#v, %v, want %#v", expr, got, err, want)
		}
	}
}
