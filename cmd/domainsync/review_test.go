package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/planner"
)

// workTree is one of git.
type workTree struct {
	t   *testing.T
	dir string
}

func (r workTree) git(args ...string) string {
	r.t.Helper()
	settings := []string{"-C", r.dir, "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"}
	out, err := exec.Command("git", append(settings, args...)...).CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit in which a file has a text, and returns its name.
func (r workTree) commit(file, text string) string {
	r.t.Helper()
	writeText(r.t, filepath.Join(r.dir, file), text)
	r.git("add", ".")
	r.git("commit", "-q", "-m", text)
	return r.git("rev-parse", "HEAD")
}

func newWorkTree(t *testing.T) workTree {
	t.Helper()
	needCommands(t, "git")
	r := workTree{t, t.TempDir()}
	r.git("init", "-q")
	return r
}

// TestPlansOfOtherBranchesAreRefused: a plan is applied at its own commit and at those that
// have it, and nowhere else.
func TestPlansOfOtherBranchesAreRefused(t *testing.T) {
	t.Parallel()
	r := newWorkTree(t)
	first := r.commit("main.hcl", "first")
	r.git("checkout", "-q", "-b", "request")
	reviewed := r.commit("main.hcl", "reviewed")
	r.git("checkout", "-q", "main")
	other := r.commit("other.hcl", "other")
	r.git("merge", "-q", "--no-ff", "-m", "merge", "request")
	merged := r.git("rev-parse", "HEAD")
	unknown, outside := strings.Repeat("0", 40), t.TempDir()
	for _, test := range []struct{ name, dir, head, plan, given, want string }{
		{"its own commit", r.dir, reviewed, reviewed, "", ""},
		{"after the merge", r.dir, merged, reviewed, "", ""},
		{"after the merge, as given", r.dir, first, reviewed, merged, ""},
		{"before the merge", r.dir, other, reviewed, "", "no ancestor of HEAD: what was reviewed is not what is applied"},
		{"before the merge, as given", r.dir, merged, reviewed, other, "no ancestor of " + other},
		{"an older one is checked out", r.dir, first, reviewed, "", "no ancestor of HEAD"},
		{"a commit that is not fetched", r.dir, merged, unknown, "", "does not have " + unknown},
		{"no commit, none asked for", r.dir, merged, "", "", ""},
		{"no commit, one asked for", r.dir, merged, "", merged, "the plan says no commit"},
		{"no commit but an option", r.dir, merged, "--output=x", "", "says a commit that is none"},
		{"outside of a work tree", outside, "", reviewed, "", ""},
		{"outside, the same is given", outside, "", reviewed, reviewed, ""},
		{"outside, another is given", outside, "", reviewed, merged, "cannot be told"},
	} {
		if test.head != "" {
			r.git("checkout", "-q", test.head)
		}
		var errs bytes.Buffer
		a := newApp(strings.NewReader(""), &errs, &errs)
		a.flags.dir = test.dir
		err := a.checkCommitOf(t.Context(), &planner.Plan{Commit: test.plan}, test.given)
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		if told := strings.Contains(errs.String(), "is not checked"); told != (test.dir == outside && test.given == "") {
			t.Errorf("%s: standard error says %q", test.name, errs.String())
		}
	}
}

// TestLabels: what a plan belongs to is short, and of a form that each output can hold.
func TestLabels(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"request=12": "12", "repository=example/domains": "example/domains", "a.b-c_d=x=y": "x=y", "empty=": "",
	} {
		key, _, _ := strings.Cut(text, "=")
		if got, err := parseLabels([]string{text}); err != nil || got[key] != want || len(got) != 1 {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	bad := []string{"x", "=x", "Ab=x", "1=x", "a b=x", strings.Repeat("a", 51) + "=x", "a=" + strings.Repeat("x", 201), "a=\xff"}
	for _, text := range bad {
		if got, err := parseLabels([]string{text}); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
	if _, err := parseLabels(make([]string, mostLabels+1)); err == nil {
		t.Error("too many labels are taken")
	}
	for _, text := range inerttest.Hostile() {
		if _, err := parseLabels([]string{text + "=x"}); err == nil {
			t.Errorf("the key %q is taken", text)
		}
	}
}
