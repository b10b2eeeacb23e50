package jsonvalue_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// drawn draws a value as encoding/json has it.
func drawn(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(),
		rapid.SampledFrom([]string{`"`, `\`, "a\\\"b", "\u2028", "é", "e\u0301", "</script>", "\x00"}).AsAny(),
	}
	if depth > 0 {
		inner := rapid.Deferred(func() *rapid.Generator[any] { return drawn(depth - 1) })
		leaves = append(leaves, rapid.SliceOfN(inner, 0, 4).AsAny(), rapid.MapOfN(rapid.StringMatching(`[a-zé."\\]{0,4}`), inner, 0, 4).AsAny())
	}
	return rapid.OneOf(leaves...)
}

// TestParse compares with the library, which reads a text several times.
func TestParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		write := json.Marshal
		if rapid.Bool().Draw(t, "indented") {
			write = func(v any) ([]byte, error) { return json.MarshalIndent(v, " ", "\t") }
		}
		text, err := write(drawn(4).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		ty, err := ctyjson.ImpliedType(text)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ctyjson.Unmarshal(text, ty)
		if err != nil {
			t.Fatal(err)
		}
		got, err := jsonvalue.Parse(text)
		if err != nil || !got.RawEquals(want) {
			t.Errorf("%s is %#v (%v), want %#v", text, got, err, want)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"a":}`, "nul", "[1,]", `"a`, "1 2", "{}}"} {
		if v, err := jsonvalue.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "not JSON") {
			t.Errorf("%q is %#v (%v)", text, v, err)
		}
	}
}

type inner struct {
	Text string `json:"text,omitempty"`
	Plus int    `json:"plus"`
}

type itself struct{ text string }

func (i itself) MarshalJSON() ([]byte, error) {
	if i.text == "" {
		return []byte("{}"), nil
	}
	return json.Marshal(inner{Text: i.text})
}

func (itself) JSONShape() any { return inner{} }

type outer struct {
	inner2
	Hidden string            `json:"-"`
	Plain  string            // by the name of the field
	Flag   bool              `json:"flag,omitempty"`
	Count  float64           `json:"count,omitempty"`
	List   []inner           `json:"list,omitempty"`
	None   []string          `json:"none"`
	Map    map[string]inner  `json:"map,omitempty"`
	Labels map[string]string `json:"labels"`
	To     *inner            `json:"to,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Always inner             `json:"always"`
	Maybe  inner             `json:"maybe,omitzero"`
	Any    any               `json:"any,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Own    []itself          `json:"own"`
	Itself *outer            `json:"itself,omitempty"`
}

type inner2 struct {
	Within string `json:"within,omitempty"`
}

const emptyOuter = `{"within":"","Plain":"","flag":false,"count":0,"list":[],"none":[],"map":{},"labels":{},"to":null,"at":null,
	"always":{"text":"","plus":0},"maybe":null,"any":null,"raw":null,"own":[],"itself":null}`

// TestLeftOut makes values of what JSON leaves out.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		of   any
		want string
	}{
		"all":      {outer{}, emptyOuter},
		"pointer":  {&outer{}, emptyOuter},
		"elements": {[]inner{{}, {Plus: 2}}, `[{"text":"","plus":0},{"text":"","plus":2}]`},
		"map":      {map[string]*inner{"a": {}, "b": nil}, `{"a":{"text":"","plus":0},"b":null}`},
		"itself":   {[]itself{{}, {"x"}}, `[{"text":"","plus":0},{"text":"x","plus":0}]`},
		"text":     {"plain", `"plain"`},
		"nothing":  {nil, `null`},
	} {
		got, err := jsonvalue.Of(test.of)
		want, wantErr := jsonvalue.Parse([]byte(test.want))
		if err != nil || wantErr != nil || !got.RawEquals(want) {
			t.Errorf("%s: %#v (%v, %v), want %#v", title, got, err, wantErr, want)
		}
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	v := &outer{List: []inner{{Text: "x"}}, Own: []itself{{"y"}}}
	whole, err := jsonvalue.Of(v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := jsonvalue.Members(v, nil)
	if err != nil || !got.RawEquals(whole) {
		t.Errorf("all members are %#v (%v), want %#v", got, err, whole)
	}
	for name := range whole.Type().AttributeTypes() {
		got, err := jsonvalue.Members(v, []string{name, "unheard_of"})
		want := cty.ObjectVal(map[string]cty.Value{name: whole.GetAttr(name)})
		if err != nil || !got.RawEquals(want) {
			t.Errorf("%s: %#v (%v), want %#v", name, got, err, want)
		}
	}
	if got, err := jsonvalue.Members(map[string]int{"a": 1}, []string{"b"}); err != nil || !got.Type().HasAttribute("a") {
		t.Errorf("a map is %#v (%v), want it as a whole", got, err)
	}
	if _, err := jsonvalue.Members(struct{ F func() }{func() {}}, []string{"F"}); err == nil {
		t.Error("a function became a value")
	}
}

func expression(t *testing.T, text string) hcl.Expression {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return x
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string][]string{
		`1 + 2`: {},
		`plan.summary.changed + plan["missing"][0]`:                  {"plan": {"missing", "summary"}},
		`length(plan) + plan.summary`:                                {"plan": nil},
		`[for c in plan.changes : c.id if c.domain == live.account]`: {"plan": {"changes"}, "live": {"account"}},
		`portfolio[local.x]`:                                         {"portfolio": nil, "local": {"x"}},
		`plan.changes[*].id`:                                         {"plan": {"changes"}},
	} {
		made := map[string][]string{}
		roots := map[string]jsonvalue.Root{}
		for _, name := range []string{"plan", "live", "portfolio", "local"} {
			roots[name] = func(members []string) (cty.Value, error) {
				made[name] = members
				return cty.StringVal(name), nil
			}
		}
		vars, err := jsonvalue.Variables(roots, expression(t, text))
		if err != nil || len(vars) != len(want) || !maps.EqualFunc(made, want, slices.Equal) {
			t.Errorf("%s makes %v (%d roots, %v), want %v", text, made, len(vars), err, want)
		}
	}
	failing := map[string]jsonvalue.Root{"plan": func([]string) (cty.Value, error) { return cty.NilVal, fmt.Errorf("no plan") }}
	if _, err := jsonvalue.Variables(failing, expression(t, "plan")); err == nil {
		t.Error("what cannot be made was made")
	}
	if vars, err := jsonvalue.Variables(failing, expression(t, "other.plan")); err != nil || len(vars) > 0 {
		t.Errorf("what nobody mentions was made: %v, %v", vars, err)
	}
}
