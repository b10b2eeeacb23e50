package planner_test

import (
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestCausesOfWhatIsHeldBack: programs tell by the cause what would let a purchase be
// made, whatever the reason says in words.
func TestCausesOfWhatIsHeldBack(t *testing.T) {
	t.Parallel()
	want := map[string]attr.Cause{
		"over the budget": attr.BudgetCause, "the budget is out": attr.BudgetCause, "no budget block": attr.BudgetCause,
		"the limit": attr.LimitCause, "another attribute": attr.TargetCause,
	}
	for title, test := range endings {
		for c := range planner.Diff(ending(5, test.happened)).Differences() {
			if c.ID == "a.com/renewal" && c.Cause != want[title] {
				t.Errorf("%s: the cause of %q is %q, want %q", title, c.Reason, c.Cause, want[title])
			}
		}
	}
}
