package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

const scenarios = "../../testdata/plan"

// expectations are the files of a scenario that -update rewrites; diagnostics
// are written where there are any, a plan where there is no error.
var expectations = []string{"diagnostics.txt", "plan.txt", "plan.md", "plan.json", "plan.html"}

// scenarioLines is the most that a scenario has.
const scenarioLines = 700

// TestGolden plans each testdata/plan/NAME.txtar and compares the plan in all
// formats. NAME is the rule that the scenario guards. Beside configuration
// files it holds live.json, a snapshot, and may hold history.json and
// options.json; see [history] and [options]. Files below last/ are what the last apply
// saw, and log.json is what the change log says of names since. People review these files: one of
// more than scenarioLines leaves out what nobody would read.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := runScenario(t, archive)
		o := optionsOf(t, archive)
		for _, name := range o.Without {
			delete(got, name)
		}
		if !o.HTML {
			delete(got, "plan.html")
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			if *update {
				rewrite(t, file, archive, got)
				return
			}
			if n := bytes.Count(txtar.Format(archive), []byte("\n")); n > scenarioLines {
				t.Errorf("it has %d lines, more than %d: leave a format out with options.json", n, scenarioLines)
			}
			if diff := cmp.Diff(expected(archive), got); diff != "" {
				t.Errorf("the plan is another than expected (go test ./planner/render -update rewrites it):\n%s", diff)
			}
		})
	}
}

// TestSavedPlansPrintAlike prints each scenario's plan.json, which is what a saved
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

// history is planner.History as scenarios write it. The last apply declared what
// the files declare, unless they say it, or that there was none.
type history struct {
	None        bool                 `json:"none"`
	Declared    []string             `json:"declared"`
	InDoubt     map[string]string    `json:"in_doubt"`
	OwedRelocks []string             `json:"owed_relocks"`
	Seen        map[string]time.Time `json:"seen"`
	Ordered     map[string]string    `json:"ordered"`
	Purchases   []struct {
		planner.Purchase
		Expires time.Time `json:"expires"` // before it
	} `json:"purchases"`
}

// options are what the command line adds.
type options struct {
	Target []string `json:"target"`
	Limit  int      `json:"limit"`
	// Approve are the hazards that are approved; nil: all.
	Approve []attr.Hazard `json:"approve"`
	// Without are expectations that the scenario leaves out.
	Without []string `json:"without"`
	// HTML says that the body of the page is expected, too.
	HTML bool `json:"html"`
}

func optionsOf(t *testing.T, archive *txtar.Archive) (o options) {
	t.Helper()
	decode(t, member(archive, "options.json"), &o)
	return o
}

// runScenario returns what a scenario's plan looks like, by file.
func runScenario(t *testing.T, archive *txtar.Archive) (map[string]string, *planner.Plan) {
	t.Helper()
	got := make(map[string]string)
	in, diags := load(t, archive)
	if len(diags.Diagnostics) > 0 {
		got["diagnostics.txt"] = diags.String()
	}
	if in == nil {
		return got, nil
	}
	plan := planner.Diff(*in)
	tellDrift(t, archive, plan)
	plan.JudgeChecks(*in, false)
	maps.Copy(got, printed(t, plan.Masked(personal.NewMasker())))
	return got, plan
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

// load returns what a scenario's plan follows from, nil where its configuration
// has errors.
func load(t *testing.T, archive *txtar.Archive) (*planner.Input, config.Diagnostics) {
	t.Helper()
	files := make(fstest.MapFS)
	for _, f := range archive.Files {
		if ext := filepath.Ext(f.Name); (ext == ".hcl" || ext == ".csv") && !strings.HasPrefix(f.Name, "last/") {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	portfolio, diags := config.LoadFS(files, config.Options{})
	if portfolio == nil {
		return nil, diags
	}
	in := input(t, archive, portfolio)
	return &in, diags
}

func input(t *testing.T, archive *txtar.Archive, portfolio *config.Portfolio) planner.Input {
	t.Helper()
	// Text, not content: the hash is the loader's business.
	portfolio.Hash = "hash"
	live, err := snapshot.Read(bytes.NewReader(member(archive, "live.json")))
	if err != nil {
		t.Fatal(err)
	}
	var h history
	o := optionsOf(t, archive)
	decode(t, member(archive, "history.json"), &h)
	in := planner.Input{
		Portfolio: portfolio, Live: live, Version: "test", Limit: o.Limit, Log: planner.Log{Offline: true},
		History: planner.History{Declared: h.Declared, InDoubt: h.InDoubt, OwedRelocks: h.OwedRelocks, Seen: h.Seen},
	}
	in.History.Ordered = h.Ordered
	if h.Declared == nil && !h.None {
		in.History.Declared = []string{}
	}
	for _, p := range h.Purchases {
		p.Before = attr.Expiry{Time: p.Expires}
		in.History.Purchases = append(in.History.Purchases, p.Purchase)
	}
	if o.Approve != nil {
		in.Approval = &planner.Approval{Hazards: o.Approve}
	}
	if in.Only, err = planner.Select(o.Target); err != nil {
		t.Fatal(err)
	}
	in.History.Baseline = lastBaseline(t, archive)
	return in
}

// lastBaseline is what the last apply recorded of the names that it saw, nil where a
// scenario tells of none.
func lastBaseline(t *testing.T, archive *txtar.Archive) *planner.Baseline {
	t.Helper()
	files := make(fstest.MapFS)
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "last/"); ok && filepath.Ext(name) == ".hcl" {
			files[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	if len(files) == 0 {
		return nil
	}
	portfolio, diags := config.LoadFS(files, config.Options{})
	if portfolio == nil {
		t.Fatal(diags.String())
	}
	live, err := snapshot.Read(bytes.NewReader(member(archive, "last/live.json")))
	if err != nil {
		t.Fatal(err)
	}
	b := &planner.Baseline{Key: []byte("a key")}
	plan := planner.Diff(planner.Input{
		Portfolio: portfolio, Live: live, Version: "test", Log: planner.Log{Offline: true}, Applied: true,
		History: planner.History{Declared: []string{}, Baseline: b},
	})
	if plan.Baseline != nil {
		b.Names = plan.Baseline.Changed
	}
	for i := range b.Names {
		b.Names[i].Since = live.ReadAt
	}
	return b
}

// tellDrift says of drifts what the change log of a scenario tells.
func tellDrift(t *testing.T, archive *txtar.Archive, plan *planner.Plan) {
	t.Helper()
	var log map[string][]struct {
		Time                       time.Time
		Operation, Address, Result string
	}
	decode(t, member(archive, "log.json"), &log)
	for name := range plan.Drifted() {
		var entries []wire.ChangeLog
		for _, e := range log[name] {
			entries = append(entries, wire.ChangeLog{DomainName: name, Time: e.Time, Operation: e.Operation, OperationIPAddress: e.Address, Result: e.Result})
		}
		plan.TellDrift(name, entries)
	}
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	if data == nil {
		return
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
}

func member(archive *txtar.Archive, name string) []byte {
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func isExpectation(f txtar.File) bool { return slices.Contains(expectations, f.Name) }

func expected(archive *txtar.Archive) map[string]string {
	files := make(map[string]string)
	for _, f := range archive.Files {
		if isExpectation(f) {
			files[f.Name] = string(f.Data)
		}
	}
	return files
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, isExpectation)
	for _, name := range expectations {
		if text, ok := got[name]; ok {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	text := txtar.Format(archive)
	if again := expected(txtar.Parse(text)); !cmp.Equal(again, got) {
		t.Fatal(errors.New("an expected file has a line that looks like the head of another one"))
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
