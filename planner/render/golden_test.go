package render_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/executor/testrunner/runnertest"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

const scenarios = "../../testdata/plan"

// goldens are the files of a scenario that -update rewrites.
var goldens = []string{"diagnostics.txt", "plan.txt", "plan.md", "plan.json", "plan.html"}

// scenarioLines is the most that a scenario has.
const scenarioLines = 700

// TestGolden plays the tests of each testdata/plan/NAME.txtar, as "domainsync test"
// does. NAME is the rule that the scenario guards. A scenario is a directory of files and
// their tests. Where it has plan.html, that is the body of the plan's page. People review
// these files: one of more than scenarioLines leaves out what nobody would read.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			got := make(map[string][]byte)
			results, all := play(t, archive, func(name string, text []byte) error {
				got[name] = text
				return nil
			})
			shown := pageOf(t, archive, all, got)
			for _, r := range results {
				fails(t, r)
				for _, p := range all {
					for _, g := range p.Test.Golden {
						shown[g.Name] = true
					}
					if p.Test.Diagnostics != nil {
						shown[p.Test.Diagnostics.Name] = true
					} else if len(p.Diagnostics.Diagnostics) > 0 {
						t.Errorf("run %q: something is said of the files, and its diagnostics are compared with no file:\n%s", p.Run, p.Diagnostics)
					}
				}
			}
			for _, f := range archive.Files {
				if slices.Contains(goldens, f.Name) && !shown[f.Name] {
					t.Errorf("no run is compared with %s", f.Name)
				}
			}
			judge(t, file, archive, got)
		})
	}
}

// play plays the tests of a scenario, and returns what became of them and what each run
// came to. What is to be written into golden files is told to update; nil: nothing is.
func play(t *testing.T, archive *txtar.Archive, update func(name string, text []byte) error) ([]*testrunner.FileResult, []testrunner.Played) {
	t.Helper()
	files := make(fstest.MapFS)
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	names, err := config.TestNames(files)
	if err != nil || len(names) == 0 {
		t.Fatalf("the scenario has no test: nothing was checked (%v)", err)
	}
	var all []testrunner.Played
	var results []*testrunner.FileResult
	for _, name := range names {
		o := testrunner.Options{FS: files, Version: "test", Timeline: runnertest.Bubble, Update: update, Played: func(p testrunner.Played) { all = append(all, p) }}
		synctest.Test(t, func(t *testing.T) { results = append(results, testrunner.PlayFile(t.Context(), name, o)) })
	}
	return results, all
}

// fails tells why a file of tests failed.
func fails(t *testing.T, r *testrunner.FileResult) {
	t.Helper()
	if r.Diagnostics.HasErrors() {
		t.Error(r.Diagnostics.String())
	}
	for i := range r.Runs {
		if run := &r.Runs[i]; run.Outcome != testrunner.Pass {
			t.Errorf("run %q: %s: %s", run.Name, run.Outcome, r.Explain(run))
		}
	}
}

// pageOf adds the page of a scenario that has one, where it is another one, and returns
// that it was looked at.
func pageOf(t *testing.T, archive *txtar.Archive, all []testrunner.Played, got map[string][]byte) map[string]bool {
	t.Helper()
	const name = "plan.html"
	old := member(archive, name)
	if old == nil {
		return map[string]bool{}
	}
	plan := all[len(all)-1].Plan.Masked(personal.NewMasker())
	if page := bodyOf(htmlOf(t, plan)); page != string(old) {
		got[name] = []byte(page)
	}
	return map[string]bool{name: true}
}

// judge wants golden files to be what is printed, or rewrites them.
func judge(t *testing.T, file string, archive *txtar.Archive, got map[string][]byte) {
	t.Helper()
	if *update {
		rewrite(t, file, archive, got)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		t.Errorf("%s is another than expected (go test ./planner/render -update rewrites it):\n%s", name, cmp.Diff(string(member(archive, name)), string(got[name])))
	}
	if n := bytes.Count(txtar.Format(archive), []byte("\n")); n > scenarioLines {
		t.Errorf("it has %d lines, more than %d: leave a golden file out", n, scenarioLines)
	}
}

// TestSavedPlansPrintAlike prints each scenario's plan as JSON, which is what a saved
// plan is, and wants what its plan printed.
func TestSavedPlansPrintAlike(t *testing.T) {
	t.Parallel()
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, plan := runScenario(t, archive)
		if plan == nil {
			continue
		}
		p, err := planner.Decode([]byte(want["plan.json"]))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for name, got := range printed(t, p) {
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("%s: %s is another one from a saved plan:\n%s", file, name, diff)
			}
		}
	}
}

func scenarioFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(scenarios, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario in %s: nothing was checked (%v)", scenarios, err)
	}
	return files
}

// runScenario returns what a scenario's plan looks like, by file, and the plan; nil where
// its configuration has errors. The plan is that of the last run.
func runScenario(t *testing.T, archive *txtar.Archive) (map[string]string, *planner.Plan) {
	t.Helper()
	_, all := play(t, archive, nil)
	if len(all) == 0 {
		t.Fatal("nothing was played")
	}
	plan := all[len(all)-1].Plan
	if plan == nil {
		return nil, nil
	}
	return printed(t, plan.Masked(personal.NewMasker())), plan
}

// printed returns a plan in all formats, by file.
func printed(t *testing.T, plan *planner.Plan) map[string]string {
	t.Helper()
	got := make(map[string]string)
	for name, print := range map[string]func(*bytes.Buffer) error{
		"plan.txt":  func(b *bytes.Buffer) error { return render.Text(b, plan, render.TextOptions{}) },
		"plan.md":   func(b *bytes.Buffer) error { return markdown(b, plan) },
		"plan.json": func(b *bytes.Buffer) error { return render.JSON(b, plan) },
	} {
		var b bytes.Buffer
		if err := print(&b); err != nil {
			t.Fatal(err)
		}
		got[name] = b.String()
	}
	got["plan.html"] = bodyOf(htmlOf(t, plan))
	return got
}

// load returns what a scenario's plan follows from, nil where its configuration has
// errors, or where the plan asks a service.
func load(t *testing.T, archive *txtar.Archive) *planner.Input {
	t.Helper()
	_, all := play(t, archive, nil)
	if len(all) == 0 {
		t.Fatal("nothing was played")
	}
	p := all[len(all)-1]
	if p.Plan == nil || p.Live == nil {
		return nil
	}
	in := &planner.Input{Portfolio: p.Portfolio, Live: p.Live, Version: "test", Limit: p.Test.Limit, Log: planner.Log{Offline: true}}
	if p.History != nil {
		in.History = *p.History
	}
	if p.Test.Approve != nil {
		in.Approval = &planner.Approval{Hazards: p.Test.Approve}
	}
	if p.Test.Target != nil {
		var err error
		if in.Only, err = planner.Select(p.Test.Target.Patterns); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

func member(archive *txtar.Archive, name string) []byte {
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// rewrite writes golden files into a scenario.
func rewrite(t *testing.T, file string, archive *txtar.Archive, got map[string][]byte) {
	t.Helper()
	for _, name := range goldens {
		text, ok := got[name]
		if !ok {
			continue
		}
		if i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name }); i >= 0 {
			archive.Files[i].Data = text
		} else {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: text})
		}
	}
	text := txtar.Format(archive)
	for name, want := range got {
		if again := member(txtar.Parse(text), name); !bytes.Equal(again, want) {
			t.Fatal(errors.New("an expected file has a line that looks like the head of another one"))
		}
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
