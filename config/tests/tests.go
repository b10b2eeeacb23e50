// Package tests reads the tests that users write of a configuration: files that end in
// .test.hcl and lie beside it. It says what they ask for; who plays them is another
// matter.
package tests

import (
	"bytes"
	"io/fs"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// File is one file of tests: its runs go in order over one simulated account.
type File struct {
	Name      string // in the configuration's directory
	Account   Account
	Variables map[string]config.Given
	Runs      []Run

	evaluator *config.Evaluator
}

// Account is what the simulated account begins as.
type Account struct {
	At time.Time // when the first run begins
	// Live is the account. Where Read is true it is a snapshot, which stands for
	// itself; otherwise the simulated service makes up what it does not tell.
	Live *snapshot.Account
	Read bool
	// History is what plans against Live know of earlier runs; nil: nothing.
	History *History
}

// Command says what a run does.
type Command string

// The commands of runs.
const (
	Plan  Command = "plan"  // what an apply would change
	Apply Command = "apply" // a plan, its apply, and a second plan that is empty
)

// Run is one run of a file.
type Run struct {
	Name      string
	Command   Command
	Nights    int                     // how often, a day apart; at least 1
	Variables map[string]config.Given // those of the file, and over them its own
	// Golden are files with what the plan must print, and Diagnostics one with what is
	// said of the files; nil: there is none.
	Golden      []Golden
	Diagnostics *Golden
	// Target selects names as patterns; nil: all.
	Target *Target
	Limit  int // the most names that change; 0: all
	// Approve are the hazards that may pass without a person; nil: all.
	Approve []attr.Hazard
	// Undo is what it takes back in place of what the files call for; nil: nothing.
	Undo    *Undo
	Asserts []Assert
	// ExpectError is what one of the errors of the run must match; nil: it has none.
	ExpectError *regexp.Regexp
	// Asks says whether a plan asks the simulated service. Otherwise it is made against
	// what the account block tells.
	Asks bool
	// Faults, Market and Readings are as the simulator takes them; nil: as before.
	Faults, Market, Readings *Setting
	// After is how long after the run before it begins.
	After time.Duration
	// Meanwhile is what somebody else has changed before it.
	Meanwhile []Change
	Source    *hcl.Range // of its header
}

// Undo takes back what an earlier run of the file has changed.
type Undo struct {
	Run    string // which is an apply
	Forced bool   // somebody answers for the nameservers, keys and addresses of before
}

// Change is what somebody else has changed of a name.
type Change struct {
	Name   string // canonical
	facts  snapshot.Domain
	member []string // those that it has
}

// Make makes the change.
func (c *Change) Make(d *snapshot.Domain) {
	from, to := reflect.ValueOf(&c.facts).Elem(), reflect.ValueOf(d).Elem()
	for _, member := range c.member {
		fieldOf(to, member).Set(fieldOf(from, member))
	}
}

// Golden is a golden file.
type Golden struct {
	Name string // from the configuration's directory, with slashes
	At   *hcl.Range
}

// Target are patterns of names.
type Target struct {
	Patterns []string
	At       *hcl.Range
}

// Setting is a value of the file that the simulator takes.
type Setting struct {
	name  string // of the argument
	value any    // as in JSON
	expr  hcl.Expression
}

// Decode gives the setting to a value that is decoded from JSON. The mistake names the
// member, and what there is, at its place.
func (s *Setting) Decode(to any) *hcl.Diagnostic {
	if wrong := decode(s.value, to); wrong != nil {
		return s.Mistake(wrong.path, wrong.detail)
	}
	return nil
}

// Mistake is a mistake of a member of the setting, at its place; "": of the setting.
func (s *Setting) Mistake(member, detail string) *hcl.Diagnostic {
	return mistake(s.name, s.expr, member, detail)
}

// mistake is one of a member of an argument.
func mistake(name string, expr hcl.Expression, member, detail string) *hcl.Diagnostic {
	if strings.HasPrefix(member, "[") {
		detail = name + detail // the value is a list
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Wrong value of " + name, Detail: words.Ended(detail), Subject: placeOf(expr, member),
	}
}

// Assert is a condition that must be true after a run.
type Assert struct {
	Condition hcl.Expression
	message   hcl.Expression
	Source    *hcl.Range
}

// assertionRoots are what expressions of assertions may refer to.
var assertionRoots = []string{"diagnostics", "live", "local", "plan", "portfolio", "report", "simulator", "state", "var"}

// Load reads one file of tests. What keeps links inside the directory is the file
// system. The file is nil where one of the mistakes is an error.
func Load(fsys fs.FS, dir, name string, b config.Bounds) (*File, config.Diagnostics) {
	l := &loader{
		Evaluator: config.NewEvaluator(fsys, b), file: &File{Name: name},
		runs: make(map[string]*hcl.Range), services: make(map[string]*hcl.Attribute),
	}
	l.file.evaluator = l.Evaluator
	if l.Parse(name, l.body) {
		l.finish()
	}
	diags := l.Diagnostics(dir)
	if diags.HasErrors() {
		return nil, diags
	}
	return l.file, diags
}

// Value computes an expression of the file with these values of the roots. It reports
// false where that is a mistake, which [File.Diagnostics] tells.
func (f *File) Value(expr hcl.Expression, roots map[string]cty.Value) (cty.Value, bool) {
	return f.evaluator.Value(expr, roots)
}

// Snapshot reads a snapshot below the directory.
func (f *File) Snapshot(name string) (*snapshot.Account, error) {
	data, err := f.evaluator.Bytes(name)
	if err != nil {
		return nil, err
	}
	return snapshot.Read(bytes.NewReader(data))
}

// Context is what expressions of the file are computed in.
func (f *File) Context(roots map[string]cty.Value) *hcl.EvalContext {
	return f.evaluator.Context(roots)
}

// Report adds a mistake that was found when the file was played.
func (f *File) Report(d *hcl.Diagnostic) { f.evaluator.Report(d) }

// Diagnostics returns all mistakes of the file, those that were found when it was
// played included.
func (f *File) Diagnostics(dir string) config.Diagnostics { return f.evaluator.Diagnostics(dir) }

// Expressions returns those of an assertion: the condition and the message.
func (a *Assert) Expressions() []hcl.Expression { return []hcl.Expression{a.Condition, a.message} }

// Message computes the message of an assertion.
func (f *File) Message(a *Assert, roots map[string]cty.Value) (string, bool) {
	v, ok := f.Value(a.message, roots)
	switch {
	case v.ContainsMarked():
		return "(The message holds a value that is not to be shown.)", true
	case !ok || v.IsNull() || v.Type() != cty.String:
		return "", false
	}
	return v.AsString(), true
}

// Show returns mistakes with the text of the file that they point to.
func (f *File) Show(dir string, all []*hcl.Diagnostic) config.Diagnostics {
	return f.evaluator.Show(dir, all)
}
