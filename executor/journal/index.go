package journal

import (
	"slices"
	"strings"
)

// An index finds texts in a list by a search in their order. A map of the steps of a
// run of a million changes would be larger than the texts.
type index struct {
	texts []string
	order []int32 // where the texts stand, sorted by text; nil: they are sorted
}

func newIndex(texts []string) *index {
	x := &index{texts: texts}
	if slices.IsSorted(texts) {
		return x
	}
	x.order = make([]int32, len(texts))
	for i := range x.order {
		x.order[i] = int32(i)
	}
	slices.SortStableFunc(x.order, func(a, b int32) int { return strings.Compare(texts[a], texts[b]) })
	return x
}

// find returns where a text stands, the first one of those that are the same; -1
// for nowhere.
func (x *index) find(text string) int {
	if x.order == nil {
		if at, ok := slices.BinarySearch(x.texts, text); ok {
			return at
		}
		return -1
	}
	at, ok := slices.BinarySearchFunc(x.order, text, func(i int32, text string) int { return strings.Compare(x.texts[i], text) })
	if !ok {
		return -1
	}
	return int(x.order[at])
}
