package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestReadmeCommandsAreInScripts wants every command of the README in a script,
// where it may have more arguments, such as the simulator's endpoint. What stands in
// sh blocks is run as it stands.
func TestReadmeCommandsAreInScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../../testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no script was found (%v)", err)
	}
	var run [][]string
	for _, name := range scripts {
		for line := range strings.Lines(readText(t, name)) {
			if words := strings.Fields(line); len(words) > 1 {
				run = append(run, words)
			}
		}
	}
	commands := readmeCommands(readText(t, "../../README.md"))
	if len(commands) < 10 {
		t.Fatalf("the README has %d commands: was it read?", len(commands))
	}
	for _, command := range commands {
		found := false
		for _, words := range run {
			found = found || inOrder(strings.Fields(command)[1:], words)
		}
		if !found {
			t.Errorf("no script runs: %s", command)
		}
	}
}

// longFlag finds flags in what is written for people.
var longFlag = regexp.MustCompile(`(?:^|[^-\w])--([a-z][a-z-]+)`)

// TestDocumentsNameFlagsThatExist wants every flag of the README, the documents and
// the change log among those of the commands.
func TestDocumentsNameFlagsThatExist(t *testing.T) {
	t.Parallel()
	exist := map[string]bool{
		"help":     true, // cobra adds it when a command is executed
		"insecure": true, // of the service's own command line tool
	}
	root := newRoot(&app{})
	leaves(root, func(c *cobra.Command, _ string) {
		for _, flags := range []*pflag.FlagSet{c.Flags(), root.PersistentFlags()} {
			flags.VisitAll(func(f *pflag.Flag) { exist[f.Name] = true })
		}
	})
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no document was found (%v)", err)
	}
	for _, file := range append(files, "../../README.md", "../../CHANGELOG.md") {
		for _, found := range longFlag.FindAllStringSubmatch(readText(t, file), -1) {
			if !exist[found[1]] {
				t.Errorf("%s: no command has the flag --%s", file, found[1])
			}
		}
	}
}

// TestReadmeFilesAreFormatted: who copies a file from the README passes fmt --check.
func TestReadmeFilesAreFormatted(t *testing.T) {
	t.Parallel()
	blocks := strings.Split(readText(t, "../../README.md"), "```hcl\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the README shows no file")
	}
	for _, block := range blocks {
		source, _, _ := strings.Cut(block, "```")
		if formatted := hclwrite.Format([]byte(source)); !slices.Equal(formatted, []byte(source)) {
			t.Errorf("the README has\n%s\nwhich is formatted as\n%s", source, formatted)
		}
	}
}

// readmeCommands returns the command lines of code blocks, with what follows a
// prompt or stands in the first column.
func readmeCommands(text string) []string {
	var commands []string
	for i, block := range strings.Split(text, "```") {
		if i%2 == 0 {
			continue // between two blocks
		}
		if strings.HasPrefix(block, "sh\n") {
			continue
		}
		for _, line := range regexp.MustCompile(`(?m)^(?:\$ )?(domainsync .*)$`).FindAllStringSubmatch(block, -1) {
			commands = append(commands, strings.TrimSpace(line[1]))
		}
	}
	return commands
}

// inOrder reports whether all of the wanted words stand in that order.
func inOrder(wanted, words []string) bool {
	for _, word := range words {
		if len(wanted) > 0 && sameWord(wanted[0], word) {
			wanted = wanted[1:]
		}
	}
	return len(wanted) == 0
}

// sameWord compares words; addresses differ from run to run.
func sameWord(a, b string) bool {
	if strings.Contains(a, "127.0.0.1:") {
		return strings.Contains(b, "127.0.0.1:") || strings.HasPrefix(b, "$")
	}
	return a == b
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
