package importer

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/domainsync/domainsync/config/attr"
)

// label names a block after what its names have in common: who operates their
// nameservers.
func label(values []argument) string {
	for _, v := range values {
		if hosts, ok := v.value.(attr.NameserverSet); ok && len(hosts) > 0 {
			return identifier(operators(hosts), "ns")
		}
	}
	for _, v := range values {
		if v.attribute.Group != "" {
			return identifier(v.attribute.Name, "ns")
		}
	}
	return "names"
}

// operators names those who operate the nameservers: by their domain where it
// is one, else by what their domains have in common apart from suffix and
// number (awsdns-01.com and awsdns-22.org are one operator's), else by the
// first two.
func operators(hosts attr.NameserverSet) string {
	var registered, stems []string
	for _, h := range hosts {
		r, err := publicsuffix.EffectiveTLDPlusOne(h)
		if err != nil {
			r = h
		}
		first, _, _ := strings.Cut(r, ".")
		registered = append(registered, r)
		stems = append(stems, strings.TrimRight(first, "-0123456789"))
	}
	slices.Sort(registered)
	slices.Sort(stems)
	registered, stems = slices.Compact(registered), slices.Compact(stems)
	switch {
	case len(registered) == 1:
		return registered[0]
	case len(stems) <= 2:
		return strings.Join(stems, "_and_")
	default:
		return stems[0] + "_and_" + stems[1] + "_and_others"
	}
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
