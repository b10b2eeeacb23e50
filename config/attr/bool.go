package attr

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Bool is the value of an attribute that is on or off.
type Bool bool

// Equal reports whether both are on or both are off.
func (b Bool) Equal(other Value) bool { return b == other.(Bool) }

// On reports whether it is on.
func (b Bool) On() bool { return bool(b) }

// String returns "on" or "off".
func (b Bool) String() string {
	if b {
		return "on"
	}
	return "off"
}

// ToBool converts to a bool. Spreadsheets write it in capitals: TRUE is true,
// and so are the forms that HCL knows.
func ToBool(v cty.Value) (cty.Value, error) {
	if v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		v = cty.StringVal(strings.ToLower(v.AsString()))
	}
	return convert.Convert(v, cty.Bool)
}

func decodeBool(v cty.Value) (Value, []Problem) {
	b, err := ToBool(v)
	if err != nil {
		return nil, []Problem{wrongType(v, "true or false")}
	}
	return Bool(b.True()), nil
}

func ctyBool(v Value) cty.Value { return cty.BoolVal(bool(v.(Bool))) }

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
