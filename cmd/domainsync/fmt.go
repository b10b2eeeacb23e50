package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
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
	unformatted, wrong := 0, false
	for _, name := range files {
		changed, diags, err := formatFile(name, check)
		if err != nil {
			return err
		}
		if err := diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
			return err
		}
		wrong = wrong || diags.HasErrors()
		if changed {
			unformatted++
			fmt.Fprintln(a.stdout, name)
		}
	}
	if wrong {
		return ended(exitError)
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
func formatFile(name string, check bool) (bool, config.Diagnostics, error) {
	info, err := os.Stat(name)
	if err != nil {
		return false, config.Diagnostics{}, err
	}
	if most := config.DefaultBounds().SourceSize; !info.Mode().IsRegular() || info.Size() > int64(most) {
		return false, config.Diagnostics{}, fmt.Errorf("%s is no regular file, or has more than %d bytes", name, most)
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return false, config.Diagnostics{}, err
	}
	formatted, diags := config.Format(name, source)
	if diags.HasErrors() || check || bytes.Equal(source, formatted) {
		return !bytes.Equal(source, formatted), diags, nil
	}
	err = replaceFile(name, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(formatted)
		return err
	})
	return true, diags, err
}
