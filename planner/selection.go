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
	// label is the label that names have, in place of a pattern of names, and names are
	// those of the files that have it; nil: it is a pattern of names.
	label *label
	names map[string]bool
}

// label is a label of names: its key, and its value, "" for any.
type label struct{ key, value string }

// match reports whether the pattern selects a name.
func (p *pattern) match(name string) bool {
	if p.label != nil {
		return p.names[name]
	}
	return p.Match(name)
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
		s.patterns = append(s.patterns, pattern{NamePattern: p, attribute: attribute, given: given})
	}
	return s, nil
}

// labelTarget begins a target that selects names by a label of theirs.
const labelTarget = "label:"

// IsLabelTarget reports whether a target selects names by a label.
func IsLabelTarget(target string) bool { return strings.HasPrefix(target, labelTarget) }

// SelectTargets is [Select] where label:owner=web selects the declared names with that
// label as well, and label:owner those that have any of that key. [Selection.In] finds
// which names these are.
func SelectTargets(patterns []string) (Selection, error) {
	var s Selection
	for _, given := range patterns {
		text, labelled := strings.CutPrefix(given, labelTarget)
		if !labelled {
			one, err := Select([]string{given})
			if err != nil {
				return Selection{}, err
			}
			s.patterns = append(s.patterns, one.patterns...)
			continue
		}
		p := pattern{given: given}
		if i := strings.LastIndexByte(text, '/'); i >= 0 && attr.Lookup(text[i+1:]) != nil {
			text, p.attribute = text[:i], text[i+1:] // a label may have a slash, too
		}
		key, value, some := strings.Cut(text, "=")
		if key == "" || some && value == "" {
			return Selection{}, fmt.Errorf("%s: write label:KEY=VALUE, or label:KEY for any value", given)
		}
		p.label = &label{key, value}
		s.patterns = append(s.patterns, p)
	}
	return s, nil
}

// In returns the selection with the names that a portfolio gives the labels to which it
// goes by.
func (s Selection) In(p *config.Portfolio) Selection {
	if !slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.label != nil }) {
		return s
	}
	s.patterns = slices.Clone(s.patterns)
	for i := range s.patterns {
		wanted := s.patterns[i].label
		if wanted == nil {
			continue
		}
		names := make(map[string]bool)
		for j := range p.Domains {
			if value := p.Domains[j].Settings.Labels.Get(wanted.key); value != "" && (wanted.value == "" || value == wanted.value) {
				names[p.Domains[j].Name] = true
			}
		}
		s.patterns[i].names = names
	}
	return s
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
		if !pattern.match("") && !slices.ContainsFunc(p.Domains, func(d config.Domain) bool { return pattern.match(d.Name) }) {
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
	return len(s.patterns) == 0 || slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.match(name) })
}

// HasByName reports whether the canonical name is selected by itself, not only by a
// pattern that others match, too.
func (s Selection) HasByName(name string) bool {
	return s.names[name] || slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.Exact() && p.Match(name) })
}

// HasAttribute reports whether an attribute of a selected name is selected.
func (s Selection) HasAttribute(name, attribute string) bool {
	return len(s.patterns) == 0 || slices.ContainsFunc(s.patterns, func(p pattern) bool {
		return (p.attribute == "" || p.attribute == attribute) && p.match(name)
	})
}

// Exact reports whether names are selected one by one, and none by a pattern.
func (s Selection) Exact() bool {
	return !slices.ContainsFunc(s.patterns, func(p pattern) bool { return p.label != nil || !p.Exact() })
}
