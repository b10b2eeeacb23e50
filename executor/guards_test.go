package executor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// TestGuardsRefuseWhatTheyCount draws an account, files and a guard. What a run sends
// where the guard refuses is what it sends where nobody has declared what was refused;
// what renews names is bought as without a guard; and when the guard is raised the
// account comes to what it is where there was none. EXECUTOR_ROUNDS and EXECUTOR_SEED
// are as for [TestLaws].
func TestGuardsRefuseWhatTheyCount(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 12, 4) {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			guard := drawnGuard(dice{rand.New(rand.NewPCG(seed, 2))}) //nolint:gosec // it repeats
			var guarded, bare, free guardedNights
			synctest.Test(t, func(t *testing.T) { guarded = guardNights(t, seed, guard, nil) })
			synctest.Test(t, func(t *testing.T) { bare = guardNights(t, seed, config.Guard{}, guarded.refused) })
			synctest.Test(t, func(t *testing.T) { free = guardNights(t, seed, config.Guard{}, nil) })
			if diff := cmp.Diff(bare.sent, guarded.sent); diff != "" {
				t.Errorf("sent beside what the guards %v refuse (-undeclared +refused):\n%s", guarded.guards, diff)
			}
			if diff := cmp.Diff(free.renewals, guarded.renewals); diff != "" {
				t.Errorf("renewals with guards %v and without:\n%s", guarded.guards, diff)
			}
			if diff := cmp.Diff(free.end, guarded.end); diff != "" {
				t.Errorf("in the end, without guards %v and where they were raised:\n%s", guarded.guards, diff)
			}
		})
	}
}

func drawnGuard(d dice) (g config.Guard) {
	if d.one(2) {
		g.MaxChangePercent = new(d.IntN(30))
	}
	if d.one(2) {
		g.MaxDelegations = new(d.IntN(3))
	}
	g.MaxRegistrantChanges = new(d.IntN(2))
	return g
}

// guardedNights is what became of an account that a guard has guarded in the first night.
type guardedNights struct {
	refused  map[string]bool // changes, as name/attribute
	guards   []planner.Guard
	sent     map[string]int // in the first night
	renewals []simulator.Purchase
	end      outcome
}

func guardNights(t *testing.T, seed uint64, guard config.Guard, undeclared map[string]bool) (n guardedNights) {
	t.Helper()
	x := drawn(dice{rand.New(rand.NewPCG(seed, 0))}) //nolint:gosec // it repeats
	x.options.Faults = simulator.Faults{Limits: map[string]int{"CheckDomain": 1000}}
	w := newWorldOf(t, loadText(t, alwaysUnlocking(x.text)), x.options)
	whole := w.portfolio
	w.portfolio = guardedBy(whole, guard, undeclared)
	r := w.applies(job.ApplyOptions{})
	n.guards, n.refused = r.Plan.Guards, make(map[string]bool)
	for c := range r.Plan.Differences() {
		if c.Status == attr.Refused {
			n.refused[c.Domain+"/"+c.Attribute] = true
		}
	}
	if r.Plan.Guarded() != slices.Contains(r.Reasons, job.Guarded) {
		t.Errorf("the guards are %+v, and the run ends with %v", r.Plan.Guards, r.Reasons)
	}
	n.sent = w.sim.Saved()
	for _, p := range w.sim.Purchases() {
		if p.Type == wire.TaskRenew {
			p.Expires = p.Expires.Round(24 * time.Hour)
			n.renewals = append(n.renewals, p)
		}
	}
	start := time.Now()
	w.portfolio = guardedBy(whole, config.Guard{RegistrantTransferProhibition: whole.Guard.RegistrantTransferProhibition}, nil)
	for night := range 7 {
		<-time.After(time.Until(start.Add(time.Duration(night+1) * 30 * time.Hour)))
		w.applies(job.ApplyOptions{})
	}
	n.end = outcomeOf(w)
	return n
}

// guardedBy is a portfolio with the limits of a guard, and without some attributes of
// names.
func guardedBy(p *config.Portfolio, guard config.Guard, undeclared map[string]bool) *config.Portfolio {
	q := *p
	guard.RegistrantTransferProhibition = p.Guard.RegistrantTransferProhibition
	q.Guard, q.Domains = guard, slices.Clone(p.Domains)
	for i := range q.Domains {
		d := &q.Domains[i]
		d.Declared = slices.DeleteFunc(slices.Clone(d.Declared), func(decl config.Declared) bool {
			return undeclared[d.Name+"/"+decl.Attribute.Name]
		})
	}
	return &q
}

// TestLoosenedGuardsAreApproved: what the files permit beyond the last apply counts where
// policy is approved; otherwise the former value goes on and the run says so, in each
// run again. What permits less counts at once.
func TestLoosenedGuardsAreApproved(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		limit := func(n int) {
			next := *w.portfolio
			next.Guard.MaxDelegations = new(n)
			w.portfolio = &next
		}
		expect := func(when string, r *job.Result, servers []string, policy attr.Status, reasons ...job.Reason) {
			w.t.Helper()
			w.wantServers("a.example", servers)
			if !slices.Equal(r.Reasons, reasons) {
				w.t.Errorf("%s: the run ends with %v, want %v", when, r.Reasons, reasons)
			}
			if got := r.Plan.Policy; policy == "" && len(got) > 0 || policy != "" && (len(got) != 1 || got[0].Status != policy || got[0].Setting != "guard.max_delegations") {
				w.t.Errorf("%s: the policy changes are %+v", when, got)
			}
		}
		delegation := &planner.Approval{Hazards: []attr.Hazard{attr.Delegation}}
		both := &planner.Approval{Hazards: []attr.Hazard{attr.Delegation, attr.PolicyHazard}}
		limit(1)
		expect("tighter", w.applies(job.ApplyOptions{Approval: delegation}), handServers, "", job.Guarded)
		limit(2)
		for range 2 {
			expect("not approved", w.applies(job.ApplyOptions{Approval: delegation}), handServers, attr.Unapproved, job.Guarded, job.Unapproved)
		}
		expect("approved", w.applies(job.ApplyOptions{Approval: both}), newServers, attr.Ready)
		expect("recorded", w.applies(job.ApplyOptions{Approval: delegation}), newServers, "")
		limit(0)
		w.applies(job.ApplyOptions{Approval: delegation})
		w.byHand("a.example", handServers)
		expect("tighter again", w.applies(job.ApplyOptions{Approval: delegation}), handServers, "", job.Guarded)
		limit(2)
		expect("by everything", w.applies(job.ApplyOptions{}), newServers, attr.Ready)
	})
}

// TestSavedPlansLoosenWhatTheyShow: who has a saved plan applied has approved what it
// shows of what the files permit, and nothing that came into them later.
func TestSavedPlansLoosenWhatTheyShow(t *testing.T) {
	withDrift(t, simulator.Options{}, func(w *world) {
		limit := func(n int) {
			next := *w.portfolio
			next.Guard.MaxDelegations = new(n)
			w.portfolio = &next
		}
		limit(1)
		w.applies(job.ApplyOptions{Approval: &planner.Approval{}})
		limit(2)
		saved, err := w.plan(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		limit(3)
		r := w.applies(job.ApplyOptions{Saved: saved, ApprovedBy: "ada", MaxAge: time.Hour})
		w.wantServers("a.example", handServers)
		if len(r.Plan.Policy) != 1 || r.Plan.Policy[0].Status != attr.Unapproved {
			w.t.Errorf("what came later: %+v", r.Plan.Policy)
		}
		limit(2)
		if saved, err = w.plan(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		w.applies(job.ApplyOptions{Saved: saved, ApprovedBy: "ada", MaxAge: time.Hour})
		w.wantServers("a.example", newServers)
	})
}
