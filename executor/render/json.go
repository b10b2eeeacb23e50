package render

import (
	"encoding/json"
	"io"
	"time"

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
	// Reason is why the exit code is not 0, Line the last line that says so, and Ended
	// when that was.
	Reason  string    `json:"reason,omitempty"`
	Line    string    `json:"last_line,omitempty"`
	Message string    `json:"message,omitempty"`
	Ended   time.Time `json:"ended"`
	// Operation is what the run was begun for; "": none began.
	Operation job.Operation `json:"operation,omitempty"`
	// Settled is what became of what earlier runs had left; nil: nothing was.
	Settled *savedSettled `json:"settled,omitempty"`
	// Conditions are what a person has to know of, the severest first.
	Conditions []job.Condition `json:"conditions"`
	*executor.Report
	Changes []savedChange   `json:"changes"`
	Stale   []planner.Stale `json:"stale"`
	// Already are the changes of a saved plan that were live when it was applied.
	Already []string `json:"already,omitempty"`
	// Drifts are what the plan says that somebody else has changed, and does not change
	// back.
	Drifts []savedDrift `json:"drifts,omitempty"`
	// Threats are the states that threaten names, as the plan told them.
	Threats []planner.Threat `json:"threats,omitempty"`
	// SelfRenewals are what the service buys by itself, as the plan told it.
	SelfRenewals []planner.SelfRenewal `json:"self_renewals,omitempty"`
	// Work compares what the run was expected to take with what it took.
	Work []job.Work `json:"work,omitempty"`
}

// savedSettled is what became of what earlier runs had left.
type savedSettled struct {
	*executor.Report
	Changes []savedChange `json:"changes"`
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
	Origin    attr.Origin           `json:"origin,omitempty"`
	Logged    *attr.LogEntry        `json:"logged,omitempty"`
}

// savedDrift is what somebody else has changed and the run has left as it is.
type savedDrift struct {
	ID        string         `json:"id"`
	Domain    string         `json:"domain"`
	Attribute string         `json:"attribute"`
	Element   string         `json:"element,omitempty"`
	Live      string         `json:"live"`
	Declared  string         `json:"declared"`
	Status    attr.Status    `json:"status"`
	Reason    string         `json:"reason"`
	Logged    *attr.LogEntry `json:"logged,omitempty"`
}

// driftsLeft are the drifts of a plan that its apply leaves as they are.
func driftsLeft(p *planner.Plan) (left []savedDrift) {
	for c := range p.Differences() {
		if c.Origin == attr.Drift && !c.Planned() {
			left = append(left, savedDrift{c.ID, c.Domain, c.Attribute, c.Element, inWords(c.Before), inWords(c.After), c.Status, c.Reason, c.Logged})
		}
	}
	return left
}

func savedChanges(all []executor.ChangeReport) []savedChange {
	saved := make([]savedChange, len(all))
	for i, c := range all {
		saved[i] = savedChange{
			c.ID, c.Domain, c.Attribute, c.Element, inWords(c.Before), inWords(c.After),
			c.Result, c.Step, c.Code, c.Message, c.RequestID, c.Task, c.Origin, c.Logged,
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

// ReportJSON writes how a command ended, and what became of its run; nil: none began.
// Version is the program's.
func ReportJSON(w io.Writer, r *job.Result, version string, end End) error {
	if r == nil {
		r = new(job.Result)
	}
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	saved := savedReport{
		FormatVersion: reportVersion, Version: version, Endpoint: r.Endpoint, Account: r.Account,
		ExitCode: end.ExitCode, Reason: end.Reason, Line: end.Line, Message: end.Message, Ended: end.At.UTC(),
		Operation: r.Operation, Conditions: append([]job.Condition{}, r.Conditions...),
		Report: orEmpty(r.Report), Stale: append([]planner.Stale{}, r.Stale...), Already: r.Done, Work: r.Work,
	}
	saved.Changes = savedChanges(saved.Report.Changes)
	if r.Settled != nil {
		saved.Settled = &savedSettled{orEmpty(r.Settled), savedChanges(r.Settled.Changes)}
	}
	if r.Plan != nil {
		saved.Drifts = driftsLeft(r.Plan)
		saved.Threats, saved.SelfRenewals = r.Plan.Threats, r.Plan.SelfRenewals
	}
	return enc.Encode(saved)
}

// orEmpty returns a report whose lists are there, also where nothing was to be made.
func orEmpty(r *executor.Report) *executor.Report {
	full := executor.Report{}
	if r != nil {
		full = *r
	}
	for _, list := range []*[]string{&full.Unlocked, &full.OpenTasks, &full.Trouble} {
		*list = append([]string{}, *list...)
	}
	if full.Counts == nil {
		full.Counts = make(map[string]int)
	}
	return &full
}
