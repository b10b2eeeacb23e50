package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/internal/words"
)

// Options are what the command line adds to the files.
type Options struct {
	// CommandLine are values of variables, of which later ones win. They win over those
	// of the directory's *.auto.vars.hcl.
	CommandLine []ValueFlag
	// Environment are values of variables by name, over which all others win. Names
	// that no variable has are passed over.
	Environment map[string]string
	// Given are values of variables that a test gives. They win over all others.
	Given map[string]Given
	// KeepScope keeps the values of variables and locals in [Portfolio.Scope].
	KeepScope bool
	// Root is the directory below which library blocks may lead, "" for the
	// configuration's own: what files say cannot widen it.
	Root string
	// Added are files that are read as if they were in the directory, by name, which no
	// file there has: to see what a configuration comes to with them.
	Added map[string][]byte
	// Console, if any, computes expressions over the configuration once it is loaded.
	Console *Console
	// Bounds are the most that the files may take; zero: DefaultBounds.
	Bounds Bounds
}

// Given is a value of a variable, and the place that gives it.
type Given struct {
	Value cty.Value
	At    *hcl.Range
}

// ValueFlag is a value of a variable, or a file with values of variables.
type ValueFlag struct {
	// Name is a variable's, Value text for a variable of a primitive type, an HCL
	// expression for others.
	Name, Value string
	// File is the path of a file with values, "" for a single one: JSON where its name
	// ends in .json, HCL arguments otherwise. It may be a pipe.
	File string
}

// Load reads the configuration of a directory: its *.hcl files, in the order
// of their names, and what they read. It reports every mistake that it finds;
// the portfolio is nil where one is an error.
func Load(dir string, opts Options) (*Portfolio, Diagnostics) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Diagnostics{Diagnostics: hcl.Diagnostics{noDirectory(dir, err)}}
	}
	defer root.Close() //nolint:errcheck // it was only read from
	reach, release, err := openReach(dir, opts.Root)
	if err != nil {
		return nil, Diagnostics{Diagnostics: hcl.Diagnostics{outsideRoot(err)}}
	}
	defer release()
	p, diags := loadFrom(root.FS(), reach, opts)
	diags.dir, diags.realDir = dir, reach.dir
	if p != nil {
		p.Dir = dir
	}
	return p, diags
}

// LoadFS is [Load] with the directory given as a file system, in which libraries lie,
// too. What keeps links inside the directory is the file system: [os.Root.FS] does,
// [os.DirFS] does not.
func LoadFS(fsys fs.FS, opts Options) (*Portfolio, Diagnostics) {
	return loadFrom(fsys, reach{fsys: fsys, from: "."}, opts)
}

func loadFrom(fsys fs.FS, r reach, opts Options) (*Portfolio, Diagnostics) {
	if opts.Bounds == (Bounds{}) {
		opts.Bounds = DefaultBounds()
	}
	l := newLoader(fsys, r, opts.Bounds)
	names, err := l.files.configuration()
	l.files.added = opts.Added
	names = append(names, sortedKeys(opts.Added)...)
	switch {
	case err != nil:
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Directory cannot be read", Detail: words.Sentence(err),
		})
	case len(names) == 0:
		l.diags = append(l.diags, noFiles())
	default:
		l.load(names, opts)
	}
	l.warnIgnored()
	l.dropAccepted()
	if l.meter.stopped() {
		l.diags = append(l.diags, l.meter.exceeded)
	}
	diags := newDiagnostics(withoutSensitive(l.diags, l.hushed), l.shownSources())
	diags.values, diags.inputs = l.files.values, l.files.inputs()
	if diags.HasErrors() {
		return nil, diags
	}
	l.portfolio.Hash, l.portfolio.Steps = l.hash(), l.meter.work/unitsOfStep
	l.portfolio.Shared = l.shared()
	if opts.Console != nil {
		opts.Console.l = l
	}
	if opts.KeepScope {
		l.portfolio.Scope = l.shownScope()
	}
	return l.portfolio, diags
}

func noDirectory(dir string, err error) *hcl.Diagnostic {
	detail := fmt.Sprintf("%q cannot be opened as a directory: %v.", dir, cause(err))
	if errors.Is(err, fs.ErrNotExist) {
		detail = fmt.Sprintf("There is no directory %q.", dir)
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "No configuration",
		Detail: detail + " Name the directory of the configuration with --dir.",
	}
}

func noFiles() *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "No configuration",
		Detail: "The directory has no *.hcl file. Name another one with --dir, write a file, or make files of what the account holds with \"domainsync import --out DIR\".",
	}
}

// loader collects what the files say. First the files are read piece by piece,
// the blocks reduced to what is needed of them, and the syntax trees dropped: a
// tree is fifty times as large as its text. Then, when all variables, locals and
// templates are known, the names are computed.
type loader struct {
	files     *files // of its own directory
	meter     *meter
	diags     hcl.Diagnostics
	portfolio *Portfolio

	own         *directory
	directories map[string]*directory // its own and the libraries, by path
	reach       reach

	singles   map[string]*hcl.Block // by their type
	variables map[string]*variable
	locals    map[string]*local
	templates map[string]*declaration
	domains   []*declaration // domain and domains blocks
	holds     []*declaration
	released  []*declaration
	accepted  []*acceptance
	contacts  map[string]*contact
	elements  map[string]map[string]*contact // of attributes of the account that blocks declare
	checks    *checks
	labels    map[string]*hcl.Range // of blocks with a label, by type and label
	tables    map[*hcl.Range]*table // that give the names of blocks, by the place of the names
	names     int                   // of all blocks until now
	hushed    []hcl.Range           // expressions whose mistakes may quote a sensitive value
}

func newLoader(fsys fs.FS, r reach, b Bounds) *loader {
	l := &loader{
		files:     newFiles(fsys, b),
		meter:     newMeter(b),
		checks:    newChecks(b),
		reach:     r,
		portfolio: &Portfolio{},
		singles:   make(map[string]*hcl.Block),
		variables: make(map[string]*variable),
		locals:    make(map[string]*local),
		templates: make(map[string]*declaration),
		contacts:  make(map[string]*contact),
		elements:  make(map[string]map[string]*contact),
		labels:    make(map[string]*hcl.Range),
		tables:    make(map[*hcl.Range]*table),
	}
	for _, a := range blockAttributes() {
		l.elements[a.Name] = make(map[string]*contact)
	}
	l.own = newDirectory(l.files, l.meter)
	l.directories = map[string]*directory{l.own.path: l.own}
	return l
}

func (l *loader) load(names []string, opts Options) {
	broken := !l.loadFiles(l.own, names)
	broken = !l.loadLibraries() || broken
	if broken {
		return // what a broken file would have declared is not known
	}
	l.evaluateVariables(opts)
	l.evaluateLocals()
	l.evaluateAccepted()
	l.evaluateContacts()
	for _, a := range blockAttributes() {
		l.evaluateElements(a)
	}
	l.evaluateTemplates()
	l.evaluateSingles()
	l.noteProvenance()
	l.evaluateDomains()
	l.evaluateHolds()
	l.evaluateReleased()
	l.evaluateChecks()
}

// loadFiles reads the files of a directory and reports whether they could be understood.
func (l *loader) loadFiles(d *directory, names []string) bool {
	ok := true
	for _, name := range names {
		ok = l.loadFile(d, name) && ok
	}
	return ok
}

// loadFile reads one file and reports whether it could be understood.
func (l *loader) loadFile(d *directory, name string) bool {
	src, err := d.source(name)
	name = d.pathOf(name)
	if err != nil {
		l.errorAt(&hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos},
			"File cannot be read", "%s", words.Sentence(err))
		return false
	}
	if diags := eachBody(src, name, chunkSize, l.meter.bounds, l.addBody); diags != nil {
		l.diags = append(l.diags, diags...)
		return false
	}
	return true
}

// addBody takes the blocks of a file, or of a part of one.
func (l *loader) addBody(body hcl.Body) {
	l.instrument(body)
	content, diags := body.Content(fileSchema)
	l.diags = append(l.diags, explainFile(diags)...)
	for _, block := range content.Blocks {
		l.addBlock(block)
	}
}

// instrument makes the expressions of a body of a file count what they cost.
func (l *loader) instrument(body hcl.Body) {
	b, ok := body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for _, block := range b.Blocks {
		m := l.meter
		if block.Type == checkBlock {
			m = l.checks.meter
		}
		m.instrumentBody(block.Body)
	}
}

// errorAt reports a mistake.
func (l *loader) errorAt(at *hcl.Range, summary, detail string, args ...any) {
	l.diags = append(l.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(detail, args...), Subject: at,
	})
}
