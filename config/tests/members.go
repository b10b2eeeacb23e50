package tests

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// membersOf returns the types of the members of a part of a snapshot, or of a setting of
// the simulator, by their names in JSON, without some.
func membersOf(part reflect.Type, without ...string) map[string]reflect.Type {
	types := make(map[string]reflect.Type)
	for field := range part.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" && !slices.Contains(without, name) {
			types[name] = field.Type
		}
	}
	return types
}

// keysOf yields the names of the members of a part.
func keysOf(part reflect.Type) iter.Seq[string] { return maps.Keys(membersOf(part)) }

// memberError is a mistake in a member of a value: its path as expressions write it, such
// as rules[0].kind; "" is the value itself.
type memberError struct {
	path   string
	detail string
}

func (e *memberError) Error() string { return e.detail }

// decode gives what people write to a type that is decoded from JSON. The mistake names
// the member, and what there is.
func decode(v, to any) *memberError {
	v, wrong := converted(v, reflect.TypeOf(to).Elem(), "")
	if wrong != nil {
		return wrong
	}
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		return &memberError{"", strings.TrimPrefix(err.Error(), "json: ")}
	}
	return nil
}

// converted returns a value of JSON in the form that a type is decoded from: true and
// false for locks, days for times, words for kinds of contacts.
func converted(v any, ty reflect.Type, path string) (any, *memberError) {
	if v == nil {
		return nil, nil
	}
	if ty.Kind() == reflect.Pointer {
		return converted(v, ty.Elem(), path)
	}
	if word, ok := inWords(v, ty); ok {
		return word, nil
	}
	if decodesItself(ty) {
		return v, decodedAlone(v, ty, path)
	}
	switch ty.Kind() { //nolint:exhaustive // all others are decoded as they are
	case reflect.Struct:
		return convertedObject(v, path, func(name string) (reflect.Type, string) {
			members := membersOf(ty)
			return members[name], thereAre(name, "member", slices.Sorted(maps.Keys(members)))
		})
	case reflect.Map:
		known := knownKeys(ty.Key())
		return convertedObject(v, path, func(name string) (reflect.Type, string) {
			if known != nil && !slices.Contains(known, name) {
				return nil, thereAre(name, "role", known)
			}
			return ty.Elem(), ""
		})
	case reflect.Slice:
		return convertedList(v, ty.Elem(), path)
	}
	return v, decodedAlone(v, ty, path)
}

// knownKeys returns the keys that a map has: the roles of contacts. Nil: it may have any.
func knownKeys(key reflect.Type) []string {
	if key == reflect.TypeFor[wire.ContactType]() {
		return wire.ContactType("").Known()
	}
	return nil
}

// thereAre says that there is no such member, and what was meant, or what there is.
func thereAre(name, what string, known []string) string {
	if near := attr.Meant(name, known); len(near) > 0 {
		return fmt.Sprintf("there is no %s %q.%s", what, name, attr.DidYouMean(near))
	}
	return fmt.Sprintf("there is no %s %q. There are %s", what, name, strings.Join(known, ", "))
}

func convertedObject(v any, path string, typeOf func(name string) (ty reflect.Type, otherwise string)) (any, *memberError) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, &memberError{path, mustBe(path, "an object in braces", v)}
	}
	all := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		member := below(path, name)
		ty, otherwise := typeOf(name)
		if ty == nil {
			return nil, &memberError{member, member + ": " + otherwise}
		}
		value, wrong := converted(object[name], ty, member)
		if wrong != nil {
			return nil, wrong
		}
		all[name] = value
	}
	return all, nil
}

func convertedList(v any, ty reflect.Type, path string) (any, *memberError) {
	list, ok := v.([]any)
	if !ok {
		return nil, &memberError{path, mustBe(path, "a list in brackets", v)}
	}
	all := make([]any, len(list))
	for i := range list {
		value, wrong := converted(list[i], ty, fmt.Sprintf("%s[%d]", path, i))
		if wrong != nil {
			return nil, wrong
		}
		all[i] = value
	}
	return all, nil
}

// below returns the path of a member.
func below(path, name string) string {
	switch {
	case !hclsyntax.ValidIdentifier(name):
		return fmt.Sprintf("%s[%q]", path, name)
	case path == "":
		return name
	}
	return path + "." + name
}

// inWords returns what a type has for what people write in its place.
func inWords(v any, ty reflect.Type) (any, bool) {
	switch x := v.(type) {
	case bool:
		if ty == reflect.TypeFor[wire.LockStatus]() {
			return wire.Lock(x), true
		}
	case string:
		switch ty {
		case reflect.TypeFor[time.Time]():
			day, err := time.Parse(time.DateOnly, x)
			return day, err == nil
		case reflect.TypeFor[wire.RegistrantType]():
			kind, ok := attr.RegistrantType(x)
			return kind, ok
		}
	}
	return nil, false
}

// decodesItself reports whether a type says how it is decoded.
func decodesItself(ty reflect.Type) bool {
	p := reflect.PointerTo(ty)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]())
}

// decodedAlone says why a value without members does not have a type.
func decodedAlone(v any, ty reflect.Type, path string) *memberError {
	if word, ok := v.(string); ok && ty == reflect.TypeFor[wire.RegistrantType]() && !slices.Contains(wire.RegistrantType("").Known(), word) {
		return &memberError{path, fmt.Sprintf("%s%q is no type of a contact: write %s", prefix(path), word, strings.Join(attr.RegistrantTypes(), " or "))}
	}
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(ty).Interface())
	}
	what := plainKind(ty)
	switch {
	case err == nil:
		return nil
	case what != "":
		return &memberError{path, mustBe(path, what, v)}
	}
	return &memberError{path, prefix(path) + strings.TrimPrefix(err.Error(), "json: ")}
}

func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// mustBe says what a member has to be, and what it is.
func mustBe(path, what string, v any) string {
	is := "an object"
	switch x := v.(type) {
	case string:
		is = "a text"
	case bool:
		is = "true or false"
	case json.Number:
		is = "the number " + x.String()
	case []any:
		is = "a list"
	}
	if path == "" {
		path = "it"
	}
	return fmt.Sprintf("%s has to be %s, and is %s", path, what, is)
}

// plainKind says what values of a type are; "": the type has a form of its own.
func plainKind(ty reflect.Type) string {
	if decodesItself(ty) {
		return ""
	}
	switch ty.Kind() { //nolint:exhaustive // there are no others without a form of their own
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// placeOf returns where a member of an expression stands, as far as the expression tells.
func placeOf(expr hcl.Expression, path string) *hcl.Range {
	steps, diags := hclsyntax.ParseTraversalAbs([]byte("value"+dotted(path)), "", hcl.InitialPos)
	if diags.HasErrors() {
		return expr.Range().Ptr()
	}
	at := expr.Range()
	for _, step := range steps[1:] {
		inner, place := memberOf(expr, step)
		if inner == nil {
			break
		}
		expr, at = inner, place
	}
	return &at
}

func dotted(path string) string {
	if path == "" || strings.HasPrefix(path, "[") {
		return path
	}
	return "." + path
}

// memberOf returns the expression of one member and its place; nil where the expression
// does not show it.
func memberOf(expr hcl.Expression, step hcl.Traverser) (hcl.Expression, hcl.Range) {
	key := cty.NilVal
	switch s := step.(type) {
	case hcl.TraverseAttr:
		key = cty.StringVal(s.Name)
	case hcl.TraverseIndex:
		key = s.Key
	}
	if key == cty.NilVal {
		return nil, hcl.Range{}
	}
	if key.Type() == cty.Number {
		i, _ := key.AsBigFloat().Int64()
		if list, diags := hcl.ExprList(expr); !diags.HasErrors() && int(i) < len(list) {
			return list[i], list[i].Range()
		}
		return nil, hcl.Range{}
	}
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return nil, hcl.Range{}
	}
	for _, pair := range pairs {
		if name, diags := pair.Key.Value(nil); !diags.HasErrors() && name.RawEquals(key) {
			return pair.Value, hcl.RangeBetween(pair.Key.Range(), pair.Value.Range())
		}
	}
	return nil, hcl.Range{}
}
