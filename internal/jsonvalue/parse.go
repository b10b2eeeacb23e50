package jsonvalue

import (
	"encoding/json"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// A parser reads a text that is known to be JSON, in a third of the time that the
// tokens of encoding/json take.
type parser struct {
	text []byte
	at   int
}

// value reads the next value.
func (p *parser) value(s *shape) cty.Value {
	switch p.blanks(); p.text[p.at] {
	case '{':
		return p.object(s)
	case '[':
		return p.list(s)
	case '"':
		return cty.StringVal(p.string())
	case 't':
		p.at += len("true")
		return cty.True
	case 'f':
		p.at += len("false")
		return cty.False
	case 'n':
		p.at += len("null")
		return s.ofNull()
	}
	return p.number()
}

func (p *parser) object(s *shape) cty.Value {
	members := make(map[string]cty.Value)
	for p.next('}') {
		name := p.string()
		p.blanks()
		p.at++ // the colon
		members[name] = p.value(s.member(name))
	}
	if s != nil {
		for name, member := range s.members {
			if _, there := members[name]; !there {
				members[name] = member.empty()
			}
		}
	}
	return cty.ObjectVal(members)
}

func (p *parser) list(s *shape) cty.Value {
	var element *shape
	if s != nil {
		element = s.element
	}
	var elements []cty.Value
	for p.next(']') {
		elements = append(elements, p.value(element))
	}
	return cty.TupleVal(elements)
}

// next goes to the next element of the object or list that is open. It reports false
// where that ends there.
func (p *parser) next(end byte) bool {
	if c := p.text[p.at]; c == '{' || c == '[' {
		p.at++
	}
	p.blanks()
	if p.text[p.at] == ',' {
		p.at++
		p.blanks()
		return true
	}
	if p.text[p.at] == end {
		p.at++
		return false
	}
	return true
}

func (p *parser) blanks() {
	for p.at < len(p.text) && p.text[p.at] <= ' ' {
		p.at++
	}
}

// string reads a text.
func (p *parser) string() string {
	begin, plain := p.at, true
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
			plain = false
		}
	}
	p.at++
	if plain {
		return strings.ToValidUTF8(string(p.text[begin+1:p.at-1]), "\uFFFD")
	}
	var s string
	json.Unmarshal(p.text[begin:p.at], &s) //nolint:errcheck // the text is known to be JSON
	return s
}

// number reads a number, whatever its size.
func (p *parser) number() cty.Value {
	begin := p.at
	small, integer := int64(0), true
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		if c >= '0' && c <= '9' {
			small = small*10 + int64(c-'0')
		} else if c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E' {
			integer = false
		} else {
			break
		}
	}
	if text := p.text[begin:p.at]; !integer || len(text) > smallDigits {
		return numberOf(string(text))
	}
	return cty.NumberIntVal(small)
}

// smallDigits is how many digits fit into an integer of 64 bits.
const smallDigits = 18

func numberOf(text string) cty.Value {
	v, err := cty.ParseNumberVal(text)
	if err != nil {
		return cty.StringVal(text) // more than any number may have
	}
	return v
}

// member returns the shape of a member of an object.
func (s *shape) member(name string) *shape {
	switch {
	case s == nil:
		return nil
	case s.members != nil:
		return s.members[name]
	}
	return s.element
}
