package planner_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/planner"
)

// schemaOf is what docs/plan.schema.json says of objects.
type schemaOf struct {
	Ref        string               `json:"$ref"`
	Properties map[string]*schemaOf `json:"properties"`
	Items      *schemaOf            `json:"items"`
	Defs       map[string]*schemaOf `json:"$defs"`
	Closed     *bool                `json:"additionalProperties"`
}

// TestPlanAsValue finds every member that the schema of plans knows in the value of
// a plan, whether JSON has it or leaves it out.
func TestPlanAsValue(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	// Members with any name are schemas of their own, and others false.
	text = []byte(strings.NewReplacer(`"additionalProperties": {`, `"others": {`).Replace(string(text)))
	var schema schemaOf
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	v, err := jsonvalue.Of(planner.Diff(large(10, 2)).Document())
	if err != nil {
		t.Fatal(err)
	}
	met := 0
	var hold func(path string, s *schemaOf, v cty.Value)
	hold = func(path string, s *schemaOf, v cty.Value) {
		if s == nil {
			return
		}
		if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
			s = schema.Defs[name]
		}
		switch ty := v.Type(); {
		case v.IsNull():
		case ty.IsTupleType():
			for it := v.ElementIterator(); it.Next(); {
				_, x := it.Element()
				hold(path+"[]", s.Items, x)
			}
		case ty.IsObjectType() && s.Closed != nil && !*s.Closed:
			met++
			for name := range s.Properties {
				if !ty.HasAttribute(name) {
					t.Errorf("%s.%s is not there", path, name)
					continue
				}
				hold(path+"."+name, s.Properties[name], v.GetAttr(name))
			}
			for name := range ty.AttributeTypes() {
				if s.Properties[name] == nil {
					t.Errorf("%s.%s is not in the schema", path, name)
				}
			}
		}
	}
	hold("plan", &schema, v)
	if met < 10 {
		t.Errorf("%d objects were looked at", met)
	}
	change := v.GetAttr("changes").Index(cty.Zero)
	for member, want := range map[string]cty.Value{
		"domain": cty.StringVal("name0000000.com"), "status": cty.StringVal("ready"), "reason": cty.StringVal(""), "follows": cty.StringVal(""),
		"cost": cty.NullVal(cty.DynamicPseudoType), "logged": cty.NullVal(cty.DynamicPseudoType), "sees": cty.EmptyTupleVal,
		"before": cty.TupleVal([]cty.Value{cty.StringVal("ns1.example.org")}),
	} {
		if got := change.GetAttr(member); !got.RawEquals(want) {
			t.Errorf("%s of a change is %#v, want %#v", member, got, want)
		}
	}
}

// BenchmarkPlanAsValue makes values of plans in which each name changes: of all that
// the plan has, of its changes, and of its summary alone.
func BenchmarkPlanAsValue(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		if n > 1000 && testing.Short() {
			continue
		}
		d := planner.Diff(large(n, 1)).Document()
		for _, members := range [][]string{nil, {"changes"}, {"summary"}} {
			b.Run(fmt.Sprintf("names=%d/members=%s", n, strings.Join(slices.Concat(members, []string{}), ",")), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := jsonvalue.Members(d, members); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
