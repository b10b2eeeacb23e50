package jsonvalue

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// A shape says what the values of a type look like in JSON: which members its objects
// have, also where JSON leaves them out. Nil: nothing is known of them.
type shape struct {
	kind    reflect.Kind      // of what JSON has: Struct, Map, Slice, String, Bool, Float64; Invalid: not known
	members map[string]*shape // of a struct
	element *shape            // of a list or map
}

// shapes holds those of the types that were looked at. A type may hold itself.
type shapes map[reflect.Type]*shape

// of returns the shape of a type, nil for none.
func (all shapes) of(t reflect.Type) *shape {
	if t == nil {
		return nil
	}
	if s, ok := all[t]; ok {
		return s
	}
	s := new(shape)
	all[t] = s
	if like := likeness(t); like != nil {
		*s = *all.of(like)
		return s
	}
	switch {
	case marshalsItself(t):
	case marshalsText(t):
		s.kind = reflect.String
	default:
		all.describe(s, t)
	}
	return s
}

// describe fills in the shape of a type that the library marshals.
func (all shapes) describe(s *shape, t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		to := all.of(t.Elem())
		s.members, s.element = to.members, to.element // empty, it is null
	case reflect.Struct:
		s.kind, s.members = reflect.Struct, make(map[string]*shape)
		for name, f := range fieldsOf(t) {
			s.members[name] = all.of(f.Type)
			if f.Type.Kind() == reflect.Struct {
				s.members[name] = all.of(reflect.PointerTo(f.Type)) // left out, it is null
			}
		}
	case reflect.Map:
		s.kind, s.element = reflect.Map, all.of(t.Elem())
	case reflect.Slice, reflect.Array:
		s.kind, s.element = reflect.Slice, all.of(t.Elem())
		if t.Elem().Kind() == reflect.Uint8 {
			s.kind = reflect.String // base64
		}
	case reflect.String, reflect.Bool:
		s.kind = t.Kind()
	case reflect.Interface:
	default:
		s.kind = reflect.Float64
	}
}

// empty returns what a member stands for that JSON leaves out.
func (s *shape) empty() cty.Value {
	if s == nil {
		return null
	}
	switch s.kind {
	case reflect.String:
		return cty.StringVal("")
	case reflect.Bool:
		return cty.False
	case reflect.Float64:
		return cty.Zero
	case reflect.Slice:
		return cty.EmptyTupleVal
	case reflect.Map:
		return cty.EmptyObjectVal
	}
	return null
}

// ofNull returns what null stands for: a list or object of Go that was never made
// has no elements.
func (s *shape) ofNull() cty.Value {
	if s != nil && (s.kind == reflect.Slice || s.kind == reflect.Map) {
		return s.empty()
	}
	return null
}

var null = cty.NullVal(cty.DynamicPseudoType)

// likeness returns the type that the values of a type look like, nil where they look
// like themselves.
func likeness(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil
	}
	if s, ok := reflect.New(t).Interface().(Shaped); ok {
		return reflect.TypeOf(s.JSONShape())
	}
	return nil
}

func marshalsItself(t reflect.Type) bool {
	m := reflect.TypeFor[json.Marshaler]()
	return t.Kind() != reflect.Pointer && (t.Implements(m) || reflect.PointerTo(t).Implements(m))
}

func marshalsText(t reflect.Type) bool {
	m := reflect.TypeFor[encoding.TextMarshaler]()
	return t.Kind() != reflect.Pointer && (t.Implements(m) || reflect.PointerTo(t).Implements(m))
}

// fieldsOf returns the fields of a struct by their names in JSON. Those of a struct
// within are its own.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := make(map[string]reflect.StructField)
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.IsExported() || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields[name] = f
	}
	return fields
}
