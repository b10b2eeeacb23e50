package wire

import (
	"reflect"
	"strconv"
	"time"

	"pgregory.net/rapid"
)

// names are canonical names, one of them international.
var names = []string{"example.com", "www.example.net", "xn--bcher-kva.example", "a_b.example.org"}

// fill gives every member of a struct a drawn value that keeps its rules.
func fill(t *rapid.T, s *Schema, v reflect.Value) {
	for i := range s.Fields {
		f := &s.Fields[i]
		f.fill(t, v.FieldByIndex(f.index))
	}
}

// fillAnswer gives every member of an answer a drawn value. All of its lists are
// there.
func fillAnswer(t *rapid.T, s *Schema, v reflect.Value) {
	fill(t, s, v)
	tellLists(s, v)
}

func tellLists(s *Schema, v reflect.Value) {
	for i := range s.Fields {
		f := &s.Fields[i]
		m := v.FieldByIndex(f.index)
		switch {
		case f.Comma: // without elements it is absent
		case f.List && m.IsNil():
			m.Set(f.none)
		case f.List && f.Kind == Struct:
			for i := range m.Len() {
				tellLists(f.Members, m.Index(i))
			}
		case f.Kind == Struct:
			tellLists(f.Members, m)
		}
	}
}

func (f *Field) fill(t *rapid.T, to reflect.Value) {
	switch {
	case f.Optional:
		if rapid.Bool().Draw(t, f.Name+" is there") {
			to.Set(reflect.New(to.Type().Elem()))
			f.fillOne(t, to.Elem())
		}
	case f.List:
		least := 0
		if f.Required || f.Unless != "" {
			least = 1
		}
		if n := rapid.IntRange(least, 4).Draw(t, f.Name+" elements"); n > 0 {
			to.Set(reflect.MakeSlice(to.Type(), n, n))
			for i := range n {
				f.fillOne(t, to.Index(i))
			}
		}
	default:
		f.fillOne(t, to)
	}
}

func (f *Field) fillOne(t *rapid.T, to reflect.Value) {
	switch f.Kind {
	case Struct:
		fill(t, f.Members, to)
	case Boolean:
		to.SetBool(rapid.Bool().Draw(t, f.Name))
	case Number:
		to.SetFloat(rapid.Float64Range(-1e9, 1e9).Draw(t, f.Name))
	case Integer:
		if f.Known != nil {
			n, _ := strconv.ParseInt(rapid.SampledFrom(f.Known).Draw(t, f.Name), 10, 64)
			to.SetInt(n)
			return
		}
		to.SetInt(rapid.Int64Range(bound(f.Min, -5), bound(f.Max, 1<<40)).Draw(t, f.Name))
	case Time:
		seconds := rapid.Int64Range(1, 4e9).Draw(t, f.Name)
		to.Set(reflect.ValueOf(time.Unix(seconds, 0).UTC()))
	case String:
		to.SetString(f.someText(t))
	}
}

func (f *Field) someText(t *rapid.T) string {
	switch {
	case f.Known != nil:
		return rapid.SampledFrom(f.Known).Draw(t, f.Name)
	case f.IDNA:
		return rapid.SampledFrom(names).Draw(t, f.Name)
	case f.List: // a comma would separate elements
		return rapid.StringMatching(`[a-z]{1,9}@example\.(com|net|org)`).Draw(t, f.Name)
	}
	return rapid.StringN(1, 20, 60).Draw(t, f.Name)
}

func bound(b *int64, otherwise int64) int64 {
	if b == nil {
		return otherwise
	}
	return *b
}
