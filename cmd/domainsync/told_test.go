package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/metrics"
	"github.com/domainsync/domainsync/executor/notify/notifytest"
)

// toldWorld is a command in this process that tells others of its runs.
type toldWorld struct {
	*testing.T
	dir, metrics string
	env          map[string]string
	sim          *simulator.Simulator
}

func newToldWorld(t *testing.T) *toldWorld {
	t.Helper()
	w := &toldWorld{T: t, dir: t.TempDir(), env: make(map[string]string), sim: simulator.New(simulator.Options{Seed: 1, Account: way{}.live()})}
	w.metrics = filepath.Join(w.dir, "domainsync.prom")
	w.declare(lockedFile)
	return w
}

// declare writes the files of the configuration.
func (w *toldWorld) declare(text string) {
	w.Helper()
	writeText(w.T, filepath.Join(w.dir, "main.hcl"), text)
}

func (w *toldWorld) run(args ...string) outcome {
	w.Helper()
	var stdout, stderr strings.Builder
	a := newApp(strings.NewReader(""), &stdout, &stderr)
	a.credentials, a.transport = simulatorKey, w.sim.Transport()
	a.getenv = func(name string) string { return w.env[name] }
	a.environ = func() (all []string) {
		for name, value := range w.env {
			all = append(all, name+"="+value)
		}
		return all
	}
	code := a.execute(w.Context(), append(args, "--dir", w.dir, "--endpoint", "https://domain.example"))
	return outcome{code, stdout.String(), stderr.String()}
}

// value returns a metric, by its name and the values of its labels but the account's;
// -1 where it is not there.
func (w *toldWorld) value(series string) float64 {
	w.Helper()
	f, err := os.Open(w.metrics)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	all, err := metrics.Read(f)
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range all {
		for _, m := range f.Metric {
			name := strings.TrimPrefix(f.GetName(), "domainsync_")
			for _, l := range m.Label {
				if l.GetName() != "account" && l.GetValue() != "" {
					name += " " + l.GetValue()
				}
			}
			if name == series {
				return m.Gauge.GetValue()
			}
		}
	}
	return -1
}

// TestMetricsHoweverACommandEnds: the file is there after each command, for whoever
// collects it, with the last success of before.
func TestMetricsHoweverACommandEnds(t *testing.T) {
	t.Parallel()
	w := newToldWorld(t)
	tell := []string{"--metrics-file", w.metrics}
	w.run(append([]string{"apply", "--auto-approve"}, tell...)...).want(t, exitDone)
	info, err := os.Stat(w.metrics)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	success := w.value("last_success_timestamp_seconds apply")
	if success <= 0 || w.value("changes transfer_lock apply verified") != 1 || w.value("last_run_exit_code apply") != 0 || w.value("calls QueryDomainList apply") < 1 {
		t.Errorf("the metrics are %s", readText(t, w.metrics))
	}
	w.run(append([]string{"plan"}, tell...)...).want(t, exitDone)
	w.run(append([]string{"resume"}, tell...)...).want(t, exitDone)
	w.declare("domain example.com {")
	w.run(append([]string{"apply"}, tell...)...).want(t, exitError)
	if w.value("last_run_exit_code apply") != 1 || w.value("last_success_timestamp_seconds apply") != success ||
		w.value("last_success_timestamp_seconds plan") < success || w.value("last_run_exit_code resume") != 0 || w.value("last_success_timestamp_seconds resume") != -1 {
		t.Errorf("after an error the metrics are %s", readText(t, w.metrics))
	}
	w.declare(lockedFile)
	writeText(t, w.metrics, "no metrics {")
	out := w.run(append([]string{"apply", "--auto-approve"}, tell...)...).want(t, exitDone)
	if !strings.Contains(out.stderr, "domainsync.prom is written anew, without the last success") || w.value("last_success_timestamp_seconds apply") < success {
		t.Errorf("a file that is no metrics: %s", out.stderr)
	}
	if matches, _ := filepath.Glob(filepath.Join(w.dir, ".domainsync.prom.*")); len(matches) > 0 {
		t.Errorf("left over are %v", matches)
	}
}

// TestMetricsThatCannotBeWritten: the run goes on, and says so in the end.
func TestMetricsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newToldWorld(t)
	out := w.run("apply", "--auto-approve", "--metrics-file", filepath.Join(w.dir, "missing", "domainsync.prom")).want(t, exitError)
	if got := lastLine(out.stderr); !strings.HasPrefix(got, "exit 1: error: the metrics cannot be saved: ") {
		t.Errorf("it says %s", out.stderr)
	}
	if !w.sim.State().Domain("example.com").TransferLock.On() {
		t.Error("nothing was done")
	}
}

// TestHeartbeatAfterCompleteRuns: only a run that looked at everything and went to its
// end is told, whatever it found. What goes wrong with it changes no exit code.
func TestHeartbeatAfterCompleteRuns(t *testing.T) {
	t.Parallel()
	w := newToldWorld(t)
	address, inbox := notifytest.Webhook(t)
	url := "http://" + address + "/t0ken"
	writeText(t, filepath.Join(w.dir, "url"), url+"\n")
	w.env[heartbeatVariable] = "@" + filepath.Join(w.dir, "url")
	beats := func(want int, args ...string) {
		t.Helper()
		out := w.run(args...)
		if got := len(inbox.Messages()); got != want {
			t.Errorf("after %v there are %d beats, want %d: %s", args, got, want, out.stderr)
		}
		if strings.Contains(out.stdout+out.stderr, "t0ken") {
			t.Errorf("the address is told: %s", out.stderr)
		}
	}
	beats(0, "plan")
	beats(0, "apply", "--auto-approve", "--target", "example.com")
	beats(0, "apply", "--auto-approve", "--limit", "1")
	beats(1, "apply", "--auto-approve")
	beats(2, "plan", "--heartbeat", url)
	w.declare(lockedFile + "domain \"example.net\" {\n  transfer_lock = true\n}\n")
	beats(3, "apply", "--auto-approve")
	w.declare("domain {")
	beats(3, "apply", "--auto-approve")

	w.declare(lockedFile)
	inbox.Fail(func(int) bool { return true })
	writeText(t, filepath.Join(w.dir, "empty"), "\n")
	for _, given := range []string{url, "@" + filepath.Join(w.dir, "missing"), "@" + filepath.Join(w.dir, "empty"), "t0ken"} {
		out := w.run("apply", "--auto-approve", "--heartbeat", given).want(t, exitDone)
		if !strings.Contains(out.stderr, "The heartbeat was not delivered") || strings.Contains(out.stderr, "t0ken") {
			t.Errorf("it says %s", out.stderr)
		}
	}
}

// TestNoticesByNight: people are told once of what begins and what ends, at each place
// what was delivered there, and what was not is exit code 4 and told the next night.
func TestNoticesByNight(t *testing.T) {
	t.Parallel()
	w := newToldWorld(t)
	mail, mails := notifytest.Mail(t)
	hook, calls := notifytest.Webhook(t)
	writeText(t, filepath.Join(w.dir, "ops"), "generic://"+hook+"/t0ken?template=json&disabletls=yes\n")
	w.env["DOMAINSYNC_NOTIFY"] = "smtp://user:@" + mail + "/?from=cron@example.com&to=ops@example.com&auth=none"
	w.env["DOMAINSYNC_NOTIFY_OPS"] = "@" + filepath.Join(w.dir, "ops")
	missing := func(name string) string { return "domain \"" + name + "\" {\n  transfer_lock = true\n}\n" }
	night := func(files string, code, mailed, called int) outcome {
		t.Helper()
		w.declare(lockedFile + files)
		out := w.run("apply", "--auto-approve").want(t, code)
		if m, c := len(mails.Messages()), len(calls.Messages()); m != mailed || c != called {
			t.Errorf("%d mails and %d calls arrived, want %d and %d: %q", m, c, mailed, called, mails.Messages())
		}
		if strings.Contains(out.stdout+out.stderr, "t0ken") {
			t.Errorf("an address is told: %s", out.stderr)
		}
		return out
	}
	last := func(inbox *notifytest.Inbox) string { all := inbox.Messages(); return all[len(all)-1] }

	night("", exitDone, 0, 0)
	night(missing("example.net"), exitFailed, 1, 1)
	if m := last(mails); !strings.Contains(m, "TICKET: new: Missing in the account: example.net") || !strings.Contains(m, "Subject: domainsync") {
		t.Errorf("the mail is %s", m)
	}
	night(missing("example.net"), exitFailed, 1, 1)
	w.run("plan").want(t, exitFailed)
	w.run("apply", "--auto-approve", "--target", "example.com").want(t, exitDone)

	calls.Fail(func(int) bool { return true })
	out := night(missing("example.net")+missing("example.org"), exitFailed, 2, 1)
	if got := out.stderr; !strings.Contains(got, "undelivered: DOMAINSYNC_NOTIFY_OPS (generic): the answer has status 503") {
		t.Errorf("it says %s", got)
	}
	if m := last(mails); !strings.Contains(m, "one more name: Missing in the account: example.org") || strings.Contains(m, "example.net") {
		t.Errorf("the mail is %s", m)
	}
	calls.Fail(nil)
	night(missing("example.org"), exitFailed, 3, 2)
	if m, c := last(mails), last(calls); !strings.Contains(m, "ended") || !strings.Contains(c, "example.org") || !strings.Contains(c, "ended") {
		t.Errorf("the mail is %s, the call %s", m, c)
	}
	night("domain {", exitError, 4, 3)
	if m := last(mails); !strings.Contains(m, "A run ended with an error") || strings.Contains(m, "Missing in the account") {
		t.Errorf("the mail is %s", m)
	}
	night("", exitDone, 5, 4)
	night("", exitDone, 5, 4)
}

// TestNotifyTest: each address is tried, and named without what stands in it.
func TestNotifyTest(t *testing.T) {
	t.Parallel()
	w := newToldWorld(t)
	w.run("notify", "test").want(t, exitError)
	hook, calls := notifytest.Webhook(t)
	w.env["DOMAINSYNC_NOTIFY"] = "generic://" + hook + "/t0ken?disabletls=yes t0ken://t0ken"
	w.env["DOMAINSYNC_NOTIFY_FILE"] = "@" + filepath.Join(w.dir, "missing")
	writeText(t, filepath.Join(w.dir, "empty"), "\n")
	w.env["DOMAINSYNC_NOTIFY_EMPTY"] = "@" + filepath.Join(w.dir, "empty")
	out := w.run("notify", "test").want(t, exitFailed)
	for _, want := range []string{"DOMAINSYNC_NOTIFY 1 (generic): delivered\n", "DOMAINSYNC_NOTIFY 2: not delivered: its address cannot be used", "DOMAINSYNC_NOTIFY_FILE: not delivered: open ", "DOMAINSYNC_NOTIFY_EMPTY: not delivered: the file "} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("%q is not in %s", want, out.stdout)
		}
	}
	if len(calls.Messages()) != 1 || strings.Contains(out.stdout+out.stderr, "t0ken") {
		t.Errorf("%q arrived, and it says %s%s", calls.Messages(), out.stdout, out.stderr)
	}
}

// TestMonitoringPageHasAllMetrics compares the page with the table of metrics.
func TestMonitoringPageHasAllMetrics(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	for _, d := range metrics.Descriptions() {
		want.WriteString("| `" + d.Name + "` | " + strings.Join(d.Labels, ", ") + " | " + d.Help + " |\n")
	}
	page := readText(t, "../../docs/monitoring.md")
	if !strings.Contains(page, "|---|---|---|\n"+want.String()+"\n") {
		t.Errorf("the table of docs/monitoring.md is to be\n%s", want.String())
	}
	want.Reset()
	for _, d := range metrics.FleetDescriptions() {
		want.WriteString("| `" + d.Name + "` | " + strings.Join(d.Labels, ", ") + " | " + d.Help + " |\n")
	}
	if !strings.Contains(page, "|---|---|---|\n"+want.String()+"\n") {
		t.Errorf("the table of docs/monitoring.md for a fleet is to be\n%s", want.String())
	}
}
