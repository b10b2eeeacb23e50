package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// helpExamples are what the help of commands shows, by the command without the
// program's name; a test runs each as far as its flags and arguments.
var helpExamples = map[string][]string{
	"validate":             {"validate", "validate --dir accounts/corp --var wave=2", "validate --format github"},
	"fmt":                  {"fmt", "fmt --check --diff --dir accounts/corp"},
	"test":                 {"test", "test wave_one", "test --update"},
	"plan":                 {"plan", "plan --out plan.json", "plan --target '*.example' --limit 10", "plan --format markdown --live snapshot.json --detailed-exitcode", "plan --store --commit 5f0e3d1c9b7a2846e1d0c3b5a79f8e6d4c2b1a09 --label request=12 --format markdown", "plan --all --root accounts --changed-since origin/main --format markdown"},
	"show":                 {"show plan.json", "show plan.json --format markdown", "show plan.json --format html", "show --reviewed 9c56cc51b374"},
	"resume":               {"resume", "resume --abandon", "resume --relock-only"},
	"runs list":            {"runs list", "runs list --format json"},
	"runs show":            {"runs show 12", "runs show 12 --format html", "runs show 12 --format hcl"},
	"runs money":           {"runs money", "runs money --months --since 2026-01-01", "runs money --against-account"},
	"state move":           {"state move postgres://db.example.com/domainsync", "state move oss://bucket/domainsync"},
	"state backup":         {"state backup --out state.backup"},
	"state restore":        {"state restore state.backup"},
	"state check":          {"state check", "state check --against-account"},
	"runs prune":           {"runs prune"},
	"jobs list":            {"jobs list --state /var/lib/domainsync", "jobs list --format json"},
	"jobs show":            {"jobs show corp", "jobs show corp --events 12"},
	"jobs run":             {"jobs run corp", "jobs run corp --wait 10m"},
	"jobs cancel":          {"jobs cancel corp --reason 'wrong prices'"},
	"jobs pause":           {"jobs pause corp --reason 'registry maintenance until Monday'"},
	"jobs backup":          {"jobs backup --state /var/lib/domainsync --out fleet.backup"},
	"jobs restore":         {"jobs restore fleet.backup --state /var/lib/domainsync"},
	"jobs resume":          {"jobs resume corp"},
	"jobs log":             {"jobs log", "jobs log corp --format csv"},
	"domains list":         {"domains list", "domains list --expires-before 60d --sort expires", "domains list --where signed=no --where 'nameservers=*.example.net' --columns name,nameservers", "domains list --unmanaged --format csv"},
	"domains show":         {"domains show example.com", "domains show 'shop*.example' --format json", "domains show example.com --live snapshot.json"},
	"report":               {"report --out report.html", "report --format json --out report.json", "report --format csv --section renewals --by cost_centre", "report --format ics --out expiry.ics --target '*.example'", "report --offline --format csv --section endangered"},
	"import":               {"import --out corp", "import --add --dir corp --target '*.example'", "import --zone com.zone --existing --attributes nameservers --out corp"},
	"console":              {"console 'length(portfolio.domains)'", "console --live snapshot.json '[for c in plan.changes : c.domain if c.hazard == \"delegation\"]'"},
	"snapshot":             {"snapshot --out live.json", "snapshot --since live.json --out live.json"},
	"check":                {"check example.com example.org"},
	"tasks list":           {"tasks list", "tasks list --format csv"},
	"tasks show":           {"tasks show 80a94a61-d4a9-4a22-9a35-3c7e1a2d5a3f"},
	"tasks wait":           {"tasks wait 80a94a61-d4a9-4a22-9a35-3c7e1a2d5a3f"},
	"tasks cancel":         {"tasks cancel 80a94a61-d4a9-4a22-9a35-3c7e1a2d5a3f"},
	"tasks ack":            {"tasks ack 80a94a61-d4a9-4a22-9a35-3c7e1a2d5a3f", "tasks ack --all"},
	"hosts sync":           {"hosts sync example.com"},
	"ds sync":              {"ds sync example.com"},
	"log":                  {"log", "log --format json"},
	"transfers in list":    {"transfers in list"},
	"transfers in show":    {"transfers in show example.com"},
	"transfers in resend":  {"transfers in resend example.com"},
	"transfers in code":    {"transfers in code example.com"},
	"transfers in cancel":  {"transfers in cancel example.com"},
	"transfers out show":   {"transfers out show example.com"},
	"transfers out code":   {"transfers out code example.com"},
	"transfers out cancel": {"transfers out cancel example.com"},
	"audits list":          {"audits list"},
	"audits show":          {"audits show 7"},
	"audits submit":        {"audits submit example.com --info audit.json"},
	"audits cancel":        {"audits cancel 7"},
	"emails list":          {"emails list"},
	"emails verify":        {"emails verify hostmaster@example.com"},
	"emails resend":        {"emails resend hostmaster@example.com"},
	"emails delete":        {"emails delete hostmaster@example.com"},
	"profiles list":        {"profiles list"},
	"api list":             {"api list"},
	"api describe":         {"api describe QueryDomainList"},
	"demo":                 {"demo", "demo --out tour"},
	"simulator":            {"simulator --listen 127.0.0.1:8080", "simulator --live snapshot.json --hostile --seed 7", "simulator --live snapshot.json -- sh"},
	"version":              {"version"},
}

// addExamples adds the examples to the help of the commands.
func addExamples(cmd *cobra.Command) {
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
	if cmd.Example == "" {
		for _, line := range helpExamples[path] {
			cmd.Example += "\n  domainsync " + line
		}
		cmd.Example = strings.TrimPrefix(cmd.Example, "\n")
	}
	for _, c := range cmd.Commands() {
		addExamples(c)
	}
}
