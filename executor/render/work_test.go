package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/schematest"
	"github.com/domainsync/domainsync/planner"
)

func someWork() []job.Work {
	return []job.Work{
		{
			Part:     job.ReadingPart,
			Foreseen: planner.Effort{Calls: map[string]int{"QueryDomainList": 100, "QueryDomainByDomainName": 20_000}, Seconds: 2010},
			Made:     planner.Effort{Calls: map[string]int{"QueryDomainList": 100, "QueryDomainByDomainName": 20_200}, Seconds: 2030.2},
		},
		{Part: job.ChangingPart, Foreseen: planner.Effort{Calls: map[string]int{}}, Made: planner.Effort{Calls: map[string]int{"PollTaskResult": 1}, Seconds: 3}},
	}
}

// TestWorkInWords: what a part of a run takes is said before it, and compared after.
func TestWorkInWords(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(render.ForecastText(job.ReadingPart, someWork()[0].Foreseen) + "\n")
	if err := render.WorkText(&b, someWork()); err != nil {
		t.Fatal(err)
	}
	want := `reading: 20,100 calls, about 34 min
Reading: 20,300 calls in 34 min; foreseen were 20,100 in 34 min
Changes: 1 call in 3 s; foreseen were 0 in < 1 s
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// byHand is what the change log tells of a change in the console.
func byHand() *attr.LogEntry {
	return &attr.LogEntry{At: began, Operation: "DNS Modification", Address: "192.0.2.7"}
}

// TestReportSatisfiesItsSchema: the report of a file is as docs/report.schema.json
// says, and has the work of the run.
func TestReportSatisfiesItsSchema(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := &job.Result{
		Operation: job.Applying, Version: "1.0", Endpoint: "https://domain.example", Account: "42", Work: someWork(), Done: []string{"example.com/admin"},
		Conditions: []job.Condition{{
			ID: "order_failed", Domain: "example.com", Attribute: "renewal", Severity: job.Page, Summary: "An order failed", Reason: "No: no",
			Since: began, Deadline: began, Makes: job.Failed,
		}},
		Stale: []planner.Stale{{ID: "example.com/hosts/ns1", Domain: "example.com", Reason: "it is there"}},
		Report: &executor.Report{
			Run: 7, Steps: 3, Submits: 2, Tasks: 1, Acknowledged: 1, Seconds: 2.5, Counts: map[string]int{"failed": 1},
			Unlocked: []string{"example.net"}, OpenTasks: []string{"t1"}, Trouble: []string{"something"},
			Changes: []executor.ChangeReport{{ID: "example.com/renewal", Domain: "example.com", Attribute: "renewal", Result: executor.Failed, Code: "No", Message: "no", Origin: attr.Drift, Logged: byHand()}},
		},
		Plan: &planner.Plan{Changes: []attr.Change{
			{ID: "example.com/nameservers", Domain: "example.com", Attribute: "nameservers", Before: attr.NewNameserverSet([]string{"ns7.example.org"}), After: attr.NewNameserverSet([]string{"ns1.example.net"}), Status: attr.Held, Reason: "wait", Origin: attr.Drift, Logged: byHand()},
			{ID: "example.com/renewal", Domain: "example.com", Attribute: "renewal", Status: attr.Ready, Origin: attr.Drift},
			{ID: "example.net/update_lock", Domain: "example.net", Attribute: "update_lock", Status: attr.Blocked, Origin: attr.Edit},
		}},
	}
	if err := render.ReportJSON(&b, r, "1.0", render.End{ExitCode: 4, Reason: "failed", Line: "exit 4: failed: example.com (renewal): no", At: began}); err != nil {
		t.Fatal(err)
	}
	schema := schematest.Read(t, "../../docs/report.schema.json")
	v := schematest.Parse(t, b.Bytes()).(map[string]any)
	for _, problem := range schema.Check(v, "the report") {
		t.Errorf("%s\n%s", problem, b.String())
	}
	if work, _ := v["work"].([]any); len(work) != 2 {
		t.Errorf("the report has the work %v", v["work"])
	}
	drifts, _ := v["drifts"].([]any)
	if len(drifts) != 1 || drifts[0].(map[string]any)["id"] != "example.com/nameservers" || drifts[0].(map[string]any)["live"] != "ns7.example.org" {
		t.Errorf("one drift was left as it is, and the report has %v", v["drifts"])
	}
	change := v["changes"].([]any)[0].(map[string]any)
	if change["origin"] != "drift" || change["logged"].(map[string]any)["address"] != "192.0.2.7" {
		t.Errorf("the report has the change %v", change)
	}
	condition := v["conditions"].([]any)[0].(map[string]any)
	if condition["severity"] != "page" || condition["makes"] != "failed" || condition["since"] == nil || condition["deadline"] == nil {
		t.Errorf("the report has the condition %v", condition)
	}
	condition["severity"] = "soon"
	if len(schema.Check(v, "the report")) == 0 {
		t.Error("the schema lets any severity pass")
	}
	condition["severity"] = "page"
	change["logged"].(map[string]any)["by"] = "somebody"
	if len(schema.Check(v, "the report")) == 0 {
		t.Error("the schema lets anything pass for what the log tells")
	}
	delete(change, "logged")
	v["work"].([]any)[0].(map[string]any)["foreseen"] = "little"
	if len(schema.Check(v, "the report")) == 0 {
		t.Error("the schema lets anything pass for the work of a run")
	}
}
