package planner_test

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestWordsOfPersonsAreCounted lets persons say things of one change, one after the other,
// and counts who has approved it after the last of them.
func TestWordsOfPersonsAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	change := &attr.Change{ID: "example.com/nameservers", Domain: "example.com", Attribute: "nameservers", Action: attr.Update, Hazard: attr.Delegation}
	rule := &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Delegation: 2}, People: []planner.RulePerson{{Name: "ada", Aliases: []string{"ada@example.com"}}, {Name: "bob"}}}
	yes := func(by string) planner.ApprovalRecord {
		return planner.ApprovalRecord{Change: change.ID, Hash: change.ApprovalHash(), By: by, At: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	}
	with := func(r planner.ApprovalRecord, alter func(*planner.ApprovalRecord)) planner.ApprovalRecord {
		alter(&r)
		return r
	}
	no := func(by string, at time.Time) planner.ApprovalRecord {
		return with(yes(by), func(r *planner.ApprovalRecord) { r.Rejected, r.Reason, r.At = true, "not now", at })
	}
	for name, test := range map[string]struct {
		rule     *planner.PersonRule
		said     []planner.ApprovalRecord
		want     string
		rejected bool
	}{
		"nothing":              {rule, nil, "0 of 2 persons", false},
		"one":                  {rule, []planner.ApprovalRecord{yes("bob")}, "1 of 2 persons: bob, until 2026-11-30 13:00 UTC", false},
		"two":                  {rule, []planner.ApprovalRecord{yes("ada"), yes("BOB")}, "2 of 2 persons: ada, until 2026-11-30 13:00 UTC; bob, until 2026-11-30 13:00 UTC", false},
		"one by two names":     {rule, []planner.ApprovalRecord{yes("ada"), yes("Ada@Example.com")}, "1 of 2 persons: ada, until 2026-11-30 13:00 UTC", false},
		"an alias":             {rule, []planner.ApprovalRecord{yes("Ada@Example.com")}, "1 of 2 persons: ada, until 2026-11-30 13:00 UTC", false},
		"an outsider":          {rule, []planner.ApprovalRecord{yes("eve"), yes("")}, "0 of 2 persons", false},
		"one that is used":     {rule, []planner.ApprovalRecord{with(yes("ada"), func(r *planner.ApprovalRecord) { r.Used = true }), yes("bob")}, "1 of 2 persons: bob, until 2026-11-30 13:00 UTC", false},
		"one that has ended":   {rule, []planner.ApprovalRecord{with(yes("ada"), func(r *planner.ApprovalRecord) { r.Until = now })}, "0 of 2 persons", false},
		"another change":       {rule, []planner.ApprovalRecord{with(yes("ada"), func(r *planner.ApprovalRecord) { r.Hash = "another" })}, "0 of 2 persons", false},
		"the later end":        {rule, []planner.ApprovalRecord{with(yes("ada"), func(r *planner.ApprovalRecord) { r.Until = now.Add(5 * time.Hour) }), yes("ada")}, "1 of 2 persons: ada, until 2026-11-30 17:00 UTC", false},
		"a no after two":       {rule, []planner.ApprovalRecord{yes("ada"), yes("bob"), no("ada", now)}, "0 of 2 persons", true},
		"a yes after a no":     {rule, []planner.ApprovalRecord{yes("ada"), no("bob", now), yes("bob")}, "1 of 2 persons: bob, until 2026-11-30 13:00 UTC", false},
		"a no to another one":  {rule, []planner.ApprovalRecord{yes("ada"), with(no("bob", now), func(r *planner.ApprovalRecord) { r.Hash = "another" })}, "1 of 2 persons: ada, until 2026-11-30 13:00 UTC", false},
		"a no of long ago":     {rule, []planner.ApprovalRecord{yes("ada"), no("bob", now.Add(-planner.RejectionShown))}, "0 of 2 persons", false},
		"no rule":              {nil, []planner.ApprovalRecord{yes("whoever")}, "1 of 1 person: whoever, until 2026-11-30 13:00 UTC", false},
		"a rule of no persons": {&planner.PersonRule{Persons: rule.Persons}, []planner.ApprovalRecord{yes("whoever")}, "1 of 2 persons: whoever, until 2026-11-30 13:00 UTC", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.rule.SaidOf([]*attr.Change{change}, test.said, now)[0]
			if got.String() != test.want || (got.Rejected != nil) != test.rejected {
				t.Errorf("they have said %s, %+v; want %s", got.String(), got.Rejected, test.want)
			}
		})
	}
}

// TestANoIsRememberedForAsLongAsWhatItEnds: a yes that lasts for longer than a no is shown
// does not come back when the no is forgotten.
func TestANoIsRememberedForAsLongAsWhatItEnds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	no := &planner.ApprovalRecord{Change: "a", Hash: "h", At: at, Rejected: true}
	long := planner.ApprovalRecord{Change: "a", Hash: "h", Until: at.AddDate(0, 3, 0)}
	other := planner.ApprovalRecord{Change: "a", Hash: "other", Until: at.AddDate(1, 0, 0)}
	if got := planner.RejectedUntil(no, []planner.ApprovalRecord{long, other}); !got.Equal(long.Until) {
		t.Errorf("it is remembered until %s", got)
	}
	if got := planner.RejectedUntil(no, []planner.ApprovalRecord{other}); !got.Equal(at.Add(planner.RejectionShown)) {
		t.Errorf("it is remembered until %s", got)
	}
}

// TestRulesThatLoosen compares rules with the ones before.
func TestRulesThatLoosen(t *testing.T) {
	t.Parallel()
	two := func(people ...string) *planner.PersonRule {
		r := &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Identity: 2}}
		for _, p := range people {
			r.People = append(r.People, planner.RulePerson{Name: p})
		}
		return r
	}
	for name, test := range map[string]struct {
		from, to *planner.PersonRule
		want     bool
	}{
		"the same":         {two("ada", "bob"), two("ada", "bob"), false},
		"fewer persons":    {two("ada", "bob"), &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Identity: 1}, People: two("ada", "bob").People}, true},
		"nothing":          {two("ada", "bob"), new(planner.PersonRule), true},
		"one who is new":   {two("ada", "bob"), two("ada", "bob", "eve"), true},
		"one who has left": {two("ada", "bob", "eve"), two("ada", "bob"), false},
		"anybody":          {two("ada", "bob"), two(), true},
		"a first rule":     {new(planner.PersonRule), two("ada", "bob"), false},
	} {
		if got := test.to.Loosens(test.from); got != test.want {
			t.Errorf("%s: it loosens: %v", name, got)
		}
	}
}
