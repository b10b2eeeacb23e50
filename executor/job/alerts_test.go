package job_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/metrics"
)

const alertRules = "../../deploy/prometheus/domainsync.rules.yml"

// alertFiles declare an account in which a guard trips as soon as somebody has moved a
// name, and in which nothing renews example.net.
const alertFiles = `
guard {
  max_delegations = 0
}

domain "example.com" {
  nameservers = ["ns0.example.net"]
}

domain "example.net" {
  nameservers = ["ns0.example.net"]
}

domain "example.org" {
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true
}
`

// The days of what is played, each with a run at its begin. Between them all is quiet.
const (
	noRunFrom, noRunTo   = 7, 14 // the job does not run
	movedFrom, movedTo   = 17, 20
	killedOn             = 23
	endingFrom, endingTo = 28, 36 // from the second one on something keeps example.net
	expiresOn, pageFrom  = 38, 32
	alertDays            = 40
)

const (
	alertAccount = "42"
	alertHour    = 12 // of the day at which alerts are looked at
	hoursOfDay   = 24
)

// TestAlertsOfPlayedNights has Prometheus' own program evaluate the alert rules on what
// the metrics file of an account held, hour by hour, in nights that were played: no alert
// in quiet ones, and those that are due in the others.
func TestAlertsOfPlayedNights(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv(pgtest.Required) == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	var days [][]*dto.MetricFamily
	var began time.Time
	synctest.Test(t, func(t *testing.T) { days, began = playAlertDays(t) })
	dir := t.TempDir()
	rules, err := os.ReadFile(alertRules)
	if err != nil {
		t.Fatal(err)
	}
	// The texts are tested on series that are written by hand.
	bare := regexp.MustCompile(`(?m)^ +annotations:\n( {10}.*\n?)+`).ReplaceAll(rules, nil)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("rules.yml", string(bare))
	var names []string
	for _, found := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(string(rules), -1) {
		names = append(names, found[1])
	}
	if len(names) < 5 {
		t.Fatalf("%d alerts were found", len(names))
	}
	write("test.yml", alertTest(names, days, began))
	cmd := exec.CommandContext(t.Context(), promtool, "test", "rules", "test.yml")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// playAlertDays returns what the metrics file held after the begin of each day.
func playAlertDays(t *testing.T) (days [][]*dto.MetricFamily, began time.Time) {
	began = time.Now()
	w := newWorld(t, alertFiles, simulator.Options{}, "example.com", "example.net", "example.org")
	locked := func(d *snapshot.Domain) { d.UpdateLock, d.TransferLock = wire.LockOn, wire.LockOn }
	w.sim.Change("example.org", locked)
	var file []byte
	for day := range alertDays {
		time.Sleep(time.Until(began.AddDate(0, 0, day)))
		w.alertDay(day)
		if day < noRunFrom || day >= noRunTo {
			file = w.alertNight(day, file)
		}
		all, err := metrics.Read(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, all)
	}
	return days, began
}

// alertDay is what happens before the run of a day.
func (w *world) alertDay(day int) {
	var faults simulator.Faults
	switch day {
	case movedFrom:
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns1.example.org"} })
	case movedTo:
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns0.example.net"} })
	case killedOn:
		w.sim.Change("example.org", func(d *snapshot.Domain) { d.TransferLock = wire.LockOff })
		faults.Durations = map[wire.TaskType]simulator.Range{"*": {Min: 10 * time.Minute, Max: 10 * time.Minute}}
	case endingFrom:
		w.sim.Change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(0, 0, expiresOn-endingFrom) })
	case endingTo:
		w.sim.Change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().AddDate(1, 0, 0) })
	}
	if err := w.sim.SetFaults(faults); err != nil {
		w.t.Fatal(err)
	}
}

// alertNight runs, and returns the metrics file after it.
func (w *world) alertNight(day int, file []byte) []byte {
	ctx, kill := context.WithCancel(w.t.Context())
	defer kill()
	if day == killedOn {
		time.AfterFunc(time.Minute, kill)
	}
	r, err := w.job.Apply(ctx, job.ApplyOptions{})
	if (err != nil || r.Report != nil && r.Report.Interrupted) != (day == killedOn) {
		w.t.Fatalf("day %d: %v, %+v", day, err, r.Reasons)
	}
	before, err := metrics.Read(bytes.NewReader(file))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Account = alertAccount
	var b bytes.Buffer
	if err := metrics.Write(&b, metrics.Of(metrics.Run{Operation: job.Applying, Result: r, Version: "test", Ended: time.Now()}, before)); err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes()
}

// alertsOf returns the alerts that are to fire at noon of a day, with their labels.
func alertsOf(day int) (all []string) {
	add := func(alert, labels string) { all = append(all, alert+" {account: '"+alertAccount+"', "+labels+"}") }
	if day >= noRunFrom && day < noRunTo || day == killedOn { // the run that was killed did not come to its end
		add("DomainsyncNoRun", "severity: page")
	}
	if day > movedFrom && day < movedTo { // the first night may mend it
		add("DomainsyncTicket", "condition: drift, severity: ticket")
		add("DomainsyncTicket", "condition: guard_refused, severity: ticket")
	}
	if day == killedOn {
		add("DomainsyncInDoubt", "severity: page")
		add("DomainsyncPage", "condition: in_doubt, severity: page")
	}
	if day > endingFrom && day < pageFrom {
		add("DomainsyncTicket", "condition: endangered, severity: ticket")
	}
	if day >= pageFrom && day < endingTo {
		add("DomainsyncPage", "condition: endangered, severity: page")
	}
	if day >= expiresOn-7 && day < endingTo {
		add("DomainsyncDeadline", "condition: endangered, domain: example.net, severity: page")
	}
	return all
}

// alertTest is a file for promtool: the series of the days, hour by hour, and what is to
// fire at noon of each.
func alertTest(names []string, days [][]*dto.MetricFamily, began time.Time) string {
	var b strings.Builder
	b.WriteString("rule_files: [rules.yml]\nevaluation_interval: 1h\ntests:\n  - interval: 1h\n    input_series:\n")
	series, keys := seriesOf(days, began)
	for _, key := range keys {
		fmt.Fprintf(&b, "      - series: '%s'\n        values: '%s'\n", key, strings.Join(series[key], " "))
	}
	b.WriteString("    alert_rule_test:\n")
	for day := range days {
		for _, name := range names {
			fmt.Fprintf(&b, "      - {eval_time: %dh, alertname: %s, exp_alerts: [", day*hoursOfDay+alertHour, name)
			for _, alert := range alertsOf(day) {
				if labels, ok := strings.CutPrefix(alert, name+" "); ok {
					fmt.Fprintf(&b, "{exp_labels: %s}, ", labels)
				}
			}
			b.WriteString("]}\n")
		}
	}
	return b.String()
}

// seriesOf returns the value of each series in each hour. Time begins with the first day.
func seriesOf(days [][]*dto.MetricFamily, began time.Time) (series map[string][]string, keys []string) {
	series = make(map[string][]string)
	for day, all := range days {
		for _, f := range all {
			for _, m := range f.Metric {
				value := m.Gauge.GetValue()
				if strings.HasSuffix(f.GetName(), "_timestamp_seconds") {
					value -= float64(began.Unix())
				}
				var labels []string
				for _, l := range m.Label {
					labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
				}
				key := f.GetName() + "{" + strings.Join(labels, ",") + "}"
				if series[key] == nil {
					series[key], keys = slices.Repeat([]string{"_"}, len(days)*hoursOfDay), append(keys, key)
				}
				for hour := range hoursOfDay {
					series[key][day*hoursOfDay+hour] = strconv.FormatFloat(value, 'f', -1, 64)
				}
			}
		}
	}
	return series, keys
}
