// Package inerttest has texts that act on who shows or reads them, and finds
// them in what a program wrote.
package inerttest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hostile returns texts that act: workflow commands behind every line's end,
// sequences and codes of terminals, characters that hide or reorder others,
// broken UTF-8, and formulas.
func Hostile() []string {
	return []string{
		"::set-output name=x::y", "  ::error::x", "\u00a0::stop-commands::x", "a\n::add-mask::x", "a\r::error::x", "a\r\n\t::error::x",
		"a\u2028::error::x", "a\u2029::error::x", "a\u0085::error::x", "a\v::error::x", "a\f::error::x", "\ufeff::error::x",
		"##[error]x", "a ##[add-mask]x", "###[x]", "##vso[task.setvariable variable=x]y", "##v\u017fo[x]", "##\n[x]",
		"\x1b[31mred", "\x1b]0;title\a", "\x1b[8mhidden", "\u009b2J", "\x9b2J", "a\bb", "\x00", "\x7f",
		"a\u202eb\u2066c", "zero\u200bwidth", "soft\u00adhyphen", "broken \xff\xfe", "\xe2\x80", "tag\U000e0041",
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1",
	}
}

// Acts returns what acts in text that a program wrote to a log, "" for none. It
// reads as others do, which take more for a line's end than Go does.
func Acts(text string) string {
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return "a character that does not show"
		}
	}
	if !utf8.ValidString(text) {
		return "a byte of no character"
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimFunc(line, unicode.IsSpace), "::") {
			return "a command at a line's begin"
		}
		if _, rest, found := strings.Cut(line, "##"); found && strings.HasPrefix(strings.TrimLeftFunc(rest, func(r rune) bool { return r == '#' || unicode.IsLetter(r) }), "[") {
			return "a command within a line"
		}
	}
	return ""
}
