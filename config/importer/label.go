package importer

import (
	"strconv"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// label names a block after what its names have in common.
func label(values []argument) string {
	for _, v := range values {
		if titled, ok := v.value.(attr.Titled); ok && titled.Title() != "" {
			return identifier(titled.Title(), "ns")
		}
	}
	for _, v := range values {
		if v.attribute.Group != "" {
			return identifier(v.attribute.Name, "ns")
		}
	}
	return "names"
}

// identifier makes an HCL identifier of a text; the prefix goes before one that
// would not begin with a letter.
func identifier(s, prefix string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, s)
	if s = strings.Trim(s, "_"); s == "" || s[0] <= '9' {
		s = prefix + "_" + s
	}
	return strings.TrimRight(s, "_")
}

// labels gives out labels, each once.
type labels struct {
	used map[string]bool
	last map[string]int // number by label
}

func newLabels(taken ...string) *labels {
	l := &labels{used: make(map[string]bool), last: make(map[string]int)}
	for _, label := range taken {
		l.used[label] = true
	}
	return l
}

// unique numbers a label that is used already.
func (l *labels) unique(label string) string {
	numbered := label
	for l.used[numbered] {
		l.last[label]++
		numbered = label + "_" + strconv.Itoa(l.last[label]+1)
	}
	l.used[numbered] = true
	return numbered
}
