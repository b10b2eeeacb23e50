package executor_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

const readName = "QueryDomainByDomainName"

// lockable are names whose transfer lock is declared, and is as declared of all but
// the first few.
func lockable(n, change int) (names []name) {
	for i := range n {
		lock := i < change
		names = append(names, name{name: fmt.Sprintf("n%03d.example", i), transfer: &lock})
	}
	return names
}

// knowsAllNames has the state keep readings of all names, with a log that reaches back.
func (w *world) knowsAllNames() {
	w.t.Helper()
	w.sendsByHand(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"n029.example"}})
	<-time.After(20 * 24 * time.Hour)
	w.keepsReadings, w.portfolio.Refresh.MaxAge = true, 365*24*time.Hour
	w.mustPlan(func(*planner.Plan) {})
}

// sendsByHand has somebody else save a task.
func (w *world) sendsByHand(r wire.Request) {
	w.t.Helper()
	if _, err := w.client.Submit(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

// nameReads returns how many direct reads of names something takes.
func (w *world) nameReads(do func()) int {
	w.t.Helper()
	before := w.sim.Stats()[readName]
	do()
	return w.sim.Stats()[readName] - before
}

// TestWhatAnApplyVerifiedIsNotReadAgain: names that an apply has verified wholly are
// not read by the plans of the next nights, a change of somebody else is seen, and so
// is one of another run of ours.
func TestWhatAnApplyVerifiedIsNotReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const changed = 20
		w := newWorld(t, lockable(100, changed), simulator.Options{})
		w.knowsAllNames()
		<-time.After(72 * time.Hour)
		w.mustApply()
		night := func(what string, most int) {
			t.Helper()
			<-time.After(24 * time.Hour)
			reads := w.nameReads(func() { w.mustPlan(func(*planner.Plan) {}) })
			if reads > most { // one read tells whose the account is
				t.Errorf("%s: %d names were read, not %d", what, reads, most)
			}
		}
		for range 4 {
			night("after the apply", 1)
		}
		w.sendsByHand(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"n003.example"}})
		<-time.After(24 * time.Hour)
		w.mustPlan(func(p *planner.Plan) {
			if len(p.Changes) != 1 || p.Changes[0].Domain != "n003.example" || p.Changes[0].Status != attr.Ready {
				t.Errorf("somebody else opened a lock, and planned is %+v", p.Changes)
			}
		})
		w.mustApply()
		night("after the second apply", 1)
	})
}

// TestReadingsNeverStandForChangesOfOurOwn lets runs die at moments that a seed draws,
// before and after each write and call, while the state keeps readings: no plan then
// shows a name otherwise than a full reading does.
func TestReadingsNeverStandForChangesOfOurOwn(t *testing.T) {
	t.Parallel()
	seed := seeds(t, 1, 1)[0]
	t.Logf("EXECUTOR_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 7))
	for _, service := range []string{"at once", "slow", "lossy"} {
		for range 8 {
			die, others := 1+r.IntN(90), r.IntN(2) == 0
			t.Run(fmt.Sprintf("%s, dead at %d, others %v", service, die, others), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, lockable(30, 10), simulator.Options{})
					w.knowsAllNames()
					if err := w.sim.SetFaults(crashes[service]); err != nil {
						t.Fatal(err)
					}
					<-time.After(72 * time.Hour)
					w.die = die
					_, _, _ = w.apply(t.Context()) // whatever a dying run says
					w.revive()
					for range 3 {
						if others {
							_, _ = w.client.Submit(t.Context(), &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"n001.example"}}) // also where its answer is lost
							<-time.After(time.Hour)
						}
						w.mustPlan(func(p *planner.Plan) { w.plansAsAFullReading(p) })
						w.mustApply()
						<-time.After(7 * time.Hour)
					}
				})
			})
		}
	}
}

// plansAsAFullReading holds that a plan has the changes of one that reads everything.
func (w *world) plansAsAFullReading(p *planner.Plan) {
	w.t.Helper()
	w.keepsReadings = false
	defer func() { w.keepsReadings = true }()
	w.mustPlan(func(full *planner.Plan) {
		got, want := changesOf(p), changesOf(full)
		for id, status := range want {
			if got[id] != status {
				w.t.Errorf("%s is %q, and by a full reading %q", id, got[id], status)
			}
		}
		for id, status := range got {
			if _, ok := want[id]; !ok {
				w.t.Errorf("%s is %q, and by a full reading there is no such change", id, status)
			}
		}
	})
}

func changesOf(p *planner.Plan) map[string]attr.Status {
	all := make(map[string]attr.Status)
	for c := range p.Differences() {
		all[c.ID] = c.Status
	}
	return all
}
