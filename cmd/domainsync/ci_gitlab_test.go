package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A gitlabJob is a job of a pipeline, as far as tests look at it.
type gitlabJob struct {
	Extends       string            `yaml:"extends"`
	Variables     map[string]string `yaml:"variables"`
	Interruptible *bool             `yaml:"interruptible"`
	Environment   struct {
		Name string `yaml:"name"`
	} `yaml:"environment"`
	ResourceGroup string   `yaml:"resource_group"`
	BeforeScript  []string `yaml:"before_script"`
	Script        []string `yaml:"script"`
	AfterScript   []string `yaml:"after_script"`
	IDTokens      map[string]struct {
		Audience string `yaml:"aud"`
	} `yaml:"id_tokens"`
	Artifacts struct {
		Paths   []string          `yaml:"paths"`
		Reports map[string]string `yaml:"reports"`
	} `yaml:"artifacts"`
}

const gitlabFile = deployDir + "/gitlab/domainsync.gitlab-ci.yml"

// gitlabJobs returns the jobs with what they inherit.
func gitlabJobs(t *testing.T) map[string]*gitlabJob {
	t.Helper()
	all := *readYAML[map[string]*gitlabJob](t, gitlabFile)
	var inherit func(j *gitlabJob)
	inherit = func(j *gitlabJob) {
		from := all[j.Extends]
		if from == nil {
			return
		}
		inherit(from)
		variables := maps.Clone(from.Variables)
		maps.Copy(variables, j.Variables)
		j.Variables, j.BeforeScript = variables, from.BeforeScript
		if j.Script == nil {
			j.Script = from.Script
		}
		if j.AfterScript == nil {
			j.AfterScript = from.AfterScript
		}
		if j.Artifacts.Paths == nil {
			j.Artifacts = from.Artifacts
		}
		if j.Environment.Name == "" {
			j.Environment, j.ResourceGroup, j.IDTokens = from.Environment, from.ResourceGroup, from.IDTokens
		}
		j.Interruptible, j.Extends = from.Interruptible, ""
	}
	for _, j := range all {
		inherit(j)
	}
	return all
}

// newGitLabRepository is newRepository at another host.
func newGitLabRepository(t *testing.T) *ciRepository {
	t.Helper()
	c := newRepository(t)
	c.host = newHost(t, "project-bot", gitlab)
	return c
}

// gitlabResult is how a job ended.
type gitlabResult struct {
	code      int
	log       string
	artifacts map[string]string
}

// pipeline runs a job for a commit, as a runner does: the script ends at the first
// command that fails, and what comes after it runs in any case, in a shell of its own.
func (c *ciRepository) pipeline(job, commit string, variables map[string]string) *gitlabResult {
	c.t.Helper()
	j := gitlabJobs(c.t)[job]
	if j == nil {
		c.t.Fatalf("there is no job %s", job)
	}
	work := filepath.Join(c.t.TempDir(), "work")
	git(c.t, c.dir, "clone", "-q", c.dir, work)
	git(c.t, work, "checkout", "-q", "--detach", commit)
	env := map[string]string{
		"GITLAB_CI": "true", "CI_PROJECT_DIR": work, "CI_PROJECT_ID": "9", "CI_API_V4_URL": c.host.URL + "/api/v4", "CI_PROJECT_URL": "https://gitlab.example/domains",
		"CI_JOB_URL": "https://gitlab.example/domains/-/jobs/7", "CI_COMMIT_REF_NAME": "main", "CI_DEFAULT_BRANCH": "main", "CI_MERGE_REQUEST_PROJECT_ID": "9",
		"DS_TOKEN": c.host.token, "DOMAINSYNC_STATE": c.runner.contexts["secrets.DOMAINSYNC_STATE"], "DS_BINARY": c.runner.inputs["binary"], "DS_ENDPOINT": c.sim.endpoint,
		"PATH": os.Getenv("PATH"), "HOME": c.t.TempDir(),
	}
	for name, value := range j.Variables {
		env[name] = strings.ReplaceAll(value, "$CI_PROJECT_DIR", work)
	}
	env["DS_CI"] = absolute(c.t, filepath.Join(deployDir, "ci"))
	maps.Copy(env, variables)
	r := &gitlabResult{artifacts: make(map[string]string)}
	r.code = shell(c.t, work, env, append(j.BeforeScript, j.Script...), &r.log)
	shell(c.t, work, env, j.AfterScript, &r.log)
	for _, path := range append(slices.Collect(maps.Values(j.Artifacts.Reports)), j.Artifacts.Paths...) {
		if text, err := os.ReadFile(filepath.Join(work, path)); err == nil {
			r.artifacts[filepath.Base(path)] = string(text)
		}
	}
	return r
}

func shell(t *testing.T, dir string, env map[string]string, lines []string, log *string) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", strings.Join(lines, "\n"))
	cmd.Dir, cmd.Env = dir, append([]string{}, testKey...)
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Run() //nolint:errcheck // the exit code tells
	*log += out.String()
	return cmd.ProcessState.ExitCode()
}

// requested runs a job of a merge request.
func (c *ciRepository) requested(job string, request int, commit, project string) *gitlabResult {
	c.t.Helper()
	return c.pipeline(job, commit, map[string]string{"CI_MERGE_REQUEST_IID": fmt.Sprint(request), "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": project})
}

// want fails the test where the job ended otherwise.
func (r *gitlabResult) want(t *testing.T, code int) *gitlabResult {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, want %d\n%s", r.code, code, tail(r.log))
	}
	return r
}

// TestMergeRequestsOnGitLab: a request gets one note, which a later push changes; after
// the merge the plan that it shows is applied.
func TestMergeRequestsOnGitLab(t *testing.T) {
	t.Parallel()
	c := newGitLabRepository(t)
	before := git(t, c.dir, "rev-parse", "main")
	forged := c.host.add(ciText{Author: "mallory", Body: "<!-- domainsync plan of accounts/corp -->\nAll is well.", Request: 4})
	c.requested("domainsync-plan", 4, c.commit("change", "main.hcl", ciFile("bind")), "9").want(t, exitDone)
	head := c.commit("change", "main.hcl", ciFile("dns"))
	r := c.requested("domainsync-plan", 4, head, "9").want(t, exitDone)
	mine := c.host.mine(4)
	if len(mine) != 1 || mine[0].ID == forged {
		t.Fatalf("the job wrote %+v", mine)
	}
	contains(t, "the note", mine[0].Body, "dns1.example.org", "Exit code 2: changes pending.", head, "https://gitlab.example/domains/-/jobs/7")
	if r.artifacts["plan.json"] == "" || r.artifacts["plan.html"] == "" || r.artifacts["codequality.json"] != "[]\n" {
		t.Errorf("the artifacts are %v", r.artifacts)
	}
	merged := c.merge(4, "change", true)
	r = c.pipeline("domainsync-apply", merged, map[string]string{"CI_COMMIT_BEFORE_SHA": before}).want(t, exitDone)
	if got := accountOf(t, c.sim)["example.com"].Nameservers[0]; got != "dns1.example.org" {
		t.Errorf("the account has %s", got)
	}
	contains(t, "the report", r.artifacts["report.json"], `"example.com/nameservers"`)
	contains(t, "the log", r.log, "there is nothing to relock")
	if mine = c.host.mine(4); len(mine) != 2 {
		t.Fatalf("the job wrote %+v", mine)
	}
	contains(t, "the result", mine[1].Body, "### domainsync apply", "changed and verified")
	again := c.pipeline("domainsync-apply", merged, map[string]string{"CI_COMMIT_BEFORE_SHA": before}).want(t, exitError)
	contains(t, "the log", again.log, "applied")
}

// TestMistakesOnGitLab: a mistake stands in the report that GitLab shows at its line, and
// the note shows no plan of another commit.
func TestMistakesOnGitLab(t *testing.T) {
	t.Parallel()
	c := newGitLabRepository(t)
	c.requested("domainsync-plan", 4, c.commit("change", "main.hcl", ciFile("dns")), "9").want(t, exitDone)
	wrong := c.commit("change", "wrong.hcl", "domain \"example.org\" {\n  nameserver = [\"ns1.example.org\"]\n}\n")
	r := c.requested("domainsync-plan", 4, wrong, "9").want(t, exitError)
	var found []struct {
		Description, Severity, Fingerprint string
		Location                           struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	if err := json.Unmarshal([]byte(r.artifacts["codequality.json"]), &found); err != nil || len(found) != 1 {
		t.Fatalf("%v: %s", err, r.artifacts["codequality.json"])
	}
	if f := found[0]; f.Location.Path != "accounts/corp/wrong.hcl" || f.Location.Lines.Begin != 2 || f.Severity != "major" || f.Fingerprint == "" || !strings.Contains(f.Description, "nameservers") {
		t.Errorf("the report has %+v", f)
	}
	contains(t, "the note", c.host.mine(4)[0].Body, "**There is none: an earlier step failed.**", wrong)
}

// TestTestsAreRunOnGitLab: a request whose tests fail is red before anything is planned,
// one from a fork as well, and the report that GitLab shows says which and why.
func TestTestsAreRunOnGitLab(t *testing.T) {
	t.Parallel()
	c := newGitLabRepository(t)
	head := c.commit("change", "main.test.hcl", ciTests)
	for job, project := range map[string]string{"domainsync-plan": "9", "domainsync-fork": "10"} {
		r := c.requested(job, 4, head, project).want(t, exitError)
		contains(t, "the log of "+job, r.log, `run "one_name_moves"... fail`)
		contains(t, "the report of "+job, r.artifacts["test.xml"], `name="one_name_moves"`, "<failure ", "0 names move.")
		if r.artifacts["plan.json"] != "" {
			t.Errorf("%s has planned:\n%s", job, r.log)
		}
	}
	r := c.requested("domainsync-plan", 4, c.commit("change", "main.hcl", ciFile("dns")), "9").want(t, exitDone)
	contains(t, "the log", r.log, "Success! 1 passed, 0 failed.")
	contains(t, "the plan", r.artifacts["plan.md"], "dns1.example.org")
}

// TestForksAndDriftOnGitLab: one issue is open while the account differs; the job's
// snapshot serves requests from forks, which get no credentials and write nothing.
func TestForksAndDriftOnGitLab(t *testing.T) {
	t.Parallel()
	c := newGitLabRepository(t)
	drift := func(commit string) *gitlabResult {
		t.Helper()
		return c.pipeline("domainsync-drift", commit, map[string]string{"DS_SCHEDULE": "drift"}).want(t, exitDone)
	}
	r := drift(git(t, c.dir, "rev-parse", "main"))
	c.host.snapshots = []ciSnapshot{{"main", r.artifacts["snapshot.json"]}}
	seen := filepath.Join(t.TempDir(), "seen")
	binary := c.runner.inputs["binary"]
	c.runner.inputs["binary"] = c.spy(seen)
	head := c.commit("change", "main.hcl", ciFile("dns"))
	fork := c.requested("domainsync-fork", 5, head, "10").want(t, exitDone)
	contains(t, "plan.md", fork.artifacts["plan.md"], "dns1.example.org")
	for run := range strings.SplitSeq(readText(t, seen), "command ") {
		if strings.HasPrefix(run, "plan ") && (strings.Contains(run, "testsecret") || strings.Contains(run, c.host.token)) {
			t.Errorf("domainsync was started with credentials: %s", run)
		}
	}
	if len(c.host.writes) > 0 {
		t.Errorf("the jobs wrote %v", c.host.writes)
	}
	c.runner.inputs["binary"] = binary
	drift(head)
	open := c.host.mine(0)
	if len(open) != 1 || open[0].Closed {
		t.Fatalf("the issues are %+v", open)
	}
	contains(t, "the issue", open[0].Body, "dns1.example.org", head)
	drift(git(t, c.dir, "rev-parse", "main"))
	if closed := c.host.mine(0); len(closed) != 1 || !closed[0].Closed {
		t.Errorf("the issues are %+v", closed)
	}
}

// TestGitLabTemplatePermitsLittle: what writes is in the protected environment and runs
// one at a time; a fork gets no identity; no script is put together of texts.
func TestGitLabTemplatePermitsLittle(t *testing.T) {
	t.Parallel()
	environments := map[string]string{
		"domainsync-plan": "registrar-plan", "domainsync-fork": "", "domainsync-drift": "registrar-plan", "domainsync-apply": "registrar", "domainsync-nightly": "registrar",
	}
	seen := 0
	for name, j := range gitlabJobs(t) {
		want, ok := environments[name]
		if !ok {
			continue
		}
		seen++
		if j.Environment.Name != want || (want == "registrar") != (j.ResourceGroup != "") || (want == "") != (len(j.IDTokens) == 0) {
			t.Errorf("%s: environment %q, group %q, identities %v", name, j.Environment.Name, j.ResourceGroup, j.IDTokens)
		}
		if closes := strings.Contains(strings.Join(j.AfterScript, "\n"), "relock.sh"); closes != (want == "registrar") {
			t.Errorf("%s: after it comes %v", name, j.AfterScript)
		}
		if j.Interruptible == nil || *j.Interruptible {
			t.Errorf("%s can be stopped for a later one", name)
		}
		for _, line := range append(append(j.BeforeScript, j.Script...), j.AfterScript...) {
			if strings.Contains(line, "$CI_MERGE_REQUEST_TITLE") || strings.Contains(line, "$CI_COMMIT_") {
				t.Errorf("%s: %s", name, line)
			}
		}
		for _, path := range j.Artifacts.Paths {
			if strings.Contains(path, "whole") || !strings.HasPrefix(path, "domainsync/") {
				t.Errorf("%s: artifact %s", name, path)
			}
		}
	}
	if seen != len(environments) {
		t.Errorf("%d jobs were found", seen)
	}
}
