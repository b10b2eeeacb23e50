package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLogShowsEachEntryOnce: an entry that comes between two pages is the first
// of an open list, and would move the last of one page to the next.
func TestLogShowsEachEntryOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manyNames(t, dir, 150)
	writeText(t, filepath.Join(dir, "faults.json"), `{"rules": [
		{"kind": "foreign", "operation": "QueryChangeLogList", "from": 2, "count": 2, "names": ["name0000.com"], "task_type": "CHG_DNS"}
	]}`)
	sim := simulate(t, "--live", filepath.Join(dir, "live.json"), "--faults", filepath.Join(dir, "faults.json"))
	runProgram(t, "--dir", dir, "--endpoint", sim.endpoint, "--qps", "10000", "apply", "--auto-approve", "--quiet").want(t, exitDone)
	lines := strings.Split(strings.TrimSpace(runProgram(t, "--endpoint", sim.endpoint, "log", "--format", "csv").want(t, exitDone).stdout), "\n")[1:]
	if len(lines) != 4*150 { // three changes and the registration of each
		t.Errorf("%d entries, want %d", len(lines), 4*150)
	}
	slices.Sort(lines)
	if once := slices.Compact(slices.Clone(lines)); len(once) != len(lines) {
		t.Errorf("%d entries are shown twice", len(lines)-len(once))
	}
}
