package report_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/schematest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// wholeReport is a report of which no list is empty.
func wholeReport(t *testing.T) *report.Report {
	t.Helper()
	in := drawnPortfolio(rand.New(rand.NewPCG(1, 2)), 400) //nolint:gosec // it draws cases
	in.Portfolio.Budget = &config.Budget{Amount: 2000, Currency: "USD", Per: config.PerMonth}
	held := []string{in.Portfolio.Domains[0].Name, in.Live.Domains[0].Name}
	slices.Sort(held)
	in.Portfolio.Holds = []config.Hold{{Label: "h", Names: held, Reason: "by hand"}}
	in.History.Pauses = []planner.Pause{{Names: planner.SelectNames(held), By: "ada", Reason: "wait"}}
	in.Live.Left = []snapshot.Departed{{Domain: "zz.com", Seen: in.Live.ReadAt}}
	in.Live.Domain(in.Live.Domains[0].Name).TransferOut = "PENDING"
	for i := range in.Live.Domains {
		in.Live.Domains[i].TransferOut = in.Live.Domains[0].TransferOut
		in.Live.Domains[i].Hosts = []snapshot.Host{{Name: "ns1.example.net", Addresses: []string{"192.0.2.1"}}}
	}
	lock := attr.Lookup("transfer_lock")
	on, err := lock.Unmarshal([]byte("true"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range in.Portfolio.Domains {
		d := &in.Portfolio.Domains[i]
		d.Declared = append([]config.Declared{{Attribute: lock, Value: on}}, d.Declared...)
	}
	p := planner.Diff(in)
	for c := range p.Differences() {
		c.Origin, c.Logged = attr.Drift, &attr.LogEntry{At: in.Live.ReadAt, Operation: "LOCK"}
	}
	at := in.Live.ReadAt.AddDate(0, -1, 0)
	return report.New(in, p, report.Options{Version: "1", Past: &report.PastRuns{
		Runs:   []report.RunRow{{ID: 1, Began: at, ExitCode: new(4), Money: []report.Money{{Currency: "USD"}}}, {ID: 2, Began: at}},
		Orders: []report.Order{{Run: 1, At: at, Name: "a.com", Currency: "USD"}, {Run: 1, At: at, Name: "a.com", Currency: "CNY"}},
	}})
}

// TestReportIsAsItsSchema: the schema describes each member of a report, and no others.
func TestReportIsAsItsSchema(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "../../docs/portfolio-report.schema.json")
	for _, r := range []*report.Report{wholeReport(t), report.New(planner.Input{Portfolio: new(config.Portfolio), Live: &planner.Live{ReadAt: time.Unix(0, 0)}}, new(planner.Plan), report.Options{})} {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		parsed := schematest.Parse(t, text)
		for _, problem := range schema.Check(parsed, "the report") {
			t.Error(problem)
		}
		parsed.(map[string]any)["calendar"].(map[string]any)["other"] = 1
		if len(schema.Check(parsed, "the report")) == 0 {
			t.Error("the schema lets anything pass")
		}
	}
}

// TestTablesAreOfEachSection: each table has rows where its section has something, a cell
// for each column, and a name of its own.
func TestTablesAreOfEachSection(t *testing.T) {
	t.Parallel()
	r, names := wholeReport(t), make(map[string]bool)
	for _, table := range report.Tables() {
		rows := table.Rows(r)
		if len(rows) == 0 || names[table.Name] || table.About == "" {
			t.Errorf("%s has %d rows, and is about %q", table.Name, len(rows), table.About)
		}
		names[table.Name] = true
		for _, row := range rows {
			if len(row) != len(table.Columns) {
				t.Fatalf("%s: %d cells for the columns %q", table.Name, len(row), table.Columns)
			}
			for i, cell := range row {
				switch cell.(type) {
				case nil, string, int, int64, float64, bool, time.Time, []string:
				default:
					t.Fatalf("%s: %s is a %T", table.Name, table.Columns[i], cell)
				}
			}
		}
	}
	if got := len(report.Tables()[0].Rows(r)); got != len(r.Names) {
		t.Errorf("%d names of %d", got, len(r.Names))
	}
}

// TestTablesCountOnce: what a table has in several rows adds up to what there is.
func TestTablesCountOnce(t *testing.T) {
	t.Parallel()
	r := wholeReport(t)
	sums := make(map[string]int)
	for _, table := range report.Tables() {
		for _, row := range table.Rows(r) {
			for i, cell := range row {
				if n, ok := cell.(int); ok {
					sums[table.Name+" "+table.Columns[i]] += n
				}
			}
		}
	}
	held := r.Totals.Managed + r.Totals.Unmanaged
	for what, want := range map[string]int{
		"calendar names": held, "nameserver_sets names": held - r.Nameservers.None - r.Nameservers.Unknown,
		"months runs": 2, "months orders": 2, "months failed_runs": 1,
	} {
		if sums[what] != want {
			t.Errorf("%s is %d, want %d", what, sums[what], want)
		}
	}
}

// TestDocumentHasAllRows: the page on reports has a row for each section, check and risk, and
// no other.
func TestDocumentHasAllRows(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/portfolio-report.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string][]string) // what stands in the first column, by the title of the section
	title := ""
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "## ") {
			title = strings.TrimSpace(line[3:])
		}
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| `") {
			listed[title] = append(listed[title], strings.Split(strings.ReplaceAll(strings.TrimSpace(cells[1]), "`", ""), ", ")...)
		}
	}
	r := wholeReport(t)
	want := make(map[string][]string)
	for _, table := range report.Tables() {
		want["Sections"] = append(want["Sections"], table.Name)
	}
	for _, c := range r.Coverage.Checks {
		want["Coverage"] = append(want["Coverage"], c.ID)
	}
	for _, x := range r.Nameservers.Risks {
		want["Single points of failure"] = append(want["Single points of failure"], x.ID)
	}
	for title, ids := range want {
		if diff := cmp.Diff(ids, listed[title]); diff != "" {
			t.Errorf("%s (-the report +the page):\n%s", title, diff)
		}
	}
}
