package executor

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// twice checks that twice as much takes at most 2.3 times the work, which is
// counted.
func twice(t *testing.T, n int, work func(n int) (looks int)) {
	t.Helper()
	one, two := work(n), work(2*n)
	if one == 0 || 10*two > 23*one {
		t.Errorf("%d take %d looks, and %d take %d", n, one, 2*n, two)
	}
}

// elements are changes of the elements of one attribute of names, whose lock is
// opened for them: the service takes them one after the other, each as a task.
func elements(names, each int) (changes []*attr.Change) {
	for i := range names {
		name := fmt.Sprintf("n%d.example", i)
		var steps []string
		for j := range each {
			id := attr.ChangeID(name, attr.GlueHosts) + fmt.Sprintf("/h%d", j)
			c := &attr.Change{ID: id, Domain: name, Attribute: attr.GlueHosts, Element: fmt.Sprintf("h%d", j), Action: attr.Create, Status: attr.Ready}
			c.Steps = []attr.Step{{ID: attr.StepID(id, "create"), Request: &wire.SaveSingleTaskForCreatingDnsHostRequest{
				InstanceID: "S" + name, DNSName: c.Element, IP: []string{"192.0.2.1"},
			}}}
			steps = append(steps, c.Steps[0].ID)
			changes = append(changes, c)
		}
		unlock := attr.TemporaryUnlock(name, steps)
		for _, c := range changes[len(changes)-each:] {
			c.Steps[0].Needs = []string{unlock.Steps[0].ID}
		}
		changes = append(changes, &unlock)
	}
	return changes
}

// TestScheduleGrowsWithItsSteps lets steps end one at a time, and looks after each
// what can be sent now.
func TestScheduleGrowsWithItsSteps(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]func(n int) []*attr.Change{
		"elements of many names": func(n int) []*attr.Change { return elements(n, 8) },
		"elements of one name":   func(n int) []*attr.Change { return elements(1, 8*n) },
		"locked names, one call": func(n int) (all []*attr.Change) {
			for i := range n {
				all = append(all, locked(fmt.Sprintf("n%d.example", i), "ns1.example.net")...)
			}
			return all
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			twice(t, 100, func(n int) int {
				g, now := graphOf(t, 0, changes(n)...), noon
				for under := []*node(nil); g.unfinished() > 0; {
					batches, wake := g.cutBatches(now, 2*second)
					send(g, batches)
					under = append(under, slices.Concat(batches...)...)
					if len(under) > 0 {
						g.finish(under[0], endDone, "", now)
						under = under[1:]
					} else {
						now = wake
					}
				}
				return g.looks
			})
		})
	}
}

// TestLostAnswersAreLookedAtWhenTheyAreDue: while none of the requests without an
// answer is due, no turn of the loop goes through them.
func TestLostAnswersAreLookedAtWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	const lost, turns = 500, 1000
	e := newEngine(Config{}.defaults(), new(journal.Ledger), graphOf(t, 0))
	for i := range lost {
		e.lookFor(&lostAnswer{batch: &batch{record: &journal.Batch{Intent: journal.Intent{Batch: int64(i + 1), At: noon}}}, next: noon.Add(time.Hour)})
	}
	for i := range turns {
		if wake := e.findDue(context.Background(), noon.Add(time.Duration(i)*second)); !wake.Equal(noon.Add(time.Hour)) {
			t.Fatalf("it looks again at %s", wake)
		}
	}
	if e.lostLooks != lost {
		t.Errorf("%d looks at %d requests in %d turns", e.lostLooks, lost, turns)
	}
	e.lookFor(&lostAnswer{batch: &batch{record: &journal.Batch{Intent: journal.Intent{Batch: lost + 1, At: noon}}}, next: noon.Add(30 * time.Minute)})
	if wake := e.findDue(context.Background(), noon); !wake.Equal(noon.Add(30 * time.Minute)) {
		t.Errorf("it looks again at %s, and the new one is due earlier", wake)
	}
}
