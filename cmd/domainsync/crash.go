package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/domainsync/domainsync/internal/inert"
)

// maxStack bounds the stack of a goroutine. What files can nest takes a
// hundredth of it; a recursion without end is found before it fills the memory.
const maxStack = 1 << 28

// reportPanics runs the program and returns its exit code. Go ends a program that
// crashes with the code 2, which means here that changes are pending, and a
// pipeline would go on. So a panic becomes the code 1, and what cannot be
// recovered (a stack or memory without end, a panic of somebody else's
// goroutine) ends by a signal.
func reportPanics(stderr io.Writer, program func() int) (code int) {
	debug.SetTraceback("crash")
	debug.SetMaxStack(maxStack)
	disableCoreDumps()
	defer func() {
		if p := recover(); p != nil {
			reportCrash(stderr, p, debug.Stack())
			code = exitError
		}
	}()
	return program()
}

// reportCrash says what to report, and what to do about a run that it ended.
func reportCrash(w io.Writer, p any, stack []byte) {
	w = inert.NewWriter(w, false)
	what, trace, _ := strings.Cut(fmt.Sprint(p), "\n") // a panic of a pool brings its stack along
	fmt.Fprintf(w, "\nError: domainsync failed by a mistake of its own: %s\n", inert.Text(what))
	fmt.Fprintf(w, "Please report it with the command line, the version and the lines below; take names out that nobody is to see.\n")
	fmt.Fprintf(w, "What an apply had sent is in the journal: the next apply, or domainsync resume, goes on from there.\n\n")
	fmt.Fprintf(w, "%s\n%s\n%s\n", versionLine(), inert.Lines(trace), inert.Lines(string(stack)))
}
