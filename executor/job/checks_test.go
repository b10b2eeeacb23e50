package job_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

const checkLocks = `
check "locks stay closed" {
  assert {
    condition     = alltrue([for c in plan.changes : c.attribute != "transfer_lock"])
    error_message = "The lock of ${plan.changes[0].domain} changes."
  }
}
`

const checkLive = `
check "normal" {
  assert {
    names         = [for name, d in live.domains : name if d.transfer_lock == null]
    error_message = "is in no normal state"
  }
}
`

const lockTwo = `
domain "example.com" {
  transfer_lock = true
}

domain "example.net" {
  transfer_lock = false
}
`

// TestChecksRefuseAnApply: an apply whose plan breaks a check sends nothing.
func TestChecksRefuseAnApply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lockTwo+checkLocks, simulator.Options{}, "example.com", "example.net")
		r, err := w.job.Apply(t.Context(), job.ApplyOptions{})
		if _, refused := errors.AsType[*job.RefusedError](err); !refused || r.Report != nil {
			t.Fatalf("it ended with %v, and the report %+v", err, r.Report)
		}
		c, ok := condition(r, "check_failed")
		if !ok || c.Attribute != "locks stay closed" || c.Reason != "The lock of example.com changes." {
			t.Errorf("the conditions are %+v", r.Conditions)
		}
		if _, twice := condition(r, "plan_error"); twice {
			t.Errorf("the check is told twice: %+v", r.Conditions)
		}
		if len(r.Plan.Checks) != 1 || len(r.Plan.Diagnostics) != 1 || r.Plan.Diagnostics[0].Source.Line != 12 {
			t.Errorf("the plan has %+v and %+v", r.Plan.Checks, r.Plan.Diagnostics)
		}
		if w.sim.State().Domain("example.com").TransferLock == "OPEN" {
			t.Error("the lock has changed")
		}
	})
}

// TestChecksThatWarnLetAnApplyPass tells of the check, and makes the change.
func TestChecksThatWarnLetAnApplyPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, lockTwo+strings.Replace(checkLocks, "{\n", "{\n  severity = \"warning\"\n", 1), simulator.Options{}, "example.com", "example.net")
		r := w.apply(job.ApplyOptions{})
		if _, ok := condition(r, "check_warns"); !ok || len(r.Reasons) > 0 || r.Report == nil {
			t.Errorf("it ended for %v with %+v", r.Reasons, r.Conditions)
		}
	})
}

// TestChecksOfSavedPlans: what nobody reads for a saved plan was decided when it was
// made, where the files are the same.
func TestChecksOfSavedPlans(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		files string // when it is applied
		wrong string
	}{
		"same files":          {lockTwo + checkLive, ""},
		"other files":         {lockTwo + checkLive + "# another file\n", "cannot be decided"},
		"a check of the plan": {lockTwo + checkLocks, "does not hold"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, lockTwo+checkLive, simulator.Options{}, "example.com", "example.net")
				saved, _ := w.plan()
				if len(saved.Checks) > 0 {
					t.Fatalf("the plan does not hold: %+v", saved.Checks)
				}
				w.job.Portfolio = load(t, test.files)
				r, err := w.job.Apply(t.Context(), job.ApplyOptions{Saved: saved, MaxAge: time.Hour})
				_, refused := errors.AsType[*job.RefusedError](err)
				switch {
				case test.wrong == "" && (err != nil || r.Report == nil):
					t.Errorf("it ended with %v: %+v", err, r.Conditions)
				case test.wrong != "" && (!refused || len(r.Plan.Diagnostics) != 1 || !strings.Contains(r.Plan.Diagnostics[0].Summary, test.wrong)):
					t.Errorf("it ended with %v, want %q: %+v", err, test.wrong, r.Plan.Diagnostics)
				}
			})
		})
	}
}

// TestChecksMaskPersons: what a check tells of persons is masked, whether the files or
// the account alone know them.
func TestChecksMaskPersons(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
domain "example.com" {
  admin = contact.legal
}

contact "legal" {
  name  = "Grace Hopper-Example"
  email = "grace@example.org"
}

check "who" {
  severity = "warning"
  assert {
    condition     = portfolio.domains["example.com"].admin.name == live.domains["example.com"].contacts.admin.name
    error_message = "${portfolio.domains["example.com"].admin.email} and ${jsonencode(live.domains["example.com"].contacts.admin)}"
  }
}
`, simulator.Options{}, "example.com")
		w.apply(job.ApplyOptions{})
		for _, e := range w.events {
			planned, ok := e.Details.(job.Planned)
			if !ok || len(planned.Plan.Checks) == 0 {
				continue
			}
			message := planned.Plan.Checks[0].Message
			for _, x := range w.sim.State().Domain("example.com").Contacts {
				for _, personal := range []string{"grace@example.org", "Hopper", x.Email, x.Address} {
					if personal != "" && strings.Contains(message, personal) {
						t.Errorf("it tells %q: %s", personal, message)
					}
				}
			}
			return
		}
		t.Error("no check was told")
	})
}

// TestChecksMaskPersonsOfProfiles: nor is somebody told whom only a registrant profile of
// the account names.
func TestChecksMaskPersonsOfProfiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const who = "check \"who\" {\n  severity = \"warning\"\n  assert {\n    condition     = length(live.profiles) == 0\n    error_message = \"It is ${live.profiles[0].contact.name}.\"\n  }\n}\n"
		w := newWorldOf(t, locked+who, simulator.Options{Account: &snapshot.Account{
			ID: "42", Domains: []snapshot.Domain{{Name: "example.com", InstanceID: "S1"}, {Name: "example.net", InstanceID: "S2"}},
			Profiles: []snapshot.Profile{{ID: 11, Kind: "common", Contact: snapshot.Contact{Type: "2", Name: "Grace Example", Organization: "Grace Example"}}},
		}})
		if r := w.apply(job.ApplyOptions{}); len(r.Plan.Checks) != 1 || r.Plan.Checks[0].Message != "It is Grace Example." {
			t.Fatalf("the checks are %+v", r.Plan.Checks)
		}
		for _, e := range w.events {
			if planned, ok := e.Details.(job.Planned); ok {
				if message := planned.Plan.Checks[0].Message; strings.Contains(message, "Grace Example") || !strings.HasPrefix(message, "It is G") {
					t.Errorf("it is told as %q", message)
				}
				return
			}
		}
		t.Error("no plan was told")
	})
}

const checkFacts = `
check "unsigned" {
  severity = "warning"
  assert {
    names         = [for name, d in live.domains : name if length(d.ds_records) > 0]
    error_message = "is signed"
  }
}

check "profiles" {
  severity = "warning"
  assert {
    condition     = length(live.profiles) < 5 && length(live.emails) < 5
    error_message = "There are many."
  }
}
`

// TestChecksAreToldWhatTheyLookAt: facts that only a check looks at are read for it, of
// all names; where they cannot be, or not all names are looked for, it cannot be decided.
func TestChecksAreToldWhatTheyLookAt(t *testing.T) {
	t.Parallel()
	refused := []simulator.Fault{{Kind: simulator.Fail5xx, Operation: "QueryDSRecord"}}
	for title, test := range map[string]struct {
		files     string
		rules     []simulator.Fault
		targets   []string
		undecided []string
		reads     int // of DS records
	}{
		"no check":     {lockTwo, nil, nil, nil, 0},
		"check":        {lockTwo + checkFacts, nil, nil, nil, 3},
		"not readable": {lockTwo + checkFacts, refused, nil, []string{"unsigned"}, -1},
		"pattern":      {lockTwo + checkFacts, nil, []string{"*.com"}, nil, 3},
		"one name":     {lockTwo + checkFacts, nil, []string{"example.com"}, []string{"unsigned"}, 0},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.files, simulator.Options{Faults: simulator.Faults{Rules: test.rules}}, "example.com", "example.net", "unmanaged.com")
				only, err := planner.Select(test.targets)
				if err != nil {
					t.Fatal(err)
				}
				r, err := w.job.Plan(t.Context(), job.PlanOptions{Only: only})
				if err != nil {
					t.Fatal(err)
				}
				var undecided []string
				for _, f := range r.Plan.Checks {
					if f.Undecided == "" {
						t.Errorf("%+v does not hold", f)
					}
					undecided = append(undecided, f.Check)
				}
				if !slices.Equal(undecided, test.undecided) {
					t.Errorf("undecided are %q, want %q: %+v", undecided, test.undecided, r.Plan.Checks)
				}
				if n := w.sim.Stats()["QueryDSRecord"]; n != test.reads && test.reads >= 0 {
					t.Errorf("%d reads of DS records, want %d", n, test.reads)
				}
			})
		})
	}
}
