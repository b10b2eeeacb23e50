package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// A ciStep is a step of a workflow or of a composite action.
type ciStep struct {
	Name  string            `yaml:"name"`
	ID    string            `yaml:"id"`
	If    string            `yaml:"if"`
	Uses  string            `yaml:"uses"`
	Run   string            `yaml:"run"`
	Shell string            `yaml:"shell"`
	With  map[string]string `yaml:"with"`
	Env   map[string]string `yaml:"env"`
}

// A ciJob is a job of a workflow.
type ciJob struct {
	If          string            `yaml:"if"`
	Environment string            `yaml:"environment"`
	Timeout     int               `yaml:"timeout-minutes"`
	Permissions map[string]string `yaml:"permissions"`
	Env         map[string]string `yaml:"env"`
	Steps       []ciStep          `yaml:"steps"`
}

// ciConcurrency says which runs wait for each other.
type ciConcurrency struct {
	Group  string `yaml:"group"`
	Cancel *bool  `yaml:"cancel-in-progress"`
}

// A ciWorkflow is a file of .github/workflows.
type ciWorkflow struct {
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency ciConcurrency     `yaml:"concurrency"`
	Jobs        map[string]ciJob  `yaml:"jobs"`
}

// A ciAction is an action.yml.
type ciAction struct {
	Inputs map[string]struct {
		Description string `yaml:"description"`
		Default     string `yaml:"default"`
		Required    bool   `yaml:"required"`
	} `yaml:"inputs"`
	Outputs map[string]struct {
		Value string `yaml:"value"`
	} `yaml:"outputs"`
	Runs struct {
		Using string   `yaml:"using"`
		Steps []ciStep `yaml:"steps"`
	} `yaml:"runs"`
}

// githubDir holds what repositories on GitHub use.
const githubDir = deployDir + "/github"

func readYAML[T any](t *testing.T, file string) *T {
	t.Helper()
	var read T
	if err := yaml.Unmarshal([]byte(readText(t, file)), &read); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return &read
}

// A ciRunner plays jobs as GitHub's runner does: it evaluates expressions, and runs each
// step that is a script by bash, with files for what a step hands on.
type ciRunner struct {
	t        *testing.T
	clone    string // URL of the repository
	event    map[string]any
	contexts map[string]string                // what expressions may name, such as secrets.NAME
	env      []string                         // what the machine has
	inputs   map[string]string                // of our actions, beside what the workflow gives
	prepare  func(step string, cmd *exec.Cmd) // before a step
	started  func(step string, p *os.Process)
}

// ciResult is how a job ended, and what it left.
type ciResult struct {
	failed    []string // names of steps
	ran       []string
	codes     map[string]int
	log       map[string]string            // by step
	artifacts map[string]map[string]string // files by name of the artifact
	summary   string
	dir       string // that it worked in
}

// A ciRun is one job while it runs.
type ciRun struct {
	*ciRunner
	ciResult

	work     string // the checked-out repository
	known    map[string]string
	exported map[string]string // by steps, for later ones
	path     []string
	canceled bool
}

// job runs a job of a workflow.
func (r *ciRunner) job(workflow, name string) *ciResult {
	r.t.Helper()
	w := readYAML[ciWorkflow](r.t, filepath.Join(githubDir, "workflows", workflow))
	j, ok := w.Jobs[name]
	if !ok {
		r.t.Fatalf("%s has no job %s", workflow, name)
	}
	dir := r.t.TempDir()
	run := &ciRun{
		ciRunner: r, work: filepath.Join(dir, "work"), known: maps.Clone(r.contexts), exported: make(map[string]string),
		ciResult: ciResult{codes: make(map[string]int), log: make(map[string]string), artifacts: make(map[string]map[string]string), dir: dir},
	}
	for member, value := range flatten("github.event", r.event) {
		run.known[member] = value
	}
	if j.If != "" && !truth(run.value(j.If)) {
		return nil
	}
	for _, d := range []string{run.work, filepath.Join(dir, "temp")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			r.t.Fatal(err)
		}
	}
	event, err := json.Marshal(r.event)
	if err != nil {
		r.t.Fatal(err)
	}
	writeText(r.t, run.file("event"), string(event))
	run.steps(j.Steps, "")
	return &run.ciResult
}

func (r *ciRun) file(name string) string { return filepath.Join(r.dir, name) }

// steps runs steps in order: after a failed one only those that run in any case.
func (r *ciRun) steps(steps []ciStep, action string) (ok bool) {
	before := len(r.failed)
	for _, s := range steps {
		condition := s.If
		if !strings.Contains(condition, "always()") && !strings.Contains(condition, "failure()") {
			condition = strings.TrimSuffix("success() && "+condition, " && ")
		}
		r.known["success()"] = fmt.Sprint(len(r.failed) == before && !r.canceled)
		if truth(r.value(condition)) {
			r.step(s, action)
		}
	}
	return len(r.failed) == before
}

func (r *ciRun) step(s ciStep, action string) {
	r.t.Helper()
	switch uses, _, _ := strings.Cut(s.Uses, "@"); {
	case s.Run != "":
		r.script(s, action)
	case uses == "actions/checkout":
		r.checkout(s)
	case uses == "actions/upload-artifact":
		r.upload(s)
	default:
		name, ours := strings.CutPrefix(uses, "domainsync/domainsync/deploy/github/")
		if !ours {
			r.t.Fatalf("the test cannot use %s", s.Uses)
		}
		r.use(s, name)
	}
}

// checkout gets the commit that the step names, or the branch's last one.
func (r *ciRun) checkout(s ciStep) {
	r.t.Helper()
	ref := r.text(s.With["ref"])
	if ref == "" {
		ref = r.known["github.sha"]
	}
	git(r.t, r.work, "clone", "-q", r.clone, ".")
	git(r.t, r.work, "checkout", "-q", "--detach", ref)
}

// upload keeps the files that a step uploads.
func (r *ciRun) upload(s ciStep) {
	r.t.Helper()
	files := make(map[string]string)
	for file := range strings.Lines(r.text(s.With["path"])) {
		if file = strings.TrimSpace(file); file != "" {
			files[filepath.Base(file)] = readText(r.t, file)
		}
	}
	r.artifacts[s.With["name"]] = files
}

// use runs an action of ours.
func (r *ciRun) use(s ciStep, name string) {
	r.t.Helper()
	dir := filepath.Join(githubDir, name)
	a := readYAML[ciAction](r.t, filepath.Join(dir, "action.yml"))
	outer := r.known
	r.known = maps.Clone(outer)
	for input, i := range a.Inputs {
		value := r.text(i.Default)
		if given, ok := s.With[input]; ok {
			value = evaluated(r.t, outer, given)
		} else if given, ok := r.inputs[input]; ok {
			value = given
		}
		if i.Required && value == "" {
			r.t.Fatalf("the input %s of %s is missing", input, name)
		}
		r.known["inputs."+input] = value
	}
	for given := range s.With {
		if _, ok := a.Inputs[given]; !ok {
			r.t.Errorf("the action %s has no input %s", name, given)
		}
	}
	r.steps(a.Runs.Steps, absolute(r.t, dir))
	for output, o := range a.Outputs {
		outer["steps."+s.ID+".outputs."+output] = r.text(o.Value)
	}
	r.known = outer
}

// script runs a step's script, as bash does for a runner.
func (r *ciRun) script(s ciStep, action string) {
	r.t.Helper()
	script := r.file("script.sh")
	writeText(r.t, script, r.text(s.Run))
	cmd := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.work, &out, &out
	cmd.Env = append(slices.Clone(r.env), "PATH="+strings.Join(append(slices.Clone(r.path), os.Getenv("PATH")), ":"), "HOME="+r.dir,
		"GITHUB_ACTIONS=true", "GITHUB_EVENT_PATH="+r.file("event"), "RUNNER_TEMP="+r.file("temp"), "GITHUB_ACTION_PATH="+action)
	for name, value := range r.exported {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	for name, value := range s.Env {
		cmd.Env = append(cmd.Env, name+"="+r.text(value))
	}
	for _, name := range []string{"ENV", "PATH", "OUTPUT", "STEP_SUMMARY"} {
		writeText(r.t, r.file(name), "")
		cmd.Env = append(cmd.Env, "GITHUB_"+name+"="+r.file(name))
	}
	r.ran = append(r.ran, s.Name)
	r.run(s.Name, cmd)
	r.log[s.Name] += out.String()
	r.handOn(s.ID)
}

// run waits for a script's end.
func (r *ciRun) run(name string, cmd *exec.Cmd) {
	r.t.Helper()
	if r.prepare != nil {
		r.prepare(name, cmd)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	if r.started != nil {
		r.started(name, cmd.Process)
	}
	err := cmd.Wait()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		r.t.Fatal(err)
	}
	if r.codes[name] = cmd.ProcessState.ExitCode(); r.codes[name] != 0 {
		r.failed = append(r.failed, name)
	}
}

// handOn reads what a step wrote for later ones.
func (r *ciRun) handOn(id string) {
	r.t.Helper()
	for line := range strings.Lines(readText(r.t, r.file("PATH"))) {
		r.path = append(r.path, strings.TrimSpace(line))
	}
	maps.Copy(r.exported, handedOn(r.t, readText(r.t, r.file("ENV"))))
	for name, value := range handedOn(r.t, readText(r.t, r.file("OUTPUT"))) {
		r.known["steps."+id+".outputs."+name] = value
	}
	r.summary += readText(r.t, r.file("STEP_SUMMARY"))
}

// handedOn reads NAME=VALUE, or NAME<<END and lines up to one that is END.
func handedOn(t *testing.T, text string) map[string]string {
	t.Helper()
	values := make(map[string]string)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		if name, value, ok := strings.Cut(lines[i], "="); ok {
			values[name] = value
			continue
		}
		name, end, ok := strings.Cut(lines[i], "<<")
		last := slices.Index(lines[i:], end)
		if lines[i] == "" {
			continue
		}
		if !ok || last < 0 {
			t.Fatalf("a step handed on %q", text)
		}
		values[name] = strings.Join(lines[i+1:i+last], "\n")
		i += last
	}
	return values
}

var expression = regexp.MustCompile(`\$\{\{\s*(.*?)\s*\}\}`)

func (r *ciRun) text(text string) string { return evaluated(r.t, r.known, text) }

func (r *ciRun) value(text string) string { return evaluate(r.t, r.known, text) }

// evaluated puts values in place of the expressions of a text.
func evaluated(t *testing.T, known map[string]string, text string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		return evaluate(t, known, expression.FindStringSubmatch(e)[1])
	})
}

// evaluate works out names, texts in quotes, ==, !=, && and ||, which is all that the
// workflows use.
func evaluate(t *testing.T, known map[string]string, text string) string {
	t.Helper()
	last := ""
	for alternative := range strings.SplitSeq(text, "||") {
		for part := range strings.SplitSeq(alternative, "&&") {
			if last = comparison(t, known, part); !truth(last) {
				break
			}
		}
		if truth(last) {
			break
		}
	}
	return last
}

func comparison(t *testing.T, known map[string]string, text string) string {
	t.Helper()
	for _, operator := range []string{"==", "!="} {
		if a, b, ok := strings.Cut(text, operator); ok {
			return fmt.Sprint((operand(t, known, a) == operand(t, known, b)) == (operator == "=="))
		}
	}
	return operand(t, known, text)
}

var namePattern = regexp.MustCompile(`^[a-z]+(\.[A-Za-z_][\w-]*)+$`)

func operand(t *testing.T, known map[string]string, text string) string {
	t.Helper()
	text = strings.TrimSpace(text)
	switch {
	case text == "always()":
		return "true"
	case text == "success()":
		return known[text]
	case strings.HasPrefix(text, "'") && strings.HasSuffix(text, "'"):
		return strings.Trim(text, "'")
	case !namePattern.MatchString(text):
		t.Fatalf("the test cannot evaluate %q", text)
	}
	return known[text] // what is not there is empty, as on GitHub
}

func truth(value string) bool { return value != "" && value != "false" }

// flatten names the members of an event as expressions do.
func flatten(prefix string, value any) map[string]string {
	flat := make(map[string]string)
	members, ok := value.(map[string]any)
	if !ok {
		return map[string]string{prefix: fmt.Sprint(value)}
	}
	for name, member := range members {
		maps.Copy(flat, flatten(prefix+"."+name, member))
	}
	return flat
}

// git runs git as somebody, and returns what it prints.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ada Example", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada Example", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// needCommands skips a test on a machine that lacks what it runs, and fails it where
// all of that was to be installed.
func needCommands(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv(pgtest.Required) == "required" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}
