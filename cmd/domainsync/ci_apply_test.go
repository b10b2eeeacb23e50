package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// merge merges the branch of a request as a host does: by a merge of its own, or as one
// commit without its history. The branch goes. It returns the commit.
func (c *ciRepository) merge(request int, branch string, squash bool) string {
	c.t.Helper()
	head := git(c.t, c.dir, "rev-parse", branch)
	git(c.t, c.dir, "checkout", "-q", "main")
	if squash {
		git(c.t, c.dir, "merge", "-q", "--squash", branch)
		git(c.t, c.dir, "commit", "-q", "-m", "Merge")
	} else {
		git(c.t, c.dir, "merge", "-q", "--no-ff", "-m", "Merge", branch)
	}
	git(c.t, c.dir, "branch", "-q", "-D", branch)
	commit := git(c.t, c.dir, "rev-parse", "HEAD")
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	c.host.merges = append(c.host.merges, ciMerge{request: request, commit: commit, head: head, branch: "main"})
	return commit
}

// pushed runs the workflow of a push to the default branch that had a commit before.
func (c *ciRepository) pushed(before string) *ciResult {
	c.t.Helper()
	c.runner.event = map[string]any{"before": before, "repository": map[string]any{"default_branch": "main"}}
	c.runner.contexts["github.sha"] = git(c.t, c.dir, "rev-parse", "main")
	return c.runner.job("apply.yml", "apply")
}

// TestReviewedPlanIsAppliedAfterTheMerge: what a request's comment showed is what is
// made, after a merge and after a squash, by whoever has only the state; the result stands
// below the request. It is made once.
func TestReviewedPlanIsAppliedAfterTheMerge(t *testing.T) {
	t.Parallel()
	for name, squash := range map[string]bool{"merge": false, "squash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newRepository(t)
			before := git(t, c.dir, "rev-parse", "main")
			head := c.commit("change", "main.hcl", ciFile("dns"))
			c.push(12, head, "example/domains").want(t)
			contains(t, "the comment", c.host.mine(12)[0].Body, "apply --reviewed", head)
			c.merge(12, "change", squash)
			r := c.pushed(before).want(t)
			if got := accountOf(t, c.sim)["example.com"].Nameservers[0]; got != "dns1.example.org" {
				t.Errorf("the account has %s", got)
			}
			mine := c.host.mine(12)
			if len(mine) != 2 {
				t.Fatalf("the job wrote %+v", mine)
			}
			contains(t, "the result", mine[1].Body, "<!-- domainsync apply of accounts/corp -->\n### domainsync apply\n", "**done, or nothing to do.**", "changed and verified", "Exit code 0")
			contains(t, "the report", r.artifacts["domainsync-apply"]["report.json"], `"example.com/nameservers"`)
			again := c.pushed(before).want(t, "Apply")
			contains(t, "the log", again.log["Apply"], "applied")
		})
	}
}

// TestRebasedRequestIsAppliedOnce: a request that became several commits is applied with
// the first of them, as it stands after the last; the others are none without a request.
func TestRebasedRequestIsAppliedOnce(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	before := git(t, c.dir, "rev-parse", "main")
	first := c.commit("change", "main.hcl", ciFile("bind"))
	last := c.commit("change", "main.hcl", ciFile("dns"))
	c.push(12, last, "example/domains").want(t)
	git(t, c.dir, "checkout", "-q", "main")
	git(t, c.dir, "merge", "-q", "--ff-only", "change")
	c.host.merges = []ciMerge{{request: 12, commit: last, others: []string{first}, head: last, branch: "main"}}
	r := c.pushed(before).want(t)
	if got := accountOf(t, c.sim)["example.com"].Nameservers[0]; got != "dns1.example.org" || strings.Contains(r.log["Apply"], "is not applied") {
		t.Errorf("the account has %s\n%s", got, r.log["Apply"])
	}
	lost := c.pushed(strings.Repeat("a", 40)).want(t, "Apply")
	contains(t, "the log", lost.log["Apply"], "the history since aaaa")
}

// TestOnlyWhatWasReviewedIsApplied: a commit without a request, a request without a plan
// or with one of another push, files that others changed meanwhile, and a comment that
// somebody else wrote are refused before anything is sent.
func TestOnlyWhatWasReviewedIsApplied(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	refused := func(before, why string) {
		t.Helper()
		r := c.pushed(before)
		if r.codes["Apply"] != exitError {
			t.Errorf("exit code %d, want %d", r.codes["Apply"], exitError)
		}
		contains(t, "the log", r.log["Apply"], "is not applied: "+why)
		if got := accountOf(t, c.sim)["example.com"].Nameservers[0]; got != "ns1.example.org" {
			t.Fatalf("the account has %s", got)
		}
	}
	before := git(t, c.dir, "rev-parse", "main")
	direct := c.commit("main", "main.hcl", ciFile("direct"))
	refused(before, "it came by no request")

	head := c.commit("change", "main.hcl", ciFile("dns"))
	c.host.add(ciText{Author: "mallory", Request: 1, Body: "<!-- domainsync plan of accounts/corp -->\n<!-- reviewed " + strings.Repeat("a", 64) + " " + head + " " + strings.Repeat("b", 40) + " -->\n"})
	unplanned := c.merge(1, "change", false)
	refused(direct, "request 1 shows no plan")

	c.push(2, c.commit("later", "main.hcl", ciFile("bind")), "example/domains").want(t)
	c.commit("later", "main.hcl", ciFile("knot"))
	late := c.merge(2, "later", false)
	refused(unplanned, "the plan of request 2 is of commit ")

	c.push(3, c.commit("beside", "other.hcl", "domain \"example.org\" {\n  transfer_lock = true\n}\n"), "example/domains").want(t)
	git(t, c.dir, "checkout", "-q", "main")
	meanwhile := c.commit("main", "main.hcl", ciFile("nsd"))
	c.merge(3, "beside", true)
	refused(meanwhile, "what is below accounts/corp is not what was planned in request 3")
	if late == "" || accountOf(t, c.sim)["example.org"].TransferLock == wire.LockOn {
		t.Error("a plan of other files was applied")
	}
}

// TestNightlyAppliesWhatIsApproved: what the hazards cover is made, what they do not is
// left and told by the exit code.
func TestNightlyAppliesWhatIsApproved(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	c.commit("main", "main.hcl", strings.Replace(ciFile("dns"), "domain \"example.net\" {\n", "domain \"example.net\" {\n  transfer_lock = true\n", 1))
	r := c.onSchedule("nightly.yml", "apply").want(t, "Apply")
	if r.codes["Apply"] != exitPending {
		t.Errorf("exit code %d", r.codes["Apply"])
	}
	files := r.artifacts["domainsync-nightly"]
	contains(t, "the log", files["apply.log"], "example.net", "unapproved")
	contains(t, "the page", files["apply.md"], "**changes pending.**", "    ")
	contains(t, "the report", files["report.json"], `"last_line": "exit 2: unapproved: example.com (nameservers)`, `"example.net/transfer_lock"`)
	state := accountOf(t, c.sim)
	if state["example.net"].TransferLock != wire.LockOn || state["example.com"].Nameservers[0] != "ns1.example.org" {
		t.Errorf("the account became %+v", state)
	}
}

// TestCancelledApplyEndsInOrder: a runner that is cancelled sends SIGINT to the step. It
// reaches the program, which says that it was interrupted; the result is shown all the
// same, and the step that closes locks runs.
func TestCancelledApplyEndsInOrder(t *testing.T) {
	t.Parallel()
	c := newRepository(t, "--faults", slowTasks(t))
	c.commit("main", "main.hcl", strings.ReplaceAll(ciFile("ns"), "  nameservers", "  transfer_lock = true\n  nameservers"))
	c.runner.started = func(step string, p *os.Process) {
		if step == "Apply" {
			go c.interruptWhenSent(p)
		}
	}
	r := c.onSchedule("nightly.yml", "apply")
	if r.codes["Apply"] != exitDone || !strings.Contains(r.log["Close what is open"], "there is nothing to relock") {
		t.Fatalf("the steps ended with %v\n%s", r.codes, r.log["Apply"])
	}
	contains(t, "the log", r.log["Apply"], "interrupted: nothing more is begun")
	contains(t, "the page", r.artifacts["domainsync-nightly"]["apply.md"], "2 names: transfer_lock changed and verified")
}

// slowTasks returns a file of faults by which each task takes a second.
func slowTasks(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "faults.json")
	writeText(t, file, `{"durations": {"*": "1s"}}`)
	return file
}

// interruptWhenSent stops a step as a runner does, once something was sent.
func (c *ciRepository) interruptWhenSent(p *os.Process) {
	for c.t.Context().Err() == nil {
		var calls map[string]int
		c.sim.get(c.t, "stats", &calls)
		for operation, n := range calls {
			if strings.HasPrefix(operation, "SaveBatchTask") && n > 0 {
				if err := p.Signal(syscall.SIGINT); err != nil {
					c.t.Error(err)
				}
				return
			}
		}
	}
}

// accountOf returns the names of the simulated account.
func accountOf(t *testing.T, sim *simulatorProcess) map[string]snapshot.Domain {
	t.Helper()
	var account snapshot.Account
	sim.get(t, "state", &account)
	names := make(map[string]snapshot.Domain)
	for i := range account.Domains {
		names[account.Domains[i].Name] = account.Domains[i]
	}
	return names
}
