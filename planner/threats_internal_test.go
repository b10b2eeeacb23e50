package planner

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestThreatsAreDocumented holds that the page on threats has the table as it is.
func TestThreatsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/threats.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("| threat | severity | what | deadline |\n|---|---|---|---|\n")
	for _, k := range ThreatKinds() {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", k.ID, k.Severity, k.Summary, k.Deadline)
	}
	if !strings.Contains(string(page), "\n"+want.String()+"\n") {
		t.Errorf("docs/threats.md does not have this table:\n%s", want.String())
	}
}
