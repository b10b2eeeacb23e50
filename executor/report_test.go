package executor_test

import (
	"testing"

	"github.com/domainsync/domainsync/executor"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		report executor.Report
		want   int
	}{
		"all went well": {executor.Report{Counts: map[string]int{"verified": 3, "waiting": 1, "done": 1}}, 0},
		"failed":        {executor.Report{Counts: map[string]int{"failed": 1}}, 4},
		"stale":         {executor.Report{Counts: map[string]int{"stale": 1}}, 4},
		"differs":       {executor.Report{Counts: map[string]int{"differs": 1}}, 4},
		"unlocked":      {executor.Report{Unlocked: []string{"a.example"}}, 4},
		"in doubt":      {executor.Report{Counts: map[string]int{"failed": 1, "in doubt": 1}}, 5},
		"open task":     {executor.Report{OpenTasks: []string{"t"}}, 5},
		"interrupted":   {executor.Report{Interrupted: true}, 5},
	} {
		if got := test.report.ExitCode(); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
