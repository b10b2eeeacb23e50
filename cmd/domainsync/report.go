package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// reportVersion is the version of the report's JSON form.
const reportVersion = 1

// savedReport is a report as a file has it.
type savedReport struct {
	FormatVersion int    `json:"format_version"`
	Version       string `json:"version"`
	Endpoint      string `json:"endpoint"`
	Account       string `json:"account"`
	ExitCode      int    `json:"exit_code"`
	*executor.Report
	Stale []planner.Stale `json:"stale"`
	// Already are the changes of a saved plan that were live when it was applied.
	Already []string `json:"already,omitempty"`
}

// reportView saves what became of the changes of a run in a file.
type reportView struct {
	app  *app
	file string // "": it is not asked for
	err  error
}

func (v *reportView) failure() error { return v.err }

func (v *reportView) show(e job.Event) {
	d, ended := e.Details.(job.Ended)
	if !ended || v.file == "" || d.Result.Report == nil {
		return
	}
	r := d.Result
	v.err = v.app.saveReport(v.file, savedReport{
		FormatVersion: reportVersion, Version: programVersion(), Endpoint: r.Endpoint, Account: r.Account,
		ExitCode: exitCode(codesOf(r, d.Err)...), Report: r.Report, Stale: append([]planner.Stale{}, r.Stale...), Already: r.Done,
	})
}

func (a *app) saveReport(file string, r savedReport) error {
	err := a.writeFile(file, 0o600, func(w io.Writer) error {
		enc := json.NewEncoder(inert.JSON(w))
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	})
	if err != nil {
		return fmt.Errorf("the report cannot be saved: %w", err)
	}
	return nil
}

// writeReport prints a report, and how to go on where something is open.
func (a *app) writeReport(r *executor.Report) error {
	a.stderr.rest()
	if r.Run == 0 {
		return nil // nothing was to be done
	}
	fmt.Fprintln(a.stdout)
	if err := r.WriteText(a.stdout); err != nil {
		return err
	}
	if r.Unfinished() && !r.Interrupted {
		fmt.Fprintln(a.stdout, "What is open is looked at again by domainsync resume, and by the next apply.")
	}
	return nil
}
