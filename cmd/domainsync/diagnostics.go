package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// The severities of mistakes.
const (
	severityError   = "error"
	severityWarning = "warning"
)

func newDiagnostic(all config.Diagnostics, d *hcl.Diagnostic) *diagnostic {
	shown := &diagnostic{Severity: severityError, Summary: d.Summary, Detail: d.Detail}
	if d.Severity == hcl.DiagWarning {
		shown.Severity = severityWarning
	}
	if path := all.Path(d.Subject); path != "" {
		shown.Source = newRegion(path, d.Subject)
	}
	return shown
}

// newRegion returns a place in a file, as seen from the working directory.
func newRegion(path string, at *hcl.Range) *sourceRegion {
	return &sourceRegion{
		File: fromDirectory(workingDirectory(), path), Line: at.Start.Line, Column: at.Start.Column,
		EndLine: at.End.Line, EndColumn: at.End.Column,
	}
}

// workingDirectory returns the directory that the process runs in, "" where it cannot
// be told.
func workingDirectory() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	return dir
}

// fromDirectory returns the path of a file as seen from a directory, with slashes. A
// file elsewhere keeps its absolute path.
func fromDirectory(dir, file string) string {
	absolute, err := filepath.Abs(file)
	if err != nil || dir == "" {
		return filepath.ToSlash(file)
	}
	relative, err := filepath.Rel(dir, absolute)
	if err != nil || !filepath.IsLocal(relative) {
		return filepath.ToSlash(absolute)
	}
	return filepath.ToSlash(relative)
}

func writeDiagnosticsJSON(w io.Writer, v *validation) error {
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// annotate prints mistakes as annotations, which GitHub shows beside the lines that
// they point to. They are workflow commands: nothing else of the program writes such,
// and whatever they quote is escaped, so that it ends none and begins none. The log
// of the step shows no file of them, so that a line of text follows each.
func (a *app) annotate(_ io.Writer, v *validation) error {
	root := repositoryRoot(a.getenv)
	for _, d := range v.Diagnostics {
		if _, err := io.WriteString(a.stdout.heldWriter, annotation(d, root)); err != nil {
			return err
		}
		if d.Source != nil {
			fmt.Fprintf(a.stdout, "  %s line %d\n", inert.Text(d.Source.File), d.Source.Line)
		}
	}
	if v.Valid && v.Directories > 0 {
		_, err := io.WriteString(a.stdout, validInAll(v))
		return err
	}
	if v.Valid {
		fmt.Fprintf(a.stdout, "The configuration is valid: %s.\n", words.Count(v.Names, "name"))
	}
	return nil
}

// repositoryRoot returns the directory from which GitHub names the files of a pull
// request: where the repository was checked out, else where the process runs.
func repositoryRoot(getenv func(string) string) string {
	if dir := getenv("GITHUB_WORKSPACE"); dir != "" {
		return dir
	}
	return workingDirectory()
}

// annotation returns the workflow command that makes an annotation, with the end of
// its line. Columns stand only where they lie in one line: GitHub takes no others.
func annotation(d *diagnostic, root string) string {
	var properties []string
	if s := d.Source; s != nil {
		properties = append(properties, "file="+commandProperty(fromDirectory(root, filepath.FromSlash(s.File))),
			fmt.Sprintf("line=%d", s.Line), fmt.Sprintf("endLine=%d", max(s.Line, s.EndLine)))
		if s.Line == s.EndLine {
			properties = append(properties, fmt.Sprintf("col=%d", s.Column), fmt.Sprintf("endColumn=%d", max(s.Column, s.EndColumn)))
		}
	}
	properties = append(properties, "title="+commandProperty(d.Summary))
	text := d.Detail
	if text == "" {
		text = d.Summary
	}
	return "::" + d.Severity + " " + strings.Join(properties, ",") + "::" + commandText(inert.Lines(text)) + "\n"
}

// commandText escapes a text for the message of a workflow command. What would be a
// command of its own in an older form is broken up as in all output.
func commandText(s string) string {
	var b strings.Builder
	w := inert.NewWriter(&b, false)
	io.WriteString(w, s) //nolint:errcheck // a builder takes everything
	w.Close()            //nolint:errcheck // likewise
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(b.String())
}

// commandProperty escapes a text for a property of a workflow command.
func commandProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandText(inert.Text(s)))
}
