package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/internal/clock"
)

// playedTime is a clock that a test sets.
type playedTime struct{ now time.Time }

func (c *playedTime) Now() time.Time { return c.now }

func (*playedTime) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	return clock.Clock{}.NewTimer(d)
}

func (*playedTime) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return clock.Clock{}.WithTimeoutCause(ctx, d, cause)
}

// nightsOfAFleet is a fleet of one nightly job that is played, minute by minute as
// Prometheus looks at it.
type nightsOfAFleet struct {
	t      *testing.T
	time   *playedTime
	began  time.Time
	server *fleetServer
	looked time.Time
	series map[string][]string
	steps  int
}

const (
	playedStep = 5 * time.Minute
	playedDays = 18
	hour       = 12 * playedStep
	day        = 24 * hour
)

// What goes wrong, and from when to when. At 03:00 of each day the job is due.
var (
	nobodyServes = [2]time.Duration{2*day + 4*hour, 2*day + 8*hour}
	killed       = 4*day + 3*hour // in the run of the night
	fileBroken   = [2]time.Duration{5*day + 10*hour, 5*day + 14*hour}
	filesDiffer  = [2]time.Duration{15*day + 12*hour, 15*day + 16*hour}
	isPaused     = [2]time.Duration{6*day + 12*hour, 10*day + 12*hour}
	noTable      = [2]time.Duration{11*day + 12*hour, 11*day + 16*hour}
	runsFail     = [2]time.Duration{12*day + 1*hour, 14*day + 12*hour} // two nights; by day a person asks for a run
	allBusy      = [2]time.Duration{16*day + 2*hour, 16*day + 8*hour}  // with what takes long
)

func during(at time.Duration, when [2]time.Duration) bool { return at >= when[0] && at < when[1] }

// TestAlertsOfPlayedFleet has Prometheus' own program evaluate the alert rules on what
// /metrics of a fleet told in nights that were played: no alert in quiet ones, and those
// that are due in the others.
func TestAlertsOfPlayedFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays eighteen days")
	}
	t.Parallel()
	needCommands(t, "promtool")
	n := playFleet(t)
	rules := readText(t, alerts+"/domainsync-fleet.rules.yml")
	dir := t.TempDir()
	// The texts are tested on series that are written by hand.
	writeText(t, filepath.Join(dir, "rules.yml"), regexp.MustCompile(`(?m)^ +annotations:\n( {10}.*\n?)+`).ReplaceAllString(rules, ""))
	var names []string
	for _, found := range alertInRules.FindAllStringSubmatch(rules, -1) {
		names = append(names, found[1])
	}
	writeText(t, filepath.Join(dir, "test.yml"), n.alertTest(names))
	cmd := exec.CommandContext(t.Context(), "promtool", "test", "rules", "test.yml")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, tail(string(out)))
	}
}

// playFleet plays all nights.
func playFleet(t *testing.T) *nightsOfAFleet {
	t.Helper()
	began := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	n := &nightsOfAFleet{t: t, time: &playedTime{began}, began: began, series: make(map[string][]string), server: server(t, nil)}
	c := clock.New(n.time)
	table, err := sqlite.Create(t.Context(), t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() }) //nolint:errcheck // the directory goes with the test
	schedule, err := fleet.ParseSchedule("0 3 * * *", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	n.server.app.clock, n.server.table, n.server.runner.Table, n.server.runner.Clock = c, table, table, c
	f := &fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: "a", State: "a", Schedule: schedule}}}
	if err := n.server.runner.Declare(t.Context(), "me", f); err != nil {
		t.Fatal(err)
	}
	for at := time.Duration(0); at < playedDays*day; at += playedStep {
		n.time.now = began.Add(at)
		n.happens(at)
		n.look(at)
		n.scrape(at)
	}
	return n
}

// happens is what people and the world do at a time.
func (n *nightsOfAFleet) happens(at time.Duration) {
	deeds := map[time.Duration]fleet.Deed{
		0: fleet.DeedAsk, isPaused[0]: fleet.DeedPause, isPaused[1]: fleet.DeedResume, runsFail[1]: fleet.DeedAsk,
	}
	if deed := deeds[at]; deed != "" {
		if err := n.server.table.Do(n.t.Context(), fleet.Act{By: "ada", Deed: deed, Job: "corp"}); err != nil {
			n.t.Fatal(err)
		}
	}
	n.server.broken, n.server.differing = "", ""
	if during(at, filesDiffer) {
		n.server.differing = "processes serve different files"
	}
	if during(at, fileBroken) {
		n.server.broken = "it has a mistake"
	}
}

// look has the process look at the table, and run what is due.
func (n *nightsOfAFleet) look(at time.Duration) {
	if during(at, nobodyServes) || during(at, noTable) {
		return
	}
	n.looked = n.time.now
	if during(at, allBusy) {
		return
	}
	turn, _, err := n.server.table.Take(n.t.Context(), fleet.Claim{Holder: "me", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return n.server.runner.File().Jobs[0].Schedule, true }})
	if err != nil {
		n.t.Fatal(err)
	}
	if turn == nil || at == killed {
		return
	}
	if err := n.server.table.End(n.t.Context(), turn, n.outcome(at), time.Time{}); err != nil {
		n.t.Fatal(err)
	}
}

// outcome is how a run ends.
func (n *nightsOfAFleet) outcome(at time.Duration) fleet.Outcome {
	entries, err := n.server.table.Jobs(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	before, err := metrics.Read(bytes.NewReader(entries[0].Metrics))
	if err != nil {
		n.t.Fatal(err)
	}
	r := metrics.Run{Operation: job.Applying, Version: "test", ExitCode: 1, Ended: n.time.now}
	if !during(at, runsFail) {
		r.Result, r.ExitCode = &job.Result{Complete: true}, 0
	}
	var b bytes.Buffer
	if err := metrics.Write(&b, metrics.Of(r, before)); err != nil {
		n.t.Fatal(err)
	}
	return fleet.Outcome{ExitCode: r.ExitCode, Metrics: b.Bytes()}
}

// scrape keeps what the process tells.
func (n *nightsOfAFleet) scrape(at time.Duration) {
	defer func() { n.steps++ }()
	if during(at, nobodyServes) {
		return
	}
	var entries []fleet.Entry
	if !during(at, noTable) {
		var err error
		if entries, err = n.server.table.Jobs(n.t.Context()); err != nil {
			n.t.Fatal(err)
		}
	}
	f := n.server.fleetOf(entries)
	f.Looked = n.looked // of the loop that the test stands for
	for _, family := range metrics.OfFleet(f) {
		for _, m := range family.Metric {
			n.keep(family.GetName(), m)
		}
	}
}

// keep adds a value to its series. Time begins with the first day.
func (n *nightsOfAFleet) keep(name string, m *dto.Metric) {
	value := m.Gauge.GetValue()
	if strings.HasSuffix(name, "_timestamp_seconds") {
		value -= float64(n.began.Unix())
	}
	var labels []string
	for _, l := range m.Label {
		labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	key := name + "{" + strings.Join(labels, ",") + "}"
	if missing := n.steps - len(n.series[key]); missing > 0 {
		n.series[key] = append(n.series[key], slices.Repeat([]string{"_"}, missing)...)
	}
	n.series[key] = append(n.series[key], strconv.FormatFloat(value, 'f', -1, 64))
}

// alertOf is an alert with when it fires.
type alertOf struct {
	name, labels string
	from, to     time.Duration
}

// alertsOfAFleet are those that are to fire, a while after what they are about.
var alertsOfAFleet = []alertOf{
	{"DomainsyncFleetNotServed", "severity: page", nobodyServes[0] + hour/2, nobodyServes[1]},
	{"DomainsyncJobLost", "fleet_job: corp, severity: ticket", killed + hour/4, killed + hour},
	{"DomainsyncFleetFileInvalid", "severity: ticket", fileBroken[0] + hour/2, fileBroken[1]},
	{"DomainsyncFleetFilesDiffer", "severity: ticket", filesDiffer[0] + hour/2, filesDiffer[1]},
	{"DomainsyncJobPaused", "fleet_job: corp, severity: ticket", isPaused[0] + 3*day, isPaused[1]},
	{"DomainsyncFleetNoLook", "severity: page", noTable[0] + hour/2, noTable[1]},
	{"DomainsyncJobNoRun", "fleet_job: corp, severity: page", 12*day + 5*hour + hour/2, runsFail[1]},
	{"DomainsyncJobNoRun", "fleet_job: corp, severity: page", 16*day + 5*hour + hour/2, allBusy[1]},
	{"DomainsyncJobOverdue", "fleet_job: corp, severity: ticket", 16*day + 4*hour + hour/2, allBusy[1]},
}

// alertTest is a file for promtool: the series, and what is to fire in each hour.
func (n *nightsOfAFleet) alertTest(names []string) string {
	var b strings.Builder
	b.WriteString("rule_files: [rules.yml]\nevaluation_interval: 5m\ntests:\n  - interval: 5m\n    input_series:\n")
	for key, values := range n.series {
		fmt.Fprintf(&b, "      - series: '%s'\n        values: '%s'\n", key, strings.Join(values, " "))
	}
	b.WriteString("    alert_rule_test:\n")
	for at := 40 * time.Minute; at < playedDays*day; at += hour {
		for _, name := range names {
			fmt.Fprintf(&b, "      - {eval_time: %dm, alertname: %s, exp_alerts: [", int(at/time.Minute), name)
			for _, a := range alertsOfAFleet {
				if a.name == name && during(at, [2]time.Duration{a.from, a.to}) {
					fmt.Fprintf(&b, "{exp_labels: {%s}}, ", a.labels)
				}
			}
			b.WriteString("]}\n")
		}
	}
	return b.String()
}
