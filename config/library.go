package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/internal/words"
)

// libraryBlocks are the blocks that a library may have, libraryGives what they
// are called in messages.
var (
	libraryBlocks = []string{checkBlock, "contact", "library", "locals", "template", "variable"}
	libraryGives  = []string{"templates", "contacts", "locals", "variables", "checks", "libraries of its own"}
)

// maxLibraries bounds the libraries of one configuration.
const maxLibraries = 100

// reach is what library blocks may lead to.
type reach struct {
	fsys fs.FS
	from string // the configuration's directory in fsys
	dir  string // the same in the system's file tree, without links; "" where it is in none
}

// openReach opens the directory below which libraries lie. The configuration's directory
// must lie in it, or be it.
func openReach(dir, root string) (r reach, release func(), err error) {
	if r.dir, err = withoutLinks(dir); err != nil {
		return r, nil, err
	}
	if root == "" {
		root = r.dir
	}
	real, err := withoutLinks(root)
	if err != nil {
		return r, nil, fmt.Errorf("--root %s: %w", root, cause(err))
	}
	from, err := filepath.Rel(real, r.dir)
	if err != nil || !filepath.IsLocal(from) {
		return r, nil, fmt.Errorf("the directory %s does not lie below --root %s", dir, root)
	}
	opened, err := os.OpenRoot(real)
	if err != nil {
		return r, nil, fmt.Errorf("--root %s: %w", root, cause(err))
	}
	r.fsys, r.from = opened.FS(), filepath.ToSlash(from)
	return r, func() { opened.Close() }, nil //nolint:errcheck // it was only read from
}

func withoutLinks(dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

func outsideRoot(err error) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Directory outside of --root",
		Detail: words.Sentence(err) + " Name a directory that holds the configuration and the libraries that it may use.",
	}
}

// directory is where declarations come from: the configuration's directory, or a
// library.
type directory struct {
	*files
	constants *hcl.EvalContext // functions, and nothing to refer to
	scope     *hcl.EvalContext // variables, locals, contacts and templates as well
	library   *hcl.Range       // the first block that leads to it; nil: the configuration's own
	uses      map[string]*hcl.Range
	sees      map[string]bool // directories whose declarations it may refer to, its own included
}

func newDirectory(f *files, m *meter) *directory {
	d := &directory{files: f, uses: make(map[string]*hcl.Range)}
	d.constants = &hcl.EvalContext{Functions: functions(f, m)}
	d.scope = &hcl.EvalContext{Functions: d.constants.Functions, Variables: emptyScope()}
	return d
}

// directoryOf returns the directory that a place lies in.
func (l *loader) directoryOf(at *hcl.Range) *directory {
	if len(l.directories) > 1 {
		if d := l.directories[path.Dir(at.Filename)]; d != nil {
			return d
		}
	}
	return l.own
}

// scopeOf returns what an expression is computed with.
func (l *loader) scopeOf(expr hcl.Expression) *hcl.EvalContext {
	return l.directoryOf(expr.Range().Ptr()).scope
}

// declare makes values known by a root: to each directory those that it sees.
func declare[T any](l *loader, root string, values map[string]cty.Value, declared map[string]T, at func(T) *hcl.Range) {
	for _, d := range l.directories {
		seen := values
		if d != l.own {
			seen = maps.Clone(values)
			maps.DeleteFunc(seen, func(name string, _ cty.Value) bool { return !d.sees[l.directoryOf(at(declared[name])).path] })
		}
		d.scope.Variables[root] = cty.ObjectVal(seen)
	}
}

// addLibrary notes that a directory uses another one.
func (l *loader) addLibrary(block *hcl.Block) {
	a := l.arguments(block)["source"]
	if a == nil {
		return // reported as missing
	}
	user := l.directoryOf(header(block))
	source, ok := l.librarySource(a)
	if !ok {
		return
	}
	inRoot := path.Join(l.reach.from, user.path, source)
	if inRoot == ".." || strings.HasPrefix(inRoot, "../") {
		l.errorAt(a.Expr.Range().Ptr(), "Library outside of --root",
			"%q leads out of what may be read: by default a directory reads only below itself. Name a directory that holds both on the command line, with --root; files cannot.", source)
		return
	}
	to, err := filepath.Rel(filepath.FromSlash(l.reach.from), filepath.FromSlash(inRoot))
	if err != nil {
		l.errorAt(a.Expr.Range().Ptr(), "Library outside of --root", "%s", words.Sentence(err))
		return
	}
	to = filepath.ToSlash(to)
	if first := user.uses[to]; first != nil {
		l.errorAt(header(block), "Duplicate library", "%s already leads to %q. Remove one of the two.", place(first), source)
		return
	}
	user.uses[to] = a.Expr.Range().Ptr()
}

// librarySource returns where a library block leads.
func (l *loader) librarySource(a *hcl.Attribute) (string, bool) {
	at := a.Expr.Range().Ptr()
	if len(a.Expr.Variables()) > 0 {
		l.errorAt(at, "Source not written out", "The source of a library is a text without references: which files are read does not depend on what they say.")
		return "", false
	}
	source, diags := sourceText(a.Expr)
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		return "", false
	}
	switch {
	case source == "":
		l.errorAt(at, "Wrong type", "The source of a library is a directory, such as \"../common\".")
	case strings.Contains(source, "://") || strings.Contains(source, "::"):
		l.errorAt(at, "Not a directory", "%q: a library is a directory below --root, such as \"../common\". Nothing is fetched.", words.Truncate(source, longestQuote))
	case path.IsAbs(source) || filepath.IsAbs(source) || filepath.VolumeName(source) != "":
		l.errorAt(at, "Not a relative path", "%q: write the source as a path from this directory, such as \"../common\".", words.Truncate(source, longestQuote))
	case len(source) > maxSource || !utf8.ValidString(source) || strings.ContainsAny(source, "\\\x00"):
		l.errorAt(at, "Invalid path", "%q is no path of a directory: steps are separated by slashes, such as \"../common\".", words.Truncate(source, longestQuote))
	default:
		return source, true
	}
	return "", false
}

// maxSource bounds the path of a library, in bytes.
const maxSource = 1000

// loadLibraries reads the libraries that the directories read until now lead to, and
// those that these lead to. It reports whether all of them could be understood.
func (l *loader) loadLibraries() bool {
	ok := true
	for todo := []*directory{l.own}; len(todo) > 0; todo = todo[1:] {
		for _, to := range sortedKeys(todo[0].uses) {
			if l.directories[to] != nil {
				continue
			}
			d, fine := l.loadLibrary(to, todo[0].uses[to])
			if ok = ok && fine; d == nil {
				continue
			}
			todo = append(todo, d)
		}
	}
	return l.orderLibraries() && ok
}

// loadLibrary reads one library; nil where it is none.
func (l *loader) loadLibrary(to string, at *hcl.Range) (*directory, bool) {
	f := &files{filesRead: l.files.filesRead, fsys: l.reach.fsys, below: path.Join(l.reach.from, to), path: to, library: true}
	f.sought[Fileset{to, "*.hcl"}] = true
	names, err := f.configuration()
	switch {
	case len(l.directories) > maxLibraries:
		l.errorAt(at, "Too many libraries", "With this one the configuration has more than %d libraries.", maxLibraries)
	case errors.Is(err, fs.ErrNotExist):
		l.errorAt(at, "No library", "There is no directory %q. The path is from the directory of this file.", to)
	case err != nil:
		l.errorAt(at, "Library cannot be read", "%q cannot be read as a library: %s", to, words.Sentence(err))
	case len(names) == 0:
		l.errorAt(at, "No library", "The directory %q has no *.hcl file.", to)
	default:
		l.warnOfValues(f, at)
		d := newDirectory(f, l.meter)
		d.library = at
		l.directories[to] = d
		return d, l.loadFiles(d, names)
	}
	return nil, false
}

// warnOfValues says which files of a library nobody reads.
func (l *loader) warnOfValues(f *files, at *hcl.Range) {
	entries, err := f.entries()
	if names := namesOf(entries, isAutoValues); err == nil && len(names) > 0 {
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Values in a library", Subject: at, Extra: warned{f.path},
			Detail: fmt.Sprintf("%s of the library %q is not read: the directory that uses a library sets its variables. Write what holds for all into the defaults of the variable blocks.", words.List(names, 0), f.path),
		})
	}
}

// orderLibraries finds out which declarations each directory sees: its own, and those of
// its libraries and of theirs. It reports false where libraries use each other in a
// circle.
func (l *loader) orderLibraries() bool {
	needs := make(map[string][]string, len(l.directories))
	for at, d := range l.directories {
		needs[at] = sortedKeys(d.uses)
	}
	order, cycles := sortByNeeds(needs)
	for _, c := range cycles {
		l.errorAt(l.directories[c[0]].uses[c[1]], "Cycle of libraries", "The library leads back to where it is used: %s. Break the circle.", l.formatDirectories(c))
	}
	for _, at := range order {
		d := l.directories[at]
		d.sees = map[string]bool{at: true}
		for to := range d.uses {
			if used := l.directories[to]; used != nil {
				maps.Copy(d.sees, used.sees)
			}
		}
	}
	return len(cycles) == 0
}

// formatDirectories writes directories that lead to each other.
func (l *loader) formatDirectories(paths []string) string {
	shown := make([]string, len(paths))
	for i, at := range paths {
		if shown[i] = strconv.Quote(at); at == l.own.path {
			shown[i] = "this directory"
		}
	}
	return strings.Join(shown, " → ")
}

// outOfSight is the mistake of a library that refers to what is declared in a directory
// that it does not use; nil where it may.
func (l *loader) outOfSight(kind, name string, from, declared *hcl.Range) *hcl.Diagnostic {
	user, other := l.directoryOf(from), l.directoryOf(declared)
	if user.library == nil || user.sees[other.path] {
		return nil
	}
	return &hcl.Diagnostic{
		Summary: fmt.Sprintf("Reference to undeclared %s", kind),
		Detail: fmt.Sprintf("The library %q and the libraries that it uses declare no %s called %q; the one at %s belongs to another directory. Declare it in the library, or make it a variable of the library.",
			user.path, kind, name, place(declared)),
	}
}

// inSight returns those of some names whose declarations a place may refer to.
func inSight[T any](l *loader, from *hcl.Range, declared map[string]T, at func(T) *hcl.Range) []string {
	user := l.directoryOf(from)
	return slices.DeleteFunc(sortedKeys(declared), func(name string) bool {
		return user.library != nil && !user.sees[l.directoryOf(at(declared[name])).path]
	})
}
