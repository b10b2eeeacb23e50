package render

import (
	"bufio"
	"bytes"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// wrapper writes lines in at most width columns, 0: any. What does not fit stands in
// lines below, further to the right than the first; a longer word stays whole.
type wrapper struct {
	to    *bufio.Writer
	width int
	line  []byte // that has not ended yet
}

// Write takes a part of a text.
func (w *wrapper) Write(p []byte) (int, error) {
	n := len(p)
	for {
		head, rest, ended := bytes.Cut(p, []byte("\n"))
		w.line = append(w.line, head...)
		if !ended {
			return n, nil
		}
		w.end()
		p = rest
	}
}

// end writes the line. What cannot be written Flush tells.
func (w *wrapper) end() {
	words := strings.TrimLeft(string(w.line), " ")
	indent := len(w.line) - len(words)
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", indent))
	used := indent
	for i, word := range strings.Split(words, " ") {
		columns := text.StringWidthWithoutEscSequences(word)
		switch {
		case i == 0:
		case w.width > 0 && used+1+columns > w.width:
			used = indent + 4
			b.WriteString("\n" + strings.Repeat(" ", used))
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += columns
	}
	w.to.WriteString(b.String() + "\n") //nolint:errcheck // see above
	w.line = w.line[:0]
}

// Flush writes what is left.
func (w *wrapper) Flush() error {
	if len(w.line) > 0 {
		w.end()
	}
	return w.to.Flush()
}
