package executor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// crashes are the services under which runs die: one where everything happens
// at once, and one where tasks take their time and answers get lost.
var crashes = map[string]simulator.Faults{
	"at once": {},
	"slow": {
		Durations: map[wire.TaskType]simulator.Range{"*": {Min: 5 * time.Second, Max: 3 * time.Minute}},
	},
	"lossy": {
		Durations: map[wire.TaskType]simulator.Range{"*": {Min: 5 * time.Second, Max: 20 * time.Second}},
		Rules: []simulator.Fault{
			{Kind: simulator.Lose, Operation: "SaveBatchTask*", Every: 2},
			{Kind: simulator.Steal, Every: 3},
			{Kind: simulator.ForeignTask, Operation: "PollTaskResult"},
		},
	},
	"broken": {
		Durations: map[wire.TaskType]simulator.Range{"*": {Max: 3 * time.Minute}},
		Rules: []simulator.Fault{
			{Kind: simulator.Reset, Operation: "SaveBatchTask*", Share: 0.2},
			{Kind: simulator.Lose, Operation: "SaveBatchTask*", Share: 0.3},
			{Kind: simulator.Fail5xx, Operation: "*Query*", Every: 7},
			{Kind: simulator.Throttle, Every: 5},
		},
	},
}

// TestDeathAtEveryPoint lets a run die before and after every durable write
// and every call, and then applies, or resumes: the same end state, no change
// saved twice, no lock left open.
func TestDeathAtEveryPoint(t *testing.T) {
	t.Parallel()
	testDeaths(t, inMemory, every(1, 15))
}

// testDeaths lets runs die whose states are of a kind.
func testDeaths(t *testing.T, h home, c choice) {
	t.Helper()
	for _, service := range []string{"at once", "lossy"} {
		f := crashes[service]
		for _, how := range []string{"apply", "resume"} {
			t.Run(service+", then "+how, func(t *testing.T) {
				t.Parallel()
				points := 0
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, few(), simulator.Options{Faults: f})
					w.moveTo(h)
					w.mustApply()
					points = w.points
					w.converged()
				})
				for _, die := range c.points(t, points, 60) {
					t.Run(fmt.Sprint("at ", die), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							w := newWorld(t, few(), simulator.Options{Faults: f})
							w.moveTo(h)
							w.die = die
							_, _, _ = w.apply(t.Context()) // whatever a dying run says
							w.revive()
							w.finish(how)
						})
					})
				}
			})
		}
	}
}

// some are a few names, some of them locked, over a few sets of nameservers.
func some(random *rand.Rand) []name {
	names := make([]name, 1+random.IntN(12))
	for i := range names {
		n := name{name: fmt.Sprintf("n%02d.example", i), locked: random.IntN(2) == 0}
		if random.IntN(5) > 0 {
			n.want = []string{fmt.Sprintf("ns%d.example.net", random.IntN(4))}
		}
		if random.IntN(3) == 0 {
			n.transfer = yes()
		}
		names[i] = n
	}
	return names
}

// TestDeathAgainAndAgain lets runs of random plans die at random points, or be
// interrupted once or twice, those that recover from that included.
func TestDeathAgainAndAgain(t *testing.T) {
	t.Parallel()
	rounds := uint64(40)
	if testing.Short() {
		rounds = 8
	}
	testDeathsAgain(t, inMemory, 0, rounds)
}

// testDeathsAgain plays rounds with the seeds from one on.
func testDeathsAgain(t *testing.T, h home, first, rounds uint64) {
	t.Helper()
	for seed := range rounds {
		seed += first
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				services := []string{"at once", "slow", "lossy", "broken"}
				w := newWorld(t, some(random), simulator.Options{Faults: crashes[services[seed%4]]})
				w.moveTo(h)
				for range 6 {
					w.endSomehow(random)
					w.revive()
					<-time.After(time.Duration(random.IntN(20)) * time.Minute)
				}
				if err := w.sim.SetFaults(simulator.Faults{}); err != nil {
					t.Fatal(err)
				}
				w.finish("apply")
			})
		})
	}
}

// endSomehow applies or resumes in a process that does not come to its end.
func (w *world) endSomehow(random *rand.Rand) {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	after := time.Duration(random.IntN(200)) * time.Second
	switch random.IntN(4) {
	case 0:
		w.interruptAfter(after)
	case 1:
		w.interruptAfter(after)
		time.AfterFunc(after+time.Duration(random.IntN(60))*time.Second, cancel)
	default:
		w.die = 1 + random.IntN(70)
	}
	if random.IntN(2) == 0 {
		_, _ = w.resume(ctx)
	} else {
		_, _, _ = w.apply(ctx)
	}
	w.stop = nil
}
