package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// ruled are the fields of a change that say whether it is made.
var ruled = []string{"Status", "Reason", "Follows"}

// otherStatuses are the assignments to fields of these names that belong to
// something else than a change, by file.
var otherStatuses = []struct{ file, what, why string }{
	{"planner/reader/fetch.go", "d.Status", "the status of a name of the account"},
	{"executor/lookup.go", "c.Reason", "the reason of what was found out about a call"},
	{"config/attr/status.go", "c.Status", "the one writer"},
	{"config/attr/status.go", "c.Reason", "the one writer"},
	{"config/attr/status.go", "c.Follows", "the one writer"},
	{"planner/recheck.go", "x.Reason", "of copies that are compared"},
	{"planner/recheck.go", "y.Reason", "of copies that are compared"},
	{"planner/diff.go", "attr.Change{}", "what stands for changes that cannot be told is made in one place"},
}

// rulings returns where a file writes a status, a reason or what a change follows,
// and where it makes a change outside its attribute.
func rulings(files *token.FileSet, f *ast.File) (uses []use) {
	knows := f.Name.Name == "attr"
	for _, i := range f.Imports {
		knows = knows || i.Path.Value == `"`+module+`/config/attr"`
	}
	if !knows {
		return nil
	}
	add := func(at ast.Node, what string) { uses = append(uses, use{what, files.Position(at.Pos()).Line}) }
	written := func(e ast.Expr) {
		if s, ok := e.(*ast.SelectorExpr); ok && slices.Contains(ruled, s.Sel.Name) {
			add(s, name(s.X)+"."+s.Sel.Name)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				written(left)
			}
		case *ast.IncDecStmt:
			written(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				written(n.X)
			}
		case *ast.CompositeLit:
			if name(n.Type) == "attr.Change" && len(n.Elts) > 0 {
				add(n, "attr.Change{}")
			}
		}
		return true
	})
	return uses
}

// name writes an expression of identifiers.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return name(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return name(e.X) + "[]"
	}
	return fmt.Sprintf("%T", e)
}

func TestArchitectureOneWriterOfStatus(t *testing.T) {
	t.Parallel()
	used := make(map[int]bool)
	eachSource(t, func(file string, files *token.FileSet, f *ast.File) {
		for _, u := range rulings(files, f) {
			at := slices.IndexFunc(otherStatuses, func(e struct{ file, what, why string }) bool { return e.file == file && e.what == u.what })
			if used[at] = true; at < 0 {
				t.Errorf("%s:%d writes %s: whether a change is made is said through its methods, which know whose word stands", file, u.line, u.what)
			}
		}
	})
	for i, e := range otherStatuses {
		if !used[i] {
			t.Errorf("%s does not write %s any more: take it out of the table", e.file, e.what)
		}
	}
}

// TestArchitectureOneWriterOfStatusCatches shows that the ban can find something.
func TestArchitectureOneWriterOfStatusCatches(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`c.Status = attr.Blocked`:                             "c.Status",
		`c.Steps, c.Reason = nil, "no"`:                       "c.Reason",
		`p.Changes[i].Follows = ""`:                           "p.Changes[].Follows",
		`c.Reason += "; and more"`:                            "c.Reason",
		`say(&c.Reason)`:                                      "c.Reason",
		`add(attr.Change{ID: id, Status: attr.Ready})`:        "attr.Change{}",
		`if c.Status == attr.Ready && c.Reason == "" { f() }`: "",
		`p.Changes = []attr.Change{}`:                         "",
	} {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, "a.go", "package a\nimport \""+module+"/config/attr\"\nfunc f() { "+code+" }", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range rulings(files, f) {
			got = append(got, u.what)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: found %v, want %q", code, got, want)
		}
	}
}
