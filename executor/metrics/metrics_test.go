package metrics_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/planner"
)

var monday = time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)

// write writes the metrics after a run over those of the file, and returns the text
// and the value of each series.
func write(t interface{ Fatal(...any) }, r metrics.Run, before string) (text string, values map[string]float64) {
	old, err := metrics.Read(strings.NewReader(before))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := metrics.Write(&b, metrics.Of(r, old)); err != nil {
		t.Fatal(err)
	}
	all, err := metrics.Read(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), valuesOf(all)
}

func valuesOf(all []*dto.MetricFamily) map[string]float64 {
	values := make(map[string]float64)
	for _, f := range all {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				if l.GetName() != "account" {
					labels = append(labels, l.GetValue())
				}
			}
			values[strings.TrimPrefix(f.GetName(), "domainsync_")+" "+strings.Join(labels, " ")] = m.Gauge.GetValue()
		}
	}
	return values
}

// applied is a complete apply that has found conditions.
func applied(at time.Time, conditions ...job.Condition) metrics.Run {
	plan := &planner.Plan{
		Budget: &planner.Budget{Budget: config.Budget{Amount: 100_00, Currency: "USD", Per: config.PerMonth}, Spent: 20_50, Planned: 11_00},
		Changes: []attr.Change{
			{ID: "example.com/renewal", Domain: "example.com", Attribute: "renewal", Status: attr.Ready},
			{ID: "example.net/renewal", Domain: "example.net", Attribute: "renewal", Status: attr.Deferred},
			{ID: "example.com/ds_records", Domain: "example.com", Attribute: "ds_records", Status: attr.InDoubt},
		},
	}
	report := &executor.Report{Changes: []executor.ChangeReport{{ID: "example.com/renewal", Domain: "example.com", Attribute: "renewal", Result: executor.NotSent}}}
	return metrics.Run{
		Operation: job.Applying, Version: "1.2.3", Ended: at, Seconds: 12.5,
		Result: &job.Result{
			Operation: job.Applying, Account: "1234567890", Plan: plan, Report: report, Conditions: conditions, Complete: true,
			Took: job.Took{Calls: map[string]int{"QueryDomainList": 3}, Throttled: map[string]int{"QueryDomainList": 1}},
		},
	}
}

func endangered(name string, left time.Duration) job.Condition {
	return job.Condition{ID: "expires", Domain: name, Severity: job.Page, Deadline: monday.Add(left), Labels: attr.NewLabels(map[string]string{"owner": "web", "cost_centre": "4711"})}
}

// TestWhatIsWritten: all that a run tells is there, once, and Prometheus' own parser
// and linter have nothing against it.
func TestWhatIsWritten(t *testing.T) {
	t.Parallel()
	text, values := write(t, applied(monday, endangered("example.com", 48*time.Hour), job.Condition{ID: "held", Domain: "example.org", Severity: job.Known}), "")
	for series, want := range map[string]float64{
		"last_success_timestamp_seconds apply":                               float64(monday.Unix()),
		"last_run_timestamp_seconds apply":                                   float64(monday.Unix()),
		"last_run_duration_seconds apply":                                    12.5,
		"last_run_exit_code apply":                                           0,
		"build_info apply 1.2.3":                                             1,
		"changes renewal apply not_sent":                                     1,
		"changes renewal apply deferred":                                     1,
		"changes ds_records apply in_doubt":                                  1,
		"calls QueryDomainList apply":                                        3,
		"throttled_calls QueryDomainList apply":                              1,
		"conditions expires page":                                            1,
		"conditions held known":                                              1,
		"conditions lock_open page":                                          0,
		"condition_active  expires example.com web page":                     1,
		"condition_deadline_timestamp_seconds  expires example.com web page": float64(monday.Add(48 * time.Hour).Unix()),
		"unlisted_conditions ":                                               0,
		"budget_amount USD month":                                            100,
		"budget_spent USD month":                                             31.5,
		"budget_left USD month":                                              68.5,
	} {
		if got, ok := values[series]; !ok || got != want {
			t.Errorf("%s is %v (there: %v), want %v", series, got, ok, want)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v\n%s", problems, err, text)
	}
	if strings.Contains(text, "condition_active{account=\"1234567890\",attribute=\"\",condition=\"held\"") {
		t.Error("what is known has a series of its own")
	}
}

// TestWhatStands: what an earlier run told stands until a run knows better.
func TestWhatStands(t *testing.T) {
	t.Parallel()
	night := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	first, _ := write(t, applied(night(0), endangered("example.com", 48*time.Hour)), "")
	const active = "condition_active  expires example.com web page"

	broken := metrics.Run{Operation: job.Applying, Ended: night(1), ExitCode: 1}
	second, values := write(t, broken, first)
	want := map[string]float64{
		"last_success_timestamp_seconds apply": float64(night(0).Unix()), "last_run_timestamp_seconds apply": float64(night(1).Unix()),
		"last_run_exit_code apply": 1, active: 1, "conditions expires page": 1, "budget_left USD month": 68.5,
	}
	for series, want := range want {
		if values[series] != want {
			t.Errorf("after a run that did not begin %s is %v, want %v", series, values[series], want)
		}
	}
	if _, ok := values["calls QueryDomainList apply"]; ok {
		t.Error("a run that did not begin has made calls")
	}

	part := applied(night(2), job.Condition{ID: "blocked", Domain: "example.net", Attribute: "renewal", Severity: job.Ticket})
	part.Result.Complete = false
	third, values := write(t, part, second)
	if values[active] != 1 || values["conditions expires page"] != 1 || values["condition_active renewal blocked example.net  ticket"] != 1 ||
		values["last_success_timestamp_seconds apply"] != float64(night(0).Unix()) {
		t.Errorf("a run about a part has made something end: %v", values)
	}

	plan := applied(night(3))
	plan.Operation = job.Planning
	fourth, values := write(t, plan, third)
	if _, ok := values[active]; ok || values["conditions expires page"] != 0 || values["last_success_timestamp_seconds apply"] != float64(night(0).Unix()) ||
		values["last_success_timestamp_seconds plan"] != float64(night(3).Unix()) {
		t.Errorf("a complete plan tells of the account, and not of applies: %v", values)
	}

	other := applied(night(4))
	other.Result.Account = "999"
	if _, values := write(t, other, fourth); values["last_success_timestamp_seconds plan"] != 0 {
		t.Error("what was told of another account stands")
	}
	if _, values := write(t, applied(night(5)), "node_load1 0.5\ndomainsync_conditions{account=\"1234567890\"} 7\n"); len(values) == 0 || values["conditions "] != 0 {
		t.Errorf("what others wrote stands: %v", values)
	}
}

// TestOwnersArePartsOfSeries: the owner of a name is in its series, for routes to teams; its
// other labels are not, and nobody's address is.
func TestOwnersArePartsOfSeries(t *testing.T) {
	t.Parallel()
	person := endangered("example.net", time.Hour)
	person.Labels = attr.NewLabels(map[string]string{"owner": "ada.example@example.com"})
	text, _ := write(t, applied(monday, endangered("example.com", time.Hour), person), "")
	if n := strings.Count(text, `owner="web"`); n != 2 || strings.Contains(text, "4711") {
		t.Errorf("%d series have the owner:\n%s", n, text)
	}
	if strings.Contains(text, "ada.example") || !strings.Contains(text, `owner="a…@example.com"`) {
		t.Errorf("a person's address is in\n%s", text)
	}
}

// TestNamesAreBounded: however many names have conditions, a bounded number has series.
func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	text := ""
	for night := range 4 {
		var all []job.Condition
		for i := range 5000 {
			all = append(all, job.Condition{ID: "blocked", Domain: fmt.Sprintf("n%d-%d.example.com", night, i), Severity: job.Ticket})
		}
		last := endangered("zzz.example.com", 24*time.Hour)
		r := applied(monday, append(all, last)...)
		r.Result.Complete = night == 0
		var values map[string]float64
		text, values = write(t, r, text)
		series := strings.Count(text, "\ndomainsync_condition_active{")
		if series != 100 || values["unlisted_conditions "] != 4901 || values["conditions blocked ticket"] != 5000 || values["condition_active  expires zzz.example.com web page"] != 1 {
			t.Errorf("night %d: %d series, %v unlisted", night, series, values["unlisted_conditions "])
		}
	}
}

// TestAnyTextIsALabel: whatever a name or a version holds, the file can be read, and
// writing it again over itself changes nothing.
func TestAnyTextIsALabel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := applied(monday, job.Condition{ID: rapid.String().Draw(t, "id"), Domain: string(rapid.SliceOf(rapid.Byte()).Draw(t, "domain")), Severity: job.Page})
		r.Version = rapid.String().Draw(t, "version")
		text, _ := write(t, r, "")
		again, _ := write(t, r, text)
		if diff := cmp.Diff(text, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
