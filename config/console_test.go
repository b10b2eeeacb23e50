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

// TestConsolesQuoteNoSensitiveValue: neither an expression that depends on one nor what is
// wrong with a result that may be seen tells it.
func TestConsolesQuoteNoSensitiveValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte("variable \"secret\" {\n  default = \"hunter2\"\n  sensitive = true\n}\ndomain \"example.com\" {\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var console config.Console
	if _, diags := config.Load(dir, config.Options{Console: &console}); diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, text := range []string{"var.secret", "upper(var.secret)", "nonsensitive(parseint(var.secret, 10))", "nonsensitive(jsondecode(var.secret))"} {
		if _, diags := console.Eval(text, 1, nil); !diags.HasErrors() || strings.Contains(diags.String(), "hunter") {
			t.Errorf("%s: told %q", text, diags.String())
		}
	}
	if v, diags := console.Eval("nonsensitive(length(var.secret))", 1, nil); v != "7" {
		t.Errorf("computed %q: %v", v, diags)
	}
}
