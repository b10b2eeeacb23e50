package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/render"
)

// TestLastLine: the exit code, the first conditions that make it, and how many more;
// one line, whatever stands in them.
func TestLastLine(t *testing.T) {
	t.Parallel()
	blocked := job.Condition{ID: "blocked", Domain: "example.com", Attribute: "nameservers", Reason: "The update lock is on."}
	guard := job.Condition{ID: "guard_refused", Attribute: "max_delegations", Reason: "It counts 5."}
	missing := job.Condition{ID: "missing", Domain: "xn--bcher-kva.example"}
	hostile := job.Condition{ID: "failed", Domain: "example.net", Reason: "a\nexit 0: done\x1b[2J" + strings.Repeat("é", 400)}
	for name, test := range map[string]struct {
		end        render.End
		conditions []job.Condition
		want       string
	}{
		"one": {render.End{ExitCode: 4, Reason: "blocked"}, []job.Condition{blocked}, "exit 4: blocked: example.com (nameservers): The update lock is on"},
		"with a date": {
			render.End{ExitCode: 4},
			[]job.Condition{{ID: "endangered", Domain: "example.com", Reason: "Nothing keeps it.", Deadline: began}},
			"exit 4: endangered: example.com: Nothing keeps it (by 2026-03-01)",
		},
		"of no name": {render.End{ExitCode: 3}, []job.Condition{guard}, "exit 3: guard_refused: max_delegations: It counts 5"},
		"several":    {render.End{ExitCode: 4}, []job.Condition{blocked, missing}, "exit 4: blocked: example.com (nameservers): The update lock is on; missing: bücher.example"},
		"many": {
			render.End{ExitCode: 4, Message: "broken"},
			append([]job.Condition{missing, missing, missing}, make([]job.Condition, 1234)...),
			"exit 4: missing: bücher.example; missing: bücher.example; missing: bücher.example; and 1,234 more",
		},
		"an error":      {render.End{ExitCode: 1, Reason: "error", Message: "no such file\nSee --help"}, nil, "exit 1: error: no such file"},
		"nothing known": {render.End{ExitCode: 4, Reason: "error"}, nil, "exit 4: error"},
	} {
		if got := render.LastLine(test.end, test.conditions); got != test.want {
			t.Errorf("%s: %s\nwant: %s", name, got, test.want)
		}
	}
	got := render.LastLine(render.End{ExitCode: 4}, []job.Condition{hostile})
	if strings.ContainsAny(got, "\n\x1b") || len([]rune(got)) > 220 {
		t.Errorf("not one short line: %s", fmt.Sprintf("%q", got))
	}
}

// TestConditionsText: what somebody has to see to, with its dates, and no other.
func TestConditionsText(t *testing.T) {
	t.Parallel()
	all := []job.Condition{
		{ID: "in_doubt", Domain: "example.com", Attribute: "renewal", Severity: job.Page, Reason: "It was sent.", Deadline: began, Makes: job.Open},
		{ID: "unapproved", Domain: "example.net", Severity: job.Notice, Reason: "Nobody has said yes.", Makes: job.Unapproved},
		{ID: "drift", Domain: "example.org", Severity: job.Ticket, Reason: "By hand.", Since: began},
		{ID: "held", Domain: "example.org", Severity: job.Known, Reason: "It is held."},
		{ID: "expires", Domain: "example.org", Severity: job.Notice, Reason: "Later."},
	}
	for most, want := range map[int]string{
		3: "What needs a person:\n  page    in_doubt: example.com (renewal): It was sent (by 2026-03-01)\n  notice  unapproved: example.net: Nobody has said yes\n  ticket  drift: example.org: By hand (since 2026-03-01)\n\n",
		1: "What needs a person:\n  page    in_doubt: example.com (renewal): It was sent (by 2026-03-01)\n  and 2 more, which the report of --report tells\n\n",
	} {
		var b strings.Builder
		if err := render.ConditionsText(&b, all, most); err != nil || b.String() != want {
			t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
		}
	}
	var b strings.Builder
	if err := render.ConditionsText(&b, all[3:], 3); err != nil || b.Len() > 0 {
		t.Errorf("nobody is needed, and it says %q, %v", b.String(), err)
	}
}
