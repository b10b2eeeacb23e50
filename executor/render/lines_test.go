package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/schematest"
	"github.com/domainsync/domainsync/planner"
)

var began = time.Date(2026, 3, 1, 3, 17, 0, 0, time.UTC)

// someOfEverything is an event of every kind, with all that it can hold.
func someOfEverything() []job.Event {
	plan := &planner.Plan{
		Summary: planner.Summary{Changes: map[attr.Status]int{attr.Ready: 1, attr.Blocked: 1}, Changed: 1, Unmanaged: 3},
		Changes: []attr.Change{
			{ID: "example.com/renewal", Domain: "example.com", Attribute: "renewal", Action: attr.Update, Status: attr.Ready, Hazard: attr.Money, Cost: &attr.Cost{Count: 1, Years: 1, Amount: 1100, Currency: "USD", Known: true}},
			{ID: "emails/ada@example.com", Attribute: "emails", Element: "ada@example.com", Action: attr.Create, Status: attr.Blocked, Reason: "ada@example.com is not verified", Hazard: attr.None},
			{ID: "example.com/update_lock", Domain: "example.com", Attribute: "update_lock", Action: attr.Update, Status: attr.Ready, Hazard: attr.LockHazard, Origin: attr.Drift, Logged: &attr.LogEntry{At: began, Latest: began.Add(8 * time.Hour), Operation: "Asked of ada@example.com", Address: "192.0.2.7"}},
		},
		Failures: []snapshot.Failure{{Domain: "example.com", Operation: "QueryDnsHost", Message: "no"}},
		Missing:  []string{"example.org"}, OwedRelocks: []string{"example.net"},
		Guards:      []planner.Guard{{Name: "max_delegations", Limit: 1, Value: 2, Refuses: true, Counted: 2, Names: []string{"example.com"}, Waiting: 1, Unseen: "nothing"}, {Name: "max_released"}},
		Diagnostics: []planner.Diagnostic{{Severity: planner.SeverityWarning, Domain: "example.com", Summary: "Expires", Detail: "Ask ada@example.com."}},
		Threats: []planner.Threat{{
			ID: "transfer_out", Domain: "example.com", Severity: planner.Page, Summary: "Leaves", Sentence: "Another registrar asks for it.",
			Deadline: time.Date(2026, 6, 6, 12, 0, 0, 0, time.UTC), AsOf: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC),
		}},
	}
	report := &executor.Report{
		Run: 7, Interrupted: true, Seconds: 2.5, Counts: map[string]int{"verified": 1, "in doubt": 1},
		Unlocked: []string{"example.net"}, OpenTasks: []string{"t1"}, Trouble: []string{"the mail to ada@example.com"},
	}
	effort := planner.Effort{Calls: map[string]int{"QueryDomainByDomainName": 2}, Seconds: 0.2}
	work := []job.Work{{Part: job.ReadingPart, Foreseen: effort, Made: effort}, {Part: job.ChangingPart, Foreseen: effort, Made: effort}}
	conditions := []job.Condition{{
		ID: "overdue", Domain: "example.com", Attribute: "renewal", Severity: job.Ticket, Summary: "Overdue", Reason: "ada@example.com did not answer.",
		Since: began, Deadline: began, Makes: job.Failed,
	}}
	result := &job.Result{Operation: job.Applying, Report: report, Conditions: conditions, Reasons: []job.Reason{job.Open}, Work: work}
	ids, names := []string{"emails/ada@example.com", "example.com/renewal"}, []string{"", "example.com"}
	var events []job.Event
	for _, d := range []job.Details{
		job.Began{Operation: job.Applying, Endpoint: "https://domain.example", Version: "1.0"},
		job.StateLost{Loss: journal.Loss{Reason: "put back by ada@example.com", At: began}},
		job.Settled{},
		job.Settled{Report: report, Follow: true},
		job.Refreshing{Names: 3, Known: 2, Changed: 1, Distrust: "the log is \x1b[2J"},
		job.Foreseen{Part: job.ReadingPart, Effort: effort, Names: 2},
		job.Reading{Done: 1, All: 2, Left: time.Minute},
		job.Read{Names: 2, Failures: 1, Seconds: 1.5},
		job.Planned{Plan: plan, Stale: []planner.Stale{{ID: "example.com/hosts/ns1", Domain: "example.com", Reason: "it is ada@example.com"}}, Done: ids, OtherFiles: true},
		job.AwaitingApproval{},
		job.Approved{By: "ada@example.com"},
		job.Refused{Reason: "ada@example.com said no\x1b[2J"},
		executor.Executing{Run: 7, Changes: 2, Steps: 3},
		executor.Progress{Steps: 3, Sent: 1, Waiting: "its answer", Until: began, Left: time.Minute},
		executor.Submitted{Operation: "SaveBatchTaskForCreatingOrderRenew", Names: names, Task: "t1"},
		executor.StepResult{Attribute: "renewal", Operation: "Save", Result: executor.Failed, Changes: ids, Names: names, Code: "No", Message: "ada@example.com", RequestID: "r1", Task: "t1"},
		executor.ReadBack{Attribute: "renewal", Result: executor.Verified, Changes: ids, Names: names, Message: "it is ada@example.com"},
		job.Executed{Report: report},
		job.FollowPlanned{Plan: plan},
		job.Ended{Result: result, Err: errors.New("interrupted")},
	} {
		at := began.Add(time.Duration(len(events)) * time.Second)
		e := job.Event{Number: len(events) + 1, Time: at, Job: "corp", Run: 7, Details: d}
		switch d.(type) {
		case job.Reading, executor.Progress:
			e.Number = 0
		}
		events = append(events, e)
	}
	return events
}

// endOf is the end of a command with an error; "": without one.
func endOf(exitCode int, message string) render.End {
	e := render.End{ExitCode: exitCode, Message: message, At: began}
	if message != "" {
		e.Reason = "error"
		e.Line = render.LastLine(e, nil)
	}
	return e
}

// lines returns what a view writes of events, and of the end.
func lines(t *testing.T, events []job.Event, exitCode int, message string) []string {
	t.Helper()
	var b bytes.Buffer
	l := render.NewLines(&b)
	for _, e := range events {
		l.Show(e)
	}
	if err := errors.Join(l.Failure(), l.End(endOf(exitCode, message))); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// kindsInSources are the names of all types of events, as their sources say.
func kindsInSources(t *testing.T) map[string]bool {
	t.Helper()
	kinds := map[string]bool{"change": true} // a part of a plan
	for _, file := range []string{"../events.go", "../job/events.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\) Kind\(\) string \{ return "(\w+)" \}`).FindAllSubmatch(source, -1) {
			kinds[string(m[1])] = true
		}
	}
	return kinds
}

// TestLinesSatisfyTheirSchema: every type of event occurs, its line is as
// docs/events.schema.json says, and holds all that the schema knows of.
func TestLinesSatisfyTheirSchema(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "../../docs/events.schema.json")
	described := make(map[string]bool)
	for _, ref := range schema["oneOf"].([]any) {
		described[strings.TrimPrefix(ref.(map[string]any)["$ref"].(string), "#/$defs/")] = true
	}
	told := make(map[string]map[string]bool)
	for _, line := range lines(t, someOfEverything(), 5, "interrupted") {
		v := schematest.Parse(t, []byte(line)).(map[string]any)
		kind := v["type"].(string)
		for _, problem := range schema.Check(v, kind) {
			t.Errorf("%s\n%s", problem, line)
		}
		if told[kind] == nil {
			told[kind] = make(map[string]bool)
		}
		for member := range v {
			told[kind][member] = true
		}
	}
	for kind := range kindsInSources(t) {
		if !described[kind] || told[kind] == nil {
			t.Errorf("%s is described: %v, occurs: %v", kind, described[kind], told[kind] != nil)
		}
	}
	for kind := range described {
		rule := schema["$defs"].(map[string]any)[kind].(map[string]any)["properties"].(map[string]any)
		for _, member := range slices.Sorted(maps.Keys(rule)) {
			if !told[kind][member] {
				t.Errorf("%s is described with %s, and no line has it", kind, member)
			}
		}
	}
}

// TestLinesAreForEverybody: no address, no control code, and nothing but lines.
func TestLinesAreForEverybody(t *testing.T) {
	t.Parallel()
	masked := someOfEverything()
	for i, m := 0, personal.NewMasker(); i < len(masked); i++ {
		masked[i] = masked[i].Masked(m)
	}
	for _, line := range lines(t, masked, 1, "no name\nbut an address") {
		if strings.Contains(line, "ada@") || strings.ContainsAny(line, "\x1b\r") || !json.Valid([]byte(line)) {
			t.Errorf("not for everybody: %s", line)
		}
	}
}

// TestLinesTellSeldomHowFarItIs: a reading of a million names is not a million
// lines.
func TestLinesTellSeldomHowFarItIs(t *testing.T) {
	t.Parallel()
	var events []job.Event
	for i := range 5000 {
		events = append(events, job.Event{Time: began.Add(time.Duration(i) * time.Millisecond), Details: job.Reading{Done: i, All: 5000}})
	}
	if n := len(lines(t, events, 0, "")); n != 6 {
		t.Errorf("%d lines for 5 seconds and the end, want 6", n)
	}
}

// TestLinesOfARunThatDidNotBegin: the last line is there all the same.
func TestLinesOfARunThatDidNotBegin(t *testing.T) {
	t.Parallel()
	got := lines(t, nil, 1, "no such file")
	want := `{"type":"ended","time":"2026-03-01T03:17:00Z","exit_code":1,"reason":"error","last_line":"exit 1: error: no such file","message":"no such file","reasons":[],"counts":{}}`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
