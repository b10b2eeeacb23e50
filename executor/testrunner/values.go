package testrunner

import (
	"bytes"
	"context"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/jsonvalue"
	"github.com/domainsync/domainsync/planner"
)

// simulated is what assertions see of the service, beside the account.
type simulated struct {
	// Spent is what all purchases of the file cost so far, in USD.
	Spent float64 `json:"spent"`
	// SpentByMonth is the same by the month in which it was ordered, as in 2026-12.
	SpentByMonth map[string]float64   `json:"spent_by_month"`
	Purchases    []simulator.Purchase `json:"purchases"`
	// Calls are those of all runs of the file so far, by operation.
	Calls map[string]int   `json:"calls"`
	Mail  []simulator.Mail `json:"mail"`
}

// roots are what assertions may refer to. Each is made as far as an expression
// mentions it.
func (p *player) roots(ctx context.Context, d *played) map[string]jsonvalue.Root {
	roots := map[string]jsonvalue.Root{
		"plan": func(members []string) (cty.Value, error) { return planValue(d, members) },
		"live": func(members []string) (cty.Value, error) {
			return orNull(d.live != nil, func() (cty.Value, error) { return planner.LiveValue(d.live, members) })
		},
		"portfolio": func(members []string) (cty.Value, error) {
			return orNull(d.portfolio != nil, func() (cty.Value, error) { return d.portfolio.Value(members) })
		},
		"diagnostics": func([]string) (cty.Value, error) { return jsonvalue.Of(said(d.diagnostics)) },
		"report":      func([]string) (cty.Value, error) { return reportValue(d) },
		"state": func(members []string) (cty.Value, error) {
			k, err := p.world.kept(ctx)
			if err != nil {
				return cty.NilVal, err
			}
			return jsonvalue.Members(k, members)
		},
		"simulator": func(members []string) (cty.Value, error) { return jsonvalue.Members(p.simulated(), members) },
	}
	for _, root := range []string{"var", "local"} {
		roots[root] = func([]string) (cty.Value, error) {
			return orNull(d.portfolio != nil, func() (cty.Value, error) { return d.portfolio.Scope[root], nil })
		}
	}
	return roots
}

// diagnostic is what is said of the files.
type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	File     string `json:"file"` // "": it stands in none
	Line     int    `json:"line"`
}

// said returns what is said of the files.
func said(diags config.Diagnostics) []diagnostic {
	all := []diagnostic{}
	for _, d := range diags.Diagnostics {
		one := diagnostic{Severity: "error", Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			one.Severity = "warning"
		}
		if d.Subject != nil {
			one.File, one.Line = d.Subject.Filename, d.Subject.Start.Line
		}
		all = append(all, one)
	}
	return all
}

// orNull makes a value where there is something to make it of.
func orNull(there bool, made func() (cty.Value, error)) (cty.Value, error) {
	if !there {
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
	return made()
}

func planValue(d *played, members []string) (cty.Value, error) {
	return orNull(d.plan != nil, func() (cty.Value, error) { return jsonvalue.Members(d.plan.Document(), members) })
}

// reportValue is the report as its JSON form has it.
func reportValue(d *played) (cty.Value, error) {
	if d.result == nil {
		return cty.NullVal(cty.DynamicPseudoType), nil
	}
	var text bytes.Buffer
	if err := render.ReportJSON(&text, d.result, d.result.Version, render.End{ExitCode: d.exitCode(), Message: strings.Join(d.errors, "\n"), At: d.ended}); err != nil {
		return cty.NilVal, err
	}
	return jsonvalue.Parse(text.Bytes())
}

// exitCode is what a command would end with.
func (d *played) exitCode() int {
	var codes []int
	for _, reason := range d.result.Reasons {
		codes = append(codes, job.ExitCodeFor(reason))
	}
	if d.broken {
		codes = append(codes, job.ExitError)
	}
	return job.ExitCode(codes...)
}

// simulated is the service as it is now.
func (p *player) simulated() *simulated {
	s := &simulated{SpentByMonth: map[string]float64{}, Purchases: []simulator.Purchase{}, Calls: map[string]int{}, Mail: []simulator.Mail{}}
	if p.world == nil {
		return s
	}
	s.Purchases = append(s.Purchases, p.world.simulator.Purchases()...)
	s.Mail = append(s.Mail, p.world.simulator.Mail()...)
	s.Calls = p.world.simulator.Stats()
	s.SpentByMonth = p.world.simulator.SpentByMonth()
	for i := range s.Purchases {
		s.Spent += s.Purchases[i].Price
	}
	return s
}
