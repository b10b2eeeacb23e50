package planner

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestRulesAreDocumented holds that the page on a change lists the rules in the
// order in which they are applied.
func TestRulesAreDocumented(t *testing.T) {
	t.Parallel()
	var want []string
	for _, r := range accountRules {
		want = append(want, r.name)
	}
	for _, r := range nameRules {
		want = append(want, r.name)
	}
	for _, r := range planRules {
		want = append(want, r.name)
	}
	page, err := os.ReadFile("../docs/life-of-a-change.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range regexp.MustCompile("(?m)^   - (.*)$").FindAllSubmatch(page, -1) {
		got = append(got, string(item[1]))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the page lists\n%q\nthe rules are\n%q", got, want)
	}
}
