package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/schematest"
)

// TestRunsAreShownInEveryForm: a run that failed in part is shown with values, words of
// the service, request numbers and forecast in each form, and its JSON is as
// docs/runs.schema.json says, which lets nothing else pass.
func TestRunsAreShownInEveryForm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), "domains \"all\" {\n  names         = [\"example.com\", \"example.net\"]\n  transfer_lock = true\n}\n")
	account := &snapshot.Account{ID: "42"}
	for _, name := range []string{"example.com", "example.net"} {
		account.Domains = append(account.Domains, snapshot.Domain{Name: name, Nameservers: []string{"ns0.example.net"}, DSRecords: []snapshot.DSRecord{}})
	}
	const refusal = "<b>refused</b> =1+1 \x1b[31m"
	sim := simulator.New(simulator.Options{Seed: 1, Account: account, Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.FailDetail, Names: []string{"example.net"}, Message: refusal},
	}}})
	run := func(line string) outcome {
		return hereOver(t, sim.Transport(), append(strings.Fields(line), "--endpoint", "https://domain.example", "--dir", dir)...)
	}
	run("apply --auto-approve").want(t, exitFailed)

	listed := checkRuns(t, run("runs list --format json").want(t, exitDone).stdout)
	row := listed["runs"].([]any)[0].(map[string]any)
	if row["kind"] != "apply" || row["exit_code"] != float64(exitFailed) || row["reason"] != "failed" || !strings.Contains(row["by"].(string), "@") || row["details"] != nil {
		t.Errorf("the run is listed as %v", row)
	}
	shown := checkRuns(t, run("runs show 1 --format json").want(t, exitDone).stdout)
	details := shown["runs"].([]any)[0].(map[string]any)["details"].(map[string]any)
	failed := details["changes"].([]any)[1].(map[string]any)
	if failed["domain"] != "example.net" || failed["before"] != false || failed["after"] != true || failed["standing"] != "failed" || failed["request_id"] == nil {
		t.Errorf("the failed change is shown as %v", failed)
	}
	request, task := failed["request_id"].(string), failed["task"].(string)
	for _, format := range []string{"text", "markdown", "html"} {
		out := run("runs show 1 --format "+format).want(t, exitDone).stdout
		for _, want := range []string{"example.com", "example.net", request, task, "verified", "foreseen", "exit code 4", "off", "on"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", format, want, out)
			}
		}
		if strings.Contains(out, "\x1b") || format != "text" && strings.Contains(out, "<b>refused") {
			t.Errorf("%s shows what the service said as it is", format)
		}
	}
	for line, want := range map[string]string{
		"runs list --format csv":                           "example.com, example.net: transfer_lock 2",
		"runs list --format tsv --outcome failed":          "failed 1, verified 1",
		"runs list --name example.net --format csv":        "apply",
		"runs list --name example.org --format csv":        "",
		"runs list --attribute transfer_lock --format csv": "apply",
		"runs list --attribute nameservers":                "",
		"runs list --hazard lock --format csv":             "apply",
		"runs list --hazard money":                         "",
		"runs list --by nobody-is-called-so --limit 0":     "",
	} {
		out := run(line).want(t, exitDone)
		if !strings.Contains(out.stdout, want) || want == "" && !strings.Contains(out.stderr, "no such run") {
			t.Errorf("%s prints %q and %q, want %q", line, out.stdout, out.stderr, want)
		}
	}
	for line, want := range map[string]string{
		"runs list --kind dance":     "--kind",
		"runs list --outcome good":   "--outcome",
		"runs list --attribute dns":  "--attribute",
		"runs list --hazard death":   "--hazard",
		"runs list --since tomorrow": "--since",
		"runs list --name a..b":      "--name",
		"runs list --limit -1":       "--limit -1",
		"runs show 1 --format pdf":   "--format",
		"runs show 2":                "no run 2",
	} {
		if out := run(line).want(t, exitError); !strings.Contains(out.stderr, want) {
			t.Errorf("%s says %q, want %q", line, out.stderr, want)
		}
	}
}

// TestRunsShowOrdersAsMoneyDoes: runs show and runs money tell the same of an order: amount
// and currency, the planned price, the order task and the account's answer.
func TestRunsShowOrdersAsMoneyDoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), "budget {\n  amount = 100\n  currency = \"USD\"\n}\nprices {\n  com = { renew = 10.5 }\n}\ndomains \"all\" {\n  names   = [\"example.com\", \"example2.com\"]\n  renewal = { min_days_left = 60, max_price = 20 }\n}\n")
	account := &snapshot.Account{ID: "42"}
	for _, name := range []string{"example.com", "example2.com"} {
		account.Domains = append(account.Domains, snapshot.Domain{Name: name, InstanceID: name, Expires: time.Now().AddDate(0, 0, 40), Nameservers: []string{"ns0.example.net"}, DSRecords: []snapshot.DSRecord{}})
	}
	sim := simulator.New(simulator.Options{Seed: 1, Account: account, Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.FailDetail, Names: []string{"example2.com"}, Message: "The registry says no."},
	}}})
	run := func(line string) outcome {
		return hereOver(t, sim.Transport(), append(strings.Fields(line), "--endpoint", "https://domain.example", "--dir", dir)...)
	}
	run("apply --auto-approve").want(t, exitFailed)
	shown := checkRuns(t, run("runs show 1 --format json").want(t, exitDone).stdout)
	orders := shown["runs"].([]any)[0].(map[string]any)["details"].(map[string]any)["purchases"].([]any)
	money := schematest.Parse(t, []byte(run("runs money --format json").want(t, exitDone).stdout)).(map[string]any)["purchases"].([]any)
	if diff := cmp.Diff(money, orders); diff != "" || len(orders) != 2 {
		t.Errorf("runs show has other orders than runs money: %s", diff)
	}
	for _, o := range orders {
		o := o.(map[string]any)
		planned := o["planned"].(map[string]any)
		if o["domain"] == "example.com" && (o["amount"] != 10.5 || planned["amount"] != 10.5 || o["currency"] != "USD" || o["task"] == nil) ||
			o["domain"] == "example2.com" && (o["message"] != "The registry says no." || o["state"] != "failed") {
			t.Errorf("an order is shown as %v", o)
		}
	}
}

// checkRuns reads runs as JSON, and compares them with their schema.
func checkRuns(t *testing.T, text string) map[string]any {
	t.Helper()
	v := schematest.Parse(t, []byte(text)).(map[string]any)
	schema := schematest.Read(t, "../../docs/runs.schema.json")
	for _, problem := range schema.Check(v, "runs") {
		t.Errorf("%s\n%s", problem, text)
	}
	v["runs"].([]any)[0].(map[string]any)["unknown"] = true
	if len(schema.Check(v, "runs")) == 0 {
		t.Error("the schema lets anything pass")
	}
	delete(v["runs"].([]any)[0].(map[string]any), "unknown")
	return v
}

// TestActorOfARunner: a run of a CI is known by its number, who has triggered it and an
// address without secrets; elsewhere it is a person at a machine.
func TestActorOfARunner(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env      map[string]string
		by, link string
	}{
		"a person": {map[string]string{"USER": "ada"}, "ada@", ""},
		"GitHub": {map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "12", "GITHUB_ACTOR": "octo", "GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "corp/names", "USER": "runner",
		}, "octo, GitHub Actions run 12", "https://git.example/corp/names/actions/runs/12"},
		"GitLab":            {map[string]string{"GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_JOB_URL": "https://user:secret@git.example/-/jobs/7?token=secret#x"}, "GitLab CI run 7", "https://git.example/-/jobs/7"},
		"no address":        {map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "12"}, "GitHub Actions run 12", ""},
		"a hostile address": {map[string]string{"GITLAB_CI": "true", "CI_JOB_URL": "javascript:alert(1)"}, "GitLab CI", ""},
	} {
		a := newApp(strings.NewReader(""), new(strings.Builder), new(strings.Builder))
		a.getenv = func(variable string) string { return test.env[variable] }
		got := a.actor()
		if name == "a person" && strings.HasPrefix(got.By, test.by) {
			got.By = test.by
		}
		if got.By != test.by || got.Link != test.link {
			t.Errorf("%s: %+v, want %q, %q", name, got, test.by, test.link)
		}
	}
}

// TestMoneyIsReconciledWithTheAccount: what runs ordered is compared with the account name
// by name, an order of the console is told with its names, and the JSON is as
// docs/money.schema.json says, which lets nothing else pass.
func TestMoneyIsReconciledWithTheAccount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), `
budget {
  amount   = 100
  currency = "USD"
}
prices {
  com = { renew = 11 }
}
domains "kept" {
  names   = ["example.com", "my-example.com"]
  renewal = { min_days_left = 60 }
}
`)
	account := &snapshot.Account{ID: "42"}
	for _, name := range []string{"example.com", "example.net", "my-example.com"} {
		account.Domains = append(account.Domains, snapshot.Domain{Name: name, Expires: time.Now().AddDate(0, 0, 40).UTC()})
	}
	sim := simulator.New(simulator.Options{Seed: 1, Account: account, Faults: simulator.Faults{Rules: []simulator.Fault{
		{Kind: simulator.FailDetail, Names: []string{"my-example.com"}, Message: "no \x1b[31mbalance", Count: 1},
	}}})
	run := func(line string) outcome {
		return hereOver(t, sim.Transport(), append(strings.Fields(line), "--endpoint", "https://domain.example", "--dir", dir)...)
	}
	checkMoney(t, run("runs money --format json").want(t, exitDone).stdout)
	run("apply --auto-approve").want(t, exitFailed)
	if out := run("runs money --against-account").want(t, exitDone); !strings.Contains(out.stderr, "2 orders since") || !strings.Contains(out.stderr, "agree") {
		t.Errorf("of equal orders it says %q", out.stderr)
	}
	money := checkMoney(t, run("runs money --against-account --format json").want(t, exitDone).stdout)
	standing := make(map[any]any)
	for _, p := range money["purchases"].([]any) {
		p := p.(map[string]any)
		answer := p["account"].(map[string]any)
		standing[p["domain"]] = answer["agreement"].(string) + " " + answer["status"].(string)
		if p["planned"].(map[string]any)["amount"] != float64(11) || p["amount"] != float64(11) || answer["task"] != p["task"] {
			t.Errorf("an order is told as %v", p)
		}
	}
	if standing["example.com"] != "agrees EXECUTE_SUCCESS" || standing["my-example.com"] != "agrees EXECUTE_FAILURE" {
		t.Errorf("the account says %v", standing)
	}
	run("api call SaveSingleTaskForCreatingOrderRenew DomainName=example.net SubscriptionDuration=1 CurrentExpirationDate="+
		strconv.FormatInt(sim.State().Domain("example.net").Expires.UnixMilli(), 10)+" --yes").want(t, exitDone)
	out := run("runs money --against-account").want(t, exitFailed)
	if !strings.Contains(out.stderr, "(ORDER_RENEW) of 1 name") || !strings.Contains(out.stderr, "example.net EXECUTE_SUCCESS") || strings.Contains(out.stderr, "\x1b") {
		t.Errorf("of an order of the console it says %q", out.stderr)
	}
	money = checkMoney(t, run("runs money --against-account --format json").want(t, exitFailed).stdout)
	unknown := money["account"].(map[string]any)["unknown"].([]any)
	if len(unknown) != 1 || unknown[0].(map[string]any)["domains"].([]any)[0].(map[string]any)["domain"] != "example.net" {
		t.Errorf("of an order of the console it tells %v", unknown)
	}
}

// checkMoney reads orders as JSON, and compares them with their schema.
func checkMoney(t *testing.T, text string) map[string]any {
	t.Helper()
	v := schematest.Parse(t, []byte(text)).(map[string]any)
	schema := schematest.Read(t, "../../docs/money.schema.json")
	for _, problem := range schema.Check(v, "money") {
		t.Errorf("%s\n%s", problem, text)
	}
	v["unknown"] = true
	if len(schema.Check(v, "money")) == 0 {
		t.Error("the schema lets anything pass")
	}
	delete(v, "unknown")
	return v
}
