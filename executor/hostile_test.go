package executor_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
)

// TestHostileService holds the laws of every apply where everything goes wrong
// now and then, for a fixed set of seeds: whatever is declared is reached, the
// second plan is empty, and nothing is saved or bought twice.
func TestHostileService(t *testing.T) {
	t.Parallel()
	seeds := uint64(12)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := drawn(dice{rand.New(rand.NewPCG(seed, 0))})
				x.calm, x.options.Seed, x.options.Faults = false, seed+1, simulator.Hostile()
				x.obeys(t, inMemory, monthTimes(seed))
			})
		})
	}
}
