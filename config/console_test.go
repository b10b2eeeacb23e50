package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config"
)

// TestExpressionsOfAConsoleAreBounded: what is nested without end is a mistake with its
// line, as it is in a file, and ends no process.
func TestExpressionsOfAConsoleAreBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte("domain \"example.com\" {\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var console config.Console
	if _, diags := config.Load(dir, config.Options{Console: &console}); diags.HasErrors() {
		t.Fatal(diags)
	}
	const deep = 20_000
	for open, closed := range map[string]string{"(": ")", "[": "]", "!": "", "{a=": "}", "\"${": "}\""} {
		_, diags := console.Eval(strings.Repeat(open, deep)+"true"+strings.Repeat(closed, deep), 3, nil)
		if !diags.HasErrors() || diags.Diagnostics[0].Subject == nil || diags.Diagnostics[0].Subject.Start.Line != 3 {
			t.Errorf("%s…: told %q", open, diags.String())
		}
	}
	if v, diags := console.Eval("(((1)))", 1, nil); v != "1" {
		t.Errorf("computed %q: %v", v, diags)
	}
}
