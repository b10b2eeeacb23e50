package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

func TestParseApproval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values []string
		want   []attr.Hazard
	}{
		{[]string{"lock", "delegation"}, []attr.Hazard{attr.LockHazard, attr.Delegation}},
		{[]string{"none"}, []attr.Hazard{attr.None}},
		{[]string{"money", " lock"}, []attr.Hazard{attr.Money, attr.LockHazard}},
	} {
		got, err := parseApproval(test.values)
		if err != nil || !cmp.Equal(got.Hazards, test.want) {
			t.Errorf("%v approves %v (%v), want %v", test.values, got, err, test.want)
		}
	}
	for _, everything := range [][]string{nil, {"all"}, {"lock", "all"}} {
		if got, err := parseApproval(everything); got != nil || err != nil {
			t.Errorf("%v approves only %v (%v)", everything, got, err)
		}
	}
	if _, err := parseApproval([]string{"danger"}); err == nil {
		t.Error("a hazard that does not exist is taken")
	}
}

func TestHazardsOf(t *testing.T) {
	t.Parallel()
	p := &planner.Plan{
		Changes: []attr.Change{
			{Hazard: attr.Delegation, Status: attr.Ready},
			{Hazard: attr.Identity, Status: attr.Blocked},
			attr.TemporaryUnlock("example.com", nil),
		},
		OwedRelocks: []string{"example.com"},
	}
	if diff := cmp.Diff([]attr.Hazard{attr.LockHazard, attr.Delegation}, hazardsOf(p)); diff != "" {
		t.Error(diff)
	}
}
