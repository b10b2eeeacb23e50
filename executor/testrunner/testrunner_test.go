package testrunner_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/executor/testrunner/runnertest"
)

// written returns a directory with the files of an archive.
func written(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const files = `
-- main.hcl --
variable "servers" {
  type    = list(string)
  default = ["ns1.example.net", "ns2.example.net"]
}

domain "example.com" {
  nameservers   = var.servers
  transfer_lock = true
}
-- account.test.hcl --
account {
  at = "2026-12-01T00:00:00Z"

  domain "example.com" {
    nameservers   = ["ns1.example.org", "ns2.example.org"]
    transfer_lock = false
    expires       = "2029-01-01"
  }
}
`

// played plays a file that goes on as the text says, and returns how its runs ended.
func played(t *testing.T, runs string) *testrunner.FileResult {
	t.Helper()
	return runnertest.Results(t, written(t, files+runs), false)["account.test.hcl"]
}

// ends are the statuses of the runs of a file.
func ends(r *testrunner.FileResult) string {
	var all []string
	for i := range r.Runs {
		all = append(all, r.Runs[i].Name+" "+string(r.Runs[i].Outcome))
	}
	return strings.Join(all, ", ")
}

// TestRuns plays runs, and wants each to end as it should.
func TestRuns(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct{ runs, ends, says string }{
		"a plan that is as asserted": {
			`run "r" {
  command = plan
  assert {
    condition     = plan.summary.changed == 1 && contains(plan.changes[*].attribute, "nameservers")
    error_message = "never shown"
  }
}`, "r pass", "",
		},
		"an assertion that does not hold": {
			`run "r" {
  command = plan
  assert {
    condition     = plan.summary.changed == 5
    error_message = "${plan.summary.changed} of ${length(var.servers)}"
  }
}`, "r fail", "plan.summary.changed as 1|1 of 2|account.test.hcl line 13",
		},
		"an apply that leaves nothing": {
			`run "r" {
  command = apply
  assert {
    condition     = tolist(live.domains[0].nameservers) == var.servers && live.domains[0].transfer_lock == "OPEN"
    error_message = "It was not applied."
  }
}
run "after" {
  command = plan
  assert {
    condition     = length(plan.changes) == 0
    error_message = "Something is left."
  }
}`, "r pass, after pass", "",
		},
		"a value of a run": {
			`run "r" {
  command = plan
  variables {
    servers = ["ns3.example.net", "ns4.example.net"]
  }
  assert {
    condition     = tolist(plan.changes[0].after) == var.servers
    error_message = jsonencode(plan.changes[0])
  }
}`, "r pass", "",
		},
		"a change that fails": {
			`run "r" {
  command = apply
  faults  = { rules = [{ kind = "fail", names = ["example.com"], message = "The registry says no." }] }
}
run "after" {
  command = plan
}`, "r fail, after skip", "The registry says no.",
		},
		"a change that is to fail": {
			`run "r" {
  command      = apply
  faults       = { rules = [{ kind = "fail", names = ["example.com"], message = "The registry says no." }] }
  expect_error = "registry says"
}
run "after" {
  command = plan
}`, "r pass, after pass", "",
		},
		"an error that does not come": {
			`run "r" {
  command      = plan
  expect_error = "max_delegations"
}`, "r fail", "ended well",
		},
		"a golden file that is not there": {
			`run "r" {
  command = plan
  golden  = "golden/plan.txt"
}`, "r fail", "--update",
		},
	} {
		r := played(t, test.runs)
		if got := ends(r); got != test.ends {
			t.Errorf("%s: the runs end with %s, want %s: %s", title, got, test.ends, r.Diagnostics)
			continue
		}
		said := r.Diagnostics.String()
		for i := range r.Runs {
			said += r.Explain(&r.Runs[i]).String()
		}
		for want := range strings.SplitSeq(test.says, "|") {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q:\n%s", title, want, said)
			}
		}
	}
}

// TestGoldenFiles writes the forms of a plan, and compares with them.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	runs := ""
	for _, form := range []string{"txt", "md", "json"} {
		runs += "run \"" + form + "\" {\n  command = plan\n  golden  = \"golden/plan." + form + "\"\n}\n"
	}
	dir := written(t, files+runs)
	for _, update := range []bool{true, false} {
		for name, r := range runnertest.Results(t, dir, update) {
			if got := ends(r); got != "txt pass, md pass, json pass" {
				t.Errorf("%s, update %v: %s %s", name, update, got, r.Diagnostics)
			}
		}
	}
	file := filepath.Join(dir, "golden", "plan.txt")
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "example.com") {
		t.Fatalf("%s (%v)", text, err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "ns1.example.net", "ns9.example.net")), 0o600); err != nil {
		t.Fatal(err)
	}
	r := runnertest.Results(t, dir, false)["account.test.hcl"]
	if got := ends(r); got != "txt fail, md pass, json pass" {
		t.Fatalf("after an edit: %s", got)
	}
	for _, want := range []string{"--- golden/plan.txt", "+++ the plan", "-        ns1.example.org, ns2.example.org → ns9.example.net", "+        ns1.example.org, ns2.example.org → ns1.example.net"} {
		if said := r.Explain(&r.Runs[0]).String(); !strings.Contains(said, want) {
			t.Errorf("the difference lacks %q:\n%s", want, said)
		}
	}
}
