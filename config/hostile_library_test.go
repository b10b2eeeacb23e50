//go:build unix

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/config"
)

// hidden is what a stranger wants to read: it lies beside the root, and in the directory
// of another account below it.
const hidden = "kept-from-strangers"

// stranger is a tree with a root, an account and a library below it, and what is hidden.
func stranger(t *testing.T) (base string) {
	t.Helper()
	base = t.TempDir()
	for _, file := range []string{"outside.txt", "outside.hcl", "root/other/secret.txt", "root/account/own.txt", "out/lib/lib.hcl"} {
		text := hidden
		if strings.HasSuffix(file, ".hcl") {
			text = fmt.Sprintf("locals {\n  stolen = %q\n}\n", hidden)
		}
		writeBelow(t, base, file, text)
	}
	writeBelow(t, base, "root/lib/lib.hcl", "locals {\n  fine = 1\n}\n")
	return base
}

func writeBelow(t *testing.T, base, file, text string) {
	t.Helper()
	path := filepath.Join(base, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestStrangersReadNothingOutsideOfTheRoot writes all that a pull request can write into
// an account's directory and a library, and looks for what lies elsewhere.
func TestStrangersReadNothingOutsideOfTheRoot(t *testing.T) {
	t.Parallel()
	base := stranger(t)
	var sources []string
	for _, way := range []string{
		"../../out/lib", "../../out/lib/", "../../out/./lib", "../../out/x/../lib", "../../../" + filepath.Base(base) + "/out/lib", base + "/out/lib", "/" + base + "/out/lib",
		"linked", "linked/", "linked/.", "../linked", "../lib/linked", "../lib/../linked", "file://" + base + "/out/lib", "../../OUT/lib", `..\..\out\lib`, "../../out/lib\x00", "/proc/self/cwd", "/", "..//../out/lib",
		"../../outside.hcl", "~/", "$HOME", "${path.root}", "../pipe", "../device", "linked-root",
	} {
		sources = append(sources, fmt.Sprintf("library {\n  source = %q\n}\nlocals {\n  x = local.stolen\n}\n", strings.ReplaceAll(way, "${", "$${")))
	}
	for _, way := range []string{
		"../other/secret.txt", "../../outside.txt", base + "/outside.txt", "link.txt", "linked/lib.hcl", "./../other/secret.txt", "x/../../other/secret.txt", "/dev/stdin", "../account/own.txt", "linked-root/other/secret.txt",
	} {
		for _, call := range []string{"file(%q)", "csvdecode(file(%q))", "templatefile(%q, {})", "split(\"\", file(%q))", "fileset(%q, \"**\")", "jsondecode(file(%q))"} {
			sources = append(sources, "locals {\n  x = "+fmt.Sprintf(call, way)+"\n}\n")
		}
	}
	read := 0
	for _, source := range sources {
		for _, in := range []string{"account", "library"} {
			root := freshRoot(t, base)
			if in == "account" {
				writeBelow(t, root, "account/main.hcl", source+showing)
			} else {
				writeBelow(t, root, "account/main.hcl", "library {\n  source = \"../lib\"\n}\n"+showing)
				writeBelow(t, root, "lib/lib.hcl", source)
			}
			p, diags := config.Load(filepath.Join(root, "account"), config.Options{Root: root})
			told := diags.String()
			if p != nil {
				told += dump(p)
				read++
			}
			if strings.Contains(told, hidden) {
				t.Errorf("in the %s:\n%s\ntells:\n%s", in, source, told)
			}
		}
	}
	if read == len(sources)*2 {
		t.Error("nothing was refused")
	}
}

// showing declares a name that tells what a local is.
const showing = "domain \"example.com\" {\n  lapse = try(tostring(local.x), jsonencode(local.x))\n}\n"

// freshRoot makes a root with links that lead out of it, beside what is hidden.
func freshRoot(t *testing.T, base string) string {
	t.Helper()
	root, err := os.MkdirTemp(base, "fresh") //nolint:usetesting // it lies beside what must not be read
	if err != nil {
		t.Fatal(err)
	}
	writeBelow(t, root, "other/secret.txt", hidden)
	writeBelow(t, root, "lib/lib.hcl", "locals {}\n")
	writeBelow(t, root, "account/own.txt", "own")
	for _, dir := range []string{".", "account", "lib"} {
		for name, to := range map[string]string{"linked": "out/lib", "link.txt": "outside.txt", "linked-root": filepath.Base(root)} {
			if err := os.Symlink(filepath.Join(base, to), filepath.Join(root, dir, name)); err != nil {
				t.Skip(err)
			}
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(root, "device")); err != nil {
		t.Skip(err)
	}
	return root
}

// TestLibrariesKeepTheBounds: what libraries and files of values take counts as what the
// directory's own files take, and what is no file is refused.
func TestLibrariesKeepTheBounds(t *testing.T) {
	t.Parallel()
	const uses = "library {\n  source = \"../lib\"\n}\ndomain \"example.com\" {}\n"
	large := "# " + strings.Repeat("x", 1000) + "\n"
	pipe := func(file string) func(string) error {
		return func(base string) error { return syscall.Mkfifo(filepath.Join(base, file), 0o600) }
	}
	for name, test := range map[string]struct {
		files map[string]string
		make  func(base string) error
		want  string
	}{
		"evaluation":            {files: map[string]string{"lib/lib.hcl": doubling(`"x"`, `"${@}${@}"`)}, want: "--file-limits"},
		"a large file":          {files: map[string]string{"lib/lib.hcl": strings.Repeat(large, 200)}, want: "--file-limits"},
		"many files":            {files: manyFiles("lib", large, 300), want: "--file-limits"},
		"large values":          {files: map[string]string{"lib/lib.hcl": "", "account/a.auto.vars.hcl": strings.Repeat(large, 200)}, want: "--file-limits"},
		"values that double":    {files: map[string]string{"lib/lib.hcl": "variable \"x\" {}\n", "account/a.auto.vars.hcl": "x = " + strings.Repeat("[", 100_000) + "\n"}, want: "--file-limits"},
		"a pipe in the library": {files: map[string]string{"lib/lib.hcl": ""}, make: pipe("lib/x.hcl"), want: "not a regular file"},
		"a pipe with values":    {files: map[string]string{"lib/lib.hcl": ""}, make: pipe("account/x.auto.vars.hcl"), want: "not a regular file"},
		"a link with values": {
			files: map[string]string{"lib/lib.hcl": "", "values": "x = 1\n"}, want: "leads out of the configuration's directory",
			make: func(base string) error {
				return os.Symlink("../values", filepath.Join(base, "account/x.auto.vars.hcl"))
			},
		},
		"a chain of libraries": {files: chainOfLibraries(200), want: "more than 100 libraries"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			writeBelow(t, base, "account/main.hcl", uses)
			for file, text := range test.files {
				writeBelow(t, base, file, text)
			}
			if test.make != nil {
				if err := test.make(base); err != nil {
					t.Skip(err)
				}
			}
			bounds := config.DefaultBounds().Times(0.001)
			bounds.Nesting = 100
			bounds.SourceSize = 1 << 16
			p, diags := config.Load(filepath.Join(base, "account"), config.Options{Root: base, Bounds: bounds})
			if said := diags.String(); p != nil || !strings.Contains(said, test.want) {
				t.Errorf("accepted %v: %.2000s", p != nil, said)
			}
		})
	}
}

func manyFiles(dir, text string, n int) map[string]string {
	files := make(map[string]string)
	for i := range n {
		files[fmt.Sprintf("%s/f%d.hcl", dir, i)] = text
	}
	return files
}

// chainOfLibraries makes libraries of which each uses the next.
func chainOfLibraries(n int) map[string]string {
	files := map[string]string{"lib/lib.hcl": "library {\n  source = \"../l0\"\n}\n"}
	for i := range n {
		files[fmt.Sprintf("l%d/l.hcl", i)] = fmt.Sprintf("library {\n  source = \"../l%d\"\n}\n", i+1)
	}
	return files
}

// TestWhatWasReadOpensNothing: that the account's files have read something lets no
// library below them read it, too.
func TestWhatWasReadOpensNothing(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"file(%q)", "templatefile(%q, {})", "fileset(%q, \"*\")"} {
		base := t.TempDir()
		writeBelow(t, base, "own/own.txt", hidden)
		way := "own/own.txt"
		if strings.HasPrefix(call, "fileset") {
			way = "own"
		}
		writeBelow(t, base, "main.hcl", "library {\n  source = \"lib\"\n}\nlocals {\n  first = "+fmt.Sprintf(call, way)+"\n}\n")
		writeBelow(t, base, "lib/lib.hcl", "locals {\n  second = "+fmt.Sprintf(call, "../"+way)+"\n}\n")
		_, diags := config.Load(base, config.Options{})
		if told := diags.String(); strings.Count(told, "Error:") != 1 || !strings.Contains(told, "is outside the library's directory") {
			t.Errorf("%s: told %q", call, told)
		}
	}
}
