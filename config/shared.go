package config

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// Shared is what the files of a directory and its libraries declare for names to refer
// to: for whoever writes more files beside them.
type Shared struct {
	Templates []Template  // by name
	Contacts  []Reference // contacts and registrant profiles, by their text
	// Labels are those of all blocks that have one, as the type, a space and the label:
	// a second block cannot have them.
	Labels map[string]bool
}

// Template is a template with what it comes to, the templates below it included.
type Template struct {
	Name     string
	Declared []Declared
	Settings attr.Settings
}

// Reference is an expression that names refer to a contact by, with what it stands for.
type Reference struct {
	Text  string // such as contact.legal
	Value attr.Value
}

// SameAs reports whether the same is declared of two names, wherever that stands.
func (d *Domain) SameAs(other *Domain) bool {
	return other != nil && d.Name == other.Name && d.Settings == other.Settings && slices.EqualFunc(d.Declared, other.Declared, func(x, y Declared) bool {
		return x.Attribute == y.Attribute && x.Value.Equal(y.Value)
	})
}

// shared gathers what names can refer to. All of it is computed.
func (l *loader) shared() Shared {
	s := Shared{Labels: make(map[string]bool, len(l.labels))}
	for label := range l.labels {
		s.Labels[label] = true
	}
	for name, value := range l.own.scope.Variables[rootTemplate].AsValueMap() {
		if value.IsKnown() {
			y := value.EncapsulatedValue().(*layer)
			s.Templates = append(s.Templates, Template{Name: name, Declared: y.declared, Settings: y.settings})
		}
	}
	slices.SortFunc(s.Templates, func(a, b Template) int { return strings.Compare(a.Name, b.Name) })
	s.Contacts = l.contactReferences()
	return s
}
