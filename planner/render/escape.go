package render

import (
	"strings"
	"unicode"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/inert"
)

// readable returns a canonical name as people read it. A label that mixes
// Latin letters with another alphabet's may be read as a name that it is not,
// so the registry's form stands beside it.
func readable(canonical string) string {
	if canonical == "" {
		return "the account"
	}
	u := wire.UnicodeName(canonical)
	if u != canonical && mixesScripts(u) {
		u += " (" + canonical + ")"
	}
	return inert.Text(u)
}

// mixesScripts reports whether a label holds letters of Latin and of Cyrillic,
// Greek or Armenian, whose letters look alike (Unicode TR 39).
func mixesScripts(name string) bool {
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

// markdownEscaper escapes what Markdown and HTML give a meaning, and takes
// apart with an invisible space what a site acts on even where it is escaped:
// mentions, references, links.
var markdownEscaper = strings.NewReplacer(
	"@", "@&#8203;", "#", `\#&#8203;`,
	"://", ":&#8203;//",
	"www.", "www&#8203;.",
	"GH-", "GH&#8203;-", "gh-", "gh&#8203;-",
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`,
	"[", `\[`, "]", `\]`, "|", `\|`, "$", `\$`, "!", `\!`,
)

// plainText writes text from outside into Markdown, in which it is only text.
func plainText(s string) string { return markdownEscaper.Replace(inert.Text(s)) }

// codeSpan writes text from outside as code. Where the text holds what could end a
// code span or a cell of a table, HTML does it.
func codeSpan(s string) string {
	s = inert.Text(s)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s, "`|\\"):
		return "<code>" + plainText(s) + "</code>"
	}
	return "`" + s + "`"
}
