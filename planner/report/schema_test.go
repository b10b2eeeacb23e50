package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/internal/schematest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// everythingOf is an input of which each kind of row and of member has something.
func everythingOf(t *testing.T) (planner.Input, report.Past) {
	t.Helper()
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	lock := attr.Lookup("transfer_lock")
	on, err := lock.Unmarshal([]byte("true"))
	if err != nil {
		t.Fatal(err)
	}
	at := &hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 7}}
	declared := []config.Declared{{Attribute: lock, Value: on, Source: at}}
	p := &config.Portfolio{
		Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm(),
		Domains: []config.Domain{
			{Name: "a.com", Declared: declared, Source: at, Settings: attr.Settings{Labels: attr.NewLabels(map[string]string{"owner": "web"})}},
			{Name: "gone.com", Declared: declared, Source: at},
			{Name: "self.com", Declared: declared, Source: at},
		},
		Holds: []config.Hold{{Label: "h", Names: []string{"a.com"}, Reason: "by hand", Source: *at}},
	}
	private := true
	live := &planner.Live{
		ReadAt: now,
		Domains: []snapshot.Domain{
			{
				Name: "a.com", Registered: now.AddDate(-3, 0, 0), Expires: now.AddDate(0, 0, 3), Status: wire.NeedsRenewal, TransferLock: wire.LockOff, UpdateLock: wire.LockOn,
				Nameservers: []string{"ns1.example.net"}, DSRecords: []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "AB"}}, Privacy: &private,
				Contacts: map[wire.ContactType]snapshot.Contact{wire.AdminContact: {Name: "Ada Example", Email: "ada@example.com"}},
			},
			{Name: "bare.com", PremiumUnknown: true},
			{Name: "self.com", Expires: now.AddDate(0, 0, 60), AutoRenew: new(true)},
		},
		Failures: []snapshot.Failure{{Domain: "bare.com", Facts: snapshot.Nameservers, Operation: "Op", Message: "no"}},
	}
	h := planner.History{
		InDoubt:   map[string]string{"a.com/privacy": "a request has no answer"},
		Approvals: []planner.ApprovalRecord{{Change: "a.com/transfer_lock", By: "ada", At: now, Until: now.AddDate(0, 0, 9)}},
		Pauses:    []planner.Pause{{Names: planner.SelectNames([]string{"a.com"}), By: "ada@host", Reason: "wait"}},
	}
	past := report.Past{
		Log: []report.LogEntry{{At: now, Operation: "DNS", Details: "for ada@example.com", Result: "ok", Address: "192.0.2.1"}},
		Runs: []report.ChangeSent{
			{
				Run: 2, Command: "apply", By: "ada@host", Link: "https://ci.example/2", At: now, Step: "a.com/admin#set", Operation: "Op", Task: "t", State: "succeeded", Known: now,
				RequestID: "R", Change: &report.Made{Before: attr.Contact{"email": "old@example.com"}, After: attr.Contact{"email": "ada@example.com"}, Result: "verified"},
			},
			{Run: 1, Command: "resume", At: now, Step: "a.com/privacy#set", Operation: "Op", State: "failed", Message: "for ada@example.com", Known: now},
		},
		Unsent: []report.ChangeUnsent{{
			Run: 2, Command: "apply", By: "ada@host", Link: "https://ci.example/2", Began: now, ID: "a.com/tech", Message: "the run ended before",
			Made: report.Made{Before: attr.Contact{"email": "old@example.com"}, After: attr.Contact{"email": "ada@example.com"}, Result: "not sent"},
		}},
	}
	return planner.Input{Portfolio: p, Live: live, History: h}, past
}

// TestListIsAsItsSchema: the schema of lists describes each column, and no others.
func TestListIsAsItsSchema(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "../../docs/domains.schema.json")
	in, _ := everythingOf(t)
	v := report.NewInventory(in, planner.Diff(in))
	var rows []map[string]any
	for i := range v.Rows {
		row := make(map[string]any)
		for _, c := range report.Columns(nil) {
			row[c.Name] = c.Value(v, &v.Rows[i])
		}
		rows = append(rows, row)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	parsed := schematest.Parse(t, text)
	for _, problem := range schema.Check(parsed, "the list") {
		t.Error(problem)
	}
	parsed.([]any)[0].(map[string]any)["other"] = 1
	if len(schema.Check(parsed, "the list")) == 0 {
		t.Error("the schema lets anything pass")
	}
	for _, c := range report.Columns(nil) {
		if _, ok := schema["$defs"].(map[string]any)["name"].(map[string]any)["properties"].(map[string]any)[c.Name]; !ok {
			t.Errorf("the schema does not describe %s", c.Name)
		}
	}
}

// TestDetailIsAsItsSchema holds what is known of names of every standing to the schema,
// and shows no person.
func TestDetailIsAsItsSchema(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "../../docs/domain.schema.json")
	in, past := everythingOf(t)
	p := planner.Diff(in)
	v := report.NewInventory(in, p)
	var details []*report.Detail
	for i := range v.Rows {
		details = append(details, v.DetailOf(&v.Rows[i], in, p, past, personal.NewMasker()))
		past = report.Past{}
	}
	text, err := json.Marshal(details)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Ada Example", "ada@example.com", "old@example.com"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("it tells %q", secret)
		}
	}
	parsed := schematest.Parse(t, text)
	for _, problem := range schema.Check(parsed, "the names") {
		t.Error(problem)
	}
	first := details[0]
	if len(first.Holds) != 2 || len(first.Approvals) != 1 || len(first.Tasks) != 1 || len(first.Log) != 1 || len(first.Runs) != 2 || len(first.Threats) == 0 {
		t.Errorf("not all of it was told: %+v", first)
	}
	parsed.([]any)[0].(map[string]any)["other"] = 1
	if len(schema.Check(parsed, "the names")) == 0 {
		t.Error("the schema lets anything pass")
	}
}

// TestRunsOfANameAreTold: of what runs sent for a name people read who began the run, what
// was before and after, and what the service said, with its request.
func TestRunsOfANameAreTold(t *testing.T) {
	t.Parallel()
	in, past := everythingOf(t)
	p := planner.Diff(in)
	v := report.NewInventory(in, p)
	var text strings.Builder
	if err := v.DetailOf(v.Row("a.com"), in, p, past, nil).WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"run 2, a.com/admin#set: succeeded, verified; request R; apply by ada@host\n", "- email \"old@example.com\"", "+ email \"ada@example.com\"",
		"run 1, a.com/privacy#set: failed: for ada@example.com\n",
		"run 2, a.com/tech: not sent: the run ended before; apply by ada@host\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, text.String())
		}
	}
}

// TestDetailInMarkdown: Markdown says line by line what the text says, and nothing in it is
// written past what escapes it.
func TestDetailInMarkdown(t *testing.T) {
	t.Parallel()
	in, past := everythingOf(t)
	p := planner.Diff(in)
	v := report.NewInventory(in, p)
	d := v.DetailOf(v.Row("a.com"), in, p, past, nil)
	var text strings.Builder
	if err := d.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	marked := d.Markdown(func(s string) string { return "<" + s + ">" })
	if !strings.HasPrefix(marked, "### <a.com>: managed") {
		t.Errorf("it begins with %.40q", marked)
	}
	lines := func(s string) (all []string) {
		for line := range strings.Lines(s) {
			if line = strings.Join(strings.Fields(line), " "); line != "" {
				all = append(all, line)
			}
		}
		return all
	}
	plain := strings.NewReplacer("#### ", "", "### ", "", "- **", "", "**", "", "- <", "", "<", "", ">", "").Replace(marked)
	if diff := cmp.Diff(lines(text.String()), lines(plain)); diff != "" {
		t.Errorf("Markdown tells something else (-text +Markdown):\n%s", diff)
	}
	for line := range strings.Lines(marked) {
		for _, syntax := range []string{"### <", "#### <", "- **<", "  - <"} {
			if rest, ok := strings.CutPrefix(line, syntax); ok && !strings.Contains(rest, ">") {
				t.Errorf("%q is not escaped", line)
			}
		}
	}
	d.Runs[0].Message = strings.Repeat("x", 70_000)
	if n := len(d.Markdown(strings.ToUpper)); n > 20_000 {
		t.Errorf("a long message makes %d bytes", n)
	}
}

// TestRemarksHaveTheirDates: what a plan warns of by a date has it in both forms.
func TestRemarksHaveTheirDates(t *testing.T) {
	t.Parallel()
	in, _ := everythingOf(t)
	p := planner.Diff(in)
	v := report.NewInventory(in, p)
	r := v.Row("self.com")
	d := v.DetailOf(r, in, p, report.Past{}, nil)
	if len(d.Remarks) != 1 || !d.Remarks[0].Deadline.Equal(r.Live.Expires) {
		t.Fatalf("the remarks are %+v", d.Remarks)
	}
	var text strings.Builder
	if err := d.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	_, remark, _ := strings.Cut(text.String(), d.Remarks[0].Summary)
	if !strings.Contains(remark, "\n  deadline      2027-01-30 00:00:00Z\n") {
		t.Errorf("it tells no date: %s", text.String())
	}
}

// BenchmarkInventory makes an inventory of 100,000 names and asks each column of it.
func BenchmarkInventory(b *testing.B) {
	p := &config.Portfolio{Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm()}
	live := &planner.Live{ReadAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	for i := range 100_000 {
		name := fmt.Sprintf("n%06d.com", i)
		p.Domains = append(p.Domains, config.Domain{Name: name})
		live.Domains = append(live.Domains, snapshot.Domain{
			Name: name, Expires: live.ReadAt.AddDate(1, 0, i%300), Nameservers: []string{"ns1.example.net", "ns2.example.net"}, TransferLock: wire.LockOn, UpdateLock: wire.LockOff,
		})
	}
	in := planner.Input{Portfolio: p, Live: live}
	plan := planner.Diff(in)
	columns := report.Columns(nil)
	b.ReportAllocs()
	for b.Loop() {
		v := report.NewInventory(in, plan)
		for i := range v.Rows {
			for k := range columns {
				columns[k].Value(v, &v.Rows[i])
			}
		}
	}
}
