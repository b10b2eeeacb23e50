package importer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// blockLabels returns what a block may be called, the shortest first: parked, who
// operates its nameservers, and what else its names have in common.
func blockLabels(values []argument, known *references) []string {
	title, qualities := "names", []string(nil)
	for _, v := range values {
		if titled, ok := v.value.(attr.Titled); ok && titled.Title() != "" {
			title = identifier(titled.Title(), "ns")
			break
		}
		if v.attribute.Group != "" && title == "names" {
			title = identifier(v.attribute.Name, "ns")
		}
	}
	for _, v := range values {
		if described, ok := v.value.(attr.Describing); ok && described.Quality() != "" {
			qualities = append(qualities, described.Quality())
		}
	}
	named := strings.Join(append([]string{title}, qualities...), "_")
	labels := []string{named, named + "_" + templateLabel(shared(values), known, false), named + "_" + templateLabel(shared(values), known, true)}
	if strings.Contains(title, "parked") || strings.Contains(title, "parking") {
		labels = append([]string{strings.Join(append([]string{"parked"}, qualities...), "_")}, labels...)
	}
	return labels
}

// choose gives each of some things a label out of those that it may have: the first that
// no other of them may have at the same place. What is left gets numbers, in the order
// of the keys: so that what a thing is called follows from what it is, and not from how
// many there are.
func (l *labels) choose(may [][]string, keys []string) []string {
	chosen := make([]string, len(may))
	longest := 0
	for _, labels := range may {
		longest = max(longest, len(labels))
	}
	at := func(i, level int) string { return strings.TrimRight(may[i][min(level, len(may[i])-1)], "_") }
	for level := range longest {
		wanted := make(map[string]int)
		for i := range may {
			wanted[at(i, level)]++
		}
		for i := range may {
			if label := at(i, level); chosen[i] == "" && wanted[label] == 1 && !l.used[label] {
				chosen[i] = l.unique(label)
			}
		}
	}
	order := make([]int, 0, len(may))
	for i := range may {
		if chosen[i] == "" {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return strings.Compare(keys[x], keys[y]) })
	for _, i := range order {
		chosen[i] = l.unique(at(i, 0))
	}
	return chosen
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
