package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// terminal returns the descriptor of a stream that a person looks at.
func terminal(stream any) (fd int, ok bool) {
	if s, ok := stream.(*screen); ok {
		stream = s.w
	}
	switch s := stream.(type) {
	case *output:
		stream = s.to
	case *heldWriter:
		stream = s.to
	}
	f, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// colors reports whether w may get colours (https://no-color.org).
func (a *app) colors(w io.Writer) bool {
	_, ok := terminal(w)
	return ok && !a.flags.noColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// width returns the columns of w, 0 where it is no terminal: what a program
// reads is better not wrapped.
func width(w io.Writer) int {
	if fd, ok := terminal(w); ok {
		if columns, _, err := term.GetSize(fd); err == nil && columns > 0 {
			return columns
		}
	}
	return 0
}
