package render_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var (
	// spanOfTime is a time as seen from the day on which a plan is made.
	spanOfTime = regexp.MustCompile(`(?i)\b(within|in|for another|after) (the (next|last) )?\d+ (hour|day|week|month)s?\b|\b\d+ (hour|day|week|month)s? (left|ago)\b`)
	dateInText = regexp.MustCompile(`\b\d{4}-\d{2}(-\d{2})?\b`)
	markup     = regexp.MustCompile(`<[^>]*>|\\`)
)

// undated returns the sentences of a text that mean a time and say no date.
func undated(text string) (all []string) {
	text = strings.Join(strings.Fields(markup.ReplaceAllString(text, "")), " ")
	for _, sentence := range regexp.MustCompile(`[.;:] `).Split(text, -1) {
		if spanOfTime.MatchString(sentence) && !dateInText.MatchString(sentence) {
			all = append(all, sentence)
		}
	}
	return all
}

// TestDatesStandWhereTimesAreMeant: a plan is read on another day than it was made, so
// that what it says of a time has the date.
func TestDatesStandWhereTimesAreMeant(t *testing.T) {
	t.Parallel()
	if len(undated("It expires within 90 days, and is bought before that.")) != 1 || len(undated("3 days left until 2026-06-01.")) != 0 {
		t.Fatal("the test finds nothing")
	}
	plans := 0
	for _, file := range scenarioFiles(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(data).Files {
			if !slices.Contains(goldens, f.Name) || filepath.Ext(f.Name) == ".json" {
				continue
			}
			plans++
			for _, sentence := range undated(string(f.Data)) {
				t.Errorf("%s, %s: no date in %q", filepath.Base(file), f.Name, sentence)
			}
		}
	}
	if plans < 100 {
		t.Errorf("only %d plans were looked at", plans)
	}
}
