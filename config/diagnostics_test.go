package config_test

import (
	"fmt"
	"io/fs"
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
	x := func(value string) config.Options {
		return config.Options{CommandLine: []config.ValueFlag{{Name: "x", Value: value}}}
	}
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

// TestDiagnosticsShowNoStack: what the libraries do not foresee is said in words.
func TestDiagnosticsShowNoStack(t *testing.T) {
	t.Parallel()
	_, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte("locals {\n  a = 1e999999999 % 3\n}\n")}}, config.Options{})
	text := diags.String()
	if !diags.HasErrors() || !strings.Contains(text, "on main.hcl line 2") || strings.Contains(text, "goroutine") || strings.Contains(text, ".go:") {
		t.Errorf("%s", text)
	}
}

// TestFormat: a file has a format where it can be read as one of a configuration.
func TestFormat(t *testing.T) {
	t.Parallel()
	const want = "domain \"example.com\" {\n  transfer_lock = true\n  alidns        = true\n}\n"
	plain := strings.ReplaceAll(want, "  ", "")
	for what, src := range map[string]string{
		"plain": plain, "with a mark": "\ufeff" + plain, "of an old Mac": strings.ReplaceAll(plain, "\n", "\r"),
		"UTF-16": utf16LE(plain),
	} {
		before, after, diags := config.Format(fstest.MapFS{"main.hcl": {Data: []byte(src)}}, "main.hcl", "main.hcl", config.DefaultBounds())
		if string(before) != src || string(after) != want || diags.HasErrors() {
			t.Errorf("%s: %s%v", what, after, diags)
		}
	}
	for what, c := range map[string]struct {
		file fstest.MapFile
		want string
	}{
		"broken":   {fstest.MapFile{Data: []byte("domain \"example.com\" {\n")}, "on sub/main.hcl line 1, in domain \"example.com\""},
		"a pipe":   {fstest.MapFile{Mode: fs.ModeNamedPipe}, "not a regular file"},
		"Latin-1":  {fstest.MapFile{Data: []byte("# M\xfcller\n")}, "line 1 has the byte 0xFC"},
		"too much": {fstest.MapFile{Data: []byte(strings.Repeat("#\n", 100))}, "raise the limits with --file-limits"},
	} {
		b := config.DefaultBounds()
		b.SourceSize = 100
		before, after, diags := config.Format(fstest.MapFS{"main.hcl": &c.file}, "main.hcl", "sub/main.hcl", b)
		if text := diags.String(); after != nil || !strings.Contains(text, c.want) || strings.Count(text, "Error: ") != 1 {
			t.Errorf("%s: %q becomes %q: %v", what, before, after, text)
		}
	}
}

// utf16LE writes plain ASCII in UTF-16 with a mark.
func utf16LE(ascii string) string {
	text := "\xff\xfe"
	for i := range len(ascii) {
		text += ascii[i:i+1] + "\x00"
	}
	return text
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
