package testrunner_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/testrunner"
	"github.com/domainsync/domainsync/executor/testrunner/runnertest"
)

const languageTests = "../../testdata/language"

// TestLanguage plays the tests of what docs/language.md promises.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for name, dir := range languageDirs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runnertest.Play(t, dir, *updateGolden)
		})
	}
}

// languageDirs returns the directories of testdata/language by name. What the one of
// domain blocks declares stands in two more, in the other blocks that have attributes:
// their tests are the same, and so is what they print.
func languageDirs(t *testing.T) map[string]string {
	t.Helper()
	dirs := make(map[string]string)
	for _, dir := range directoriesIn(t, languageTests) {
		dirs[filepath.Base(dir)] = dir
	}
	const main = "main.hcl"
	for form, in := range map[string]func(files string) string{"domains": inDomains, "template": inTemplates} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(dirs["domain"])); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, main))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, main, in(string(text)))
		dirs["domain in "+form] = dir
	}
	return dirs
}

// domainBlock finds the beginning of a domain block and the empty line before it.
var domainBlock = regexp.MustCompile(`(?m)^\ndomain "(.*)" \{$`)

// labelOf returns a label for a name.
func labelOf(name string) string { return strings.NewReplacer(".", "_", "-", "_").Replace(name) }

// inDomains puts each domain block into a domains block of one name. All lines keep their
// numbers, which plans tell.
func inDomains(files string) string {
	return domainBlock.ReplaceAllStringFunc(files, func(block string) string {
		name := domainBlock.FindStringSubmatch(block)[1]
		return fmt.Sprintf("domains %q {\n  names = [%q]", labelOf(name), name)
	})
}

// inTemplates puts what each domain block declares into a template of its own, with its
// line.
func inTemplates(files string) string {
	var domains strings.Builder
	templates := domainBlock.ReplaceAllStringFunc(files, func(block string) string {
		name := domainBlock.FindStringSubmatch(block)[1]
		fmt.Fprintf(&domains, "\ndomain %q {\n  template = template.%s\n}\n", name, labelOf(name))
		return fmt.Sprintf("\ntemplate %q {", labelOf(name))
	})
	return templates + domains.String()
}

// TestEveryPromiseIsTested takes each block and each argument out of the files of
// testdata/language, and wants a test of the directory to fail without it.
func TestEveryPromiseIsTested(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	var shown sync.Map
	t.Run("without", func(t *testing.T) {
		for name, dir := range languageDirs(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				noteNeeded(t, dir, &shown)
			})
		}
	})
	for _, promise := range promises() {
		if _, found := shown.Load(promise); !found {
			t.Errorf("%s: no test in %s fails without it", promise, languageTests)
		}
	}
}

// promises are the blocks of the language, and their arguments as BLOCK.ARGUMENT.
func promises() (all []string) {
	for _, b := range config.Language() {
		all = append(all, b.Type)
		for _, a := range b.Arguments {
			all = append(all, b.Type+"."+a.Name)
		}
		for _, a := range b.Attributes {
			all = append(all, b.Type+"."+a.Name)
		}
	}
	return all
}

// noteNeeded notes the blocks and arguments of a directory's files without which one of
// its tests fails. What is noted already is not tried again.
func noteNeeded(t *testing.T, dir string, shown *sync.Map) {
	t.Helper()
	files := filesIn(t, dir)
	if failsWith(t, files) {
		t.Fatal("the tests fail as they are, so that nothing can be said of what they need")
	}
	for name, file := range files {
		if !strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, config.TestSuffix) {
			continue
		}
		body, diags := hclsyntax.ParseConfig(file.Data, name, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, p := range partsOf("", body.Body.(*hclsyntax.Body)) {
			if _, found := shown.Load(p.promise); !found && failsWithout(t, files, name, p.place) {
				shown.Store(p.promise, true)
			}
		}
	}
}

// filesIn returns the files of a directory.
func filesIn(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	files := make(fstest.MapFS)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = &fstest.MapFile{Data: text, Mode: 0o600}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// part is a block or an argument, and where it stands.
type part struct {
	promise string
	place   hcl.Range
}

func partsOf(within string, body *hclsyntax.Body) (parts []part) {
	for name, a := range body.Attributes {
		parts = append(parts, part{within + name, a.SrcRange})
	}
	for _, b := range body.Blocks {
		parts = append(parts, part{within + b.Type, b.Range()})
		parts = append(parts, partsOf(within+b.Type+".", b.Body)...)
	}
	return parts
}

// failsWithout reports whether a test fails when a piece is cut out of a file.
func failsWithout(t *testing.T, files fstest.MapFS, name string, cut hcl.Range) bool {
	t.Helper()
	without := maps.Clone(files)
	text := files[name].Data
	without[name] = &fstest.MapFile{Data: slices.Concat(text[:cut.Start.Byte], blank(text[cut.Start.Byte:cut.End.Byte]), text[cut.End.Byte:]), Mode: 0o600}
	return failsWith(t, without)
}

// failsWith reports whether a test of the files fails.
func failsWith(t *testing.T, files fstest.MapFS) bool {
	t.Helper()
	all, err := config.TestNames(files)
	if err != nil || len(all) == 0 {
		t.Fatalf("no test was found (%v)", err)
	}
	for _, test := range all {
		var result *testrunner.FileResult
		synctest.Test(t, func(t *testing.T) {
			result = testrunner.PlayFile(t.Context(), test, testrunner.Options{FS: files, Dir: "language", Version: "test", Timeline: runnertest.Bubble})
		})
		if result.Failed() {
			return true
		}
	}
	return false
}

// blank returns spaces in place of a text. Its lines stay, since plans tell lines.
func blank(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, text)
}
