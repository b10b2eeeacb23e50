package fleet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
)

// load writes a file of a fleet and reads it. Its directories accounts/a and accounts/b
// are there; current is a link to the first.
func load(t *testing.T, text string) (f *fleet.File, dir, said string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := os.MkdirAll(filepath.Join(dir, "accounts", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("accounts", filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "fleet.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, diags := fleet.Load(path, fleet.LoadOptions{
		Notify:  func(name string) bool { return name == "ops" },
		Address: func(name string) string { return "DOMAINSYNC_NOTIFY_" + strings.ToUpper(name) },
		Heartbeat: func(name string) (string, bool) {
			return "DOMAINSYNC_HEARTBEAT_" + strings.ToUpper(name), name == "corp"
		},
		Now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
	})
	if (f == nil) != diags.HasErrors() {
		t.Fatalf("the file is %v, and its mistakes are %v", f, diags)
	}
	var b strings.Builder
	if err := diags.WriteText(&b, 0, false); err != nil {
		t.Fatal(err)
	}
	return f, dir, b.String()
}

func TestFileOfAFleet(t *testing.T) {
	t.Parallel()
	f, dir, said := load(t, `
job "corp" {
  dir      = "accounts/a"
  schedule = "17 3 * * *"
  timezone = "Asia/Shanghai"
  approve  = ["none", "lock", "money"]
  targets  = ["*.example", "label:owner=web"]
  priority = -3
  notify   = ["ops"]
  policy   = "policy.hcl"

  heartbeat = "corp"
}

job "audit" {
  dir    = "accounts/b"
  action = "plan"
  notify = []
  state  = "state/b"
}

job "deployed" {
  dir   = "current/a"
  state = "@state.url"
}

job "shared" {
  dir   = "accounts/${"b"}"
  state = "state/${lower("B")}"
}

approval {
  delegation = 1
}
`)
	if said != "" {
		t.Fatal(said)
	}
	names := make([]string, len(f.Jobs))
	for i, j := range f.Jobs {
		names[i] = j.Name
	}
	if want := []string{"audit", "corp", "deployed", "shared"}; !slices.Equal(names, want) {
		t.Errorf("jobs are %q, want %q", names, want)
	}
	corp, audit := f.Job("corp"), f.Job("audit")
	if corp.Dir != filepath.Join(dir, "accounts/a") || corp.State != filepath.Join(dir, "accounts/a/.domainsync") || corp.Policy != filepath.Join(dir, "policy.hcl") ||
		corp.Action != fleet.Apply || corp.Priority != -3 || corp.Schedule.String() != "17 3 * * * Asia/Shanghai" ||
		!slices.Equal(corp.Approve, []attr.Hazard{attr.None, attr.LockHazard, attr.Money}) || !slices.Equal(corp.Notify, []string{"ops"}) || len(corp.Targets) != 2 || corp.Heartbeat != "corp" {
		t.Errorf("corp is %+v", corp)
	}
	if audit.Action != fleet.Plan || audit.Notify == nil || len(audit.Notify) != 0 || audit.State != filepath.Join(dir, "state/b") || !audit.Schedule.Next(time.Now()).IsZero() {
		t.Errorf("audit is %+v", audit)
	}
	if deployed := f.Job("deployed"); deployed.State != "@"+filepath.Join(dir, "state.url") || deployed.Notify != nil || deployed.Account() == corp.Account() {
		t.Errorf("deployed is %+v", deployed)
	}
	if audit.Account() != f.Job("shared").Account() || audit.Account() == corp.Account() {
		t.Errorf("accounts are %q, %q, %q", audit.Account(), f.Job("shared").Account(), corp.Account())
	}
	if f.Persons[attr.Delegation] != 1 || f.Job("nobody") != nil {
		t.Errorf("persons are %v", f.Persons)
	}
}

// TestFileThatCannotBeRead is told by its path, and with what it is for.
func TestFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.hcl"): "cannot be read: no such file or directory. It declares the jobs of a fleet",
		dir:                            "cannot be read: it is no regular file. It declares the jobs of a fleet",
		filepath.Join(dir, "nowhere", "fleet.hcl"): "cannot be opened",
	} {
		f, diags := fleet.Load(path, fleet.LoadOptions{})
		var b strings.Builder
		if err := diags.WriteText(&b, 0, false); err != nil {
			t.Fatal(err)
		}
		if f != nil || !strings.Contains(b.String(), path+" "+want) || strings.Contains(b.String(), "source code") {
			t.Errorf("%s: %v, %s", path, f, b.String())
		}
	}
}

// TestFileMistakes has what is said of mistakes, with the line.
func TestFileMistakes(t *testing.T) {
	t.Parallel()
	const fine = "job \"fine\" {\n  dir = \"accounts/a\"\n}\n"
	for _, test := range []struct{ name, text, want, place string }{
		{"nothing", "", "has no job", "line 1"},
		{"a block", fine + "jobs \"x\" {\n}\n", `Did you mean "job"?`, "line 4"},
		{"an argument", "job \"a\" {\n  dir = \"accounts/a\"\n  shedule = \"@daily\"\n}\n", `Did you mean "schedule"?`, "line 3"},
		{"no directory", "job \"a\" {\n}\n", `"dir" is required`, "line 1"},
		{"an empty directory", "job \"a\" {\n  dir = \"\"\n}\n", "dir is empty", "line 2"},
		{"a wrong type", "job \"a\" {\n  dir = 7\n}\n", "dir is a text in quotes", "line 2"},
		{"a reference", "job \"a\" {\n  dir = var.x\n}\n", `nothing called "var"`, "line 2"},
		{"a name", "job \"A b\" {\n  dir = \"accounts/a\"\n}\n", `"A b" is no name of a job`, "line 1"},
		{"a name twice", fine + fine, "already on line 1", "line 4"},
		{"a schedule", "job \"a\" {\n  dir = \"accounts/a\"\n  schedule = \"17 3\"\n}\n", `"17 3" is no schedule`, "line 3"},
		{"a day that never comes", "job \"a\" {\n  dir = \"accounts/a\"\n  schedule = \"0 0 31 4 *\"\n}\n", "no day is such a day", "line 3"},
		{"a time zone", "job \"a\" {\n  dir = \"accounts/a\"\n  schedule = \"@daily\"\n  timezone = \"asia/shanghaj\"\n}\n", `No time zone is called "asia/shanghaj"`, "line 4"},
		{"a time zone alone", "job \"a\" {\n  dir = \"accounts/a\"\n  timezone = \"UTC\"\n}\n", "has none", "line 3"},
		{"an action", "job \"a\" {\n  dir = \"accounts/a\"\n  action = \"aply\"\n}\n", `Did you mean "apply"?`, "line 3"},
		{"a hazard", "job \"a\" {\n  dir = \"accounts/a\"\n  approve = [\"delegations\"]\n}\n", `Did you mean "delegation"?`, "line 3"},
		{"hazards as a text", "job \"a\" {\n  dir = \"accounts/a\"\n  approve = \"lock\"\n}\n", "approve is a list of hazards", "line 3"},
		{"approval of a plan", "job \"a\" {\n  dir = \"accounts/a\"\n  action = \"plan\"\n  approve = [\"lock\"]\n}\n", "only plans", "line 4"},
		{"a target", "job \"a\" {\n  dir = \"accounts/a\"\n  targets = [\"label:=x\"]\n}\n", "label:KEY=VALUE", "line 3"},
		{"no target", "job \"a\" {\n  dir = \"accounts/a\"\n  targets = []\n}\n", "selects no name", "line 3"},
		{"a priority", "job \"a\" {\n  dir = \"accounts/a\"\n  priority = 1.5\n}\n", "whole number from -1000 to 1000", "line 3"},
		{"an address", "job \"a\" {\n  dir = \"accounts/a\"\n  notify = [\"opz\"]\n}\n", "DOMAINSYNC_NOTIFY_OPZ is not set", "line 3"},
		{"a name of an address", "job \"a\" {\n  dir = \"accounts/a\"\n  notify = [\"https://example.com\"]\n}\n", "no name of an address", "line 3"},
		{"a watcher", "job \"a\" {\n  dir = \"accounts/a\"\n  heartbeat = \"corps\"\n}\n", "DOMAINSYNC_HEARTBEAT_CORPS is not set", "line 3"},
		{"a name of a watcher", "job \"a\" {\n  dir = \"accounts/a\"\n  heartbeat = \"https://example.com/t\"\n}\n", "no name of an address", "line 3"},
		{"a state of a kind", "job \"a\" {\n  dir = \"accounts/a\"\n  state = \"mysql://db\"\n}\n", "postgres://", "line 3"},
		{"a link without a state", "job \"a\" {\n  dir = \"current/a\"\n}\n", "current is a link", "line 2"},
		{"two states", fine + "job \"b\" {\n  dir = \"accounts/a\"\n  state = \"elsewhere\"\n}\n", "One account has one state", "line 1"},
		{"two accounts", "job \"a\" {\n  dir = \"accounts/a\"\n  state = \"s\"\n}\njob \"b\" {\n  dir = \"accounts/b\"\n  state = \"s\"\n}\n", "holds one account", "line 5"},
		{"persons", fine + "approval {\n  identity = 2\n}\n", "asks more persons than may approve, which are 0", "line 5"},
		{"persons who may not", fine + "person \"ada\" {\n  role = \"viewer\"\n}\nperson \"bob\" {\n  role = \"admin\"\n}\napproval {\n  identity = 2\n}\n", "which are 1", "line 11"},
		{"one who may not", fine + "person \"ada\" {\n  role = \"viewer\"\n}\napproval {\n  identity = 1\n}\n", "nobody may approve", "line 8"},
		{"two persons for the policy", fine + "approval {\n  policy = 2\n}\n", "policy = 1 is the most", "line 5"},
		{"no person", fine + "approval {\n  identity = 0\n}\n", "whole number from 1", "line 5"},
		{"a hazard of persons", fine + "approval {\n  identiti = 1\n}\n", `Did you mean "identity"?`, "line 5"},
		{"approved by itself", "job \"a\" {\n  dir = \"accounts/a\"\n  approve = [\"delegation\"]\n}\napproval {\n  delegation = 1\n}\n", "line 6 wants a person", "line 3"},
		{"two approvals", fine + "approval {\n}\napproval {\n}\n", "is on line 4", "line 6"},
		{"no HCL", "job \"a\" {\n", "Unclosed configuration block", "line 1"},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			f, _, said := load(t, test.text)
			if f != nil {
				t.Fatalf("it was taken: %+v", f.Jobs)
			}
			if !strings.Contains(said, test.want) || !strings.Contains(said, "fleet.hcl "+test.place) {
				t.Errorf("it says\n%s\nwant %q at %q", said, test.want, test.place)
			}
		})
	}
}

// TestFileTellsAllAtOnce is for whoever mends a file.
func TestFileTellsAllAtOnce(t *testing.T) {
	t.Parallel()
	_, _, said := load(t, `
job "a" {
  dir      = "accounts/a"
  schedule = "never"
  action   = "destroy"
  priority = "high"
}

job "b" {
  notify = ["nobody"]
}

approval {
  money = "two"
}
`)
	if n := strings.Count(said, "Error: "); n != 6 {
		t.Errorf("%d mistakes are told:\n%s", n, said)
	}
}

func TestDirectoryThatIsNotThereYet(t *testing.T) {
	t.Parallel()
	f, _, said := load(t, "job \"a\" {\n  dir = \"accounts/new\"\n}\n")
	if f == nil || !strings.Contains(said, "Warning: No directory yet") {
		t.Errorf("it says %s", said)
	}
}

// TestOneDirectoryHasOneName, however the file of the fleet and the directory are written:
// by it jobs of one account are told.
func TestOneDirectoryHasOneName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	from, err := filepath.Rel(here, dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(from, "fleet.hcl")
	job := "job \"a\" {\n  dir = \"corp\"\n%s}\njob \"b\" {\n  dir = \"" + filepath.Join(dir, "corp") + "\"\n%s}\n"
	for _, test := range []struct{ first, second, want string }{
		{"", "", ""},
		{"  state = \"state\"\n", "  state = \"" + filepath.Join(dir, "state") + "\"\n", ""},
		{"  state = \"@url\"\n", "  state = \"@" + filepath.Join(dir, "url") + "\"\n", ""},
		{"  state = \"one\"\n", "  state = \"two\"\n", "One account has one state"},
	} {
		if err := os.WriteFile(path, fmt.Appendf(nil, job, test.first, test.second), 0o600); err != nil {
			t.Fatal(err)
		}
		f, diags := fleet.Load(path, fleet.LoadOptions{})
		if test.want != "" {
			if f != nil || !strings.Contains(diags.String(), test.want) {
				t.Errorf("%q and %q: %v, want %q", test.first, test.second, diags, test.want)
			}
			continue
		}
		if f == nil || f.Job("a").Account() != f.Job("b").Account() || !filepath.IsAbs(f.Job("a").Dir) {
			t.Errorf("%q and %q: %+v, %v", test.first, test.second, f, diags)
		}
	}
}

// TestNoSecretOfAStateIsTold: neither in a mistake, nor in what the table knows of a job.
func TestNoSecretOfAStateIsTold(t *testing.T) {
	t.Parallel()
	const state = "postgres://domainsync:opensesame@db.example.com/journal"
	job := "job \"%s\" {\n  dir   = \"accounts/a\"\n  state = \"%s\"\n}\n"
	f, _, said := load(t, fmt.Sprintf(job, "a", state))
	if f == nil {
		t.Fatal(said)
	}
	if a := f.Job("a"); a.State != state || strings.Contains(a.Account(), "opensesame") || !strings.Contains(a.Account(), "db.example.com/journal") {
		t.Errorf("the account is %q", a.Account())
	}
	f, _, said = load(t, fmt.Sprintf(job, "a", state)+fmt.Sprintf(job, "b", state+"2?password=opensesame"))
	if f != nil || strings.Contains(said, "opensesame") || !strings.Contains(said, "postgres://db.example.com/journal2") {
		t.Errorf("it says\n%s", said)
	}
}

// TestJournalsOfASharedFleet: where machines share a fleet, a journal lies where all of
// them find it, and its account has the same name on each.
func TestJournalsOfASharedFleet(t *testing.T) {
	t.Parallel()
	const state = "postgres://domainsync:opensesame@db.example.com/fleet"
	shared := func(text string) (*fleet.File, string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "fleet.hcl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, diags := fleet.Load(path, fleet.LoadOptions{State: state})
		return f, diags.String()
	}
	const job = "job \"a\" {\n  dir   = \"corp\"\n%s}\n"
	var accounts []string
	for range 2 {
		f, said := shared(fmt.Sprintf(job, ""))
		if f == nil || f.Job("a").State != state {
			t.Fatalf("the file is %+v: %s", f, said)
		}
		accounts = append(accounts, f.Job("a").Account())
	}
	if accounts[0] != accounts[1] || accounts[0] != "corp" {
		t.Errorf("one account is called %q", accounts)
	}
	const other = "postgres://db.example.com/other"
	if f, said := shared(fmt.Sprintf(job, "  state = \""+other+"\"\n")); f == nil || f.Job("a").State != other || f.Job("a").Account() == "corp" {
		t.Errorf("the file is %+v: %s", f, said)
	}
	if f, said := shared(fmt.Sprintf(job, "  state = \"state\"\n")); f != nil || !strings.Contains(said, "A state on one machine") || !strings.Contains(said, "line 3") {
		t.Errorf("a directory is a state of machines: %s", said)
	}
}

// TestAnUnclosedQuoteIsOneMistake, not one for each line that follows.
func TestAnUnclosedQuoteIsOneMistake(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"a text": "job \"a\" {\n  dir = \"accounts/a\n  schedule = \"17 3 * * *\"\n  action = \"plan\"\n}\n\njob \"b\" {\n  dir = \"accounts/b\"\n}\n",
		"a list": "job \"a\" {\n  notify = [\"ops, \"more\"]\n  dir = \"accounts/a\"\n}\n",
	} {
		_, _, said := load(t, file)
		if strings.Count(said, "Error: ") != 1 || !strings.Contains(said, "Error: Unclosed quote") || !strings.Contains(said, "fleet.hcl line 2") {
			t.Errorf("%s: it says\n%s", name, said)
		}
	}
}
