package metrics_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
)

// ofRun are the metrics of a run, as text.
func ofRun(t *testing.T, code int) []byte {
	t.Helper()
	var b bytes.Buffer
	err := metrics.Write(&b, metrics.Of(metrics.Run{Operation: job.Applying, Account: "42", Version: "test", ExitCode: code, Ended: time.Unix(1000, 0), Seconds: 2}, nil))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFleetTellsJobsApart: jobs of one account, too. Of a job that has not run, and of one
// whose metrics nobody can read, it tells when it is due.
func TestFleetTellsJobsApart(t *testing.T) {
	t.Parallel()
	now := time.Unix(5000, 0)
	var b bytes.Buffer
	err := metrics.Write(&b, metrics.OfFleet(&metrics.Fleet{
		FilesDiffer: true, FileRead: time.Unix(4000, 0), Looked: time.Unix(4998, 0), Now: now, Jobs: []metrics.FleetJob{
			{Name: "a", Metrics: ofRun(t, 0), Next: now.Add(-90 * time.Second)},
			{Name: "b", Metrics: ofRun(t, 4), Next: now.Add(-90 * time.Second), Running: true},
			{Name: "c", Metrics: []byte("no metrics\x00{"), Next: now.Add(-90 * time.Second), Paused: now.Add(-time.Hour), Ended: time.Unix(3000, 0), Lost: time.Unix(2000, 0)},
			{Name: "d", Between: 6 * time.Hour},
			{Name: "e", Next: now.Add(time.Hour), Paused: now, Asked: now.Add(-30 * time.Second)},
			{Name: "f", Next: now.Add(time.Hour)},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		`domainsync_last_run_exit_code{account="42",fleet_job="a",operation="apply"} 0`,
		`domainsync_last_run_exit_code{account="42",fleet_job="b",operation="apply"} 4`,
		`domainsync_job_overdue_seconds{fleet_job="a"} 90`, `domainsync_job_overdue_seconds{fleet_job="b"} 0`, `domainsync_job_overdue_seconds{fleet_job="c"} 0`,
		`domainsync_job_overdue_seconds{fleet_job="d"} 0`, `domainsync_job_next_run_timestamp_seconds{fleet_job="c"} 4910`,
		`domainsync_job_running{fleet_job="b"} 1`, `domainsync_job_paused{fleet_job="c"} 1`, `domainsync_job_paused{fleet_job="d"} 0`,
		`domainsync_job_overdue_seconds{fleet_job="e"} 30`, `domainsync_job_overdue_seconds{fleet_job="f"} 0`,
		`domainsync_job_paused_timestamp_seconds{fleet_job="c"} 1400`, `domainsync_job_interval_seconds{fleet_job="d"} 21600`,
		`domainsync_job_last_end_timestamp_seconds{fleet_job="c"} 3000`, `domainsync_job_last_lost_timestamp_seconds{fleet_job="c"} 2000`,
		"domainsync_fleet_looked_timestamp_seconds 4998", "domainsync_fleet_file_valid 0", "domainsync_fleet_files_differ 1", "domainsync_fleet_file_read_timestamp_seconds 4000",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("it lacks %s", want)
		}
	}
	for _, absent := range []string{`next_run_timestamp_seconds{fleet_job="d"}`, `paused_timestamp_seconds{fleet_job="a"}`, `interval_seconds{fleet_job="a"}`, `last_lost_timestamp_seconds{fleet_job="a"}`} {
		if strings.Contains(text, absent) {
			t.Errorf("it has %s", absent)
		}
	}
	if strings.Count(text, "# TYPE domainsync_last_run_exit_code ") != 1 {
		t.Errorf("it tells\n%s", text)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint says %v, %v", problems, err)
	}
}

// TestFleetWithoutJobs is what the first moment of a process tells.
func TestFleetWithoutJobs(t *testing.T) {
	t.Parallel()
	for _, jobs := range [][]metrics.FleetJob{nil, {{Name: "asked-for"}}} {
		var b bytes.Buffer
		if err := metrics.Write(&b, metrics.OfFleet(&metrics.Fleet{FileValid: true, FileRead: time.Unix(1, 0), Now: time.Unix(2, 0), Jobs: jobs})); err != nil || !strings.Contains(b.String(), "domainsync_fleet_file_valid 1\n") || !strings.Contains(b.String(), "domainsync_fleet_looked_timestamp_seconds 0\n") {
			t.Errorf("with %v: %v\n%s", jobs, err, b.String())
		}
	}
}
