package render

import (
	"testing"

	"github.com/domainsync/domainsync/planner"
)

func TestReadable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"example.com":            "example.com",
		"xn--bcher-kva.example":  "bücher.example",
		"xn--exmple-4nf.com":     "ex\u0430mple.com (xn--exmple-4nf.com)", // Cyrillic а among Latin letters
		"xn--e1afmkfd.xn--p1ai":  "пример.рф",
		"www.xn--e1afmkfd.com":   "www.пример.com", // each label has one alphabet
		"xn--not-a-label-\x1b[0": `xn--not-a-label-\u{1B}[0`,
	} {
		if got := readable(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct{ prose, code string }{
		"ns1.example.net":         {"ns1.example.net", "`ns1.example.net`"},
		"keep_ds = true":          {`keep\_ds = true`, "`keep_ds = true`"},
		"a|b":                     {`a\|b`, `<code>a\|b</code>`},
		`a\|b`:                    {`a\\\|b`, `<code>a\\\|b</code>`},
		"`x`":                     {"\\`x\\`", "<code>\\`x\\`</code>"},
		"@ada #12 <b>":            {`@&#8203;ada \#&#8203;12 &lt;b&gt;`, "`@ada #12 <b>`"},
		"https://www.example.com": {"https:&#8203;//www&#8203;.example.com", "`https://www.example.com`"},
		"![a](b) **c** ~~d~~":     {`\!\[a\](b) \*\*c\*\* \~\~d\~\~`, "`![a](b) **c** ~~d~~`"},
		"line\nbreak":             {`line\\nbreak`, `<code>line\\nbreak</code>`},
		"":                        {"", ""},
	} {
		if got := plainText(s); got != want.prose {
			t.Errorf("%q as prose: got %s, want %s", s, got, want.prose)
		}
		if got := codeSpan(s); got != want.code {
			t.Errorf("%q as code: got %s, want %s", s, got, want.code)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		s            string
		first, width int
		want         []string
	}{
		{"one two three", 13, 13, []string{"one two three"}},
		{"one two three", 12, 13, []string{"one two", "three"}},
		{"one two three", 3, 9, []string{"one", "two three"}},
		{"extraordinary word", 5, 5, []string{"extraordinary", "word"}},
		{"例え 例え", 5, 5, []string{"例え", "例え"}}, // two columns a character
		{"", 5, 5, []string{""}},
		{"any", -3, -3, []string{"any"}},
	} {
		got := wrap(test.s, test.first, test.width)
		if len(got) != len(test.want) {
			t.Errorf("%q: got %q, want %q", test.s, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%q: got %q, want %q", test.s, got, test.want)
			}
		}
	}
}

func TestRemarksThatAreNotShownAreCounted(t *testing.T) {
	t.Parallel()
	p := &planner.Plan{}
	for _, summary := range []string{"A", "B", "C"} {
		p.Diagnostics = append(p.Diagnostics, planner.Diagnostic{Severity: planner.SeverityWarning, Summary: summary})
	}
	m := &markdown{plan: p, names: listShown, runes: shortRunes, room: MarkdownLimit}
	if got := m.remarks(planner.SeverityWarning)[0].rest(1); got != "… and 2 more." {
		t.Errorf("after the first of three remarks: %q", got)
	}
}
