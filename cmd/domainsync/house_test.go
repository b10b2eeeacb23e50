package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// strangers are texts that do not belong into the project. A class of one
// letter keeps each pattern from finding itself.
var strangers = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{
		regexp.MustCompile(`(^|[^\w.-])/([r]oot|[w]ork)/|/([h]ome|[U]sers)/[a-z]|[A-Z]:\\[U]sers\\`),
		"a path of one machine means nothing on the next",
	},
	{
		regexp.MustCompile(`\b([p]roxy|[s]um)\.golang\.org\b|\b[r]egistry\.npmjs\.org\b|\b[p]ypi\.org\b|\b[d]eb\.debian\.org\b|\b[c]rates\.io\b`),
		"where packages come from is the business of each machine's clients",
	},
	{
		regexp.MustCompile(`\.\./[s]hared/([a-ce-zA-Z]|d[^a])`),
		"only ../shared/data is known here, as an optional input of tests",
	},
	{
		regexp.MustCompile(`\b[D]ESIGN(\.md| section)\b|\b[D]EPENDENCIES\.md\b`),
		"a reader cannot follow a reference to what is not in the repository; say what it says",
	},
	{
		regexp.MustCompile(`(?i)\b([i]ssue|[t]icket) #?\d+\b|\b[s]ub-?agents?\b|\b[c]o-?pilot\b|\b[c]laude\b|\b[c]hatgpt\b`),
		"the project speaks of itself, not of how it was worked on",
	},
}

func TestHouseTextSpeaksOfTheProject(t *testing.T) {
	t.Parallel()
	texts := 0
	for _, file := range tracked(t) {
		content, err := os.ReadFile(path.Join("../..", file))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0 {
			continue
		}
		texts++
		for _, s := range strangers {
			for _, at := range s.pattern.FindAllIndex(content, 5) {
				line := 1 + bytes.Count(content[:at[0]], []byte("\n"))
				t.Errorf("%s:%d: %q: %s", file, line, content[at[0]:at[1]], s.why)
			}
		}
	}
	if texts == 0 {
		t.Error("no text file was read")
	}
}

// TestHouseCatches shows that the patterns can find something.
func TestHouseCatches(t *testing.T) {
	t.Parallel()
	// Written in two halves, so that this file passes its own test.
	for _, bad := range []string{
		"see /ro" + "ot/x", "(/wo" + "rk/main)", "/ho" + "me/ada/x", `C:\Us` + `ers\ada`,
		"https://pro" + "xy.golang.org/x", "../sha" + "red/notes.md", "../sha" + "red/docs/x",
		"DES" + "IGN section 6", "DES" + "IGN.md", "iss" + "ue 12", "Iss" + "ue #12", "sub" + "agents",
	} {
		if !stranger(bad) {
			t.Errorf("%q is not found", bad)
		}
	}
	for _, good := range []string{
		"https://example.com/root/", "./work/x", "/home/", "golang.org/x/net", "pkg.go.dev",
		"../shared/data/gov", "an issue of 12 names", "design section",
	} {
		if stranger(good) {
			t.Errorf("%q is found, and harmless", good)
		}
	}
}

func stranger(text string) bool {
	for _, s := range strangers {
		if s.pattern.MatchString(text) {
			return true
		}
	}
	return false
}

// modfile is what go mod edit tells of a module file.
type modfile struct {
	Require []struct {
		Path     string
		Indirect bool
	}
	Tool []struct{ Path string }
}

func TestHouseDependenciesHaveReasons(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| \\S.* \\|$").FindAllSubmatch(page, -1) {
		reasons[string(row[1])] = true
	}
	if len(reasons) == 0 {
		t.Fatal("docs/dependencies.md has no row of the form | `module` | reason |")
	}
	required := map[string]bool{}
	for _, name := range []string{"go.mod", "tools.mod"} {
		var file modfile
		if err := json.Unmarshal(output(t, "go", "mod", "edit", "-json", name), &file); err != nil {
			t.Fatal(err)
		}
		for _, r := range file.Require {
			tool := false
			for _, command := range file.Tool {
				tool = tool || strings.HasPrefix(command.Path+"/", r.Path+"/")
			}
			// Of the hundreds of modules in tools.mod only the tools need a reason.
			required[r.Path] = required[r.Path] || name == "go.mod" || tool
			if (!r.Indirect || tool) && !reasons[r.Path] {
				t.Errorf("%s requires %s, and docs/dependencies.md does not say why", name, r.Path)
			}
		}
	}
	for module := range reasons {
		if !required[module] {
			t.Errorf("docs/dependencies.md gives a reason for %s, which nothing requires", module)
		}
	}
}

// TestHouseDocumentsNameFilesThatExist: whoever follows a document to a file finds
// it there.
func TestHouseDocumentsNameFilesThatExist(t *testing.T) {
	t.Parallel()
	named := 0
	for _, document := range []string{"CONTRIBUTING.md", "docs/life-of-a-change.md"} {
		text, err := os.ReadFile(path.Join("../..", document))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`[a-z]+(?:/[a-z_]+)+\.(?:go|json)`).FindAll(text, -1) {
			named++
			if _, err := os.Stat(path.Join("../..", string(m))); err != nil {
				t.Errorf("%s names %s: %v", document, m, err)
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d files are named: nothing was checked", named)
	}
}

// TestHouseDecisionsHaveOneNumberEach: a record is cited by its number.
func TestHouseDecisionsHaveOneNumberEach(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("../../docs/decisions")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]string)
	for _, e := range entries {
		number, _, ok := strings.Cut(e.Name(), "-")
		switch {
		case !ok && e.Name() != "README.md":
			t.Errorf("%s is not called NNNN-title.md", e.Name())
		case ok && seen[number] != "":
			t.Errorf("%s has the number of %s", e.Name(), seen[number])
		}
		seen[number] = e.Name()
	}
	if len(seen) < 2 {
		t.Fatal("no record was looked at")
	}
}
