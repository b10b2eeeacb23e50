package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeCommandsAreInScripts wants every command of the README in a script,
// where it may have more arguments, such as the simulator's endpoint.
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

// readmeCommands returns the command lines of code blocks, with what follows a
// prompt or stands in the first column.
func readmeCommands(text string) []string {
	var commands []string
	for i, block := range strings.Split(text, "```") {
		if i%2 == 0 {
			continue // between two blocks
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
