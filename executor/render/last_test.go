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
		"one":        {render.End{ExitCode: 4, Reason: "blocked"}, []job.Condition{blocked}, "exit 4: blocked: example.com (nameservers): The update lock is on"},
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
