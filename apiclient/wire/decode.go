package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxElements bounds the memory that the lists of an answer can ask for.
const maxElements = 100_000

// DecodeResponse reads a JSON answer without looking whether it is one to the
// call: see [Reading]. It is tolerant, because the service's answers differ from
// their description: names of members in any letter case; lists wrapped, bare,
// or a single element; numbers and booleans as text, text as numbers; times as
// milliseconds or text. Unknown members are passed over.
//
// A member that is missing, null or not understood is not told. It has its zero
// value, which for a list is nil; a list without elements is not nil. A list is
// told as a whole or not at all. What was not understood is named in the Lacks
// of the row or the answer. What into held before is gone.
func DecodeResponse(data []byte, into Response) error {
	_, err := new(Reading).decode(data, into)
	return err
}

func responseSchema(t reflect.Type) *Schema {
	if s := byResponse[t]; s != nil {
		return s
	}
	return schemaOf(t)
}

type decoder struct {
	scanner
	elements    int  // of all lists
	absentLists bool // are lists without elements
	root        seen
	assumed     uint64 // lists of the answer that are absent, which counts as empty
	refusal     body
	odd         Lacks // of rows that do not name theirs
}

// seen is what an object has of the members of a schema, by their bits.
type seen struct {
	told, odd      uint64
	known, strange bool // it has members that the schema knows, and others
}

// malformedValueError is a value that is not understood. The text around it is
// well-formed.
type malformedValueError struct{ Lack }

// Error says what is odd.
func (o *malformedValueError) Error() string {
	if o.Member == "" {
		return o.Problem
	}
	return o.Member + ": " + o.Problem
}

func malformed(format string, args ...any) error {
	return &malformedValueError{Lack{Problem: fmt.Sprintf(format, args...)}}
}

// answer reads the outermost object. Some answers are wrapped in an envelope
// {"code":…,"data":{…}}; then the members are read from its data.
func (d *decoder) answer(s *Schema, v reflect.Value) error {
	envelope, err := d.outermost(s, v)
	if err != nil {
		return err
	}
	if c := d.next(); c != 0 || d.at != len(d.data) {
		return d.errorf("%q after its end", c)
	}
	if envelope >= 0 && v.Addr().Interface().(Response).ID() == "" {
		d.at = envelope
		if _, err := d.outermost(s, v); err != nil {
			return err
		}
	}
	told := d.complete(s, d.root, v)
	d.assumed, d.root.told = told&^d.root.told, told
	for _, x := range d.odd {
		lack(s, v, x)
	}
	return nil
}

// outermost reads the members of an object and how it says that a call failed.
// It returns where an envelope's data begin, -1 for none.
func (d *decoder) outermost(s *Schema, v reflect.Value) (envelope int, err error) {
	envelope = -1
	var said body
	err = d.object(func(key []byte) error {
		f, data := s.fold(key), bytes.EqualFold(key, []byte("data"))
		if err := d.failure(key, &said); err != nil {
			return err
		}
		if f == nil {
			if data && d.next() == '{' {
				envelope = d.at
			}
			return d.skip()
		}
		return d.member(s, f, v, &d.root)
	})
	if !d.refusal.failed() {
		d.refusal = said
	}
	return envelope, err
}

// members reads an object.
func (d *decoder) members(s *Schema, v reflect.Value) (seen, error) {
	var all seen
	err := d.object(func(key []byte) error {
		f := s.fold(key)
		if f == nil {
			all.strange = true
			return d.skip()
		}
		all.known = true
		return d.member(s, f, v, &all)
	})
	return all, err
}

// fold finds a member by its name in any letter case, without allocating.
func (s *Schema) fold(key []byte) *Field {
	var lower [48]byte
	if len(key) > len(lower) {
		return nil
	}
	for i, c := range key {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return s.byFold[string(lower[:len(key)])]
}

// member reads one member. A value that is not understood is passed over and
// noted.
func (d *decoder) member(s *Schema, f *Field, parent reflect.Value, all *seen) error {
	d.next()
	at, depth := d.at, d.depth
	to := parent.FieldByIndex(f.index)
	told, err := d.value(f, to)
	if err == nil {
		if told {
			all.told, all.odd = all.told|f.bit, all.odd&^f.bit
		}
		return nil
	}
	o, ok := errors.AsType[*malformedValueError](err)
	if !ok {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	to.SetZero()
	all.told, all.odd = all.told&^f.bit, all.odd|f.bit
	d.note(s, parent, Lack{Member: f.Name, Problem: o.Error()})
	d.at, d.depth = at, depth
	return d.skip()
}

func (d *decoder) value(f *Field, to reflect.Value) (told bool, err error) {
	if !f.List {
		return d.one(f, to)
	}
	to.SetLen(0)
	told, err = d.list(f, to)
	if told && err == nil && to.IsNil() {
		to.Set(f.none)
	}
	return told, err
}

// note keeps what was not understood: where the row names its own, there, else
// where the answer does.
func (d *decoder) note(s *Schema, v reflect.Value, x Lack) {
	if len(s.lacks) == 0 {
		d.odd.add(x)
		return
	}
	lack(s, v, x)
}

func lack(s *Schema, v reflect.Value, x Lack) {
	for _, at := range s.lacks {
		v.FieldByIndex(at).Addr().Interface().(*Lacks).add(x)
	}
}

// complete completes an object: lists that are absent may be empty ones, and
// members that should have been told are noted.
func (d *decoder) complete(s *Schema, all seen, v reflect.Value) (told uint64) {
	if d.absentLists {
		for i := range s.Fields {
			if f := &s.Fields[i]; f.List && !f.Newer && !f.Comma && (all.told|all.odd)&f.bit == 0 {
				v.FieldByIndex(f.index).Set(f.none)
				all.told |= f.bit
			}
		}
	}
	if missing := s.tell &^ (all.told | all.odd); missing != 0 {
		for i := range s.Fields {
			if f := &s.Fields[i]; missing&f.bit != 0 {
				d.note(s, v, Lack{Member: f.Name})
			}
		}
	}
	return all.told
}

// row completes an element of a list. One that lacks what it must tell makes
// the list unknown.
func (d *decoder) row(s *Schema, all seen, v reflect.Value) error {
	missing := s.must &^ d.complete(s, all, v)
	if missing == 0 {
		return nil
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		if missing&f.bit == 0 {
			continue
		}
		if all.odd&f.bit == 0 {
			return malformed("an entry does not say %s", f.Name)
		}
		return malformed("an entry's %s is not understood", f.Name)
	}
	return nil
}

// list reads a list in any of its shapes: {"Item":[…]}, […], {"Item":x}, x. It
// reports whether there is one: null is none.
func (d *decoder) list(f *Field, to reflect.Value) (told bool, err error) {
	switch c := d.next(); {
	case c == '[':
		return true, d.array(func() error { return d.element(f, to) })
	case c == '{':
		return d.wrapped(f, to)
	case d.skipText("null"):
		return false, nil
	case d.skipText(`""`):
		return true, nil
	case c == '"' && f.Kind != Struct:
		return true, d.separated(f, to)
	}
	return true, d.element(f, to)
}

// separated reads a text where a list belongs: its elements between commas,
// which neither names nor addresses hold.
func (d *decoder) separated(f *Field, to reflect.Value) error {
	text, err := d.text(f)
	if err != nil {
		return err
	}
	for part := range bytes.SplitSeq(text, []byte(",")) {
		if part = bytes.TrimSpace(part); len(part) == 0 {
			continue
		}
		e, err := d.grow(to)
		if err != nil {
			return err
		}
		if err := f.receive(e, part); err != nil {
			return err
		}
	}
	return nil
}

// wrapped reads an object where a list belongs: the list's wrapper, or the
// list's only element. An object without members is a list without elements;
// one whose members are all unknown wraps something else.
func (d *decoder) wrapped(f *Field, to reflect.Value) (told bool, err error) {
	var only reflect.Value
	var all seen
	known, empty := false, true
	err = d.object(func(key []byte) error {
		empty = false
		if f.wraps(key) {
			known = true
			is, err := d.list(f, to)
			told = told || is
			return err
		}
		var member *Field
		if f.Kind == Struct {
			member = f.Members.fold(key)
		}
		if member == nil {
			return d.skip()
		}
		if !only.IsValid() {
			var err error
			if only, err = d.grow(to); err != nil {
				return err
			}
		}
		return d.member(f.Members, member, only, &all)
	})
	switch {
	case err != nil:
		return false, err
	case only.IsValid():
		return true, d.row(f.Members, all, only)
	case !known && !empty:
		return false, malformed("its entries stand under an unknown name")
	}
	return told || empty, nil
}

// wraps reports whether a key is the list's inner name.
func (f *Field) wraps(key []byte) bool {
	return strings.EqualFold(string(key), f.Item) || f.ItemToo != "" && strings.EqualFold(string(key), f.ItemToo)
}

func (d *decoder) element(f *Field, to reflect.Value) error {
	e, err := d.grow(to)
	if err != nil {
		return err
	}
	if f.Kind == Struct {
		if d.next() != '{' {
			return malformed("an entry is no object")
		}
		all, err := d.members(f.Members, e)
		if err != nil {
			return err
		}
		return d.row(f.Members, all, e)
	}
	told, err := d.one(f, e)
	if err == nil && !told {
		return malformed("an entry has no value")
	}
	return err
}

// grow adds one element to a list.
func (d *decoder) grow(to reflect.Value) (reflect.Value, error) {
	if d.elements++; d.elements > maxElements {
		return reflect.Value{}, d.errorf("more than %d elements", maxElements)
	}
	n := to.Len()
	to.Grow(1)
	to.SetLen(n + 1)
	e := to.Index(n)
	e.SetZero()
	return e, nil
}

// skipText steps over a text that stands there as it is.
func (d *decoder) skipText(text string) bool {
	d.next()
	if rest := d.data[d.at:]; len(rest) < len(text) || string(rest[:len(text)]) != text {
		return false
	}
	d.at += len(text)
	return true
}

// text reads a string whose characters are whole, unless it is for people.
func (d *decoder) text(f *Field) ([]byte, error) {
	text, err := d.string()
	if err == nil && d.broken && !f.Prose {
		return nil, malformed("it has characters that are broken")
	}
	return text, err
}

// one reads a value that is no list, and reports whether there is one.
func (d *decoder) one(f *Field, to reflect.Value) (told bool, err error) {
	switch {
	case d.skipText("null"):
		return false, nil
	case d.skipText(`""`):
		to.SetZero()
		return f.Blank && f.Kind == String && f.Known == nil, nil
	}
	if f.Optional {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	switch c := d.next(); {
	case c == '{' && f.Kind == Struct:
		return d.structure(f, to)
	case c == '{', c == '[':
		return false, d.emptyOnly(f)
	case f.Kind == Struct:
		return false, malformed("it is no object")
	case c == '"':
		text, err := d.text(f)
		if err != nil {
			return false, err
		}
		err = f.receive(to, text)
		return (f.Kind == String || len(bytes.TrimSpace(text)) > 0) && !f.unset(to), err
	}
	literal, err := d.literal()
	if err != nil {
		return false, err
	}
	if !isValue(literal) {
		return false, d.errorf("no value") // not shown: it may be a secret
	}
	err = f.receiveLiteral(to, literal)
	return !f.unset(to), err
}

// unset reports whether a number stands for no value, unless that is what the
// member tells.
func (f *Field) unset(to reflect.Value) bool { return !f.Tell && f.meansNone(to) }

// meansNone reports whether a number is 0 in an enumeration that has no such value.
func (f *Field) meansNone(to reflect.Value) bool {
	return f.Known != nil && f.Kind == Integer && to.Int() == 0 && !slices.Contains(f.Known, "0")
}

// structure reads an object. One without members is told, and has no value; one
// of which something is not understood is not told.
func (d *decoder) structure(f *Field, to reflect.Value) (told bool, err error) {
	all, err := d.members(f.Members, to)
	if err != nil {
		return false, err
	}
	if all.odd != 0 || all.strange && !all.known {
		return false, malformed("its members are not understood")
	}
	d.complete(f.Members, all, to)
	return true, nil
}

// emptyOnly steps over an empty object or array, which some answers have
// where a value is missing.
func (d *decoder) emptyOnly(f *Field) error {
	start := d.at
	if err := d.skip(); err != nil {
		return err
	}
	if len(bytes.TrimSpace(d.data[start+1:d.at-1])) > 0 {
		return malformed("not a value of type %v", f.Kind)
	}
	return nil
}

// receive reads a scalar from its text in an answer.
func (f *Field) receive(to reflect.Value, text []byte) error {
	if f.Kind != String {
		if text = bytes.TrimSpace(text); len(text) == 0 {
			return nil
		}
	}
	switch {
	case f.Kind == Time && f.Layout != "":
		if t, err := time.ParseInLocation(f.Layout, string(text), f.zone()); err == nil {
			*to.Addr().Interface().(*time.Time) = t.UTC()
			return nil
		}
	case f.Kind == String && f.Known != nil:
		for _, known := range f.Known {
			if string(text) == known {
				to.SetString(known)
				return nil
			}
		}
	}
	if err := f.parse(to, string(text)); err != nil {
		return f.malformed("%w", err)
	}
	return f.checkValue(to)
}

// outOfBounds reports whether a number is beyond the bounds that are known.
func (f *Field) outOfBounds(to reflect.Value) bool {
	return f.Kind == Integer && (f.Min != nil && to.Int() < *f.Min || f.Max != nil && to.Int() > *f.Max)
}

// checkValue refuses what was read and means nothing: a value that an
// enumeration does not have, a number that nothing has, a time that no calendar
// of today has.
func (f *Field) checkValue(to reflect.Value) error {
	switch {
	case f.meansNone(to):
	case f.Known != nil && !f.Open && !slices.Contains(f.Known, f.text(to)):
		return f.malformed("%q is none of %s", f.text(to), strings.Join(f.Known, ", "))
	case f.outOfBounds(to):
		return f.malformed("%d is out of range", to.Int())
	case f.Kind == Time:
		if t := *to.Addr().Interface().(*time.Time); !t.IsZero() && (t.Year() < 1970 || t.Year() > 9999) {
			return f.malformed("the year %d", t.Year())
		}
	}
	return nil
}

// malformed says what is odd about the member's value, unless that is secret.
func (f *Field) malformed(format string, args ...any) error {
	if f.Secret {
		return malformed("it is no %v", f.Kind)
	}
	return malformed("%s", fmt.Errorf(format, args...).Error())
}

// isValue reports whether a literal is a number, true or false.
func isValue(literal []byte) bool {
	c := literal[0]
	return c == '-' || c >= '0' && c <= '9' || string(literal) == "true" || string(literal) == "false"
}

// receiveLiteral reads a scalar from a number, true or false.
func (f *Field) receiveLiteral(to reflect.Value, literal []byte) error {
	switch {
	case f.Kind == Boolean && string(literal) == "true":
		to.SetBool(true)
		return nil
	case f.Kind == Integer, f.Kind == Time:
		n, err := strconv.ParseInt(string(literal), 10, 64)
		if err != nil {
			n, err = integral(string(literal))
		}
		if err != nil {
			return f.malformed("%w", err)
		}
		if f.Kind == Integer {
			to.SetInt(n)
		} else {
			*to.Addr().Interface().(*time.Time) = milli(n)
		}
		return f.checkValue(to)
	}
	return f.receive(to, literal)
}

// integral reads a whole number that is written as a fraction: 2.0, 1.5e12.
func integral(s string) (int64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != math.Trunc(x) || math.Abs(x) >= 1<<53 {
		return 0, fmt.Errorf("%q is no whole number", s)
	}
	return int64(x), nil
}

// refusal is the body of a refused call.
type refusal struct {
	XMLName   xml.Name `xml:"Error"`
	RequestID string   `xml:"RequestId" wire:"RequestId,prose"`
	HostID    string   `xml:"HostId" wire:"HostId,prose"`
	Code      string   `xml:"Code" wire:"Code,prose"`
	Message   string   `xml:"Message" wire:"Message,prose"`
}

// ID returns the service's request ID.
func (r refusal) ID() string { return r.RequestID }

var refusalSchema = schemaOf(reflect.TypeFor[refusal]())

// DecodeError reads the answer of a refused call, JSON or XML. What does not
// come from the service, a page of a proxy say, leaves the code empty.
func DecodeError(operation string, status int, data []byte) *Error {
	var body refusal
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")) {
		if err := xml.Unmarshal(data, &body); err != nil {
			body = refusal{}
		}
	} else if err := DecodeResponse(data, &body); err != nil {
		body = refusal{}
	}
	return &Error{Operation: operation, HTTPStatus: status, Code: body.Code, Message: body.Message, RequestID: body.RequestID}
}
