//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// TestCancelledByARunner cancels an apply as runners do, with SIGINT, SIGTERM and SIGKILL,
// while names are unlocked. The step that is always made closes the locks and nothing
// else; resume does the rest.
func TestCancelledByARunner(t *testing.T) {
	t.Parallel()
	cancelByRunner(t)
}

// TestCancelledByARunnerWithSharedState does so where the machine that was killed leaves a
// lease behind, which the next one waits for.
func TestCancelledByARunnerWithSharedState(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for a lease")
	}
	for kind, state := range map[string]func(*testing.T) string{
		"database": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
		"bucket":   func(t *testing.T) string { return buckettest.Start(t, "oss").URL("corp") },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cancelByRunner(t, "--state", state(t))
		})
	}
}

func cancelByRunner(t *testing.T, flags ...string) {
	t.Helper()
	dir := t.TempDir()
	manyNames(t, dir, 5)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", slowTasks(t))
	connect := []string{"--dir", dir, "--endpoint", sim.endpoint, "--qps", "1000"}
	connect = append(connect, flags...)

	runProgram(t, append(connect, "resume", "--relock-only")...).want(t, exitDone) // nothing is open
	cmd := exec.CommandContext(t.Context(), program(t), append(connect, "apply", "--auto-approve")...)
	cmd.Env = append(os.Environ(), testKey...)
	var told strings.Builder
	cmd.Stderr = &told
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSaved(t, sim, "SaveBatchTaskForModifyingDomainDns")
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Wait() //nolint:errcheck // it was killed
	if strings.Contains(told.String(), "stopping at once") {
		t.Errorf("SIGTERM was another interrupt:\n%s", tail(told.String()))
	}
	if _, open, _ := locked(t, sim); open == 0 {
		t.Fatal("no lock was open when it was killed")
	}
	saved := savedTasks(t, sim)
	out := runProgram(t, append(connect, "resume", "--relock-only", "--quiet-period", "2s")...).want(t, exitDone)
	if closed, open, _ := locked(t, sim); closed != 5 || open != 0 {
		t.Errorf("%d locked, %d open; want 5, 0\n%s", closed, open, out.stdout)
	}
	if now := savedTasks(t, sim); now != saved {
		t.Errorf("%d other tasks were sent\n%s", now-saved, out.stdout)
	}
	runProgram(t, append(connect, "resume", "--quiet-period", "2s")...).want(t, exitDone)
	runProgram(t, append(connect, "plan", "--detailed-exitcode")...).want(t, exitDone)
	for kind, worked := range map[string]bool{"apply": true, "relock": true, "resume": true, "abandon": false, "transfer": false} {
		out := runProgram(t, append(connect, "runs", "list", "--kind", kind, "--format", "csv")...).want(t, exitDone)
		if strings.Contains(out.stdout, "\n1,") != worked {
			t.Errorf("by %s there are the runs\n%s", kind, out.stdout)
		}
	}
}

// savedTasks counts the tasks that were sent apart from those of locks.
func savedTasks(t *testing.T, sim *simulatorProcess) (n int) {
	t.Helper()
	var stats map[string]int
	sim.get(t, "stats", &stats)
	for operation, calls := range stats {
		if strings.HasPrefix(operation, "SaveBatchTask") && operation != "SaveBatchTaskForUpdateProhibitionLock" {
			n += calls
		}
	}
	return n
}
