package wire

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Request is the parameters of one call: a pointer to a struct that embeds
// [Common] and stands in the table of operations.
type Request interface{ request() }

// Response is the answer of one call: a pointer to a struct that embeds [Meta].
type Response interface {
	// ID returns the service's request ID.
	ID() string
}

// Common holds the parameters that nearly every operation takes.
type Common struct {
	Lang         Lang   `wire:"Lang,default=en" doc:"language of messages"`
	UserClientIP string `wire:"UserClientIp" doc:"address of the person behind the call"`
}

func (Common) request() {}

// CommonLang stands for Common where an operation takes no address.
type CommonLang struct {
	Lang Lang `wire:"Lang,default=en" doc:"language of messages"`
}

func (CommonLang) request() {}

// CommonIP stands for Common where an operation takes no language.
type CommonIP struct {
	UserClientIP string `wire:"UserClientIp" doc:"address of the person behind the call"`
}

func (CommonIP) request() {}

// Meta holds the members that every answer has.
type Meta struct {
	RequestID string `wire:"RequestId" doc:"what the service's support asks for"`
}

// ID returns the service's request ID.
func (m Meta) ID() string { return m.RequestID }

// Enum is a type whose values the service documents. Requests are checked
// against them; answers may hold others.
type Enum interface{ Known() []string }

// Kind is the shape of a member's value.
type Kind int

// The kinds of members.
const (
	String  Kind = iota
	Boolean      // "true" and "false" on the wire
	Integer
	Number // may have a fraction
	Time
	Struct
)

// String returns the kind's name as the reference writes it.
func (k Kind) String() string {
	return [...]string{"String", "Boolean", "Integer", "Number", "Time", "Struct"}[k]
}

// A Field is one member of a request or an answer.
type Field struct {
	Name     string // on the wire
	Doc      string
	Kind     Kind
	List     bool
	Optional bool // a pointer: absent is not the zero value
	Required bool
	Batch    bool
	IDNA     bool
	Bare     bool
	Comma    bool
	Quoted   bool
	Newer    bool
	Secret   bool
	Milli    bool
	Item     string   // the list's inner name in an answer
	Alias    string   // another name for the member in answers
	Default  string   // what the service takes for an absent member
	Unless   string   // required, unless this member stands in for it
	Layout   string   // a time's layout as text
	Known    []string // the documented values of an enumeration
	Items    int      // the most elements of a list; 0: no limit known
	Min, Max *int64   // bounds of a number; nil: none known
	Members  *Schema  // of a Struct

	index []int
}

// A Schema is the members of a request, an answer or a structure in one.
type Schema struct {
	Fields []Field

	typ    reflect.Type
	batch  *Field
	byFold map[string]*Field
}

// Field returns the member of that name in any letter case, nil for none.
func (s *Schema) Field(name string) *Field { return s.byFold[strings.ToLower(name)] }

// schemaOf reads a struct's tags. It panics where a tag or a type makes no
// sense: the types are the program's own, and every test would see it.
func schemaOf(t reflect.Type) *Schema {
	s := &Schema{typ: t, byFold: make(map[string]*Field)}
	s.collect(t, nil)
	for i := range s.Fields {
		f := &s.Fields[i]
		s.byFold[strings.ToLower(f.Name)] = f
		if f.Alias != "" {
			s.byFold[strings.ToLower(f.Alias)] = f
		}
		if f.Batch {
			s.batch = f
		}
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Unless != "" && s.Field(f.Unless) == nil {
			panic(fmt.Sprintf("wire: %v: %s is required unless %s, which is no member", t, f.Name, f.Unless))
		}
	}
	return s
}

func (s *Schema) collect(t reflect.Type, index []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(append([]int(nil), index...), i)
		if sf.Anonymous {
			s.collect(sf.Type, at)
			continue
		}
		tag, ok := sf.Tag.Lookup("wire")
		if !ok {
			continue
		}
		f := Field{Doc: sf.Tag.Get("doc"), index: at}
		f.options(t, tag)
		f.shape(t, sf.Type)
		s.Fields = append(s.Fields, f)
	}
}

func (f *Field) options(t reflect.Type, tag string) {
	name, rest, _ := strings.Cut(tag, ",")
	f.Name = name
	for option := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "":
		case "required":
			f.Required = true
		case "batch":
			f.Batch = true
		case "idna":
			f.IDNA = true
		case "bare":
			f.Bare = true
		case "comma":
			f.Comma = true
		case "quoted":
			f.Quoted = true
		case "newer":
			f.Newer = true
		case "secret":
			f.Secret = true
		case "ms":
			f.Milli = true
		case "item":
			f.Item = value
		case "alias":
			f.Alias = value
		case "default":
			f.Default = value
		case "unless":
			f.Unless = value
		case "layout":
			f.Layout = layouts[value]
		case "items":
			f.Items = int(*number(t, tag, value))
		case "min":
			f.Min = number(t, tag, value)
		case "max":
			f.Max = number(t, tag, value)
		default:
			panic(fmt.Sprintf("wire: %v: tag %q: unknown option %q", t, tag, key))
		}
	}
}

func number(t reflect.Type, tag, value string) *int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("wire: %v: tag %q: %v", t, tag, err))
	}
	return &n
}

var (
	timeType = reflect.TypeFor[time.Time]()
	enumType = reflect.TypeFor[Enum]()
)

// shape fills in what the member's Go type says.
func (f *Field) shape(parent, t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		f.Optional, t = true, t.Elem()
	}
	if t.Kind() == reflect.Slice {
		f.List, t = true, t.Elem()
	}
	if t.Implements(enumType) {
		f.Known = reflect.Zero(t).Interface().(Enum).Known()
	}
	switch {
	case t == timeType:
		f.Kind = Time
	case t.Kind() == reflect.Struct:
		f.Kind, f.Members = Struct, schemaOf(t)
	case t.Kind() == reflect.String:
		f.Kind = String
	case t.Kind() == reflect.Bool:
		f.Kind = Boolean
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		f.Kind = Integer
	case t.Kind() == reflect.Float64:
		f.Kind = Number
	default:
		panic(fmt.Sprintf("wire: %v.%s: no wire form for %v", parent, f.Name, t))
	}
}
