package main

import (
	"fmt"
	"io"
)

// run executes one command line and returns the process's exit code.
func run(args []string, _ io.Reader, _, stderr io.Writer) int {
	if _, err := fmt.Fprintf(stderr, "domainsync: unknown command %q\n", args); err != nil {
		return 1
	}
	return 1
}
