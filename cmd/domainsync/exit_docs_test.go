package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// reasonsInCode are the reasons of all exit codes: those of errors, and the kinds of
// conditions, but for the threats, which have a page of their own.
func reasonsInCode() map[string]bool {
	all := make(map[string]bool)
	for _, r := range errorReasons {
		all[fmt.Sprint(r.code, " ", r.reason)] = true
	}
	threats := make(map[string]bool)
	for _, k := range planner.ThreatKinds() {
		threats[k.ID] = true
	}
	for _, k := range job.ConditionKinds() {
		if k.Makes != "" && !threats[k.ID] {
			all[fmt.Sprint(codeByReason(k.Makes), " ", k.ID)] = true
		}
	}
	return all
}

// TestExitCodesAreDocumented: docs/exit-codes.md has each code and each reason once,
// in its own table, with what to do, and no other.
func TestExitCodesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	code, told, codes := -1, make(map[string]bool), make(map[int]bool)
	heading, row := regexp.MustCompile(`^## (.*)$`), regexp.MustCompile("^\\| `?([a-z0-9_]+)`? \\| (.+) \\| (.+) \\|$")
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			if code, err = strconv.Atoi(m[1]); err != nil {
				code = -1
			}
			continue
		}
		m := row.FindStringSubmatch(line)
		if m == nil || m[1] == "reason" || m[1] == "code" {
			continue
		}
		if n, err := strconv.Atoi(m[1]); err == nil && code < 0 {
			codes[n] = true
			continue
		}
		key := fmt.Sprint(code, " ", m[1])
		if told[key] {
			t.Errorf("%s stands there twice", key)
		}
		told[key] = true
	}
	for n := range exitHeld + 1 {
		if !codes[n] {
			t.Errorf("no row says what the exit code %d means", n)
		}
	}
	want := reasonsInCode()
	if !maps.Equal(told, want) {
		t.Errorf("the page has the reasons\n%v\nwant\n%v", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(want)))
	}
}

// TestWaysAreDocumented: whatever the ways to end say as their reason stands in the
// list of them.
func TestWaysAreDocumented(t *testing.T) {
	t.Parallel()
	all := reasonsInCode()
	for name, w := range ways {
		if key := fmt.Sprint(w.code, " ", w.reason); w.code != exitDone && !all[key] {
			t.Errorf("%s: %s is no reason of an exit code", name, key)
		}
	}
}
