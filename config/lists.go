package config

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/domainsync/domainsync/internal/words"
)

// The functions of this file look at as much of a list as they have to. Called
// for each of many names over one table they cost about what an index costs.

// memberIndex tells where the elements of a list stand first.
type memberIndex struct {
	first map[string]int
	list  any // keeps the list alive, so that no other one gets its identity
}

// members returns the index of a long list, nil for a short one. It is made
// once for each list.
func (m *meter) members(v cty.Value) *memberIndex {
	id := identity(v)
	if x := m.lists[id]; x != nil || id == 0 {
		return x
	}
	if v.LengthInt() <= fewElements {
		return nil
	}
	x := &memberIndex{first: make(map[string]int, v.LengthInt()), list: rawOf(v)}
	var key []byte
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, e := it.Element()
		key = appendDeepKey(key[:0], e)
		if _, known := x.first[string(key)]; !known {
			x.first[string(key)] = i
		}
	}
	m.spend(len(x.first) * unitsOfCall)
	if len(m.lists) >= maxLargeValues {
		clear(m.lists)
	}
	m.lists[id] = x
	return x
}

// appendDeepKey appends any value so that different ones differ. Lists and
// tuples of the same elements are the same, and so are maps and objects.
func appendDeepKey(key []byte, v cty.Value) []byte {
	if key, simple := appendKey(key, v); simple || !v.IsKnown() {
		return append(key, ';')
	}
	ty := v.Type()
	if !v.CanIterateElements() {
		return append(key, '?')
	}
	open, end := byte('['), byte(']')
	if ty.IsMapType() || ty.IsObjectType() {
		open, end = '{', '}'
	}
	key = append(key, open)
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if open == '{' {
			key, _ = appendKey(key, k)
		}
		key = appendDeepKey(key, e)
	}
	return append(key, end)
}

// position returns where a list has an element, -1 where it has not.
func (m *meter) position(list, want cty.Value) int {
	if x := m.members(list); x != nil && want.IsWhollyKnown() {
		if at, ok := x.first[string(appendDeepKey(nil, want))]; ok {
			return at
		}
		if ty := list.Type(); ty.IsListType() && !want.Type().Equals(ty.ElementType()) {
			if c, err := convert.Convert(want, ty.ElementType()); err == nil {
				if at, ok := x.first[string(appendDeepKey(nil, c))]; ok {
					return at
				}
			}
			return -1
		} else if ty.IsListType() || want.Type() == cty.String {
			return -1 // a tuple may have an element to which what is wanted converts
		}
	}
	i := 0
	for it := list.ElementIterator(); it.Next(); i++ {
		_, x := it.Element()
		if c, err := convert.Convert(want, x.Type()); err == nil && c.IsKnown() && x.IsKnown() && c.RawEquals(x) {
			return i
		}
	}
	m.spend(i * unitsOfCall)
	return -1
}

// elements returns the number of elements of a set that was weighed, without
// looking at each where they are many.
func (m *meter) elements(v cty.Value) int {
	if known, ok := m.large[identity(v)]; ok {
		return known.elements
	}
	return v.LengthInt()
}

// inSet reports whether a set has an element. The library looks through all of
// a set to find one.
func (m *meter) inSet(v, element cty.Value) bool {
	if x := m.members(v); x != nil && element.IsWhollyKnown() {
		_, ok := x.first[string(appendDeepKey(nil, element))]
		return ok
	}
	return v.HasElement(element).RawEquals(cty.True)
}

// containsFunc reports whether a collection has an element.
func containsFunc(m *meter) function.Function {
	return dynamicFunc("Whether a list or set has the element.", func(args []cty.Value) (cty.Value, error) {
		ty, want := args[0].Type(), args[1]
		if ty.IsSetType() {
			if c, err := convert.Convert(want, ty.ElementType()); err == nil {
				return cty.BoolVal(m.inSet(args[0], c)), nil
			}
			return cty.False, nil
		}
		if !ty.IsListType() && !ty.IsTupleType() {
			return cty.NilVal, function.NewArgErrorf(0, "contains takes a list or a set, not %s", describe(args[0]))
		}
		return cty.BoolVal(m.position(args[0], want) >= 0), nil
	}, dynamic("list"), nullable(dynamic("value")))
}

// indexFunc returns where a list has an element.
func indexFunc(m *meter) function.Function {
	return dynamicFunc("Where a list has the element, counted from 0.", func(args []cty.Value) (cty.Value, error) {
		if ty := args[0].Type(); !ty.IsListType() && !ty.IsTupleType() {
			return cty.NilVal, function.NewArgErrorf(0, "index takes a list, not %s", describe(args[0]))
		}
		at := m.position(args[0], args[1])
		if at < 0 {
			return cty.NilVal, function.NewArgErrorf(1, "the list has no such element")
		}
		return cty.NumberIntVal(int64(at)), nil
	}, dynamic("list"), nullable(dynamic("value")))
}

// lengthFunc returns the number of elements.
var lengthFunc = dynamicFunc("The number of elements, or of the characters of a text.", func(args []cty.Value) (cty.Value, error) {
	v := args[0]
	switch ty := v.Type(); {
	case ty == cty.String:
		return stdlib.Strlen(v)
	case ty.IsObjectType():
		return cty.NumberIntVal(int64(len(ty.AttributeTypes()))), nil
	case v.CanIterateElements():
		return cty.NumberIntVal(int64(v.LengthInt())), nil
	}
	return cty.NilVal, function.NewArgErrorf(0, "length takes a list, a set, a map or a text, not %s", describe(v))
}, dynamic("collection"))

// elementFunc returns an element of a list, counted round and round.
var elementFunc = dynamicFunc("The element of a list at an index, which begins again at the end.", func(args []cty.Value) (cty.Value, error) {
	v := args[0]
	if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() {
		return cty.NilVal, function.NewArgErrorf(0, "element takes a list, not %s", describe(v))
	}
	n := v.LengthInt()
	if n == 0 {
		return cty.NilVal, function.NewArgErrorf(0, "the list is empty")
	}
	i, ok := wholeNumber(args[1])
	if !ok {
		return cty.NilVal, function.NewArgErrorf(1, "an index is a whole number")
	}
	return v.Index(cty.NumberIntVal(int64((i%n + n) % n))), nil
}, dynamic("list"), function.Parameter{Name: "index", Type: cty.Number})

// oneFunc returns the only element of a list or set, null of an empty one.
var oneFunc = dynamicFunc("The only element of a list or set; null where there is none.", func(args []cty.Value) (cty.Value, error) {
	v := args[0]
	if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() {
		return cty.NilVal, function.NewArgErrorf(0, "one takes a list or a set, not %s", describe(v))
	}
	switch n := v.LengthInt(); {
	case n > 1:
		return cty.NilVal, function.NewArgErrorf(0, "one takes a list or a set of at most one element, not of %s", words.Number(n))
	case n == 0:
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
	it := v.ElementIterator()
	it.Next()
	_, x := it.Element()
	return x, nil
}, dynamic("list"))

func wholeNumber(v cty.Value) (int, bool) {
	i, accuracy := v.AsBigFloat().Int64()
	return int(i), accuracy == 0
}

// sliceFunc returns a part of a list.
var sliceFunc = dynamicFunc("The elements of a list from an index to before another.", func(args []cty.Value) (cty.Value, error) {
	v := args[0]
	if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() {
		return cty.NilVal, function.NewArgErrorf(0, "slice takes a list, not %s", describe(v))
	}
	start, ok := wholeNumber(args[1])
	if !ok || start < 0 || start > v.LengthInt() {
		return cty.NilVal, function.NewArgErrorf(1, "the start must be a whole number, at most the length of the list, %d", v.LengthInt())
	}
	end, ok := wholeNumber(args[2])
	if !ok || end < start || end > v.LengthInt() {
		return cty.NilVal, function.NewArgErrorf(2, "the end must be a whole number, at least the start and at most the length of the list, %d", v.LengthInt())
	}
	out := make([]cty.Value, 0, end-start)
	for i := start; i < end; i++ {
		out = append(out, v.Index(cty.NumberIntVal(int64(i))))
	}
	switch {
	case v.Type().IsTupleType():
		return cty.TupleVal(out), nil
	case len(out) == 0:
		return cty.ListValEmpty(v.Type().ElementType()), nil
	}
	return cty.ListVal(out), nil
}, dynamic("list"), function.Parameter{Name: "start_index", Type: cty.Number}, function.Parameter{Name: "end_index", Type: cty.Number})

// coalesceFunc returns the first value that is neither null nor an empty text.
// Lists and objects are returned as they are; others are brought to one type.
var coalesceFunc = function.New(&function.Spec{
	Description: "The first value that is neither null nor an empty text.",
	VarParam:    new(nullable(dynamic("vals"))),
	Type:        function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		args = unmarkAll(args)
		first, plain := -1, true
		for i, v := range args {
			plain = plain && (v.Type().IsPrimitiveType() || v.Type() == cty.DynamicPseudoType)
			empty := v.IsNull() || v.Type() == cty.String && v.IsKnown() && v.AsString() == ""
			if first < 0 && !empty {
				first = i
			}
		}
		switch {
		case first < 0:
			return cty.NilVal, function.NewArgErrorf(0, "all values are null or empty")
		case plain:
			return stdlib.Coalesce(args[first:]...)
		}
		return args[first], nil
	},
})

// coalesceListFunc returns the first list that is not empty.
var coalesceListFunc = function.New(&function.Spec{
	Description: "The first list that is not empty.",
	VarParam:    new(nullable(dynamic("vals"))),
	Type:        function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		for i, v := range unmarkAll(args) {
			switch {
			case v.IsNull():
			case !v.Type().IsListType() && !v.Type().IsTupleType():
				return cty.NilVal, function.NewArgErrorf(i, "coalescelist takes lists, not %s", describe(v))
			case v.LengthInt() > 0:
				return v, nil
			}
		}
		return cty.NilVal, function.NewArgErrorf(0, "all lists are empty")
	},
})

// setIntersectionFunc returns what all sets have.
func setIntersectionFunc(m *meter) function.Function {
	return setFunc(m, "What all sets have.", stdlib.SetIntersectionFunc, true)
}

// setSubtractFunc returns what the first set has and the second has not.
func setSubtractFunc(m *meter) function.Function {
	return setFunc(m, "What the first set has and the second has not.", stdlib.SetSubtractFunc, false)
}

// setFunc is a function over two sets that asks the larger one for the elements
// of the smaller one, where that is enough.
func setFunc(m *meter, description string, rest function.Function, keep bool) function.Function {
	return function.New(&function.Spec{
		Description: description,
		Params:      []function.Parameter{dynamic("first_set")},
		VarParam:    new(dynamic("other_sets")),
		Type:        function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			sets, err := toSets(unmarkAll(args))
			if err != nil {
				return cty.NilVal, err
			}
			if len(sets) != 2 || !sets[0].Type().Equals(sets[1].Type()) {
				return rest.Call(sets)
			}
			small, large := sets[0], sets[1]
			if keep && m.elements(small) > m.elements(large) {
				small, large = large, small
			}
			var out []cty.Value
			for it := small.ElementIterator(); it.Next(); {
				if _, x := it.Element(); m.inSet(large, x) == keep {
					out = append(out, x)
				}
			}
			if len(out) == 0 {
				return cty.SetValEmpty(small.Type().ElementType()), nil
			}
			return cty.SetVal(out), nil
		},
	})
}

func toSets(args []cty.Value) ([]cty.Value, error) {
	to := toCollectionFunc(cty.Set(cty.DynamicPseudoType))
	sets := make([]cty.Value, len(args))
	for i, v := range args {
		if sets[i] = v; v.Type().IsSetType() {
			continue
		}
		s, err := to.Call([]cty.Value{v})
		if err != nil {
			return nil, function.NewArgError(i, err)
		}
		sets[i] = s
	}
	return sets, nil
}

// textPredicateFunc is a function of two texts.
func textPredicateFunc(description, second string, is func(s, part string) bool) function.Function {
	return function.New(&function.Spec{
		Description: description,
		Params:      []function.Parameter{{Name: "str", Type: cty.String}, {Name: second, Type: cty.String}},
		Type:        function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(is(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

var (
	startsWithFunc = textPredicateFunc("Whether a text begins with another.", "prefix", strings.HasPrefix)
	endsWithFunc   = textPredicateFunc("Whether a text ends with another.", "suffix", strings.HasSuffix)
)

// sumFunc adds the numbers of a list, set or tuple.
var sumFunc = dynamicFunc("The sum of the numbers of a list or set.", func(args []cty.Value) (cty.Value, error) {
	v := args[0]
	if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() || v.LengthInt() == 0 {
		return cty.NilVal, function.NewArgErrorf(0, "sum takes a list or set of numbers that is not empty")
	}
	sum := cty.Zero
	for it := v.ElementIterator(); it.Next(); {
		_, x := it.Element()
		n, err := toNumber(x)
		if err != nil || n.IsNull() {
			return cty.NilVal, function.NewArgErrorf(0, "sum takes numbers, not %s", describe(x))
		}
		sum = sum.Add(n)
	}
	return sum, nil
}, dynamic("list"))

// toNumber converts to a number. Reading a long text takes a time that grows
// with the square of its length.
func toNumber(v cty.Value) (cty.Value, error) {
	if s, ok := rawOf(v).(string); ok && len(s) > longestNumber {
		return cty.NilVal, function.NewArgErrorf(0, "a number has at most %d digits", longestNumber)
	}
	return convert.Convert(v, cty.Number)
}

// boolListFunc is a function that looks for one truth in a list of bools. Null
// counts as false, as in Terraform.
func boolListFunc(description string, looked bool) function.Function {
	return dynamicFunc(description, func(args []cty.Value) (cty.Value, error) {
		v := args[0]
		if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() {
			return cty.NilVal, function.NewArgErrorf(0, "this takes a list or set of bools, not %s", describe(v))
		}
		for it := v.ElementIterator(); it.Next(); {
			_, x := it.Element()
			b, err := convert.Convert(x, cty.Bool)
			switch {
			case err != nil:
				return cty.NilVal, function.NewArgErrorf(0, "this takes bools, not %s", describe(x))
			case !b.IsKnown():
				return cty.UnknownVal(cty.Bool), nil
			case (!b.IsNull() && b.True()) == looked:
				return cty.BoolVal(looked), nil
			}
		}
		return cty.BoolVal(!looked), nil
	}, dynamic("list"))
}

var (
	anyTrueFunc = boolListFunc("Whether an element of a list is true.", true)
	allTrueFunc = boolListFunc("Whether all elements of a list are true.", false)
)
