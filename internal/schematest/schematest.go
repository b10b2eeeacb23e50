// Package schematest checks what the program writes as JSON against the schemas
// in docs. It is for tests.
package schematest

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// Schema is as much of JSON Schema (2020-12) as the schemas in docs need.
type Schema map[string]any

// Read reads a schema.
func Read(t testing.TB, file string) Schema {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(t, text).(map[string]any)
}

// Parse reads JSON.
func Parse(t testing.TB, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// Check returns what of a value, which is called as at says, breaks the schema.
func (s Schema) Check(v any, at string) []string { return s.check(s, v, at) }

// check returns what of a value breaks a schema. A keyword that it does not
// know is a problem, too: it would not be checked.
func (s Schema) check(rule map[string]any, v any, at string) []string {
	var problems []string
	fail := func(format string, args ...any) {
		problems = append(problems, at+": "+fmt.Sprintf(format, args...))
	}
	for keyword, want := range rule {
		switch keyword {
		case "$schema", "$defs", "title", "description", "format":
		case "$ref":
			name := strings.TrimPrefix(want.(string), "#/$defs/")
			problems = append(problems, s.check(s["$defs"].(map[string]any)[name].(map[string]any), v, at)...)
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
		case "oneOf":
			if problem := s.checkOneOf(want.([]any), v); problem != "" {
				fail("%s", problem)
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

// checkOneOf says what is wrong where not exactly one of the rules is kept: of
// several that are broken, what breaks the one that is broken the least.
func (s Schema) checkOneOf(rules []any, v any) string {
	kept := 0
	var least []string
	for i, rule := range rules {
		problems := s.check(rule.(map[string]any), v, "of one")
		if len(problems) == 0 {
			kept++
		}
		if i == 0 || len(problems) < len(least) {
			least = problems
		}
	}
	if kept == 0 {
		return "is none of the forms: " + strings.Join(least, "; ")
	} else if kept > 1 {
		return fmt.Sprintf("is %d of the forms, and one is meant", kept)
	}
	return ""
}

func (s Schema) checkObject(rule map[string]any, keyword string, object map[string]any, at string) []string {
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
