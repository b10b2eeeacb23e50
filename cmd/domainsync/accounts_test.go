package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// accountsOf are the files of several accounts: corp reads a table that lies in the
// directory of another account, brand, and finds files by a pattern; mail tries to read
// one that is not there, and shop uses a library that uses another one.
var accountsOf = map[string]string{
	"accounts/corp/main.hcl":           "locals {\n  shared = csvdecode(file(\"brand/names.csv\"))\n  found  = fileset(\"brand/lists\", \"*.txt\")\n}\n",
	"accounts/corp/notes.txt":          "notes",
	"accounts/corp/brand/main.hcl":     "locals {\n  mine = file(\"own.txt\")\n}\n",
	"accounts/corp/brand/names.csv":    "name\nexample.com\n",
	"accounts/corp/brand/own.txt":      "own",
	"accounts/corp/brand/lists/a.txt":  "a",
	"accounts/corp/brand/lists/a.yaml": "a",
	"accounts/mail/main.hcl":           "variable \"wave\" {\n  type    = number\n  default = 0\n}\n",
	"accounts/shop/main.hcl":           "library {\n  source = \"../../common/lib\"\n}\n",
	"common/lib/lib.hcl":               "library {\n  source = \"../base\"\n}\nlocals {\n  text = file(\"text.txt\")\n}\n",
	"common/lib/text.txt":              "text",
	"common/lib/notes.txt":             "notes",
	"common/base/base.hcl":             "variable \"wave\" {\n  default = 0\n}\n",
	"accounts/.hidden/main.hcl":        "locals {\n",
	"elsewhere.txt":                    "text",
}

// treeOfAccounts is a work tree with these files.
func treeOfAccounts(t *testing.T) workTree {
	t.Helper()
	r := newWorkTree(t)
	for file, text := range accountsOf {
		r.write(file, text)
	}
	r.git("add", ".")
	r.git("commit", "-q", "-m", "begin")
	r.git("tag", "begin")
	return r
}

func (r workTree) write(file, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	writeText(r.t, path, text)
}

func (r workTree) remove(file string) {
	r.t.Helper()
	if err := os.RemoveAll(filepath.Join(r.dir, filepath.FromSlash(file))); err != nil {
		r.t.Fatal(err)
	}
}

// reachedIn returns the directories that changes reach, and those that are deleted, as
// "dir" and "-dir".
func (r workTree) reachedIn(ref string, varFiles ...string) (dirs []string, notes string, err error) {
	r.t.Helper()
	var out bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &out)
	a.flags.fileLimits = 1
	for _, file := range varFiles {
		a.flags.given = append(a.flags.given, givenValue{filepath.Join(r.dir, file), true})
	}
	root := filepath.Join(r.dir, "accounts")
	a.flags.root = r.dir
	found, err := a.accountDirs()
	if err != nil {
		return nil, out.String(), err
	}
	s := &accountPlans{app: a}
	todo, err := a.toPlan(r.t.Context(), allFlags{since: ref}, found, s)
	for _, d := range todo {
		rel, _ := filepath.Rel(root, d.path)
		dirs = append(dirs, filepath.ToSlash(rel))
		notes += d.note
		if ref != "" && len(d.reachedBy) == 0 && d.note == "" {
			r.t.Errorf("nothing says why %s is reached", d.path)
		}
	}
	for _, d := range s.deleted {
		rel, _ := filepath.Rel(root, d)
		dirs = append(dirs, "-"+filepath.ToSlash(rel))
	}
	return dirs, out.String() + notes, err
}

// TestChangesReachDirectories: each change reaches the directories that it lies in, or
// that read what changed, and no other, committed or not.
func TestChangesReachDirectories(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(workTree)
		vars   []string
		want   string // dirs, between blanks
		note   string
	}{
		"nothing":                     {change: func(workTree) {}, want: ""},
		"a file of no account":        {change: func(r workTree) { r.write("elsewhere.txt", "other") }},
		"its configuration":           {change: func(r workTree) { r.write("accounts/mail/main.hcl", "locals {}\n") }, want: "mail"},
		"a new file beside it":        {change: func(r workTree) { r.write("accounts/mail/more.hcl", "locals {}\n") }, want: "mail"},
		"a file that nothing reads":   {change: func(r workTree) { r.write("accounts/corp/notes.txt", "other") }, want: "corp"},
		"a table of two accounts":     {change: func(r workTree) { r.write("accounts/corp/brand/names.csv", "name\nexample.org\n") }, want: "corp corp/brand"},
		"a file of the inner account": {change: func(r workTree) { r.write("accounts/corp/brand/own.txt", "other") }, want: "corp/brand"},
		"a new file that a pattern finds": {
			change: func(r workTree) { r.write("accounts/corp/brand/lists/b.txt", "b") }, want: "corp corp/brand",
		},
		"a new file that no pattern finds": {
			change: func(r workTree) { r.write("accounts/corp/brand/lists/b.yaml", "b") }, want: "corp/brand",
		},
		"a deleted file that a pattern found": {
			change: func(r workTree) { r.remove("accounts/corp/brand/lists/a.txt") }, want: "corp corp/brand",
		},
		"a deleted table": {
			change: func(r workTree) { r.remove("accounts/corp/brand/names.csv") }, want: "corp corp/brand", note: "cannot be loaded",
		},
		"a renamed table": {
			change: func(r workTree) {
				r.git("mv", "accounts/corp/brand/own.txt", "accounts/mail/own.txt")
			}, want: "corp/brand mail",
		},
		"a deleted directory": {
			change: func(r workTree) { r.remove("accounts/mail") }, want: "-mail",
		},
		"a directory that cannot be loaded": {
			change: func(r workTree) { r.write("accounts/new/main.hcl", "locals {\n") }, want: "new",
		},
		"values of variables": {
			change: func(r workTree) { r.write("accounts/values/prod.hcl", "wave = 2\n") }, vars: []string{"accounts/values/prod.hcl"}, want: "corp corp/brand mail shop",
		},
		"values that nobody gave": {
			change: func(r workTree) { r.write("accounts/values/prod.hcl", "wave = 2\n") }, want: "values",
		},
		"a link to another table": {
			change: func(r workTree) {
				r.remove("accounts/corp/brand/names.csv")
				if err := os.Symlink("own.csv", filepath.Join(r.dir, "accounts/corp/brand/names.csv")); err != nil {
					r.t.Skip(err)
				}
				r.write("accounts/corp/brand/own.csv", "name\nexample.net\n")
			}, want: "corp corp/brand",
		},
		"a file of a library":                   {change: func(r workTree) { r.write("common/lib/lib.hcl", "locals {}\n") }, want: "shop"},
		"a text that a library reads":           {change: func(r workTree) { r.write("common/lib/text.txt", "other") }, want: "shop"},
		"a file of a library that nobody reads": {change: func(r workTree) { r.write("common/lib/notes.txt", "other") }},
		"a new file of a library's library":     {change: func(r workTree) { r.write("common/base/more.hcl", "locals {}\n") }, want: "shop"},
		"a deleted library": {
			change: func(r workTree) { r.remove("common/base") }, want: "shop -../common/base", note: "cannot be loaded",
		},
		"values in the directory": {change: func(r workTree) { r.write("accounts/shop/x.auto.vars.hcl", "wave = 2\n") }, want: "shop"},
		"a hidden file":           {change: func(r workTree) { r.write("accounts/mail/.domainsync/journal", "x") }},
	} {
		for _, committed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, committed %v", name, committed), func(t *testing.T) {
				t.Parallel()
				r := treeOfAccounts(t)
				test.change(r)
				if committed {
					r.git("add", "--all")
					r.git("commit", "-q", "--allow-empty", "-m", "change")
				}
				dirs, notes, err := r.reachedIn("begin", test.vars...)
				if got := strings.Join(dirs, " "); err != nil || got != test.want || !strings.Contains(notes, test.note) {
					t.Errorf("%q is reached (%v), want %q; said: %s", got, err, test.want, notes)
				}
			})
		}
	}
}

// TestChangesThatGitCannotTell: what a directory reads and git does not know counts as
// changed, with a reason.
func TestChangesThatGitCannotTell(t *testing.T) {
	t.Parallel()
	r := newWorkTree(t)
	r.write("accounts/corp/main.hcl", "locals {\n  shared = file(\"brand/made.csv\")\n}\n")
	r.write("accounts/corp/brand/main.hcl", "locals {}\n")
	r.write(".gitignore", "made.csv\nother.csv\n")
	r.commit("README.md", "begin")
	r.write("accounts/corp/brand/made.csv", "name\n")
	r.write("accounts/corp/brand/other.csv", "name\n")
	dirs, notes, err := r.reachedIn("HEAD")
	if err != nil || !slices.Equal(dirs, []string{"corp"}) || !strings.Contains(notes, "accounts/corp/brand/made.csv, which git ignores") {
		t.Errorf("%v are reached (%v): %s", dirs, err, notes)
	}
	outside := filepath.Join(t.TempDir(), "values.hcl")
	writeText(t, outside, "")
	rel, err := filepath.Rel(r.dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	dirs, notes, err = r.reachedIn("HEAD", rel)
	if err != nil || !slices.Equal(dirs, []string{"corp", "corp/brand"}) || !strings.Contains(notes, "outside of the work tree") {
		t.Errorf("%v are reached (%v): %s", dirs, err, notes)
	}
}

// TestChangesAreThoseOfThisBranch: what others did since is not asked about, and what is
// undone is no change.
func TestChangesAreThoseOfThisBranch(t *testing.T) {
	t.Parallel()
	r := treeOfAccounts(t)
	r.git("checkout", "-q", "-b", "request")
	r.write("accounts/mail/main.hcl", "locals {}\n")
	r.git("commit", "-q", "-a", "-m", "request")
	r.git("checkout", "-q", "main")
	r.write("accounts/corp/notes.txt", "of others")
	r.git("commit", "-q", "-a", "-m", "others")
	r.git("checkout", "-q", "request")
	if dirs, notes, err := r.reachedIn("main"); err != nil || !slices.Equal(dirs, []string{"mail"}) {
		t.Errorf("%v are reached (%v): %s", dirs, err, notes)
	}
	r.write("accounts/mail/main.hcl", accountsOf["accounts/mail/main.hcl"])
	if dirs, notes, err := r.reachedIn("main"); err != nil || len(dirs) > 0 {
		t.Errorf("%v are reached (%v): %s", dirs, err, notes)
	}
}

// TestChangesCannotBeTold: each reason is said.
func TestChangesCannotBeTold(t *testing.T) {
	t.Parallel()
	r := treeOfAccounts(t)
	r.git("checkout", "-q", "--orphan", "alone")
	r.git("commit", "-q", "-m", "alone")
	bare := workTree{t, t.TempDir()}
	bare.write("accounts/main.hcl", "locals {}\n")
	for _, test := range []struct {
		tree      workTree
		ref, want string
	}{
		{r, "begin", "no commit in common with HEAD"},
		{r, "none", "the repository has no such commit: fetch it"},
		{r, "begin:accounts", "the repository has no such commit"},
		{r, "--output=x", "a commit does not begin with -"},
		{bare, "begin", "in no work tree"},
	} {
		_, _, err := test.tree.reachedIn(test.ref)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.ref, err, test.want)
		}
	}
	if dirs, _, err := bare.reachedIn(""); err != nil || len(dirs) != 1 {
		t.Errorf("without a commit: %v, %v", dirs, err)
	}
}
