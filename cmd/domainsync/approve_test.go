package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

func TestApprovalCoversHazards(t *testing.T) {
	t.Parallel()
	plan := []attr.Hazard{attr.None, attr.LockHazard, attr.Delegation}
	for _, test := range []struct {
		values  []string
		lacking []attr.Hazard
	}{
		{[]string{"all"}, nil},
		{[]string{"lock", "delegation"}, nil},
		{[]string{"lock"}, []attr.Hazard{attr.Delegation}},
		{[]string{"money"}, []attr.Hazard{attr.LockHazard, attr.Delegation}},
	} {
		v, err := parseApproval(true, test.values)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.lacking(plan); len(got) != len(test.lacking) || len(got) > 0 && !cmp.Equal(got, test.lacking) {
			t.Errorf("%v lacks %v, want %v", test.values, got, test.lacking)
		}
	}
	if _, err := parseApproval(true, []string{"danger"}); err == nil {
		t.Error("a hazard that does not exist is taken")
	}
}

func TestHazardsOf(t *testing.T) {
	t.Parallel()
	p := &planner.Plan{
		Changes: []attr.Change{
			{Hazard: attr.Delegation, Status: attr.Ready},
			{Hazard: attr.Identity, Status: attr.Blocked},
		},
		OwedRelocks: []string{"example.com"},
	}
	if diff := cmp.Diff([]attr.Hazard{attr.LockHazard, attr.Delegation}, hazardsOf(p)); diff != "" {
		t.Error(diff)
	}
}
