package render

import (
	"encoding/json"
	"io"

	"github.com/domainsync/domainsync/config/attr"
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
	Changes []savedChange   `json:"changes"`
	Stale   []planner.Stale `json:"stale"`
	// Already are the changes of a saved plan that were live when it was applied.
	Already []string `json:"already,omitempty"`
	// Threats are the states that threaten names, as the plan told them.
	Threats []planner.Threat `json:"threats,omitempty"`
	// SelfRenewals are what the service buys by itself, as the plan told it.
	SelfRenewals []planner.SelfRenewal `json:"self_renewals,omitempty"`
	// Work compares what the run was expected to take with what it took.
	Work []job.Work `json:"work,omitempty"`
}

// savedChange is what became of a change, with its values in words.
type savedChange struct {
	ID        string                `json:"id"`
	Domain    string                `json:"domain"`
	Attribute string                `json:"attribute"`
	Element   string                `json:"element,omitempty"`
	Before    string                `json:"before"`
	After     string                `json:"after"`
	Result    executor.ChangeResult `json:"standing"`
	Step      string                `json:"step,omitempty"`
	Code      string                `json:"code,omitempty"`
	Message   string                `json:"message,omitempty"`
	RequestID string                `json:"request_id,omitempty"`
	Task      string                `json:"task,omitempty"`
}

func savedChanges(all []executor.ChangeReport) []savedChange {
	saved := make([]savedChange, len(all))
	for i, c := range all {
		saved[i] = savedChange{
			c.ID, c.Domain, c.Attribute, c.Element, inWords(c.Before), inWords(c.After),
			c.Result, c.Step, c.Code, c.Message, c.RequestID, c.Task,
		}
	}
	return saved
}

func inWords(v attr.Value) string {
	if v == nil {
		return "nothing"
	}
	return v.String()
}

// ReportJSON writes what became of the changes of a run, which has a report, and
// the exit code with which it ends.
func ReportJSON(w io.Writer, r *job.Result, exitCode int) error {
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	saved := savedReport{
		FormatVersion: reportVersion, Version: r.Version, Endpoint: r.Endpoint, Account: r.Account,
		ExitCode: exitCode, Report: r.Report, Changes: savedChanges(r.Report.Changes), Stale: append([]planner.Stale{}, r.Stale...), Already: r.Done, Work: r.Work,
	}
	if r.Plan != nil {
		saved.Threats, saved.SelfRenewals = r.Plan.Threats, r.Plan.SelfRenewals
	}
	return enc.Encode(saved)
}
