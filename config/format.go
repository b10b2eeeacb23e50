package config

import (
	"fmt"
	"io/fs"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/domainsync/domainsync/internal/textfile"
)

// SourceNames returns the names of the files that make the configuration in a
// directory, sorted.
func SourceNames(fsys fs.FS) ([]string, error) {
	return namesIn(fsys, IsSource)
}

// TestNames returns the names of the files in a directory that test its configuration,
// sorted. Hidden files are none.
func TestNames(fsys fs.FS) ([]string, error) { return namesIn(fsys, isTest) }

// FormattedNames returns the names of the files in a directory that are written in HCL,
// those with values of variables included, sorted.
func FormattedNames(fsys fs.FS) ([]string, error) { return namesIn(fsys, hasHCL) }

// namesIn returns the names of the files in a directory that have a property, sorted.
func namesIn(fsys fs.FS, has func(name string) bool) ([]string, error) {
	entries, err := newFiles(fsys, DefaultBounds()).entries()
	if err != nil {
		return nil, err
	}
	return namesOf(entries, has), nil
}

// Format reads a file as [LoadFS] does, and returns it as it is and in the one
// format of HCL, in UTF-8. A file with mistakes is not formatted; shown is its
// name in their text.
func Format(fsys fs.FS, name, shown string, b Bounds) (src, formatted []byte, mistakes Diagnostics) {
	src, err := newFiles(fsys, b).readFile(name, b.SourceSize)
	if err != nil {
		return nil, nil, unreadable(shown, err)
	}
	text, err := textfile.Decode(src)
	if err != nil {
		return src, nil, unreadable(shown, err)
	}
	text = unixSource(text)
	if _, diags := parseText(text, shown, b); diags.HasErrors() {
		return src, nil, newDiagnostics(diags, map[string][]byte{shown: text})
	}
	return src, hclwrite.Format(text), Diagnostics{}
}

func unreadable(shown string, err error) Diagnostics {
	return newDiagnostics(hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "File cannot be read", Detail: fmt.Sprintf("%q cannot be read: %v.", shown, err),
		Subject: lineRange(shown, 1, 0),
	}}, nil)
}
