package planner

import (
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// JudgeChecks adds to a plan which checks of the files do not hold of it and of what is
// live, as [config.Portfolio.FailedChecks] finds them. It is called once, when the plan
// is whole but for what a run says of it. Decided says that an earlier plan from the
// same files, with more that was read, has decided what nobody can tell of this one.
func (p *Plan) JudgeChecks(in Input, decided bool) {
	p.Checks = in.Portfolio.FailedChecks(
		func(members []string) (cty.Value, error) { return jsonvalue.Members(p.Document(), members) },
		func(members []string) (cty.Value, error) { return LiveValue(in.Live, members) },
	)
	if decided {
		p.Checks = slices.DeleteFunc(p.Checks, func(f config.FailedCheck) bool { return f.Undecided != "" })
	}
	for i := range p.Checks {
		f := &p.Checks[i]
		d := Diagnostic{Severity: SeverityError, Summary: f.Summary(), Detail: f.Detail(), Source: &f.Source, Check: f.Check}
		if f.Severity == config.CheckWarning {
			d.Severity = SeverityWarning
		}
		p.Diagnostics = append(p.Diagnostics, d)
	}
}
