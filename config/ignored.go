package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/internal/words"
)

// shownIgnored is how many files are named of those in one directory.
const shownIgnored = 3

// warnIgnored tells of files that look as if they belonged to the configuration, and
// that are not read: those of directories below it that are no library, and HCL in
// JSON.
func (l *loader) warnIgnored() {
	entries, err := l.files.entries()
	if err != nil {
		return // told where the configuration's files were looked for
	}
	left := maxEntries // that are looked at in all of the directories
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "."), name == "testdata":
		case e.IsDir():
			left -= l.warnIgnoredDirectory(name, left)
		case strings.HasSuffix(name, ".hcl.json"):
			l.ignored(name, "File is not read", fmt.Sprintf("%q is HCL in JSON, which is not read: write it as HCL, in a file whose name ends in .hcl, or give it another name.", name))
		}
	}
}

// warnIgnoredDirectory does so for a directory in that of the configuration, of which it
// looks at so many entries, and returns how many those were. What lies there is nobody's
// configuration, and may be anything: where there is more, nothing is said of that.
func (l *loader) warnIgnoredDirectory(name string, most int) (looked int) {
	for to := range l.directories {
		if to == name || strings.HasPrefix(to, name+"/") {
			return 0
		}
	}
	entries, err := readDirectory(l.files.fsys, l.files.nameInRoot(name), most)
	if err != nil {
		return 0 // nobody can say that something is ignored there
	}
	var found []string
	for _, e := range entries {
		if looksConfigured(e.Name()) && !e.IsDir() {
			found = append(found, path.Join(name, e.Name()))
		}
	}
	if len(found) == 0 {
		return len(entries)
	}
	slices.Sort(found)
	shown := words.List(found[:min(len(found), shownIgnored)], max(0, len(found)-shownIgnored))
	l.ignored(found[0], "Directory is not read", fmt.Sprintf(
		"%s: a configuration is the files of one directory, without those below it. Move what belongs here into this directory, use templates of %q with a library block, or plan it by itself with --dir.", shown, name))
	return len(entries)
}

// looksConfigured reports whether a file that nobody reads looks as if it declared
// something. Tests and values of variables do not.
func looksConfigured(name string) bool {
	switch {
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, TestSuffix), strings.HasSuffix(name, valuesEnding):
		return false
	}
	return strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".hcl.json")
}

// ignored warns of a file that is not read.
func (l *loader) ignored(file, summary, detail string) {
	l.diags = append(l.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: summary, Detail: detail, Extra: warned{file},
		Subject: &hcl.Range{Filename: file, Start: hcl.InitialPos, End: hcl.InitialPos},
	})
}
