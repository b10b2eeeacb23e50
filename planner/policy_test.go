package planner_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestAPlanSaysHowALooserPolicyIsApproved: where the fleet asks a person, naming the hazard
// approves nothing, and neither the warning nor the list of what to name says so.
func TestAPlanSaysHowALooserPolicyIsApproved(t *testing.T) {
	t.Parallel()
	loosened := []config.Loosened{{Setting: "guard.max_delegations", Before: "1", After: "2"}}
	rule := &planner.PersonRule{Persons: map[attr.Hazard]int{attr.PolicyHazard: 1}, People: []planner.RulePerson{{Name: "ada"}}}
	const flag, person = "add policy to --auto-approve", "have a person of the fleet answer an apply at a terminal"
	for name, test := range map[string]struct {
		approval planner.Approval
		status   attr.Status
		says     string
	}{
		"without a rule":      {planner.Approval{}, attr.Unapproved, flag},
		"a rule of others":    {planner.Approval{Rule: &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Delegation: 1}}}, attr.Unapproved, flag},
		"with a rule":         {planner.Approval{Rule: rule}, attr.Unapproved, person},
		"with the hazard":     {planner.Approval{Rule: rule, Hazards: []attr.Hazard{attr.PolicyHazard}}, attr.Unapproved, person},
		"from elsewhere":      {planner.Approval{Rule: rule, All: true, Outside: true}, attr.Unapproved, person},
		"a person is there":   {planner.Approval{Rule: rule, All: true, Present: "ada"}, attr.Ready, "counts in an apply"},
		"the glass is broken": {planner.Approval{Rule: rule, All: true, BreaksGlass: true}, attr.Ready, "counts in an apply"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, _ := planner.PolicyChanges(loosened, &test.approval, nil, nil)
			p := new(planner.Plan)
			p.AddPolicy(changes)
			if detail := p.Diagnostics[0].Detail; changes[0].Status != test.status || !strings.Contains(detail, test.says) || strings.Contains(detail, "--auto-approve") != (test.says == flag) {
				t.Errorf("it is %s: %s", changes[0].Status, detail)
			}
			if named := len(p.Summary.Unapproved) > 0; named != (test.says == flag) {
				t.Errorf("to be named are %v", p.Summary.Unapproved)
			}
		})
	}
}
