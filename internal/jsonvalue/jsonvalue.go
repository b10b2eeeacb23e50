// Package jsonvalue makes values for expressions of what marshals to JSON.
//
// JSON objects become objects, lists become tuples, and nothing is brought to one
// type: the library takes a time for that which grows with the square of the
// elements.
package jsonvalue

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Shaped is a type that marshals itself. Its values look in JSON like those of the
// struct that JSONShape returns, a value of which is enough.
type Shaped interface{ JSONShape() any }

// Of returns what v marshals to. What JSON leaves out where it is empty is there as
// what that stands for: "", 0, false, a list or an object without elements; null for
// an object, and for what marshals itself. The elements of a list or object that is
// null in JSON for want of elements are none.
func Of(v any) (cty.Value, error) { return NewMaker().Of(v) }

// A Maker makes many values: it looks at each type once. It is for one goroutine.
type Maker struct{ shapes shapes }

// NewMaker returns a maker that has seen no type.
func NewMaker() *Maker { return &Maker{make(shapes)} }

// Of is [Of].
func (m *Maker) Of(v any) (cty.Value, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return cty.NilVal, fmt.Errorf("make a value for expressions: %w", err)
	}
	p := parser{text: data}
	return p.value(m.shapes.of(reflect.TypeOf(v))), nil
}

// Parse returns the value of a text in JSON.
func Parse(text []byte) (cty.Value, error) {
	var valid json.RawMessage
	if err := json.Unmarshal(text, &valid); err != nil {
		return cty.NilVal, fmt.Errorf("this is not JSON: %w", err)
	}
	p := parser{text: text}
	return p.value(nil), nil
}

// Members is [Of] for a struct of which only some members are looked at, by their
// names in JSON; nil: all of them. The others are neither marshalled nor there. Names
// that the struct lacks are left out. What is no struct, or marshals itself, is made
// as a whole.
func Members(v any, names []string) (cty.Value, error) {
	s := reflect.Indirect(reflect.ValueOf(v))
	if names == nil || s.Kind() != reflect.Struct || marshalsItself(s.Type()) {
		return Of(v)
	}
	fields := fieldsOf(s.Type())
	members := make(map[string]cty.Value, len(names))
	for _, name := range names {
		f, ok := fields[name]
		if !ok {
			continue
		}
		member, err := ofField(s, f)
		if err != nil {
			return cty.NilVal, err
		}
		members[name] = member
	}
	return cty.ObjectVal(members), nil
}

// ofField returns the value of a member.
func ofField(of reflect.Value, field reflect.StructField) (cty.Value, error) {
	v, s := of.FieldByIndex(field.Index), make(shapes).of(field.Type)
	if left := field.Tag.Get("json"); v.IsZero() && strings.Contains(left, ",omit") && (v.Kind() != reflect.Struct || strings.Contains(left, ",omitzero")) {
		return s.empty(), nil
	}
	if v.CanAddr() {
		v = v.Addr() // methods of pointers marshal as well
	}
	data, err := json.Marshal(v.Interface())
	if err != nil {
		return cty.NilVal, fmt.Errorf("make a value for expressions: %w", err)
	}
	p := parser{text: data}
	return p.value(s), nil
}
