package main

import (
	"fmt"
	"io"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/internal/inert"
)

// writeJUnit writes how tests ended, as JUnit does: a suite for each file, a case for
// each run. A file that could not be played to its end has a case of its own.
func writeJUnit(w io.Writer, results []*testrunner.FileResult, told func(*testrunner.FileResult, string) string) error {
	suites := junit.Testsuites{Name: "domainsync test"}
	for i, r := range results {
		if len(r.Runs) == 0 && !r.Diagnostics.HasErrors() {
			continue // the filter selects none of it
		}
		suite := junit.Testsuite{Name: inert.Text(r.Name), ID: i, File: inert.Text(r.Name), Time: inSeconds(r.Took)}
		if r.Diagnostics.HasErrors() {
			suite.AddTestcase(junit.Testcase{
				Name: inert.Text(r.Name), Classname: inert.Text(r.Name), Time: inSeconds(0),
				Error: &junit.Result{Message: "The file could not be played to its end.", Data: inert.Lines(told(r, r.Diagnostics.String()))},
			})
		}
		for k := range r.Runs {
			suite.AddTestcase(caseOf(r, &r.Runs[k], told))
		}
		suites.AddSuite(suite)
	}
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return suites.WriteXML(w)
}

// caseOf is one run as JUnit has it.
func caseOf(r *testrunner.FileResult, run *testrunner.RunResult, told func(*testrunner.FileResult, string) string) junit.Testcase {
	c := junit.Testcase{Name: inert.Text(run.Name), Classname: inert.Text(r.Name), Time: inSeconds(run.Took)}
	switch run.Outcome {
	case testrunner.Fail:
		c.Failure = &junit.Result{Message: inert.Text(told(r, run.Failures[0].Summary)), Data: inert.Lines(told(r, run.Configuration.String()+r.Explain(run).String()))}
	case testrunner.Skip:
		c.Skipped = &junit.Result{Message: "A run before it failed."}
	case testrunner.Pass:
	}
	return c
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
