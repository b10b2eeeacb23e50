package page_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected page")

// TestPageIsAsExpected compares the body of the page of a small portfolio with a file,
// without the script and without what charts draw.
func TestPageIsAsExpected(t *testing.T) {
	t.Parallel()
	_, body, _ := strings.Cut(pageOf(t, sampleReport(9, 5, plainTexts)), "<body>\n")
	body, _, _ = strings.Cut(body, "<script>")
	var kept strings.Builder
	for rest := body; rest != ""; {
		before, drawn, found := strings.Cut(rest, "</desc>")
		kept.WriteString(before)
		if !found {
			break
		}
		kept.WriteString("</desc>")
		_, after, _ := strings.Cut(drawn, "</svg>")
		rest = "</svg>" + after
	}
	const file = "testdata/report.html"
	if *update {
		if err := os.WriteFile(file, []byte(kept.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(kept.String(), "\n")); diff != "" {
		t.Errorf("the page is another one; if that is meant, run this test with -update (-want +got):\n%s", diff)
	}
}
