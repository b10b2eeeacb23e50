package executor

import (
	"slices"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestForgottenStepsAreTold: were the schedule ever to lose steps, the run would
// say so, end them, and be red, and not pass them over in silence.
func TestForgottenStepsAreTold(t *testing.T) {
	t.Parallel()
	j, err := journal.Open(t.Context(), t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	l, err := j.Begin(t.Context(), journal.Run{Kind: journal.Apply, Began: noon, PlanID: "p"})
	if err != nil {
		t.Fatal(err)
	}
	changes := slices.Concat([]*attr.Change{delegate("a.example", "ns1.example.net")}, locked("b.example", "ns2.example.net"))
	g := graphOf(t, 0, changes...)
	g.touched = nil // nobody looks at what is ready
	e := newEngine(Config{Journal: j, Stop: make(chan struct{})}.defaults(), l, g)
	r, err := e.execute(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Trouble) != 1 || !strings.Contains(r.Trouble[0], "4 steps of the 4 in the plan had not ended when the run was over, first a.example/nameservers#set") {
		t.Errorf("the report says %q", r.Trouble)
	}
	if g.unfinished() != 0 || r.Counts[string(NotSent)] != 2 || r.Unfinished() || !r.Troubled() {
		t.Errorf("%d steps are left: %+v", g.unfinished(), r)
	}
	for _, c := range r.Changes {
		if c.Message != wasForgotten {
			t.Errorf("%s: %q", c.ID, c.Message)
		}
	}
}
