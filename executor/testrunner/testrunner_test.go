package testrunner_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

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

// told is all that is told of a file.
func told(r *testrunner.FileResult) string {
	said := r.Diagnostics.String()
	for i := range r.Runs {
		said += r.Runs[i].Configuration.String() + r.Explain(&r.Runs[i]).String()
	}
	return said
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
    condition     = tolist(live.domains["example.com"].nameservers) == var.servers && live.domains["example.com"].transfer_lock == "OPEN"
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
  assert {
    condition     = report.exit_code == 4
    error_message = report.exit_code
  }
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
		"an error of the files": {
			`run "r" {
  command = plan
  variables {
    servers = ["not a host"]
  }
  expect_error = "main.hcl line 7: .*not a host"
}
run "undeclared" {
  command = plan
  variables {
    server = []
  }
}
run "wrong" {
  command = plan
  variables {
    servers = ["not a host"]
  }
}`, "r pass, undeclared fail, wrong fail", `on main.hcl line 7, in domain "example.com":|7:   nameservers   = var.servers|account.test.hcl line 20|Value for undeclared variable|Did you mean "servers"?`,
		},
		"assertions about files with errors": {
			`run "r" {
  command = plan
  variables {
    servers = ["not a host"]
  }
  expect_error = "not a host"
  assert {
    condition     = length([for d in diagnostics : d if d.severity == "error"]) == 1
    error_message = jsonencode(diagnostics)
  }
  assert {
    condition     = plan == null && live == null && report == null
    error_message = jsonencode([plan, live, report])
  }
}
run "many" {
  command = plan
  variables {
    servers = ["not a host"]
  }
  expect_error = "not a host"
  assert {
    condition     = length(diagnostics) == 99
    error_message = "${length(diagnostics)} things are said"
  }
}
run "of_no_plan" {
  command = plan
  variables {
    servers = ["not a host"]
  }
  expect_error = "not a host"
  assert {
    condition     = plan.summary.changed == 0
    error_message = "never shown"
  }
}`, "r pass, many fail, of_no_plan fail", `1 things are said|The condition cannot be computed`,
		},
		"a market": {
			`run "r" {
  command = apply
  market  = { names = { "example.net" = "1" } }
  faults  = { limits = { "*" = 3 } }
  assert {
    condition     = simulator.spent == 0 && simulator.calls.QueryDomainList > 0 && length(simulator.purchases) == 0 && report.exit_code == 0
    error_message = jsonencode(simulator)
  }
}`, "r pass", "",
		},
		"what the service tells beside the snapshot": {
			`run "r" {
  command = plan
  service = true
  assert {
    condition     = simulator.calls.QueryDomainList == 1
    error_message = jsonencode(simulator)
  }
}`, "r pass", "",
		},
		"an account by hand that is not asked": {
			`run "r" {
  command = plan
  service = false
  assert {
    condition     = length(simulator.calls) == 0 && length(plan.changes) == 2
    error_message = jsonencode([simulator, plan.changes])
  }
}
run "asked" {
  command = plan
  assert {
    condition     = length(simulator.calls) > 0
    error_message = jsonencode(simulator)
  }
}`, "r pass, asked pass", "",
		},
		"times": {
			`run "r" {
  command = plan
  assert {
    condition     = timecmp(live.domains["example.com"].expires, timeadd(plan.read_at, "24h")) == 1 && timecmp("2026-12-01T01:00:00+01:00", "2026-12-01T00:00:00Z") == 0 && timecmp("2026-12-01T00:00:00Z", "2026-12-01T00:00:01Z") == -1
    error_message = live.domains["example.com"].expires
  }
}`, "r pass", "",
		},
		"nights": {
			`run "r" {
  command = apply
  nights  = 40
  assert {
    condition     = live.read_at == "2027-01-09T00:00:00Z" || startswith(live.read_at, "2027-01-09T00:00:")
    error_message = live.read_at
  }
}
run "after" {
  command = plan
  assert {
    condition     = startswith(plan.read_at, "2027-01-09")
    error_message = plan.read_at
  }
}`, "r pass, after pass", "",
		},
		"what the files declare": {
			`run "r" {
  command = plan
  assert {
    condition     = portfolio.domains["example.com"].transfer_lock && length(portfolio.domains) == 1
    error_message = jsonencode(portfolio)
  }
  assert {
    condition     = false
    error_message = "The second one is told as well."
  }
}`, "r fail", "The second one is told as well.",
		},
		"a condition on what nobody has read": {
			`run "r" {
  command = plan
  assert {
    condition     = length(live.transfers_in) == 0
    error_message = "never shown"
  }
}`, "r fail", "what is not known",
		},
		"a condition that is none": {
			`run "r" {
  command = plan
  assert {
    condition     = plan.summary
    error_message = "never shown"
  }
}`, "r fail", "neither true nor false",
		},
		"a member that a plan lacks": {
			`run "r" {
  command = plan
  assert {
    condition     = plan.totals.changed == 1
    error_message = "never shown"
  }
}`, "r fail", "account.test.hcl line 13|totals",
		},
		"some names of a few": {
			`run "r" {
  command = apply
  target  = ["*.org", "example.com/transfer_lock"]
  assert {
    condition     = [for c in plan.changes : c.attribute if c.status == "ready"] == ["transfer_lock"]
    error_message = jsonencode(plan.changes)
  }
}
run "unapproved" {
  command      = apply
  auto_approve = ["lock"]
  expect_error = "Not approved"
  assert {
    condition     = [for c in plan.changes : c.status if c.attribute == "nameservers"] == ["unapproved"]
    error_message = jsonencode(plan.changes)
  }
}`, "r pass, unapproved pass", "",
		},
		"a target that is none": {
			`run "r" {
  command = plan
  target  = ["exa mple"]
}`, "", "Wrong target|account.test.hcl line 12",
		},
		"warnings of the files": {
			`run "r" {
  command = plan
  variables {
    servers = ["ns1.example.net"]
  }
  assert {
    condition     = [for d in diagnostics : "${d.severity}: ${d.summary} ${d.file}:${d.line}"] == ["warning: Only one nameserver main.hcl:7"]
    error_message = jsonencode(diagnostics)
  }
}
run "none" {
  command = plan
  assert {
    condition     = length(diagnostics) == 0
    error_message = jsonencode(diagnostics)
  }
}`, "r pass, none pass", "",
		},
		"what somebody else does meanwhile": {
			`run "r" {
  command = apply
}
run "moved" {
  command = plan
  after   = "30m"
  meanwhile "Example.com" {
    nameservers = ["ns9.example.org", "ns8.example.org"]
  }
  assert {
    condition     = [for c in plan.changes : "${c.attribute} ${c.origin}"] == ["nameservers drift"] && live.domains["example.com"].transfer_lock == "OPEN"
    error_message = jsonencode([plan.changes, live])
  }
  assert {
    condition     = timecmp(plan.read_at, "2026-12-01T00:30:00Z") >= 0 && timecmp(plan.read_at, "2026-12-01T00:40:00Z") < 0
    error_message = plan.read_at
  }
}`, "r pass, moved pass", "",
		},
		"a reading that there is not": {
			`run "r" {
  command  = plan
  readings = { empty_lists = "gone" }
}`, "", `empty_lists|gone|account.test.hcl line 12`,
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
			t.Errorf("%s: the runs end with %s, want %s: %s", title, got, test.ends, told(r))
			continue
		}
		said := told(r)
		for want := range strings.SplitSeq(test.says, "|") {
			if !strings.Contains(said, want) {
				t.Errorf("%s: it does not say %q:\n%s", title, want, said)
			}
		}
	}
}

// TestUndo plays undos of earlier runs, and wants each to end as it should.
func TestUndo(t *testing.T) {
	t.Parallel()
	const apply = `
run "wave" {
  command = apply
}`
	for title, test := range map[string]struct{ runs, ends, says string }{
		"a plan of an undo": {
			apply + `
run "back" {
  command = plan
  undo    = "wave"
  force   = true
  golden  = "plan.txt"
  assert {
    condition     = [for c in plan.changes : c.id] == ["example.com/nameservers", "example.com/transfer_lock"] && plan.undo.run == 1
    error_message = jsonencode(plan)
  }
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == var.servers
    error_message = "A plan has changed something."
  }
}
-- plan.txt --
It is another one.
`, "wave pass, back fail", "-It is another one.|+It takes back what run 1 has changed",
		},
		"an undo that brings all back, and is held": {
			apply + `
run "back" {
  command = apply
  undo    = "wave"
  force   = true
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == tolist(["ns1.example.org", "ns2.example.org"]) && live.domains["example.com"].transfer_lock == "CLOSE"
    error_message = jsonencode(live.domains["example.com"])
  }
}
run "the_next_nights" {
  command = apply
  nights  = 7
  after   = "24h"
  assert {
    condition     = contains(live.domains["example.com"].nameservers, "ns1.example.org") && alltrue([for c in plan.changes : c.status == "held"])
    error_message = jsonencode(plan.changes)
  }
}
run "after_the_hold" {
  command = apply
  after   = "336h"
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == var.servers
    error_message = jsonencode(plan.changes)
  }
}`, "wave pass, back pass, the_next_nights pass, after_the_hold pass", "",
		},
		"an undo that nobody answers for": {
			apply + `
run "back" {
  command = apply
  undo    = "wave"
}
run "after" {
  command = plan
}`, "wave pass, back fail, after skip", "Nobody has asked the former nameservers|give --force",
		},
		"an undo of some attributes": {
			apply + `
run "back" {
  command = apply
  undo    = "wave"
  target  = "example.com/transfer_lock"
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == var.servers && live.domains["example.com"].transfer_lock == "CLOSE"
    error_message = jsonencode(live.domains["example.com"])
  }
}`, "wave pass, back pass", "",
		},
		"an undo of an undo": {
			apply + `
run "back" {
  command = apply
  undo    = "wave"
  force   = true
}
run "forth" {
  command = apply
  undo    = "back"
  force   = true
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == var.servers
    error_message = jsonencode(live.domains["example.com"])
  }
}`, "wave pass, back pass, forth pass", "",
		},
		"an undo of what was changed since": {
			apply + `
run "back" {
  command      = apply
  undo         = "wave"
  force        = true
  expect_error = "example.com/nameservers.*it was changed since"
  meanwhile "example.com" {
    nameservers = ["ns9.example.org"]
  }
  assert {
    condition     = tolist(live.domains["example.com"].nameservers) == tolist(["ns9.example.org"]) && report.exit_code == 4
    error_message = jsonencode(report)
  }
}`, "wave pass, back pass", "",
		},
		"an undo of a run that had nothing to do": {
			apply + `
run "again" {
  command = apply
}
run "back" {
  command = plan
  undo    = "again"
}`, "wave pass, again pass, back fail", "has changed nothing",
		},
		"an undo of the last of several nights": {
			`
run "nights" {
  command = apply
  nights  = 3
}
run "back" {
  command = apply
  undo    = "nights"
  force   = true
  assert {
    condition     = contains(live.domains["example.com"].nameservers, "ns1.example.org")
    error_message = jsonencode(live.domains["example.com"])
  }
}`, "nights pass, back pass", "",
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			r := played(t, test.runs)
			if got := ends(r); got != test.ends {
				t.Errorf("the runs end as %s, want %s:\n%s", got, test.ends, told(r))
			}
			for _, want := range strings.Split(test.says, "|") {
				if !strings.Contains(told(r), want) {
					t.Errorf("it does not say %q:\n%s", want, told(r))
				}
			}
		})
	}
}

// TestWrongSettings: what the simulator does not take is told once, with the member, its
// line and what there is, before anything is played.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	const head = "run \"first\" {\n  command = plan\n}\nrun \"r\" {\n  command = plan\n"
	for title, test := range map[string]struct {
		setting string
		line    int
		says    string
	}{
		"a kind that there is not":   {"  faults = {\n    rules = [\n      { kind = \"lose\" },\n      { kind = \"fial\" },\n    ]\n  }\n", 18, `rules[1].kind: there is no kind "fial", only`},
		"a misspelt member":          {"  faults = {\n    rules = [\n      { knd = \"lose\" },\n    ]\n  }\n", 17, "rules[0].knd: there is no member \"knd\". Did you mean \"kind\"?\n"},
		"another unknown member":     {"  faults = {\n    whatever = 1\n  }\n", 16, "There are change_log, clock_skew, durations"},
		"a member of another type":   {"  faults = {\n    rules = [\n      {\n        kind  = \"lose\"\n        names = \"example.com\"\n      },\n    ]\n  }\n", 19, "rules[0].names has to be a list in brackets, and is a text"},
		"a duration that is none":    {"  faults = {\n    rules = [{ kind = \"slow\", wait = \"long\" }]\n  }\n", 16, `rules[0].wait: time: invalid duration "long"`},
		"an operation that is none":  {"  faults = {\n    limits = {\n      Query = 1\n    }\n  }\n", 17, `limits["Query"]: 1: an operation`},
		"a price below nothing":      {"  market = {\n    prices = {\n      com = { renew = -1 }\n    }\n  }\n", 17, `prices["com"]: prices are not negative`},
		"a misspelt price":           {"  market = {\n    prices = {\n      com = { renw = 1 }\n    }\n  }\n", 17, `prices.com.renw: there is no member "renw". Did you mean "renew"?`},
		"an availability that is no": {"  market = {\n    names = { \"shop.example\" = \"no\" }\n  }\n", 16, `names["shop.example"]: "no" is none of`},
	} {
		r := played(t, head+test.setting+"}\n")
		said := told(r)
		if n := len(r.Diagnostics.Diagnostics); n != 1 || len(r.Runs) != 0 {
			t.Errorf("%s: %d mistakes and %d runs: %s", title, n, len(r.Runs), said)
			continue
		}
		if at := r.Diagnostics.Diagnostics[0].Subject; at == nil || at.Start.Line != test.line || !strings.Contains(said, test.says) {
			t.Errorf("%s: it is at %v, want line %d and %q:\n%s", title, at, test.line, test.says, said)
		}
	}
}

// TestHistories: what a history says is what a plan without a service knows.
func TestHistories(t *testing.T) {
	t.Parallel()
	const account = "account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    nameservers   = [\"ns1.example.org\", \"ns2.example.org\"]\n    transfer_lock = false\n    update_lock   = true\n    expires       = \"2029-01-01\"\n    ds_records    = []\n  }\n"
	for title, test := range map[string]struct{ history, condition string }{
		"no apply":      {``, `length([for g in plan.guards : g if g.name == "max_released"]) == 1`},
		"names":         {`declared = ["example.com", "gone.example"]`, `length([for g in plan.guards : g if g.name == "max_released"]) == 0`},
		"in doubt":      {`in_doubt = { "example.com/nameservers" = "nobody knows" }`, `[for c in plan.changes : c.reason if c.status == "in doubt"] == ["nobody knows (nameservers)"]`},
		"relocks":       {`owed_relocks = ["Example.com"]`, `tolist(plan.owed_relocks) == tolist(["example.com"])`},
		"a pause":       {`pauses = [{ names = ["*.com"], reason = "the registry is moved", by = "ada" }]`, `[for c in plan.changes : "${c.attribute} ${c.status}: ${c.reason}"] == ["nameservers held: paused by ada: the registry is moved"]`},
		"of one":        {`pauses = [{ names = ["*.com"], attributes = ["transfer_lock"], reason = "x" }]`, `[for c in plan.changes : "${c.attribute} ${c.status}"] == ["nameservers ready"]`},
		"money":         {`purchases = [{ change = "example.com/renewal", expires = "2026-01-01", amount = 85.5, at = "2026-12-01" }, { change = "example.com/renewal", expires = "2027-01-01", amount = 3, at = "2026-12-01" }]`, `plan.budget.spent == 88.5`},
		"a pause ended": {`pauses = [{ names = ["*.com"], until = "2026-11-30", reason = "x" }]`, `[for c in plan.changes : "${c.attribute} ${c.status}"] == ["nameservers ready"]`},
	} {
		dir := written(t, "-- main.hcl --\ndomain \"example.com\" {\n  nameservers      = [\"ns1.example.net\", \"ns2.example.net\"]\n  temporary_unlock = true\n  update_lock      = true\n}\nbudget {\n  amount   = 100\n  currency = \"USD\"\n}\n-- a.test.hcl --\n"+
			account+"  history {\n    "+test.history+"\n  }\n}\nrun \"r\" {\n  command = plan\n  service = false\n  assert {\n    condition     = "+test.condition+"\n    error_message = jsonencode([plan.guards, plan.changes])\n  }\n}\n")
		r := runnertest.Results(t, dir, false)["a.test.hcl"]
		if got := ends(r); got != "r pass" {
			t.Errorf("%s: %s: %s", title, got, told(r))
		}
	}
}

// TestLimitsLeaveNames: an apply with a limit changes as many names and passes; the run
// after it, without one, makes the rest.
func TestLimitsLeaveNames(t *testing.T) {
	t.Parallel()
	run := func(name, limit string, moved int) string {
		return fmt.Sprintf("run %q {\n  command = apply\n%s  assert {\n    condition     = length([for d in live.domains : d if contains(d.nameservers, \"ns1.example.net\")]) == %d\n    error_message = jsonencode(live)\n  }\n}\n", name, limit, moved)
	}
	dir := written(t, "-- main.hcl --\ndomains \"all\" {\n  names       = [\"example.com\", \"example.net\", \"example.org\"]\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n}\nguard {\n  max_change_percent = 100\n}\n"+
		"-- a.test.hcl --\naccount {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    nameservers = [\"ns1.example.org\", \"ns2.example.org\"]\n  }\n  domain \"example.net\" {\n    nameservers = [\"ns1.example.org\", \"ns2.example.org\"]\n  }\n  domain \"example.org\" {\n    nameservers = [\"ns1.example.org\", \"ns2.example.org\"]\n  }\n}\n"+
		run("first", "  limit = 1\n", 1)+run("second", "  limit = 1\n", 2)+run("rest", "", 3))
	r := runnertest.Results(t, dir, false)["a.test.hcl"]
	if got := ends(r); got != "first pass, second pass, rest pass" {
		t.Errorf("%s: %s", got, told(r))
	}
}

// TestWrongHistories: what only shows when a history is read is told at its place.
func TestWrongHistories(t *testing.T) {
	t.Parallel()
	for history, says := range map[string]string{
		`pauses = [{ names = ["*.com/nameserver"], reason = "x" }]`:                      `pauses[0].names: *.com/nameserver: no attribute is called "nameserver"`,
		`last_apply = { files = "../x", live = "live.json" }`:                            "files: ",
		`last_apply = { files = "testdata/none", live = "testdata/none/live.json" }`:     "files: ",
		`last_apply = { files = "testdata/last", live = "testdata/last/live.json" }`:     `live: there is no file "testdata/last/live.json"`,
		`last_apply = { files = "testdata/broken", live = "testdata/broken/live.json" }`: "files: main.hcl:1",
	} {
		dir := written(t, strings.Replace(files, "\n  domain \"example.com\" {\n    nameservers   = [\"ns1.example.org\"", "\n  history {\n    "+history+"\n  }\n  domain \"example.com\" {\n    nameservers   = [\"ns1.example.org\"", 1)+
			"run \"r\" {\n  command = plan\n  service = false\n}\n-- testdata/last/main.hcl --\ndomain \"example.com\" {}\n-- testdata/broken/main.hcl --\ndomain {}\n")
		r := runnertest.Results(t, dir, false)["account.test.hcl"]
		said := told(r)
		if len(r.Diagnostics.Diagnostics) != 1 || len(r.Runs) != 0 || !strings.Contains(said, says) || !strings.Contains(said, "account.test.hcl line 5") {
			t.Errorf("%s: it does not say %q at its place:\n%s", history, says, said)
		}
	}
}

// TestPinnedAccounts: an account that is written by hand is the one that the files pin.
func TestPinnedAccounts(t *testing.T) {
	t.Parallel()
	for title, pinned := range map[string]string{"pinned": "-- account.hcl --\naccount {\n  id = \"1234567890\"\n}\n", "not pinned": ""} {
		r := played(t, "run \"r\" {\n  command = apply\n}\n"+pinned)
		if got := ends(r); got != "r pass" {
			t.Errorf("%s: %s: %s", title, got, told(r))
		}
	}
	other := runnertest.Results(t, written(t, strings.Replace(files, "account {", "account {\n  id = \"77\"", 1)+
		"run \"r\" {\n  command = apply\n}\n-- account.hcl --\naccount {\n  id = \"1234567890\"\n}\n"), false)["account.test.hcl"]
	if got, said := ends(other), told(other); got != "r fail" || !strings.Contains(said, "77") {
		t.Errorf("another account: %s: %s", got, said)
	}
}

// TestChecksOfTheFiles: a check block that does not hold is an error of the run.
func TestChecksOfTheFiles(t *testing.T) {
	t.Parallel()
	const check = `
-- check.hcl --
check "servers" {
  assert {
    condition     = alltrue([for d in live.domains : contains(d.nameservers, "ns1.example.net")])
    error_message = "A name is with another provider."
  }
}
`
	for runs, want := range map[string]string{
		"run \"r\" {\n  command = plan\n}\n":                                                           "r fail",
		"run \"r\" {\n  command = plan\n  expect_error = \"with another provider\"\n}\n":               "r pass",
		"run \"r\" {\n  command = apply\n  expect_error = \"A check does not hold \\\\(servers\"\n}\n": "r pass",
	} {
		if r := played(t, runs+check); ends(r) != want {
			t.Errorf("%s ends with %s, want %s: %s", runs, ends(r), want, told(r))
		}
	}
}

// TestGoldenFiles writes the forms of a plan, and compares with them.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	runs := ""
	for _, form := range []string{"txt", "md", "json", "html"} {
		runs += "run \"" + form + "\" {\n  command = plan\n  golden  = \"golden/plan." + form + "\"\n}\n"
	}
	dir := written(t, files+runs)
	for _, update := range []bool{true, false} {
		for name, r := range runnertest.Results(t, dir, update) {
			if got := ends(r); got != "txt pass, md pass, json pass, html pass" {
				t.Errorf("%s, update %v: %s %s", name, update, got, r.Diagnostics)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "golden", "plan.html"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(page); !strings.Contains(text, "ns1.example.net") || strings.Contains(text, "<style") || strings.Contains(text, "<script") {
		t.Errorf("the golden page is not the content of the plan's page alone: %s", text)
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
	if got := ends(r); got != "txt fail, md pass, json pass, html pass" {
		t.Fatalf("after an edit: %s", got)
	}
	for _, want := range []string{"--- golden/plan.txt", "+++ the plan", "-        ns1.example.org, ns2.example.org → ns9.example.net", "+        ns1.example.org, ns2.example.org → ns1.example.net"} {
		if said := r.Explain(&r.Runs[0]).String(); !strings.Contains(said, want) {
			t.Errorf("the difference lacks %q:\n%s", want, said)
		}
	}
}

// TestNothingIsReached: whatever the environment and the files say of an account, no
// connection is made.
func TestNothingIsReached(t *testing.T) {
	var reached atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer server.Close()
	for name, value := range map[string]string{
		"DOMAINSYNC_ENDPOINT": server.URL, "DOMAINSYNC_STATE": "postgres://" + server.Listener.Addr().String() + "/x", "HTTP_PROXY": server.URL, "HTTPS_PROXY": server.URL,
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "real", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret", "ALIBABA_CLOUD_ECS_METADATA": "role",
	} {
		t.Setenv(name, value)
	}
	kept := http.DefaultTransport
	http.DefaultTransport = refusing{t}
	defer func() { http.DefaultTransport = kept }()
	dir := written(t, files+"run \"r\" {\n  command = apply\n  nights  = 3\n}\n-- account.hcl --\naccount {\n  endpoint = \"https://domain.aliyuncs.com\"\n  profile  = \"corp\"\n}\n")
	r := runnertest.Results(t, dir, false)["account.test.hcl"]
	if got := ends(r); got != "r pass" || reached.Load() > 0 {
		t.Errorf("the runs end with %s, and %d requests were made: %s", got, reached.Load(), r.Diagnostics)
	}
}

// refusing is a network that is not to be used.
type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	r.t.Errorf("a request goes to %s", request.URL.Host)
	return nil, errors.New("no network")
}

// TestGoldenFilesStayBelow writes through no link, and nothing beside the directory.
func TestGoldenFilesStayBelow(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	for title, link := range map[string]string{"a file": "golden/plan.txt", "its directory": "golden"} {
		dir := written(t, files+"run \"r\" {\n  command = plan\n  golden  = \"golden/plan.txt\"\n}\n")
		target := outside
		if link != "golden" {
			if err := os.Mkdir(filepath.Join(dir, "golden"), 0o700); err != nil {
				t.Fatal(err)
			}
			target = filepath.Join(dir, "main.hcl")
		}
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
		before, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
		if err != nil {
			t.Fatal(err)
		}
		for _, update := range []bool{true, false} {
			r := runnertest.Results(t, dir, update)["account.test.hcl"]
			if said := r.Explain(&r.Runs[0]).String(); ends(r) != "r fail" || !strings.Contains(said, "is a link") {
				t.Errorf("%s is a link, update %v: %s: %s", title, update, ends(r), said)
			}
		}
		after, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
		if err != nil || string(after) != string(before) {
			t.Errorf("%s is a link: another file was written (%v)", title, err)
		}
		if written, err := os.ReadDir(outside); err != nil || len(written) > 0 {
			t.Errorf("%s is a link: something was written outside: %v (%v)", title, written, err)
		}
	}
}

// TestPersonsAreMasked: what is told of a failure names nobody whom the files name.
func TestPersonsAreMasked(t *testing.T) {
	t.Parallel()
	r := played(t, "run \"r\" {\n  command = plan\n  assert {\n    condition     = false\n    error_message = \"ada@example.com is told of\"\n  }\n}\n")
	live := strings.Replace(files, "transfer_lock = false", "contacts = { admin = { name = \"Grace Example\", organization = \"Example Ltd\" } }", 1)
	known := runnertest.Results(t, written(t, live+"run \"r\" {\n  command = plan\n  assert {\n    condition     = live.domains[\"example.com\"].contacts.admin.name == \"\"\n    error_message = \"It is ${live.domains[\"example.com\"].contacts.admin.name}.\"\n  }\n}\n"), false)["account.test.hcl"]
	if said := told(known); !strings.Contains(said, "Grace Example") || strings.Contains(known.Mask(said), "Grace Example") {
		t.Errorf("a person of the account is told as %s", known.Mask(said))
	}
	text := r.Explain(&r.Runs[0]).String()
	if told := r.Mask(text); !strings.Contains(text, "ada@example.com") || strings.Contains(told, "ada@example.com") || !strings.Contains(told, "is told of") {
		t.Errorf("%s is told as %s", text, told)
	}
}

// TestPersonsOfProfilesAreMasked: somebody whom only a profile of the account names is
// not told of either.
func TestPersonsOfProfilesAreMasked(t *testing.T) {
	t.Parallel()
	live := strings.Replace(files, "account {", "account {\n  profiles = [{ id = 11, kind = \"common\", contact = { type = \"2\", name = \"Grace Example\", organization = \"Grace Example\" } }]", 1)
	r := runnertest.Results(t, written(t, live+"run \"r\" {\n  command = plan\n  assert {\n    condition     = false\n    error_message = \"It is ${live.profiles[0].contact.name}.\"\n  }\n}\n"), false)["account.test.hcl"]
	if said := told(r); !strings.Contains(said, "It is Grace Example") || strings.Contains(r.Mask(said), "Grace Example") {
		t.Errorf("a person of a profile is told as %s", r.Mask(said))
	}
}

// TestGoldenPlansOutliveReleases: another version of the program prints the same plan.
func TestGoldenPlansOutliveReleases(t *testing.T) {
	t.Parallel()
	dir := written(t, files+"run \"r\" {\n  command = plan\n  golden  = \"plan.json\"\n}\n")
	runnertest.Results(t, dir, true)
	for _, version := range []string{"v1.0.0", "v2.0.0"} {
		synctest.Test(t, func(t *testing.T) {
			r := testrunner.PlayFile(t.Context(), "account.test.hcl", testrunner.Options{FS: os.DirFS(dir), Dir: dir, Version: version, Timeline: runnertest.Bubble})
			if r.Failed() {
				t.Errorf("with %s: %s", version, told(r))
			}
		})
	}
}
