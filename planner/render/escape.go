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
	if u != canonical && mixed(u) {
		u += " (" + canonical + ")"
	}
	return inert.Text(u)
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

// passive escapes what Markdown and HTML give a meaning, and takes apart with an
// invisible space what a site acts on even where it is escaped: mentions,
// references, links.
var passive = strings.NewReplacer(
	"@", "@&#8203;", "#", `\#&#8203;`,
	"://", ":&#8203;//",
	"www.", "www&#8203;.",
	"GH-", "GH&#8203;-", "gh-", "gh&#8203;-",
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`,
	"[", `\[`, "]", `\]`, "|", `\|`, "$", `\$`, "!", `\!`,
)

// prose writes text from outside into Markdown, in which it is only text.
func prose(s string) string { return passive.Replace(inert.Text(s)) }

// code writes text from outside as code. Where the text holds what could end a
// code span or a cell of a table, HTML does it.
func code(s string) string {
	s = inert.Text(s)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s, "`|\\"):
		return "<code>" + prose(s) + "</code>"
	}
	return "`" + s + "`"
}
