package render_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/render"
)

// TestReportFitsTheTerminal: lines have the width, but for words that are longer, and
// the words are the same in the same order.
func TestReportFitsTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := executor.Report{Run: 7, Interrupted: true, Submits: 3, Trouble: []string{rapid.StringMatching(`[a-zü ]{0,200}`).Draw(t, "trouble")}}
		for range rapid.IntRange(0, 30).Draw(t, "changes") {
			r.Changes = append(r.Changes, executor.ChangeReport{
				Domain: rapid.StringMatching(`[a-z]{1,20}\.example`).Draw(t, "name"), Attribute: "nameservers", Result: executor.Failed,
				Message: rapid.SampledFrom([]string{"no", "The registry refused: " + strings.Repeat("again ", 30)}).Draw(t, "message"), Task: "t1",
			})
		}
		width := rapid.IntRange(20, 120).Draw(t, "width")
		var plain, wrapped strings.Builder
		if err := render.ReportText(&plain, &r, 0); err != nil {
			t.Fatal(err)
		}
		if err := render.ReportText(&wrapped, &r, width); err != nil {
			t.Fatal(err)
		}
		if strings.Join(strings.Fields(plain.String()), " ") != strings.Join(strings.Fields(wrapped.String()), " ") {
			t.Errorf("other words:\n%s\n%s", plain.String(), wrapped.String())
		}
		for line := range strings.Lines(wrapped.String()) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > width && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("more than %d columns: %q", width, line)
			}
		}
	})
}
