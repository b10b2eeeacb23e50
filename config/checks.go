package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/internal/words"
)

// checkBlock is the type of blocks that say what must hold.
const checkBlock = "check"

// The roots that only checks refer to.
const (
	rootPortfolio = "portfolio"
	rootPlan      = "plan"
	rootLive      = "live"
)

// CheckSeverity says what a check that does not hold does.
type CheckSeverity string

// The severities of checks.
const (
	CheckError   CheckSeverity = "error"   // the files are wrong, or the plan is refused; the default
	CheckWarning CheckSeverity = "warning" // it is told
)

// FailedCheck is an assertion of a check block that does not hold.
type FailedCheck struct {
	Check    string        `json:"check"` // the label of the block
	Severity CheckSeverity `json:"severity"`
	// Message says what does not hold, in the words of the files, and for which names.
	Message string `json:"message"`
	// Undecided is why nobody can tell whether it holds: "": it does not.
	Undecided string `json:"undecided,omitempty"`
	// Counted is how many names it does not hold for, and Names are the first of them,
	// where the assertion names them.
	Counted int         `json:"counted,omitempty"`
	Names   []string    `json:"names,omitempty"`
	Source  attr.Source `json:"source"`
}

// namedByCheck is how many of the names that it does not hold for a check tells.
const namedByCheck = 10

// check is a check block.
type check struct {
	label    string
	severity CheckSeverity
	asserts  []assert
}

// assert is an assert block: a condition, or the names that it does not hold for.
type assert struct {
	condition hcl.Expression // nil: names
	names     hcl.Expression
	message   hcl.Expression
	at        *hcl.Range
	scope     *hcl.EvalContext // of its directory
	files     *files
	later     bool     // it is about the plan, or what is live
	liveWords []string // that stand in it where it is about what is live
}

func (a *assert) expressions() []hcl.Expression { return []hcl.Expression{a.tested(), a.message} }

// tested is the expression that decides.
func (a *assert) tested() hcl.Expression {
	if a.condition != nil {
		return a.condition
	}
	return a.names
}

// checks are the check blocks. Their expressions have a meter of their own, since they
// are computed when everything else is done, and again for each plan.
type checks struct {
	mu    sync.Mutex // the meter is for one evaluation
	meter *meter
	all   []*check
	// hushed are expressions whose mistakes may quote a sensitive value.
	hushed []hcl.Range
}

func newChecks(b Bounds) *checks {
	m := newMeter(b)
	m.again = true
	return &checks{meter: m}
}

var inCheck = referenceScope{roots: []string{rootPortfolio, rootPlan, rootLive}, each: "A check is computed once. Use a for expression: [for name, d in portfolio.domains : name if …]."}

// addCheck keeps a check block.
func (l *loader) addCheck(block *hcl.Block) {
	if !l.claim(block) {
		return
	}
	content := l.content(block)
	c := &check{label: block.Labels[0], severity: CheckError}
	if a := content.Attributes["severity"]; a != nil {
		c.severity = l.checkSeverity(a)
	}
	for _, inner := range content.Blocks {
		if a, ok := l.newAssert(inner); ok {
			c.asserts = append(c.asserts, a)
		}
	}
	if len(content.Blocks) == 0 {
		l.errorAt(header(block), "Check without an assertion", "The check asserts nothing. Write assert { condition = …, error_message = … } into it, with a line for each argument.")
	}
	l.checks.all = append(l.checks.all, c)
}

func (l *loader) checkSeverity(a *hcl.Attribute) CheckSeverity {
	v, diags := a.Expr.Value(nil)
	if !diags.HasErrors() && v.Type() == cty.String && !v.IsNull() {
		if s := CheckSeverity(v.AsString()); s == CheckError || s == CheckWarning {
			return s
		}
	}
	l.errorAt(a.Expr.Range().Ptr(), "Unknown value", "severity is \"error\" (the default) or \"warning\".")
	return CheckError
}

// newAssert reads an assert block. It reports false where that is wrong.
func (l *loader) newAssert(block *hcl.Block) (a assert, ok bool) {
	args := l.arguments(block)
	condition, names, message := args["condition"], args["names"], args["error_message"]
	if (condition == nil) == (names == nil) {
		l.errorAt(header(block), "Assertion of nothing", "An assertion has either a condition, which must be true, or names: those that it does not hold for, of which there must be none.")
		return a, false
	}
	if message == nil {
		return a, false
	}
	d := l.directoryOf(header(block))
	a = assert{message: message.Expr, scope: d.scope, files: d.files}
	if condition != nil {
		a.condition = condition.Expr
	} else {
		a.names = names.Expr
	}
	a.at = a.tested().Range().Ptr()
	return a, true
}

// evaluateChecks judges the assertions that are about the desired state alone, and
// looks for mistakes in the others. The desired state is known.
func (l *loader) evaluateChecks() {
	valid, sources := true, l.files.all()
	slices.SortStableFunc(l.checks.all, func(a, b *check) int { return strings.Compare(a.label, b.label) })
	for _, c := range l.checks.all {
		for i := range c.asserts {
			a := &c.asserts[i]
			for _, x := range a.expressions() {
				_, ok := l.references(x, inCheck)
				valid = ok && valid
				mentioned := jsonvalue.Mentioned(x)
				_, plan := mentioned[rootPlan]
				_, live := mentioned[rootLive]
				a.later = a.later || plan || live
				if live {
					a.liveWords = append(a.liveWords, wordsIn(sources[x.Range().Filename], x.Range().Ptr())...)
				}
			}
		}
	}
	if !valid || l.diags.HasErrors() || l.meter.stopped() {
		return // what the files declare is not known
	}
	l.checks.hushed = l.hushed
	unknown := func([]string) (cty.Value, error) { return cty.DynamicVal, nil }
	roots := map[string]jsonvalue.Root{rootPortfolio: l.portfolio.Value, rootPlan: unknown, rootLive: unknown}
	failed, diags := l.checks.judge(roots, false)
	l.diags = append(l.diags, diags...)
	for i := range failed {
		l.diags = append(l.diags, l.portfolio.checkDiagnostic(failed[i]))
	}
	l.portfolio.checks = l.checks
}

// checkDiagnostic is what is wrong with files of which a check does not hold.
func (p *Portfolio) checkDiagnostic(f failedAssert) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: f.Summary(), Detail: f.detail(p), Subject: f.at}
	if f.Severity == CheckWarning {
		d.Severity = hcl.DiagWarning
	}
	return d
}

// Summary says which check does not hold.
func (f *FailedCheck) Summary() string {
	if f.Undecided != "" {
		return fmt.Sprintf("Check %q cannot be decided", f.Check)
	}
	return fmt.Sprintf("Check %q does not hold", f.Check)
}

// Detail says what does not hold, for which names, and why that is not known.
func (f *FailedCheck) Detail() string { return f.detail(nil) }

// detail tells the places of names, too, where the desired state is given.
func (f *FailedCheck) detail(p *Portfolio) string {
	text := f.Message
	if f.Counted > 0 {
		names := make([]string, len(f.Names))
		for i, name := range f.Names {
			names[i] = display(name)
			if p == nil {
				continue
			}
			if d := p.Domain(name); d != nil && d.Source != nil {
				names[i] += " (" + place(d.Source) + ")"
			}
		}
		text = words.List(names, f.Counted-len(names)) + ": " + text
	}
	if f.Undecided != "" {
		if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?:") {
			text += "."
		}
		text = strings.TrimSpace(text + " Nobody can tell: " + f.Undecided)
	}
	return text
}

// FailedChecks judges the assertions that are about the plan or what is live, which
// these roots make, and returns those that do not hold, and those of which nobody can
// tell, in the order of the labels. Those about the desired state alone were judged
// when it was loaded.
func (p *Portfolio) FailedChecks(plan, live jsonvalue.Root) []FailedCheck {
	if p.checks == nil {
		return nil
	}
	var failed []FailedCheck
	asserts, _ := p.checks.judge(map[string]jsonvalue.Root{rootPortfolio: p.Value, rootPlan: plan, rootLive: live}, true)
	for _, f := range asserts {
		failed = append(failed, f.FailedCheck)
	}
	return failed
}

// WordsOfLiveChecks returns the names and texts that stand in the assertions about what
// is live, sorted: by them a caller knows which facts these may look at. Nil: there are
// no such assertions.
func (p *Portfolio) WordsOfLiveChecks() []string {
	if p.checks == nil {
		return nil
	}
	var words []string
	for _, c := range p.checks.all {
		for i := range c.asserts {
			words = append(words, c.asserts[i].liveWords...)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// wordsIn returns the names and the texts of a source, which can be parsed.
func wordsIn(src []byte, at *hcl.Range) (words []string) {
	tokens, _ := hclsyntax.LexExpression(at.SliceBytes(src), at.Filename, at.Start)
	for _, t := range tokens {
		if t.Type == hclsyntax.TokenIdent || t.Type == hclsyntax.TokenQuotedLit {
			words = append(words, string(t.Bytes))
		}
	}
	return words
}

func (c *checks) expressions(later bool) (all []hcl.Expression) {
	for _, x := range c.all {
		for i := range x.asserts {
			if x.asserts[i].later || !later {
				all = append(all, x.asserts[i].expressions()...)
			}
		}
	}
	return all
}

// failedAssert is an assertion that does not hold, and what decided.
type failedAssert struct {
	FailedCheck
	at *hcl.Range
}

// judge judges the assertions that are about the desired state alone, or the others.
// In the first case it computes the others, too, with what is not known yet: their
// mistakes, and those of the first, are in the diagnostics. In the second case a
// mistake is why nobody can tell.
func (c *checks) judge(roots map[string]jsonvalue.Root, later bool) (failed []failedAssert, diags hcl.Diagnostics) {
	c.mu.Lock()
	defer c.mu.Unlock()
	exprs := c.expressions(later)
	if len(exprs) == 0 {
		return nil, nil
	}
	c.meter.restart()
	variables, err := jsonvalue.Variables(roots, exprs...)
	e := evaluation{checks: c, variables: variables, later: later}
	if err != nil {
		e.broken = words.Sentence(err)
	}
	for _, x := range c.all {
		for i := range x.asserts {
			a := &x.asserts[i]
			if later && !a.later {
				continue
			}
			f, found := e.assert(a)
			diags = append(diags, found...)
			if f == nil || a.later != later {
				continue
			}
			f.Check, f.Severity, f.Source = x.label, x.severity, attr.Source{File: a.at.Filename, Line: a.at.Start.Line}
			failed = append(failed, failedAssert{*f, a.at})
		}
	}
	if exceeded := c.meter.exceeded; exceeded != nil && !later {
		diags = append(diags, exceeded)
	}
	return failed, diags
}

// evaluation judges assertions with the same values.
type evaluation struct {
	*checks
	variables map[string]cty.Value
	later     bool
	broken    string // why the values cannot be made; "": they are there
}

// assert judges one assertion. It returns nil where that holds.
func (e *evaluation) assert(a *assert) (*FailedCheck, hcl.Diagnostics) {
	ctx := a.scope.NewChild()
	ctx.Variables, ctx.Functions = e.variables, checkFunctions(a, e.meter)
	f, diags := e.test(a, ctx)
	diags = withoutSensitive(diags, e.hushed)
	if f == nil && !diags.HasErrors() {
		return nil, nil
	}
	message, found := a.message.Value(ctx)
	if diags.HasErrors() && e.later {
		f = &FailedCheck{Undecided: mistakeOf(diags)}
		diags = nil
	}
	if !e.later {
		diags = append(diags, found...)
	}
	if f == nil {
		return nil, diags
	}
	f.Message = "Its message is not known."
	if message.Type() == cty.String && message.IsKnown() && !message.IsNull() && !found.HasErrors() {
		f.Message = words.Truncate(message.AsString(), longestCheckMessage)
	} else if !e.later && !found.HasErrors() && message.IsKnown() {
		diags = append(diags, wrongResult(a.message, "error_message must be a text, not %s.", describe(message)))
	}
	return f, diags
}

// longestCheckMessage bounds the message of a check, in characters.
const longestCheckMessage = 2000

// test computes what decides. It returns nil where that is as it must be.
func (e *evaluation) test(a *assert, ctx *hcl.EvalContext) (*FailedCheck, hcl.Diagnostics) {
	if e.broken != "" {
		return &FailedCheck{Undecided: e.broken}, nil
	}
	expr := a.tested()
	v, diags := expr.Value(ctx)
	v, _ = v.UnmarkDeep()
	switch {
	case e.meter.stopped():
		return &FailedCheck{Undecided: e.meter.exceeded.Summary + ". " + e.meter.exceeded.Detail}, nil
	case diags.HasErrors():
		return nil, diags
	case !v.IsWhollyKnown():
		return &FailedCheck{Undecided: "it looks at what was not read of the account."}, nil
	case a.condition == nil:
		return failingNames(expr, v)
	}
	b, err := attr.ToBool(v)
	if err != nil || b.IsNull() {
		return nil, hcl.Diagnostics{wrongResult(expr, "condition must be true or false, not %s.", describe(v))}
	}
	if b.True() {
		return nil, nil
	}
	return &FailedCheck{}, nil
}

// failingNames reads the names that an assertion does not hold for.
func failingNames(expr hcl.Expression, v cty.Value) (*FailedCheck, hcl.Diagnostics) {
	ty := v.Type()
	if v.IsNull() || !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		return nil, hcl.Diagnostics{wrongResult(expr, "names must be a list of names, not %s.", describe(v))}
	}
	var names []string
	for it := v.ElementIterator(); it.Next(); {
		_, x := it.Element()
		if x.IsNull() || x.Type() != cty.String {
			return nil, hcl.Diagnostics{wrongResult(expr, "names must be a list of texts; one of them is %s.", describe(x))}
		}
		names = append(names, x.AsString())
	}
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return &FailedCheck{Counted: len(names), Names: slices.Clone(names[:min(len(names), namedByCheck)])}, nil
}

func wrongResult(expr hcl.Expression, detail string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong type", Detail: fmt.Sprintf(detail, args...), Subject: expr.Range().Ptr()}
}

// mistakeOf says why an expression cannot be computed.
func mistakeOf(diags hcl.Diagnostics) string {
	first := diags[slices.IndexFunc(diags, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagError })]
	text := first.Summary + ": " + withoutStackTrace(first.Detail)
	if first.Subject != nil {
		text = place(first.Subject) + ": " + text
	}
	return text
}

// checkFunctions are what the expressions of an assertion can call. What is judged
// when the files are closed reads none.
func checkFunctions(a *assert, m *meter) map[string]function.Function {
	all := functions(a.files, m)
	if !a.later {
		return all
	}
	for _, name := range []string{"file", "fileset", "templatefile"} {
		all[name] = function.New(&function.Spec{
			VarParam: &function.Parameter{Name: "any", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowNull: true, AllowUnknown: true},
			Type: func([]cty.Value) (cty.Type, error) {
				return cty.NilType, fmt.Errorf("a check of %s or %s reads no files: put what it needs into a local value", rootPlan, rootLive)
			},
		})
	}
	return all
}
