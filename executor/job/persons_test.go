package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// rule is that of a fleet with two persons.
func rule(persons map[attr.Hazard]int) *planner.PersonRule {
	return &planner.PersonRule{Persons: persons, People: []planner.RulePerson{{Name: "ada", Aliases: []string{"ada@example.com"}}, {Name: "bob"}}}
}

// ruled has the fleet make a run that changes nothing, which leaves its rule in the state.
func (w *world) ruled(persons map[attr.Hazard]int) {
	w.t.Helper()
	w.fleet(persons)
	w.job.Rule = nil
}

// fleet has the fleet make a run that approves nothing by itself.
func (w *world) fleet(persons map[attr.Hazard]int) *job.Result {
	w.t.Helper()
	w.job.Rule = rule(persons)
	return w.apply(job.ApplyOptions{Unasked: true, Approval: &planner.Approval{}})
}

// atTerminal applies, and a person says yes.
func (w *world) atTerminal(person string) *job.Result {
	w.t.Helper()
	w.job.Person = person
	w.job.Approve = func(context.Context, *planner.Plan) (string, error) { return person, nil }
	defer func() { w.job.Person, w.job.Approve = "", nil }()
	return w.apply(job.ApplyOptions{})
}

// delegations is how often nameservers were sent.
func (w *world) delegations() (n int) {
	for change, times := range w.sim.Saved() {
		if strings.Contains(change, "Dns") {
			n += times
		}
	}
	return n
}

// inPersonsWorld plays with an account of which one name is to be delegated elsewhere,
// and another one to be locked.
func inPersonsWorld(t *testing.T, play func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		play(newWorld(t, moved, simulator.Options{}, "example.com", "example.net"))
	})
}

// TestARunOfNoFleetGoesByTheRuleInTheState: what the rule asks persons about is refused
// where it would pass otherwise, and everything else is made.
func TestARunOfNoFleetGoesByTheRuleInTheState(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options job.ApplyOptions
		reason  job.Reason
		status  attr.Status
	}{
		"everything":       {job.ApplyOptions{Unasked: true}, job.Guarded, attr.Refused},
		"the hazard":       {job.ApplyOptions{Unasked: true, Approval: &planner.Approval{Hazards: attr.Hazards()}}, job.Guarded, attr.Refused},
		"another hazard":   {job.ApplyOptions{Unasked: true, Approval: &planner.Approval{Hazards: []attr.Hazard{attr.LockHazard}}}, job.Unapproved, attr.Unapproved},
		"nobody is asked":  {job.ApplyOptions{}, job.Guarded, attr.Refused},
		"some of the name": {job.ApplyOptions{Unasked: true, Only: selects(t, "example.com", "example.net")}, job.Guarded, attr.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPersonsWorld(t, func(w *world) {
				w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
				r := w.apply(test.options)
				c := changeOf(r.Plan, "example.com/nameservers")
				if w.err != nil || !slices.Equal(r.Reasons, []job.Reason{test.reason}) || c.Status != test.status || c.Cause != attr.PersonsCause || !strings.Contains(c.Reason, "0 of 2 persons") {
					t.Errorf("the run ends with %v, %v; the change is %s: %s", r.Reasons, w.err, c.Status, c.Reason)
				}
				if n := w.delegations(); n > 0 || len(w.sim.Saved()) != 2 {
					t.Errorf("sent %v", w.sim.Saved())
				}
			})
		})
	}
}

// TestAYesAtATerminalIsOnePerson has persons say yes one after the other: the change is
// made when the last of them does, and not before.
func TestAYesAtATerminalIsOnePerson(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		needed int
		people []string
		made   []bool
	}{
		"one of one":           {1, []string{"ada"}, []bool{true}},
		"two of two":           {2, []string{"ada", "bob"}, []bool{false, true}},
		"the same twice":       {2, []string{"ada", "Ada@example.com", "bob"}, []bool{false, false, true}},
		"an outsider":          {1, []string{"mallory", "bob"}, []bool{false, true}},
		"outsiders in between": {2, []string{"mallory", "ada", "", "bob"}, []bool{false, false, false, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPersonsWorld(t, func(w *world) {
				w.ruled(map[attr.Hazard]int{attr.Delegation: test.needed})
				for i, person := range test.people {
					r := w.atTerminal(person)
					if made := w.delegations() > 0; made != test.made[i] || made == slices.Contains(r.Reasons, job.Guarded) {
						t.Fatalf("after the yes of %q it is made: %v, and the run ends with %v: %s", person, made, r.Reasons, changeOf(r.Plan, "example.com/nameservers").Reason)
					}
				}
			})
		})
	}
}

// TestTheFleetMakesWhatPersonsSaidElsewhere: two persons say yes at terminals, one of
// them to a saved plan, and the job of the fleet makes the change, once.
func TestTheFleetMakesWhatPersonsSaidElsewhere(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		persons := map[attr.Hazard]int{attr.Delegation: 3}
		w.ruled(persons)
		w.atTerminal("ada")
		saved := w.planned().Plan
		if c := changeOf(saved, "example.com/nameservers"); c.Status != attr.Unapproved || !strings.Contains(c.Reason, "1 of 3 persons: ada, until ") {
			t.Fatalf("the plan says %s: %s", c.Status, c.Reason)
		}
		w.apply(job.ApplyOptions{Saved: saved, ApprovedBy: "bob", MaxAge: time.Hour})
		persons = map[attr.Hazard]int{attr.Delegation: 2} // the rule is loosened meanwhile
		if r := w.fleet(persons); w.delegations() != 1 || len(r.Reasons) > 0 {
			t.Fatalf("sent %v; the run ends with %v", w.sim.Saved(), r.Reasons)
		}
		w.sim.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns0.example.net"} })
		if r := w.fleet(persons); w.delegations() != 1 || !slices.Contains(r.Reasons, job.Unapproved) {
			t.Errorf("what was said is used: sent %v; the run ends with %v", w.sim.Saved(), r.Reasons)
		}
	})
}

// TestASavedPlanIsOnePersonsWord: whoever applies it may be the last of those who are
// asked, and nobody else is.
func TestASavedPlanIsOnePersonsWord(t *testing.T) {
	t.Parallel()
	for by, made := range map[string]bool{"bob": true, "mallory": false, "ada": false} {
		inPersonsWorld(t, func(w *world) {
			w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
			w.atTerminal("ada")
			r := w.apply(job.ApplyOptions{Saved: w.planned().Plan, ApprovedBy: by, MaxAge: time.Hour})
			if w.delegations() > 0 != made || w.err != nil {
				t.Errorf("by %s: sent %v, and it ends with %v, %v", by, w.sim.Saved(), r.Reasons, w.err)
			}
		})
	}
}

// TestASavedPlanMakesNoMoreThanItSays: what it has left to persons waits for their yes,
// whoever applies it and whatever that approves, and uses the plan up no sooner than
// something of it is made.
func TestASavedPlanMakesNoMoreThanItSays(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]job.ApplyOptions{
		"by a person":  {ApprovedBy: "ada"},
		"by a program": {Unasked: true},
		"by a hazard":  {Unasked: true, Approval: &planner.Approval{Hazards: attr.Hazards()}},
		"with nothing": {Unasked: true, Approval: &planner.Approval{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPersonsWorld(t, func(w *world) {
				state := w.inState()
				w.apply(job.ApplyOptions{Unasked: true, Approval: &planner.Approval{Hazards: []attr.Hazard{attr.LockHazard}}})
				runs := len(told(w.t, state, history.Filter{}))
				time.Sleep(time.Minute)
				kept, err := w.job.Plan(w.t.Context(), job.PlanOptions{Approval: &planner.Approval{}})
				if err != nil {
					w.t.Fatal(err)
				}
				applied.Saved, applied.MaxAge = kept.Plan, planner.MaxAge
				for range 2 {
					r := w.apply(applied)
					c := changeOf(r.Plan, "example.com/nameservers")
					if w.err != nil || !slices.Equal(r.Reasons, []job.Reason{job.Unapproved}) || c == nil || !strings.Contains(c.Reason, "jobs approve") || len(r.Plan.Summary.Unapproved) > 0 {
						w.t.Fatalf("it ends with %v, %v: %+v", r.Reasons, w.err, c)
					}
				}
				if got := len(told(w.t, state, history.Filter{})); got != runs || w.delegations() > 0 {
					w.t.Fatalf("%d runs, not %d; sent %v", got, runs, w.sim.Saved())
				}
				w.said("bob", changeOf(kept.Plan, "example.com/nameservers"), false)
				if r := w.apply(applied); w.err != nil || len(r.Reasons) > 0 || w.delegations() != 1 {
					w.t.Fatalf("after a yes it ends with %v, %v; sent %v", r.Reasons, w.err, w.sim.Saved())
				}
				_, err = w.job.Apply(w.t.Context(), applied)
				if _, twice := errors.AsType[*executor.AppliedError](err); !twice {
					w.t.Errorf("when all of it was made it ends with %v", err)
				}
			})
		})
	}
}

// TestAnUndoThatLacksPersonsHoldsNothing: what is not taken back is not held, so that a
// refused undo leaves nothing behind; what persons let pass is.
func TestAnUndoThatLacksPersonsHoldsNothing(t *testing.T) {
	t.Parallel()
	for name, undo := range map[string]job.UndoOptions{
		"refused":    {Unasked: true},
		"unapproved": {Unasked: true, Approval: &planner.Approval{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPersonsWorld(t, func(w *world) {
				state := w.inState()
				w.apply(job.ApplyOptions{})
				undo.Run, undo.Forced = told(w.t, state, history.Filter{})[0].ID, true
				w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
				undo.Only = selects(w.t, "example.com/nameservers")
				if r := w.undoes(undo); len(r.Plan.Changes) == 0 || !r.Plan.Converged() || w.delegations() != 1 {
					w.t.Fatalf("the plan has %+v; sent %v", r.Plan.Summary, w.sim.Saved())
				}
				if held := pausesIn(w.t, state); len(held) > 0 {
					w.t.Errorf("held are %+v", held)
				}
				w.job.BreakGlass = "the new servers do not answer"
				if w.undoes(undo); undo.Approval == nil && (len(pausesIn(w.t, state)) != 1 || w.delegations() != 2) {
					w.t.Errorf("held are %+v; sent %v", pausesIn(w.t, state), w.sim.Saved())
				}
			})
		})
	}
}

// TestAPlanSaysThatAChangeWasRejected, also where nothing keeps it from being made: who,
// when and why stand in each form of a plan, until somebody approves it after that.
func TestAPlanSaysThatAChangeWasRejected(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		c := changeOf(w.planned().Plan, "example.com/nameservers")
		w.said("bob", c, true)
		want := "rejected by bob on 2000-01-01"
		for name, form := range map[string]func(io.Writer, *planner.Plan) error{
			"text": func(out io.Writer, p *planner.Plan) error {
				return render.Text(out, p, render.TextOptions{Width: 1000})
			},
			"markdown": func(out io.Writer, p *planner.Plan) error { return render.Markdown(out, p, render.MarkdownOptions{}) },
			"html":     render.HTML,
			"json":     render.JSON,
		} {
			var out bytes.Buffer
			if err := form(&out, w.planned().Plan); err != nil || !strings.Contains(out.String(), want) {
				w.t.Errorf("%s: %v: %s", name, err, out.String())
			}
		}
		w.said("ada", c, false)
		if p := w.planned().Plan; slices.ContainsFunc(p.Diagnostics, func(d planner.Diagnostic) bool { return strings.Contains(d.Detail, "rejected") }) {
			w.t.Errorf("after a yes it says %+v", p.Diagnostics)
		}
	})
}

// TestBrokenGlassIsToldToEverybody: changes that lack persons are made for a reason, which
// the state keeps, the run has, and everybody is told; others are made as always.
func TestBrokenGlassIsToldToEverybody(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		state := w.inState()
		w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
		heard := new(place)
		w.job.Notifiers, w.job.BreakGlass, w.job.Actor = []job.Notifier{heard}, "the registry is down", journal.Actor{By: "ada@laptop"}
		r := w.apply(job.ApplyOptions{Unasked: true})
		if w.delegations() != 1 || len(r.BrokenGlass) != 1 || len(r.Plan.Awaiting) != 1 || !r.Plan.Awaiting[0].Made {
			t.Fatalf("sent %v; broken: %+v; awaited: %+v", w.sim.Saved(), r.BrokenGlass, r.Plan.Awaiting)
		}
		want := "ada on laptop had these changes made: example.com/nameservers. The reason given is: the registry is down."
		for _, text := range []string{fmt.Sprint(heard.full), r.Conditions[0].Reason} {
			if !strings.Contains(text, want) {
				t.Errorf("told: %s", text)
			}
		}
		w.job.Notifiers, w.job.BreakGlass = nil, ""
		if run := told(w.t, state, history.Filter{})[0]; !strings.Contains(run.By, "without the persons of the fleet: the registry is down") {
			t.Errorf("the run is by %q", run.By)
		}
		if r := w.fleet(map[attr.Hazard]int{attr.Delegation: 2}); len(r.BrokenGlass) != 1 || len(r.Reasons) > 0 {
			t.Errorf("the run of the fleet tells %+v, and ends with %v", r.BrokenGlass, r.Reasons)
		}
	})
}

// TestGlassThatHoldsNothingIsNotBroken: where no change lacks persons nothing is told.
func TestGlassThatHoldsNothingIsNotBroken(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		w.ruled(map[attr.Hazard]int{attr.Identity: 2})
		w.job.BreakGlass = "just in case"
		if r := w.apply(job.ApplyOptions{Unasked: true}); w.delegations() != 1 || len(r.BrokenGlass) > 0 {
			t.Errorf("sent %v; broken: %+v", w.sim.Saved(), r.BrokenGlass)
		}
	})
}

// TestWhatIsOwedNeedsNoPerson: a run that the rule did not bind yet died with a lock open.
// Whatever the rule asks since, the lock is closed, and what was sent is settled.
func TestWhatIsOwedNeedsNoPerson(t *testing.T) {
	t.Parallel()
	all := make(map[attr.Hazard]int)
	for _, h := range attr.Hazards()[1:] {
		all[h] = 2
	}
	for name, owes := range map[string]func(w *world) (*job.Result, error){
		"relock": func(w *world) (*job.Result, error) { return w.job.Relock(w.t.Context()) },
		"resume": func(w *world) (*job.Result, error) { return w.job.Resume(w.t.Context()) },
		"apply": func(w *world) (*job.Result, error) {
			return w.job.Apply(w.t.Context(), job.ApplyOptions{Unasked: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, moved, simulator.Options{Faults: slow.Faults}, "example.com", "example.net")
				w.killed()
				w.job.Rule = rule(all)
				if _, err := owes(w); err != nil {
					t.Fatal(err)
				}
				if d := w.sim.State().Domain("example.com"); !d.UpdateLock.On() {
					t.Errorf("the lock is %v", d.UpdateLock)
				}
			})
		})
	}
}

// TestARuleIsTheFleetsToChange: the state has the last one that the fleet went by, and no
// other run changes it.
func TestARuleIsTheFleetsToChange(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
		w.apply(job.ApplyOptions{Unasked: true})
		if w.delegations() != 0 {
			t.Fatalf("sent %v", w.sim.Saved())
		}
		w.ruled(nil) // the block is gone from the file
		w.apply(job.ApplyOptions{Unasked: true})
		if w.delegations() != 1 {
			t.Errorf("sent %v", w.sim.Saved())
		}
	})
}

// TestAnUndoNeedsThePersonsOfItsChanges: what was made under no rule is taken back under
// one.
func TestAnUndoNeedsThePersonsOfItsChanges(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		state := w.inState()
		w.apply(job.ApplyOptions{Unasked: true})
		run := told(w.t, state, history.Filter{})[0].ID
		w.ruled(map[attr.Hazard]int{attr.Delegation: 1})
		o := job.UndoOptions{Run: run, Forced: true, Unasked: true}
		if r := w.undoes(o); w.delegations() != 1 || !slices.Contains(r.Reasons, job.Guarded) {
			t.Errorf("sent %v; the undo ends with %v", w.sim.Saved(), r.Reasons)
		}
		w.job.Person, w.job.Approve = "bob", func(context.Context, *planner.Plan) (string, error) { return "bob", nil }
		o.Unasked = false
		if r := w.undoes(o); w.delegations() != 2 || slices.Contains(r.Reasons, job.Guarded) {
			t.Errorf("sent %v; the undo ends with %v", w.sim.Saved(), r.Reasons)
		}
	})
}

// TestANoAtATerminalRecordsNothing: somebody is asked though nothing could be made, and
// says no.
func TestANoAtATerminalRecordsNothing(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		w.ruled(map[attr.Hazard]int{attr.Delegation: 2})
		w.apply(job.ApplyOptions{Unasked: true}) // the lock is made
		no := errors.New("no")
		w.job.Person, w.job.Approve = "ada", func(context.Context, *planner.Plan) (string, error) { return "", no }
		if _, err := w.job.Apply(w.t.Context(), job.ApplyOptions{}); !errors.Is(err, no) {
			t.Errorf("it ends with %v", err)
		}
		if c := changeOf(w.planned().Plan, "example.com/nameservers"); !strings.Contains(c.Reason, "0 of 2 persons") {
			t.Errorf("the plan says %s", c.Reason)
		}
	})
}

// said has a person say yes or no to one change of a plan, and to nothing else of it.
func (w *world) said(by string, c *attr.Change, rejected bool) {
	w.t.Helper()
	j, err := w.job.Journal(w.t.Context(), w.job.Endpoint, "", false)
	if err != nil {
		w.t.Fatal(err)
	}
	word := planner.ApprovalRecord{Change: c.ID, Hash: c.ApprovalHash(), By: by, At: j.Now(), Until: j.Now().AddDate(0, 0, 14), Rejected: rejected}
	if err := errors.Join(executor.RecordApprovals(w.t.Context(), j, []planner.ApprovalRecord{word}), j.Close()); err != nil {
		w.t.Fatal(err)
	}
}

// TestAYesToAPlanIsNoneToWhatWasRejected: somebody has rejected a change of a plan, of a
// plan that is made or of one that was saved before, and somebody else says yes to the
// plan. The change waits until somebody says yes to it alone.
func TestAYesToAPlanIsNoneToWhatWasRejected(t *testing.T) {
	t.Parallel()
	persons := map[attr.Hazard]int{attr.Delegation: 1}
	for name, yes := range map[string]func(w *world, saved *planner.Plan){
		"at a terminal": func(w *world, _ *planner.Plan) { w.atTerminal("ada") },
		"to a saved plan": func(w *world, saved *planner.Plan) {
			w.apply(job.ApplyOptions{Saved: saved, ApprovedBy: "ada", MaxAge: time.Hour})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPersonsWorld(t, func(w *world) {
				w.ruled(persons)
				saved := w.planned().Plan
				c := changeOf(saved, "example.com/nameservers")
				w.said("bob", c, true)
				yes(w, saved)
				if r := w.fleet(persons); w.delegations() != 0 || !strings.Contains(changeOf(r.Plan, c.ID).Reason, "rejected by bob") {
					t.Fatalf("sent %v; the change is %s", w.sim.Saved(), changeOf(r.Plan, c.ID).Reason)
				}
				w.said("ada", c, false)
				if w.fleet(persons); w.delegations() != 1 {
					t.Errorf("sent %v", w.sim.Saved())
				}
			})
		})
	}
}

// TestAPolicyEndsNoRejection: the operator's policy says for how long a yes counts, and a
// no stays for as long as it does without.
func TestAPolicyEndsNoRejection(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		w.job.Policy = &config.OperatorPolicy{ApprovalAge: time.Hour}
		w.ruled(map[attr.Hazard]int{attr.Delegation: 1})
		w.said("bob", changeOf(w.planned().Plan, "example.com/nameservers"), true)
		time.Sleep(2 * time.Hour)
		if r := w.atTerminal("ada"); w.delegations() != 0 || !strings.Contains(changeOf(r.Plan, "example.com/nameservers").Reason, "rejected by bob") {
			t.Errorf("sent %v; the change is %s", w.sim.Saved(), changeOf(r.Plan, "example.com/nameservers").Reason)
		}
	})
}

// TestAYesStaysThatOfWhoSaidIt: a person says yes at a terminal as an alias that the file
// gives to somebody else later. It is not the word of two persons then.
func TestAYesStaysThatOfWhoSaidIt(t *testing.T) {
	t.Parallel()
	inPersonsWorld(t, func(w *world) {
		people := func(ada, bob []string) *planner.PersonRule {
			return &planner.PersonRule{Persons: map[attr.Hazard]int{attr.Delegation: 2}, People: []planner.RulePerson{{Name: "ada", Aliases: ada}, {Name: "bob", Aliases: bob}}}
		}
		nightly := job.ApplyOptions{Unasked: true, Approval: &planner.Approval{}}
		w.job.Rule = people([]string{"root"}, nil)
		w.apply(nightly)
		w.job.Rule = nil
		w.atTerminal("root")
		w.job.Rule = people(nil, []string{"root"})
		w.said("ada", changeOf(w.planned().Plan, "example.com/nameservers"), false)
		if r := w.apply(nightly); w.delegations() != 0 || !strings.Contains(changeOf(r.Plan, "example.com/nameservers").Reason, "1 of 2 persons: ada") {
			t.Errorf("sent %v; the change is %s", w.sim.Saved(), changeOf(r.Plan, "example.com/nameservers").Reason)
		}
	})
}

// changeOf returns a change of a plan.
func changeOf(p *planner.Plan, id string) *attr.Change {
	for i := range p.Changes {
		if p.Changes[i].ID == id {
			return &p.Changes[i]
		}
	}
	return new(attr.Change)
}

// selects selects names.
func selects(t *testing.T, patterns ...string) planner.Selection {
	t.Helper()
	s, err := planner.SelectTargets(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
