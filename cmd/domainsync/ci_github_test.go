package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A ciRepository is a repository with a configuration, its host, and the account that it
// manages.
type ciRepository struct {
	t      *testing.T
	dir    string
	host   *ciHost
	sim    *simulatorProcess
	runner *ciRunner
}

const ciLive = `{"format_version": 2, "account": "42", "read_at": "2026-01-02T03:04:05Z", "domains": [
{"name": "example.com", "expires": "2099-01-01T00:00:00Z", "nameservers": ["ns1.example.org", "ns2.example.org"], "transfer_lock": "CLOSE", "update_lock": "CLOSE"},
{"name": "example.net", "expires": "2099-01-01T00:00:00Z", "nameservers": ["ns1.example.org", "ns2.example.org"], "transfer_lock": "CLOSE", "update_lock": "CLOSE"},
{"name": "example.org", "expires": "2099-01-01T00:00:00Z", "nameservers": ["ns1.example.org", "ns2.example.org"], "transfer_lock": "CLOSE", "update_lock": "CLOSE"}
]}`

// ciFile declares both names; the nameservers of the first are given.
func ciFile(label string) string {
	return fmt.Sprintf(`domain "example.com" {
  nameservers = ["%[1]s1.example.org", "%[1]s2.example.org"]
}

domain "example.net" {
  nameservers = ["ns1.example.org", "ns2.example.org"]
}
`, label)
}

const ciConfig = "accounts/corp"

// newRepository makes a repository on GitHub whose account is as it declares.
func newRepository(t *testing.T, simulated ...string) *ciRepository {
	t.Helper()
	needCommands(t, "bash", "curl", "git", "jq", "unzip")
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, ciLive)
	c := &ciRepository{
		t: t, dir: t.TempDir(), sim: simulate(t, append([]string{"--live", live}, simulated...)...),
		host: newHost(t, "github-actions[bot]", github),
	}
	git(t, c.dir, "init", "-q", "-b", "main")
	c.commit("main", "main.hcl", ciFile("ns"))
	c.runner = &ciRunner{
		t: t, clone: c.dir,
		contexts: map[string]string{
			"github.repository": "example/domains", "github.token": c.host.token, "github.ref_name": "main",
			"secrets.DOMAINSYNC_STATE": filepath.Join(t.TempDir(), "state"),
		},
		env: append([]string{
			"GITHUB_API_URL=" + c.host.URL, "GITHUB_REPOSITORY=example/domains", "GITHUB_SERVER_URL=https://github.example",
			"GITHUB_RUN_ID=7", "GITHUB_REF_NAME=main", "DS_ENDPOINT=" + c.sim.endpoint,
		}, testKey...),
		inputs: map[string]string{"binary": program(t), "endpoint": c.sim.endpoint},
	}
	return c
}

// commit writes a file of the configuration on a branch, and returns the commit.
func (c *ciRepository) commit(branch, file, text string) string {
	c.t.Helper()
	if branch != "main" {
		git(c.t, c.dir, "checkout", "-q", "-B", branch)
	}
	path := filepath.Join(c.dir, ciConfig, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatal(err)
	}
	writeText(c.t, path, text)
	git(c.t, c.dir, "add", ".")
	git(c.t, c.dir, "commit", "-q", "-m", "Change the configuration")
	return git(c.t, c.dir, "rev-parse", "HEAD")
}

// push has the workflow of a request run for a commit.
func (c *ciRepository) push(request int, head, from string) *ciResult {
	c.t.Helper()
	job := "plan"
	if from != "example/domains" {
		job = "fork"
	}
	c.runner.event = map[string]any{
		"pull_request": map[string]any{
			"number": request, "title": "$(touch title)`touch title`", "head": map[string]any{"sha": head, "repo": map[string]any{"full_name": from}},
		},
		"repository": map[string]any{"default_branch": "main", "full_name": "example/domains"},
	}
	r := c.runner.job("pull-request.yml", job)
	if r == nil {
		c.t.Fatalf("the job %s does not run for a request from %s", job, from)
	}
	return r
}

// want fails the test where a job did not fail at the steps that are named, in order.
func (r *ciResult) want(t *testing.T, failed ...string) *ciResult {
	t.Helper()
	if strings.Join(r.failed, ", ") != strings.Join(failed, ", ") {
		var logs strings.Builder
		for _, step := range r.ran {
			fmt.Fprintf(&logs, "--- %s: exit code %d\n%s", step, r.codes[step], tail(r.log[step]))
		}
		t.Fatalf("these steps failed: %q, want %q\n%s", r.failed, failed, logs.String())
	}
	return r
}

// contains fails the test where a text lacks one of some, and tells which.
func contains(t *testing.T, what, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, tail(text))
		}
	}
}

// TestPullRequestGetsOneComment: a request is planned, the plan stands in one comment
// below it, and a second push changes that comment, and nobody else's.
func TestPullRequestGetsOneComment(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	mark := "<!-- domainsync plan of accounts/corp -->"
	forged := c.host.add(ciText{Author: "mallory", Body: mark + "\nAll is well.", Request: 12})
	for range 120 {
		c.host.add(ciText{Author: "ada", Body: "A remark.", Request: 12})
	}
	c.commit("change", "persons.hcl", strings.ReplaceAll(personsFiles, "domains \"all\" {\n  names = [\"alpha.com\", \"beta.com\"]", "domain \"example.org\" {"))
	head := c.commit("change", "main.hcl", ciFile("dns"))
	r := c.push(12, head, "example/domains").want(t)
	mine := c.host.mine(12)
	if len(mine) != 1 || !strings.HasPrefix(mine[0].Body, mark+"\n<!-- reviewed ") {
		t.Fatalf("the job wrote %+v", mine)
	}
	contains(t, "the comment", mine[0].Body, "`dns1.example.org, dns2.example.org`", "Exit code 2: changes pending.", "`accounts/corp`", head,
		"[The run](https://github.example/example/domains/actions/runs/7)")
	contains(t, "the summary", r.summary, "### domainsync plan")
	files := r.artifacts["domainsync-plan"]
	contains(t, "plan.json", files["plan.json"], `"masked": true`, `"example.com/nameservers"`)
	if found := plantedText.FindString(fmt.Sprint(files, mine, r.log)); found != "" {
		t.Errorf("the job shows a person: %s", found)
	}
	if len(files) != 4 || !strings.Contains(files["plan.html"], "dns1.example.org") || files["plan.md"] == "" || files["plan.log"] == "" {
		t.Errorf("the artifact has %d files", len(files))
	}

	c.commit("change", "persons.hcl", "")
	second := c.commit("change", "main.hcl", ciFile("ns"))
	c.push(12, second, "example/domains").want(t)
	again := c.host.mine(12)
	if len(again) != 1 || again[0].ID != mine[0].ID {
		t.Fatalf("the job wrote %+v", again)
	}
	contains(t, "the comment", again[0].Body, "Exit code 0: done, or nothing to do.", second)
	for _, text := range c.host.of(12) {
		if text.ID == forged && text.Body != mark+"\nAll is well." {
			t.Error("the job wrote over somebody's comment")
		}
	}
	if len(c.host.refused) > 0 {
		t.Errorf("calls without the token: %v", c.host.refused)
	}
}

// TestMistakesStandAtTheirLines: what is wrong in a file is told at its line, the job is
// red, and the comment no longer shows the plan of another commit.
func TestMistakesStandAtTheirLines(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	c.push(3, c.commit("change", "main.hcl", ciFile("dns")), "example/domains").want(t)
	wrong := c.commit("change", "wrong.hcl", "domain \"example.org\" {\n  nameserver = [\"ns1.example.org\"]\n}\n")
	r := c.push(3, wrong, "example/domains").want(t, "Validate")
	if !regexp.MustCompile(`(?m)^::error .*file=accounts/corp/wrong\.hcl,line=2`).MatchString(r.log["Validate"]) {
		t.Errorf("no annotation:\n%s", r.log["Validate"])
	}
	mine := c.host.mine(3)
	if len(mine) != 1 || strings.Contains(mine[0].Body, "dns1.example.org") {
		t.Fatalf("the comments are %+v", mine)
	}
	contains(t, "the comment", mine[0].Body, "**There is none: an earlier step failed.**", wrong)

	r = c.push(3, c.commit("change", "wrong.hcl", "domain   \"example.org\" {}\n"), "example/domains")
	r.want(t, "Format")
	contains(t, "the log", r.log["Format"], "wrong.hcl")
}

// ciTests are tests that expect one name to get other nameservers, as a file declares
// them or not.
const ciTests = `account {
  at = "2026-12-01T00:00:00Z"

  domain "example.com" {
    nameservers = ["ns1.example.org", "ns2.example.org"]
    expires     = "2099-01-01"
  }

  domain "example.net" {
    nameservers = ["ns1.example.org", "ns2.example.org"]
    expires     = "2099-01-01"
  }
}

run "one_name_moves" {
  command = plan

  assert {
    condition     = plan.summary.changed == 1
    error_message = "${plan.summary.changed} names move."
  }
}
`

// TestTestsAreRun: a request whose tests fail is red before anything is planned, and one
// without tests is not.
func TestTestsAreRun(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	r := c.push(3, c.commit("change", "main.test.hcl", ciTests), "example/domains").want(t, "Test")
	contains(t, "the log", r.log["Test"], `run "one_name_moves"... fail`, "0 names move.")
	r = c.push(3, c.commit("change", "main.hcl", ciFile("dns")), "example/domains").want(t)
	contains(t, "the log", r.log["Test"], "Success! 1 passed, 0 failed.")
}

// onSchedule runs a job on the default branch, as it is now.
func (c *ciRepository) onSchedule(workflow, job string) *ciResult {
	c.t.Helper()
	c.runner.event = map[string]any{"repository": map[string]any{"default_branch": "main"}}
	c.runner.contexts["github.sha"] = git(c.t, c.dir, "rev-parse", "main")
	r := c.runner.job(workflow, job)
	if r == nil {
		c.t.Fatalf("the job %s of %s does not run", job, workflow)
	}
	return r
}

// TestDriftKeepsOneIssue: one issue is opened when the account differs, follows what
// differs, and closes when nothing does; a later difference opens another one. Without a
// plan it stays as it is, and the job is red.
func TestDriftKeepsOneIssue(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	forged := c.host.add(ciText{Author: "mallory", Title: "domainsync", Body: "<!-- domainsync drift of accounts/corp -->\nAll is well."})
	drift := func(failed ...string) []ciText {
		t.Helper()
		r := c.onSchedule("drift.yml", "drift").want(t, failed...)
		if plantedText.MatchString(fmt.Sprint(r.artifacts)) || len(failed) == 0 && r.artifacts["domainsync-snapshot"]["snapshot.json"] == "" {
			t.Errorf("the job left %v", r.artifacts)
		}
		return c.host.mine(0)
	}
	if issues := drift(); len(issues) > 0 {
		t.Fatalf("nothing differs: %+v", issues)
	}
	c.commit("main", "main.hcl", ciFile("dns"))
	first := drift()
	if len(first) != 1 || first[0].Closed || first[0].Title != "domainsync: the account differs from accounts/corp" {
		t.Fatalf("the issues are %+v", first)
	}
	contains(t, "the issue", first[0].Body, "dns1.example.org", "Exit code 2: changes pending.", git(t, c.dir, "rev-parse", "main"))
	c.commit("main", "main.hcl", ciFile("bind"))
	second := drift()
	if len(second) != 1 || second[0].ID != first[0].ID || strings.Contains(second[0].Body, "dns1.example.org") {
		t.Fatalf("the issues are %+v", second)
	}
	contains(t, "the issue", second[0].Body, "bind1.example.org")
	c.commit("main", "wrong.hcl", "domain \"example.org\" {\n  wrong = 1\n}\n")
	if same := drift("Validate"); len(same) != 1 || same[0] != second[0] {
		t.Fatalf("without a plan the issues became %+v", same)
	}
	c.commit("main", "wrong.hcl", "")
	c.commit("main", "main.hcl", ciFile("ns"))
	if last := drift(); len(last) != 1 || !last[0].Closed {
		t.Fatalf("the issues are %+v", last)
	}
	if comments := c.host.mine(first[0].ID); len(comments) != 1 || !strings.HasPrefix(comments[0].Body, "The account is as `accounts/corp` declares") {
		t.Errorf("the issue's last words are %+v", comments)
	}
	c.commit("main", "main.hcl", ciFile("dns"))
	if again := drift(); len(again) != 2 || again[1].Closed {
		t.Fatalf("the issues are %+v", again)
	}
	for _, text := range c.host.of(0) {
		if text.ID == forged && (text.Closed || !strings.HasSuffix(text.Body, "All is well.")) {
			t.Error("the job wrote over somebody's issue")
		}
	}
}

// TestForksGetNoCredentials: a request from a fork is planned against the default
// branch's snapshot, without a credential even where the machine has some, and writes
// nothing.
func TestForksGetNoCredentials(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	drift := c.onSchedule("drift.yml", "drift").want(t)
	c.host.snapshots = []ciSnapshot{{"from-a-fork", "{}"}, {"change", "{}"}, {"main", drift.artifacts["domainsync-snapshot"]["snapshot.json"]}}
	seen := filepath.Join(t.TempDir(), "seen")
	c.runner.inputs["binary"] = c.spy(seen)
	c.runner.env = append(c.runner.env, "DOMAINSYNC_STATE=/nowhere/state", "AWS_SECRET_ACCESS_KEY=planted", "PGPASSWORD=planted", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=planted")
	r := c.push(5, c.commit("change", "main.hcl", ciFile("dns")), "mallory/domains").want(t)
	contains(t, "the summary", r.summary, "dns1.example.org")
	contains(t, "plan.json", r.artifacts["domainsync-plan"]["plan.json"], `"example.com/nameservers"`)
	if texts := c.host.of(5); len(texts)+len(c.host.writes) > 0 {
		t.Errorf("the job wrote %v %v", texts, c.host.writes)
	}
	environment := readText(t, seen)
	contains(t, "the environment", environment, "command plan ", "command validate ")
	for run := range strings.SplitSeq(environment, "command ") {
		if !strings.HasPrefix(run, "plan ") && !strings.HasPrefix(run, "validate ") && !strings.HasPrefix(run, "show ") {
			continue
		}
		if found := regexp.MustCompile(`(?m)^.*(testsecret|planted|nowhere|token-of-the-job).*$`).FindString(run); found != "" {
			t.Errorf("domainsync was started with %s", found)
		}
	}
	w := readYAML[ciWorkflow](t, filepath.Join(githubDir, "workflows/pull-request.yml"))
	fork := w.Jobs["fork"]
	if fork.Environment != "" || fork.Permissions["id-token"] != "" || strings.Contains(fmt.Sprint(fork), "secrets.") || strings.Contains(fmt.Sprint(fork), "vars.") {
		t.Errorf("the job for forks is given %+v", fork)
	}
}

// spy returns a program that notes its environment and then is domainsync.
func (c *ciRepository) spy(seen string) string {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "domainsync")
	writeText(c.t, file, fmt.Sprintf("#!/bin/sh\n{ echo \"command $*\"; env; cat \"$ALIBABA_CLOUD_OIDC_TOKEN_FILE\" 2>/dev/null; echo; } >>'%s'\nexec '%s' \"$@\"\n", seen, program(c.t)))
	if err := os.Chmod(file, 0o700); err != nil {
		c.t.Fatal(err)
	}
	return file
}

// TestHostileTextsOfRequestsAreInert: what somebody writes into names of files, into
// files and into the request is shown and never run: not by a shell, not by the runner.
func TestHostileTextsOfRequestsAreInert(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	const hostile = "$(touch pwned); `touch pwned` ${{ secrets.DOMAINSYNC_STATE }} ' && touch pwned #"
	reason := strings.ReplaceAll(hostile, "${", "$${") + `\n::error::pwned\n::add-mask::example\n<!-- domainsync plan of accounts/corp -->`
	c.commit("change", "$(touch pwned) & touch pwned;.hcl", `hold "incident" {
  names  = ["example.com"]
  reason = "`+reason+`"
  until  = "2099-01-01"
}
`)
	head := c.commit("change", "main.hcl", ciFile("dns"))
	c.push(8, head, "example/domains").want(t)
	contains(t, "the comment", c.host.mine(8)[0].Body, "1 held", "touch pwned", "::error::pwned")
	git(t, c.dir, "rm", "-q", "-r", ".")
	wrong := c.commit("change", "::error::pwned$(touch pwned).hcl", "domain \"example.com\" {\n  owner = \"${file(\"/etc/passwd\")}"+reason+"\"\n}\n")
	r := c.push(8, wrong, "example/domains")
	if len(r.failed) == 0 {
		t.Fatal("the second request is planned: the test shows little")
	}
	for step, log := range r.log {
		for line := range strings.Lines(regexp.MustCompile(`(?s)::stop-commands::(\w+)\n.*?::\w{32}::\n`).ReplaceAllString(log, "")) {
			if begun := strings.TrimSpace(line); strings.HasPrefix(begun, "::") && !regexp.MustCompile(`^::(error|warning) (title|file|line|col|endLine|endColumn)=[^:]*::`).MatchString(begun) {
				t.Errorf("%s tells the runner %q", step, begun)
			}
		}
	}
	for _, root := range []string{c.dir, r.dir} {
		filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error { //nolint:errcheck // every file is looked at
			if filepath.Base(path) == "pwned" || filepath.Base(path) == "title" || err != nil {
				t.Errorf("%s was made (%v)", path, err)
			}
			return nil
		})
	}
	if mine := c.host.mine(8); len(mine) != 1 || strings.Count(mine[0].Body, "<!--") != 1 {
		t.Errorf("the comments are %+v", mine)
	}
}

// TestPlansHaveTheRoleThatReads: with a role the steps get a token of identity from the
// runner, and the program finds it and the role in its environment; patterns with blanks
// and stars reach it as they are, and the token stands in no log.
func TestPlansHaveTheRoleThatReads(t *testing.T) {
	t.Parallel()
	c := newRepository(t)
	seen := filepath.Join(t.TempDir(), "seen")
	c.runner.inputs["binary"], c.runner.inputs["accept"] = c.spy(seen), "*.com\nexample.net\n"
	c.runner.contexts["vars.DOMAINSYNC_PLAN_ROLE"] = "acs:ram::42:role/reads"
	c.runner.contexts["vars.DOMAINSYNC_OIDC_PROVIDER"] = "acs:ram::42:oidc-provider/github"
	c.runner.env = append(c.runner.env, "ACTIONS_ID_TOKEN_REQUEST_URL="+c.host.URL+"/token?api-version=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=of-the-runner")
	r := c.push(6, c.commit("change", "main.hcl", ciFile("dns")), "example/domains").want(t)
	_, plan, _ := strings.Cut(readText(t, seen), "command plan ")
	plan, _, _ = strings.Cut(plan, "command show ")
	contains(t, "the plan", plan, "--accept *.com --accept example.net", "ALIBABA_CLOUD_ROLE_ARN=acs:ram::42:role/reads\n", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN=acs:ram::42:oidc-provider/github\n",
		"ALIBABA_CLOUD_OIDC_TOKEN_FILE=", "identity for sts.aliyuncs.com by of-the-runner")
	if strings.Contains(fmt.Sprint(r.log, r.artifacts, c.host.of(6)), "by of-the-runner") {
		t.Error("the token stands where others read it")
	}

	c.runner.env = append(c.runner.env, "ACTIONS_ID_TOKEN_REQUEST_URL=")
	r = c.push(6, git(t, c.dir, "rev-parse", "change"), "example/domains").want(t, "Plan")
	contains(t, "the log", r.log["Plan"], "the runner gives no identity token: the job needs the permission for it")
}
