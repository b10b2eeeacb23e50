package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// TestFilesDiffer: two files for longer than a rollout takes, both by processes that live.
func TestFilesDiffer(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	process := func(name, file string, since, seen time.Duration) fleet.Process {
		return fleet.Process{ID: name, Name: name, File: file, Version: "domainsync 1.2.0", Since: now.Add(-since), Seen: now.Add(-seen)}
	}
	const long = time.Hour
	for name, test := range map[string]struct {
		all  []fleet.Process
		want string
	}{
		"nobody":               {nil, ""},
		"one":                  {[]fleet.Process{process("a", "old", long, 0)}, ""},
		"two of one file":      {[]fleet.Process{process("a", "old", long, 0), process("b", "old", long, 0)}, ""},
		"a rollout":            {[]fleet.Process{process("a", "old", long, 0), process("b", "new", 4*time.Minute, 0)}, ""},
		"a rollout that hangs": {[]fleet.Process{process("a", "old", long, 0), process("b", "new", 5*time.Minute, 0)}, "new by b (domainsync 1.2.0, since 2027-03-01T11:55:00Z); old by a (domainsync 1.2.0, since 2027-03-01T11:00:00Z):"},
		"a rollout that failed and goes back": {
			[]fleet.Process{process("a", "old", long, 0), process("b", "new", long, 0), process("c", "newer", time.Minute, 0)}, "newer by c",
		},
		"three new ones in a row": {[]fleet.Process{process("a", "x", time.Minute, 0), process("b", "y", 2*time.Minute, 0), process("c", "z", long, 0)}, ""},
		"a dead one":              {[]fleet.Process{process("a", "old", long, 3*time.Minute), process("b", "new", long, 0)}, ""},
		"one that is slow":        {[]fleet.Process{process("a", "old", long, time.Minute), process("b", "new", long, 0)}, "old by a"},
	} {
		got := (&fleet.Attendance{Now: now, Processes: test.all}).FilesDiffer()
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
