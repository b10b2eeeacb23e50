package testrunner

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// judgePlan compares what the plan prints with a golden file, or writes that.
func (p *player) judgePlan(g tests.Golden, d *played, result *RunResult) {
	if d.plan == nil {
		result.fail("There is no plan", "The run made no plan that could be compared with "+g.Name+".", g.At)
		return
	}
	got, err := printed(d.plan, path.Ext(g.Name))
	if err != nil {
		result.fail("The plan cannot be printed", words.Sentence(err), g.At)
		return
	}
	p.judgeGolden(g, "the plan", got, result)
}

// judgeGolden compares a text with a golden file, or writes that.
func (p *player) judgeGolden(g tests.Golden, what string, got []byte, result *RunResult) {
	want, err := readGolden(p.FS, g.Name)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err == nil && bytes.Equal(want, got):
	case err != nil && !missing:
		result.fail("Golden file cannot be read", words.Sentence(err), g.At)
	case p.Update != nil:
		if err := p.Update(g.Name, got); err != nil {
			result.fail("Golden file cannot be written", words.Sentence(err), g.At)
			return
		}
		result.Written = append(result.Written, g.Name)
	case missing:
		result.fail("No golden file", fmt.Sprintf("There is no file %s. Write it with domainsync test --update, and read it.", g.Name), g.At)
	default:
		result.fail(strings.ToUpper(what[:1])+what[1:]+" is another than in "+g.Name, string(diff.Diff(g.Name, want, what, got)), g.At)
	}
}

func readGolden(fsys fs.FS, name string) ([]byte, error) {
	if err := noLink(fsys, name); err != nil {
		return nil, err
	}
	return fs.ReadFile(fsys, name)
}

// printed prints a plan in the form of a golden file. What tells of persons is masked;
// the version of the program is left out, or each release would make all files others, and
// so is the hash of the files, which each comment changes. Of a page only the content is
// printed: its frame, style and script are the program's.
func printed(plan *planner.Plan, form string) ([]byte, error) {
	shown := plan.Masked(personal.NewMasker())
	shown.Version, shown.ConfigHash = "", ""
	var text bytes.Buffer
	write := map[string]func(io.Writer) error{
		".txt":  func(w io.Writer) error { return render.Text(w, shown, render.TextOptions{}) },
		".md":   func(w io.Writer) error { return render.Markdown(w, shown, render.MarkdownOptions{}) },
		".json": func(w io.Writer) error { return render.JSON(w, shown) },
		".html": func(w io.Writer) error {
			_, err := render.HTMLParts(w, shown)
			return err
		},
	}[form]
	err := write(&text)
	return text.Bytes(), err
}

// WriteBelow returns an update that writes below a directory, and through no link.
func WriteBelow(root *os.Root) func(name string, text []byte) error {
	return func(name string, text []byte) error {
		if err := noLink(root.FS(), name); err != nil {
			return err
		}
		if err := root.MkdirAll(path.Dir(name), 0o750); err != nil {
			return err
		}
		return root.WriteFile(name, text, 0o600)
	}
}

// noLink refuses a path of which a part is a link, and one that ends in something else
// than a file: to open a pipe is to wait for somebody who writes into it.
func noLink(fsys fs.FS, name string) error {
	for i, c := range name + "/" {
		if c != '/' {
			continue
		}
		info, err := fs.Lstat(fsys, name[:i])
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing lies below it either
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%s is a link: golden files are read and written through none", name[:i])
		}
		if i == len(name) && !info.Mode().IsRegular() {
			return fmt.Errorf("the golden file %s is not a regular file", name)
		}
	}
	return nil
}
