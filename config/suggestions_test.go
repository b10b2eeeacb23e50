package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config"
)

// blocksOfOneKind are the blocks whose arguments are listed, with what they need
// beside an argument.
var blocksOfOneKind = map[string]string{
	"account": "", "limits": "", "refresh": "", "retention": "", "guard": "", "budget": "amount = 1\n",
	`variable "v"`: "default = 1\n", `template "t"`: "", `domain "example.com"`: "",
	`domains "d"`: "names = [\"example.com\"]\n", `hold "h"`: "names = [\"example.com\"]\nuntil = \"2030-01-01\"\n",
	`released "r"`: "names = [\"example.com\"]\n", `accept "a"`: "warning = \"w\"\n",
}

// TestUnknownArgumentsNameWhatIsMeant: in each block, one word of an argument and
// others that share it are asked back for, and what is like nothing is told all.
func TestUnknownArgumentsNameWhatIsMeant(t *testing.T) {
	t.Parallel()
	for header, needs := range blocksOfOneKind {
		names := strings.Split(strings.TrimSuffix(told(t, header, needs, "zzzzzz", " There are "), "."), ", ")
		if len(names) < 2 {
			t.Fatalf("%s: too few arguments: %q", header, names)
		}
		for _, name := range names {
			for word := range strings.SplitSeq(name, "_") {
				if len(word) < 5 || strings.Contains(needs, name) {
					continue
				}
				if meant := told(t, header, needs, "some_"+word+"_of", " Did you mean "); !strings.Contains(meant, word) {
					t.Errorf("%s: some_%s_of: %q does not name %s", header, word, meant, name)
				}
			}
		}
	}
}

// told returns what a diagnostic of an argument says behind some words.
func told(t *testing.T, header, needs, argument, behind string) string {
	t.Helper()
	diags := loadText(t, fmt.Sprintf("%s {\n%s%s = 1\n}\n", header, needs, argument))
	for _, d := range diags.Diagnostics {
		if _, what, ok := strings.Cut(d.Detail, behind); ok && strings.Contains(d.Detail, argument) {
			return what
		}
	}
	t.Fatalf("%s: nothing of %s behind %q: %v", header, argument, behind, diags.Diagnostics)
	return ""
}

func TestManyNamesInADomainBlock(t *testing.T) {
	t.Parallel()
	if got := told(t, `domain "example.com"`, "", "names", "Many names stand in one "); !strings.HasPrefix(got, "domains block") {
		t.Errorf("names in a domain block: %q", got)
	}
}

// loadText loads a configuration of one file, for what is wrong with it.
func loadText(t *testing.T, text string) config.Diagnostics {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, diags := config.Load(dir, config.Options{})
	return diags
}
