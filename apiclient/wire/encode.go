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

// EncodeResponse writes an answer as the service does: every member is there,
// lists are wrapped where their description says so, names are in Unicode,
// times in the layout of their member. The root of XML is the operation's name
// with "Response" behind it.
func EncodeResponse(o *Operation, r Response, f Format) []byte {
	v := reflect.ValueOf(r).Elem()
	return encode(f, o.Name+"Response", responseSchema(v.Type()), v)
}

// EncodeError writes the answer of a refused call; hostID is the host that
// was called.
func EncodeError(e *Error, hostID string, f Format) []byte {
	body := refusal{RequestID: e.RequestID, HostID: hostID, Code: e.Code, Message: e.Message}
	return encode(f, "Error", refusalSchema, reflect.ValueOf(body))
}

func encode(f Format, root string, s *Schema, v reflect.Value) []byte {
	if f == JSON {
		return appendJSON(nil, s, v)
	}
	b := append([]byte(nil), xml.Header[:len(xml.Header)-1]...)
	b = appendOpen(b, root)
	b = appendXML(b, s, v)
	return appendClose(b, root)
}

func appendJSON(b []byte, s *Schema, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range s.Fields {
		f := &s.Fields[i]
		m := v.FieldByIndex(f.index)
		if f.Optional && m.IsNil() {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, f.Name)
		b = append(b, ':')
		b = f.appendJSON(b, m)
	}
	return append(b, '}')
}

func (f *Field) appendJSON(b []byte, v reflect.Value) []byte {
	if !f.List {
		return f.appendValue(b, reflect.Indirect(v))
	}
	if f.Comma {
		return appendString(b, f.joined(v))
	}
	wrapped := f.Item != "" && !f.Bare
	if wrapped {
		b = append(b, '{')
		b = appendString(b, f.Item)
		b = append(b, ':')
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.appendValue(b, v.Index(i))
	}
	b = append(b, ']')
	if wrapped {
		b = append(b, '}')
	}
	return b
}

func (f *Field) appendValue(b []byte, v reflect.Value) []byte {
	switch {
	case f.Kind == Struct:
		return appendJSON(b, f.Members, v)
	case f.Quoted:
		return appendString(b, f.text(v))
	case f.Kind == Number:
		return append(b, f.text(v)...)
	case f.Kind == Boolean:
		return strconv.AppendBool(b, v.Bool())
	case f.Kind == Integer:
		return strconv.AppendInt(b, v.Int(), 10)
	case f.Kind == Time && f.Layout == "":
		if t := v.Interface().(time.Time); !t.IsZero() {
			return strconv.AppendInt(b, t.UnixMilli(), 10)
		}
		return append(b, "null"...)
	}
	return appendString(b, f.text(v))
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

func appendXML(b []byte, s *Schema, v reflect.Value) []byte {
	for i := range s.Fields {
		f := &s.Fields[i]
		m := v.FieldByIndex(f.index)
		if f.Optional && m.IsNil() {
			continue
		}
		if f.List && f.Item == "" && !f.Comma {
			b = f.appendItems(b, m, f.Name)
			continue
		}
		b = appendOpen(b, f.Name)
		switch {
		case f.Comma:
			b = appendText(b, f.joined(m))
		case f.List:
			b = f.appendItems(b, m, f.Item)
		default:
			b = f.appendElement(b, reflect.Indirect(m))
		}
		b = appendClose(b, f.Name)
	}
	return b
}

func (f *Field) appendItems(b []byte, v reflect.Value, name string) []byte {
	for i := range v.Len() {
		b = appendOpen(b, name)
		b = f.appendElement(b, v.Index(i))
		b = appendClose(b, name)
	}
	return b
}

func (f *Field) appendElement(b []byte, v reflect.Value) []byte {
	if f.Kind == Struct {
		return appendXML(b, f.Members, v)
	}
	return appendText(b, f.text(v))
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
