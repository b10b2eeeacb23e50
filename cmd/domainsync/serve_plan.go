package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// keepForPersons returns what keeps the plan of a run of a fleet's job, so that persons
// can look at what they decide: of an apply where changes wait for them, of a plan where
// it has any change. Where the plan under the hash last, "" for none, says the same, that
// one is kept. A run that cannot keep it goes on, for what is approved waits for nobody.
func (a *app) keepForPersons(action fleet.Action, last string) func(context.Context, *planner.Plan) (string, error) {
	return func(ctx context.Context, p *planner.Plan) (string, error) {
		if waitingFor(p) == 0 && (action != fleet.Plan || len(p.Changes) == 0) {
			return "", nil
		}
		if a.saysTheSame(ctx, last, p) {
			return last, nil
		}
		hash, err := a.storePlan(ctx, p, p.Endpoint)
		if err != nil {
			a.log.Error("the plan could not be kept, so that nobody can look at what waits for persons", "error", err)
		}
		return hash, nil
	}
}

// lastKept returns the hash of the plan that the last run of a job has kept, "" for none.
func (s *fleetServer) lastKept(ctx context.Context, name string) string {
	runs, err := s.table.Runs(ctx, fleet.RunQuery{Job: name, Limit: runsForPlan})
	if err != nil {
		s.app.log.Warn("which plan the last run has kept is not known: the next one is kept whatever it says", "job", name, "error", err)
	}
	for i := range runs {
		if runs[i].Plan != "" {
			return runs[i].Plan
		}
	}
	return ""
}

// runsForPlan is how many runs are looked through for the last one with a plan.
const runsForPlan = 10

// saysTheSame reports whether the state keeps, under the hash of an earlier one, what a
// plan says, and nobody has applied it. A plan in the second half of the time in which it can be applied does not
// count: it would be too old for whoever reviews it now.
func (a *app) saysTheSame(ctx context.Context, hash string, p *planner.Plan) bool {
	if hash == "" {
		return false
	}
	age := planner.MaxAge
	if o, _, err := a.loadPolicy(); err == nil && o != nil && o.PlanAge > 0 {
		age = min(age, o.PlanAge)
	}
	kept, err := a.storedPlan(ctx, hash, p.Endpoint, p.Account)
	if err != nil || p.ReadAt.Sub(kept.ReadAt) >= age/2 || !p.SaysTheSame(kept) {
		return false
	}
	applied, err := a.wasApplied(ctx, kept)
	return err == nil && !applied
}

// wasApplied reports whether a stored plan was applied, as it is once: somebody may have
// done that whose word does not count.
func (a *app) wasApplied(ctx context.Context, p *planner.Plan) (bool, error) {
	id, err := executor.PlanID(p)
	if err != nil {
		return false, err
	}
	j, err := a.journalOfAccount(ctx, true, 0)
	if err != nil {
		return false, err
	}
	run, err := j.Applied(ctx, id)
	return run != nil, errors.Join(err, j.Close())
}

// waitingFor is how many changes of a plan wait for persons, with what the files permit
// beyond the last apply.
func waitingFor(p *planner.Plan) int {
	n := p.Count(attr.Unapproved)
	for i := range p.Policy {
		if p.Policy[i].Status == attr.Unapproved {
			n++
		}
	}
	return n
}

// plansKept returns the hash of the plan that a run has kept, "" where it has none, and
// how many of its changes wait for persons.
func (a *app) plansKept() (hash string, waiting int) {
	if a.ended == nil || a.ended.Plan == nil || a.ended.Plan.StoredAs == "" {
		return "", 0
	}
	return a.ended.Plan.StoredAs, waitingFor(a.ended.Plan)
}

// waitingText says of the last run of a job what waits for persons; "": nothing does.
func waitingText(r *fleet.Run) string {
	switch {
	case r == nil || r.Plan == "":
		return ""
	case r.Waiting == 0:
		return "its last plan is " + r.Plan
	}
	return fmt.Sprintf("%s %s for persons in the plan %s", words.Count(r.Waiting, "change"), words.Plural(r.Waiting, "waits", "wait"), r.Plan)
}
