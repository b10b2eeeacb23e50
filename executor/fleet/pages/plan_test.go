package pages_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/planner"
)

// fakeAccounts have one plan for each job, and take every decision.
type fakeAccounts struct {
	mu       sync.Mutex
	plan     *pages.Plan
	refuse   error
	made     []pages.Decision
	personal []bool // whether what tells of persons was asked for
}

func (a *fakeAccounts) Plan(_ context.Context, job string, personal bool) (*pages.Plan, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.personal = append(a.personal, personal)
	if job != "defence" {
		return nil, nil
	}
	return a.plan, nil
}

func (a *fakeAccounts) Decide(_ context.Context, d pages.Decision) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refuse != nil {
		return a.refuse
	}
	a.made = append(a.made, d)
	return nil
}

func (a *fakeAccounts) Report(_ context.Context, job string, w io.Writer) error {
	_, err := fmt.Fprintf(w, "<!DOCTYPE html><title>report of %s</title>", job)
	return err
}

// nameservers is a change of nameservers that waits.
func nameservers(name, to string) attr.Change {
	c := attr.Change{
		ID: name + "/nameservers", Domain: name, Attribute: "nameservers", Action: attr.Update, Hazard: attr.Delegation,
		Before: attr.NewNameserverSet([]string{"ns1.old.example", "ns2.old.example"}), After: attr.NewNameserverSet([]string{"ns1." + to, "ns2." + to}),
		Source: attr.Source{File: "main.hcl", Line: 3},
	}
	c.Status, c.Reason = attr.Unapproved, "the hazard delegation is not approved"
	return c
}

// waitingPlan has two kinds of change that wait, of three names and of one, and one that is ready.
func waitingPlan() *pages.Plan {
	ready := nameservers("ready.example", "new.example")
	ready.Status, ready.Reason = attr.Ready, ""
	p := &planner.Plan{
		FormatVersion: planner.FormatVersion, Account: "1003", Endpoint: "https://domain.example", ReadAt: now.Add(-9 * time.Hour),
		Summary: planner.Summary{Names: 5, Changed: 1, Changes: map[attr.Status]int{attr.Ready: 1, attr.Unapproved: 4}},
		Changes: []attr.Change{
			nameservers("a1.example", "new.example"), nameservers("a2.example", "new.example"), nameservers("a3.example", "new.example"),
			nameservers("b.example", "other.example"), ready,
		},
	}
	k := &pages.Plan{Plan: p, Run: fleet.Run{ID: 3, Outcome: fleet.Outcome{Plan: planHash}}}
	for _, id := range []string{"a1.example/nameservers", "a2.example/nameservers", "a3.example/nameservers", "b.example/nameservers"} {
		k.Waiting = append(k.Waiting, planner.Awaiting{Change: id, Hazard: attr.Delegation, Needed: 2})
	}
	k.Waiting[0].Approved = []planner.Yes{{By: "bob", Until: now.Add(14 * 24 * time.Hour)}}
	k.Waiting[3].Rejected = &planner.No{By: "eve", Reason: "wrong servers"}
	return k
}

// TestPlansShowWhatWaits: what is to be decided, who has said what, and nothing to decide
// with for those who may not.
func TestPlansShowWhatWaits(t *testing.T) {
	t.Parallel()
	for role, decides := range map[fleet.Role]bool{fleet.Viewer: false, fleet.Approver: true} {
		accounts := &fakeAccounts{plan: waitingPlan()}
		h := guarded(t, pages.Options{Table: someJobs(t), Accounts: accounts, Clock: standing()}, role)
		root := look(t, h, "/jobs/defence/plan")
		text := textIn(root)
		for _, want := range []string{
			"defence: 4 changes wait for approval", "nameservers of 3 names", "ns1.new.example", "1 of 2 persons said yes", "yes: bob, until 14 Dec 2026",
			"no: eve: wrong servers", "ready.example",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("a %s does not see %q: %s", role, want, text)
			}
		}
		boxes := 0
		for _, input := range all(root, "input") {
			if attribute(input, "type") == "checkbox" {
				boxes++
			}
		}
		if want := map[bool]int{true: 1 + 2 + 3, false: 0}[decides]; boxes != want {
			t.Errorf("a %s can select in %d places, want %d", role, boxes, want)
		}
		if len(accounts.personal) == 0 || accounts.personal[0] != decides {
			t.Errorf("a %s sees what tells of persons: %v", role, accounts.personal)
		}
	}
	h := guarded(t, pages.Options{Table: someJobs(t), Accounts: new(fakeAccounts), Clock: standing()}, fleet.Viewer)
	if text := textIn(look(t, h, "/jobs/corp/plan")); !strings.Contains(text, "nothing waits for approval") {
		t.Errorf("without a plan: %s", text)
	}
}

// TestDecisionsAreOfWhatWasSeen: what is selected is decided, of the newest plan alone.
func TestDecisionsAreOfWhatWasSeen(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path   string
		form   url.Values
		refuse error
		status int
		want   *pages.Decision
	}{
		"all": {
			"approve",
			url.Values{"plan": {planHash}, "all": {"1"}},
			nil, http.StatusSeeOther,
			&pages.Decision{Changes: []string{"a1.example/nameservers", "a2.example/nameservers", "a3.example/nameservers", "b.example/nameservers"}},
		},
		"those that are alike": {
			"approve",
			url.Values{"plan": {planHash}, "group": {"0"}},
			nil, http.StatusSeeOther,
			&pages.Decision{Changes: []string{"a1.example/nameservers", "a2.example/nameservers", "a3.example/nameservers"}},
		},
		"one by one": {
			"reject",
			url.Values{"plan": {planHash}, "change": {"b.example/nameservers", "a2.example/nameservers"}, "reason": {"why"}},
			nil, http.StatusSeeOther,
			&pages.Decision{Changes: []string{"a2.example/nameservers", "b.example/nameservers"}, Reject: true, Reason: "why"},
		},
		"what does not wait":      {"approve", url.Values{"plan": {planHash}, "change": {"ready.example/nameservers"}}, nil, http.StatusBadRequest, nil},
		"nothing":                 {"approve", url.Values{"plan": {planHash}}, nil, http.StatusBadRequest, nil},
		"another plan":            {"approve", url.Values{"plan": {strings.Repeat("0", 64)}, "all": {"1"}}, nil, http.StatusConflict, nil},
		"no plan":                 {"approve", url.Values{"all": {"1"}}, nil, http.StatusConflict, nil},
		"a rejection for nothing": {"reject", url.Values{"plan": {planHash}, "all": {"1"}, "reason": {" "}}, nil, http.StatusBadRequest, nil},
		"what the state refuses":  {"approve", url.Values{"plan": {planHash}, "all": {"1"}}, &pages.RefusedError{Why: "paul has asked for the run"}, http.StatusConflict, nil},
	} {
		accounts := &fakeAccounts{plan: waitingPlan(), refuse: test.refuse}
		h := guarded(t, pages.Options{Table: someJobs(t), Accounts: accounts, Clock: standing()}, fleet.Approver)
		w := ask(t, h, http.MethodPost, "/jobs/defence/"+test.path, test.form)
		if w.Code != test.status {
			t.Errorf("%s: status %d: %s", name, w.Code, w.Body)
		}
		var got *pages.Decision
		if len(accounts.made) > 0 {
			got = &accounts.made[0]
		}
		if test.want != nil {
			test.want.Job, test.want.Hash, test.want.By = "defence", planHash, "paul"
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if test.refuse != nil && !strings.Contains(w.Body.String(), "Paul has asked for the run.") {
			t.Errorf("%s: the page says %s", name, w.Body)
		}
	}
	h := guarded(t, pages.Options{Table: someJobs(t), Accounts: &fakeAccounts{plan: waitingPlan()}}, fleet.Viewer)
	if w := ask(t, h, http.MethodPost, "/jobs/defence/approve", url.Values{"plan": {planHash}, "all": {"1"}}); w.Code != http.StatusForbidden {
		t.Errorf("a viewer approves: status %d", w.Code)
	}
}

// TestPlansAreInert: what files and persons wrote makes no element of the page of a plan.
func TestPlansAreInert(t *testing.T) {
	t.Parallel()
	shape := func(text string) string {
		kept := waitingPlan()
		kept.Waiting = []planner.Awaiting{{Change: "x", Approved: []planner.Yes{{By: text}}, Rejected: &planner.No{By: text, Reason: text}}}
		c := nameservers("a.example", "new.example")
		c.ID, c.Domain, c.Attribute, c.Source.File, c.Hazard = "x", text, text, text, attr.Hazard(text)
		c.Reason = text
		kept.Changes = []attr.Change{c}
		h := guarded(t, pages.Options{Table: someJobs(t), Accounts: &fakeAccounts{plan: kept}, Clock: standing()}, fleet.Approver)
		return skeleton(look(t, h, "/jobs/defence/plan"))
	}
	want := shape("quiet.example")
	for _, text := range append(inerttest.Hostile(), `<script>alert(1)</script>`, `"><b onclick=x>`, `</form><form action=//evil.example>`) {
		if got := shape(text); got != want {
			t.Errorf("%q makes other elements:\n%s\nwant\n%s", text, got, want)
		}
	}
}

// TestPagesThatAreOneFile: they come as they are, and stand in no frame of others.
func TestPagesThatAreOneFile(t *testing.T) {
	t.Parallel()
	h := guarded(t, pages.Options{Table: someJobs(t), Accounts: &fakeAccounts{plan: waitingPlan()}, Clock: standing()}, fleet.Viewer)
	for path, want := range map[string]string{"/jobs/defence/plan/whole": "ns1.new.example", "/jobs/corp/report": "report of corp"} {
		w := ask(t, h, http.MethodGet, path, nil)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) || w.Header().Get("Content-Security-Policy") != "frame-ancestors 'none'" {
			t.Errorf("%s: status %d, %v, %.200s", path, w.Code, w.Header(), w.Body)
		}
	}
	for _, path := range []string{"/jobs/corp/plan/whole", "/jobs/none/report", "/jobs/none/plan"} {
		if w := ask(t, h, http.MethodGet, path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}

// TestWhatWaitsOutlivesAFailedRun: a run that failed before it had a plan leaves what waits
// for persons, one that came to another plan does not.
func TestWhatWaitsOutlivesAFailedRun(t *testing.T) {
	t.Parallel()
	table := someJobs(t)
	ends := func(id int64, o fleet.Outcome) {
		r := fleet.Run{ID: id, Job: "defence", Due: now, Began: now, Ended: now, Attempt: 1, Outcome: o}
		table.mu.Lock()
		defer table.mu.Unlock()
		table.runs = slices.Insert(table.runs, 0, r)
		table.jobs[2].Last = &r
	}
	shows := func(what string, waits bool) {
		t.Helper()
		h := guarded(t, pages.Options{Table: table, Clock: standing()}, fleet.Viewer)
		if got := strings.Contains(textIn(look(t, h, "/")), "3 changes"); got != waits {
			t.Errorf("%s: the accounts say that changes wait: %v", what, got)
		}
		if got := strings.Contains(textIn(look(t, h, "/jobs/defence")), "3 changes wait for approval"); got != waits {
			t.Errorf("%s: the account says that changes wait: %v", what, got)
		}
	}
	shows("a plan", true)
	for id := range int64(8) {
		ends(200+id, fleet.Outcome{ExitCode: 1, Reason: "error", Message: "the service cannot be reached"})
	}
	shows("failed runs", true)
	ends(300, fleet.Outcome{Planned: true})
	shows("another plan", false)
}
