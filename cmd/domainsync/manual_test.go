package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// What is written of the commands comes from the commands. It is a test that writes
// it, so that the program itself has no part of that.
//
//go:generate go test -run ^TestCommandReference$ . -update

// commandReference is where the reference of all commands lies.
const commandReference = "../../docs/commands.md"

// TestCommandReference: the reference is what the commands say of themselves.
func TestCommandReference(t *testing.T) {
	t.Parallel()
	want := referenceOf(newRoot(&app{}))
	if *update {
		if err := os.WriteFile(commandReference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := readText(t, commandReference); got != want {
		t.Error("docs/commands.md is not what the commands say: run go generate ./cmd/domainsync")
	}
}

// referenceOf writes what all commands say of themselves.
func referenceOf(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nWritten from the commands: `go generate ./cmd/domainsync`.\n\n" +
		root.Long + "\n\nFlags of every command:\n\n```\n" + root.PersistentFlags().FlagUsages() + "```\n")
	for _, group := range append(root.Groups(), &cobra.Group{Title: "Others:"}) {
		fmt.Fprintf(&b, "\n## %s\n", strings.TrimSuffix(group.Title, ":"))
		for _, cmd := range root.Commands() {
			if cmd.GroupID == group.ID && !cmd.Hidden {
				referTo(&b, cmd)
			}
		}
	}
	return b.String()
}

// referTo writes what a command and those below it say of themselves.
func referTo(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n", cmd.CommandPath(), cmp.Or(strings.TrimSpace(cmd.Long), cmd.Short+"."))
	for _, block := range []string{cmd.UseLine(), strings.TrimRight(cmd.LocalFlags().FlagUsages(), "\n"), strings.TrimRight(cmd.Example, "\n")} {
		if block != "" && cmd.Runnable() {
			fmt.Fprintf(b, "\n```\n%s\n```\n", block)
		}
	}
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			referTo(b, sub)
		}
	}
}

// TestManual writes the manual pages and the completions of shells to the directory
// MANUAL_DIR, else to one of its own, and looks whether they can be read.
func TestManual(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("MANUAL_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	root := newRoot(&app{})
	pages := writeManualPages(t, root, filepath.Join(dir, "man"))
	if want := "domainsync.1.gz domainsync-apply.1.gz domainsync-state-move.1.gz"; !hasAll(pages, strings.Fields(want)) {
		t.Errorf("the manual has the pages %v, and not all of %s", pages, want)
	}
	writeCompletions(t, root, filepath.Join(dir, "completions"))
}

func hasAll(have, want []string) bool {
	for _, w := range want {
		if !strings.Contains(" "+strings.Join(have, " ")+" ", " "+w+" ") {
			return false
		}
	}
	return true
}

// writeManualPages writes a page for each command, and returns their files' names.
// Their date is that of SOURCE_DATE_EPOCH, so that a commit makes the same pages
// whenever it is built.
func writeManualPages(t *testing.T, root *cobra.Command, dir string) (pages []string) {
	t.Helper()
	date := time.Unix(0, 0).UTC()
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatalf("SOURCE_DATE_EPOCH: %v", err)
		}
		date = time.Unix(seconds, 0).UTC()
	}
	root.DisableAutoGenTag = true
	plain := t.TempDir()
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &date, Source: "domainsync", Manual: "domainsync"}, plain); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(plain, "*.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		lintManualPage(t, file)
		pages = append(pages, filepath.Base(file)+".gz")
		writeManual(t, filepath.Join(dir, filepath.Base(file)+".gz"), compressed(t, readText(t, file)))
	}
	return pages
}

// lintManualPage has groff read a page, where it is installed.
func lintManualPage(t *testing.T, file string) {
	t.Helper()
	groff, err := exec.LookPath("groff")
	if err != nil {
		return
	}
	var said bytes.Buffer
	cmd := exec.Command(groff, "-man", "-ww", "-Tutf8", "-z", "-K", "utf8", file)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil || said.Len() > 0 {
		t.Errorf("%s: %v\n%s", filepath.Base(file), err, &said)
	}
}

func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeManual(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeCompletions writes what shells load to complete commands, and has those shells
// that are installed read it.
func writeCompletions(t *testing.T, root *cobra.Command, dir string) {
	t.Helper()
	for _, c := range []struct {
		shell string
		write func(b *bytes.Buffer) error
	}{
		{"bash", func(b *bytes.Buffer) error { return root.GenBashCompletionV2(b, true) }},
		{"zsh", func(b *bytes.Buffer) error { return root.GenZshCompletion(b) }},
		{"fish", func(b *bytes.Buffer) error { return root.GenFishCompletion(b, true) }},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "domainsync."+c.shell)
		writeManual(t, file, b.Bytes())
		if shell, err := exec.LookPath(c.shell); err == nil {
			if out, err := exec.Command(shell, "-n", file).CombinedOutput(); err != nil {
				t.Errorf("%s does not read its completion: %v\n%s", c.shell, err, out)
			}
		}
	}
}
