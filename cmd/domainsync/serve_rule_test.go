package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/planner"
)

// TestRulesReachTheStates writes rules into the state of an account, as serve does when it
// begins and when its file changes: applies from elsewhere go by the last one, also where
// the account was held, or has no state, when it was to be written.
func TestRulesReachTheStates(t *testing.T) {
	t.Parallel()
	sim, dir := simulatedAlpha(), t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	s := server(t, sim.Transport())
	j := fleet.Job{Name: "corp", Dir: dir, State: filepath.Join(dir, ".domainsync"), Action: fleet.Plan}
	rule := &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Delegation: 2}}
	elsewhere := func(want int) {
		t.Helper()
		if r := hereOver(t, sim.Transport(), "apply", "--auto-approve=none,delegation", "--dir", dir, "--endpoint", "http://127.0.0.1:1"); r.code != want {
			t.Errorf("an apply from elsewhere ends with %d, want %d: %s", r.code, want, r.stderr)
		}
	}
	s.recordRules(t.Context(), []fleet.Job{j}, rule) // there is no state yet
	if r := hereOver(t, sim.Transport(), "apply", "--auto-approve=none", "--dir", dir, "--endpoint", "http://127.0.0.1:1"); r.code != exitPending {
		t.Fatalf("the first run ends with %+v", r)
	}
	held, err := s.app.ofAccount(&j).journalOfAccount(t.Context(), false, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.recordRules(t.Context(), []fleet.Job{j}, rule)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	s.recordRules(t.Context(), []fleet.Job{j, j}, rule)
	elsewhere(exitGuard)
	s.recordRules(t.Context(), jobsGone(&fleet.File{Jobs: []fleet.Job{j}}, &fleet.File{Jobs: []fleet.Job{j}}), noRule())
	elsewhere(exitGuard)
	s.recordRules(t.Context(), jobsGone(&fleet.File{Jobs: []fleet.Job{j}}, new(fleet.File)), noRule())
	elsewhere(exitPending) // the lock, which nobody has approved
	if n := len(sim.Saved()); n != 1 {
		t.Errorf("saved %v", sim.Saved())
	}
}

// TestRulesOfNewAccountsWaitForTheirRuns: a database that machines share may know no
// account yet. Nothing is wrong then, and nobody is warned.
func TestRulesOfNewAccountsWaitForTheirRuns(t *testing.T) {
	t.Parallel()
	s, dir := server(t, simulatedAlpha().Transport()), t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	j := fleet.Job{Name: "corp", Dir: dir, State: pgtest.Start(t).Database(t), Action: fleet.Plan}
	for _, made := range []string{"without tables", "without accounts"} {
		if err := s.app.ofAccount(&j).writeRule(t.Context(), &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Delegation: 2}}); err != nil {
			t.Errorf("a database %s: %v", made, err)
		}
	}
}

// TestAJobThatGoesTakesNoRuleWithIt: an account that never ran, and whose files state no
// number, is taken for the only one that the database knows.
func TestAJobThatGoesTakesNoRuleWithIt(t *testing.T) {
	t.Parallel()
	sim, dir, state := simulatedAlpha(), t.TempDir(), pgtest.Start(t).Database(t)
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	corp := fleet.Job{Name: "corp", Dir: dir, State: state, Action: fleet.Plan}
	early := fleet.Job{Name: "early", Dir: t.TempDir(), State: state, Action: fleet.Plan}
	writeText(t, filepath.Join(early.Dir, "main.hcl"), accountFiles)
	if r := hereOver(t, sim.Transport(), "apply", "--auto-approve=none", "--dir", dir, "--state", state, "--endpoint", "http://127.0.0.1:1"); r.code != exitPending {
		t.Fatalf("the first run ends with %+v", r)
	}
	persons := map[attr.Hazard]int{attr.Delegation: 1}
	before := &fleet.File{Jobs: []fleet.Job{corp, early}, Persons: persons}
	now := &fleet.File{Jobs: []fleet.Job{corp}, Persons: persons}
	s := server(t, sim.Transport())
	s.renewRules(t.Context(), before, now)
	j, err := s.app.ofAccount(&corp).journalOfAccount(t.Context(), true, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close() //nolint:errcheck // it was only read
	if rule, err := j.LastRule(t.Context()); err != nil || !strings.Contains(string(rule), `"delegation":1`) {
		t.Errorf("the state has the rule %s, %v", rule, err)
	}
}
