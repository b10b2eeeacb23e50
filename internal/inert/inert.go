// Package inert writes text from outside, which files and the service hold, so
// that it does nothing but show: not to a terminal, not to whoever reads a log
// for commands, not to a spreadsheet.
//
// What is written is escaped where it is put into a form ([Text], [Cell],
// [JSON]). A [Writer] below all output catches what was forgotten there.
package inert

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text writes s on one line, in characters that do nothing but show. Control
// codes, which could drive a terminal, and invisible characters, which could
// reorder what a reader sees, become \n, \t or \u{HEX}, broken UTF-8 \xHH.
func Text(s string) string {
	if shows(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r) && !broken(r, size):
			b.WriteRune(r)
		default:
			b.Write(appendEscaped(nil, []byte(s[:size])))
		}
		s = s[size:]
	}
	return b.String()
}

// Lines is Text that keeps the ends of lines and tabs, for texts of several
// lines such as errors.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		columns := strings.Split(line, "\t")
		for j, column := range columns {
			columns[j] = Text(column)
		}
		lines[i] = strings.Join(columns, "\t")
	}
	return strings.Join(lines, "\n")
}

// Cell writes s as the text of a cell of CSV. Spreadsheets take what begins with
// =, +, - or @ for a formula, whatever blanks stand before it: an apostrophe
// before it makes it text.
func Cell(s string) string {
	s = Text(s)
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " ")); strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + s
	}
	return s
}

func shows(s string) bool {
	for i, r := range s {
		if r < 0x20 || r >= 0x7f && !unicode.IsPrint(r) {
			return false
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}

// broken reports whether a byte belongs to no character.
func broken(r rune, size int) bool { return r == utf8.RuneError && size <= 1 }

// appendEscaped appends one character so that it shows, or a byte that belongs
// to none.
func appendEscaped(to, char []byte) []byte {
	r, size := utf8.DecodeRune(char)
	if broken(r, size) {
		return fmt.Appendf(to, `\x%02X`, char[0])
	}
	return fmt.Appendf(to, `\u{%X}`, r)
}
