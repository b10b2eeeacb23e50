package main

import (
	"encoding/json"
	"io"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/internal/inert"
)

// testReport is how tests ended, as docs/test.schema.json describes it.
type testReport struct {
	FormatVersion int           `json:"format_version"`
	Passed        int           `json:"passed"`
	Failed        int           `json:"failed"`
	Skipped       int           `json:"skipped"`
	Broken        int           `json:"broken"` // files that could not be played to their end
	Files         []*testedFile `json:"files"`
}

// testedFile is one file of tests.
type testedFile struct {
	Name        string             `json:"name"`
	Outcome     testrunner.Outcome `json:"outcome"`
	Seconds     float64            `json:"seconds"`
	Diagnostics []*diagnostic      `json:"diagnostics"`
	Runs        []testedRun        `json:"runs"`
}

// testedRun is one run of a file.
type testedRun struct {
	Name          string             `json:"name"`
	Outcome       testrunner.Outcome `json:"outcome"`
	Seconds       float64            `json:"seconds"`
	Source        *sourceRegion      `json:"source,omitempty"`
	Failures      []*diagnostic      `json:"failures"`
	Configuration []*diagnostic      `json:"configuration"`
	Written       []string           `json:"written"`
}

// writeTestsJSON writes how tests ended.
func (a *app) writeTestsJSON(w io.Writer, results []*testrunner.FileResult, n testCounts) error {
	report := &testReport{FormatVersion: 1, Passed: n.passed, Failed: n.failed, Skipped: n.skipped, Broken: n.broken, Files: []*testedFile{}}
	for _, r := range results {
		if len(r.Runs) > 0 || len(r.Diagnostics.Diagnostics) > 0 { // else the filter selects none of it
			report.Files = append(report.Files, a.testedFile(r))
		}
	}
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

func (a *app) testedFile(r *testrunner.FileResult) *testedFile {
	f := &testedFile{Name: r.Name, Outcome: testrunner.Pass, Seconds: r.Took.Seconds(), Diagnostics: a.toldOf(r, r.Diagnostics), Runs: []testedRun{}}
	if r.Failed() {
		f.Outcome = testrunner.Fail
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		tested := testedRun{
			Name: run.Name, Outcome: run.Outcome, Seconds: run.Took.Seconds(), Written: append([]string{}, run.Written...),
			Failures: a.toldOf(r, r.Explain(run)), Configuration: a.toldOf(r, run.Configuration),
		}
		if path := r.Diagnostics.Path(run.Source); path != "" {
			tested.Source = newRegion(path, run.Source)
		}
		f.Runs = append(f.Runs, tested)
	}
	return f
}

// toldOf returns mistakes of a file of tests as they are shown.
func (a *app) toldOf(r *testrunner.FileResult, diags config.Diagnostics) []*diagnostic {
	all := []*diagnostic{}
	for _, d := range diags.Diagnostics {
		shown := newDiagnostic(diags, d)
		shown.Summary, shown.Detail = a.told(r, shown.Summary), a.told(r, shown.Detail)
		all = append(all, shown)
	}
	return all
}
