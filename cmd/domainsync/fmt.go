package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"
)

func newFmt(a *app) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Format the configuration's files",
		Long: `Formats the *.hcl files of the directory, or the files that are named, and prints
the names of those that changed. A file with a syntax error stays as it is.`,
		RunE: func(_ *cobra.Command, files []string) error { return a.fmt(files, check) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit code 1 when a file is not formatted")
	return cmd
}

func (a *app) fmt(files []string, check bool) error {
	files, err := a.hclFiles(files)
	if err != nil {
		return err
	}
	var diags hcl.Diagnostics
	sources := make(map[string]*hcl.File)
	unformatted := 0
	for _, name := range files {
		changed, file, problems, err := formatFile(name, check)
		if err != nil {
			return err
		}
		sources[name], diags = file, append(diags, problems...)
		if changed {
			unformatted++
			fmt.Fprintln(a.stdout, name)
		}
	}
	if err := a.diagnose(sources, diags); err != nil {
		return err
	}
	if check && unformatted > 0 {
		return failed(exitError, "not formatted: %d of %d files; run domainsync fmt", unformatted, len(files))
	}
	return nil
}

// hclFiles returns the files that are named, or all of the directory.
func (a *app) hclFiles(named []string) ([]string, error) {
	if len(named) > 0 {
		return named, nil
	}
	files, err := filepath.Glob(filepath.Join(escapeGlob(a.flags.dir), "*.hcl"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no *.hcl file in %s: name the right directory with --dir", a.flags.dir)
	}
	slices.Sort(files)
	return files, nil
}

// escapeGlob quotes a path for filepath.Glob.
func escapeGlob(path string) string {
	var b bytes.Buffer
	for _, r := range path {
		if bytes.ContainsRune([]byte(`*?[\`), r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// formatFile formats one file and reports whether that changes it.
func formatFile(name string, check bool) (bool, *hcl.File, hcl.Diagnostics, error) {
	info, err := os.Stat(name)
	if err != nil {
		return false, nil, nil, err
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return false, nil, nil, err
	}
	file, diags := hclsyntax.ParseConfig(source, name, hcl.InitialPos)
	formatted := hclwrite.Format(source)
	if diags.HasErrors() || bytes.Equal(source, formatted) {
		return false, file, diags, nil
	}
	if check {
		return true, file, diags, nil
	}
	err = replaceFile(name, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(formatted)
		return err
	})
	return true, file, diags, err
}
