package wire

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/net/idna"
)

// A NamePattern stands for domain names. It is a name, or a text in which "*",
// "?" and "[a-z]" stand for what they do in a shell ([path.Match]); "*" spans
// labels. It is written as names are: in any letter case, in Unicode or in
// A-labels, with or without a final dot.
type NamePattern struct {
	pattern string
	unicode bool // it is compared with names as people read them
}

// patternSigns are the characters that make a text more than a name.
const patternSigns = `*?[\`

// mapping maps names as profile does, and lets parts of names and the signs of
// patterns through.
var mapping = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false), idna.ValidateLabels(false))

// ParseNamePattern reads a pattern. It refuses what can match no name. The
// empty pattern matches the empty name.
func ParseNamePattern(s string) (NamePattern, error) {
	text := strings.TrimSpace(s)
	if text == "" {
		return NamePattern{}, nil
	}
	if !strings.ContainsAny(text, patternSigns) {
		name, err := CanonicalName(text)
		return NamePattern{pattern: name}, err
	}
	if _, err := path.Match(text, ""); err != nil {
		return NamePattern{}, fmt.Errorf("%q is no pattern: a bracket or a backslash at its end stands for nothing; write *, ? or [a-z]", s)
	}
	return canonicalPattern(text), nil
}

// stops are the characters that end a label as "." does (UTS 46).
var stops = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

// canonicalPattern writes the whole labels of a pattern as people read them. A
// part of an A-label, as in xn--mn*, can only be compared with A-labels.
func canonicalPattern(text string) NamePattern {
	labels := strings.Split(strings.TrimSuffix(stops.Replace(strings.ToLower(text)), "."), ".")
	ascii := false
	for i, label := range labels {
		rest, encoded := strings.CutPrefix(label, "xn--")
		if encoded && strings.ContainsAny(rest, patternSigns) {
			ascii = true
			labels[i] = "xn--" + mapped(rest)
			continue
		}
		labels[i] = mapped(label)
	}
	for i, label := range labels {
		if a, err := profile.ToASCII(label); ascii && err == nil && !strings.ContainsAny(label, patternSigns) {
			labels[i] = a
		}
	}
	return NamePattern{pattern: strings.Join(labels, "."), unicode: !ascii}
}

// mapped maps a part of a name; what cannot be mapped stays, and matches nothing.
func mapped(s string) string {
	if u, err := mapping.ToUnicode(s); err == nil {
		return u
	}
	return s
}

// Match reports whether the pattern stands for a canonical name.
func (p NamePattern) Match(canonical string) bool {
	if p.unicode {
		canonical = UnicodeName(canonical)
	}
	ok, err := path.Match(p.pattern, canonical)
	return ok && err == nil
}

// Exact reports whether the pattern is one name.
func (p NamePattern) Exact() bool { return !strings.ContainsAny(p.pattern, patternSigns) }

// String returns the pattern in the form in which it is compared.
func (p NamePattern) String() string { return p.pattern }
