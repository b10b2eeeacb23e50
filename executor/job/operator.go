package job

import (
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// underPolicy puts the operator's policy over the files, as far as they count.
func (r *run) underPolicy(files *config.Portfolio) {
	r.files = files
	if files == nil {
		return
	}
	under := *r.Job
	under.Portfolio, r.ceilings = files.Under(r.Policy)
	r.Job = &under
}

// withoutPerson returns what may be made where nobody is asked, by an approval of some
// hazards or, nil, of all.
func (r *run) withoutPerson(a *planner.Approval) *planner.Approval {
	if r.Policy == nil || r.Policy.AutoApprove == nil {
		return a
	}
	var given []attr.Hazard
	if a != nil {
		given = a.Hazards
		if given == nil {
			given = []attr.Hazard{}
		}
	}
	return &planner.Approval{Hazards: r.Policy.Unasked(given), PersonOnly: r.Policy.Place("approval.auto_approve")}
}

// checkAge refuses a saved plan that is older than the operator permits.
func (r *run) checkAge(saved *planner.Plan) error {
	if err := saved.CheckPolicy(r.Policy, r.latest()); err != nil {
		return &SavedPlanError{err}
	}
	return nil
}
