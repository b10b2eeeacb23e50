package inert_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
)

// TestHostileTextsAct shows that the check of the other tests can fail.
func TestHostileTextsAct(t *testing.T) {
	t.Parallel()
	inertAlready := 0
	for _, s := range inerttest.Hostile() {
		if inerttest.Acts(s) == "" {
			inertAlready++
		}
	}
	if inertAlready != 8 { // seven formulas, and a command that a line's end cuts
		t.Errorf("%d of the texts do not act", inertAlready)
	}
}

func TestWritersMakeTextsInert(t *testing.T) {
	t.Parallel()
	for _, s := range inerttest.Hostile() {
		for _, before := range []string{"", "value: ", "\n", "  "} {
			var out strings.Builder
			w := inert.NewWriter(&out, false)
			write(t, w, before+s+"\n", len(before)+len(s)+1)
			if got := inerttest.Acts(out.String()); got != "" {
				t.Errorf("%q behind %q: %s in %q", s, before, got, out.String())
			}
		}
	}
}

// write writes a text in pieces of n bytes.
func write(t *testing.T, w *inert.Writer, text string, n int) {
	t.Helper()
	for len(text) > 0 {
		piece := text[:min(n, len(text))]
		if wrote, err := w.Write([]byte(piece)); err != nil || wrote != len(piece) {
			t.Fatalf("%d bytes of %q: %v", wrote, piece, err)
		}
		text = text[len(piece):]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWritersShow tells how a text is shown, whatever pieces it comes in.
func TestWritersShow(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"plain bücher 例え 👍\tx\n":     "plain bücher 例え 👍\tx\n",
		"::1 and a::b\n  ::x":        ":\\:1 and a::b\n  :\\:x",
		"#1 ##2 ##[x] a##vso[y] # [": `#1 ##2 ##\[x] a##vso\[y] # [`,
		"\x1b[31mred\r\n":            "\\u{1B}[31mred\\u{D}\n",
		"cut \xe2\x82":               `cut \xE2\x82`,
		"a\u2028b\u009b\u202e":       `a\u{2028}b\u{9B}\u{202E}`,
	} {
		for n := 1; n <= len(s); n++ {
			var out strings.Builder
			write(t, inert.NewWriter(&out, false), s, n)
			if out.String() != want {
				t.Errorf("%q in pieces of %d: got %q, want %q", s, n, out.String(), want)
			}
		}
	}
}

// TestEndsOfLinesStay: a writer that is told to passes ends of lines of two characters, and
// escapes each of them that stands alone.
func TestEndsOfLinesStay(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"a\r\nb\r\n":       "a\r\nb\r\n",
		"a\rb\r\r\nc\n\rd": "a\\u{D}b\\u{D}\r\nc\n\\u{D}d",
		"x\r\n::error::y":  "x\r\n:\\:error::y",
		"end\r":            "end\\u{D}",
	} {
		for n := 1; n <= len(s); n++ {
			var out strings.Builder
			w := inert.NewWriter(&out, false)
			w.KeepCRLF()
			write(t, w, s, n)
			if out.String() != want {
				t.Errorf("%q in pieces of %d: got %q, want %q", s, n, out.String(), want)
			}
		}
	}
}

// TestColorsPass: a terminal gets colours, and nothing else that it acts on.
func TestColorsPass(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m":  "\x1b[1;31mred\x1b[0m",
		"\x1b[m":                "\x1b[m",
		"\x1b[8mhidden":         `\u{1B}[8mhidden`,
		"\x1b[1;30;40mhidden":   `\u{1B}[1;30;40mhidden`,
		"\x1b[2J":               `\u{1B}[2J`,
		"\x1b]0;x\a":            `\u{1B}]0;x\u{7}`,
		"\x1b":                  `\u{1B}`,
		"\x1b[31":               `\u{1B}[31`,
		"\x1b\x1b[32m":          "\\u{1B}\x1b[32m",
		"\x1b[33m::error::\x1b": "\x1b[33m:\\:error::\\u{1B}",
	} {
		for n := 1; n <= len(s); n++ {
			var out strings.Builder
			write(t, inert.NewWriter(&out, true), s, n)
			if out.String() != want {
				t.Errorf("%q in pieces of %d: got %q, want %q", s, n, out.String(), want)
			}
		}
	}
}

// TestJSONKeepsItsMeaning: JSON whose texts are hostile is inert, and decodes to
// the same texts.
func TestJSONKeepsItsMeaning(t *testing.T) {
	t.Parallel()
	for _, s := range inerttest.Hostile() {
		var data strings.Builder
		enc := json.NewEncoder(&data)
		enc.SetEscapeHTML(false)
		if err := enc.Encode([]string{s}); err != nil {
			t.Fatal(err)
		}
		var want, got []string
		if err := json.Unmarshal([]byte(data.String()), &want); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= data.Len(); n++ {
			var out strings.Builder
			write(t, inert.JSON(&out), data.String(), n)
			if err := json.Unmarshal([]byte(out.String()), &got); err != nil || got[0] != want[0] {
				t.Errorf("%q: %s: %q, %v", s, out.String(), got, err)
			}
			if found := inerttest.Acts(out.String()); found != "" {
				t.Errorf("%q: %s in %s", s, found, out.String())
			}
			var below strings.Builder
			if write(t, inert.NewWriter(&below, false), out.String(), out.Len()); below.String() != out.String() {
				t.Errorf("%q: a writer of text changes %s to %s", s, out.String(), below.String())
			}
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"plain, with spaces":  "plain, with spaces",
		"bücher 例え 👍":         "bücher 例え 👍",
		"\x1b[31mred":         `\u{1B}[31mred`,
		"a\nb\tc\rd":          `a\nb\tc\u{D}d`,
		"\u009b2J":            `\u{9B}2J`, // CSI in one character
		"a\u202eb\u2066":      `a\u{202E}b\u{2066}`,
		"zero\u200bwidth\x7f": `zero\u{200B}width\u{7F}`,
		"broken \xff\xfe":     `broken \xFF\xFE`,
		"\ufffd":              "\ufffd",
		"":                    "",
	} {
		if got := inert.Text(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
		if got := inert.Text(inert.Text(s)); got != want {
			t.Errorf("%q: a second time it becomes %q", s, got)
		}
	}
}

func TestTextStaysOnItsLine(t *testing.T) {
	t.Parallel()
	for _, s := range inerttest.Hostile() {
		got := inert.Text(s)
		if strings.ContainsAny(got, "\n\t") || inert.Text(got) != got {
			t.Errorf("%q: %q", s, got)
		}
		if lines := inert.Lines("a\n\t" + s + "\nb"); strings.Count(lines, "\n") != 2+strings.Count(s, "\n") || strings.ContainsAny(lines, "\r\v\f\x1b\u2028\u0085") {
			t.Errorf("%q in lines: %q", s, lines)
		}
	}
}

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for _, s := range inerttest.Hostile() {
		got := inert.Cell(s)
		first, _ := utf8.DecodeRuneInString(strings.TrimSpace(got))
		if strings.ContainsRune("=+-@＝＋－＠", first) {
			t.Errorf("%q: the cell %q is a formula", s, got)
		}
	}
	for s, want := range map[string]string{"": "", "example.com": "example.com", "a=b": "a=b", "-": "'-", " +1": "' +1", "＝1": "'＝1"} {
		if got := inert.Cell(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func FuzzWriter(f *testing.F) {
	for _, s := range inerttest.Hostile() {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = 1 + int(uint(n)%uint(max(len(s), 1)))
		var whole, pieces strings.Builder
		write(t, inert.NewWriter(&whole, false), s, max(len(s), 1))
		write(t, inert.NewWriter(&pieces, false), s, n)
		if whole.String() != pieces.String() {
			t.Errorf("in pieces of %d: %q, as a whole: %q", n, pieces.String(), whole.String())
		}
		if found := inerttest.Acts(whole.String()); found != "" {
			t.Errorf("%s in %q", found, whole.String())
		}
	})
}
