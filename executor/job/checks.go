package job

import (
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// judgeChecks judges the checks of the files. A saved plan was judged when all that
// they look at was read, and now only the names are that it touches. What they tell of
// persons whom only the account knows is masked from then on.
func (r *run) judgeChecks(p *planner.Plan, in planner.Input) {
	if p.JudgeChecks(in, r.decided); len(p.Checks) > 0 && r.masker != nil {
		attr.EachPersonalOf(in.Live, r.masker.Learn)
	}
}
