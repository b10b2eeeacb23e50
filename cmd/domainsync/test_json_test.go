package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/internal/schematest"
)

// TestTestsAsJSON holds what test prints for programs to its schema: runs that pass, fail
// and are skipped, a file that cannot be played, and golden files that are written.
//
// It is alone in its process: the time of what it runs passes only while nothing else is
// done there.
func TestTestsAsJSON(t *testing.T) { //nolint:paralleltest // see above
	schema := schematest.Read(t, "../../docs/test.schema.json")
	dir := t.TempDir()
	const account = "account {\n  at = \"2026-12-01T00:00:00Z\"\n  domain \"example.com\" {\n    nameservers = [\"ns1.example.org\", \"ns2.example.org\"]\n  }\n}\n"
	writeText(t, filepath.Join(dir, "main.hcl"), "contact \"ada\" {\n  email = \"ada@example.com\"\n}\n\ndomain \"example.com\" {\n  nameservers = [\"ns1.example.net\", \"ns2.example.net\"]\n}\n")
	writeText(t, filepath.Join(dir, "a.test.hcl"), account+`
run "passes" {
  command = plan
  golden  = "plan.txt"
}
run "fails" {
  command = apply
  faults  = { rules = [{ kind = "fail", message = "ask ada@example.com" }] }
}
run "skipped" {
  command = plan
}
`)
	writeText(t, filepath.Join(dir, "b.test.hcl"), account+"run \"r\" {\n  command = pln\n}\n")
	var last map[string]any
	for _, args := range [][]string{{"--update"}, {}} {
		var out, errs bytes.Buffer
		args = append([]string{"test", "--format", "json", "--dir", dir}, args...)
		if code := run(args, strings.NewReader(""), &out, &errs); code != exitError {
			t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
		}
		last = schematest.Parse(t, out.Bytes()).(map[string]any)
		for _, problem := range schema.Check(last, "tests") {
			t.Errorf("%v: %s", args, problem)
		}
		if said := out.String(); strings.Contains(said, "ada@example.com") || !strings.Contains(said, "Did you mean") {
			t.Errorf("%v: it shows a person, or no mistake: %s", args, said)
		}
		if wrote := strings.Contains(out.String(), `"plan.txt"`); wrote != (args[len(args)-1] == "--update") {
			t.Errorf("%v: written: %v", args, wrote)
		}
	}
	for member, want := range map[string]float64{"passed": 1, "failed": 1, "skipped": 1, "broken": 1} {
		if last[member] != want {
			t.Errorf("%s is %v, want %v", member, last[member], want)
		}
	}
	first := last["files"].([]any)[0].(map[string]any)["runs"].([]any)[1].(map[string]any)
	failure := first["failures"].([]any)[0].(map[string]any)
	if source := failure["source"].(map[string]any); first["outcome"] != "fail" || source["line"] != float64(12) || !strings.HasSuffix(source["file"].(string), "a.test.hcl") {
		t.Errorf("the failure is %v", first)
	}
}
