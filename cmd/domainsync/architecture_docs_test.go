package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// readersOfDocs are the files that may look at what is written about attributes for
// people. For all others it must not matter how a text is worded.
var readersOfDocs = []struct{ file, why string }{
	{"config/internal/reference/main.go", "it writes the reference of the language"},
	{"config/attr/contacts.go", "the four contacts share most of their texts"},
}

// usesOfDocs returns where a file looks at a text about an attribute.
func usesOfDocs(files *token.FileSet, f *ast.File) (lines []int) {
	ast.Inspect(f, func(n ast.Node) bool {
		text, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Type", "Summary", "Example", "Reads", "Calls", "Notes"}, text.Sel.Name) {
			return true
		}
		if doc, ok := text.X.(*ast.SelectorExpr); ok && doc.Sel.Name == "Doc" {
			lines = append(lines, files.Position(text.Pos()).Line)
		}
		return true
	})
	return lines
}

// TestArchitectureDocsDecideNothing: what the program does follows from members that
// say so, such as Inert, and from no text for people.
func TestArchitectureDocsDecideNothing(t *testing.T) {
	t.Parallel()
	used := make(map[int]bool)
	eachSource(t, func(name string, files *token.FileSet, f *ast.File) {
		for _, line := range usesOfDocs(files, f) {
			at := slices.IndexFunc(readersOfDocs, func(r struct{ file, why string }) bool { return r.file == name })
			if used[at] = true; at < 0 {
				t.Errorf("%s:%d: a text for people decides what happens: give the attribute a member that says it", name, line)
			}
		}
	})
	for i, r := range readersOfDocs {
		if !used[i] {
			t.Errorf("%s reads no text about attributes any more: take it out of the table", r.file)
		}
	}
}

// TestArchitectureDocsDecideNothingCatches shows that the ban can find something.
func TestArchitectureDocsDecideNothingCatches(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "x.go", "package x\nfunc f(a *A) bool { return a.Doc.Calls == \"\" }", parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if lines := usesOfDocs(files, f); !slices.Equal(lines, []int{2}) {
		t.Errorf("found in lines %v", lines)
	}
}
