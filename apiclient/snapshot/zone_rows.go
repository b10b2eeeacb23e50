package snapshot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRow is the longest row of a zone file in bytes, comments not counted. The
// longest record has 64 KB, and four characters for each of them at most.
const maxRow = 1 << 18

var tooLong = fmt.Sprintf("it is longer than %d bytes", maxRow)

// rows takes a zone file apart into rows, each a record or a directive (RFC 1035,
// section 5.1): a line, or several where parentheses are open. So one row that
// the parser does not understand leaves the others alone. Comments are dropped.
type rows struct {
	b    *bufio.Reader
	line int // where the text was read up to, from 1
	at   int // where the row begins
	row  []byte
	// wrong is why the row is none, "" where nothing is wrong with its form.
	wrong string

	depth          int // of open parentheses
	quoted, escape bool
	comment        bool
	closed         bool // the row's last line has ended
}

// next reads a row. False means that there is none any more.
func (r *rows) next() (bool, error) {
	r.at, r.row, r.wrong = r.line, r.row[:0], ""
	r.depth, r.quoted, r.escape, r.comment, r.closed = 0, false, false, false, false
	for !r.closed {
		c, err := r.byte()
		switch {
		case errors.Is(err, io.EOF) && r.depth > 0:
			return false, r.unclosed("before the file ends")
		case errors.Is(err, io.EOF):
			return len(r.row) > 0, nil
		case err != nil:
			return false, err
		case c == 0:
			return false, fmt.Errorf("line %d has a zero byte: it is no text, but an archive, say; take the zone file out of it", r.line)
		}
		r.step(c)
		if len(r.row) <= maxRow {
			continue
		}
		if r.depth > 0 {
			return false, r.unclosed(fmt.Sprintf("within %d bytes", maxRow))
		}
		r.wrong, r.row = tooLong, r.row[:maxRow]
	}
	return true, nil
}

func (r *rows) unclosed(where string) error {
	return fmt.Errorf("line %d: a parenthesis is opened and not closed %s, so nobody can tell which rows belong together: correct the file", r.at, where)
}

// byte reads a byte; every end of a line is a line feed.
func (r *rows) byte() (byte, error) {
	c, err := r.b.ReadByte()
	if c != '\r' || err != nil {
		return c, err
	}
	next, err := r.b.Peek(1)
	if err == nil && next[0] == '\n' {
		_, err = r.b.ReadByte()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return '\n', err
}

// step takes the next byte of a row.
func (r *rows) step(c byte) {
	escaped := r.escape
	r.escape = false
	switch {
	case c == '\n':
		r.endLine()
		return
	case r.comment:
		return
	case escaped:
	case c == '\\':
		r.escape = true
	case c == '"':
		r.quoted = !r.quoted
	case r.quoted:
	case c == ';':
		r.comment = true
		return
	case c == '(':
		r.depth++
	case c == ')':
		r.depth--
	}
	r.row = append(r.row, c)
}

// endLine ends a line, and the row unless a parenthesis is open.
func (r *rows) endLine() {
	r.line++
	r.comment = false
	if r.quoted {
		r.wrong, r.closed = "a quotation mark is opened and not closed on its line", true
	}
	r.closed = r.closed || r.depth <= 0
	r.row = append(r.row, '\n')
}

// blank reports whether the row says nothing.
func (r *rows) blank() bool { return len(bytes.Trim(r.row, " \t\n")) == 0 }

// first returns what the row begins with: its owner or a directive.
func (r *rows) first() string {
	end := bytes.IndexAny(r.row, " \t\n()\"")
	if end < 0 {
		end = len(r.row)
	}
	return string(r.row[:end])
}
