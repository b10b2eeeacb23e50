package wire_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// spellings are ways to write a name or a pattern that mean the same.
var spellings = map[string]func(string) string{
	"as it is":          func(s string) string { return s },
	"in capitals":       strings.ToUpper,
	"with a final dot":  func(s string) string { return s + "." },
	"between blanks":    func(s string) string { return " " + s + "\t" },
	"ideographic stops": func(s string) string { return strings.ReplaceAll(s, ".", "。") },
	"decomposed":        func(s string) string { return strings.ReplaceAll(s, "ü", "u\u0308") },
	"full width":        func(s string) string { return strings.ReplaceAll(s, "c", "ｃ") },
}

// TestPatternsHaveNoSpelling: whichever way a pattern is spelled, it stands for
// the same names.
func TestPatternsHaveNoSpelling(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"münchen.com":           "xn--mnchen-3ya.com",
		"xn--mnchen-3ya.com":    "xn--mnchen-3ya.com",
		"*.com":                 "alpha.com xn--mnchen-3ya.com www.alpha.com",
		"mün*":                  "xn--mnchen-3ya.com xn--mnchen-3ya.xn--p1ai",
		"m?nchen.*":             "xn--mnchen-3ya.com xn--mnchen-3ya.xn--p1ai",
		"m[u-ü]nchen.com":       "xn--mnchen-3ya.com",
		"xn--mnchen-3ya.*":      "xn--mnchen-3ya.com xn--mnchen-3ya.xn--p1ai",
		"*.рф":                  "xn--mnchen-3ya.xn--p1ai",
		"*.xn--p1ai":            "xn--mnchen-3ya.xn--p1ai",
		"xn--mn*.com":           "xn--mnchen-3ya.com",
		"xn--mn*.рф":            "xn--mnchen-3ya.xn--p1ai",
		"xn--*":                 "xn--mnchen-3ya.com xn--mnchen-3ya.xn--p1ai",
		"x*":                    "",
		"alpha.com":             "alpha.com",
		"[^a]*.com":             "xn--mnchen-3ya.com www.alpha.com",
		"*":                     "alpha.com xn--mnchen-3ya.com www.alpha.com xn--mnchen-3ya.xn--p1ai beta.example",
		"straße.*":              "",
		"b*.e?ample":            "beta.example",
		"*mn*":                  "",
		`al\pha.com`:            "alpha.com",
		"xn--mnchen-3ya.xn--p*": "xn--mnchen-3ya.xn--p1ai",
	} {
		for spelling, spell := range spellings {
			p, err := wire.ParseNamePattern(spell(pattern))
			if err != nil {
				t.Errorf("%s %s: %v", pattern, spelling, err)
				continue
			}
			var got []string
			for _, name := range []string{"alpha.com", "xn--mnchen-3ya.com", "www.alpha.com", "xn--mnchen-3ya.xn--p1ai", "beta.example"} {
				if p.Match(name) {
					got = append(got, name)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s %s: it matches %q, want %q", pattern, spelling, strings.Join(got, " "), want)
			}
		}
	}
}

func TestPatternsThatMatchNothing(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"[a", "[]", "a..com", `com\`, "a b.com", "-a.com", strings.Repeat("a", 64) + ".com"} {
		if p, err := wire.ParseNamePattern(pattern); err == nil {
			t.Errorf("%q is taken, as %v", pattern, p)
		}
	}
	if p, err := wire.ParseNamePattern(""); err != nil || !p.Match("") || p.Match("example.com") {
		t.Errorf("the empty pattern is %v, %v", p, err)
	}
}

// FuzzNamePattern holds that a pattern without signs is the name that it spells,
// and that none panics.
func FuzzNamePattern(f *testing.F) {
	for _, s := range []string{"münchen.com", "*.XN--P1AI", "xn--mn*", "[a-ü]?.com", "ß.example.", "\x00", "xn--*-3ya"} {
		f.Add(s, "xn--mnchen-3ya.com")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p, err := wire.ParseNamePattern(pattern)
		if err != nil {
			return
		}
		p.Match(name)
		if canonical, err := wire.CanonicalName(pattern); err == nil && p.Exact() && !p.Match(canonical) {
			t.Errorf("%q does not match %q", pattern, canonical)
		}
	})
}
