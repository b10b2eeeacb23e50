package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// TestKilledApplyWithoutItsLastPart kills an apply while it waits, and takes the
// journal away from the -wal that holds what it recorded: every command that
// needs the journal refuses, with the way out, and goes on when it is back.
func TestKilledApplyWithoutItsLastPart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manyNames(t, dir, 1)
	writeText(t, filepath.Join(dir, "faults.json"), `{"durations":{"*":"1h"}}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", filepath.Join(dir, "faults.json"))
	killWaiting(t, sim, "apply", "--auto-approve", "--dir", dir, "--endpoint", sim.endpoint)

	path := filepath.Join(dir, ".domainsync", "journal.db")
	if err := os.Rename(path+"-wal", filepath.Join(dir, "kept")); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"runs list", "runs show 1", "plan", "apply --auto-approve", "resume", "resume --abandon"} {
		out := runProgram(t, append(strings.Fields(command), "--dir", dir, "--endpoint", sim.endpoint)...).want(t, exitError)
		if !strings.Contains(out.stderr, path+" lacks its last part: "+path+"-wal") {
			t.Errorf("%s: %s", command, out.stderr)
		}
	}
	if err := os.Rename(filepath.Join(dir, "kept"), path+"-wal"); err != nil {
		t.Fatal(err)
	}
	out := runProgram(t, "runs", "show", "1", "--dir", dir).want(t, exitDone)
	if !strings.Contains(out.stdout, "submitted") {
		t.Errorf("what the run recorded is gone:\n%s", out.stdout)
	}
}

// TestReadersBesideAFormerProgram: while a run of a former program has its journal,
// nothing can bring that up to date, so who would read it is told to wait.
func TestReadersBesideAFormerProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	journal, err := os.ReadFile("../../executor/journal/sqlite/testdata/version3.db")
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "journal.db"), string(journal))
	lock := flock.New(filepath.Join(dir, "lock"))
	if ok, err := lock.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, command := range []string{"list", "show 1"} {
		out := runProgram(t, append([]string{"runs", "--state-dir", dir}, strings.Fields(command)...)...).want(t, exitHeld)
		if !strings.Contains(out.stderr, "is of an older version and cannot be brought up to date: another run holds the account") {
			t.Errorf("%s: %s", command, out.stderr)
		}
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	runProgram(t, "runs", "list", "--state-dir", dir).want(t, exitDone)
}

// killWaiting starts a command and kills it when it asks for the results of what
// it has sent.
func killWaiting(t *testing.T, sim *simulatorProcess, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), args...)
	cmd.Env = append(os.Environ(), testKey...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	polled := false
	for began := time.Now(); !polled && time.Since(began) < time.Minute; {
		var stats map[string]int
		sim.get(t, "stats", &stats)
		polled = stats["PollTaskResult"] > 0
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !polled {
		t.Fatalf("the command ended by itself: %v", err)
	}
}
