package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/internal/schematest"
)

// workflowCommand is what a runner of GitHub reads in a line.
type workflowCommand struct {
	name       string
	properties map[string]string
	message    string
}

// parseWorkflowCommand reads a line as a runner does: a command begins with two colons
// behind blanks, and the next two colons end its properties.
func parseWorkflowCommand(line string) (c workflowCommand, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "::")
	if !ok {
		return c, false
	}
	head, message, ok := strings.Cut(rest, "::")
	if !ok {
		return c, false
	}
	name, properties, _ := strings.Cut(head, " ")
	c = workflowCommand{name: name, properties: make(map[string]string)}
	for p := range strings.SplitSeq(properties, ",") {
		key, value, _ := strings.Cut(p, "=")
		c.properties[key] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
	}
	c.message = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(message)
	return c, true
}

// brokenDirectory writes files with mistakes, in which a text stands, below a new
// directory, and returns it.
func brokenDirectory(t *testing.T, name, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Skip(err)
	}
	writeText(t, filepath.Join(dir, "main.hcl"), spell(hostileDirectory, text))
	writeText(t, filepath.Join(dir, "table.csv"), "name\n"+text+"\n")
	writeNamed(t, dir, text)
	return dir
}

// TestAnnotationsAreInert: whatever files hold, standard output has no workflow command
// but annotations, each in one line, and none of their texts acts.
func TestAnnotationsAreInert(t *testing.T) {
	t.Parallel()
	for _, text := range append(inerttest.Hostile(), "a,line=1::b", "100%0A::error::x", "a%3A%2Cb") {
		dir := brokenDirectory(t, "a,b::c%0Ad", text)
		var out, errs bytes.Buffer
		code := run([]string{"validate", "--format", "github", "--dir", dir}, strings.NewReader(""), &out, &errs)
		if code != exitError {
			t.Fatalf("%q: exit code %d: %s", text, code, errs.String())
		}
		found := 0
		for line := range strings.Lines(out.String()) {
			c, command := parseWorkflowCommand(line)
			if !command {
				if acts := inerttest.Acts(line); acts != "" {
					t.Errorf("%q: %s in %q", text, acts, line)
				}
				continue
			}
			found++
			if c.name != severityError && c.name != severityWarning || !strings.HasPrefix(line, "::") {
				t.Errorf("%q: the command %q in %q", text, c.name, line)
			}
			if file := c.properties["file"]; file != "" && filepath.Dir(file) != dir {
				t.Errorf("%q: the file %q, not one of %s", text, file, dir)
			}
			if acts := inerttest.Acts(strings.TrimPrefix(line, "::")); acts != "" {
				t.Errorf("%q: %s in %q", text, acts, line)
			}
		}
		if found == 0 {
			t.Errorf("%q: no annotation in %s", text, out.String())
		}
	}
}

// TestAnnotationsPointToTheRepository: files are named from where the repository was
// checked out, wherever the command runs.
func TestAnnotationsPointToTheRepository(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "accounts", "corp")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "main.hcl"), "variable \"n\" {\n  type = list(number)\n}\ndomain \"example.com\" {\n  namservers = []\n}\n")
	values := filepath.Join(root, "values.hcl")
	writeText(t, values, "n = [1]\nm = 2\n")
	var out bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &out)
	a.getenv = func(name string) string { return map[string]string{"GITHUB_WORKSPACE": root}[name] }
	if code := a.execute(t.Context(), []string{"validate", "--format", "github", "--dir", dir, "--var-file", values, "--var", "n=[1"}); code != exitError {
		t.Fatalf("exit code %d: %s", code, out.String())
	}
	got := make(map[string]string)
	for line := range strings.Lines(out.String()) {
		if c, ok := parseWorkflowCommand(line); ok {
			got[c.properties["file"]] += " " + c.properties["line"]
		}
	}
	if got["accounts/corp/main.hcl"] != " 5" || got["values.hcl"] != " 2" || len(got) != 3 {
		t.Errorf("files and lines %v in %s", got, out.String())
	}
	if _, ok := got[""]; !ok { // that of the flag
		t.Errorf("no annotation without a file in %s", out.String())
	}
}

// TestValidateJSON holds what validate prints to its schema, with mistakes and without.
func TestValidateJSON(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "../../docs/validate.schema.json")
	good := filepath.Join(t.TempDir(), "good")
	if err := os.MkdirAll(good, 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(good, "main.hcl"), "domains \"all\" {\n  names = [\"example.com\", \"example.net\"]\n  nameservers = [\"ns1.example.org\"]\n}\n")
	for _, test := range []struct {
		dir    string
		code   int
		valid  bool
		names  float64
		errors bool
	}{
		{good, exitDone, true, 2, false},
		{brokenDirectory(t, "broken", "::error::x"), exitError, false, 0, true},
		{filepath.Join(good, "nowhere"), exitError, false, 0, true},
	} {
		var out, errs bytes.Buffer
		if code := run([]string{"validate", "--format", "json", "--dir", test.dir}, strings.NewReader(""), &out, &errs); code != test.code {
			t.Fatalf("%s: exit code %d: %s", test.dir, code, errs.String())
		}
		v := schematest.Parse(t, out.Bytes()).(map[string]any)
		for _, problem := range schema.Check(v, "validation") {
			t.Errorf("%s: %s", test.dir, problem)
		}
		if v["valid"] != test.valid || v["names"] != test.names || (v["errors"].(float64) > 0) != test.errors {
			t.Errorf("%s: %s", test.dir, out.String())
		}
		if acts := inerttest.Acts(out.String()); acts != "" {
			t.Errorf("%s: %s in %s", test.dir, acts, out.String())
		}
		if v := float64(len(v["diagnostics"].([]any))); !test.valid && v == 0 {
			t.Errorf("%s: no diagnostics", test.dir)
		}
	}
}
