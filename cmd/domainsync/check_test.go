package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCheckKeepsOrderAndLimit asks for many names side by side, ten a second.
func TestCheckKeepsOrderAndLimit(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	var names []string
	for i := range 25 {
		names = append(names, fmt.Sprintf("n%02d.com", 97*i%25))
	}
	file := filepath.Join(t.TempDir(), "names.txt")
	writeText(t, file, strings.Join(names, "\n"))
	start := time.Now()
	out := runProgram(t, "check", "--file", file, "--quiet", "--endpoint", s.endpoint).want(t, exitDone)
	if took := time.Since(start); took < 2400*time.Millisecond {
		t.Errorf("25 names took %v", took)
	}
	var shown []string
	for line := range strings.Lines(out.stdout) {
		name, _, _ := strings.Cut(line, "\t")
		shown = append(shown, name)
	}
	if got, want := strings.Join(shown[1:], " "), strings.Join(names, " "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
