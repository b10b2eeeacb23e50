package main

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpShowsExamples: each command that does something shows one, whose flags and
// arguments it takes.
func TestHelpShowsExamples(t *testing.T) {
	t.Parallel()
	shown := 0
	var each func(*cobra.Command)
	each = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			each(c)
		}
		if cmd.HasSubCommands() || cmd.Name() == "help" || cmd.Parent().Name() == "completion" {
			return
		}
		lines := strings.Split(strings.TrimSpace(cmd.Example), "\n")
		for _, line := range lines {
			if err := takes(line, cmd.CommandPath()); err != nil {
				t.Errorf("%s: the example %q: %v", cmd.CommandPath(), line, err)
			}
			shown++
		}
	}
	each(newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard)))
	if shown < 60 {
		t.Errorf("%d examples were found", shown)
	}
	for path := range helpExamples {
		if _, rest, err := newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard)).Find(strings.Fields(path)); err != nil || len(rest) > 0 {
			t.Errorf("examples of %q, which is no command", path)
		}
	}
}

// shellWords matches the words of a line, with their quotes.
var shellWords = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)

// takes reports what is wrong with an example of a command.
func takes(line, path string) error {
	words := shellWords.FindAllString(line, -1)
	if len(words) == 0 || !strings.HasPrefix(strings.Join(words, " ")+" ", path+" ") {
		return io.ErrUnexpectedEOF
	}
	cmd, rest, err := newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard)).Find(words[1:])
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := requireFlags(cmd); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}
