package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/tests"
)

// TestDocumentsAreFollowed pastes the sh blocks of the README and of the how-to pages
// into a shell, in an empty directory, in their order and as they stand. A comment
// "# exit code N" at the end of a command names its exit code; the lines of a text
// block are in the output of the sh block before it, in their order.
func TestDocumentsAreFollowed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the documents are for a POSIX shell")
	}
	pages, err := filepath.Glob("../../docs/howto/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no page was found (%v)", err)
	}
	for _, page := range append(pages, "../../README.md") {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			blocks := fences.FindAllStringSubmatch(readText(t, page), -1)
			outputs := paste(t, blocks)
			for i, block := range blocks {
				if block[1] == "text" {
					lookFor(t, outputs[i], block[2])
				}
			}
		})
	}
}

// blockMark is what the shell prints before each block.
const blockMark = "=== block %d ===\n"

var exitComment = regexp.MustCompile(`(?m)^(domainsync .*?)\s+# exit code (\d+)$`)

// paste runs the sh blocks, and returns what each printed: a text block has that of
// the one before it.
func paste(t *testing.T, blocks [][]string) []string {
	t.Helper()
	var script strings.Builder
	ran := 0
	for i, block := range blocks {
		if block[1] == "sh" {
			fmt.Fprintf(&script, "printf '"+strings.ReplaceAll(blockMark, "\n", `\n`)+"'\n%s", i, expectCodes(block[2]))
			ran++
		}
	}
	if ran == 0 {
		t.Fatal("the page has no sh block: was it read?")
	}
	dir := t.TempDir()
	// Each shell, also one within the simulator, ends at the first command that fails.
	strict := filepath.Join(t.TempDir(), "strict.sh")
	writeText(t, strict, "set -eu\n")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash")
	shell.Dir, shell.Stdin = dir, strings.NewReader(script.String())
	shell.Env = append(os.Environ(), "BASH_ENV="+strict, "HOME="+t.TempDir(), "NO_COLOR=1")
	var out, log bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &log
	if err := shell.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, &out, &log)
	}
	return split(t, blocks, out.String())
}

// expectCodes has the shell end where a command ends with another exit code than its
// comment says.
func expectCodes(block string) string {
	return exitComment.ReplaceAllString(block, `code=0; $1 || code=$$?; [ $$code = $2 ] || { echo "exit code $$code: $1" >&2; exit 1; }`)
}

// split returns what each block printed.
func split(t *testing.T, blocks [][]string, out string) []string {
	t.Helper()
	outputs := make([]string, len(blocks))
	for i, block := range blocks {
		if block[1] != "sh" {
			if i > 0 {
				outputs[i] = outputs[i-1]
			}
			continue
		}
		_, rest, ok := strings.Cut(out, fmt.Sprintf(blockMark, i))
		if !ok {
			t.Errorf("block %d was not reached:\n%s", i+1, block[2])
		}
		outputs[i], _, _ = strings.Cut(rest, "=== block ")
	}
	return outputs
}

// lookFor wants lines in an output, in their order; … stands for anything.
func lookFor(t *testing.T, output, want string) {
	t.Helper()
	rest := output
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line == "…" || line == "" {
			continue
		}
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("it does not print, or not there:\n%s\nbut:\n%s", line, output)
			return
		}
		rest = after
	}
}

// TestDocumentsAreOnTheMap: docs/README.md leads to every document.
func TestDocumentsAreOnTheMap(t *testing.T) {
	t.Parallel()
	const docs = "../../docs"
	text := readText(t, filepath.Join(docs, "README.md"))
	listed := 0
	for _, pattern := range []string{"*.md", "*.json", "howto/*.md"} {
		files, err := filepath.Glob(filepath.Join(docs, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no document was found (%v)", pattern, err)
		}
		for _, file := range files {
			name, err := filepath.Rel(docs, file)
			if err != nil {
				t.Fatal(err)
			}
			if listed++; name != "README.md" && !strings.Contains(text, "]("+filepath.ToSlash(name)+")") {
				t.Errorf("docs/README.md does not list %s", name)
			}
		}
	}
	if listed < 20 {
		t.Errorf("%d documents were found", listed)
	}
}

// TestGlossaryHasAllStatusesAndHazards: each has a row.
func TestGlossaryHasAllStatusesAndHazards(t *testing.T) {
	t.Parallel()
	text := readText(t, "../../docs/glossary.md")
	var words []string
	for _, s := range attr.Statuses() {
		words = append(words, string(s))
	}
	for _, h := range attr.Hazards() {
		words = append(words, string(h))
	}
	for _, word := range words {
		if !strings.Contains(text, "| `"+word+"` |") {
			t.Errorf("docs/glossary.md does not say what %q is", word)
		}
	}
}

// TestDocumentedFilesAreRead parses each block of HCL in the documents. Files of tests
// are read as such; others are parts of configurations, which may refer to the rest.
func TestDocumentedFilesAreRead(t *testing.T) {
	t.Parallel()
	configurations, files := 0, 0
	for _, page := range documents(t) {
		for i, block := range fences.FindAllStringSubmatch(readText(t, page), -1) {
			if block[1] != "hcl" {
				continue
			}
			if !strings.Contains("\n"+block[2], "\nrun \"") {
				configurations++
				if _, diags := hclsyntax.ParseConfig([]byte(block[2]), page, hcl.InitialPos); diags.HasErrors() {
					t.Errorf("block %d of %s is not read: %v", i, page, diags)
				}
				continue
			}
			files++
			fsys := fstest.MapFS{
				"a.test.hcl":         {Data: []byte(block[2])},
				"testdata/live.json": {Data: []byte(`{"format_version": 2, "read_at": "2026-12-01T00:00:00Z"}`)},
			}
			if file, diags := tests.Load(fsys, "", "a.test.hcl", config.Bounds{}); file == nil {
				t.Errorf("block %d of %s is not read as a file of tests: %s", i, page, diags)
			}
			if formatted := hclwrite.Format([]byte(block[2])); string(formatted) != block[2] {
				t.Errorf("block %d of %s is formatted as\n%s", i, page, formatted)
			}
		}
	}
	if configurations < 10 || files < 3 {
		t.Errorf("%d configurations and %d files of tests were found", configurations, files)
	}
}

// documents are all pages of the project.
func documents(t *testing.T) (pages []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "deploy/*.md", "examples/*.md", "examples/*/*.md"} {
		found, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	return pages
}
