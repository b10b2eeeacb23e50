package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sourceOfTime is what reads the system's clock, or waits by it, in a package.
type sourceOfTime struct {
	path    string
	names   []string // of the package
	methods []string // of its types, wherever the package is imported
}

// sourcesOfTime are those that have a counterpart in internal/clock, or take
// the time as a parameter under another name.
var sourcesOfTime = []sourceOfTime{
	{path: "time", names: []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"}},
	{path: "context", names: []string{"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"}}, // a deadline is a timer
	{path: "golang.org/x/time/rate", methods: []string{"Allow", "Reserve", "Wait", "WaitN", "SetLimit", "SetBurst", "Tokens", "Cancel", "Delay"}},
	{path: "github.com/sethvargo/go-retry", names: []string{"Do", "DoValue", "Constant", "Exponential", "Fibonacci", "WithMaxDuration"}},
	{path: "github.com/gofrs/flock", methods: []string{"TryLockContext", "TryRLockContext"}},
}

// outsideTheClock are the uses that stay, by file.
var outsideTheClock = []struct{ file, use, why string }{
	{"internal/clock/clock.go", "time.Now", "the system's clock is made of these"},
	{"internal/clock/clock.go", "time.NewTimer", "the system's clock is made of these"},
	{"internal/clock/clock.go", "context.WithTimeoutCause", "the system's clock is made of these"},
	{"internal/clock/idle.go", "time.Now", "how long nothing has moved is real time, by whatever clock"},
	{"internal/clock/idle.go", "time.Since", "how long nothing has moved is real time, by whatever clock"},
	{"internal/clock/idle.go", "time.Sleep", "whoever looks whether all is idle makes room for those that are not"},
	{"apiclient/simulator/guard.go", "time.Now", "the deadline of a connection is kept by the system's clock"},
	{"cmd/domainsync/simulator.go", "time.Now", "a certificate's validity is checked by other programs, with the system's clock"},
}

// clockReaders are the files of the planner that may read a clock: the others
// compute from values, whose time is that of the reading.
var clockReaders = []string{"planner/fetch.go", "planner/reads.go"}

// use is a place where the time is read or waited for.
type use struct {
	what string
	line int
}

// usesOfTime returns where a file uses sources of time.
func usesOfTime(files *token.FileSet, f *ast.File) (uses []use) {
	add := func(what string, at ast.Node) { uses = append(uses, use{what, files.Position(at.Pos()).Line}) }
	packages, methods := make(map[string]sourceOfTime), make(map[string]string)
	for _, i := range f.Imports {
		imported := strings.Trim(i.Path.Value, `"`)
		at := slices.IndexFunc(sourcesOfTime, func(s sourceOfTime) bool { return s.path == imported })
		if at < 0 {
			continue
		}
		s, name := sourcesOfTime[at], strings.TrimPrefix(path.Base(imported), "go-")
		if i.Name != nil {
			name = i.Name.Name
		}
		if name == "." {
			add("the names of "+imported+" without their package", i)
		}
		packages[name] = s
		for _, m := range s.methods {
			methods[m] = path.Base(imported) + "." + m
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok {
			if s, ok := packages[x.Name]; ok {
				if slices.Contains(s.names, selector.Sel.Name) {
					add(path.Base(s.path)+"."+selector.Sel.Name, selector)
				}
				return true
			}
		}
		if what := methods[selector.Sel.Name]; what != "" {
			add(what, selector)
		}
		return true
	})
	return uses
}

// readsClock reports whether a file has to do with a clock.
func readsClock(f *ast.File) (found bool) {
	for _, i := range f.Imports {
		found = found || i.Path.Value == `"`+module+`/internal/clock"`
	}
	ast.Inspect(f, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		found = found || ok && selector.Sel.Name == "Clock"
		return true
	})
	return found
}

// eachSource parses every file of the program, tests aside.
func eachSource(t *testing.T, do func(name string, files *token.FileSet, f *ast.File)) {
	t.Helper()
	const root = "../.."
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != root && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		do(filepath.ToSlash(relative), files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArchitectureTime(t *testing.T) {
	t.Parallel()
	used, sources := make(map[int]bool), 0
	eachSource(t, func(name string, files *token.FileSet, f *ast.File) {
		sources++
		for _, u := range usesOfTime(files, f) {
			at := slices.IndexFunc(outsideTheClock, func(e struct{ file, use, why string }) bool { return e.file == name && e.use == u.what })
			if used[at] = true; at < 0 {
				t.Errorf("%s:%d: %s goes past internal/clock: whoever needs the time, or waits, is given a clock", name, u.line, u.what)
			}
		}
		if path.Dir(name) == "planner" && readsClock(f) && !slices.Contains(clockReaders, name) {
			t.Errorf("%s has to do with a clock: a plan follows from values alone, and the time it needs is that of the reading", name)
		}
	})
	if sources < 100 {
		t.Errorf("only %d files were found: nothing was checked", sources)
	}
	for i, e := range outsideTheClock {
		if !used[i] {
			t.Errorf("%s does not use %s any more: take it out of the table", e.file, e.use)
		}
	}
}

// TestArchitectureTimeCatches shows that the ban can find something.
func TestArchitectureTimeCatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		imports, code string
		want          string // "" for nothing
	}{
		{`"time"`, `time.Now()`, "time.Now"},
		{`"time"`, `time.NewTicker(time.Second)`, "time.NewTicker"},
		{`"time"`, `later(time.Now)`, "time.Now"},
		{`clock "time"`, `clock.Sleep(1)`, "time.Sleep"},
		{`. "time"`, `Sleep(1)`, "the names of time without their package"},
		{`"context"`, `context.WithDeadlineCause(ctx, at, nil)`, "context.WithDeadlineCause"},
		{`"golang.org/x/time/rate"`, `p.limiter.Wait(ctx)`, "rate.Wait"},
		{`"golang.org/x/time/rate"`, `limiter.SetLimit(rate.Inf)`, "rate.SetLimit"},
		{`"github.com/sethvargo/go-retry"`, `retry.Do(ctx, b, f)`, "go-retry.Do"},
		{`"github.com/gofrs/flock"`, `flock.New(name).TryLockContext(ctx, 1)`, "flock.TryLockContext"},
		{`"time"`, `time.Unix(1, 0).Add(time.Second)`, ""},
		{`"time"`, `c.Now(); s.clock.Sleep(ctx, time.Second)`, ""},
		{`"context"`, `context.WithCancel(ctx)`, ""},
		{`"golang.org/x/time/rate"`, `limiter.ReserveN(now, 1)`, ""},
		{`"sync"`, `group.Wait()`, ""},
	} {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, "a.go", "package a\nimport "+test.imports+"\nfunc f() { "+test.code+" }", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		got := usesOfTime(files, f)
		if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || got[0].what != test.want) {
			t.Errorf("%s with %s: got %v, want %q", test.code, test.imports, got, test.want)
		}
	}
	for code, want := range map[string]bool{
		"package a\nimport \"" + module + "/internal/clock\"\nvar c clock.Clock": true,
		"package a\nfunc f() { o.Clock.Now() }":                                  true,
		"package a\nimport \"time\"\nfunc f(now time.Time) {}":                   false,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "a.go", code, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := readsClock(f); got != want {
			t.Errorf("%q has to do with a clock: %v", code, got)
		}
	}
}
