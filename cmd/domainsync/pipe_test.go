package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// TestApplyOutlivesItsReader: an apply whose lines nobody reads any more goes on
// to its end, and says afterwards that they could not be written. Where they end
// before its plan, nothing is sent.
func TestApplyOutlivesItsReader(t *testing.T) {
	t.Parallel()
	for last, sent := range map[string]bool{`"type":"began"`: false, `"type":"submitted"`: true} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), "domain \"example.com\" {\n  transfer_lock = true\n}\n")
			writeText(t, filepath.Join(dir, "live.json"), `{"format_version": 1, "account": "42", "read_at": "2026-01-01T00:00:00Z", "domains": [{"name": "example.com", "transfer_lock": "CLOSE"}]}`)
			writeText(t, filepath.Join(dir, "faults.json"), `{"durations": {"*": "2s"}, "rules": [{"kind": "delay", "operation": "Query*", "wait": "300ms"}]}`)
			sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", filepath.Join(dir, "faults.json"))
			cmd := exec.CommandContext(t.Context(), program(t), "apply", "--json", "--auto-approve", "--dir", dir, "--endpoint", sim.endpoint)
			cmd.Env = append(os.Environ(), testKey...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for lines := bufio.NewScanner(stdout); lines.Scan() && !strings.Contains(lines.Text(), last); {
			}
			if err := stdout.Close(); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitError || !strings.Contains(stderr.String(), "broken pipe") {
				t.Errorf("exit code %d, %v\n%s", code, err, stderr.String())
			}
			var account snapshot.Account
			if sim.get(t, "state", &account); account.Domain("example.com").TransferLock.On() != sent {
				t.Errorf("the lock is %v, want %v", account.Domains, sent)
			}
			out := runProgram(t, "resume", "--dir", dir, "--endpoint", sim.endpoint).want(t, exitDone)
			if !strings.Contains(out.stdout, "No run is open") {
				t.Errorf("something was left to resume:\n%s", out.stdout)
			}
		})
	}
}
