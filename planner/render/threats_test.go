package render_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// TestThreatsHaveScenarios: each state that threatens a name stands in a scenario,
// and a plan without such a state says nothing of any.
func TestThreatsHaveScenarios(t *testing.T) {
	t.Parallel()
	played := make(map[string]bool)
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, plan := runScenario(t, archive)
		if plan == nil {
			continue
		}
		for _, x := range plan.Threats {
			played[x.ID] = true
		}
		for name, text := range got {
			lower := strings.ToLower(text)
			if says := strings.Contains(lower, "threat") || strings.Contains(lower, "endangered"); says != (len(plan.Threats) > 0) {
				t.Errorf("%s: %d threats, and %s tells of some: %v", file, len(plan.Threats), name, says)
			}
		}
	}
	for _, kind := range planner.ThreatKinds() {
		if !played[kind.ID] {
			t.Errorf("no scenario has a name in the state %s", kind.ID)
		}
	}
}

// anyThreat draws a threat to one of a few names.
func anyThreat(t *rapid.T) planner.Threat {
	day := rapid.Map(rapid.IntRange(0, 400), func(n int) time.Time {
		if n == 0 {
			return time.Time{}
		}
		return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	})
	return planner.Threat{
		ID: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "id"), Domain: rapid.SampledFrom([]string{"example.com", "example.net", "example.org"}).Draw(t, "name"),
		Severity: rapid.SampledFrom([]planner.ThreatSeverity{planner.Page, planner.Ticket, planner.Notice}).Draw(t, "severity"),
		Summary:  rapid.SampledFrom([]string{"Going away", "Money goes"}).Draw(t, "summary"), Sentence: "Look at it.",
		Deadline: day.Draw(t, "deadline"), AsOf: day.Draw(t, "as of"),
	}
}

// TestThreatsAgreeInAllViews: of each threat, text, Markdown and JSON tell the same
// severity, deadline and time of reading, in the order of the plan.
func TestThreatsAgreeInAllViews(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := &planner.Plan{Threats: rapid.SliceOfN(rapid.Custom(anyThreat), 1, 20).Draw(t, "threats")}
		var text, page, data bytes.Buffer
		for _, err := range []error{
			render.Text(&text, p, render.TextOptions{Width: 1000, Details: true}), markdown(&page, p), render.JSON(&data, p),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		var doc planner.Document
		if err := json.Unmarshal(data.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		for i, x := range p.Threats {
			if doc.Threats[i] != x {
				t.Fatalf("JSON tells %+v of %+v", doc.Threats[i], x)
			}
			when, day := whenOf(p.Threats, x)
			if !hasBelow(text.String(), "  "+x.Summary+" ("+when+")", 2, x.Domain+day) {
				t.Fatalf("the text lacks %+v:\n%s", x, text.String())
			}
			if !hasRow(page.String(), "`"+x.Domain+"`"+day, "**"+x.Summary+"** ", "| "+when+" |") {
				t.Fatalf("the page lacks %+v:\n%s", x, page.String())
			}
		}
	})
}

// whenOf is what is told of the severity and the times of a threat with all that differ
// from it in name and deadline alone, and the day that is told of the name.
func whenOf(all []planner.Threat, x planner.Threat) (when, day string) {
	first, last := x.Deadline, x.Deadline
	for _, y := range all {
		of := y.Deadline
		if y.Domain, y.Deadline = x.Domain, x.Deadline; y != x || of.IsZero() != x.Deadline.IsZero() {
			continue
		}
		if of.Before(first) {
			first = of
		}
		if of.After(last) {
			last = of
		}
	}
	when = string(x.Severity)
	switch {
	case !first.Equal(last):
		when, day = when+", from "+attr.Date(first)+" to "+attr.Date(last), " "+x.Deadline.Format(time.DateOnly)
	case !x.Deadline.IsZero():
		when += ", by " + attr.Date(x.Deadline)
	}
	if !x.AsOf.IsZero() {
		when += ", as read on " + attr.Date(x.AsOf)
	}
	return when, day
}

// hasBelow reports whether a line is a head, and one so far below it has a word.
func hasBelow(text, head string, below int, word string) bool {
	lines := strings.Split(text, "\n")
	for i := range lines {
		if lines[i] == head && i+below < len(lines) && strings.Contains(lines[i+below], word) {
			return true
		}
	}
	return false
}

// hasRow reports whether one line has all of some words.
func hasRow(page string, words ...string) bool {
	for line := range strings.SplitSeq(page, "\n") {
		found := 0
		for _, word := range words {
			if strings.Contains(line, word) {
				found++
			}
		}
		if found == len(words) {
			return true
		}
	}
	return false
}
