package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/internal/schematest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// TestPlansSatisfyTheirSchema checks every golden plan, and one with something
// of everything, against docs/plan.schema.json, and reads it back.
func TestPlansSatisfyTheirSchema(t *testing.T) {
	t.Parallel()
	s := schematest.Read(t, "../../docs/plan.schema.json")
	texts := map[string][]byte{"sample": plain(t, sample())}
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if printed, plan := runScenario(t, archive); plan != nil {
			texts[file] = []byte(printed["plan.json"])
		}
	}
	for name, text := range texts {
		for _, problem := range s.Check(schematest.Parse(t, text), "plan") {
			t.Errorf("%s: %s", name, problem)
		}
		p, err := planner.Decode(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := plain(t, p); !bytes.Equal(again, text) {
			t.Errorf("%s is another plan after it was read: %s", name, cmp.Diff(string(text), string(again)))
		}
	}
}

// TestSchemaCatches shows that the schema can fail.
func TestSchemaCatches(t *testing.T) {
	t.Parallel()
	s := schematest.Read(t, "../../docs/plan.schema.json")
	for edit, want := range map[[2]string]string{
		{`"format_version": 1`, `"format_version": 2`}:       "plan.format_version: is 2, not 1",
		{`"hazard": "delegation"`, `"hazard": "boredom"`}:    `plan.changes[0].hazard: is boredom, none of`,
		{`"refuses": true`, `"refuses": "yes"`}:              "plan.guards[1].refuses: is no boolean",
		{`"account":`, `"owner":`}:                           "plan: lacks account",
		{`"seconds": 71`, `"seconds": -1`}:                   "plan.summary.seconds: is below 0",
		{`"ready": 13`, `"done": 13`}:                        "plan.summary.changes: done: is done, none of",
		{`"file": "main.hcl"`, `"file": "main.hcl", "x": 1`}: ": x is not described",
	} {
		text := bytes.Replace(plain(t, sample()), []byte(edit[0]), []byte(edit[1]), 1)
		problems := strings.Join(s.Check(schematest.Parse(t, text), "plan"), "\n")
		if !strings.Contains(problems, want) {
			t.Errorf("%s: got %q, want %q", edit[1], problems, want)
		}
	}
}

func plain(t *testing.T, p *planner.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.JSON(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
