package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
)

func newFmt(a *app) *cobra.Command {
	var check, diff bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Format the configuration's files",
		Long: `Formats the *.hcl files of the directory, or the files that are named, and prints
the names of those that changed. A file with a syntax error stays as it is. With
--diff the names are followed by what changes in their files.`,
		RunE: func(_ *cobra.Command, files []string) error { return a.fmt(files, check, diff) },
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit code 1 when a file is not formatted")
	cmd.Flags().BoolVar(&diff, "diff", false, "show what formatting changes; nothing is written with --check")
	return cmd
}

func (a *app) fmt(named []string, check, diff bool) error {
	sources, release, err := a.sources(named)
	if err != nil {
		return err
	}
	defer release()
	unformatted, wrong := 0, false
	for _, s := range sources {
		before, after, diags := config.Format(s.fsys, s.name, s.path, a.bounds())
		changed := !diags.HasErrors() && !bytes.Equal(before, after)
		if changed && !check {
			if err := s.write(after); err != nil {
				return err
			}
		}
		if err := diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
			return err
		}
		wrong = wrong || diags.HasErrors()
		if changed {
			unformatted++
			fmt.Fprintln(a.stdout, s.path)
			if diff {
				fmt.Fprintf(a.stdout, "%s", formattingOf(s.path, before, after))
			}
		}
	}
	if wrong {
		return ended(exitError)
	}
	if check && unformatted > 0 {
		return failed(exitError, "not formatted: %d of %d files; run domainsync fmt", unformatted, len(sources))
	}
	return nil
}

// A source is a file to format.
type source struct {
	fsys fs.FS
	name string // in fsys
	path string // for the user, and for writing
}

// sources returns the files that are named, wherever they are, or those of the
// configuration: links in its directory may come from strangers, and lead
// nowhere out of it.
func (a *app) sources(named []string) (sources []source, release func(), err error) {
	if len(named) > 0 {
		for _, path := range named {
			if _, err := os.Stat(path); err != nil {
				return nil, nil, err
			}
			sources = append(sources, source{os.DirFS(filepath.Dir(path)), filepath.Base(path), path})
		}
		return sources, func() {}, nil
	}
	root, err := os.OpenRoot(a.flags.dir)
	if err != nil {
		return nil, nil, err
	}
	release = func() { root.Close() } //nolint:errcheck // it was only read from
	names, err := config.FormattedNames(root.FS())
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("there is no *.hcl file in %s: name the right directory with --dir", a.flags.dir)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	for _, name := range names {
		sources = append(sources, source{root.FS(), name, filepath.Join(a.flags.dir, name)})
	}
	return sources, release, nil
}

// write puts the formatted text in the place of the file's.
func (s source) write(formatted []byte) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	return replaceFile(s.path, info.Mode().Perm(), func(w io.Writer) error {
		_, err := w.Write(formatted)
		return err
	})
}

// formattingOf shows what formatting changes in a file, in the form of diff -u.
func formattingOf(path string, before, after []byte) []byte {
	text := diff.Diff(path, before, path+" (formatted)", after)
	_, text, _ = bytes.Cut(text, []byte("\n")) // the line of the command diff
	return text
}
