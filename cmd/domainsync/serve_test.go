package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/internal/clock"
)

// accountFiles declare what the simulated account of a test does not have yet.
const accountFiles = `
domain "alpha.com" {
  nameservers   = ["ns1.example.net", "ns2.example.net"]
  transfer_lock = true
}
`

// simulatedAlpha is an account with that name.
func simulatedAlpha() *simulator.Simulator {
	return simulator.New(simulator.Options{Seed: 1, Account: accountAlpha()})
}

func accountAlpha() *snapshot.Account {
	return &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: "42", Domains: []snapshot.Domain{{
		Name: "alpha.com", Expires: time.Now().AddDate(2, 0, 0).Truncate(time.Second), Nameservers: []string{"ns1.example.org", "ns2.example.org"},
		TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
	}}}
}

// server is a process that serves a fleet, without its loop.
func server(t *testing.T, transport http.RoundTripper, environ ...string) *fleetServer {
	t.Helper()
	a := newApp(strings.NewReader(""), io.Discard, io.Discard)
	a.getenv = func(name string) string {
		for _, item := range environ {
			if value, found := strings.CutPrefix(item, name+"="); found {
				return value
			}
		}
		return ""
	}
	a.environ, a.credentials, a.transport = func() []string { return environ }, simulatorKey, transport
	a.flags.endpoint, a.flags.fileLimits, a.log = "http://127.0.0.1:1", 1, slog.New(slog.DiscardHandler)
	table, err := sqlite.Serve(t.Context(), t.TempDir(), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() }) //nolint:errcheck // the directory goes with the test
	s := &fleetServer{app: a, state: &fleetState{}, table: table, by: "test@machine", read: time.Now()}
	s.runner = fleet.NewRunner(new(fleet.File))
	s.runner.Table = table
	return s
}

// guarded is what a process answers with.
func guarded(t *testing.T, s *fleetServer, stopping <-chan struct{}) http.Handler {
	t.Helper()
	g, err := s.guarded(stopping)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestServedRunsEndAsCommands makes runs of a job and of the command that it stands for,
// each on an account of its own: they end alike, with the same calls that change something.
func TestServedRunsEndAsCommands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		files   string
		job     fleet.Job
		command string
		code    int
		faults  simulator.Faults
	}{
		{"all is approved", accountFiles, fleet.Job{Action: fleet.Apply, Approve: []attr.Hazard{attr.LockHazard, attr.Delegation}}, "apply --auto-approve=none,lock,delegation", exitDone, simulator.Faults{}},
		{"nothing is approved", accountFiles, fleet.Job{Action: fleet.Apply}, "apply --auto-approve=none", exitPending, simulator.Faults{}},
		{"one hazard", accountFiles, fleet.Job{Action: fleet.Apply, Approve: []attr.Hazard{attr.LockHazard}}, "apply --auto-approve=none,lock", exitPending, simulator.Faults{}},
		{"one target", accountFiles, fleet.Job{Action: fleet.Apply, Approve: []attr.Hazard{attr.LockHazard, attr.Delegation}, Targets: []string{"alpha.com/transfer_lock"}}, "apply --auto-approve=none,lock,delegation --target alpha.com/transfer_lock", exitDone, simulator.Faults{}},
		{"a plan", accountFiles, fleet.Job{Action: fleet.Plan}, "plan --detailed-exitcode", exitPending, simulator.Faults{}},
		{"a guard", accountFiles + "guard {\n  max_delegations = 0\n}\n", fleet.Job{Action: fleet.Apply, Approve: attr.Hazards()}, "apply --auto-approve=none,lock,unlock,contact,delegation,identity,money,policy", exitGuard, simulator.Faults{}},
		{"a mistake in the files", "domain {\n}\n", fleet.Job{Action: fleet.Apply}, "apply --auto-approve=none", exitError, simulator.Faults{}},
		{"a name that is missing", "domain \"beta.com\" {\n  transfer_lock = true\n}\n", fleet.Job{Action: fleet.Apply, Approve: attr.Hazards()}, "apply --auto-approve=none,lock,unlock,contact,delegation,identity,money,policy", exitFailed, simulator.Faults{}},
		{
			"a change that fails", accountFiles,
			fleet.Job{Action: fleet.Apply, Approve: attr.Hazards()},
			"apply --auto-approve=none,lock,unlock,contact,delegation,identity,money,policy", exitFailed,
			simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.FailDetail, Operation: "*Dns", Message: "no"}}},
		},
		{
			"a key that is refused", accountFiles,
			fleet.Job{Action: fleet.Apply},
			"apply --auto-approve=none", exitError,
			simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Fail5xx, Status: 403, Code: "Forbidden.RAM"}}},
		},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			served, commanded := simulatedAlpha(), simulatedAlpha()
			for _, sim := range []*simulator.Simulator{served, commanded} {
				if err := sim.SetFaults(test.faults); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), test.files)
			o := runServed(t, server(t, served.Transport()), test.job, dir)
			own := t.TempDir()
			writeText(t, filepath.Join(own, "main.hcl"), test.files)
			args := append(strings.Fields(test.command), "--dir", own, "--endpoint", "http://127.0.0.1:1")
			if strings.HasPrefix(test.command, "apply") {
				args = append(args, "--report", filepath.Join(own, "report.json"))
			}
			command := hereOver(t, commanded.Transport(), args...)
			if o.ExitCode != test.code || command.code != test.code {
				t.Fatalf("the job ends with %+v, the command with %+v; want %d", o, command, test.code)
			}
			if last := lastLine(command.stderr); o.Reason != "" && !strings.Contains(last, o.Reason) {
				t.Errorf("the job ends for %q, the command says %q", o.Reason, last)
			}
			if got, want := served.Saved(), commanded.Saved(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("the job has saved %v, the command %v", got, want)
			}
		})
	}
}

// runServed makes a run of a job, whose state lies in its directory.
func runServed(t *testing.T, s *fleetServer, j fleet.Job, dir string) fleet.Outcome {
	t.Helper()
	j.Name, j.Dir, j.State = "corp", dir, filepath.Join(dir, ".domainsync")
	return s.perform(t.Context(), fleet.Work{
		Job: j, Turn: fleet.Turn{Job: "corp", Run: 1, Holder: "test@machine"}, Stop: make(chan struct{}), Record: func([]byte) {}, Log: s.app.log,
	})
}

// agents notes what the calls that it passes on say of their sender.
type agents struct {
	http.RoundTripper
	mu   sync.Mutex
	said map[string]bool
}

func (a *agents) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	a.said[r.UserAgent()] = true
	a.mu.Unlock()
	return a.RoundTripper.RoundTrip(r)
}

// TestCallsOfAFleetNameTheirRun: each call leads to its run, those of commands to none.
func TestCallsOfAFleetNameTheirRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	served := &agents{RoundTripper: simulatedAlpha().Transport(), said: make(map[string]bool)}
	runServed(t, server(t, served), fleet.Job{Action: fleet.Apply, Approve: attr.Hazards()}, dir)
	commanded := &agents{RoundTripper: simulatedAlpha().Transport(), said: make(map[string]bool)}
	hereOver(t, commanded, "plan", "--dir", dir, "--endpoint", "http://127.0.0.1:1", "--state", t.TempDir())
	for _, test := range []struct {
		said map[string]bool
		want string
	}{
		{served.said, "domainsync/" + programVersion() + " (run 1)"},
		{commanded.said, "domainsync/" + programVersion()},
	} {
		if len(test.said) != 1 || !test.said[test.want] {
			t.Errorf("calls say %v, want %q alone", test.said, test.want)
		}
	}
}

// TestServedRunsSayTheirCommit: of which commit the files were, and whether they were
// changed; what a run writes in its directory is no change.
func TestServedRunsSayTheirCommit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not here")
	}
	top := t.TempDir()
	dir := filepath.Join(top, "corp")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := runGit(t.Context(), top, append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	s := server(t, simulatedAlpha().Transport())
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	plan := fleet.Job{Action: fleet.Plan}
	if o := runServed(t, s, plan, dir); o.Commit != "" || o.Changed {
		t.Errorf("without git: %+v", o)
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	first := git("rev-parse", "HEAD")
	for range 2 {
		if o := runServed(t, s, plan, dir); o.Commit != first || o.Changed || commitText(&o) != first {
			t.Errorf("as committed: %+v", o)
		}
	}
	writeText(t, filepath.Join(dir, "more.hcl"), "")
	if o := runServed(t, s, plan, dir); o.Commit != first || !o.Changed || commitText(&o) != first+"+" {
		t.Errorf("with another file: %+v", o)
	}
	git("add", ".")
	git("commit", "-q", "-m", "second")
	if o := runServed(t, s, plan, dir); o.Commit == first || o.Commit != git("rev-parse", "HEAD") || o.Changed {
		t.Errorf("after a second commit: %+v", o)
	}
}

// TestFilesThatLookLikeARepositoryRunNothing: a commit can hold a repository without .git,
// whose configuration has git run a command.
func TestFilesThatLookLikeARepositoryRunNothing(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not here")
	}
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "first"}} {
		if _, err := runGit(t.Context(), dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(dir, ".git"))); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	ran := filepath.Join(t.TempDir(), "ran")
	writeText(t, filepath.Join(dir, "config"), "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n[filter \"x\"]\n\tclean = touch "+ran+"; cat\n")
	writeText(t, filepath.Join(dir, ".gitattributes"), "* filter=x\n")
	later := time.Now().Add(time.Hour) // so that git has to look into the file
	if err := os.Chtimes(filepath.Join(dir, "main.hcl"), later, later); err != nil {
		t.Fatal(err)
	}
	if o := runServed(t, server(t, simulatedAlpha().Transport()), fleet.Job{Action: fleet.Plan}, dir); o.ExitCode != exitPending || o.Commit != "" {
		t.Errorf("the run ends with %d, of commit %q", o.ExitCode, o.Commit)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("git ran a command of the files")
	}
}

// TestServedRunsTellWhomTheyAreTo: a job tells its own addresses, and no job those of
// another one. The heartbeat without a name, which watches one account, is called for none of many; that of a
// job is called for its complete runs.
func TestServedRunsTellWhomTheyAreTo(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	told := make(map[string]int)
	hooks := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told[r.URL.Path]++
	}))
	defer hooks.Close()
	at := func(name string) string {
		return "generic://" + strings.TrimPrefix(hooks.URL, "http://") + "/" + name + "?disabletls=yes"
	}
	environ := []string{"DOMAINSYNC_NOTIFY=" + at("everybody"), "DOMAINSYNC_NOTIFY_OPS=" + at("ops"), "DOMAINSYNC_NOTIFY_OTHERS=" + at("others"), "DOMAINSYNC_HEARTBEAT=" + hooks.URL + "/heartbeat"}
	for _, test := range []struct {
		notify []string
		want   string
	}{
		{nil, "map[/everybody:1]"},
		{[]string{}, "map[]"},
		{[]string{"ops"}, "map[/ops:1]"},
		{[]string{"ops", "others"}, "map[/ops:1 /others:1]"},
	} {
		clear(told)
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "main.hcl"), "domain \"beta.com\" {\n  transfer_lock = true\n}\n")
		runServed(t, server(t, simulatedAlpha().Transport(), environ...), fleet.Job{Action: fleet.Apply, Notify: test.notify}, dir)
		mu.Lock()
		if got := fmt.Sprint(told); got != test.want {
			t.Errorf("notify = %q tells %s, want %s", test.notify, got, test.want)
		}
		mu.Unlock()
	}
}

// TestAddressesWithoutSignIn: health and metrics are told, by GET and HEAD, and nothing
// else is there.
func TestAddressesWithoutSignIn(t *testing.T) {
	t.Parallel()
	s := server(t, simulatedAlpha().Transport())
	f := &fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: "corp", State: "corp"}}}
	if err := s.runner.Declare(t.Context(), "me", f); err != nil {
		t.Fatal(err)
	}
	stopping, stop := context.WithCancel(t.Context())
	h := guarded(t, s, stopping.Done())
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	if w := ask("GET", "/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "was not looked at yet") {
		t.Errorf("before the first look: %d %s", w.Code, w.Body)
	}
	run, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.runner.Run(run, nil) }()
	var looked time.Time
	for looked.IsZero() {
		looked, _ = s.runner.Looked()
		runtime.Gosched()
	}
	for _, test := range []struct {
		method, path string
		code         int
		want         string
	}{
		{"GET", "/healthz", 200, "ok"},
		{"HEAD", "/healthz", 200, ""},
		{"POST", "/healthz", 405, ""},
		{"GET", "/readyz", 200, `{"ready":true,"jobs":1}`},
		{"DELETE", "/readyz", 405, ""},
		{"GET", "/metrics", 200, "domainsync_job_running{fleet_job=\"corp\"} 0\n"},
		{"PUT", "/metrics", 405, ""},
		{"GET", "/", 303, "/signin"},
		{"GET", "/jobs/corp", 303, "/signin"},
		{"POST", "/jobs/corp/run", 401, ""},
		{"GET", "/runs/1/events", 303, "/signin"},
		{"GET", "/jobs", 404, ""},
		{"POST", "/jobs", 404, ""},
		{"GET", "/debug/pprof/", 404, ""},
		{"GET", "/metrics/", 404, ""},
		{"GET", "/healthz/../jobs", 0, ""},
	} {
		w := ask(test.method, test.path)
		if test.code == 0 {
			if w.Code == 200 {
				t.Errorf("%s %s: %d", test.method, test.path, w.Code)
			}
			continue
		}
		if w.Code != test.code || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, w.Body)
		}
		if head := w.Header(); head.Get("Cache-Control") != "no-store" || head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: headers are %v", test.method, test.path, head)
		}
	}
	s.mu.Lock()
	s.broken = "the file of the fleet has 1 error: \"x\"\n<b>"
	s.mu.Unlock()
	var ready map[string]any
	if w := ask("GET", "/readyz"); w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &ready) != nil || ready["fleet_file"] != s.broken || strings.Contains(w.Body.String(), "<b>") {
		t.Errorf("with a broken file: %d %s", w.Code, w.Body)
	}
	stop()
	if w := ask("GET", "/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "it is stopping") {
		t.Errorf("while it stops: %d %s", w.Code, w.Body)
	}
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the runner ends with %v", err)
	}
}

// TestServedMetricsOutliveTheProcess: the last success of a job is told by the next
// process, too, under the name of the job.
func TestServedMetricsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	s := server(t, simulatedAlpha().Transport())
	f := &fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: "corp", State: "corp"}}}
	if err := s.runner.Declare(t.Context(), "me", f); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	for i, approve := range [][]attr.Hazard{attr.Hazards(), nil} {
		if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
			t.Fatal(err)
		}
		turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: "me", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
		if err != nil || turn == nil {
			t.Fatal(turn, err)
		}
		if i == 1 { // the next run fails before it reads anything
			writeText(t, filepath.Join(dir, "main.hcl"), "domain {\n}\n")
		}
		o := runServed(t, s, fleet.Job{Action: fleet.Apply, Approve: approve}, dir)
		if err := s.table.End(t.Context(), turn, o, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	w := httptest.NewRecorder()
	guarded(t, s, t.Context().Done()).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`domainsync_last_success_timestamp_seconds{account="42",fleet_job="corp",operation="apply"}`,
		`domainsync_last_run_exit_code{account="42",fleet_job="corp",operation="apply"} 1` + "\n",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %s:\n%s", want, w.Body)
		}
	}
}

// TestServedRunsKeepTheirOwnState: the variable that names one for commands would have all
// accounts in it.
func TestServedRunsKeepTheirOwnState(t *testing.T) {
	t.Parallel()
	dir, others := t.TempDir(), t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	runServed(t, server(t, simulatedAlpha().Transport(), stateVariable+"="+others), fleet.Job{Action: fleet.Apply, Approve: attr.Hazards()}, dir)
	if found, err := os.ReadDir(others); err != nil || len(found) > 0 {
		t.Errorf("the other state has %v, %v", found, err)
	}
	if found, err := os.ReadDir(filepath.Join(dir, ".domainsync")); err != nil || len(found) == 0 {
		t.Errorf("its own has %v, %v", found, err)
	}
}

// TestAJobWhoseProcessDiedIsNotRun: its metrics say so once its lease has ended.
func TestAJobWhoseProcessDiedIsNotRun(t *testing.T) {
	t.Parallel()
	s := server(t, simulatedAlpha().Transport())
	f := &fleet.File{Jobs: []fleet.Job{{Name: "alive", Dir: "a", State: "a"}, {Name: "dead", Dir: "b", State: "b"}}}
	if err := s.runner.Declare(t.Context(), "me", f); err != nil {
		t.Fatal(err)
	}
	for name, lease := range map[string]time.Duration{"alive": time.Hour, "dead": time.Nanosecond} {
		if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: name}); err != nil {
			t.Fatal(err)
		}
		only := func(job string) (fleet.Schedule, bool) { return fleet.Schedule{}, job == name }
		if turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: "me", Lease: lease, Schedule: only}); err != nil || turn == nil {
			t.Fatal(turn, err)
		}
	}
	w := httptest.NewRecorder()
	guarded(t, s, nil).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`domainsync_job_running{fleet_job="alive"} 1` + "\n", `domainsync_job_running{fleet_job="dead"} 0` + "\n", `domainsync_job_last_lost_timestamp_seconds{fleet_job="dead"} `,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %s:\n%s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), `domainsync_job_last_lost_timestamp_seconds{fleet_job="alive"}`) {
		t.Error("a run is lost that is at work")
	}
}

// TestMetricsWithoutATable: a process whose state cannot be reached tells of itself, so
// that alerts tell this from a process that is gone.
func TestMetricsWithoutATable(t *testing.T) {
	t.Parallel()
	s := server(t, simulatedAlpha().Transport())
	if err := s.runner.Declare(t.Context(), "me", &fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: "a", State: "a"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.table.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	guarded(t, s, nil).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if text := w.Body.String(); w.Code != 200 || !strings.Contains(text, "\ndomainsync_fleet_looked_timestamp_seconds 0\n") || strings.Contains(text, "fleet_job") {
		t.Errorf("%d %s", w.Code, text)
	}
}

// TestNothingSecretIsInTheTable: neither the key, nor what tells of persons.
func TestNothingSecretIsInTheTable(t *testing.T) {
	t.Parallel()
	sim := simulatedAlpha()
	s := server(t, sim.Transport())
	f := &fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: "corp", State: "corp"}}}
	if err := s.runner.Declare(t.Context(), "me", f); err != nil {
		t.Fatal(err)
	}
	if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
		t.Fatal(err)
	}
	turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: "me", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
	if err != nil || turn == nil {
		t.Fatal(turn, err)
	}
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles+`
contact "holder" {
  type               = "individual"
  name               = "Grace Personal"
  email              = "grace.personal@example.com"
  country            = "GB"
  province           = "London"
  city               = "London"
  address            = "1 Personal Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2079460000"
}

domain "gone.com" {
  admin = contact.holder
}
`)
	var lines bytes.Buffer
	o := s.perform(t.Context(), fleet.Work{
		Job: fleet.Job{Name: "corp", Dir: dir, State: filepath.Join(dir, ".domainsync"), Action: fleet.Apply, Approve: attr.Hazards()}, Turn: *turn,
		Stop: make(chan struct{}), Record: func(line []byte) { lines.Write(line) }, Log: s.app.log,
	})
	all := lines.String() + fmt.Sprintf("%+v", o) + string(o.Metrics)
	for _, secret := range []string{"testsecret", "testid", "Grace", "grace.personal", "Personal Street", "2079460000"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is told:\n%s", secret, all)
		}
	}
	if !strings.Contains(all, "gone.com") {
		t.Errorf("it tells nothing of the name: %s", all)
	}
}

func TestOnlyTheWantedAddresses(t *testing.T) {
	t.Parallel()
	environ := []string{"PATH=/bin", "DOMAINSYNC_NOTIFY=a", "DOMAINSYNC_NOTIFY_OPS=b", "DOMAINSYNC_NOTIFYX=c", "DOMAINSYNC_NOTIFY_OPS2=d"}
	for _, test := range []struct{ names, want []string }{
		{nil, []string{"PATH=/bin", "DOMAINSYNC_NOTIFY=a", "DOMAINSYNC_NOTIFYX=c"}},
		{[]string{}, []string{"PATH=/bin", "DOMAINSYNC_NOTIFYX=c"}},
		{[]string{"ops"}, []string{"PATH=/bin", "DOMAINSYNC_NOTIFY_OPS=b", "DOMAINSYNC_NOTIFYX=c"}},
	} {
		if got := onlyNotify(environ, test.names); !slices.Equal(got, test.want) {
			t.Errorf("of %q remain %q", test.names, got)
		}
	}
}

// TestServedRunsKeepThePlanForPersons runs a job with and without something for persons
// to decide: they find the plan in the account's state, and where it cannot be kept, what
// needs no person is made all the same.
func TestServedRunsKeepThePlanForPersons(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		job     fleet.Job
		broken  bool // the state keeps no plans
		kept    bool
		waiting int
		code    int
	}{
		{"nothing is approved", fleet.Job{Action: fleet.Apply}, false, true, 2, exitPending},
		{"the lock is approved", fleet.Job{Action: fleet.Apply, Approve: []attr.Hazard{attr.LockHazard}}, false, true, 1, exitPending},
		{"all is approved", fleet.Job{Action: fleet.Apply, Approve: attr.Hazards()}, false, false, 0, exitDone},
		{"a plan", fleet.Job{Action: fleet.Plan}, false, true, 0, exitPending},
		{"no place for plans", fleet.Job{Action: fleet.Apply, Approve: []attr.Hazard{attr.LockHazard}}, true, false, 0, exitPending},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			sim, dir := simulatedAlpha(), t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
			if test.broken {
				if err := os.Mkdir(filepath.Join(dir, ".domainsync"), 0o700); err != nil {
					t.Fatal(err)
				}
				writeText(t, filepath.Join(dir, ".domainsync", "plans"), "no directory")
			}
			s := server(t, sim.Transport())
			o := runServed(t, s, test.job, dir)
			o.Metrics = nil // for messages
			if o.ExitCode != test.code || (o.Plan != "") != test.kept || o.Waiting != test.waiting {
				t.Fatalf("the run ends with %+v", o)
			}
			if want := len(test.job.Approve) > 0; len(sim.Saved()) > 0 != want {
				t.Errorf("saved %v", sim.Saved())
			}
			if o.Plan == "" {
				return
			}
			shown := hereOver(t, nil, "show", "--reviewed", o.Plan, "--dir", dir)
			if shown.code != exitDone || !strings.Contains(shown.stdout, "ns1.example.net") {
				t.Errorf("the plan is shown as %+v", shown)
			}
		})
	}
}

// TestServedRunsKeepAPlanOnce makes runs of a job of which the same waits for persons: they
// name one plan, until it is not what waits, was applied, or would soon be too old for it.
func TestServedRunsKeepAPlanOnce(t *testing.T) {
	t.Parallel()
	later := new(ahead)
	sim, dir := simulator.New(simulator.Options{Seed: 1, Account: accountAlpha(), Clock: clock.New(later)}), t.TempDir()
	state := filepath.Join(dir, ".domainsync")
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	s := server(t, sim.Transport())
	s.app.clock = clock.New(later)
	j := fleet.Job{Name: "corp", Dir: dir, State: state}
	if err := s.runner.Declare(t.Context(), "me", &fleet.File{Jobs: []fleet.Job{j}}); err != nil {
		t.Fatal(err)
	}
	var kept []string // by run
	runs := func() string {
		t.Helper()
		if err := s.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
			t.Fatal(err)
		}
		turn, _, err := s.table.Take(t.Context(), fleet.Claim{Holder: "me", Lease: time.Minute, Schedule: func(string) (fleet.Schedule, bool) { return fleet.Schedule{}, true }})
		if err != nil || turn == nil {
			t.Fatal(turn, err)
		}
		// A plan says in whole seconds when it was read: two of one second could be equal.
		later.by += time.Second
		o := runServed(t, s, fleet.Job{Action: fleet.Apply}, dir)
		if err := s.table.End(t.Context(), turn, o, time.Time{}); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, o.Plan)
		return o.Plan
	}
	runs() // it says that no earlier run is known
	first := runs()
	if second := runs(); first == "" || second != first {
		t.Fatalf("the plans kept are %q", kept)
	}
	if shown := hereOver(t, nil, "show", "--reviewed", first, "--dir", dir); shown.code != exitDone {
		t.Errorf("the plan is shown as %+v", shown)
	}
	writeText(t, filepath.Join(dir, "main.hcl"), strings.ReplaceAll(accountFiles, "ns1.example.net", "ns3.example.net"))
	third := runs()
	if third == first || runs() != third {
		t.Errorf("the plans kept are %q", kept)
	}
	for _, name := range []string{first, third} {
		if files, err := filepath.Glob(filepath.Join(state, "plans", name+"*")); err != nil || len(files) != 1 {
			t.Errorf("the state keeps %q, %v", files, err)
		}
	}
	apply := []string{"apply", "--reviewed", third, "--auto-approve=none", "--dir", dir, "--endpoint", "http://127.0.0.1:1"}
	if r := hereOver(t, sim.Transport(), apply...); r.code != exitPending || !strings.Contains(r.stdout, "jobs approve") {
		t.Fatalf("the apply of the plan ends with %+v", r)
	}
	if runs() != third {
		t.Errorf("an apply that makes nothing uses the plan up: %q", kept)
	}
	sim.Change("alpha.com", func(d *snapshot.Domain) {
		d.Nameservers, d.TransferLock = []string{"ns3.example.net", "ns2.example.net"}, wire.LockOn
	})
	if r := hereOver(t, sim.Transport(), apply...); r.code != exitDone {
		t.Fatalf("the apply of what is live ends with %+v", r)
	}
	sim.Change("alpha.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns1.example.org", "ns2.example.org"} })
	fourth := runs()
	if fourth == third || fourth == "" || runs() != fourth {
		t.Errorf("the plans kept are %q", kept)
	}
	policy := filepath.Join(t.TempDir(), "policy.hcl")
	writeText(t, policy, "approval {\n  max_plan_age = \"1ns\"\n}\n")
	s.app.flags.policy = policy
	if last := runs(); last == fourth || last == "" {
		t.Errorf("the plans kept are %q", kept)
	}
}
