package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// manyNames writes a configuration of n names that are to move and are locked
// meanwhile, and the account as it is.
func manyNames(t testing.TB, dir string, n int) {
	t.Helper()
	live := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: "42", ReadAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for i := range n {
		live.Domains = append(live.Domains, snapshot.Domain{
			Name: fmt.Sprintf("name%04d.com", i), Nameservers: []string{"ns1.example.net", "ns2.example.net"},
			TransferLock: wire.LockOn, UpdateLock: wire.LockOn, DSRecords: []snapshot.DSRecord{},
		})
	}
	if err := snapshot.WriteFile(filepath.Join(dir, "live.json"), live); err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	rows.WriteString("name\n")
	for i := range live.Domains {
		rows.WriteString(live.Domains[i].Name + "\n")
	}
	writeText(t, filepath.Join(dir, "names.csv"), rows.String())
	writeText(t, filepath.Join(dir, "main.hcl"), `
guard {
  max_change_percent = 100
  max_delegations    = 10000
}

domains "all" {
  names            = csvdecode(file("names.csv"))
  nameservers      = ["ns1.example.org", "ns2.example.org"]
  update_lock      = true
  temporary_unlock = true
}
`)
}

func locked(t *testing.T, sim *simulatorProcess) (locked, open, moved int) {
	t.Helper()
	var live snapshot.Account
	sim.get(t, "state", &live)
	for _, d := range live.Domains {
		if d.UpdateLock.On() {
			locked++
		} else {
			open++
		}
		if d.Nameservers[0] == "ns1.example.org" {
			moved++
		}
	}
	return locked, open, moved
}

// TestApplyWithFailures lets a task fail for 3 of 1,000 names: each of them is
// named with the service's message, the rest is done, all are locked again.
func TestApplyWithFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manyNames(t, dir, 1000)
	faults := filepath.Join(dir, "faults.json")
	writeText(t, faults, `{"rules": [{"kind": "fail", "operation": "SaveBatchTaskForModifyingDomainDns",
		"names": ["name0007.com", "name0077.com", "name0777.com"], "message": "The registry is asleep."}]}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", faults)
	connect := []string{"--dir", dir, "--endpoint", sim.endpoint, "--qps", "10000"}

	report := filepath.Join(dir, "report.json")
	out := runProgram(t, append(connect, "apply", "--auto-approve", "--report", report)...).want(t, exitFailed)
	for _, name := range []string{"name0007.com", "name0077.com", "name0777.com"} {
		if !strings.Contains(out.stdout, name) {
			t.Errorf("%s is not reported:\n%s", name, tail(out.stdout))
		}
	}
	if !strings.Contains(out.stdout, "The registry is asleep.") {
		t.Errorf("the service's message is missing:\n%s", tail(out.stdout))
	}
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), "The registry is asleep.") {
		t.Errorf("the report lacks the message (%v):\n%s", err, tail(string(text)))
	}
	if closed, open, moved := locked(t, sim); closed != 1000 || open != 0 || moved != 997 {
		t.Errorf("%d locked, %d open, %d moved; want 1000, 0, 997", closed, open, moved)
	}
}

// TestApplyInterrupted interrupts an apply while its names are unlocked: it
// settles what was sent and locks again, and resume does the rest.
func TestApplyInterrupted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	dir := t.TempDir()
	manyNames(t, dir, 30)
	faults := filepath.Join(dir, "faults.json")
	writeText(t, faults, `{"durations": {"*": "2s"}}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", faults)
	connect := []string{"--dir", dir, "--endpoint", sim.endpoint, "--qps", "1000"}

	cmd := exec.CommandContext(t.Context(), program(t), append(connect, "apply", "--auto-approve", "--report", filepath.Join(dir, "report.json"))...)
	cmd.Env = append(os.Environ(), testKey...)
	var said, told strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &told
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSaved(t, sim, "SaveBatchTask")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // the code is looked at
	if n := strings.Count(told.String(), "interrupt") - strings.Count(lastLine(told.String()), "interrupt"); n != 2 || !strings.Contains(told.String(), "\ninterrupted: nothing more is begun, and what was sent is waited for; a second interrupt stops at once") {
		t.Errorf("one interrupt has %d words of it, want one message with two:\n%s", n, tail(told.String()))
	}
	if code := cmd.ProcessState.ExitCode(); code != exitOpen {
		t.Fatalf("exit code %d, want %d\n%s", code, exitOpen, tail(said.String()))
	}
	checkEnd(t, filepath.Join(dir, "report.json"), outcome{stderr: told.String()}, way{code: exitOpen, reason: "interrupted", line: "resume"})
	if closed, open, moved := locked(t, sim); closed != 30 || open != 0 || moved != 0 {
		t.Errorf("after the interrupt %d locked, %d open, %d moved; want 30, 0, 0", closed, open, moved)
	}
	runProgram(t, append(connect, "plan", "--detailed-exitcode")...)
	runProgram(t, append(connect, "resume")...).want(t, exitDone)
	if closed, open, moved := locked(t, sim); closed != 30 || open != 0 || moved != 30 {
		t.Errorf("after resume %d locked, %d open, %d moved; want 30, 0, 30", closed, open, moved)
	}
	runProgram(t, append(connect, "plan", "--detailed-exitcode")...).want(t, exitDone)
}

// waitForSaved waits until a task of the operation was saved.
func waitForSaved(t *testing.T, sim *simulatorProcess, operation string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var saved map[string]int
		sim.get(t, "saved", &saved)
		for change := range saved {
			if strings.HasPrefix(change, operation) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("nothing was saved")
		}
	}
}

// TestTwoApplies lets a second apply meet a first one: it ends with 6.
func TestTwoApplies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manyNames(t, dir, 5)
	faults := filepath.Join(dir, "faults.json")
	writeText(t, faults, `{"durations": {"*": "500ms"}}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", faults)
	args := []string{"--dir", dir, "--endpoint", sim.endpoint, "apply", "--auto-approve"}

	first := exec.CommandContext(t.Context(), program(t), args...)
	first.Env = append(os.Environ(), testKey...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSaved(t, sim, "SaveBatchTask")
	second := runProgram(t, args...).want(t, exitHeld)
	if !strings.Contains(second.stderr, "another run holds the account") {
		t.Errorf("the second one says:\n%s", second.stderr)
	}
	// A plan reads beside it.
	runProgram(t, "--dir", dir, "--endpoint", sim.endpoint, "plan")
	if err := first.Wait(); err != nil {
		t.Errorf("the first one: %v", err)
	}
	if _, open, moved := locked(t, sim); open != 0 || moved != 5 {
		t.Errorf("%d open, %d moved", open, moved)
	}
}

// TestInDoubt kills an apply that waits for the answer to a request. A plan
// shows its names in doubt and plans nothing for them; the next apply finds
// the task. Giving the run up asks nobody.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manyNames(t, dir, 5)
	faults := filepath.Join(dir, "faults.json")
	writeText(t, faults, `{"rules": [{"kind": "timeout", "operation": "SaveBatchTask*", "count": 1}]}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", faults)
	connect := []string{"--dir", dir, "--endpoint", sim.endpoint}

	cmd := exec.CommandContext(t.Context(), program(t), append(connect, "apply", "--auto-approve")...)
	cmd.Env = append(os.Environ(), testKey...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSaved(t, sim, "SaveBatchTask")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(filepath.Join(dir, ".domainsync"))); err != nil {
		t.Fatal(err)
	}

	out := runProgram(t, append(connect, "plan")...).want(t, exitOpen)
	if !strings.Contains(out.stdout, "in doubt") && !strings.Contains(out.stdout, "In doubt") {
		t.Errorf("the plan does not say what is in doubt:\n%s", tail(out.stdout))
	}
	out = runProgram(t, append(connect, "runs", "list")...).want(t, exitDone)
	if !strings.Contains(out.stdout, "running or died") || !strings.Contains(out.stdout, "in doubt 5") {
		t.Errorf("the run is not one that died in doubt:\n%s", out.stdout)
	}
	out = runProgram(t, append(connect, "--state-dir", copied, "resume", "--abandon")...).want(t, exitFailed)
	if !strings.Contains(out.stdout, "name0001.com") {
		t.Errorf("what stays in doubt is not listed:\n%s", out.stdout)
	}
	runProgram(t, append(connect, "apply", "--auto-approve")...).want(t, exitDone)
	if closed, open, moved := locked(t, sim); closed != 5 || open != 0 || moved != 5 {
		t.Errorf("%d locked, %d open, %d moved; want 5, 0, 5", closed, open, moved)
	}
}

// TestHangingTask stops an apply at once whose task hangs while its names are
// unlocked: the names are listed, and a plan shows them in doubt.
func TestHangingTask(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manyNames(t, dir, 3)
	faults := filepath.Join(dir, "faults.json")
	writeText(t, faults, `{"rules": [{"kind": "stall", "operation": "SaveBatchTaskForModifyingDomainDns"}]}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", faults)
	connect := []string{"--dir", dir, "--endpoint", sim.endpoint}

	cmd := exec.CommandContext(t.Context(), program(t), append(connect, "apply", "--auto-approve")...)
	cmd.Env = append(os.Environ(), testKey...)
	var stdout strings.Builder
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSaved(t, sim, "SaveBatchTaskForModifyingDomainDns")
	interruptTwice(t, cmd, bufio.NewScanner(stderr))
	cmd.Wait() //nolint:errcheck // the code is looked at
	if code := cmd.ProcessState.ExitCode(); code != exitOpen {
		t.Errorf("exit code %d, want %d", code, exitOpen)
	}
	for _, want := range []string{"3 names are left unlocked", "name0002.com", "without all results", "resume"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is not reported:\n%s", want, tail(stdout.String()))
		}
	}
	out := runProgram(t, append(connect, "plan")...).want(t, exitOpen)
	if !strings.Contains(strings.ToLower(out.stdout), "in doubt") {
		t.Errorf("the plan does not show what is in doubt:\n%s", tail(out.stdout))
	}
}

// interruptTwice sends the second signal when the first one was heard.
func interruptTwice(t *testing.T, cmd *exec.Cmd, stderr *bufio.Scanner) {
	t.Helper()
	for range 2 {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		for stderr.Scan() && !strings.HasPrefix(stderr.Text(), "interrupted") {
			continue
		}
	}
	for stderr.Scan() {
		continue
	}
}
