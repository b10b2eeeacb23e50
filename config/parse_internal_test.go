package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// FuzzEachBody shows that a file parsed in pieces says what it says as a
// whole, every place included.
func FuzzEachBody(f *testing.F) {
	for _, src := range []string{
		"",
		"a {\n}\nb {\n}\n",
		"a {\n}\n\n# }\nb \"x\" {\n  y = 1\n}\nc = 3\n",
		"a {\n  text = <<EOT\nb {\n}\nc {\n}\nEOT\n}\nd {\n}\n",
		"a {\n}\n/*\nb {\n}\n*/\nc {\n}\n",
		"a {\n  x = {\n  y = 1\n}\n}\nb {\n}\n",
		"a {\n  x = \"${[\n}\n]}\"\n}\nb {\n}\n",
		"a {\n}\nb {\n",
		"bücher \"ü\" {\n}\nb {\n  ü = \"ü\"\n}\nc {}\n",
		"a {\r\n}\r\nb {\n}\n}\nc {\n}\n",
		"\ufeffa {\n}\nb {\n}\n",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, diags := hclsyntax.ParseConfig([]byte(src), "x.hcl", hcl.InitialPos)
		var got []string
		bad := eachBody([]byte(src), "x.hcl", 0, DefaultBounds(), func(b hcl.Body) { got = append(got, outline(b)...) })
		if len(diags) == 1 && diags[0].Summary == "Attribute redefined" {
			return // an argument outside of blocks is a mistake anyway
		}
		if diags.HasErrors() != bad.HasErrors() {
			t.Fatalf("as a whole: %v; in pieces: %v", diags, bad)
		}
		if bad.HasErrors() {
			return
		}
		want := outline(file.Body)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("as a whole -, in pieces +:\n%s", diff)
		}
	})
}

// outline lists what a body holds with its places.
func outline(b hcl.Body) []string {
	var out []string
	body := b.(*hclsyntax.Body)
	for _, a := range sortedKeys(body.Attributes) {
		x := body.Attributes[a]
		out = append(out, fmt.Sprintf("%s = %v %#v", a, x.SrcRange, x.Expr.Range()))
	}
	for _, x := range body.Blocks {
		out = append(out, fmt.Sprintf("%s %q %#v %#v", x.Type, x.Labels, x.DefRange(), x.CloseBraceRange))
		out = append(out, outline(x.Body)...)
	}
	return out
}

func TestEachBodyCutsAtClosingBraces(t *testing.T) {
	t.Parallel()
	src := strings.Repeat("a {\n}\n", 100)
	pieces := 0
	if diags := eachBody([]byte(src), "x.hcl", 60, DefaultBounds(), func(hcl.Body) { pieces++ }); diags.HasErrors() {
		t.Fatal(diags)
	}
	if pieces < 5 {
		t.Errorf("%d pieces of 600 bytes", pieces)
	}
}
