package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestEnumerationsHaveConstants finds the values of each enumeration among its
// constants, and no constant twice.
func TestEnumerationsHaveConstants(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "enums.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants, known := map[string][]string{}, map[string][]string{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST {
					of := v.Type.(*ast.Ident).Name
					constants[of] = append(constants[of], literals(v)...)
				}
			}
		case *ast.FuncDecl:
			if d.Name.Name == "Known" {
				of := d.Recv.List[0].Type.(*ast.Ident).Name
				known[of] = literals(d)
			}
		}
	}
	if len(known) < 30 {
		t.Errorf("%d enumerations were found", len(known))
	}
	for of, values := range known {
		have := slices.Sorted(slices.Values(constants[of]))
		if slices.Sort(values); len(slices.Compact(slices.Clone(have))) != len(have) {
			t.Errorf("%s: of %q one is there twice", of, have)
		}
		for _, v := range values {
			if _, found := slices.BinarySearch(have, v); !found {
				t.Errorf("%s: no constant is %s", of, v)
			}
		}
	}
}

// literals returns the texts and numbers that stand in a piece of code.
func literals(in ast.Node) (all []string) {
	ast.Inspect(in, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok {
			all = append(all, strings.Trim(l.Value, `"`))
		}
		return true
	})
	return all
}
