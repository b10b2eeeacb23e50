package wire

import "reflect"

// MapTexts returns a request with other texts in place of those of its members,
// which with is given together with the member's name. Enumerations are no texts.
// The request is not changed.
func MapTexts(r Request, with func(member, text string) string) Request {
	v := reflect.New(reflect.TypeOf(r).Elem())
	v.Elem().Set(reflect.ValueOf(r).Elem())
	OperationOf(r).Request.mapTexts(v.Elem(), with)
	return v.Interface().(Request)
}

func (s *Schema) mapTexts(v reflect.Value, with func(member, text string) string) {
	for i := range s.Fields {
		f := &s.Fields[i]
		m := v.FieldByIndex(f.index)
		switch {
		case f.List:
			list := reflect.MakeSlice(m.Type(), m.Len(), m.Len())
			reflect.Copy(list, m)
			for i := range list.Len() {
				f.mapText(list.Index(i), with)
			}
			if !m.IsNil() {
				m.Set(list)
			}
		case f.Optional && !m.IsNil():
			one := reflect.New(m.Type().Elem())
			one.Elem().Set(m.Elem())
			f.mapText(one.Elem(), with)
			m.Set(one)
		case !f.Optional:
			f.mapText(m, with)
		}
	}
}

func (f *Field) mapText(v reflect.Value, with func(member, text string) string) {
	switch {
	case f.Kind == Struct:
		f.Members.mapTexts(v, with)
	case v.Type() == reflect.TypeFor[string]():
		v.SetString(with(f.Name, v.String()))
	}
}
