package inert

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A Writer passes on what only shows, and escapes the rest:
//
//   - control codes but ends of lines and tabs, and what is invisible or
//     reorders text (Unicode's format characters and separators);
//   - workflow commands of GitHub and its kin, which read what a step prints
//     (https://docs.github.com/actions, workflow commands): "::" at the begin of
//     a line, and "##[" or "##vso[" anywhere.
//
// It serves goroutines side by side.
type Writer struct {
	out    io.Writer
	json   bool
	colors bool
	crlf   bool

	mu    sync.Mutex
	carry []byte // the begin of a character, a colour or an end of line whose rest has not come
	line  lineBegin
	signs int // of "##" and the letters behind it; 2: "[" would begin a command
	made  []byte
}

// lineBegin is where in a line the next character stands.
type lineBegin int

const (
	atBegin lineBegin = iota // only blanks stand before it
	afterColon
	within
)

// NewWriter returns a writer of text. With colors it passes the colours of a
// terminal on, and no other sequence.
func NewWriter(out io.Writer, colors bool) *Writer { return &Writer{out: out, colors: colors} }

// KeepCRLF has the writer pass ends of lines that are a carriage return and a line feed,
// which files of some forms must have.
func (w *Writer) KeepCRLF() {
	w.mu.Lock()
	w.crlf = true
	w.mu.Unlock()
}

// JSON returns a writer of JSON texts, which mean the same afterwards: what does
// not only show becomes \u escapes.
func JSON(out io.Writer) *Writer { return &Writer{out: out, json: true} }

// Write writes p in one piece, but for the begin of a character at its end.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data := p
	if len(w.carry) > 0 {
		data = append(w.carry, p...)
		w.carry = nil
	}
	w.made = w.made[:0]
	start, i := 0, 0 // data[start:i] shows as it is
	for i < len(data) {
		if i += w.plain(data[i:]); i == len(data) {
			break
		}
		size := w.passes(data[i:])
		if size > 0 {
			i += size
			continue
		}
		w.made = append(w.made, data[start:i]...)
		if size = w.charSize(data[i:]); size == 0 {
			w.carry = slices.Clone(data[i:])
			start = len(data)
			break
		}
		w.made = w.escape(w.made, data[i:i+size])
		i += size
		start = i
	}
	if start > 0 || len(w.made) > 0 {
		w.made = append(w.made, data[start:]...)
		data = w.made
	}
	if _, err := w.out.Write(data); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes the begin of a character that had no end. It does not close what
// is below.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.carry) == 0 {
		return nil
	}
	rest := w.escape(nil, w.carry[:1])
	for i, c := range w.carry[1:] {
		if c < utf8.RuneSelf {
			rest = append(rest, c) // of a colour
			continue
		}
		rest = w.escape(rest, w.carry[i+1:i+2])
	}
	w.carry = nil
	_, err := w.out.Write(rest)
	return err
}

// plain returns how many bytes at the begin of data can be written as they are,
// of the kind that most text is of and within a line.
func (w *Writer) plain(data []byte) int {
	if w.line != within || w.signs != 0 {
		return 0
	}
	for i, c := range data {
		if c < ' ' || c >= 0x7f || c == '#' {
			return i
		}
	}
	return len(data)
}

// passes returns how many bytes of data can be written as they are, 0 where the
// first character cannot, or is not there as a whole.
func (w *Writer) passes(data []byte) int {
	c := data[0]
	switch {
	case c == '\n':
		w.line, w.signs = atBegin, 0
		return 1
	case c == '\r' && w.crlf && len(data) > 1 && data[1] == '\n': // alone it would overwrite the line
		w.line, w.signs = atBegin, 0
		return 2
	case c == ' ', c == '\t':
		w.signs = 0
		return 1
	case c == 0x1b && w.colors:
		return colorSize(data)
	case c < ' ' || c == 0x7f:
		return 0
	case c < utf8.RuneSelf:
		return w.passesASCII(c)
	}
	r, size := utf8.DecodeRune(data)
	if broken(r, size) || !unicode.IsPrint(r) {
		return 0
	}
	if w.line = within; !unicode.IsLetter(r) || w.signs < 2 {
		w.signs = 0
	}
	return size
}

// passesASCII finds the begins of commands.
func (w *Writer) passesASCII(c byte) int {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	switch {
	case c == ':' && w.line == atBegin:
		w.line, w.signs = afterColon, 0
		return 1
	case c == ':' && w.line == afterColon, c == '[' && w.signs == 2:
		w.line, w.signs = within, 0
		return 0
	case c == '#' && w.json && w.signs == 1:
		w.line, w.signs = within, 0
		return 0
	case c == '#':
		w.signs = min(w.signs+1, 2)
	case !letter || w.signs < 2:
		w.signs = 0
	}
	w.line = within
	return 1
}

// charSize returns the bytes of the first character, 0 where its end is missing.
func (w *Writer) charSize(data []byte) int {
	if data[0] == 0x1b && w.colors && colorBegins(data) || data[0] == '\r' && w.crlf && len(data) == 1 || !utf8.FullRune(data) {
		return 0
	}
	_, size := utf8.DecodeRune(data)
	return size
}

// escape appends a character that does not only show, or begins a command.
func (w *Writer) escape(to, char []byte) []byte {
	if char[0] == ':' || char[0] == '[' || char[0] == '#' {
		if w.json {
			return fmt.Appendf(to, `\u%04x`, char[0])
		}
		return append(to, '\\', char[0])
	}
	w.line, w.signs = within, 0
	if !w.json {
		return appendEscaped(to, char)
	}
	r, _ := utf8.DecodeRune(char)
	for _, u := range utf16.Encode([]rune{r}) {
		to = fmt.Appendf(to, `\u%04x`, u)
	}
	return to
}

// longestColor bounds the sequences that are looked for, in bytes.
const longestColor = 20

// colorSize returns the length of the sequence that sets a colour (ECMA-48, SGR)
// at the begin of data, 0 where there is none. What would hide text is none.
func colorSize(data []byte) int {
	end := slices.Index(data[:min(len(data), longestColor)], 'm')
	if end < 0 || !colorBegins(data[:end]) {
		return 0
	}
	for _, hides := range []string{"8", "30", "37", "38", "40", "47", "48"} {
		if slices.ContainsFunc(parameters(data[2:end]), func(p string) bool { return p == hides }) {
			return 0
		}
	}
	return end + 1
}

// colorBegins reports whether data is the begin of such a sequence.
func colorBegins(data []byte) bool {
	if len(data) > longestColor || len(data) > 1 && data[1] != '[' {
		return false
	}
	for _, c := range data[min(len(data), 2):] {
		if (c < '0' || c > '9') && c != ';' {
			return false
		}
	}
	return true
}

// parameters returns the numbers of a sequence.
func parameters(data []byte) []string {
	var all []string
	last := 0
	for i := range len(data) + 1 {
		if i == len(data) || data[i] == ';' {
			all = append(all, string(data[last:i]))
			last = i + 1
		}
	}
	return all
}
