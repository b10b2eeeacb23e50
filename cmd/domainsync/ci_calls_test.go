package main

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/job"
)

// TestWorkflowCallsEnd: no step of a workflow waits for ever for an answer.
func TestWorkflowCallsEnd(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob(filepath.Join(deployDir, "ci/*.sh"))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, script := range scripts {
		for line := range strings.Lines(readText(t, script)) {
			if strings.HasPrefix(line, "#") || !strings.Contains(line, "curl -") {
				continue
			}
			if calls++; !strings.Contains(line, "--max-time ") || !strings.Contains(line, "--connect-timeout ") {
				t.Errorf("%s: no time limit in %s", filepath.Base(script), line)
			}
		}
	}
	if calls < 5 {
		t.Errorf("only %d calls were found", calls)
	}
}

// TestWorkflowsOrderCodesAsTheProgramDoes: of several applies the same exit code counts
// as of one.
func TestWorkflowsOrderCodesAsTheProgramDoes(t *testing.T) {
	t.Parallel()
	for _, one := range append([]int{exitDone}, job.ExitCodes()...) {
		for _, other := range append([]int{exitDone}, job.ExitCodes()...) {
			if got, want := worseOf(t, one, other), job.ExitCode(one, other); got != want {
				t.Errorf("of %d and %d the script takes %d, and the program %d", one, other, got, want)
			}
		}
	}
}

// worseOf returns what the script's own function prints of two codes.
func worseOf(t *testing.T, one, other int) int {
	t.Helper()
	needCommands(t, "bash")
	_, text, _ := strings.Cut(readText(t, filepath.Join(deployDir, "ci/apply.sh")), "\nworse() {")
	body, _, _ := strings.Cut(text, "\n}")
	script := "worse() {" + body + "\n}\nworse " + strconv.Itoa(one) + " " + strconv.Itoa(other)
	out, err := exec.CommandContext(t.Context(), "bash", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	code, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return code
}
