package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// An accountDir is a directory whose files describe one account.
type accountDir struct {
	path      string   // as people write it
	real      string   // absolute and without links
	reachedBy []string // changed files, from the top of the work tree
	note      string   // why it counts as reached, where no file says so
}

// accountDirs returns the directories below the root that hold the *.hcl files of an
// account, sorted. Hidden ones are left out, and so are libraries, and those that hold nothing but
// values of variables that the command line names. A link to a directory is not followed, and
// said: what it leads to would be planned twice, or lies elsewhere.
func (a *app) accountDirs() ([]accountDir, error) {
	root := a.flags.root
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("--root %s: there is no such directory", root)
	}
	given := make(map[string]bool)
	for _, file := range a.flags.varFiles() {
		given[realPath(file)] = true
	}
	var dirs []accountDir
	fsys := os.DirFS(root)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		path := filepath.Join(root, filepath.FromSlash(name))
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			a.sayLink(path)
			return nil
		case !d.IsDir():
			return nil
		}
		dir := accountDir{path: path, real: realPath(path)}
		files, err := sourcesOf(fsys, name)
		if slices.ContainsFunc(files, func(f string) bool { return !given[realPath(filepath.Join(dir.real, f))] }) {
			dirs = append(dirs, dir)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("--root %s: not all directories can be read: %w", root, err)
	}
	slices.SortFunc(dirs, func(x, y accountDir) int { return strings.Compare(x.path, y.path) })
	return a.withoutLibraries(dirs), nil
}

// withoutLibraries leaves out directories that are no accounts: those that a library block
// of another directory leads to and that declare neither names nor settings. Without such
// a block a directory counts as an account, so that one that has lost its last name is
// still looked at.
func (a *app) withoutLibraries(dirs []accountDir) []accountDir {
	maybe, used := make(map[string]bool), make(map[string]bool)
	for _, d := range dirs {
		outline := a.outline(d)
		maybe[d.real] = outline.MayBeLibrary
		for _, source := range outline.Libraries {
			used[filepath.Join(d.real, filepath.FromSlash(source))] = true
		}
	}
	return slices.DeleteFunc(dirs, func(d accountDir) bool { return maybe[d.real] && used[d.real] })
}

// outline reads a directory as far as it can be understood.
func (a *app) outline(d accountDir) config.Outline {
	root, err := os.OpenRoot(d.real)
	if err != nil {
		return config.Outline{}
	}
	defer root.Close() //nolint:errcheck // it was only read
	return config.OutlineOf(root.FS(), a.bounds())
}

// findRootOfAll says for the rest of the command below which directory all accounts lie.
func (a *app) findRootOfAll() error {
	root, err := a.root()
	a.flags.root = cmp.Or(root, ".")
	return err
}

// sourcesOf returns the names of the *.hcl files in a directory.
func sourcesOf(fsys fs.FS, dir string) ([]string, error) {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	return config.SourceNames(sub)
}

// sayLink says that a link to a directory of an account is not followed.
func (a *app) sayLink(path string) {
	if files, err := config.SourceNames(os.DirFS(path)); err == nil && len(files) > 0 {
		fmt.Fprintf(a.stderr, "%s is a link, and not followed: what it leads to is planned where it lies below --root\n", inert.Text(path))
	}
}

// reached returns those of the directories that what has changed reaches.
func (a *app) reached(ctx context.Context, dirs []accountDir, c *gitChanges) ([]accountDir, error) {
	var found []accountDir
	for _, d := range dirs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if d.reachedBy = c.lyingIn(d, dirs); len(d.reachedBy) == 0 {
			if err := a.reachByInputs(&d, c); err != nil {
				return nil, err
			}
		}
		if len(d.reachedBy) > 0 || d.note != "" {
			found = append(found, d)
		}
	}
	return found, nil
}

// lyingIn returns the changed files that lie in a directory, but for hidden ones and
// those of an account whose directory lies below this one. Git may name a directory: one
// of a repository of its own, which may hold this one.
func (c *gitChanges) lyingIn(d accountDir, all []accountDir) (files []string) {
	for _, f := range c.changed {
		rel, err := filepath.Rel(d.real, f.path)
		ofAnother := func(other accountDir) bool {
			return other.real != d.real && within(d.real, other.real) && within(other.real, f.path)
		}
		if within(f.path, d.real) || err == nil && filepath.IsLocal(rel) && !hasHiddenStep(rel) && !slices.ContainsFunc(all, ofAnother) {
			files = append(files, f.shown)
		}
	}
	return files
}

// reachByInputs finds out whether a directory reads what has changed, wherever that
// lies. Files that it does not read cannot change what it declares, as [config.Inputs]
// says; where it cannot be loaded, nobody knows what it would have read.
func (a *app) reachByInputs(d *accountDir, c *gitChanges) error {
	a.flags.dir = d.path
	_, diags, err := a.loadFiles()
	if err != nil {
		return err
	}
	if diags.HasErrors() {
		d.note = "its files cannot be loaded, so that any change may concern it"
		return nil
	}
	inputs := diags.Inputs()
	d.reachedBy = read(c.changed, d.path, inputs, a.flags.varFiles())
	if ignored := read(c.ignored, d.path, inputs, a.flags.varFiles()); len(d.reachedBy) == 0 && len(ignored) > 0 {
		d.note = fmt.Sprintf("it reads %s, which git ignores, so that nobody knows whether it has changed", words.List(ignored[:1], len(ignored)-1))
	}
	for _, file := range a.flags.varFiles() {
		if len(d.reachedBy) == 0 && !within(c.top, realPath(file)) {
			d.note = fmt.Sprintf("%s lies outside of the work tree, so that nobody knows whether it has changed", file)
		}
	}
	return nil
}

// read returns which files a configuration reads, finds by a pattern, or takes values of
// variables from. A directory among them stands for all that is in it.
func read(files []changedFile, dir string, inputs config.Inputs, varFiles []string) (shown []string) {
	var places []string
	for _, file := range inputs.Files {
		places = append(places, placesOf(filepath.Join(dir, filepath.FromSlash(file)))...)
	}
	for _, file := range varFiles {
		places = append(places, placesOf(file)...)
	}
	for _, f := range files {
		isRead := func(place string) bool { return within(f.path, place) }
		isSought := func(s config.Fileset) bool { return seeks(dir, s, f.path) }
		if slices.ContainsFunc(places, isRead) || slices.ContainsFunc(inputs.Filesets, isSought) {
			shown = append(shown, f.shown)
		}
	}
	return shown
}

// seeks reports whether a set of files has one, or would have it if it were there.
func seeks(dir string, s config.Fileset, path string) bool {
	for _, place := range placesOf(filepath.Join(dir, filepath.FromSlash(s.Dir))) {
		rel, err := filepath.Rel(place, path)
		if within(path, place) || err == nil && filepath.IsLocal(rel) && s.Matches(filepath.ToSlash(rel)) {
			return true
		}
	}
	return false
}

// deletedDirs returns the directories below a root of whose *.hcl files the last was
// deleted, sorted, as people write them.
func (c *gitChanges) deletedDirs(root string, left []accountDir, varFiles []string) (dirs []string) {
	real := realPath(root)
	for _, f := range c.changed {
		rel, err := filepath.Rel(real, f.path)
		if err != nil || !filepath.IsLocal(rel) || hasHiddenStep(rel) || !config.IsSource(filepath.Base(rel)) {
			continue
		}
		_, err = os.Lstat(f.path)
		dir := filepath.Dir(f.path)
		isLeft := slices.ContainsFunc(left, func(d accountDir) bool { return d.real == dir })
		if errors.Is(err, fs.ErrNotExist) && !isLeft && !slices.ContainsFunc(varFiles, func(v string) bool { return realPath(v) == f.path }) {
			dirs = append(dirs, filepath.Join(root, filepath.Dir(rel)))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
