package main

import (
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// terminal returns the descriptor of a stream that a person looks at.
func terminal(stream any) (fd int, ok bool) {
	if s, ok := stream.(*screen); ok {
		stream = s.w
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

// plain keeps what others wrote, the service and files, away from the controls
// of a terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			return r
		}
		return unicode.ReplacementChar
	}, text)
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
