package decide_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/decide"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// hash is that of the plan of the tests.
var hash = strings.Repeat("0123456789ab", 5) + "cdef"

// table has runs, the newest first, and keeps acts.
type table struct {
	runs []fleet.Run
	acts []fleet.Act
}

func (t *table) Runs(context.Context, fleet.RunQuery) ([]fleet.Run, error) { return t.runs, nil }

func (t *table) Do(_ context.Context, a fleet.Act) error {
	t.acts = append(t.acts, a)
	return nil
}

// changeOf is a change of nameservers.
func changeOf(name string, s attr.Status) attr.Change {
	return attr.Change{ID: name + "/nameservers", Domain: name, Attribute: "nameservers", Action: attr.Update, Hazard: attr.Delegation, Status: s}
}

// desk is that of a fleet with one job, whose last plan has two changes that wait.
func desk(t *testing.T, runs ...fleet.Run) (*decide.Desk, *table) {
	t.Helper()
	dir := t.TempDir()
	kept := &table{runs: runs}
	p := &planner.Plan{Changes: []attr.Change{changeOf("a.com", attr.Unapproved), changeOf("b.com", attr.Unapproved), changeOf("c.com", attr.Blocked), changeOf("d.com", attr.Ready), changeOf("e.com", attr.Deferred)}}
	return &decide.Desk{
		Table: kept,
		File: &fleet.File{
			Jobs:    []fleet.Job{{Name: "corp"}},
			Persons: map[attr.Hazard]int{attr.Delegation: 2},
			People:  []fleet.Person{{Name: "ada", Role: fleet.Approver, Aliases: []string{"ada@example.com"}}, {Name: "bob", Role: fleet.Admin}, {Name: "vera", Role: fleet.Viewer}},
		},
		Journal: func(ctx context.Context, _ *fleet.Job, _ bool) (*journal.Journal, error) {
			return journal.Open(ctx, dir, journal.Options{Endpoint: "https://example.net", Account: "42"})
		},
		Plan: func(context.Context, *fleet.Job, string) (*planner.Plan, error) { return p, nil },
	}, kept
}

// ran is a run that has kept the plan.
func ran(by string) fleet.Run {
	return fleet.Run{ID: 7, Job: "corp", By: by, Outcome: fleet.Outcome{Plan: hash, Planned: true}}
}

// TestWhoMayDecide: what is refused is recorded nowhere.
func TestWhoMayDecide(t *testing.T) {
	t.Parallel()
	all := decide.Decision{Job: "corp", Plan: hash, All: true, By: "ada"}
	for name, test := range map[string]struct {
		runs  []fleet.Run
		alter func(*decide.Decision)
		want  string // in the refusal; "": it is taken
	}{
		"an approver":              {[]fleet.Run{ran("")}, func(*decide.Decision) {}, ""},
		"by an alias":              {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.By = "ADA@example.com" }, ""},
		"a part of the hash":       {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.Plan = hash[:12] }, ""},
		"a run by somebody else":   {[]fleet.Run{ran("bob@laptop")}, func(*decide.Decision) {}, ""},
		"a run that failed since":  {[]fleet.Run{{ID: 8, Outcome: fleet.Outcome{ExitCode: 1}}, ran("")}, func(*decide.Decision) {}, ""},
		"a stranger":               {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.By = "eve" }, `no person who is called "eve"`},
		"nobody":                   {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.By = "" }, "nobody is named"},
		"a viewer":                 {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.By = "vera" }, "role viewer"},
		"who asked":                {[]fleet.Run{ran("ada")}, func(*decide.Decision) {}, "ada has asked for run 7"},
		"who asked on a machine":   {[]fleet.Run{ran("ada@laptop")}, func(*decide.Decision) {}, "ada has asked for run 7"},
		"who asked by an alias":    {[]fleet.Run{ran("Ada@Example.com")}, func(*decide.Decision) {}, "ada has asked for run 7"},
		"a no of who asked":        {[]fleet.Run{ran("ada")}, func(x *decide.Decision) { x.Reject = true }, "ada has asked for run 7"},
		"another plan":             {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.Plan = strings.Repeat("f", 64) }, "is not the last one"},
		"too little of the hash":   {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.Plan = "0123" }, "too short"},
		"nothing waits since":      {[]fleet.Run{{ID: 8, Outcome: fleet.Outcome{Planned: true}}, ran("")}, func(*decide.Decision) {}, "nothing of corp waits"},
		"no run":                   {nil, func(*decide.Decision) {}, "nothing of corp waits"},
		"no change":                {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.All = false }, "say which changes"},
		"a change that is blocked": {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.All, x.Changes = false, []string{"c.com/nameservers"} }, "c.com/nameservers"},
		"an end in the past":       {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.Until = time.Now().Add(-time.Hour) }, "ends after now"},
		"an end far away":          {[]fleet.Run{ran("")}, func(x *decide.Decision) { x.Until = time.Now().AddDate(0, 1, 0) }, "at the latest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, kept := desk(t, test.runs...)
			x := all
			test.alter(&x)
			_, err := d.Decide(t.Context(), x)
			_, refused := errors.AsType[*decide.RefusedError](err)
			if refused != (test.want != "") || refused && !strings.Contains(err.Error(), test.want) || len(kept.acts) > 0 == refused {
				t.Errorf("it is taken as %v, want %q; acts are %+v", err, test.want, kept.acts)
			}
		})
	}
}

// TestDecisionsAreKept: each is in the state of the account, and in the log of the fleet.
func TestDecisionsAreKept(t *testing.T) {
	t.Parallel()
	d, kept := desk(t, ran(""))
	for _, x := range []decide.Decision{
		{Job: "corp", Plan: hash, All: true, By: "ada"},
		{Job: "corp", Plan: hash, Changes: []string{"a.com/nameservers", "a.com/nameservers"}, By: "bob"},
		{Job: "corp", Plan: hash, Changes: []string{"b.com/nameservers"}, By: "bob", Reject: true, Reason: "not now"},
	} {
		if _, err := d.Decide(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	docket, err := d.Docket(t.Context(), "corp")
	if err != nil || len(docket.Waiting) != 2 {
		t.Fatalf("what waits is %+v, %v", docket, err)
	}
	a, b := docket.Waiting[0], docket.Waiting[1]
	if len(a.Approved) != 2 || len(b.Approved) != 0 || b.Rejected == nil || b.Rejected.By != "bob" || b.Rejected.Reason != "not now" {
		t.Errorf("said is %s, and %s, %+v", &a, &b, b.Rejected)
	}
	deeds := make([]string, len(kept.acts))
	for i, x := range kept.acts {
		id, rest, _ := strings.Cut(x.Detail, " ")
		deeds[i] = x.By + " " + string(x.Deed) + " " + id + rest[64:]
	}
	want := []string{"ada approve a.com/nameservers", "ada approve b.com/nameservers", "bob approve a.com/nameservers", "bob reject b.com/nameservers: not now"}
	if !slices.Equal(deeds, want) {
		t.Errorf("the log has %q", deeds)
	}
}

// TestWhatIsMadeAnywayDoesNotWait: what the job approves itself is neither listed as
// waiting nor meant by all; whoever names it can reject it.
func TestWhatIsMadeAnywayDoesNotWait(t *testing.T) {
	t.Parallel()
	d, kept := desk(t, ran(""))
	docket, err := d.Docket(t.Context(), "corp")
	if err != nil {
		t.Fatal(err)
	}
	said, err := d.Decide(t.Context(), decide.Decision{Job: "corp", Plan: hash, All: true, By: "ada"})
	if err != nil || len(kept.acts) != 2 {
		t.Errorf("acts are %+v, %v", kept.acts, err)
	}
	for _, all := range [][]planner.Awaiting{docket.Waiting, said} {
		if len(all) != 2 || all[0].Change != "a.com/nameservers" || all[1].Change != "b.com/nameservers" {
			t.Errorf("what waits is %+v", all)
		}
	}
	said, err = d.Decide(t.Context(), decide.Decision{Job: "corp", Plan: hash, Changes: []string{"d.com/nameservers", "e.com/nameservers"}, By: "ada", Reject: true, Reason: "no"})
	if err != nil || len(said) != 2 || said[0].Rejected == nil || said[1].Rejected == nil {
		t.Errorf("a no is said as %+v, %v", said, err)
	}
}

// TestAYesEndsWhenThePolicyEndsIt: what is recorded and said of a yes ends by the policy of
// the job's operator, also where that is narrower than when the yes was said; a no stays.
func TestAYesEndsWhenThePolicyEndsIt(t *testing.T) {
	t.Parallel()
	d, _ := desk(t, ran(""))
	age := 72 * time.Hour
	d.Policy = func(*fleet.Job) (*config.OperatorPolicy, error) { return &config.OperatorPolicy{ApprovalAge: age}, nil }
	x := decide.Decision{Job: "corp", Plan: hash, Changes: []string{"a.com/nameservers"}, By: "ada"}
	said, err := d.Decide(t.Context(), x)
	if err != nil || len(said) != 1 || len(said[0].Approved) != 1 || time.Until(said[0].Approved[0].Until) > age {
		t.Fatalf("said is %+v, %v", said, err)
	}
	age = time.Hour
	docket, err := d.Docket(t.Context(), "corp")
	if err != nil || time.Until(docket.Waiting[0].Approved[0].Until) > age {
		t.Errorf("waiting is %+v, %v", docket, err)
	}
	x.Until = time.Now().Add(2 * time.Hour)
	if _, err := d.Decide(t.Context(), x); err == nil {
		t.Error("a yes beyond the policy is taken")
	}
	x.Until, x.Reject, x.Reason = time.Time{}, true, "no"
	age = 1
	if said, err := d.Decide(t.Context(), x); err != nil || said[0].Rejected == nil {
		t.Errorf("a no is said as %+v, %v", said, err)
	}
}

// TestWhatTheFilesPermitIsAgreedToAtATerminal: whoever decides on a looser guard is told
// how it is approved.
func TestWhatTheFilesPermitIsAgreedToAtATerminal(t *testing.T) {
	t.Parallel()
	const id = "policy/guard.max_delegations"
	for name, x := range map[string]decide.Decision{"by its ID": {Changes: []string{id}}, "with all": {All: true}} {
		d, _ := desk(t, ran(""))
		d.Plan = func(context.Context, *fleet.Job, string) (*planner.Plan, error) {
			return &planner.Plan{Policy: []planner.PolicyChange{{ID: id, Setting: "guard.max_delegations", Status: attr.Unapproved}}}, nil
		}
		x.Job, x.Plan, x.By = "corp", hash, "ada"
		if _, err := d.Decide(t.Context(), x); err == nil || !strings.Contains(err.Error(), id+" lets the files permit more") || !strings.Contains(err.Error(), "domainsync apply") {
			t.Errorf("%s: it is refused as %v", name, err)
		}
	}
}
