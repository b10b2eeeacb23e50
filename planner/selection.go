package planner

import (
	"fmt"
	"path"
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
)

// Selection limits a plan, and what is read for it, to some names. The zero
// value selects all.
type Selection struct {
	patterns []string
	names    map[string]bool
}

// Select selects the names that match one of the patterns, in which "*" and
// "?" stand for what they do in a shell ([path.Match]).
func Select(patterns []string) (Selection, error) {
	s := Selection{patterns: slices.Clone(patterns)}
	for i, pattern := range s.patterns {
		if name, err := wire.CanonicalName(pattern); err == nil {
			s.patterns[i] = name
		}
		if _, err := path.Match(pattern, ""); err != nil {
			return Selection{}, fmt.Errorf("%q is no pattern: %w", pattern, err)
		}
	}
	return s, nil
}

// SelectNames selects exactly the names, which are canonical.
func SelectNames(names []string) Selection {
	s := Selection{names: make(map[string]bool, len(names))}
	for _, n := range names {
		s.names[n] = true
	}
	return s
}

// Idle returns the patterns that select nothing that a portfolio declares; ""
// is the account.
func (s Selection) Idle(p *config.Portfolio) []string {
	return slices.DeleteFunc(slices.Clone(s.patterns), func(pattern string) bool {
		one := Selection{patterns: []string{pattern}}
		return one.Has("") || slices.ContainsFunc(p.Domains, func(d config.Domain) bool { return one.Has(d.Name) })
	})
}

// Has reports whether the canonical name is selected.
func (s Selection) Has(name string) bool {
	if s.names != nil {
		return s.names[name]
	}
	return len(s.patterns) == 0 || slices.ContainsFunc(s.patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}
