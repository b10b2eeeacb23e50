package attr

import "github.com/zclconf/go-cty/cty"

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

func decodeBool(v cty.Value) (Value, []Problem) {
	b, err := ToBool(v)
	if err != nil {
		return nil, []Problem{wrongType(v, "true or false")}
	}
	return Bool(b.True()), nil
}

func ctyBool(v Value) cty.Value { return cty.BoolVal(bool(v.(Bool))) }
