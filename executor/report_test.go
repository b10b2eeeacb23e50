package executor_test

import (
	"testing"

	"github.com/domainsync/domainsync/executor"
)

// exitOf is the exit code that a command would give a report: 5 where the run must
// be resumed, 4 where something did not come out as planned, else 0.
func exitOf(r *executor.Report) int {
	switch {
	case r.Unfinished():
		return 5
	case r.Troubled():
		return 4
	}
	return 0
}

func TestReportsThatDidNotEndWell(t *testing.T) {
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
		if got := exitOf(&test.report); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
