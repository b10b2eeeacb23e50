package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/textfile"
	"github.com/domainsync/domainsync/internal/words"
)

// An Evaluator reads files that lie beside a configuration, such as its tests, in the
// same language: with the same functions, which read below the same directory, and
// within bounds. It gathers the mistakes of all that it reads and computes.
type Evaluator struct{ l *loader }

// NewEvaluator returns an evaluator for files of a directory; zero bounds:
// [DefaultBounds]. What keeps links inside the directory is the file system.
func NewEvaluator(fsys fs.FS, b Bounds) *Evaluator {
	if b == (Bounds{}) {
		b = DefaultBounds()
	}
	return &Evaluator{newLoader(fsys, reach{fsys: fsys, from: "."}, b)}
}

// besideShare is the share of the bound of a file of the configuration that a file
// beside it may have: its syntax tree stays in memory, and takes many times its text.
const besideShare = 16

// Parse reads a file and yields its body, in one piece or several. It reports whether
// the file could be understood.
func (e *Evaluator) Parse(name string, yield func(hcl.Body)) bool {
	b := e.l.meter.bounds
	b.SourceSize /= besideShare
	e.l.files.bounds = b
	defer func() { e.l.files.bounds = e.l.meter.bounds }()
	src, err := e.l.files.source(name)
	if err != nil {
		e.l.errorAt(&hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "File cannot be read", "%s", words.Sentence(err))
		return false
	}
	diags := eachBody(src, name, chunkSize, b, func(body hcl.Body) {
		e.l.meter.instrumentBody(body)
		yield(body)
	})
	e.l.diags = append(e.l.diags, diags...)
	return !diags.HasErrors()
}

// Content takes a body apart. Of what the schema does not have it says what was
// probably meant, or what there is; where is the place of what is missing.
func (e *Evaluator) Content(body hcl.Body, schema *hcl.BodySchema, where *hcl.Range) *hcl.BodyContent {
	content, diags := body.Content(schema)
	for _, d := range diags {
		switch suggested := strings.Contains(d.Detail, "Did you mean"); {
		case d.Summary == "Missing required argument":
			d.Subject = where
		case d.Summary == "Unsupported argument" && !suggested && len(schema.Attributes) > 0:
			d.Detail += whichArguments(quotedIn(d.Detail), argumentsIn(schema))
		case d.Summary == "Unsupported block type" && !suggested && len(schema.Blocks) > 0:
			d.Detail += " There are " + strings.Join(blocksIn(schema), ", ") + "."
		}
	}
	e.l.diags = append(e.l.diags, diags...)
	return content
}

func argumentsIn(schema *hcl.BodySchema) (names []string) {
	for _, a := range schema.Attributes {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return names
}

func blocksIn(schema *hcl.BodySchema) (types []string) {
	for _, b := range schema.Blocks {
		types = append(types, b.Type)
	}
	slices.Sort(types)
	return types
}

// Value computes an expression that refers to nothing but these roots; nil: it may
// refer to none. It reports false where the value is not known because of a mistake.
func (e *Evaluator) Value(expr hcl.Expression, roots map[string]cty.Value) (cty.Value, bool) {
	before := len(e.l.diags)
	v, diags := expr.Value(e.Context(roots))
	e.l.diags = append(e.l.diags, diags...)
	return v, len(e.l.diags) == before && v.IsWhollyKnown() && !e.l.meter.stopped()
}

// Context is what expressions are computed in: the functions, and these roots.
func (e *Evaluator) Context(roots map[string]cty.Value) *hcl.EvalContext {
	return &hcl.EvalContext{Functions: e.l.own.constants.Functions, Variables: roots}
}

// Refers checks that an expression refers to nothing but roots that there are, and
// says which there are where it does not.
func (e *Evaluator) Refers(expr hcl.Expression, roots []string) bool {
	fine := true
	for _, t := range expr.Variables() {
		root := t.RootName()
		if slices.Contains(roots, root) {
			continue
		}
		fine = false
		detail := fmt.Sprintf("There is nothing called %q here.", root)
		if near := attr.Meant(root, roots); len(near) > 0 {
			detail += attr.DidYouMean(near)
		} else if len(roots) > 0 {
			detail += " Expressions refer to " + strings.Join(roots, ", ") + "."
		}
		if len(t) == 1 {
			detail += fmt.Sprintf(" If this is a text, put it in quotes: %q.", root)
		}
		e.l.errorAt(t.SourceRange().Ptr(), "Unknown reference", "%s", detail)
	}
	return fine
}

// Constant computes an argument that refers to nothing. It reports false where that is a
// mistake.
func (e *Evaluator) Constant(a *hcl.Attribute) (cty.Value, bool) {
	if !e.Refers(a.Expr, nil) {
		return cty.NilVal, false
	}
	return e.Value(a.Expr, nil)
}

// Text computes an argument that is a text and refers to nothing. It reports false where
// that is a mistake, or where the argument is not given: nil.
func (e *Evaluator) Text(a *hcl.Attribute) (string, bool) {
	if a == nil {
		return "", false
	}
	v, ok := e.Constant(a)
	if !ok {
		return "", false
	}
	if v.IsNull() || v.Type() != cty.String {
		e.ReportAt(a.Expr.Range().Ptr(), "Wrong type", "%s is a text in quotes.", a.Name)
		return "", false
	}
	return v.AsString(), true
}

// First reports whether a block is the first of its type, and keeps its place in before,
// which is nil until then. A second one is a mistake.
func (e *Evaluator) First(block *hcl.Block, before **hcl.Range) bool {
	if *before != nil {
		e.ReportAt(block.DefRange.Ptr(), fmt.Sprintf("Duplicate %s block", block.Type), "The %s block of this file is on line %d. Put its arguments into one block.", block.Type, (*before).Start.Line)
		return false
	}
	*before = block.DefRange.Ptr()
	return true
}

// Report adds a mistake that whoever reads the file has found.
func (e *Evaluator) Report(d *hcl.Diagnostic) { e.l.diags = append(e.l.diags, d) }

// ReportAt adds such a mistake at a place; the detail is a format.
func (e *Evaluator) ReportAt(at *hcl.Range, summary, detail string, args ...any) {
	e.l.errorAt(at, summary, detail, args...)
}

// Inside returns the cleaned path of what lies below the directory, or says that it does
// not.
func (e *Evaluator) Inside(name string) (string, error) { return e.l.files.inside(name, "a test") }

// errCompressed refuses what may be a thousand times as large as its file.
var errCompressed = errors.New("it is compressed: a test reads files that are not compressed, whose differences people can review")

// Bytes returns what is in a file below the directory, within the bounds of a file
// that an expression reads. A compressed file is an error.
func (e *Evaluator) Bytes(name string) ([]byte, error) {
	clean, err := e.Inside(name)
	if err != nil {
		return nil, err
	}
	data, err := e.l.files.bytes(name, clean)
	if err == nil && textfile.Compressed(data) {
		return nil, fmt.Errorf("%s: %w", name, errCompressed)
	}
	return data, err
}

// Diagnostics returns the mistakes so far; dir is the directory as people call it.
func (e *Evaluator) Diagnostics(dir string) Diagnostics {
	all := slices.Clone(e.l.diags)
	if e.l.meter.stopped() {
		all = append(all, e.l.meter.exceeded)
	}
	return e.Show(dir, all)
}

// Show returns mistakes with the texts of the files that they point to.
func (e *Evaluator) Show(dir string, all hcl.Diagnostics) Diagnostics {
	diags := newDiagnostics(all, e.l.files.all())
	diags.dir, diags.values = dir, e.l.files.values
	return diags
}
