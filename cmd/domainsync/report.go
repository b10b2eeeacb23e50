package main

import (
	"fmt"
	"io"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	runrender "github.com/domainsync/domainsync/executor/render"
)

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
	code := exitCode(codesOf(d.Result, d.Err)...)
	err := v.app.writeFile(v.file, func(w io.Writer) error { return runrender.ReportJSON(w, d.Result, code) })
	if err != nil {
		v.err = fmt.Errorf("the report cannot be saved: %w", err)
	}
}

// writeReport prints a report, and how to go on where something is open.
func (a *app) writeReport(r *executor.Report) error {
	a.stderr.rest()
	if r.Run == 0 {
		return nil // nothing was to be done
	}
	fmt.Fprintln(a.stdout)
	if err := runrender.ReportText(a.stdout, r, width(a.stdout)); err != nil {
		return err
	}
	if r.Unfinished() && !r.Interrupted {
		fmt.Fprintln(a.stdout, "What is open is looked at again by domainsync resume, and by the next apply.")
	}
	return nil
}
