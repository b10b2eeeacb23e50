package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// TestPlansSatisfyTheirSchema checks every golden plan, and one with something
// of everything, against docs/plan.schema.json, and reads it back.
func TestPlansSatisfyTheirSchema(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	texts := map[string][]byte{"sample": plain(t, sample())}
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text := member(archive, "plan.json"); text != nil {
			texts[file] = text
		}
	}
	for name, text := range texts {
		for _, problem := range s.check(s.root, parse(t, text), "plan") {
			t.Errorf("%s: %s", name, problem)
		}
		p, err := planner.Decode(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := plain(t, p); !bytes.Equal(again, text) {
			t.Errorf("%s is another plan after it was read: %s", name, cmp.Diff(string(text), string(again)))
		}
	}
}

// TestSchemaCatches shows that the schema can fail.
func TestSchemaCatches(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	for edit, want := range map[[2]string]string{
		{`"format_version": 1`, `"format_version": 2`}:       "plan.format_version: is 2, not 1",
		{`"hazard": "delegation"`, `"hazard": "boredom"`}:    `plan.changes[0].hazard: is boredom, none of`,
		{`"refuses": true`, `"refuses": "yes"`}:              "plan.guards[1].refuses: is no boolean",
		{`"account":`, `"owner":`}:                           "plan: lacks account",
		{`"seconds": 71`, `"seconds": -1`}:                   "plan.summary.seconds: is below 0",
		{`"ready": 13`, `"done": 13`}:                        "plan.summary.changes: done: is done, none of",
		{`"file": "main.hcl"`, `"file": "main.hcl", "x": 1`}: ": x is not described",
	} {
		text := bytes.Replace(plain(t, sample()), []byte(edit[0]), []byte(edit[1]), 1)
		problems := strings.Join(s.check(s.root, parse(t, text), "plan"), "\n")
		if !strings.Contains(problems, want) {
			t.Errorf("%s: got %q, want %q", edit[1], problems, want)
		}
	}
}

func plain(t *testing.T, p *planner.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.JSON(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// schema is as much of JSON Schema (2020-12) as describes a plan.
type schema struct{ root map[string]any }

func readSchema(t *testing.T) schema {
	t.Helper()
	text, err := os.ReadFile("../../docs/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema{parse(t, text).(map[string]any)}
}

// check returns what of a value breaks a schema. A keyword that it does not
// know is a problem, too: it would not be checked.
func (s schema) check(rule map[string]any, v any, at string) []string {
	var problems []string
	fail := func(format string, args ...any) {
		problems = append(problems, at+": "+fmt.Sprintf(format, args...))
	}
	for keyword, want := range rule {
		switch keyword {
		case "$schema", "$defs", "title", "description", "format":
		case "$ref":
			name := strings.TrimPrefix(want.(string), "#/$defs/")
			problems = append(problems, s.check(s.root["$defs"].(map[string]any)[name].(map[string]any), v, at)...)
		case "type":
			if !hasType(want, v) {
				fail("is no %v", want)
			}
		case "const":
			if v != want {
				fail("is %v, not %v", v, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				fail("is %v, none of %v", v, want)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < want.(float64) {
				fail("is below %v", want)
			}
		case "items":
			list, _ := v.([]any)
			for i, e := range list {
				problems = append(problems, s.check(want.(map[string]any), e, fmt.Sprintf("%s[%d]", at, i))...)
			}
		case "required", "properties", "additionalProperties", "propertyNames":
			if object, ok := v.(map[string]any); ok {
				problems = append(problems, s.checkObject(rule, keyword, object, at)...)
			}
		default:
			fail("the schema's keyword %s is not checked", keyword)
		}
	}
	return problems
}

func (s schema) checkObject(rule map[string]any, keyword string, object map[string]any, at string) []string {
	var problems []string
	properties, _ := rule["properties"].(map[string]any)
	if keyword == "required" {
		for _, name := range rule[keyword].([]any) {
			if _, ok := object[name.(string)]; !ok {
				problems = append(problems, fmt.Sprintf("%s: lacks %s", at, name))
			}
		}
		return problems
	}
	for name, v := range object {
		described, known := properties[name]
		switch {
		case keyword == "propertyNames":
			problems = append(problems, s.check(rule[keyword].(map[string]any), name, at+": "+name)...)
		case keyword == "properties" && known:
			problems = append(problems, s.check(described.(map[string]any), v, at+"."+name)...)
		case keyword == "additionalProperties" && !known && rule[keyword] == false:
			problems = append(problems, fmt.Sprintf("%s: %s is not described", at, name))
		case keyword == "additionalProperties" && !known:
			problems = append(problems, s.check(rule[keyword].(map[string]any), v, at+"."+name)...)
		}
	}
	return problems
}

func hasType(want, v any) bool {
	if several, ok := want.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return hasType(one, v) })
	}
	switch v := v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case string:
		return want == "string"
	case float64:
		return want == "number" || want == "integer" && v == math.Trunc(v)
	case []any:
		return want == "array"
	default:
		return want == "object"
	}
}
