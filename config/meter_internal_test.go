package config

import (
	"math/big"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/set"
)

// TestInnerFormOfValues holds how the library keeps values: weighing them reads
// that form, past the compiler's checks.
func TestInnerFormOfValues(t *testing.T) {
	t.Parallel()
	a := cty.StringVal("a")
	list := cty.ListVal([]cty.Value{a, a})
	if s, ok := rawOf(a).(string); !ok || s != "a" {
		t.Errorf("a text is %#v", rawOf(a))
	}
	if n, ok := rawOf(cty.NumberIntVal(3)).(*big.Float); !ok || n.String() != "3" {
		t.Errorf("a number is %#v", rawOf(cty.NumberIntVal(3)))
	}
	for _, v := range []cty.Value{list, cty.TupleVal([]cty.Value{a, list})} {
		if x, ok := rawOf(v).([]any); !ok || len(x) != 2 || x[0] != "a" || identity(v) == 0 {
			t.Errorf("%#v is %#v", v, rawOf(v))
		}
	}
	for _, v := range []cty.Value{cty.MapVal(map[string]cty.Value{"k": a}), cty.ObjectVal(map[string]cty.Value{"k": a})} {
		if x, ok := rawOf(v).(map[string]any); !ok || len(x) != 1 || x["k"] != "a" || identity(v) == 0 {
			t.Errorf("%#v is %#v", v, rawOf(v))
		}
	}
	if x, ok := rawOf(cty.SetVal([]cty.Value{a})).(set.Set[any]); !ok || x.Length() != 1 {
		t.Errorf("a set is %#v", rawOf(cty.SetVal([]cty.Value{a})))
	}
	other := cty.ListVal([]cty.Value{a, a})
	row := cty.TupleVal([]cty.Value{list, other})
	if identity(list) == identity(other) || identity(row.Index(cty.Zero)) != identity(list) || identity(cty.EmptyTupleVal) != 0 || identity(a) != 0 {
		t.Error("identities tell values wrongly")
	}
}

// TestWeightCountsWhatIsShared holds that a value counts as often as it is in
// another one, and what is new only once.
func TestWeightCountsWhatIsShared(t *testing.T) {
	t.Parallel()
	m := newMeter(DefaultBounds())
	many := make([]cty.Value, 1000)
	for i := range many {
		many[i] = cty.StringVal("0123456789")
	}
	table := cty.ListVal(many)
	first := m.weigh(table)
	if first.size != 1000*(10+elementSize) || first.fresh != first.size || first.depth != 1 || first.text != 10 {
		t.Errorf("%+v", first)
	}
	twice := m.weigh(cty.TupleVal([]cty.Value{table, table}))
	if twice.size != 2*(first.size+elementSize) || twice.fresh != 2*elementSize || twice.depth != 2 {
		t.Errorf("%+v", twice)
	}
}
