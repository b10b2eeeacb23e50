package config

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/domainsync/domainsync/config/attr"
)

// The functions of this file do what those of the same names in cty's library
// do, in a time that grows with the size of the table and not with its square,
// or, for lookup and contains, without a copy of it at every call.

// dynamic is the parameter of a function that takes any value as it is.
func dynamic(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowMarked: true, AllowDynamicType: true}
}

// dynamicFunc is a function whose type is that of what it returns.
func dynamicFunc(description string, impl func(args []cty.Value) (cty.Value, error), params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Description: description,
		Params:      params,
		Type:        function.StaticReturnType(cty.DynamicPseudoType),
		Impl:        func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(unmarkAll(args)) },
	})
}

// toBoolFunc converts to a bool.
var toBoolFunc = function.New(&function.Spec{
	Description: "Converts to a bool.",
	Params:      []function.Parameter{nullable(function.Parameter{Name: "v", Type: cty.DynamicPseudoType})},
	Type:        function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := attr.ToBool(args[0])
		if err != nil {
			return v, function.NewArgError(0, err)
		}
		return v, nil
	},
})

// toCollectionFunc converts to a list, set or map of any type. What needs no
// unification is left to cty.
func toCollectionFunc(ty cty.Type) function.Function {
	rest := stdlib.MakeToFunc(ty)
	return dynamicFunc("Converts to a "+ty.FriendlyNameForConstraint()+".", func(args []cty.Value) (cty.Value, error) {
		v := args[0]
		switch from := v.Type(); {
		case v.IsNull():
		case from.IsTupleType() && from.Length() > 0 && !ty.IsMapType():
			all, err := unify(v.AsValueSlice())
			if err != nil {
				return cty.NilVal, err
			}
			if ty.IsSetType() {
				return cty.SetVal(all), nil
			}
			return cty.ListVal(all), nil
		case from.IsObjectType() && len(from.AttributeTypes()) > 0 && ty.IsMapType():
			return toMap(v)
		}
		return rest.Call(args)
	}, nullable(dynamic("v")))
}

func toMap(v cty.Value) (cty.Value, error) {
	byName := v.AsValueMap()
	keys := sortedKeys(byName)
	values := make([]cty.Value, len(keys))
	for i, k := range keys {
		values[i] = byName[k]
	}
	values, err := unify(values)
	if err != nil {
		return cty.NilVal, err
	}
	for i, k := range keys {
		byName[k] = values[i]
	}
	return cty.MapVal(byName), nil
}

// unify brings values to one type. The types of a table are few, however many
// rows it has.
func unify(values []cty.Value) ([]cty.Value, error) {
	types := distinctTypes(values)
	if len(types) > maxTypes {
		return nil, function.NewArgErrorf(0, "the elements have more than %d different types", maxTypes)
	}
	if len(types) == 1 {
		return values, nil
	}
	ty, _ := convert.UnifyUnsafe(types)
	if ty == cty.NilType {
		return nil, function.NewArgErrorf(0, "the elements have types that do not fit together: %s", typeNames(types))
	}
	out := make([]cty.Value, len(values))
	for i, v := range values {
		c, err := convert.Convert(v, ty)
		if err != nil {
			return nil, function.NewArgError(0, err)
		}
		out[i] = c
	}
	return out, nil
}

// maxTypes bounds the types that are brought to one: that takes a time that
// grows with the square of their number.
const maxTypes = 100

// distinctTypes returns the types of values, each once, and at most one more
// than can be brought to one.
func distinctTypes(values []cty.Value) []cty.Type {
	var types []cty.Type
	for _, v := range values {
		if len(types) <= maxTypes && !slices.ContainsFunc(types, v.Type().Equals) {
			types = append(types, v.Type())
		}
	}
	return types
}

func typeNames(types []cty.Type) string {
	var names []string
	for _, t := range types {
		names = append(names, t.FriendlyName())
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// lookupFunc returns an element of a map, or the default.
var lookupFunc = dynamicFunc("Returns the element of a map that has the key, else the default.", func(args []cty.Value) (cty.Value, error) {
	m, key, fallback := args[0], args[1].AsString(), args[2]
	switch ty := m.Type(); {
	case ty.IsObjectType():
		if ty.HasAttribute(key) {
			return m.GetAttr(key), nil
		}
	case ty.IsMapType():
		if k := cty.StringVal(key); m.HasIndex(k).True() {
			return m.Index(k), nil
		}
		return convert.Convert(fallback, ty.ElementType())
	default:
		return cty.NilVal, function.NewArgErrorf(0, "lookup takes a map, not %s", describe(m))
	}
	return fallback, nil
}, dynamic("map"), function.Parameter{Name: "key", Type: cty.String}, nullable(dynamic("default")))

func nullable(p function.Parameter) function.Parameter {
	p.AllowNull = true
	return p
}

// distinctFunc drops repeated elements.
var distinctFunc = dynamicFunc("Returns a list without repeated elements.", func(args []cty.Value) (cty.Value, error) {
	v := args[0]
	if !v.Type().IsListType() && !v.Type().IsTupleType() {
		return cty.NilVal, function.NewArgErrorf(0, "distinct takes a list, not %s", describe(v))
	}
	seen := make(map[string]bool)
	var key []byte
	var out []cty.Value
	for it := v.ElementIterator(); it.Next(); {
		_, x := it.Element()
		key = appendDeepKey(key[:0], x)
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, x)
		}
	}
	if v.Type().IsListType() && len(out) > 0 {
		return cty.ListVal(out), nil
	}
	if v.Type().IsListType() {
		return v, nil
	}
	return cty.TupleVal(out), nil
}, dynamic("list"))
