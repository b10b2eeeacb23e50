package executor_test

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// find returns a change of a plan.
func find(p *planner.Plan, id string) *attr.Change {
	for c := range p.Differences() {
		if c.ID == id {
			return c
		}
	}
	return new(attr.Change)
}

// TestManyStatesHaveOneBudget: three directories that know nothing of each other
// spend one month's budget, whatever they order and in whichever turns, and a
// month later the next one.
func TestManyStatesHaveOneBudget(t *testing.T) {
	t.Parallel()
	var mixed []name
	for prefix, names := range map[string][]name{"x": expiring(), "y": expired(), "z": wantedNames()} {
		for _, n := range names {
			n.name = prefix + n.name
			mixed = append(mixed, n)
		}
	}
	for kind, test := range map[string]struct {
		names  []name
		budget attr.Amount
	}{
		"renewals": {expiring(), 2500}, "registrations": {wantedNames(), 2500}, "redemptions": {expired(), 10_000},
		"all of them": {mixed, 13_000}, "enough for all": {mixed, 50_000},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, test.names, simulator.Options{})
				w.portfolio.Budget.Amount = test.budget
				dirs := []string{w.dir, t.TempDir(), t.TempDir()}
				for turn := range 6 {
					w.dir = dirs[turn%3]
					if _, err := w.job().Apply(t.Context(), job.ApplyOptions{}); err != nil {
						t.Fatal(err)
					}
					if w.spent() > test.budget || w.spent() == 0 {
						t.Fatalf("after turn %d %s of %s are spent: %+v", turn+1, w.spent(), test.budget, w.sim.Purchases())
					}
				}
				w.bought(-1)
				first := w.spent()
				<-time.After(31 * 24 * time.Hour)
				for _, w.dir = range dirs[:1] { // one that remembers all of its month
					w.mustApply()
				}
				if w.spent()-first > test.budget {
					t.Errorf("in the next month %s of %s are spent", w.spent()-first, test.budget)
				}
			})
		})
	}
}

// TestWhatOthersSpentIsStatedOnce: where nobody knows what an order of somebody
// else cost, nothing is bought with a new state until that is stated. It is
// stated once, and covers what there was.
func TestWhatOthersSpentIsStatedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring(), faults(simulator.Fault{
			Kind: simulator.ForeignTask, Operation: "QueryDomainList", Count: 1, TaskType: "SOMETHING_NEW", Names: []string{"d.example"},
		}))
		w.portfolio.Budget.Amount = 3000
		plan := func() *planner.Plan {
			t.Helper()
			p, err := w.plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		w.mustApply()
		for _, p := range []*planner.Plan{plan(), plan()} {
			if c := find(p, "a.example/renewal"); c.Status != attr.Deferred || !strings.Contains(c.Reason, "--spent AMOUNT") || !strings.Contains(c.Reason, "d.example") {
				t.Errorf("%s is %s: %s", c.ID, c.Status, c.Reason)
			}
		}
		w.bought(0)
		stated := attr.Amount(1900)
		for range 2 {
			if _, err := w.job().Apply(t.Context(), job.ApplyOptions{Spent: &stated}); err != nil {
				t.Fatal(err)
			}
		}
		w.bought(1) // of 30.00, 19.00 are spent
		if p := plan(); p.Budget.Spent != 3000 || p.Budget.Left() != 0 {
			t.Errorf("%+v", p.Budget)
		}
		w.dir = t.TempDir() // which was told nothing
		w.mustApply()
		w.bought(1)
	})
}

// TestUnreadOrdersOfOthers: a new state that cannot read what others have ordered
// buys nothing.
func TestUnreadOrdersOfOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring(), faults(simulator.Fault{Kind: simulator.Fail5xx, Operation: "QueryTaskInfoHistory", Count: math.MaxInt32}))
		w.mustApply()
		w.bought(0)
		if status, why := w.planned("a.example/renewal"); status != attr.Unknown || !strings.Contains(why, "QueryTaskInfoHistory") {
			t.Errorf("the renewal is %s: %s", status, why)
		}
	})
}
