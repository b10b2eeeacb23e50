package attr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// An object reads the members of a declared object and keeps the first thing
// that is wrong with them.
type object struct {
	members map[string]cty.Value
	problem *Problem
}

// newObject reads an object or a map; what says what it should be.
func newObject(v cty.Value, what string) (*object, *Problem) {
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		p := Problem{Summary: "Wrong type", Detail: "This must be " + what + ", not null."}
		if !v.IsNull() {
			p = wrongType(v, what)
		}
		return nil, &p
	}
	return &object{members: v.AsValueMap()}, nil
}

// has reports whether a member has a value.
func (o *object) has(name string) bool {
	v, ok := o.members[name]
	return ok && !v.IsNull()
}

func (o *object) fail(member, summary, format string, args ...any) {
	if o.problem == nil {
		o.problem = &Problem{Summary: summary, Detail: fmt.Sprintf(format, args...), Path: cty.GetAttrPath(member)}
	}
}

// get returns a required member as the type; ok is false where it has none.
func (o *object) get(name string, t cty.Type) (v cty.Value, ok bool) {
	if !o.has(name) {
		if o.problem == nil {
			o.problem = &Problem{Summary: "Missing argument", Detail: fmt.Sprintf("%q is required.", name)}
		}
		return cty.NilVal, false
	}
	v, err := convert.Convert(o.members[name], t)
	if err != nil {
		o.fail(name, "Wrong type", "%s: %v.", name, err)
		return cty.NilVal, false
	}
	return v, true
}

// number reads a required whole number between two bounds.
func (o *object) number(name string, least, most int64) int {
	v, ok := o.get(name, cty.Number)
	if !ok {
		return 0
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != 0 || n < least || n > most {
		o.fail(name, "Out of range", "%s must be a whole number from %d to %d.", name, least, most)
	}
	return int(n)
}

// text reads a required string.
func (o *object) text(name string) string {
	v, ok := o.get(name, cty.String)
	if !ok {
		return ""
	}
	return v.AsString()
}

// optionalBool reads a switch, nil where it has none.
func (o *object) optionalBool(name string) *bool {
	if !o.has(name) {
		return nil
	}
	v, ok := o.get(name, cty.Bool)
	if !ok {
		return nil
	}
	return new(v.True())
}

// boolOrFalse reads a switch that is off where it is left out.
func (o *object) boolOrFalse(name string) bool {
	on := o.optionalBool(name)
	return on != nil && *on
}

// textWithoutSpaces reads a required string without the white space that long
// digests and keys are written with.
func (o *object) textWithoutSpaces(name string) string {
	return strings.Join(strings.Fields(o.text(name)), "")
}

// only refuses members that are not among the names.
func (o *object) only(names []string) {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(names, name) {
			o.fail(name, "Unsupported argument", "%s", notExpected(name, names))
		}
	}
}

// check returns the first problem, or what the last check finds where there is
// none.
func (o *object) check(last func() *Problem) *Problem {
	if o.problem != nil {
		return o.problem
	}
	return last()
}

// ToBool converts to a bool. Spreadsheets write it in capitals: TRUE is true,
// and so are the forms that HCL knows.
func ToBool(v cty.Value) (cty.Value, error) {
	if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		v = cty.StringVal(strings.ToLower(v.AsString()))
	}
	return convert.Convert(v, cty.Bool)
}

// wrongType is the problem of a value that is of another type than wanted.
func wrongType(v cty.Value, wanted string) Problem {
	return Problem{Summary: "Wrong type", Detail: "This must be " + wanted + ", not " + article(v.Type()) + "."}
}

// article writes the name of a type with its article.
func article(t cty.Type) string {
	name := t.FriendlyName()
	if t.IsTupleType() {
		name = "list" // as it is written
	}
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}
