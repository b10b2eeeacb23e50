package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// terminal returns the descriptor of a stream that a person looks at.
func terminal(stream any) (fd int, ok bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(f.Fd()) //nolint:gosec // descriptors are small
	return fd, term.IsTerminal(fd)
}

// colors reports whether w may get colours (https://no-color.org).
func (a *app) colors(w io.Writer) bool {
	_, ok := terminal(w)
	return ok && !a.flags.noColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// width returns the columns of w, 80 where it is no terminal.
func width(w io.Writer) int {
	if fd, ok := terminal(w); ok {
		if columns, _, err := term.GetSize(fd); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}
