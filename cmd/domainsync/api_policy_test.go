package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// policyPortfolio declares most of what can be: locked names that are opened for a
// while, hosts, DS records, contacts, renewals, registrations and what follows them.
const policyPortfolio = `
account {
  id = "1406926474064770"
}
guard {
  max_change_percent              = 100
  max_registrant_changes          = 10
  registrant_transfer_prohibition = false
}
budget {
  amount   = 1000
  currency = "USD"
}
prices {
  com = { register = 10, renew = 10, redeem = 80 }
}
contact "hostmaster" {
  type               = "enterprise"
  organization       = "Example Ltd"
  name               = "Ada Example"
  email              = "hostmaster@example.com"
  country            = "GB"
  province           = "London"
  city               = "Leeds"
  address            = "1 Example Street"
  postal_code        = "N1 1AA"
  phone_country_code = "44"
  phone              = "2000000000"
}
template "corp" {
  nameservers      = ["ns3.example.net", "ns4.example.net"]
  transfer_lock    = true
  update_lock      = true
  temporary_unlock = true
  privacy          = true
  admin            = contact.hostmaster
  renewal          = { min_days_left = 500, max_price = 30 }
}
domains "all" {
  names    = ["alpha.com", "beta.com"]
  template = template.corp
}
domain "gamma.com" {
  template   = template.corp
  registrant = contact.hostmaster
  hosts      = { ns1 = ["192.0.2.1"] }
  ds_records = [{ key_tag = 2371, algorithm = 13, digest_type = 2, digest = "1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F1F" }]
  ds_hold    = "0s"
}
`

// TestPolicyPermitsWhatRunsNeed: under a service that refuses every operation that the
// policy does not name, a portfolio is planned, changed, verified and found as it is
// declared; a plan needs the policy of readers alone.
func TestPolicyPermitsWhatRunsNeed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), policyPortfolio)
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, policyAccount())

	whole := strictSimulator(t, live, policyOf(t, dir))
	connect := []string{"--dir", dir, "--endpoint", whole.endpoint, "--qps", "1000"}
	out := runProgram(t, append(connect, "plan")...).want(t, exitDone)
	wantPermitted(t, out)
	out = runProgram(t, append(connect, "apply", "--auto-approve")...)
	wantPermitted(t, out)
	for _, attribute := range []string{"nameservers", "hosts", "admin", "renewal", "privacy"} {
		if !strings.Contains(out.stdout, attribute+" changed and verified") {
			t.Errorf("%s was not changed:\n%s\n%s", attribute, tail(out.stdout), tail(out.stderr))
		}
	}
	wantPermitted(t, runProgram(t, append(connect, "plan")...))

	readers := policyOf(t, dir, "--read-only")
	sim := strictSimulator(t, live, readers)
	connect[3] = sim.endpoint
	connect = append(connect, "--state", t.TempDir())
	wantPermitted(t, runProgram(t, append(connect, "plan")...).want(t, exitDone))
	if out := runProgram(t, append(connect, "apply", "--auto-approve")...); !strings.Contains(out.stdout+out.stderr, "Forbidden.RAM") {
		t.Errorf("the policy of readers lets an apply write:\n%s\n%s", tail(out.stdout), tail(out.stderr))
	}
	for _, name := range readers {
		if wire.Lookup(name).Access == wire.Write {
			t.Errorf("the policy of readers permits %s", name)
		}
	}
}

// TestPolicyIsLeast: files that declare one thing are permitted that alone.
func TestPolicyIsLeast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), `domain "example.com" { transfer_lock = true }`)
	permitted := policyOf(t, dir)
	for _, name := range permitted {
		if o := wire.Lookup(name); o.Spends || strings.Contains(name, "Dns") || strings.Contains(name, "Contact") && o.Access == wire.Write {
			t.Errorf("a transfer lock is permitted %s", name)
		}
	}
	if !slices.Contains(permitted, "SaveBatchTaskForTransferProhibitionLock") {
		t.Errorf("a transfer lock may not be set: %v", permitted)
	}
}

func wantPermitted(t *testing.T, out outcome) {
	t.Helper()
	if strings.Contains(out.stdout+out.stderr, "Forbidden.RAM") {
		t.Errorf("refused:\n%s\n%s", tail(out.stdout), tail(out.stderr))
	}
}

// policyOf returns the operations that the policy of a directory permits.
func policyOf(t *testing.T, dir string, flags ...string) (names []string) {
	t.Helper()
	out := runProgram(t, append([]string{"api", "policy", "--dir", dir}, flags...)...).want(t, exitDone)
	var policy ramPolicy
	if err := json.Unmarshal([]byte(out.stdout), &policy); err != nil || len(policy.Statement) != 1 || policy.Version != "1" {
		t.Fatalf("no policy: %v\n%s", err, out.stdout)
	}
	for _, o := range wire.Operations() {
		actions, _ := wire.RAMActions(o.Name)
		if slices.ContainsFunc(actions, func(a string) bool { return slices.Contains(policy.Statement[0].Action, a) }) {
			names = append(names, o.Name)
		}
	}
	return names
}

// strictSimulator starts a simulator that refuses all operations but some.
func strictSimulator(t *testing.T, live string, permitted []string) *simulatorProcess {
	t.Helper()
	var rules []string
	for _, o := range wire.Operations() {
		if !slices.Contains(permitted, o.Name) {
			rules = append(rules, fmt.Sprintf(`{"kind":"error","operation":%q,"status":403,"code":"Forbidden.RAM","message":"You are not authorized to do this."}`, o.Name))
		}
	}
	faults := filepath.Join(t.TempDir(), "faults.json")
	writeText(t, faults, `{"rules":[`+strings.Join(rules, ",")+`]}`)
	return simulate(t, "--live", live, "--faults", faults, "--real-name", "SUCCEED")
}

// policyAccount is an account with the names of the portfolio, otherwise than declared.
func policyAccount() string {
	var rows []string
	for _, name := range []string{"alpha.com", "beta.com", "gamma.com"} {
		rows = append(rows, fmt.Sprintf(`{"name":%q,"nameservers":["ns1.example.net","ns2.example.net"],"transfer_lock":"CLOSE","update_lock":"OPEN","ds_records":[],"hosts":[]}`, name))
	}
	return `{"format_version":1,"account":"1406926474064770","read_at":"2026-01-02T03:04:05Z","domains":[` + strings.Join(rows, ",") + `]}`
}
