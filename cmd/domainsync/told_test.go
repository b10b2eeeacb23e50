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
	for _, given := range []string{url, "@" + filepath.Join(w.dir, "missing"), "t0ken"} {
		out := w.run("apply", "--auto-approve", "--heartbeat", given).want(t, exitDone)
		if !strings.Contains(out.stderr, "The heartbeat was not delivered") || strings.Contains(out.stderr, "t0ken") {
			t.Errorf("it says %s", out.stderr)
		}
	}
}
