package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Printable writes s in characters that do nothing but show: control codes,
// which could drive a terminal, and invisible characters, which could reorder
// what a reader sees, become \n, \t or \u{HEX}, broken UTF-8 \xHH.
func Printable(s string) string {
	if isPrintable(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02X`, s[0])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%X}`, r)
		}
		s = s[size:]
	}
	return b.String()
}

func isPrintable(s string) bool {
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

// readable returns a canonical name as people read it. A label that mixes
// Latin letters with another alphabet's may be read as a name that it is not,
// so the registry's form stands beside it.
func readable(canonical string) string {
	if canonical == "" {
		return "the account"
	}
	u := wire.UnicodeName(canonical)
	if u != canonical && mixed(u) {
		u += " (" + canonical + ")"
	}
	return Printable(u)
}

// mixed reports whether a label holds letters of Latin and of Cyrillic, Greek
// or Armenian, whose letters look alike (Unicode TR 39).
func mixed(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		latin, alike := false, false
		for _, r := range label {
			latin = latin || unicode.Is(unicode.Latin, r)
			alike = alike || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian)
		}
		if latin && alike {
			return true
		}
	}
	return false
}

// inert are texts that a site which shows Markdown acts on even where they are
// escaped: mentions, references, links. An invisible space takes them apart.
var inert = strings.NewReplacer(
	"@", "@&#8203;", "#", `\#&#8203;`,
	"://", ":&#8203;//",
	"www.", "www&#8203;.",
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`,
	"[", `\[`, "]", `\]`, "|", `\|`, "$", `\$`, "!", `\!`,
)

// prose writes text from outside into Markdown, in which it is only text.
func prose(s string) string { return inert.Replace(Printable(s)) }

// code writes text from outside as code. Where the text holds what could end a
// code span or a cell of a table, HTML does it.
func code(s string) string {
	s = Printable(s)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s, "`|\\"):
		return "<code>" + prose(s) + "</code>"
	}
	return "`" + s + "`"
}
