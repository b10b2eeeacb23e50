package render

import (
	"encoding/json"
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

// ReportJSON writes what became of the changes of a run, which has a report, and
// the exit code with which it ends.
func ReportJSON(w io.Writer, r *job.Result, exitCode int) error {
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(savedReport{
		FormatVersion: reportVersion, Version: r.Version, Endpoint: r.Endpoint, Account: r.Account,
		ExitCode: exitCode, Report: r.Report, Stale: append([]planner.Stale{}, r.Stale...), Already: r.Done,
	})
}
