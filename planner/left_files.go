package planner

import (
	"maps"
	"slices"
	"strings"
)

// leftMarks is how the marks of names begin in the journal that left the files, and of
// which nobody has said that they may: the apply after the next does not know any more
// that they were declared.
const leftMarks = "left the files "

// LeftFiles returns the names, sorted, that earlier applies declared, that the files
// neither declare any more nor release, and that the account holds.
func (in *Input) LeftFiles() []string {
	if in.Transfers != nil {
		return nil // such a plan looks at no name of the files
	}
	left := in.leftOf(in.History.Declared)
	for mark := range in.History.Seen {
		if name, ok := strings.CutPrefix(mark, leftMarks); ok && in.hasLeft(name) {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	return slices.Compact(left)
}

// leftOf returns those of some names that have left the files. The names and those of the
// files are sorted, so that nearly all are found beside each other; where they are not, a
// name is looked up.
func (in *Input) leftOf(names []string) (left []string) {
	declared, at := in.Portfolio.Domains, 0
	for _, name := range names {
		for at < len(declared) && declared[at].Name < name {
			at++
		}
		if at < len(declared) && declared[at].Name == name {
			continue
		}
		if in.hasLeft(name) {
			left = append(left, name)
		}
	}
	return left
}

// hasLeft reports whether the files neither declare nor release a name that was declared
// before, and the account still holds it. A name that left the account has left the
// files for that reason.
func (in *Input) hasLeft(name string) bool {
	return in.Portfolio.Domain(name) == nil && in.Portfolio.ReleasedBy(name) == nil && in.Live.Domain(name) != nil
}

// markLeft has the journal keep which names left the files without a word, and forget
// those that are declared again, released, or lacking in the account.
func (p *Plan) markLeft(in *Input) {
	left := in.LeftFiles()
	for _, name := range left {
		p.StartsClock = append(p.StartsClock, leftMarks+name)
	}
	for _, mark := range slices.Sorted(maps.Keys(in.History.Seen)) {
		name, ok := strings.CutPrefix(mark, leftMarks)
		if _, still := slices.BinarySearch(left, name); ok && !still && in.Listed == nil && in.Transfers == nil {
			p.ResetsClock = append(p.ResetsClock, mark)
		}
	}
}
