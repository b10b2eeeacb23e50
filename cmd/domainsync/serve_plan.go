package main

import (
	"context"
	"fmt"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// keepForPersons returns what keeps the plan of a run of a fleet's job, so that persons
// can look at what they decide: of an apply where changes wait for them, of a plan where
// it has any change. A run that cannot keep it goes on, for what is approved waits for
// nobody.
func (a *app) keepForPersons(action fleet.Action) func(context.Context, *planner.Plan) (string, error) {
	return func(ctx context.Context, p *planner.Plan) (string, error) {
		if waitingFor(p) == 0 && (action != fleet.Plan || len(p.Changes) == 0) {
			return "", nil
		}
		hash, err := a.storePlan(ctx, p, p.Endpoint)
		if err != nil {
			a.log.Error("the plan could not be kept, so that nobody can look at what waits for persons", "error", err)
		}
		return hash, nil
	}
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
