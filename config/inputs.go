package config

import (
	"maps"
	"slices"
	"strings"
)

// Inputs are what a configuration was computed from, beside its variables. What a load
// asked for and did not find is one, too: it would be read if it were there. So files
// that are none of the inputs cannot change what a load returns.
type Inputs struct {
	// Files are paths from the configuration's directory, with slashes, sorted.
	Files []string
	// Filesets are the patterns by which files were looked for, sorted.
	Filesets []Fileset
}

// Fileset is a pattern of names below a directory, which the function fileset looked for.
type Fileset struct {
	Dir     string // from the configuration's directory, with slashes
	Pattern string
}

// Matches reports whether a file belongs to the set; its path is from Dir, with slashes.
func (s Fileset) Matches(path string) bool {
	return matchesPattern(strings.Split(path, "/"), strings.Split(s.Pattern, "/"))
}

// inputs returns what was asked for until now.
func (f *files) inputs() Inputs {
	return Inputs{
		Files: slices.Sorted(maps.Keys(f.asked)),
		Filesets: slices.SortedFunc(maps.Keys(f.sought), func(a, b Fileset) int {
			return strings.Compare(a.Dir+"\x00"+a.Pattern, b.Dir+"\x00"+b.Pattern)
		}),
	}
}

// Inputs returns what the load read that found these mistakes, or none.
func (d Diagnostics) Inputs() Inputs { return d.inputs }
