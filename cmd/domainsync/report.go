package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	runrender "github.com/domainsync/domainsync/executor/render"
)

// reportFlag is the name of the flag that asks for a report of how a command ended.
const reportFlag = "report"

// addReport adds the flag that asks for a report, which [app.end] writes.
func addReport(cmd *cobra.Command) {
	cmd.Flags().String(reportFlag, "", "write a report as JSON to a `file` (mode 0600), however the command ends")
}

// reportFile returns where the report of a command is to be written; "": it is not
// asked for, or cannot be written. What is wrong with a flag may stand before this one.
func (a *app) reportFile(cmd *cobra.Command, args []string) string {
	f := cmd.Flags().Lookup(reportFlag)
	if f == nil || a.reportRefused {
		return ""
	}
	file := f.Value.String()
	for i, arg := range args {
		if file != "" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--"+reportFlag+"="); ok {
			file = value
		} else if arg == "--"+reportFlag && i+1 < len(args) {
			file = args[i+1]
		}
	}
	if file == "-" && wantsLines(cmd, args) {
		return "" // that is refused, and standard output has lines
	}
	return file
}

// checkReport says before anything is done that the report of a command cannot be
// written.
func (a *app) checkReport(cmd *cobra.Command) error {
	f := cmd.Flags().Lookup(reportFlag)
	if f == nil {
		return nil
	}
	if err := canWrite(f.Value.String()); err != nil {
		a.reportRefused = true
		return fmt.Errorf("the report cannot be saved: %w; nothing was done", err)
	}
	return nil
}

// saveReport writes how a command ended, with an error or nil, and what became of its
// run. It returns the error with what went wrong with that.
func (a *app) saveReport(file string, err error) error {
	if file == "" {
		return err
	}
	end := a.endOf(err)
	failure := a.writeFile(file, func(w io.Writer) error { return runrender.ReportJSON(w, a.ended, programVersion(), end) })
	if failure == nil {
		return err
	}
	failure = fmt.Errorf("the report cannot be saved: %w", failure)
	if message(err) != "" {
		failure = errors.Join(err, failure)
	}
	return &exit{code: job.ExitCode(codeOf(err), exitError), err: failure}
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
