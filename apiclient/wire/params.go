package wire

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Param is one parameter of a call, not yet percent-encoded.
type Param struct{ Name, Value string }

// Params returns the parameters of a request without the common ones of the
// protocol, in the order of the type's members. Lists are numbered from 1.
func Params(r Request) []Param {
	v := reflect.ValueOf(r).Elem()
	return appendParams(nil, OperationOf(r).Request, v, "", true)
}

// Key returns all that a request says apart from the elements of its batch:
// requests with equal keys can go into one call.
func Key(r Request) string {
	o := OperationOf(r)
	var b strings.Builder
	b.WriteString(o.Name)
	for _, p := range appendParams(nil, o.Request, reflect.ValueOf(r).Elem(), "", false) {
		b.WriteString("&" + p.Name + "=" + strconv.Quote(p.Value)) // a value may hold "&"
	}
	return b.String()
}

func appendParams(to []Param, s *Schema, v reflect.Value, prefix string, batch bool) []Param {
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Batch && !batch {
			continue
		}
		to = f.appendTo(to, v.FieldByIndex(f.index), prefix)
	}
	return to
}

func (f *Field) appendTo(to []Param, v reflect.Value, prefix string) []Param {
	name := prefix + f.Name
	if f.Comma {
		if v.Len() == 0 {
			return to
		}
		return append(to, Param{name, f.joined(v)})
	}
	if f.List {
		for i := range v.Len() {
			to = f.appendOne(to, v.Index(i), name+"."+strconv.Itoa(i+1))
		}
		return to
	}
	if f.Optional {
		if v.IsNil() {
			return to
		}
		return f.appendOne(to, v.Elem(), name)
	}
	if v.IsZero() && !f.Required {
		return to
	}
	return f.appendOne(to, v, name)
}

func (f *Field) appendOne(to []Param, v reflect.Value, name string) []Param {
	if f.Kind == Struct {
		return appendParams(to, f.Members, v, name+".", true)
	}
	return append(to, Param{name, f.text(v)})
}

// text writes a scalar as the wire wants it.
func (f *Field) text(v reflect.Value) string {
	switch f.Kind {
	case Boolean:
		return strconv.FormatBool(v.Bool())
	case Integer:
		return strconv.FormatInt(v.Int(), 10)
	case Number:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case Time:
		return f.format(v.Interface().(time.Time))
	default:
		if f.IDNA {
			return UnicodeName(v.String())
		}
		return v.String()
	}
}

// joined writes a list as one text.
func (f *Field) joined(v reflect.Value) string {
	texts := make([]string, v.Len())
	for i := range texts {
		texts[i] = f.text(v.Index(i))
	}
	return strings.Join(texts, ",")
}

// Names returns the domain names that a request is about.
func Names(r Request) []string {
	v := reflect.ValueOf(r).Elem()
	s := OperationOf(r).Request
	f := s.batch
	if named := s.Field("DomainName"); named != nil {
		f = named
	}
	if f == nil {
		return nil
	}
	list := v.FieldByIndex(f.index)
	if !f.List {
		return []string{list.String()}
	}
	names := make([]string, list.Len())
	for i := range names {
		e := list.Index(i)
		if f.Kind == Struct {
			e = e.FieldByIndex(f.Members.Field("DomainName").index)
		}
		names[i] = e.String()
	}
	return names
}

// Merge makes one call of several requests with equal keys: what they share,
// and the elements of all their batches in order. The requests are not changed.
func Merge(rs []Request) Request {
	o := OperationOf(rs[0])
	merged := reflect.New(o.Request.typ)
	merged.Elem().Set(reflect.ValueOf(rs[0]).Elem())
	if o.Request.batch == nil || len(rs) == 1 {
		return merged.Interface().(Request)
	}
	list := merged.Elem().FieldByIndex(o.Request.batch.index)
	all := reflect.MakeSlice(list.Type(), 0, len(rs))
	for _, r := range rs {
		all = reflect.AppendSlice(all, reflect.ValueOf(r).Elem().FieldByIndex(o.Request.batch.index))
	}
	list.Set(all)
	return merged.Interface().(Request)
}

// Validate checks a request against the rules of its operation: required
// members, enumerations, bounds, lengths of lists. Its errors are
// [*ParameterError].
func Validate(r Request) error {
	o := OperationOf(r)
	return o.validate(o.Request, reflect.ValueOf(r).Elem(), "")
}

func (o *Operation) validate(s *Schema, v reflect.Value, prefix string) error {
	for i := range s.Fields {
		f := &s.Fields[i]
		m, name := v.FieldByIndex(f.index), prefix+f.Name
		if f.Unless != "" && f.missing(m) && !s.Field(f.Unless).stands(v) {
			return &ParameterError{Operation: o.Name, Member: name, Missing: true, Problem: "is missing, and " + f.Unless + " does not stand in for it"}
		}
		if err := o.validateField(f, m, name); err != nil {
			return err
		}
	}
	return nil
}

// stands reports whether a member of v stands in for others.
func (f *Field) stands(v reflect.Value) bool {
	m := v.FieldByIndex(f.index)
	if f.missing(m) {
		return f.Default == "true"
	}
	return f.Kind != Boolean || reflect.Indirect(m).Bool()
}

func (o *Operation) validateField(f *Field, v reflect.Value, name string) error {
	if f.missing(v) {
		if f.Required {
			return &ParameterError{Operation: o.Name, Member: name, Missing: true, Problem: "is missing"}
		}
		return nil
	}
	if f.Optional {
		v = v.Elem()
	}
	if !f.List {
		return o.validateOne(f, v, name)
	}
	if f.Items > 0 && v.Len() > f.Items {
		return &ParameterError{Operation: o.Name, Member: name, Problem: fmt.Sprintf("has %d elements, at most %d go into a call", v.Len(), f.Items)}
	}
	for i := range v.Len() {
		if err := o.validateOne(f, v.Index(i), name+"."+strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	return nil
}

// missing reports whether a member has no value. A required boolean or number
// always has one.
func (f *Field) missing(v reflect.Value) bool {
	if f.Required && !f.List && f.Kind != String && f.Kind != Time {
		return false
	}
	return v.IsZero() || f.List && v.Len() == 0
}

func (o *Operation) validateOne(f *Field, v reflect.Value, name string) error {
	wrong := func(format string, args ...any) error {
		return &ParameterError{Operation: o.Name, Member: name, Problem: fmt.Sprintf(format, args...)}
	}
	switch {
	case f.Kind == Struct:
		return o.validate(f.Members, v, name+".")
	case f.Kind == String && v.String() == "":
		return wrong("is empty")
	case f.Known != nil && !slices.Contains(f.Known, f.text(v)):
		return wrong("is %q, not one of %s", f.text(v), strings.Join(f.Known, ", "))
	case f.Comma && strings.Contains(f.text(v), ","):
		return wrong("is %q: a comma separates elements", f.text(v))
	case f.Kind == Integer && f.Min != nil && v.Int() < *f.Min:
		return wrong("is %d, the least is %d", v.Int(), *f.Min)
	case f.Kind == Integer && f.Max != nil && v.Int() > *f.Max:
		return wrong("is %d, the most is %d", v.Int(), *f.Max)
	}
	return nil
}

// DecodeRequest reads the parameters of a call into a new request and checks
// it with [Validate]. Parameters of the protocol and unknown ones are passed
// over, an empty one counts as absent. Names are compared without case.
func DecodeRequest(o *Operation, params []Param) (Request, error) {
	r := o.NewRequest()
	v := reflect.ValueOf(r).Elem()
	for _, p := range params {
		if p.Value == "" {
			continue
		}
		if err := o.set(o.Request, v, p.Name, p); err != nil {
			return nil, err
		}
	}
	if err := o.present(params); err != nil {
		return nil, err
	}
	return r, Validate(r)
}

// present checks the required members whose zero value is one, too.
func (o *Operation) present(params []Param) error {
	for i := range o.Request.Fields {
		f := &o.Request.Fields[i]
		if !f.Required || f.List {
			continue
		}
		given := func(p Param) bool { return p.Value != "" && strings.EqualFold(p.Name, f.Name) }
		if !slices.ContainsFunc(params, given) {
			return &ParameterError{Operation: o.Name, Member: f.Name, Missing: true, Problem: "is missing"}
		}
	}
	return nil
}

// set puts one parameter into the struct v, whose members are s. rest is what
// remains of its name: "DomainName", "DomainName.3", "OrderRenewParam.3.DomainName".
func (o *Operation) set(s *Schema, v reflect.Value, rest string, p Param) error {
	name, rest, dotted := strings.Cut(rest, ".")
	f := s.Field(name)
	if f == nil || dotted != (f.List && !f.Comma) {
		return nil
	}
	to := v.FieldByIndex(f.index)
	if f.Comma {
		return o.setSeparated(f, to, p)
	}
	if !f.List {
		return o.setOne(f, to, p)
	}
	number, rest, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > maxList {
		return &ParameterError{Operation: o.Name, Member: p.Name, Problem: "is not numbered from 1"}
	}
	if n > to.Len() {
		to.Set(reflect.AppendSlice(to, reflect.MakeSlice(to.Type(), n-to.Len(), n-to.Len())))
	}
	if f.Kind == Struct {
		return o.set(f.Members, to.Index(n-1), rest, p)
	}
	return o.setOne(f, to.Index(n-1), p)
}

// setSeparated reads the elements of a list that is one text.
func (o *Operation) setSeparated(f *Field, to reflect.Value, p Param) error {
	for part := range strings.SplitSeq(p.Value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if to.Len() == maxList {
			return &ParameterError{Operation: o.Name, Member: p.Name, Problem: fmt.Sprintf("has more than %d elements", maxList)}
		}
		e := reflect.New(to.Type().Elem()).Elem()
		if err := o.setOne(f, e, Param{p.Name, part}); err != nil {
			return err
		}
		to.Set(reflect.Append(to, e))
	}
	return nil
}

// maxList bounds the memory that a numbered parameter can ask for.
const maxList = 10_000

func (o *Operation) setOne(f *Field, to reflect.Value, p Param) error {
	if f.Optional {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	if err := f.parse(to, p.Value); err != nil {
		return &ParameterError{Operation: o.Name, Member: p.Name, Problem: "is " + err.Error()}
	}
	if f.Kind == Integer { // 0 in Go is what was not given; given, it must keep the bounds
		return o.validateOne(f, to, p.Name)
	}
	return nil
}

// parse reads a scalar from its text.
func (f *Field) parse(to reflect.Value, s string) error {
	switch f.Kind {
	case Boolean:
		b, err := strconv.ParseBool(strings.ToLower(s))
		if err != nil {
			return fmt.Errorf("%q, neither true nor false", s)
		}
		to.SetBool(b)
	case Integer:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return fmt.Errorf("%q, not a whole number", s)
		}
		to.SetInt(n)
	case Number:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%q, not a number", s)
		}
		to.SetFloat(x)
	case Time:
		t, err := ParseTime(s)
		if err != nil {
			return err
		}
		to.Set(reflect.ValueOf(t))
	default:
		if f.IDNA {
			s = LiveName(s)
		}
		to.SetString(s)
	}
	return nil
}
