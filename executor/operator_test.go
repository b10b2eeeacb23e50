package executor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// TestNoNightMakesWhatAPolicyForbids draws an account, files and an operator's policy, and
// plays nights of every kind under it: with a person's yes, with --auto-approve, with a
// plan that somebody has saved without the policy, and resuming runs that began without
// it. What the policy forbids is never sent, worked out from the requests alone; the rest
// is made in the end. EXECUTOR_ROUNDS and EXECUTOR_SEED are as for [TestLaws].
func TestNoNightMakesWhatAPolicyForbids(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 10, 4) {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := dice{rand.New(rand.NewPCG(seed, 3))} //nolint:gosec // it repeats
				x := drawn(dice{rand.New(rand.NewPCG(seed, 0))})
				x.options.Faults = simulator.Faults{Limits: map[string]int{"CheckDomain": 1000}}
				w := newWorldOf(t, loadText(t, alwaysUnlocking(x.text)), x.options)
				policed := &policedWorld{world: w, dice: d, policy: drawnPolicy(d)}
				start := time.Now()
				for night := range 8 {
					<-time.After(time.Until(start.Add(time.Duration(night) * 30 * time.Hour)))
					policed.night()
				}
			})
		})
	}
}

func drawnPolicy(d dice) *config.OperatorPolicy {
	o := &config.OperatorPolicy{Ceilings: config.Ceilings{Guards: make(map[string]int)}}
	if d.one(2) {
		o.Hazards = []attr.Hazard{}
		for _, h := range attr.Hazards() {
			if !d.one(3) {
				o.Hazards = append(o.Hazards, h)
			}
		}
	}
	if d.one(2) {
		o.AutoApprove = []attr.Hazard{attr.LockHazard, attr.Money}
	}
	if d.one(2) {
		o.Ceilings.Guards["max_delegations"] = d.IntN(3)
	}
	if d.one(2) {
		o.Ceilings.Budget = &config.Budget{Amount: attr.Amount(d.IntN(40)), Currency: "USD", Per: config.PerMonth}
	}
	return o
}

// policedWorld is a world whose nights are under a policy.
type policedWorld struct {
	*world
	dice   dice
	policy *config.OperatorPolicy
	yes    bool // somebody has said yes to a plan, which counts in later nights
}

// night makes a run in one of the ways, and checks what it sent.
func (w *policedWorld) night() {
	w.t.Helper()
	w.world.policy = nil
	var person bool
	var run func() (*job.Result, error)
	apply := func(o job.ApplyOptions) func() (*job.Result, error) {
		return func() (*job.Result, error) { return w.job().Apply(w.t.Context(), o) }
	}
	switch w.dice.IntN(5) {
	case 0:
		person, run = true, apply(job.ApplyOptions{})
	case 1:
		run = apply(job.ApplyOptions{Unasked: true})
	case 2:
		run = apply(job.ApplyOptions{Approval: &planner.Approval{Hazards: attr.Hazards()}})
	case 3:
		saved, err := w.plan(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		w.yes = true
		run = apply(job.ApplyOptions{Saved: saved, ApprovedBy: "ada", MaxAge: time.Hour})
	case 4:
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Duration(w.dice.IntN(3000))*time.Millisecond)
		_, _ = w.job().Apply(ctx, job.ApplyOptions{}) // it dies somewhere
		cancel()
		person, run = true, func() (*job.Result, error) { return w.job().Resume(w.t.Context()) }
	}
	w.world.policy = w.policy
	before, bought := w.sim.Saved(), w.paid()
	if _, err := run(); err != nil {
		w.t.Error(err)
	}
	w.check(before, bought, person || w.yes)
}

var ofName = regexp.MustCompile(`&DomainName=([^"&]+)$`)

// check checks what was sent since.
func (w *policedWorld) check(before map[string]int, bought float64, person bool) {
	w.t.Helper()
	moved := make(map[string]bool)
	for change, n := range w.sim.Saved() {
		if n <= before[change] {
			continue
		}
		for _, h := range hazardsIn(change) {
			forbidden := w.policy.Hazards != nil && !slices.Contains(w.policy.Hazards, h)
			unasked := !person && w.policy.AutoApprove != nil && !slices.Contains(w.policy.AutoApprove, h)
			if h != attr.None && (forbidden || unasked) {
				w.t.Errorf("%s was sent under %+v, a person asked: %v", change, w.policy, person)
			}
			if h == attr.Delegation && !strings.Contains(change, "CreatingOrder") {
				moved[fmt.Sprint(ofName.FindStringSubmatch(change))] = true
			}
		}
	}
	if most, ok := w.policy.Ceilings.Guards["max_delegations"]; ok && len(moved) > most {
		w.t.Errorf("%d names were delegated, and the policy permits %d: %v", len(moved), most, moved)
	}
	if b := w.policy.Ceilings.Budget; b != nil && w.paid() > bought && w.paid() > float64(b.Amount)/100+1e-9 {
		w.t.Errorf("%.2f were spent, and the policy permits %s", w.paid(), b)
	}
}

// paid is what was spent in all: the nights are of one month.
func (w *policedWorld) paid() (sum float64) {
	for _, p := range w.sim.Purchases() {
		sum += p.Price
	}
	return sum
}

// TestResumeUnderAPolicy: what a run has planned and not sent is not sent when it is
// resumed under a policy, or under files, that permit it no more; the guards count what
// was sent as well. What the next apply may make it makes.
func TestResumeUnderAPolicy(t *testing.T) {
	t.Parallel()
	guard := func(n int) func(w *world) {
		return func(w *world) {
			next := *w.portfolio
			next.Guard.MaxDelegations = new(n)
			w.portfolio = &next
		}
	}
	policy := func(o config.OperatorPolicy) func(w *world) { return func(w *world) { w.policy = &o } }
	for title, test := range map[string]struct {
		happened func(w *world)
		why      string // "": it is sent
	}{
		"nothing":                 {func(*world) {}, ""},
		"the files' guard":        {guard(1), "guard max_delegations lets 1 name change, and the run changes 2"},
		"a guard that suffices":   {guard(2), ""},
		"the policy's guard":      {policy(config.OperatorPolicy{Ceilings: config.Ceilings{Guards: map[string]int{"max_delegations": 1}}}), "guard max_delegations lets 1 name change, and the run changes 2"},
		"its hazards":             {policy(config.OperatorPolicy{Hazards: []attr.Hazard{attr.LockHazard}}), "the operator's policy permits no change of the hazard delegation"},
		"hazards that suffice":    {policy(config.OperatorPolicy{Hazards: []attr.Hazard{attr.Delegation}}), ""},
		"what is for automatons":  {policy(config.OperatorPolicy{AutoApprove: []attr.Hazard{}}), ""}, // it was approved when it began
		"a guard that stops all":  {func(w *world) { guard(1)(w); w.portfolio.Guard.StopAll = true }, "guard max_delegations lets 1 name change"},
		"a guard of other things": {policy(config.OperatorPolicy{Ceilings: config.Ceilings{Guards: map[string]int{"max_registrant_changes": 0}}}), ""},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []name{{name: "a.example", want: newServers, locked: true}, {name: "b.example", want: newServers}}, slowTasks())
				w.interrupted(0)
				test.happened(w)
				r, err := w.job().Resume(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				servers := newServers
				if test.why != "" {
					servers = oldServers
				}
				w.wantServers("a.example", servers)
				w.wantServers("b.example", servers)
				for _, c := range r.Report.Changes {
					if c.Attribute != "nameservers" {
						continue
					}
					if refused := c.Result == executor.NotSent; refused != (test.why != "") || refused && !strings.Contains(c.Message, test.why) {
						t.Errorf("%s is %s: %q, want %q", c.ID, c.Result, c.Message, test.why)
					}
				}
				w.policy, w.portfolio.Guard = nil, config.Guard{}
				w.mustApply()
				w.wantServers("a.example", newServers)
				if d := w.sim.State().Domain("a.example"); !d.UpdateLock.On() {
					t.Error("the lock stays open")
				}
			})
		})
	}
}

// TestSavedPlansUnderAPolicy: a saved plan is judged by today's policy, and by today's
// guards: what they refuse is not made, the rest is, and an age that the policy does not
// permit refuses all of it.
func TestSavedPlansUnderAPolicy(t *testing.T) {
	t.Parallel()
	policy := func(o config.OperatorPolicy) func(w *world) { return func(w *world) { w.policy = &o } }
	for title, test := range map[string]struct {
		happened func(w *world)
		moves    bool
		locks    bool
		reason   job.Reason
		fails    string
	}{
		"nothing": {func(*world) {}, true, true, "", ""},
		"a guard of the files": {func(w *world) {
			next := *w.portfolio
			next.Guard.MaxDelegations = new(0)
			w.portfolio = &next
		}, false, true, job.Guarded, ""},
		"a guard of the policy":  {policy(config.OperatorPolicy{Ceilings: config.Ceilings{Guards: map[string]int{"max_delegations": 0}}}), false, true, job.Guarded, ""},
		"hazards of the policy":  {policy(config.OperatorPolicy{Hazards: []attr.Hazard{attr.LockHazard}}), false, true, job.Guarded, ""},
		"a person is enough":     {policy(config.OperatorPolicy{AutoApprove: []attr.Hazard{}}), true, true, "", ""},
		"an age that suffices":   {policy(config.OperatorPolicy{PlanAge: 2 * time.Hour}), true, true, "", ""},
		"an age that is too old": {policy(config.OperatorPolicy{PlanAge: 30 * time.Minute}), false, false, "", "the plan is 1h old, and the operator's policy permits 30m"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []name{{name: "a.example", want: newServers, transfer: yes()}, {name: "b.example", want: newServers}}, simulator.Options{})
				saved, err := w.plan(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Hour)
				test.happened(w)
				r, err := w.job().Apply(t.Context(), job.ApplyOptions{Saved: saved, ApprovedBy: "ada", MaxAge: 24 * time.Hour})
				if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
					t.Fatalf("it ends with %v, want %q", err, test.fails)
				}
				d := w.sim.State().Domain("a.example")
				if moved := slices.Equal(d.Nameservers, newServers); moved != test.moves || d.TransferLock.On() != test.locks {
					t.Errorf("moved %v, locked %v", moved, d.TransferLock.On())
				}
				if test.reason != "" && !slices.Contains(r.Reasons, test.reason) || test.reason == "" && len(r.Reasons) > 0 {
					t.Errorf("the run ends with %v", r.Reasons)
				}
			})
		})
	}
}

// TestLocksAreClosedUnderAPolicy: wherever a run dies, a resume under a policy
// that permits nothing closes the locks that the run has opened, and sends none of the
// changes for which they were.
func TestLocksAreClosedUnderAPolicy(t *testing.T) {
	t.Parallel()
	guards := config.Ceilings{Guards: map[string]int{"max_delegations": 0}}
	stops := guards
	stops.StopAll = true
	for title, policy := range map[string]config.OperatorPolicy{"no hazard": {Hazards: []attr.Hazard{}}, "a guard": {Ceilings: guards}, "a guard that stops all": {Ceilings: stops}} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			opened := 0
			for _, after := range []time.Duration{0, time.Second, 10 * time.Minute, 20 * time.Minute, 35 * time.Minute} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, []name{{name: "a.example", want: newServers, locked: true}, {name: "b.example", want: newServers, locked: true}}, slowTasks())
					ctx, die := context.WithTimeout(t.Context(), after)
					_, _ = w.job().Apply(ctx, job.ApplyOptions{}) // it dies
					die()
					<-time.After(30 * time.Minute)
					before := w.moves()
					if before == 0 && !w.sim.State().Domain("a.example").UpdateLock.On() {
						opened++
					}
					w.policy = &policy
					if _, err := w.job().Resume(t.Context()); err != nil {
						t.Fatal(err)
					}
					if now := w.moves(); now != before {
						t.Errorf("it died after %v: the resume has sent %d delegations", after, now-before)
					}
					for _, name := range []string{"a.example", "b.example"} {
						if !w.sim.State().Domain(name).UpdateLock.On() {
							t.Errorf("it died after %v: the lock of %s stays open", after, name)
						}
					}
				})
			}
			if opened == 0 {
				t.Error("no lock was open for a change that was not sent")
			}
		})
	}
}

// moves counts the delegations that were asked for.
func (w *world) moves() (n int) {
	for change, times := range w.sim.Saved() {
		if slices.Contains(hazardsIn(change), attr.Delegation) {
			n += times
		}
	}
	return n
}
