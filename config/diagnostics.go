package config

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// Diagnostics are what is wrong with a configuration, sorted by file and line,
// with the sources of the places that they point to.
//
//nolint:errname // the name that HCL gives them
type Diagnostics struct {
	hcl.Diagnostics
	sources map[string][]byte
	dir     string            // of the configuration, as it was given
	realDir string            // the same without links, from which paths of libraries go on
	values  map[string][]byte // of variables, by the file or the flag that gives them
	inputs  Inputs            // of the load that found them
}

// In returns the diagnostics of a directory that is called otherwise.
func (d Diagnostics) In(dir string) Diagnostics {
	d.dir = dir
	return d
}

// Path returns the path of the file that a place lies in, from where the process
// runs; "" where it lies in no file but in a flag.
func (d Diagnostics) Path(place *hcl.Range) string {
	if place == nil || place.Filename == "" {
		return ""
	}
	if _, given := d.values[place.Filename]; !given {
		return d.pathOf(place.Filename)
	}
	if strings.HasPrefix(place.Filename, flagOfVariable) || strings.HasPrefix(place.Filename, VariablesOfEnvironment) {
		return ""
	}
	return filepath.Clean(place.Filename)
}

// pathOf returns the path of a file of the configuration. A library's begins with the
// directory above; where the directory is a link, that is another one than the link's.
func (d Diagnostics) pathOf(name string) string {
	if full := filepath.Join(d.dir, name); !strings.HasPrefix(name, "../") || d.realDir == "" {
		return full
	} else if real, err := withoutLinks(filepath.Dir(full)); err == nil && real == filepath.Dir(filepath.Join(d.realDir, name)) {
		return full
	}
	return filepath.Join(d.realDir, name)
}

// newDiagnostics sorts diagnostics, drops what is said twice, and keeps the
// sources that they point to.
func newDiagnostics(diags hcl.Diagnostics, sources map[string][]byte) Diagnostics {
	slices.SortStableFunc(diags, compareDiagnostics)
	diags = slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return compareDiagnostics(a, b) == 0
	})
	d := Diagnostics{Diagnostics: diags, sources: make(map[string][]byte)}
	for _, diag := range diags {
		diag.Summary, diag.Detail = words.Truncate(diag.Summary, longestMessage), words.Truncate(withoutStackTrace(diag.Detail), longestMessage)
		if diag.Subject != nil {
			d.sources[diag.Subject.Filename] = sources[diag.Subject.Filename]
		}
	}
	return d
}

// withoutStackTrace replaces the stack trace that the library writes where a
// function panics.
func withoutStackTrace(detail string) string {
	before, after, found := strings.Cut(detail, "panic in function implementation: ")
	if !found {
		return detail
	}
	what, _, _ := strings.Cut(after, "\n")
	return fmt.Sprintf("%sdomainsync cannot compute this (%s). Write it in another way, and report it as a fault of the program.", before, what)
}

// longestMessage bounds a message, in characters: it may quote a text that is
// very long.
const longestMessage = 8000

func compareDiagnostics(a, b *hcl.Diagnostic) int {
	return cmp.Or(
		compareRanges(a.Subject, b.Subject),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Summary, b.Summary),
		cmp.Compare(a.Detail, b.Detail),
	)
}

func compareRanges(a, b *hcl.Range) int {
	if a == nil || b == nil {
		return cmp.Compare(boolToInt(a != nil), boolToInt(b != nil))
	}
	return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Start.Byte, b.Start.Byte))
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// WriteText writes the diagnostics with snippets of the sources. Of those of
// one kind the first ones are written, and how many more there are. What would
// drive a terminal instead of being shown is escaped, in sources replaced. A
// width of 0 does not wrap.
func (d Diagnostics) WriteText(w io.Writer, width int, color bool) error {
	d.Diagnostics = d.Consolidated()
	return d.WriteEach(w, width, color)
}

// Only returns the diagnostics of one severity.
func (d Diagnostics) Only(severity hcl.DiagnosticSeverity) Diagnostics {
	d.Diagnostics = slices.DeleteFunc(slices.Clone(d.Diagnostics), func(diag *hcl.Diagnostic) bool { return diag.Severity != severity })
	return d
}

// First returns the first n of the diagnostics as they are consolidated.
func (d Diagnostics) First(n int) Diagnostics {
	all := d.Consolidated()
	d.Diagnostics = all[:min(n, len(all))]
	return d
}

// WriteEach is [Diagnostics.WriteText] of all diagnostics, however many there are of a
// kind.
func (d Diagnostics) WriteEach(w io.Writer, width int, color bool) error {
	files := make(map[string]*hcl.File)
	out := hcl.NewDiagnosticTextWriter(w, files, uint(max(width, 0)), color)
	scanned := 0
	for _, diag := range d.Diagnostics {
		if at := diag.Subject; at != nil {
			if files[at.Filename] == nil && d.sources[at.Filename] != nil {
				files[at.Filename] = shownFile(d.sources[at.Filename], at.Filename)
			}
			if scanned += len(d.sources[at.Filename]); scanned > maxScanned {
				delete(files, at.Filename)
			}
		}
		one := *diag
		one.Summary, one.Detail = inert.Lines(diag.Summary), inert.Lines(diag.Detail)
		if showsLongValues(&one) {
			one.Expression, one.EvalContext = nil, nil
		}
		if err := out.WriteDiagnostic(&one); err != nil {
			return err
		}
	}
	return nil
}

// longestShown is the longest line of a source that is shown, in bytes.
const longestShown = 2000

// maxScanned bounds the bytes of sources that are gone through to show the
// lines of mistakes: the writer begins each time at the beginning of the file.
const maxScanned = 24 << 20

// maxNavigated is the largest source of which the blocks are told in which
// places are: that takes a syntax tree.
const maxNavigated = 1 << 20

// shownFile is a source as it is shown: without lines that are very long, and
// with its syntax tree, which tells in which block a place is.
func shownFile(src []byte, name string) *hcl.File {
	b := DefaultBounds()
	b.LineSize = longestShown
	if checkLines(src, name, b) != nil {
		return nil
	}
	file := &hcl.File{Bytes: shownSource(src)}
	if len(src) > maxNavigated || checkNesting(src, name, hcl.InitialPos, b) != nil {
		return file
	}
	if parsed, _ := hclsyntax.ParseConfig(src, name, hcl.InitialPos); parsed != nil {
		file.Nav = parsed.Nav
	}
	return file
}

// showsLongValues reports whether the values that a diagnostic shows are long.
func showsLongValues(d *hcl.Diagnostic) bool {
	if d.Expression == nil || d.EvalContext == nil {
		return false
	}
	for _, t := range d.Expression.Variables() {
		v, diags := t.TraverseAbs(d.EvalContext)
		if s, ok := rawOf(v).(string); ok && !diags.HasErrors() && len(s) > longestShown {
			return true
		}
	}
	return false
}

// visible reports whether a character shows, and does nothing else.
func visible(r rune) bool { return unicode.IsPrint(r) || r == '\n' || r == '\t' }

// shownSource replaces the characters of a source that do not just show. Its
// places must not move.
func shownSource(src []byte) []byte {
	var out []byte
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		endOfLine := r == '\r' && i+1 < len(src) && src[i+1] == '\n'
		if !visible(r) && !endOfLine || r == utf8.RuneError {
			if out == nil {
				out = bytes.Clone(src)
			}
			for j := i; j < i+size; j++ {
				out[j] = '?'
			}
		}
		i += size
	}
	if out == nil {
		return src
	}
	return out
}

// String writes the diagnostics without colour and without wrapping lines.
func (d Diagnostics) String() string {
	var b strings.Builder
	d.WriteText(&b, 0, false) //nolint:errcheck // a builder takes everything
	return b.String()
}

// Consolidated returns the diagnostics with one warning and a few errors of each
// summary; the last of them says how many more there are.
func (d Diagnostics) Consolidated() hcl.Diagnostics {
	type kind struct {
		severity hcl.DiagnosticSeverity
		summary  string
	}
	count, seen := make(map[kind]int), make(map[kind]int)
	for _, diag := range d.Diagnostics {
		count[kind{diag.Severity, diag.Summary}]++
	}
	var out hcl.Diagnostics
	for _, diag := range d.Diagnostics {
		k, limit, similar := kind{diag.Severity, diag.Summary}, shownErrors, "more similar error"
		if diag.Severity == hcl.DiagWarning {
			limit, similar = 1, "more similar warning"
		}
		seen[k]++
		if seen[k] > limit {
			continue
		}
		if more := count[k] - limit; more > 0 && seen[k] == limit {
			one := *diag
			one.Detail += fmt.Sprintf("\n\n(and %s elsewhere)", words.Count(more, similar))
			diag = &one
		}
		out = append(out, diag)
	}
	return out
}

// shownErrors bounds how many errors of one kind are written. Each costs a look
// through its file.
const shownErrors = 20

// longestQuote bounds what a message quotes of a value, in characters.
const longestQuote = 60

// place writes a range as file:line.
func place(r *hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// findings gathers the mistakes of the names of one block. A mistake that many
// names share is reported once, with the names.
type findings struct {
	count  int // of what was added
	diags  hcl.Diagnostics
	groups map[finding]*group
	order  []*group
	// where tells the place of the row that is looked at, "" where it is in no
	// table. It is called only for what is shown: looking takes a while.
	where func() string
}

type finding struct {
	at       hcl.Range
	summary  string
	severity hcl.DiagnosticSeverity
}

type group struct {
	first   *hcl.Diagnostic
	details []detail // different ones, in the order of their appearance
	index   map[string]int
	more    int    // names whose details were not kept
	last    string // the name that was counted last
}

type detail struct {
	text  string
	names []string // the first few
	more  int
	last  string // the name that was added last
}

// shownDetails and shownNames bound how much of one kind of mistake is told.
const (
	shownDetails = 20
	shownNames   = 3
)

// add records a mistake; name is "" where it is one of the block as a whole.
func (f *findings) add(name string, diag *hcl.Diagnostic) {
	f.count++
	if name == "" || diag.Subject == nil {
		f.diags = append(f.diags, diag)
		return
	}
	if f.groups == nil {
		f.groups = make(map[finding]*group)
	}
	key := finding{*diag.Subject, diag.Summary, diag.Severity}
	g := f.groups[key]
	if g == nil {
		g = &group{first: diag, index: make(map[string]int)}
		f.groups[key] = g
		f.order = append(f.order, g)
	}
	g.add(name, diag.Detail, func() string { return f.label(name) })
}

// label names a name together with the row that it comes from.
func (f *findings) label(name string) string {
	if f.where != nil {
		if at := f.where(); at != "" {
			return name + " (" + at + ")"
		}
	}
	return name
}

// add records a detail of a name. A name may have it several times, for several
// parts of its value: it is one name.
func (g *group) add(name, text string, label func() string) {
	i, ok := g.index[text]
	switch {
	case !ok && len(g.details) == shownDetails:
		if g.last != name {
			g.more++
		}
	case !ok:
		g.index[text] = len(g.details)
		g.details = append(g.details, detail{text: text, names: []string{label()}, last: name})
	case g.details[i].last != name:
		g.details[i].add(name, label)
	}
	g.last = name
}

func (d *detail) add(name string, label func() string) {
	d.last = name
	if len(d.names) == shownNames {
		d.more++
		return
	}
	d.names = append(d.names, label())
}

// all returns what was found.
func (f *findings) all() hcl.Diagnostics {
	diags := f.diags
	for _, g := range f.order {
		diags = append(diags, g.diagnostic())
	}
	return diags
}

func (g *group) diagnostic() *hcl.Diagnostic {
	d := *g.first
	lines := make([]string, 0, len(g.details)+1)
	before := ""
	for i := range g.details {
		x := &g.details[i]
		if who := x.subjects(); who == before {
			lines[len(lines)-1] += " " + x.text // what else is wrong with the same names
		} else {
			lines, before = append(lines, who+": "+x.text), who
		}
	}
	if g.more > 0 {
		lines = append(lines, fmt.Sprintf("… and %s with mistakes like these.", words.Count(g.more, "more name")))
	}
	if len(lines) > 1 || len(g.details) > 1 || len(g.details[0].names) > 1 {
		// What holds for the first name alone would mislead.
		d.Expression, d.EvalContext = nil, nil
	}
	d.Detail = strings.Join(lines, "\n")
	return &d
}

// subjects names those that have a mistake.
func (d *detail) subjects() string {
	return words.List(d.names, d.more)
}
