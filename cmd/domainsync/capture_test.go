package main

import (
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// capture sets a variable to what the first group of a pattern matches in the
// last output: capture VARIABLE PATTERN.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture VARIABLE PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	match := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(match) != 2 {
		ts.Fatalf("no group of %q is in the output", args[1])
	}
	ts.Setenv(args[0], match[1])
}
