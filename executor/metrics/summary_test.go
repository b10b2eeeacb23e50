package metrics_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
)

// TestSummariesTellWhatMetricsDo: what a run has written comes back.
func TestSummariesTellWhatMetricsDo(t *testing.T) {
	t.Parallel()
	soon, later := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC)
	r := metrics.Run{Operation: job.Applying, Ended: soon, Result: &job.Result{Account: "42", Complete: true, Conditions: []job.Condition{
		{ID: "endangered", Domain: "b.example", Severity: job.Page, Deadline: later},
		{ID: "endangered", Domain: "a.example", Severity: job.Page, Deadline: soon},
		{ID: "drift", Domain: "c.example", Attribute: "nameservers", Severity: job.Ticket},
		{ID: "held", Domain: "d.example", Severity: job.Known},
	}}}
	var text bytes.Buffer
	if err := metrics.Write(&text, metrics.Of(r, nil)); err != nil {
		t.Fatal(err)
	}
	got, err := metrics.Summarize(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := []metrics.Listed{
		{Condition: "endangered", Severity: "page", Domain: "a.example", Deadline: soon},
		{Condition: "endangered", Severity: "page", Domain: "b.example", Deadline: later},
		{Condition: "drift", Severity: "ticket", Domain: "c.example", Attribute: "nameservers"},
	}
	if d := cmp.Diff(want, got.Listed); d != "" {
		t.Error(d)
	}
	if got.Account != "42" || got.Of("endangered") != 2 || got.Of("held") != 1 || got.Severe("page") != 2 || got.Severe("ticket") != 1 || got.Unlisted != 0 {
		t.Errorf("the summary is %+v", got)
	}
	if _, err := metrics.Summarize([]byte("no metrics\n")); err == nil {
		t.Error("what is no metrics is summarized")
	}
	if empty, err := metrics.Summarize(nil); err != nil || len(empty.Listed) != 0 {
		t.Errorf("of nothing: %+v, %v", empty, err)
	}
}
