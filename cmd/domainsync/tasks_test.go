package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestWaitEndsWithAnInterrupt stops waiting for a task that hangs.
func TestWaitEndsWithAnInterrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	live, faults := filepath.Join(dir, "live.json"), filepath.Join(dir, "faults.json")
	writeText(t, live, `{"format_version":1,"account":"42","read_at":"2026-01-02T03:04:05Z","domains":[{"name":"example.com"}]}`)
	writeText(t, faults, `{"durations":{"*":"1h"}}`)
	s := simulate(t, "--live", live, "--faults", faults)
	runProgram(t, "api", "call", "SaveBatchTaskForUpdateProhibitionLock", "DomainName.1=example.com", "Status=true", "--endpoint", s.endpoint).want(t, exitDone)
	var tasks []struct {
		No string `json:"TaskNo"`
	}
	s.get(t, "tasks", &tasks)

	cmd := exec.CommandContext(t.Context(), program(t), "tasks", "wait", tasks[0].No, "--endpoint", s.endpoint)
	cmd.Env = append(os.Environ(), testKey...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 30*time.Second; {
		var stats map[string]int
		if s.get(t, "stats", &stats); stats["QueryTaskDetailList"] > 0 {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != exitOpen {
		t.Errorf("%v, want exit code %d", err, exitOpen)
	}
}
