package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/domainsync/domainsync"

// layer is a directory of packages and what it may import of the project.
// Packages below it without a layer of their own belong to it.
type layer struct {
	dir string
	may []string
	why string
}

const anything = "*"

// layers is the table of packages: arrows point down only.
var layers = []layer{
	{"cmd", []string{anything}, "commands wire everything together"},
	{"internal/browsertest", []string{"internal/clock"}, "a page is looked at in a browser, whoever wrote it"},
	{"internal/chart", []string{"internal/inert", "internal/words"}, "a chart is drawn of numbers, whatever they count"},
	{"internal/clock", nil, "whoever waits is given the clock that it waits by, so the clock can know nobody"},
	{"internal/inert", nil, "what others wrote is escaped in one way, whoever prints it"},
	{"internal/jsonvalue", nil, "what JSON looks like as a value has nothing to do with what it is about"},
	{"internal/personal", nil, "what tells of a person is found and masked in one way, whoever prints or keeps it"},
	{"internal/pgsql", nil, "a database is opened in one way, whatever lies in it"},
	{"internal/schematest", nil, "what JSON must look like is written in docs alone"},
	{"internal/seedtest", nil, "a seed is given in one way, whoever draws from it"},
	{"internal/textfile", nil, "how the bytes of a file become text has nothing to do with what the text is about"},
	{"internal/webpage", nil, "a page is framed and protected in one way, whatever it tells of"},
	{"internal/words", nil, "a number is written in one way, whoever counts"},
	{
		"config",
		[]string{"config/attr", "apiclient/wire", "apiclient/snapshot", "internal/inert", "internal/jsonvalue", "internal/textfile", "internal/words"},
		"what is wanted is computed from files alone: it must not depend on what is, or on how it is changed",
	},
	{
		"config/tests",
		[]string{"config", "config/attr", "apiclient/wire", "apiclient/snapshot", "internal/words"},
		"what a test asks for is read from files alone: who plays it is another matter",
	},
	{
		"config/attr",
		[]string{"apiclient/wire", "apiclient/snapshot", "internal/personal", "internal/words"},
		"an attribute is known to everyone else, so it can know nobody but the plain data of the service",
	},
	{
		"planner",
		[]string{"config", "config/attr", "apiclient/wire", "apiclient/snapshot", "internal/jsonvalue", "internal/personal", "internal/words"},
		"the difference is a function of values: it says what it needs to know, and who reads or executes is not its concern",
	},
	{
		"planner/reader",
		[]string{"planner", "config", "config/attr", "apiclient/wire", "apiclient/snapshot", "internal/clock", "internal/words"},
		"an account is read through whatever client the caller has, and only for what a plan says that it needs",
	},
	{
		"planner/render",
		[]string{"planner", "config/attr", "apiclient/wire", "apiclient/snapshot", "internal/inert", "internal/webpage", "internal/words"},
		"a plan is printed from the plan alone, so that a saved one prints like a new one",
	},
	{
		"planner/report",
		[]string{"planner", "config", "config/attr", "apiclient/wire", "apiclient/snapshot", "internal/inert", "internal/personal", "internal/words"},
		"what a portfolio looks like is computed as rows, so that lists, pages and calendars tell the same",
	},
	{
		"planner/report/page",
		[]string{"planner/report", "planner", "config/attr", "internal/chart", "internal/inert", "internal/webpage", "internal/words"},
		"a page shows what a report tells, and computes nothing of its own",
	},
	{
		"executor",
		[]string{"planner", "config/attr", "executor/journal", "apiclient/wire", "apiclient/snapshot", "internal/clock", "internal/personal", "internal/words"},
		"a stored plan is resumed without today's files and through whatever client the caller has",
	},
	{"executor/planstore", []string{"executor/journal"}, "a plan is kept as it was written, whatever is in it"},
	{
		"executor/job",
		[]string{
			"config", "config/attr", "planner", "planner/reader", "planner/report", "executor", "executor/journal", "executor/planstore",
			"apiclient/wire", "apiclient/snapshot", "internal/clock", "internal/personal",
		},
		"one run is the same whoever begins it and whoever looks on: a job knows no command and no form of output",
	},
	{
		"executor/history",
		[]string{"executor", "executor/job", "executor/journal", "planner", "config/attr", "internal/personal"},
		"what runs have done is told from their records alone, the same to whoever asks",
	},
	{
		"executor/render",
		[]string{"executor", "executor/job", "executor/history", "planner/render", "planner", "config/attr", "apiclient/wire", "internal/inert", "internal/personal", "internal/words"},
		"what a run tells is written from its events and its result alone",
	},
	{
		"executor/testrunner",
		[]string{
			"config", "config/attr", "config/tests", "planner", "planner/render", "executor", "executor/job", "executor/journal", "executor/render",
			"apiclient", "apiclient/snapshot", "apiclient/simulator", "internal/clock", "internal/jsonvalue", "internal/personal", "internal/words",
		},
		"a test plays a whole job against the simulated service: it knows both, and no command",
	},
	{
		"executor/fleet",
		[]string{"config", "config/attr", "planner", "executor/journal", "internal/clock", "internal/pgsql"},
		"when jobs are due and who takes them is decided whatever a run does: whoever makes the runs is given to it",
	},
	{
		"executor/fleet/pages",
		[]string{
			"executor", "executor/fleet", "executor/job", "executor/metrics", "planner", "planner/render", "planner/report", "config/attr", "apiclient/wire",
			"internal/chart", "internal/clock", "internal/inert", "internal/webpage", "internal/words",
		},
		"a page shows what the table and the accounts' states have, and does what commands do: it decides nothing",
	},
	{
		"executor/fleet/decide",
		[]string{"config", "config/attr", "planner", "executor", "executor/journal", "executor/planstore", "executor/fleet", "internal/personal"},
		"who may say what of which plan is the same by a command and on a page",
	},
	{
		"executor/fleet/access",
		[]string{"executor/fleet", "internal/clock", "internal/inert", "internal/words"},
		"who may do what is decided whatever is served, and by the file of the fleet alone",
	},
	{
		"executor/limits",
		[]string{"internal/clock", "internal/pgsql"},
		"how many calls there may be is counted whatever they ask for: the client declares what it needs of it",
	},
	{
		"executor/fleet/api",
		[]string{"executor/fleet", "executor/fleet/access", "executor/fleet/decide", "executor/journal", "planner", "internal/clock"},
		"both ends of what programs send are in one place, and know the table by what they need of it",
	},
	{
		"executor/metrics",
		[]string{"executor", "executor/job", "planner", "planner/report", "config/attr"},
		"metrics are written from the result of a run alone",
	},
	{
		"executor/notify",
		[]string{"internal/clock"},
		"a message is delivered whatever it is about, and an address is known here alone",
	},
	{
		"executor/journal",
		[]string{"internal/clock", "internal/personal", "internal/pgsql"},
		"records outlive the types of the program: the journal stores plain data and must open after any change elsewhere",
	},
	{
		"apiclient",
		[]string{"apiclient/wire", "internal/clock"},
		"the client knows none of its callers; each declares the interface it needs",
	},
	{
		"apiclient/wire",
		nil,
		"the operations are plain data, shared by the client and the simulator",
	},
	{
		"apiclient/snapshot",
		[]string{"apiclient/wire", "internal/textfile", "internal/words"},
		"an account as data, which those who read, compare and simulate it share",
	},
	{
		"apiclient/simulator",
		[]string{"apiclient/wire", "apiclient/snapshot", "internal/clock"},
		"a simulator that shared code with the client or the planner would repeat their mistakes instead of showing them",
	},
}

// ban is something that a layer must not import, or must not even link.
type ban struct {
	dirs   []string
	what   string
	linked bool // not even through others
	why    string
}

var bans = []ban{
	{
		[]string{"config", "config/attr", "planner", "planner/render", "planner/report", "planner/report/page", "apiclient/snapshot"},
		"context", false,
		"what is computed from values alone neither waits nor is cancelled",
	},
	{
		[]string{"planner", "planner/render"},
		"github.com/sourcegraph/conc/pool", false,
		"the same input gives the same plan, so nothing in it runs side by side",
	},
	{
		[]string{"config", "config/attr", "planner", "planner/reader", "planner/render", "planner/report", "planner/report/page", "apiclient/snapshot"},
		"net/http", false,
		"plans are made without a network (golang.org/x/net/publicsuffix links net/http by itself; that is all right)",
	},
	{
		[]string{"config", "config/attr", "planner", "planner/reader", "planner/render", "planner/report", "planner/report/page", "apiclient/snapshot"},
		module + "/apiclient", true,
		"whoever checks files or compares states must not carry the client and its credentials along",
	},
	{
		[]string{"apiclient/wire"},
		"net/http", true,
		"a description of the service must be usable where no request is made",
	},
}

// listed is what go list tells of one package.
type listed struct {
	ImportPath string
	Imports    []string // direct
	Deps       []string // direct and through others
}

// layerOf returns the layer with the longest directory that holds dir.
func layerOf(dir string) *layer {
	var found *layer
	for i, l := range layers {
		if (dir == l.dir || strings.HasPrefix(dir, l.dir+"/")) && (found == nil || len(l.dir) > len(found.dir)) {
			found = &layers[i]
		}
	}
	return found
}

// violations says which imports of the packages break the table, and why they
// are forbidden.
func violations(packages []listed) []string {
	var out []string
	for _, p := range packages {
		dir := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		own := layerOf(dir)
		if own == nil {
			out = append(out, fmt.Sprintf("%q has no row in the table of packages: every package owns something that can be said", dir))
			continue
		}
		for _, imported := range p.Imports {
			target, ours := strings.CutPrefix(imported, module+"/")
			if !ours || slices.Contains(own.may, anything) {
				continue
			}
			if l := layerOf(target); l == own || l != nil && slices.Contains(own.may, l.dir) {
				continue
			}
			out = append(out, fmt.Sprintf("%s imports %s: %s", dir, target, own.why))
		}
		for _, b := range bans {
			if !slices.Contains(b.dirs, own.dir) {
				continue
			}
			if slices.Contains(p.Imports, b.what) {
				out = append(out, fmt.Sprintf("%s imports %s: %s", dir, b.what, b.why))
			} else if b.linked && slices.Contains(p.Deps, b.what) {
				out = append(out, fmt.Sprintf("%s links %s: %s", dir, b.what, b.why))
			}
		}
	}
	return out
}

// output runs a command in the module's root.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return out
}

func TestArchitectureImports(t *testing.T) {
	t.Parallel()
	var packages []listed
	decoder := json.NewDecoder(strings.NewReader(string(output(t, "go", "list", "-json=ImportPath,Imports,Deps", "./..."))))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if !slices.ContainsFunc(packages, func(p listed) bool { return p.ImportPath == module+"/cmd/domainsync" }) {
		t.Fatalf("go list found %d packages, and not this one: nothing was checked", len(packages))
	}
	for _, v := range violations(packages) {
		t.Error(v)
	}
}

// TestArchitectureCatches shows that the table can fail.
func TestArchitectureCatches(t *testing.T) {
	t.Parallel()
	in := func(dirs ...string) []string {
		for i, d := range dirs {
			dirs[i] = path.Join(module, d)
		}
		return dirs
	}
	for _, test := range []struct {
		dir     string
		imports []string
		deps    []string
		want    string // start of the only violation; empty for none
	}{
		{dir: "cmd/domainsync", imports: in("apiclient", "executor", "apiclient/simulator")},
		{dir: "config", imports: append(in("config/attr", "config/internal/scan"), "io")},
		{dir: "config", deps: []string{"net/http"}},
		{dir: "planner/render", imports: in("planner"), deps: in("planner", "config")},
		{dir: "executor/internal/batch", imports: in("executor/journal")},
		{dir: "apiclient", imports: []string{"net/http"}},
		{dir: "config", imports: in("planner"), want: "config imports planner: what is wanted"},
		{dir: "config/internal/scan", imports: in("planner"), want: "config/internal/scan imports planner"},
		{dir: "config/attr", imports: in("config"), want: "config/attr imports config"},
		{dir: "planner", imports: in("executor"), want: "planner imports executor"},
		{dir: "planner", imports: in("planner/render"), want: "planner imports planner/render"},
		{dir: "planner", imports: in("planner/reader"), want: "planner imports planner/reader"},
		{dir: "planner", imports: []string{"context"}, want: "planner imports context"},
		{dir: "planner", imports: in("internal/clock"), want: "planner imports internal/clock"},
		{dir: "planner/reader", imports: append(in("planner"), "context")},
		{dir: "executor", imports: in("config"), want: "executor imports config"},
		{dir: "executor", imports: in("apiclient"), want: "executor imports apiclient"},
		{dir: "executor/job", imports: in("config", "planner/reader", "executor", "executor/journal")},
		{dir: "executor/job", imports: in("planner/render"), want: "executor/job imports planner/render: one run"},
		{dir: "executor/job", imports: in("apiclient"), want: "executor/job imports apiclient"},
		{dir: "executor", imports: in("executor/job"), want: "executor imports executor/job"},
		{dir: "executor/render", imports: in("executor/journal"), want: "executor/render imports executor/journal: what a run tells"},
		{dir: "executor/journal", imports: in("apiclient/wire"), want: "executor/journal imports apiclient/wire"},
		{dir: "apiclient/simulator", imports: in("apiclient"), want: "apiclient/simulator imports apiclient"},
		{dir: "apiclient/wire", imports: in("cmd/domainsync"), want: "apiclient/wire imports cmd/domainsync"},
		{dir: "config/attr", imports: []string{"net/http"}, want: "config/attr imports net/http"},
		{dir: "planner", deps: in("apiclient"), want: "planner links " + module + "/apiclient"},
		{dir: "apiclient/wire", deps: []string{"net/http"}, want: "apiclient/wire links net/http"},
		{dir: "util", want: `"util" has no row`},
		{dir: "configuration", want: `"configuration" has no row`},
	} {
		got := violations([]listed{{ImportPath: path.Join(module, test.dir), Imports: test.imports, Deps: test.deps}})
		switch {
		case test.want == "" && len(got) > 0:
			t.Errorf("%s with %v: unexpected %q", test.dir, test.imports, got)
		case test.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], test.want)):
			t.Errorf("%s with %v %v: got %q, want only %q", test.dir, test.imports, test.deps, got, test.want)
		}
	}
}

// tracked lists the files that git keeps. Sources that came without their
// repository, from a module cache say, have none to look at.
func tracked(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat("../../.git"); errors.Is(err, os.ErrNotExist) {
		t.Skip("not in a git repository")
	}
	files := strings.Split(strings.TrimRight(string(output(t, "git", "ls-files", "-z")), "\x00"), "\x00")
	if !slices.Contains(files, "go.mod") {
		t.Fatalf("git lists %d files, and no go.mod among them: nothing was checked", len(files))
	}
	return files
}

func TestArchitectureTopLevel(t *testing.T) {
	t.Parallel()
	stays := []string{
		"cmd", "config", "planner", "executor", "apiclient", "internal", "examples", "testdata", "docs", "deploy",
		"Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
		"go.mod", "go.sum", "tools.mod", "tools.sum",
	}
	seen := map[string]bool{}
	for _, file := range tracked(t) {
		top, _, _ := strings.Cut(file, "/")
		if seen[top] || strings.HasPrefix(top, ".") {
			continue
		}
		seen[top] = true
		if !slices.Contains(stays, top) {
			t.Errorf("%s at the top level: the first look at the project shows its parts and nothing else; put it below one of %v", top, stays[:10])
		}
	}
}
