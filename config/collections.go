package config

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
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
		Impl:        func(args []cty.Value, _ cty.Type) (cty.Value, error) { return impl(args) },
	})
}

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
	var types []cty.Type
	for _, v := range values {
		if !slices.ContainsFunc(types, v.Type().Equals) {
			types = append(types, v.Type())
		}
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

// containsFunc reports whether a collection has an element.
var containsFunc = dynamicFunc("Whether a list or set has the element.", func(args []cty.Value) (cty.Value, error) {
	ty, want := args[0].Type(), args[1]
	if ty.IsSetType() {
		if c, err := convert.Convert(want, ty.ElementType()); err == nil {
			return args[0].HasElement(c), nil
		}
		return cty.False, nil
	}
	if !ty.IsListType() && !ty.IsTupleType() {
		return cty.NilVal, function.NewArgErrorf(0, "contains takes a list or a set, not %s", describe(args[0]))
	}
	for it := args[0].ElementIterator(); it.Next(); {
		_, x := it.Element()
		if c, err := convert.Convert(want, x.Type()); err == nil && c.IsKnown() && x.IsKnown() && c.RawEquals(x) {
			return cty.True, nil
		}
	}
	return cty.False, nil
}, dynamic("list"), nullable(dynamic("value")))

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
		var simple bool
		key, simple = appendKey(key[:0], x)
		if seen[string(key)] || !simple && slices.ContainsFunc(out, x.RawEquals) {
			continue
		}
		seen[string(key)] = simple
		out = append(out, x)
	}
	if v.Type().IsListType() && len(out) > 0 {
		return cty.ListVal(out), nil
	}
	if v.Type().IsListType() {
		return v, nil
	}
	return cty.TupleVal(out), nil
}, dynamic("list"))

// csvFunc reads a table: the first line names the columns.
var csvFunc = dynamicFunc("Reads comma-separated values into a list of objects; the first line names the columns.", func(args []cty.Value) (cty.Value, error) {
	// Spreadsheets begin their files with a byte order mark.
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(args[0].AsString(), "\ufeff")))
	header, err := r.Read()
	if err != nil {
		return cty.NilVal, function.NewArgError(0, csvError(err))
	}
	columns := make(map[string]cty.Type, len(header))
	for _, name := range header {
		if _, twice := columns[name]; twice || name == "" {
			return cty.NilVal, function.NewArgErrorf(0, "line 1 of the table must give each column a name of its own; it has %q %s", name, occurrence(twice))
		}
		columns[name] = cty.String
	}
	r.ReuseRecord = true
	var rows []cty.Value
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := r.FieldPos(0)
			return cty.NilVal, function.NewArgErrorf(0, "line %d of the table has %s, its header %d", line, counted(len(record), "field"), len(header))
		}
		if err != nil {
			return cty.NilVal, function.NewArgError(0, csvError(err))
		}
		row := make(map[string]cty.Value, len(record))
		for i, s := range record {
			row[header[i]] = cty.StringVal(s)
		}
		rows = append(rows, cty.ObjectVal(row))
	}
	if len(rows) == 0 {
		return cty.ListValEmpty(cty.Object(columns)), nil
	}
	return cty.ListVal(rows), nil
}, function.Parameter{Name: "text", Type: cty.String})

func occurrence(twice bool) string {
	if twice {
		return "twice"
	}
	return "as one"
}

// csvError says where a table is wrong.
func csvError(err error) error {
	pe := (*csv.ParseError)(nil)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the text is empty: its first line must name the columns")
	case !errors.As(err, &pe):
		return err
	case errors.Is(pe.Err, csv.ErrQuote):
		return fmt.Errorf("line %d of the table, column %d: a quotation mark is missing, or one inside of a field is not doubled", pe.Line, pe.Column)
	case errors.Is(pe.Err, csv.ErrBareQuote):
		return fmt.Errorf("line %d of the table, column %d: a quotation mark in a field that does not begin with one; quote the field and double the mark", pe.Line, pe.Column)
	}
	return fmt.Errorf("line %d of the table: %w", pe.Line, pe.Err)
}
