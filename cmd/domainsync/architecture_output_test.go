package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// waysToTheTerminal are what writes to the process's own output, or reads its
// input, by package.
var waysToTheTerminal = map[string][]string{
	"os":       {"Stdout", "Stderr", "Stdin"},
	"fmt":      {"Print", "Printf", "Println"},
	"log":      {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Default", "Writer"},
	"log/slog": {"Debug", "Info", "Warn", "Error", "Log", "LogAttrs", "Default", "DebugContext", "InfoContext", "WarnContext", "ErrorContext"},
}

// usesOfTerminal returns where a file reaches for the terminal. Writers and
// loggers that it is given are somebody else's choice.
func usesOfTerminal(files *token.FileSet, f *ast.File) (uses []use) {
	packages := make(map[string]string)
	for _, i := range f.Imports {
		imported := strings.Trim(i.Path.Value, `"`)
		if waysToTheTerminal[imported] == nil {
			continue
		}
		name := imported[strings.LastIndexByte(imported, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		packages[name] = imported
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if imported := packages[nameOf(x, ok)]; imported != "" && slices.Contains(waysToTheTerminal[imported], n.Sel.Name) {
				uses = append(uses, use{imported + "." + n.Sel.Name, files.Position(n.Pos()).Line})
			}
		case *ast.CallExpr:
			if x, ok := n.Fun.(*ast.Ident); ok && (x.Name == "print" || x.Name == "println") {
				uses = append(uses, use{x.Name, files.Position(n.Pos()).Line})
			}
		}
		return true
	})
	return uses
}

func nameOf(x *ast.Ident, ok bool) string {
	if !ok {
		return ""
	}
	return x.Name
}

// TestArchitectureOutput: only programs know that there is a terminal. Whoever
// else has something to tell returns it, tells it by events, or writes to what
// it is given.
func TestArchitectureOutput(t *testing.T) {
	t.Parallel()
	programs := 0
	eachSource(t, func(name string, files *token.FileSet, f *ast.File) {
		uses := usesOfTerminal(files, f)
		if f.Name.Name == "main" {
			programs += len(uses)
			return
		}
		if strings.HasSuffix(path.Dir(name), "test") {
			return // a package for tests, which may be processes of their own
		}
		for _, u := range uses {
			t.Errorf("%s:%d: %s writes past whoever called: only package main knows of a terminal", name, u.line, u.what)
		}
	})
	if programs == 0 {
		t.Error("not even the programs use a terminal: nothing was checked")
	}
}

// TestArchitectureOutputCatches shows that the ban can find something.
func TestArchitectureOutputCatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		imports, code string
		want          string // "" for nothing
	}{
		{`"os"`, `fmt.Fprintln(os.Stdout)`, "os.Stdout"},
		{`terminal "os"`, `w := terminal.Stderr`, "os.Stderr"},
		{`"fmt"`, `fmt.Println("done")`, "fmt.Println"},
		{`"log/slog"`, `slog.Info("done")`, "log/slog.Info"},
		{`"log"`, `log.Fatal("no")`, "log.Fatal"},
		{`"time"`, `println("done")`, "println"},
		{`"fmt"`, `fmt.Fprintln(w, "done")`, ""},
		{`"log/slog"`, `slog.New(h).Info("done")`, ""},
		{`"os"`, `os.Remove(name)`, ""},
	} {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, "a.go", "package a\nimport "+test.imports+"\nfunc f() { "+test.code+" }", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		got := usesOfTerminal(files, f)
		if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || got[0].what != test.want) {
			t.Errorf("%s with %s: got %v, want %q", test.code, test.imports, got, test.want)
		}
	}
}
