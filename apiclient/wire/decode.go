package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// maxElements bounds the memory that the lists of an answer can ask for.
const maxElements = 100_000

// DecodeResponse reads a JSON answer. It is tolerant, because the service's
// answers differ from their description: names of members in any letter case;
// lists wrapped, bare, or a single element; numbers and booleans as text, text
// as numbers; times as milliseconds or text; null, "" and {} for nothing at
// all. Unknown members are passed over. A value that it cannot make sense of
// is an error that names the member: a guess would look like a fact. What
// into held before is gone.
func DecodeResponse(data []byte, into Response) error {
	v := reflect.ValueOf(into).Elem()
	v.SetZero()
	d := decoder{scanner: scanner{data: bytes.TrimPrefix(data, []byte("\uFEFF"))}}
	if err := d.answer(responseSchema(v.Type()), v); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return nil
}

func responseSchema(t reflect.Type) *Schema {
	if s := byResponse[t]; s != nil {
		return s
	}
	return schemaOf(t)
}

type decoder struct {
	scanner
	elements int // of all lists
}

// answer reads the outermost object. Some answers are wrapped in an envelope
// {"code":…,"data":{…}}; then the members are read from its data.
func (d *decoder) answer(s *Schema, v reflect.Value) error {
	envelope := -1
	err := d.object(func(key []byte) error {
		f := s.fold(key)
		if f == nil {
			if bytes.EqualFold(key, []byte("data")) && d.next() == '{' {
				envelope = d.at
			}
			return d.skip()
		}
		return d.member(f, v)
	})
	if err != nil {
		return err
	}
	if c := d.next(); c != 0 || d.at != len(d.data) {
		return d.errorf("%q after its end", c)
	}
	if envelope < 0 || v.Addr().Interface().(Response).ID() != "" {
		return nil
	}
	d.at = envelope
	return d.members(s, v)
}

func (d *decoder) members(s *Schema, v reflect.Value) error {
	return d.object(func(key []byte) error {
		f := s.fold(key)
		if f == nil {
			return d.skip()
		}
		return d.member(f, v)
	})
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

func (d *decoder) member(f *Field, parent reflect.Value) error {
	to := parent.FieldByIndex(f.index)
	var err error
	if f.List {
		to.SetLen(0)
		err = d.list(f, to)
	} else {
		err = d.one(f, to)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	return nil
}

// list reads a list in any of its shapes: {"Item":[…]}, […], {"Item":x}, x.
func (d *decoder) list(f *Field, to reflect.Value) error {
	switch d.next() {
	case '[':
		return d.array(func() error {
			if d.nothing() {
				return nil
			}
			return d.element(f, to)
		})
	case '{':
		return d.wrapped(f, to)
	}
	if d.nothing() {
		return nil
	}
	if d.next() == '"' && f.Kind != Struct {
		return d.separated(f, to)
	}
	return d.element(f, to)
}

// separated reads a text where a list belongs: its elements between commas,
// which neither names nor addresses hold.
func (d *decoder) separated(f *Field, to reflect.Value) error {
	text, err := d.string()
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
// list's only element.
func (d *decoder) wrapped(f *Field, to reflect.Value) error {
	var only reflect.Value
	return d.object(func(key []byte) error {
		if strings.EqualFold(string(key), f.Item) {
			return d.list(f, to)
		}
		if f.Kind != Struct {
			return d.skip()
		}
		member := f.Members.fold(key)
		if member == nil {
			return d.skip()
		}
		if !only.IsValid() {
			var err error
			if only, err = d.grow(to); err != nil {
				return err
			}
		}
		return d.member(member, only)
	})
}

func (d *decoder) element(f *Field, to reflect.Value) error {
	e, err := d.grow(to)
	if err != nil {
		return err
	}
	return d.one(f, e)
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

// nothing steps over null and "", which stand for a missing value.
func (d *decoder) nothing() bool {
	d.next()
	for _, empty := range [...]string{"null", `""`} {
		if rest := d.data[d.at:]; len(rest) >= len(empty) && string(rest[:len(empty)]) == empty {
			d.at += len(empty)
			return true
		}
	}
	return false
}

func (d *decoder) one(f *Field, to reflect.Value) error {
	if d.nothing() {
		to.SetZero()
		return nil
	}
	if f.Optional {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	switch c := d.next(); {
	case c == '{' && f.Kind == Struct:
		return d.members(f.Members, to)
	case c == '{', c == '[':
		return d.emptyOnly(f)
	case c == '"' && f.Kind != Struct:
		text, err := d.string()
		if err != nil {
			return err
		}
		return f.receive(to, text)
	case f.Kind != Struct:
		literal, err := d.literal()
		if err != nil {
			return err
		}
		return f.receiveLiteral(to, literal)
	}
	return d.errorf("not an object")
}

// emptyOnly steps over an empty object or array, which some answers have
// where a value is missing.
func (d *decoder) emptyOnly(f *Field) error {
	start := d.at
	if err := d.skip(); err != nil {
		return err
	}
	if len(bytes.TrimSpace(d.data[start+1:d.at-1])) > 0 {
		d.at = start
		return d.errorf("not a value of type %v", f.Kind)
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
	return f.parse(to, string(text))
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
			return err
		}
		if f.Kind == Integer {
			to.SetInt(n)
		} else {
			*to.Addr().Interface().(*time.Time) = milli(n)
		}
		return nil
	}
	switch c := literal[0]; {
	case c == '-', c >= '0' && c <= '9', string(literal) == "true", string(literal) == "false":
		return f.parse(to, string(literal))
	}
	return errors.New("no value") // not shown: it may be a secret
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
	RequestID string   `xml:"RequestId" wire:"RequestId"`
	HostID    string   `xml:"HostId" wire:"HostId"`
	Code      string   `xml:"Code" wire:"Code"`
	Message   string   `xml:"Message" wire:"Message"`
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
