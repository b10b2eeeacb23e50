package config

import (
	"fmt"
	"io/fs"
	"path"
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
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, "."), name == "testdata":
		case e.IsDir():
			l.warnIgnoredDirectory(name)
		case strings.HasSuffix(name, ".hcl.json"):
			l.ignored(name, "File is not read", fmt.Sprintf("%q is HCL in JSON, which is not read: write it as HCL, in a file whose name ends in .hcl, or give it another name.", name))
		}
	}
}

// warnIgnoredDirectory does so for a directory in that of the configuration.
func (l *loader) warnIgnoredDirectory(name string) {
	for to := range l.directories {
		if to == name || strings.HasPrefix(to, name+"/") {
			return
		}
	}
	entries, err := fs.ReadDir(l.files.fsys, l.files.nameInRoot(name))
	if err != nil {
		return // nobody can say that something is ignored there
	}
	var found []string
	for _, e := range entries {
		if looksConfigured(e.Name()) && !e.IsDir() {
			found = append(found, path.Join(name, e.Name()))
		}
	}
	if len(found) == 0 {
		return
	}
	shown := words.List(found[:min(len(found), shownIgnored)], max(0, len(found)-shownIgnored))
	l.ignored(found[0], "Directory is not read", fmt.Sprintf(
		"%s: a configuration is the files of one directory, without those below it. Move what belongs here into this directory, use templates of %q with a library block, or plan it by itself with --dir.", shown, name))
}

// looksConfigured reports whether a file that nobody reads looks as if it declared
// something. Tests and values of variables do not.
func looksConfigured(name string) bool {
	switch {
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, TestSuffix), strings.HasSuffix(name, ".vars.hcl"):
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
