package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Format is the form of an answer.
type Format string

// The forms of an answer. A caller that names none gets XML.
const (
	JSON Format = "JSON"
	XML  Format = "XML"
)

// ParseFormat reads the Format parameter of a call, whose letter case does not
// matter.
func ParseFormat(s string) (Format, bool) {
	switch strings.ToUpper(s) {
	case "", "XML":
		return XML, true
	case "JSON":
		return JSON, true
	}
	return "", false
}

// EncodeResponse writes an answer as the service very probably does: see
// [Style]. The root of XML is the operation's name with "Response" behind it.
func EncodeResponse(o *Operation, r Response, f Format) []byte {
	return Style{}.EncodeResponse(o, r, f)
}

// Style is how answers are written where the reference can be read in more than
// one way. Its zero value is how the service very probably writes: lists are
// wrapped where their description says so, names are in Unicode, times are in
// the layout of their member. A text or time that has no value is absent, unless
// the answer must tell it, and so are lists of newer descriptions that were not
// made; a structure that has none is {}, an empty element in XML.
type Style struct {
	// EmptyList is what stands for a list without entries.
	EmptyList EmptyList
	// Months is the zone of times whose layout has the name of a month; nil: UTC.
	Months *time.Location
	// ChangeLog is the zone of the times in the change log; nil: [Zone].
	ChangeLog *time.Location
	// StatedTimes makes times have the form that their operation's table states,
	// where the samples show another one.
	StatedTimes bool
	// ListedNameservers is the name of the entries of DnsList in the answer of
	// QueryDomainList; "": Dns.
	ListedNameservers string
}

// EmptyList is what stands for a list without entries in an answer.
type EmptyList string

// What stands for a list without entries. In XML it is an empty element, or
// nothing where it is absent.
const (
	EmptyWrapped EmptyList = ""       // {"Item":[]}, where lists are wrapped
	EmptyArray   EmptyList = "array"  // []
	EmptyObject  EmptyList = "object" // {}
	EmptyNull    EmptyList = "null"   // null
	EmptyAbsent  EmptyList = "absent" // no member
)

// EncodeResponse writes an answer in a style.
func (st Style) EncodeResponse(o *Operation, r Response, f Format) []byte {
	v := reflect.ValueOf(r).Elem()
	e := encoder{Style: st, operation: o.Name}
	return e.encode(f, o.Name+"Response", responseSchema(v.Type()), v)
}

// EncodeError writes the answer of a refused call; hostID is the host that
// was called.
func EncodeError(e *Error, hostID string, f Format) []byte {
	body := refusal{RequestID: e.RequestID, HostID: hostID, Code: e.Code, Message: e.Message}
	return new(encoder).encode(f, "Error", refusalSchema, reflect.ValueOf(body))
}

// encoder writes one answer.
type encoder struct {
	Style
	operation string
}

func (e *encoder) encode(f Format, root string, s *Schema, v reflect.Value) []byte {
	if f == JSON {
		return e.appendJSON(nil, s, v)
	}
	b := append([]byte(nil), xml.Header[:len(xml.Header)-1]...)
	b = appendOpen(b, root)
	b = e.appendXML(b, s, v)
	return appendClose(b, root)
}

// absent reports whether an answer lacks a member that has the value v.
func (e *encoder) absent(f *Field, v reflect.Value) bool {
	switch {
	case f.Comma:
		return v.Len() == 0
	case f.List:
		return v.Len() == 0 && (f.Newer && v.IsNil() || e.EmptyList == EmptyAbsent)
	case f.Optional:
		return v.IsNil()
	}
	return v.IsZero() && (f.Kind == String || f.Kind == Time) && !f.Must && !f.Tell
}

// item is the name of the entries of a list, "" where it is not wrapped.
func (e *encoder) item(f *Field) string {
	if e.ListedNameservers != "" && e.operation == "QueryDomainList" && f.Name == "DnsList" {
		return e.ListedNameservers
	}
	return f.Item
}

func (e *encoder) appendJSON(b []byte, s *Schema, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range s.Fields {
		f := &s.Fields[i]
		m := v.FieldByIndex(f.index)
		if e.absent(f, m) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, f.Name)
		b = append(b, ':')
		b = e.appendMember(b, f, m)
	}
	return append(b, '}')
}

func (e *encoder) appendMember(b []byte, f *Field, v reflect.Value) []byte {
	if !f.List {
		return e.appendValue(b, f, reflect.Indirect(v))
	}
	if f.Comma {
		return appendString(b, f.joined(v))
	}
	if v.Len() == 0 && e.EmptyList != EmptyWrapped {
		return append(b, map[EmptyList]string{EmptyArray: "[]", EmptyObject: "{}", EmptyNull: "null"}[e.EmptyList]...)
	}
	item := e.item(f)
	wrapped := item != "" && !f.Bare
	if wrapped {
		b = append(b, '{')
		b = appendString(b, item)
		b = append(b, ':')
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.appendValue(b, f, v.Index(i))
	}
	b = append(b, ']')
	if wrapped {
		b = append(b, '}')
	}
	return b
}

func (e *encoder) appendValue(b []byte, f *Field, v reflect.Value) []byte {
	switch {
	case f.Kind == Struct && v.IsZero():
		return append(b, "{}"...)
	case f.Kind == Struct:
		return e.appendJSON(b, f.Members, v)
	case f.Quoted:
		return appendString(b, e.text(f, v))
	case f.Kind == Number:
		return append(b, e.text(f, v)...)
	case f.Kind == Boolean:
		return strconv.AppendBool(b, v.Bool())
	case f.Kind == Integer:
		return strconv.AppendInt(b, v.Int(), 10)
	case f.Kind == Time && f.Layout == "":
		return strconv.AppendInt(b, v.Interface().(time.Time).UnixMilli(), 10)
	}
	return appendString(b, e.text(f, v))
}

// text writes a scalar.
func (e *encoder) text(f *Field, v reflect.Value) string {
	if f.Kind != Time || f.Layout == "" {
		return f.text(v)
	}
	t, layout := v.Interface().(time.Time), f.Layout
	if stated := statedLayouts[e.operation]; e.StatedTimes && stated != "" {
		layout = stated
	}
	zone := zoneOf(layout)
	switch {
	case t.IsZero():
		return ""
	case e.Months != nil && zone == time.UTC && layout != statedLayout:
		zone = e.Months
	case e.ChangeLog != nil && e.operation == "QueryChangeLogList":
		zone = e.ChangeLog
	}
	return t.In(zone).Format(layout)
}

// appendString quotes a text for JSON.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func (e *encoder) appendXML(b []byte, s *Schema, v reflect.Value) []byte {
	for i := range s.Fields {
		f := &s.Fields[i]
		m := v.FieldByIndex(f.index)
		if e.absent(f, m) {
			continue
		}
		if f.List && f.Item == "" && !f.Comma {
			b = e.appendItems(b, f, m, f.Name)
			continue
		}
		b = appendOpen(b, f.Name)
		switch {
		case f.Comma:
			b = appendText(b, f.joined(m))
		case f.List:
			b = e.appendItems(b, f, m, e.item(f))
		default:
			b = e.appendElement(b, f, reflect.Indirect(m))
		}
		b = appendClose(b, f.Name)
	}
	return b
}

func (e *encoder) appendItems(b []byte, f *Field, v reflect.Value, name string) []byte {
	for i := range v.Len() {
		b = appendOpen(b, name)
		b = e.appendElement(b, f, v.Index(i))
		b = appendClose(b, name)
	}
	return b
}

func (e *encoder) appendElement(b []byte, f *Field, v reflect.Value) []byte {
	switch {
	case f.Kind == Struct && v.IsZero():
		return b
	case f.Kind == Struct:
		return e.appendXML(b, f.Members, v)
	}
	return appendText(b, e.text(f, v))
}

// appendText escapes a text for XML.
func appendText(b []byte, s string) []byte {
	text := bytes.NewBuffer(b)
	_ = xml.EscapeText(text, []byte(s)) // a buffer takes everything
	return text.Bytes()
}

func appendOpen(b []byte, name string) []byte {
	return append(append(append(b, '<'), name...), '>')
}

func appendClose(b []byte, name string) []byte {
	return append(append(append(b, "</"...), name...), '>')
}
