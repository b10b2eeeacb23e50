package job

import (
	"cmp"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

// threatsLeft returns what threatens names after the run. What a plan alone promises
// keeps no name once an apply has ended, however that was: only what was read back does.
func (r *Result) threatsLeft() []planner.Threat {
	if r.Operation == Planning {
		return r.Plan.Threats
	}
	became := make(map[string]*executor.ChangeReport)
	if r.Report != nil {
		for i := range r.Report.Changes {
			became[r.Report.Changes[i].ID] = &r.Report.Changes[i]
		}
	}
	return r.Plan.ThreatsAfter(func(change string) (verified bool, why string) {
		c := became[change]
		switch {
		case c == nil && r.Refusal != "":
			return false, r.Refusal
		case c == nil:
			return false, "nothing was sent"
		case c.Result == executor.Verified:
			return true, ""
		}
		return false, cmp.Or(c.Message, string(c.Result))
	})
}
