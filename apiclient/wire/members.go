package wire

import (
	"strconv"
	"strings"
)

// Member returns the member that a parameter's name stands for, such as
// DomainName.3 or OrderRenewParam.3.DomainName, in any letter case: nil for a
// name that stands for none.
func (s *Schema) Member(parameter string) *Field {
	name, rest, dotted := strings.Cut(parameter, ".")
	f := s.Field(name)
	if f == nil || dotted != (f.List && !f.Comma) {
		return nil
	}
	if !dotted {
		return f
	}
	number, rest, dotted := strings.Cut(rest, ".")
	if n, err := strconv.Atoi(number); err != nil || n < 1 || dotted != (f.Kind == Struct) {
		return nil
	}
	if f.Kind == Struct {
		return f.Members.Member(rest)
	}
	return f
}

// A NamedField is a member with its whole name, in which N stands for the
// number of an element: OrderRenewParam.N.DomainName.
type NamedField struct {
	Path string
	*Field
}

// All returns the members with those of their structures, each structure
// before its members.
func (s *Schema) All() []NamedField { return s.all(nil, "") }

func (s *Schema) all(to []NamedField, prefix string) []NamedField {
	for i := range s.Fields {
		f := &s.Fields[i]
		path := prefix + f.Name
		if f.List && !f.Comma {
			path += ".N"
		}
		to = append(to, NamedField{path, f})
		if f.Members != nil {
			to = f.Members.all(to, path+".")
		}
	}
	return to
}
