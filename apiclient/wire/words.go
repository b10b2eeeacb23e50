package wire

import (
	"fmt"
	"strings"
)

// Type returns a member's type in words: what it is on the wire.
func (f *Field) Type() string {
	t := f.Kind.String()
	switch {
	case f.IDNA:
		t = "Name"
	case f.Kind == Time && f.Layout == "":
		t = "Milliseconds"
	}
	if f.Comma {
		t += ", joined by commas"
	}
	return t
}

// Rules returns in words what a member must keep, and what it does when it is
// left out.
func (f *Field) Rules() []string {
	var rules []string
	add := func(when bool, format string, args ...any) {
		if when {
			rules = append(rules, fmt.Sprintf(format, args...))
		}
	}
	add(f.Required, "required")
	add(f.Unless != "", "required unless %s", f.Unless)
	add(f.Must, "always told")
	switch {
	case f.Min != nil && f.Max != nil:
		add(true, "%d to %d", *f.Min, *f.Max)
	case f.Min != nil:
		add(true, "at least %d", *f.Min)
	case f.Max != nil:
		add(true, "at most %d", *f.Max)
	}
	add(f.Items > 0, "at most %d elements", f.Items)
	add(len(f.Known) > 0, "one of %s", strings.Join(f.Known, " "))
	add(f.Default != "", "default %s", f.Default)
	add(f.Secret, "secret")
	add(f.Newer, "newer than the API reference")
	return rules
}
