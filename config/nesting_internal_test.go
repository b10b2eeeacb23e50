package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// deep are texts that nest n levels, by what they nest.
var deep = map[string]func(n int) string{
	"brackets":         func(n int) string { return "x = " + strings.Repeat("[", n) + strings.Repeat("]", n) },
	"open brackets":    func(n int) string { return "x = " + strings.Repeat("[", n) },
	"open braces":      func(n int) string { return "x = " + strings.Repeat("{a=", n) },
	"parentheses":      func(n int) string { return "x = " + strings.Repeat("(\n", n) + "1" + strings.Repeat(")", n) },
	"objects":          func(n int) string { return "x = " + strings.Repeat("{\na = ", n) + "1" + strings.Repeat("\n}", n) },
	"blocks":           func(n int) string { return strings.Repeat("a {\n", n) + strings.Repeat("}\n", n) },
	"brace lines":      func(n int) string { return "x = " + strings.Repeat("[{a=[{}\n}\n,", n) },
	"not":              func(n int) string { return "x = " + strings.Repeat("!", n) + "true" },
	"minus":            func(n int) string { return "x = " + strings.Repeat("-", n) + "1" },
	"sum":              func(n int) string { return "x = 1" + strings.Repeat("+1", n) },
	"sum over lines":   func(n int) string { return "x = (1" + strings.Repeat("\n+1", n) + ")" },
	"sum in a for":     func(n int) string { return "x = {\n\nfor k in []: k => 1" + strings.Repeat("\n+1", n) + "}" },
	"conditions":       func(n int) string { return "x = " + strings.Repeat("true ? 1 : ", n) + "1" },
	"indexes":          func(n int) string { return "x = a" + strings.Repeat("[b]", n) },
	"splats":           func(n int) string { return "x = a" + strings.Repeat("[*]", n) },
	"attribute splats": func(n int) string { return "x = a" + strings.Repeat(".*.b", n) },
	"calls":            func(n int) string { return "x = " + strings.Repeat("f(", n) + strings.Repeat(")", n) },
	"texts":            func(n int) string { return "x = " + strings.Repeat(`"${`, n) + "1" + strings.Repeat(`}"`, n) },
	"directives": func(n int) string {
		return `x = "` + strings.Repeat("%{if true}", n) + strings.Repeat("%{endif}", n) + `"`
	},
	"heredocs":     func(n int) string { return "x = <<A\n" + strings.Repeat("${<<A\n", n) },
	"for":          func(n int) string { return "x = " + strings.Repeat("[for a in ", n) + "b" + strings.Repeat(": a]", n) },
	"in a comment": func(n int) string { return "x = \"}\" # {\n/* } */y = " + strings.Repeat("[", n) },
}

// wide are texts of n parts that stand beside each other.
var wide = map[string]func(n int) string{
	"elements":   func(n int) string { return "x = [" + strings.Repeat("[-1, {}, !true],", n) + "]" },
	"lines":      func(n int) string { return strings.Repeat("x = -1 + f(2)\n", n) },
	"blocks":     func(n int) string { return strings.Repeat("a \"b\" {\n  c = [\"${d}\"]\n}\n", n) },
	"attributes": func(n int) string { return "x = {" + strings.Repeat("a = f(\"b\", 1 + 1)\n", n) + "}" },
	"parts":      func(n int) string { return `x = "` + strings.Repeat("${a}%{if b}c%{else}d%{endif}", n) + `"` },
	"comments":   func(n int) string { return strings.Repeat("# [[[ (((\n// {{{\n/* [ */\n", n) },
	"texts":      func(n int) string { return "x = [" + strings.Repeat(`"[[[(((\"{{",`, n) + "]" },
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	b := DefaultBounds()
	for name, text := range deep {
		for _, n := range []int{b.Nesting + 1, 50_000} {
			if d := checkText([]byte(text(n)), "x.hcl", b); d == nil || d.Summary != "Nested too deeply" {
				t.Errorf("%s, %d times: %v", name, n, d)
			}
		}
		if d := checkText([]byte(text(b.Nesting/8)), "x.hcl", b); d != nil {
			t.Errorf("%s, %d times: %v", name, b.Nesting/8, d)
		}
	}
	for name, text := range wide {
		if d := checkText([]byte(text(10_000)), "x.hcl", Bounds{LineSize: 1 << 30, Nesting: 20}); d != nil {
			t.Errorf("%s beside each other: %v", name, d)
		}
	}
}

// TestNestingBoundsTheTree compares what is counted with the syntax tree.
func TestNestingBoundsTheTree(t *testing.T) {
	t.Parallel()
	for name, text := range deep {
		for n := range 30 {
			src := []byte(text(n))
			file, diags := hclsyntax.ParseConfig(src, "x.hcl", hcl.InitialPos)
			if diags.HasErrors() {
				continue
			}
			var d depth
			hclsyntax.Walk(file.Body.(*hclsyntax.Body), &d) //nolint:errcheck // it reports nothing
			// A tree has nodes that need no bracket of their own, such as
			// bodies, attributes and the parts of templates.
			if checkText(src, "x.hcl", Bounds{LineSize: 1 << 20, Nesting: d.deepest/4 - 3}) == nil {
				t.Errorf("%s, %d times: a tree of %d levels passes as less than %d", name, n, d.deepest, d.deepest/4-3)
			}
		}
	}
}

type depth struct{ now, deepest int }

func (d *depth) Enter(hclsyntax.Node) hcl.Diagnostics {
	d.now++
	d.deepest = max(d.deepest, d.now)
	return nil
}

func (d *depth) Exit(hclsyntax.Node) hcl.Diagnostics {
	d.now--
	return nil
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	text := fmt.Sprintf("x = 1\ny = %q\n", strings.Repeat("a", 5_000_000))
	if d := checkText([]byte(text), "x.hcl", DefaultBounds()); d == nil || d.Summary != "Line too long" || d.Subject.Start.Line != 2 {
		t.Error(d)
	}
	if d := checkText([]byte("x = "+strings.Repeat("9", 2000)), "x.hcl", DefaultBounds()); d == nil || d.Summary != "Number too long" {
		t.Error(d)
	}
}
