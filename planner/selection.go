package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Selection limits a plan, and what is read for it, to some names. The zero
// value selects all.
type Selection struct {
	patterns []pattern
	names    map[string]bool
}

// pattern is a pattern beside the text that it was given as.
type pattern struct {
	wire.NamePattern
	attribute string // "": all
	given     string
}

// Select selects the names that match one of the patterns, however these are
// spelled; see [wire.ParseNamePattern]. Behind a slash stands the attribute that is
// selected of them, as in *.example/ds_records; without one all are.
func Select(patterns []string) (Selection, error) {
	var s Selection
	for _, given := range patterns {
		name, attribute, part := strings.Cut(given, "/")
		p, err := wire.ParseNamePattern(name)
		if err != nil {
			return Selection{}, err
		}
		if part && attr.Lookup(attribute) == nil {
			return Selection{}, noAttribute(given, attribute)
		}
		s.patterns = append(s.patterns, pattern{p, attribute, given})
	}
	return s, nil
}

// noAttribute says that no attribute has the name, and which one was meant.
func noAttribute(given, attribute string) error {
	var names []string
	for _, a := range attr.All() {
		names = append(names, a.Name)
	}
	if meant := attr.DidYouMean(attr.Meant(attribute, names)); meant != "" {
		return fmt.Errorf("%s: no attribute is called %q.%s", given, attribute, meant)
	}
	return fmt.Errorf("%s: no attribute is called %q", given, attribute)
}

// SelectNames selects exactly the names, which are canonical.
func SelectNames(names []string) Selection {
	s := Selection{names: make(map[string]bool, len(names))}
	for _, n := range names {
		s.names[n] = true
	}
	return s
}

// Idle returns an error that names the patterns which select nothing that a
// portfolio declares; "" is the account. Such a pattern was meant for something
// else.
func (s Selection) Idle(p *config.Portfolio) error {
	var idle []string
	for _, pattern := range s.patterns {
		if !pattern.Match("") && !slices.ContainsFunc(p.Domains, func(d config.Domain) bool { return pattern.Match(d.Name) }) {
			idle = append(idle, pattern.given)
		}
	}
	if len(idle) == 0 {
		return nil
	}
	return fmt.Errorf("%s: the files declare no such name", strings.Join(idle, ", "))
}

// All reports whether nothing is left out.
func (s Selection) All() bool { return s.names == nil && len(s.patterns) == 0 }

// Has reports whether the canonical name is selected.
func (s Selection) Has(name string) bool {
	if s.names != nil {
		return s.names[name]
	}
	return len(s.patterns) == 0 || slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.Match(name) })
}

// HasByName reports whether the canonical name is selected by itself, not only by a
// pattern that others match, too.
func (s Selection) HasByName(name string) bool {
	return s.names[name] || slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.Exact() && p.Match(name) })
}

// HasAttribute reports whether an attribute of a selected name is selected.
func (s Selection) HasAttribute(name, attribute string) bool {
	return len(s.patterns) == 0 || slices.ContainsFunc(s.patterns, func(p pattern) bool {
		return (p.attribute == "" || p.attribute == attribute) && p.Match(name)
	})
}

// Exact reports whether names are selected one by one, and none by a pattern.
func (s Selection) Exact() bool {
	return !slices.ContainsFunc(s.patterns, func(p pattern) bool { return !p.Exact() })
}
