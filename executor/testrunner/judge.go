package testrunner

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/config/tests"
	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/internal/words"
)

// judge compares what a run came to with what its test wants.
func (p *player) judge(ctx context.Context, r *tests.Run, d *played, result *RunResult) {
	p.judgeErrors(r, d, result)
	for _, g := range r.Golden {
		p.judgePlan(g, d, result)
	}
	if g := r.Diagnostics; g != nil {
		said := d.diagnostics.In("").String()
		p.judgeGolden(*g, "what is said of the files", []byte(p.result.masker.Text(said)), result)
	}
	if d.portfolio == nil && r.ExpectError == nil {
		return // the run fails for the mistakes of the files, and these assertions are about more
	}
	for i := range r.Asserts {
		p.judgeAssert(ctx, &r.Asserts[i], d, result)
	}
}

// judgeErrors wants no error, or one that the test expects.
func (p *player) judgeErrors(r *tests.Run, d *played, result *RunResult) {
	if r.ExpectError == nil {
		if d.portfolio == nil {
			result.Configuration = d.diagnostics.Only(hcl.DiagError)
			result.fail("The configuration has errors", "The run could not be played.", r.Source)
			return
		}
		for _, text := range d.errors {
			result.fail("The run failed", text, r.Source)
		}
		return
	}
	for _, text := range d.errors {
		if r.ExpectError.MatchString(text) {
			return
		}
	}
	if len(d.errors) == 0 {
		result.fail("An error was expected", fmt.Sprintf("The run ended well, and the test expects an error that matches %q.", r.ExpectError), r.Source)
		return
	}
	result.fail("Another error was expected", fmt.Sprintf("No error matches %q. There were:\n%s", r.ExpectError, strings.Join(d.errors, "\n")), r.Source)
}

func (r *RunResult) fail(summary, detail string, at *hcl.Range) {
	r.Failures = append(r.Failures, Failure{Summary: summary, Detail: detail, At: at})
}

// judgeAssert wants a condition to be true.
func (p *player) judgeAssert(ctx context.Context, a *tests.Assert, d *played, result *RunResult) {
	roots, err := jsonvalue.Variables(p.roots(ctx, d), a.Expressions()...)
	if err != nil {
		result.fail("The assertion cannot be computed", words.Sentence(err), a.Source)
		return
	}
	v, ok := p.file.Value(a.Condition, roots)
	if !ok {
		result.fail("The condition cannot be computed", "It has a mistake, or looks at what is not known: of the account that was not read, or that the snapshot of the test does not tell.", a.Source)
		return
	}
	plain, _ := v.UnmarkDeep() // that it does not hold may be told, whatever it is about
	held, err := convert.Convert(plain, cty.Bool)
	if err != nil || held.IsNull() {
		result.fail("The condition is neither true nor false", fmt.Sprintf("It is %s.", v.Type().FriendlyName()), a.Source)
		return
	}
	if held.True() {
		return
	}
	message, ok := p.file.Message(a, roots)
	if !ok {
		message = "The error_message of this assertion is no text."
	}
	result.Failures = append(result.Failures, Failure{
		Summary: "Test assertion failed", Detail: message, At: a.Source,
		Diagnostic: &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Test assertion failed", Detail: message, Subject: a.Source,
			Expression: a.Condition, EvalContext: p.file.Context(roots),
		},
	})
}
