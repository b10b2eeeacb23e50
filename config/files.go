package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/domainsync/domainsync/internal/textfile"
	"github.com/domainsync/domainsync/internal/words"
)

// files reads below one directory: that of the configuration, or a library's.
type files struct {
	*filesRead
	fsys     fs.FS
	below    string                       // of the directory in fsys
	path     string                       // of the directory from the configuration's
	library  bool                         // links lead nowhere, not even within the directory
	added    map[string][]byte            // read as if they were there, by name
	callable map[string]function.Function // by templates
}

// filesRead is what was read for a configuration, of all its directories. Paths are from
// the configuration's directory.
type filesRead struct {
	sources map[string][]byte    // of the configuration and its libraries, by path
	values  map[string][]byte    // of values of variables, by path or flag
	read    map[string]cty.Value // texts read by the function file, by path
	tables  []table              // read from texts
	listed  map[string]string    // names found by the function fileset, by path and pattern
	asked   map[string]bool      // files that were to be read, by path
	sought  map[Fileset]bool     // that were to be listed

	templates map[string]hclsyntax.Expression // by path
	revealed  map[string]bool                 // values of sensitive variables that may be shown, as JSON

	bounds Bounds
	sizes  int // of what was read
}

func newFiles(fsys fs.FS, b Bounds) *files {
	return &files{fsys: fsys, below: ".", path: ".", filesRead: &filesRead{
		sources: make(map[string][]byte), values: make(map[string][]byte), read: make(map[string]cty.Value),
		listed: make(map[string]string), asked: make(map[string]bool), sought: make(map[Fileset]bool),
		templates: make(map[string]hclsyntax.Expression), revealed: make(map[string]bool), bounds: b,
	}}
}

// nameInRoot returns the path of a file in the file system.
func (f *files) nameInRoot(name string) string { return path.Join(f.below, name) }

// pathOf returns the path of a file from the configuration's directory.
func (f *files) pathOf(name string) string { return path.Join(f.path, name) }

// owner names the directory in messages.
func (f *files) owner() string {
	if f.library {
		return "library"
	}
	return "configuration"
}

// configuration returns the names of the files that make the configuration,
// sorted. Hidden files are left out: editors keep their own in such.
func (f *files) configuration() ([]string, error) {
	entries, err := f.entries()
	if err != nil {
		return nil, err
	}
	return namesOf(entries, IsSource), nil
}

// namesOf returns the names of the files among entries that have a property, sorted.
func namesOf(entries []fs.DirEntry, has func(name string) bool) (names []string) {
	for _, e := range entries {
		if !e.IsDir() && has(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

// Files with values of variables are no part of the configuration; those that are loaded
// by themselves have the longer ending.
const (
	valuesEnding     = ".vars.hcl"
	autoValuesEnding = ".auto" + valuesEnding
)

// FleetFile is the name of the file that says which jobs are run. It is the operator's,
// and no part of the configuration of an account.
const FleetFile = "fleet.hcl"

// IsSource reports whether a file of that name makes the configuration of its directory.
func IsSource(name string) bool {
	return hasHCL(name) && !strings.HasSuffix(name, valuesEnding) && !isTest(name) && name != FleetFile
}

func hasHCL(name string) bool {
	return strings.HasSuffix(name, ".hcl") && !strings.HasPrefix(name, ".")
}

func isAutoValues(name string) bool {
	return hasHCL(name) && strings.HasSuffix(name, autoValuesEnding)
}

// TestSuffix ends the names of files that test a configuration. They are none of its
// files.
const TestSuffix = ".test.hcl"

func isTest(name string) bool { return hasHCL(name) && strings.HasSuffix(name, TestSuffix) }

// maxEntries bounds the entries of directories that are looked at, by each fileset and
// for the files of a directory.
const maxEntries = 100_000

// entries returns what is in the directory.
func (f *files) entries() ([]fs.DirEntry, error) {
	if err := f.refuseLinks("."); err != nil {
		return nil, err
	}
	entries, err := readDirectory(f.fsys, f.below, maxEntries+1)
	if len(entries) > maxEntries {
		return nil, fmt.Errorf("it has more than %s files and directories", words.Number(maxEntries))
	}
	return entries, err
}

// readDirectory returns what is in a directory, in any order, and no more than so many.
func readDirectory(fsys fs.FS, name string, most int) ([]fs.DirEntry, error) {
	// Opening a pipe would wait for ever.
	if info, err := fs.Stat(fsys, name); err != nil {
		return nil, cause(err)
	} else if !info.IsDir() {
		return nil, errors.New("not a directory")
	}
	dir, err := fsys.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer dir.Close() //nolint:errcheck // it was only read
	list, ok := dir.(fs.ReadDirFile)
	if !ok {
		return nil, errors.New("not a directory")
	}
	if most <= 0 {
		return nil, nil // ReadDir would return all
	}
	entries, err := list.ReadDir(most)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return entries, cause(err)
}

// refuseLinks says whether a path of a library leads over a link. Such may come from
// anybody, and lead to where the files of others lie.
func (f *files) refuseLinks(name string) error {
	if !f.library {
		return nil
	}
	at := "."
	for step := range strings.SplitSeq(f.nameInRoot(name), "/") {
		at = path.Join(at, step)
		info, err := fs.Lstat(f.fsys, at)
		if err != nil {
			return cause(err)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("%q is a link, and a library is read without links", path.Base(at))
		}
	}
	return nil
}

// all returns everything that diagnostics can point to, by name.
func (f *files) all() map[string][]byte {
	all := maps.Clone(f.sources)
	maps.Copy(all, f.values)
	return all
}

// source reads a file of the configuration.
func (f *files) source(name string) ([]byte, error) {
	src, added := f.added[name]
	var err error
	if !added {
		src, err = f.readFile(name, f.bounds.SourceSize)
	}
	if err != nil {
		return nil, fmt.Errorf("%q cannot be read: %w; the files of a %s lie in its directory", name, err, f.owner())
	}
	if src, err = textfile.Decode(src); err != nil {
		return nil, fmt.Errorf("%q cannot be read: %w", name, err)
	}
	src = unixSource(src)
	f.sources[f.pathOf(name)] = src
	return src, nil
}

// unixSource ends the lines of a file of old Macs in line feeds. In other files
// a carriage return alone is a mistake.
func unixSource(src []byte) []byte {
	if bytes.IndexByte(src, '\n') < 0 {
		return textfile.UnixLines(src)
	}
	return src
}

// inside returns the cleaned path of what lies below the directory. What was read from
// another directory is outside all the same, so this comes before whatever is kept of it.
func (f *files) inside(name, reader string) (string, error) {
	clean := path.Clean(name)
	if path.IsAbs(name) || !fs.ValidPath(clean) {
		return "", fmt.Errorf("%q is outside the %s's directory: %s reads only below it", name, f.owner(), reader)
	}
	return clean, nil
}

// text reads a file for an expression.
func (f *files) text(name string) (cty.Value, error) {
	clean, err := f.inside(name, "file")
	if err != nil {
		return cty.NilVal, err
	}
	if v, ok := f.read[f.pathOf(clean)]; ok {
		return v, nil
	}
	data, err := f.bytes(name, clean)
	if err != nil {
		return cty.NilVal, err
	}
	if data, err = textfile.Decode(data); err != nil {
		return cty.NilVal, fmt.Errorf("%q cannot be read: %w", name, err)
	}
	v := cty.StringVal(string(textfile.UnixLines(data)))
	f.read[f.pathOf(clean)] = v
	return v, nil
}

// bytes returns what is in a file that an expression, or a test, reads.
func (f *files) bytes(name, clean string) ([]byte, error) {
	data, err := f.readFile(clean, f.bounds.FileSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %q in the %s's directory", name, f.owner())
	case err != nil:
		return nil, fmt.Errorf("%q cannot be read: %w", name, err)
	}
	return data, nil
}

// readFile reads a regular file: opening a pipe would wait for ever, and reading
// a device never ends.
func (f *files) readFile(name string, most int) ([]byte, error) {
	f.asked[f.pathOf(name)] = true
	if err := f.refuseLinks(name); err != nil {
		return nil, err
	}
	info, err := fs.Stat(f.fsys, f.nameInRoot(name))
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	file, err := f.fsys.Open(f.nameInRoot(name))
	if err != nil {
		return nil, cause(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	data, err := readBounded(file, info.Size(), most)
	if f.sizes += len(data); err == nil && f.sizes > f.bounds.AllSizes {
		err = fmt.Errorf("with it the files of the configuration have more than %s; %s", megabytes(f.bounds.AllSizes), raiseFileLimits)
	}
	return data, cause(err)
}

// raiseFileLimits ends the errors about the bounds of files.
const raiseFileLimits = "if they are meant, raise the limits with --file-limits"

// readBounded reads a file, or says that it is too large; size is what it is
// said to have.
func readBounded(file io.Reader, size int64, most int) ([]byte, error) {
	if size > int64(most) {
		return nil, fmt.Errorf("it has %s, more than %s; %s", megabytes(int(size)), megabytes(most), raiseFileLimits)
	}
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead)
	_, err := b.ReadFrom(io.LimitReader(file, int64(most)+1))
	if err == nil && b.Len() > most {
		err = fmt.Errorf("it has more than %s; %s", megabytes(most), raiseFileLimits)
	}
	return b.Bytes(), err
}

// cause returns an error of the file system without operation and path.
func cause(err error) error {
	pe := (*fs.PathError)(nil)
	switch {
	case !errors.As(err, &pe):
		return err
	case pe.Err.Error() == escapes:
		return errors.New("it is a link that leads out of the configuration's directory")
	}
	return pe.Err
}

// escapes is what os.Root says of a link that leads out; it has no name for it.
const escapes = "path escapes from parent"

// hash identifies everything that the portfolio was computed from.
func (l *loader) hash() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(l.files.sources)) {
		digest(h, "file", name, string(l.files.sources[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(l.files.read)) {
		digest(h, "read", name, l.files.read[name].AsString())
	}
	for _, name := range slices.Sorted(maps.Keys(l.files.listed)) {
		digest(h, "list", name, l.files.listed[name])
	}
	for _, value := range slices.Sorted(maps.Keys(l.files.revealed)) {
		digest(h, "revealed", value)
	}
	for _, name := range slices.Sorted(maps.Keys(l.variables)) {
		if l.variables[name].sensitive {
			continue // a hash of little text tells it; what becomes of it is revealed
		}
		digest(h, "variable", name, l.variables[name].fingerprint())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digest hashes texts with their lengths: no two lists of texts are alike.
func digest(h hash.Hash, texts ...string) {
	for _, s := range texts {
		fmt.Fprintf(h, "%d:", len(s))
		io.WriteString(h, s) //nolint:errcheck // a hash takes everything
	}
}

// fingerprint writes the value of a variable.
func (v *variable) fingerprint() string {
	data, err := ctyjson.Marshal(v.value, cty.DynamicPseudoType)
	if err != nil {
		return v.value.GoString()
	}
	return string(data)
}
