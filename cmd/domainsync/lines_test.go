package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/schematest"
)

// TestCommandsInLines: with --json standard output holds nothing but lines that
// the schema describes, and the last one says how the process ends, however it
// does.
func TestCommandsInLines(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "../../docs/events.schema.json")
	const locked = "domain \"example.com\" {\n  transfer_lock = true\n}\n"
	const guarded = "guard {\n  max_delegations = 0\n  stop_all = true\n}\n\ndomain \"example.com\" {\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n}\n"
	for name, test := range map[string]struct {
		files, command string
		code           int
		kinds          string
		message        string
	}{
		"a plan":             {locked, "plan --detailed-exitcode", exitPending, "began foreseen read change planned ended", ""},
		"an apply":           {locked, "apply --auto-approve", exitDone, "began settled foreseen read change planned awaiting_approval approved foreseen executing submitted result verified executed ended", ""},
		"nobody approves":    {locked, "apply", exitError, "began settled foreseen read change planned awaiting_approval refused ended", "the plan needs approval"},
		"a guard refuses":    {guarded, "apply --auto-approve", exitGuard, "began settled foreseen read change planned refused ended", "refused by a guard, and stop_all is set; nothing was changed"},
		"the files are bad":  {"domain {", "apply", exitError, "ended", "Unclosed configuration block"},
		"no such flag value": {locked, "apply --limit -1", exitError, "ended", "--limit -1: give a number of names"},
		"no such flag":       {locked, "apply --nope", exitError, "ended", "no flag is called --nope"},
		"no such level":      {locked, "plan --log-level loud", exitError, "ended", "choose debug, info, warn or error"},
		"two plans":          {locked, "apply one.json two.json", exitError, "ended", "one PLAN at most"},
		"another form":       {locked, "plan --format text", exitError, "ended", "leave out --format"},
		"another output":     {locked, "apply --report -", exitError, "ended", "give --report a file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), test.files)
			sim := simulator.New(simulator.Options{Seed: 1, Account: &snapshot.Account{Domains: []snapshot.Domain{{Name: "example.com", Nameservers: []string{"ns0.example.net"}}}}})
			out := hereOver(t, sim.Transport(), append(strings.Fields(test.command), "--json", "--dir", dir, "--endpoint", "https://domain.example")...).want(t, test.code)
			var kinds []string
			var last map[string]any
			for line := range strings.Lines(out.stdout) {
				last = schematest.Parse(t, []byte(line)).(map[string]any)
				kind := last["type"].(string)
				for _, problem := range schema.Check(last, kind) {
					t.Errorf("%s\n%s", problem, line)
				}
				if kind != "reading" && kind != "progress" {
					kinds = append(kinds, kind)
				}
			}
			if got := strings.Join(kinds, " "); got != test.kinds {
				t.Errorf("the lines are\n%s, want\n%s", got, test.kinds)
			}
			said, _ := last["message"].(string)
			if last["exit_code"] != float64(test.code) || !strings.Contains(said, test.message) || test.message != "" && !strings.Contains(out.stderr, test.message) {
				t.Errorf("the last line is %v\nstderr:\n%s", fmt.Sprint(last), out.stderr)
			}
		})
	}
}
