package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/domainsync/domainsync/config"
)

func TestDiagnosticsSayTheSameOfManyPlacesOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 2001 {
		fmt.Fprintf(&b, "domain \"name-%d.com\" {\n  nameservers = [\"ns1.example.net\"]\n}\n", i)
	}
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(b.String())}}, config.Options{})
	if p == nil || len(diags.Diagnostics) != 2001 {
		t.Fatalf("%d diagnostics", len(diags.Diagnostics))
	}
	text := diags.String()
	if strings.Count(text, "Warning:") != 1 || !strings.Contains(text, "(and 2,000 more similar warnings elsewhere)") {
		t.Error(text)
	}
}

func TestDiagnosticsShowTheFirstErrorsOfAKind(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 2001 {
		fmt.Fprintf(&b, "domain \"name-%d.com\" {\n  template = template.missing\n}\n", i)
	}
	b.WriteString("domain \"other.com\" {\n  transfer_lock = 7\n}\n")
	_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(b.String())}}, config.Options{})
	if len(diags.Diagnostics) != 2002 {
		t.Fatalf("%d diagnostics", len(diags.Diagnostics))
	}
	text := diags.String()
	if strings.Count(text, "Error: Reference to undeclared template") != 20 || !strings.Contains(text, "(and 1,981 more similar errors elsewhere)") || !strings.Contains(text, "transfer_lock = 7") {
		t.Error(text)
	}
}

func TestDiagnosticsWrapAndColour(t *testing.T) {
	t.Parallel()
	_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte("domain \"www.example.com\" {\n}\n")}}, config.Options{})
	var plain, fancy strings.Builder
	if err := diags.WriteText(&plain, 40, false); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(plain.String()) {
		if len(line) > 60 {
			t.Errorf("not wrapped: %q", line)
		}
	}
	if err := diags.WriteText(&fancy, 0, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(fancy.String(), "\x1b[31mError\x1b[0m") {
		t.Errorf("%q\n%q", plain.String(), fancy.String())
	}
}

// TestDiagnosticsDriveNoTerminal shows that nothing in a file reaches a
// terminal as a control code, or reorders what a reader sees.
func TestDiagnosticsDriveNoTerminal(t *testing.T) {
	t.Parallel()
	src := "locals {\n" +
		"  a = \"\x1b]0;title\a\u202e\" + 1 # \x1b[2J\r\n" +
		"}\n" +
		"domains \"\\u001b[31m\" {\n" +
		"  names         = [\"a.com\"]\n" +
		"  transfer_lock = tobool(\"${each.name}\\u001b[31m\\u202e\")\n" +
		"}\n" +
		"domain \"\\u001b[31m.com\" {\n}\n"
	text := ""
	for _, src := range []string{src, "domain \"nosuffix\" {} # \x9b\x1b[2J\n", "\x1b[2J\n"} {
		_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(src)}}, config.Options{})
		if !diags.HasErrors() {
			t.Errorf("%q is no mistake", src)
		}
		text += diags.String()
	}
	for i, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			t.Errorf("%q at %d in %s", r, i, text)
		}
	}
	if !strings.Contains(text, `a = "?]0;title????" + 1 # ?[2J`) {
		t.Error(text)
	}
}

func TestLoadWantsADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.hcl")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none"): "There is no directory",
		file:                       "cannot be opened as a directory",
	} {
		p, diags := config.Load(path, config.Options{})
		if text := diags.String(); p != nil || !strings.Contains(text, want) || !strings.Contains(text, "--dir") {
			t.Errorf("%s: %v, %s", path, p, text)
		}
	}
	p, diags := config.Load(dir, config.Options{})
	if p == nil || p.Dir != dir || len(p.Domains) != 0 {
		t.Errorf("a file without blocks: %v, %v", p, diags)
	}
}

// TestHash shows what changes the hash: everything that the portfolio is
// computed from, and nothing else.
func TestHash(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"main.hcl": "variable \"x\" {\n  default = \"a\"\n}\n\ndomains \"all\" {\n  names = csvdecode(file(\"t.csv\"))\n}\n",
		"t.csv":    "name\nexample.com\n",
		"note.txt": "x",
		".h.hcl":   "not HCL",
	}
	hash := func(opts config.Options, changed ...string) string {
		fsys := make(fstest.MapFS)
		for name, text := range files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		for i := 0; i+1 < len(changed); i += 2 {
			fsys[changed[i]] = &fstest.MapFile{Data: []byte(changed[i+1])}
		}
		p, diags := config.LoadFS(fsys, opts)
		if p == nil {
			t.Fatal(diags)
		}
		return p.Hash
	}
	x := func(value string) config.Options { return config.Options{Vars: map[string]string{"x": value}} }
	same := hash(config.Options{})
	for name, h := range map[string]string{
		"again":                      hash(config.Options{}),
		"a file that nobody reads":   hash(config.Options{}, "note.txt", "y"),
		"a hidden file":              hash(config.Options{}, ".h.hcl", "y"),
		"the default as a flag":      hash(x("a")),
		"a directory that is no hcl": hash(config.Options{}, "sub/x.hcl", "y"),
	} {
		if h != same {
			t.Errorf("%s changes the hash", name)
		}
	}
	seen := map[string]string{same: "nothing"}
	for name, h := range map[string]string{
		"a variable":       hash(x("b")),
		"a file":           hash(config.Options{}, "main.hcl", files["main.hcl"]+"\n"),
		"another file":     hash(config.Options{}, "b.hcl", ""),
		"that file's name": hash(config.Options{}, "c.hcl", ""),
		"what is read":     hash(config.Options{}, "t.csv", "name\nexample.net\n"),
	} {
		if other, ok := seen[h]; ok {
			t.Errorf("%s: the hash of %s", name, other)
		}
		seen[h] = name
	}
	if len(same) != 64 {
		t.Errorf("%q is no SHA-256", same)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	got, diags := config.Format("main.hcl", []byte("domain \"example.com\" {\ntransfer_lock=true\n  alidns =   true\n}\n"))
	want := "domain \"example.com\" {\n  transfer_lock = true\n  alidns        = true\n}\n"
	if string(got) != want || diags.HasErrors() {
		t.Errorf("%s%v", got, diags)
	}
	broken := "domain \"example.com\" {\n"
	got, diags = config.Format("main.hcl", []byte(broken))
	if string(got) != broken || !strings.Contains(diags.String(), "on main.hcl line 1, in domain \"example.com\"") {
		t.Errorf("%s%v", got, diags)
	}
}

// TestSharing shows that names of one block share what is equal: a million
// names are no million lists.
func TestSharing(t *testing.T) {
	t.Parallel()
	p, diags := config.LoadFS(table(600), config.Options{})
	if p == nil {
		t.Fatal(diags)
	}
	lists := make(map[*config.Declared]bool)
	for _, d := range p.Domains {
		lists[&d.Declared[0]] = true
	}
	if len(lists) != 300 {
		t.Errorf("%d lists for 300 providers", len(lists))
	}
	if !p.Domains[0].Declares("nameservers") || p.Domains[0].Declares("alidns") {
		t.Errorf("%v", p.Domains[0])
	}
}
