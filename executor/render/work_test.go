package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// TestReportSatisfiesItsSchema: the report of a file is as docs/report.schema.json
// says, and has the work of the run.
func TestReportSatisfiesItsSchema(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	r := &job.Result{
		Operation: job.Applying, Version: "1.0", Endpoint: "https://domain.example", Account: "42", Work: someWork(), Done: []string{"example.com/admin"},
		Stale: []planner.Stale{{ID: "example.com/hosts/ns1", Domain: "example.com", Reason: "it is there"}},
		Report: &executor.Report{
			Run: 7, Steps: 3, Submits: 2, Tasks: 1, Acknowledged: 1, Seconds: 2.5, Counts: map[string]int{"failed": 1},
			Unlocked: []string{"example.net"}, OpenTasks: []string{"t1"}, Trouble: []string{"something"},
			Changes: []executor.ChangeReport{{ID: "example.com/renewal", Domain: "example.com", Attribute: "renewal", Result: executor.Failed, Code: "No", Message: "no"}},
		},
	}
	if err := render.ReportJSON(&b, r, 4); err != nil {
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
	v["work"].([]any)[0].(map[string]any)["foreseen"] = "little"
	if len(schema.Check(v, "the report")) == 0 {
		t.Error("the schema lets anything pass for the work of a run")
	}
}
