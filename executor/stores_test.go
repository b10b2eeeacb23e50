package executor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/memory"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// A home makes new states of one kind of store, one for each world or machine that
// has one of its own.
type home func(t *testing.T) (state string, o journal.Options)

// inMemory is the home of states that end with the process, as worlds do. They keep what
// the other ones keep, and take a third of their time.
func inMemory(*testing.T) (string, journal.Options) {
	return "memory", journal.Options{Memory: new(memory.States)}
}

// inDirectories is the home of states that are directories.
func inDirectories(t *testing.T) (string, journal.Options) {
	t.Helper()
	return t.TempDir(), journal.Options{}
}

// inBuckets is the home of states that are buckets. They have no server, so that
// whoever waits for one stops no virtual time.
func inBuckets(*testing.T) (string, journal.Options) {
	b := buckettest.New("oss")
	return b.URL("states"), journal.Options{
		Endpoint: endpoint, Account: "1", Transport: b,
		Credential: func(context.Context) (id, secret, token string, err error) { return "testid", "testsecret", "", nil },
	}
}

// machines are worlds whose state is one database, each with an account of its own.
type machines struct {
	state    string
	accounts atomic.Int64
}

// home is that of states which are accounts in the database.
func (m *machines) home(*testing.T) (string, journal.Options) {
	return m.state, journal.Options{Endpoint: endpoint, Account: fmt.Sprint(m.accounts.Add(1))}
}

// moveTo gives a world a new state.
func (w *world) moveTo(h home) {
	hook := w.options.Hook
	w.home = h
	w.dir, w.options = h(w.t)
	w.options.Hook = hook
}

// A choice says at which of the points of a run something happens.
type choice func(points int) []int

// allPoints is the environment variable that has everything happen at every point,
// also where stores are slow.
const allPoints = "EXECUTOR_POINTS"

// every chooses points that are so far apart, or further where tests are short.
func every(step, short int) choice {
	if testing.Short() {
		step = short
	}
	return func(points int) (at []int) {
		for n := 1; n <= points; n += step {
			at = append(at, n)
		}
		return at
	}
}

// drawSpread chooses points that are so far apart, from one on that a seed draws, so
// that every part of a run is met each time: EXECUTOR_SEED repeats one, and
// EXECUTOR_POINTS=all tries all points. What alternates from point to point needs an
// odd distance. The distance is another one where tests are short.
func drawSpread(t *testing.T, step, short int) choice {
	t.Helper()
	if os.Getenv(allPoints) != "" {
		return every(1, 1)
	}
	if testing.Short() {
		step = short
	}
	seed := seeds(t, 1, 1)[0]
	t.Logf("EXECUTOR_SEED=%d", seed)
	return func(points int) (at []int) {
		r := rand.New(rand.NewPCG(seed, uint64(points)))
		for n := 1 + r.IntN(min(step, points)); n <= points; n += step {
			at = append(at, n)
		}
		return at
	}
}

// drawPoints chooses a few points at random.
func drawPoints(r *rand.Rand, n int) choice {
	if os.Getenv(allPoints) != "" {
		return every(1, 1)
	}
	if testing.Short() {
		n = 1
	}
	seed := r.Uint64()
	return func(points int) []int {
		at := rand.New(rand.NewPCG(seed, 0)).Perm(points)
		at = at[:min(n, points)]
		for i := range at {
			at[i]++
		}
		slices.Sort(at)
		return at
	}
}

// points returns the points of a run at which something happens. A test that finds
// none fails.
func (c choice) points(t *testing.T, points, least int) []int {
	t.Helper()
	at := c(points)
	if points < least || len(at) == 0 {
		t.Fatalf("a run has only %d points, of which %d are tried", points, len(at))
	}
	return at
}

// TestCrashesOnSharedStores plays what else is played in memory on directories, and on
// the stores that machines share, at points that a seed draws: EXECUTOR_SEED repeats one, and
// EXECUTOR_POINTS=all tries all of them.
func TestCrashesOnSharedStores(t *testing.T) {
	t.Parallel()
	m := &machines{state: pgtest.Start(t).Database(t)}
	seed := seeds(t, 1, 1)[0]
	for kind, h := range map[string]home{"directory": inDirectories, "database": m.home, "bucket": inBuckets} {
		t.Run(fmt.Sprintf("%s, EXECUTOR_SEED=%d", kind, seed), func(t *testing.T) {
			t.Parallel()
			for i, crash := range crashesOn(h) {
				t.Run(crash.name, func(t *testing.T) { crash.test(t, rand.New(rand.NewPCG(seed, uint64(i)))) })
			}
		})
	}
}

// A crash is a test of runs that do not come to their end.
type crash struct {
	name string
	test func(t *testing.T, r *rand.Rand)
}

// crashesOn returns the tests of runs that do not come to their end, for states of
// a kind.
func crashesOn(h home) []crash {
	return []crash{
		{"deaths", func(t *testing.T, r *rand.Rand) { testDeaths(t, h, drawPoints(r, 4)) }},
		{"deaths again and again", func(t *testing.T, r *rand.Rand) { testDeathsAgain(t, h, r.Uint64N(1e9), 4) }},
		{"deaths of orders", func(t *testing.T, r *rand.Rand) { testOrdersAtDeaths(t, h, drawRecoveries(r), drawPoints(r, 1)) }},
		{"lost answers", func(t *testing.T, r *rand.Rand) { testOrdersAtLostAnswers(t, h, drawPoints(r, 1)) }},
		{"orders of a second state", func(t *testing.T, r *rand.Rand) { testSecondProcess(t, h, drawPoints(r, 1)) }},
		{"orders that die again and again", func(t *testing.T, r *rand.Rand) { testOrdersAgain(t, h, r.Uint64N(1e9), 3) }},
		{"deaths of transfers", func(t *testing.T, r *rand.Rand) { testTransfersAtDeaths(t, h, drawPoints(r, 1)) }},
		{"laws", func(t *testing.T, r *rand.Rand) { testLaw(t, h, r.Uint64N(1e9)) }},
	}
}

// drawRecoveries chooses what follows a death.
func drawRecoveries(r *rand.Rand) []string {
	if os.Getenv(allPoints) != "" {
		return recoveries
	}
	return []string{recoveries[r.IntN(len(recoveries))]}
}
