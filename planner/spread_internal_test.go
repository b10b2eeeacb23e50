package planner

import (
	"fmt"
	"slices"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// chain returns n ready changes, each of which waits for the next one in the
// plan: what passes on one place at a time has to begin anew n times.
func chain(n int, wait func(c *attr.Change, first string)) []attr.Change {
	changes := make([]attr.Change, n)
	for i := range changes {
		id := attr.ChangeID(fmt.Sprintf("n%06d.example", i), "nameservers")
		changes[i] = attr.Change{
			ID: id, Domain: fmt.Sprintf("n%06d.example", i), Attribute: "nameservers", Status: attr.Ready,
			Steps: []attr.Step{{ID: attr.StepID(id, "set"), Request: &wire.SaveBatchTaskForModifyingDomainDnsRequest{}}},
		}
		if i+1 < n {
			wait(&changes[i], attr.ChangeID(fmt.Sprintf("n%06d.example", i+1), "nameservers"))
		}
	}
	return changes
}

func needs(c *attr.Change, first string) { c.Need(attr.StepID(first, "set")) }

// TestWhatIsNotMadeIsPassedOnOnce counts the looks at changes: twice the changes
// take at most twice as many, however long their chains are.
func TestWhatIsNotMadeIsPassedOnOnce(t *testing.T) {
	t.Parallel()
	for name, pass := range map[string]func(t *testing.T, w *spread, n int) (reached int){
		"what needs the stale is stale": func(_ *testing.T, w *spread, n int) int {
			all := chain(n, needs)
			last := all[n-1]
			kept, stale := dropDependent(w, slices.Clone(all[:n-1]), []Stale{{ID: last.ID}})
			return len(stale) - len(kept)
		},
		"what needs the blocked is blocked": func(_ *testing.T, w *spread, n int) int {
			p := Plan{Changes: chain(n, needs)}
			p.Changes[n-1].Block(attr.Blocked, "a rule")
			return n - len(p.holdBack(w))
		},
		"what needs what is left out is blocked": func(_ *testing.T, w *spread, n int) int {
			p := Plan{Changes: chain(n+1, needs)[:n]}
			return n - len(p.holdBack(w))
		},
		"what follows what waits does so, too": func(_ *testing.T, w *spread, n int) int {
			p := Plan{Changes: chain(n, func(c *attr.Change, first string) { c.Follow(first, "first that") })}
			p.Changes[n-1].Block(attr.Waiting, "the service works on it")
			p.follow(w)
			return n - len(p.Follows())
		},
		"what follows what is done is found": func(_ *testing.T, w *spread, n int) int {
			p := Plan{Changes: chain(n, func(c *attr.Change, first string) { c.Follow(first, "first that") })}
			return 1 + len(p.followersOf(w, []string{p.Changes[n-1].ID}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looks := make([]int, 2)
			for i, n := range []int{1000, 2000} {
				var w spread
				if reached := pass(t, &w, n); reached != n {
					t.Fatalf("%d of %d changes were reached", reached, n)
				}
				looks[i] = w.looks
			}
			if 10*looks[1] > 23*looks[0] {
				t.Errorf("twice the changes take %d looks at changes instead of %d", looks[1], looks[0])
			}
		})
	}
}
