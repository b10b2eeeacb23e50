package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/schematest"
)

// Files that the ways to end begin with.
const (
	lockedFile  = "domain \"example.com\" {\n  transfer_lock = true\n}\n"
	guardedFile = "guard {\n  max_delegations = 0\n}\n\ndomain \"example.com\" {\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n}\n"
	blockedFile = "domain \"example.com\" {\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n}\n"
	signedFile  = "domain \"example.com\" {\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n  transfer_lock = true\n}\n"
)

// A way is a way in which a command can end that may be asked for a report.
type way struct {
	files, command string
	account        snapshot.Domain // beside what every name has
	rules          []simulator.Fault
	before         string // a command that is run before
	code           int
	reason         string // the first word of why
	line           string // a part of the last line
}

// ways are all of them, but for those that need signals, other processes or streams,
// which have tests of their own.
var ways = map[string]way{
	"done":                      {files: lockedFile, command: "apply --auto-approve"},
	"nothing to do":             {files: lockedFile, command: "apply --auto-approve", account: snapshot.Domain{TransferLock: wire.LockOn}},
	"nothing to resume":         {files: lockedFile, command: "resume"},
	"nothing to abandon":        {files: lockedFile, command: "resume --abandon"},
	"unapproved":                {files: lockedFile, command: "apply --auto-approve=none", code: exitPending, reason: "unapproved", line: "example.com (transfer_lock)"},
	"nobody to ask":             {files: lockedFile, command: "apply", code: exitError, reason: "error", line: "the plan needs approval"},
	"a guard refuses":           {files: guardedFile, command: "apply --auto-approve", code: exitGuard, reason: "guard_refused", line: "max_delegations"},
	"blocked":                   {files: blockedFile, command: "apply --auto-approve", account: snapshot.Domain{UpdateLock: wire.LockOn}, code: exitFailed, reason: "blocked", line: "example.com (nameservers)"},
	"known":                     {files: blockedFile, command: "apply --auto-approve --accept example.com/nameservers", account: snapshot.Domain{UpdateLock: wire.LockOn}},
	"a plan":                    {files: lockedFile, command: "plan"},
	"a plan with changes":       {files: lockedFile, command: "plan --detailed-exitcode", code: exitPending, reason: "pending"},
	"a plan of what is blocked": {files: blockedFile, command: "plan", account: snapshot.Domain{UpdateLock: wire.LockOn}, code: exitFailed, reason: "blocked", line: "example.com (nameservers)"},
	"a plan that is not saved":  {files: lockedFile, command: "plan --out nowhere/plan.json", code: exitError, reason: "error", line: "the plan cannot be saved"},
	"missing":                   {files: lockedFile + "domain \"example.org\" {\n  transfer_lock = true\n}\n", command: "apply --auto-approve", code: exitFailed, reason: "missing", line: "example.org"},
	"failed":                    {files: lockedFile, command: "apply --auto-approve", rules: []simulator.Fault{{Kind: simulator.FailDetail, Message: "the registry refused it"}}, code: exitFailed, reason: "failed", line: "the registry refused it"},
	"settled":                   {files: lockedFile, command: "apply --auto-approve", before: "apply --auto-approve"},
	"the files are wrong":       {files: "domain {", command: "apply", code: exitError, reason: "error", line: "the files have 1 error"},
	"another account":           {files: "account {\n  id = \"7\"\n}\n" + lockedFile, command: "apply --auto-approve", code: exitError, reason: "error", line: "account"},
	"the account is silent":     {files: lockedFile, command: "apply --auto-approve", rules: []simulator.Fault{{Kind: simulator.Fail5xx, Status: 403, Code: "Forbidden.RAM", Message: "not allowed"}}, code: exitError, reason: "error", line: "Forbidden.RAM"},
	"no such flag":              {files: lockedFile, command: "apply --nope", code: exitError, reason: "error", line: "no flag is called --nope"},
	"no value for a flag":       {files: lockedFile, command: "apply --limit -1", code: exitError, reason: "error", line: "--limit -1"},
	"two plans":                 {files: lockedFile, command: "apply a.json b.json", code: exitError, reason: "error", line: "one PLAN at most"},
	"no such plan":              {files: lockedFile, command: "apply missing.json", code: exitError, reason: "error", line: "missing.json"},
	"no such target":            {files: lockedFile, command: "apply --target example.org", code: exitError, reason: "error", line: "--target"},
	"no such directory":         {files: lockedFile, command: "apply --dir nowhere", code: exitError, reason: "error", line: "No configuration (nowhere)"},
	"a transfer in, no key":     {files: lockedFile, command: "transfers in order example.org --yes", code: exitError, reason: "error"},
	"a level that is no one":    {files: lockedFile, command: "apply --log-level loud", code: exitError, reason: "error", line: "choose debug, info, warn or error"},
}

// TestEveryEndHasItsReport: however a command ends, its report says with which exit
// code and why, as the last line of standard error does, and is as its schema says.
func TestEveryEndHasItsReport(t *testing.T) {
	t.Parallel()
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), w.files)
			sim := simulator.New(simulator.Options{Seed: 1, Account: w.live(), Faults: simulator.Faults{Rules: w.rules}})
			run := func(command string, more ...string) outcome {
				args := append(strings.Fields(command), "--endpoint", "https://domain.example", "--state", filepath.Join(dir, "state"))
				if !strings.Contains(command, "--dir") {
					args = append(args, "--dir", dir)
				}
				return hereOver(t, sim.Transport(), append(args, more...)...)
			}
			if w.before != "" {
				run(w.before).want(t, exitDone)
			}
			report := filepath.Join(dir, "report.json")
			out := run(w.command, "--report", report).want(t, w.code)
			checkEnd(t, report, out, w)
		})
	}
}

// live is the account.
func (w way) live() *snapshot.Account {
	d := w.account
	d.Name, d.Nameservers, d.DSRecords = "example.com", []string{"ns0.example.net"}, []snapshot.DSRecord{}
	return &snapshot.Account{ID: "42", Domains: []snapshot.Domain{d}}
}

// checkEnd compares a report and the last line with how a command is to end.
func checkEnd(t *testing.T, file string, out outcome, w way) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.stderr)
	}
	v := schematest.Parse(t, text).(map[string]any)
	for _, problem := range schematest.Read(t, "../../docs/report.schema.json").Check(v, "the report") {
		t.Errorf("%s\n%s", problem, text)
	}
	reason, _ := v["reason"].(string)
	line, _ := v["last_line"].(string)
	if v["exit_code"] != float64(w.code) || reason != w.reason || !strings.Contains(line, w.line) {
		t.Errorf("the report says %v, %q, %q, want %d, %q and %q", v["exit_code"], reason, line, w.code, w.reason, w.line)
	}
	if last := lastLine(out.stderr); line != "" && last != line || line == "" && strings.HasPrefix(last, "exit ") {
		t.Errorf("the last line is %q, and the report has %q\n%s", last, line, out.stderr)
	}
	if (w.code == exitDone) != (line == "") {
		t.Errorf("the exit code is %d, and the last line %q", w.code, line)
	}
	return v
}

// lastLine is the last line of a text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1]
}
