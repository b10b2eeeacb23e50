package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/domainsync/domainsync/executor"
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

// conclude prints and saves what became of a run, and ends the command.
func (s *session) conclude(r *executor.Report, w *work, codes []int, file string, cause error) error {
	if err := s.app.writeReport(r); err != nil {
		return err
	}
	if cause != nil {
		codes = append(codes, codeOf(s.end(cause)))
	}
	if file != "" {
		saved := savedReport{
			FormatVersion: reportVersion, Version: programVersion(), Endpoint: s.endpoint, Account: s.account,
			ExitCode: exitCode(codes...), Report: r, Stale: append([]planner.Stale{}, w.stale...), Already: w.done,
		}
		if err := s.app.saveReport(file, saved); err != nil {
			cause = errors.Join(cause, err)
			codes = append(codes, exitError)
		}
	}
	if cause != nil {
		return &exit{code: exitCode(codes...), err: s.end(cause)}
	}
	return ended(codes...)
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
	if r.ExitCode() == exitOpen && !r.Interrupted {
		fmt.Fprintln(a.stdout, "What is open is looked at again by domainsync resume, and by the next apply.")
	}
	return nil
}
