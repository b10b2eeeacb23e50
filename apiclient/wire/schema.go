package wire

import (
	"cmp"
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
	Lacks     Lacks  // what the answer does not tell
}

// ID returns the service's request ID.
func (m Meta) ID() string { return m.RequestID }

// lackingID names the request ID where an answer has none that has nothing else
// to tell.
func (m Meta) lackingID() string {
	if m.RequestID == "" {
		return "RequestId"
	}
	return ""
}

// Enum is a type whose values the service documents. Requests are checked
// against them. An answer with another value is not understood, unless the type
// is open: an [OpenEnum].
type Enum interface{ Known() []string }

// OpenEnum is an enumeration of which answers may hold other values than the
// documented ones. Nothing is decided by them, or a number that somebody else
// assigns says all: they are taken as they are.
type OpenEnum interface {
	Enum
	Open()
}

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
	Must     bool     // an answer without it is wrong, a row without it makes its list unknown
	Tell     bool     // not told, it is one of the answer's Lacks
	Noted    bool     // the same, of a member that answers may leave out where it has no value
	Blank    bool     // an empty text is a value
	Prose    bool     // a text for people, in which broken characters do no harm
	Twins    bool     // equal entries of the list are different ones
	Open     bool     // an enumeration with values that are not documented
	Item     string   // the list's inner name in an answer
	ItemToo  string   // another inner name of the list in answers
	Echo     string   // the member of the request that this one must equal
	Alias    string   // another name for the member in answers
	Default  string   // what the service takes for an absent member
	Unless   string   // required, unless this member stands in for it
	Layout   string   // a time's layout as text
	Known    []string // the documented values of an enumeration
	Items    int      // the most elements of a list; 0: no limit known
	Share    int      // how many elements of a batch go into a call where no limit is known
	Min, Max *int64   // bounds of a number; nil: none known
	Members  *Schema  // of a Struct

	index []int
	bit   uint64        // of the members of a schema that were told
	none  reflect.Value // a list that has no elements, which is not the same as no list
}

// A Schema is the members of a request, an answer or a structure in one.
type Schema struct {
	Fields []Field

	typ    reflect.Type
	batch  *Field
	byFold map[string]*Field

	must, tell uint64  // the members of an answer with these options
	lacks      [][]int // where the members that were not told are named
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
		s.enlist(f, i)
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

// enlist gives a member its bit.
func (s *Schema) enlist(f *Field, i int) {
	if i >= 64 {
		panic(fmt.Sprintf("wire: %v has more members than a word has bits", s.typ))
	}
	f.bit = 1 << i
	if f.Must {
		s.must |= f.bit
	}
	if f.Tell || f.Noted {
		s.tell |= f.bit
	}
}

func (s *Schema) collect(t reflect.Type, index []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(append([]int(nil), index...), i)
		if sf.Anonymous {
			s.collect(sf.Type, at)
			continue
		}
		if sf.Type == lacksType {
			s.lacks = append(s.lacks, at)
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
		if flag := f.flag(key); flag != nil {
			*flag = true
			continue
		}
		switch key {
		case "":
		case "tell":
			f.Tell, f.Blank = true, true
		case "noted":
			f.Noted, f.Blank = true, true
		case "echo":
			f.Echo = cmp.Or(value, name)
		case "share":
			f.Share = int(*number(t, tag, value))
		case "item":
			f.Item = value
		case "itemtoo":
			f.ItemToo = value
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

// flag returns what an option without a value sets, nil for another option.
func (f *Field) flag(option string) *bool {
	switch option {
	case "required":
		return &f.Required
	case "batch":
		return &f.Batch
	case "idna":
		return &f.IDNA
	case "bare":
		return &f.Bare
	case "comma":
		return &f.Comma
	case "quoted":
		return &f.Quoted
	case "newer":
		return &f.Newer
	case "secret":
		return &f.Secret
	case "ms":
		return &f.Milli
	case "must":
		return &f.Must
	case "blank":
		return &f.Blank
	case "prose":
		return &f.Prose
	case "twins":
		return &f.Twins
	}
	return nil
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
	openType = reflect.TypeFor[OpenEnum]()

	lacksType = reflect.TypeFor[Lacks]()
)

// shape fills in what the member's Go type says.
func (f *Field) shape(parent, t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		f.Optional, t = true, t.Elem()
	}
	if t.Kind() == reflect.Slice {
		f.List, f.none, t = true, reflect.MakeSlice(t, 0, 0), t.Elem()
	}
	if t.Implements(enumType) {
		f.Known = reflect.Zero(t).Interface().(Enum).Known()
		f.Open = t.Implements(openType)
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
