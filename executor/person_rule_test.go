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
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
)

// spelled are the ways in which each person of the tests is written, and outsiders are
// those whose word does not count.
var (
	spelled   = map[string][]string{"ada": {"ada", "Ada", "ada@example.com"}, "bob": {"bob", "bob@laptop"}, "eve": {"eve", "eve@example.net"}}
	outsiders = []string{"mallory", "ada@example.net", ""}
)

// threePersons is a rule of the three persons.
func threePersons(persons map[attr.Hazard]int) *planner.PersonRule {
	r := &planner.PersonRule{Persons: persons}
	for _, name := range []string{"ada", "bob", "eve"} {
		r.People = append(r.People, planner.RulePerson{Name: name, Aliases: spelled[name][1:]})
	}
	return r
}

// drawnRule asks nobody, or one to three persons about each hazard but that of the
// policy.
func drawnRule(d dice) *planner.PersonRule {
	persons := make(map[attr.Hazard]int)
	for _, h := range attr.Hazards()[1:] {
		if n := d.IntN(4); n > 0 && h != attr.PolicyHazard {
			persons[h] = n
		}
	}
	return threePersons(persons)
}

// wordBook is what persons have said, kept by a test without the program's counting.
type wordBook struct {
	rule *planner.PersonRule
	said map[string]map[string]time.Time // by the hash of a change and the person: until when
	of   map[string][]string             // the hashes of each change, by its ID
}

// note keeps a person's yes or no to a change.
func (b *wordBook) note(r *planner.ApprovalRecord, person string) {
	switch {
	case r.Rejected:
		delete(b.said, r.Hash)
		return
	case person == "":
		return
	case b.said[r.Hash] == nil:
		b.said[r.Hash] = make(map[string]time.Time)
	}
	if r.Until.After(b.said[r.Hash][person]) {
		b.said[r.Hash][person] = r.Until
	}
	b.of[r.Change] = append(b.of[r.Change], r.Hash)
}

// lacks reports whether a change has fewer persons than the rule asks for.
func (b *wordBook) lacks(c *attr.Change, now time.Time) bool {
	n := 0
	for _, until := range b.said[c.ApprovalHash()] {
		if until.After(now) {
			n++
		}
	}
	return n < b.rule.Persons[c.Hazard]
}

// use takes what was said of a change as used.
func (b *wordBook) use(id string) {
	for _, hash := range b.of[id] {
		delete(b.said, hash)
	}
}

// TestPersonsSplitAPlan draws an account, files, and how many persons have to approve
// each hazard. Every night persons say yes or no to some of the changes, spelled in one
// way or another, with outsiders among them, and the fleet's run applies: it makes no
// change that lacks its persons. When all have said yes to everything, the account is in
// the end as where everything is approved at once.
func TestPersonsSplitAPlan(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 12, 3) {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			var once, split outcome
			synctest.Test(t, func(t *testing.T) { once = nights(t, seed, nil) })
			synctest.Test(t, func(t *testing.T) { split = nightsOfPersons(t, seed) })
			if diff := cmp.Diff(once, split); diff != "" {
				t.Errorf("approved at once, and by persons:\n%s", diff)
			}
		})
	}
}

// nightsOfPersons is [nights] under a rule: in the last ones all persons say yes to
// everything.
func nightsOfPersons(t *testing.T, seed uint64) outcome {
	t.Helper()
	x := drawn(dice{rand.New(rand.NewPCG(seed, 0))})
	x.options.Faults = simulator.Faults{Limits: map[string]int{"CheckDomain": 1000}}
	w := newWorldOf(t, loadText(t, alwaysUnlocking(x.text)), x.options)
	d := dice{rand.New(rand.NewPCG(seed, 2))}
	book := &wordBook{rule: drawnRule(d), said: make(map[string]map[string]time.Time), of: make(map[string][]string)}
	start := time.Now()
	for night := range 10 {
		<-time.After(time.Until(start.Add(time.Duration(night) * 30 * time.Hour)))
		for range 3 {
			p := w.appliesUnder(book)
			if p == nil {
				return outcome{}
			}
			w.say(d, book, p, night >= 6)
		}
	}
	return outcomeOf(w)
}

// appliesUnder applies as the fleet does, and checks that nothing is made that lacks its
// persons.
func (w *world) appliesUnder(book *wordBook) *planner.Plan {
	w.t.Helper()
	j := w.job()
	j.Rule = book.rule
	saved, announced := w.sim.Saved(), make(map[string]bool)
	r, err := j.Apply(w.t.Context(), job.ApplyOptions{})
	if err != nil {
		w.t.Error(err)
		return nil
	}
	allowed := []attr.Hazard{attr.None}
	for c := range r.Plan.Differences() {
		if !c.Planned() {
			continue
		}
		if book.lacks(c, r.Plan.ReadAt) {
			w.t.Errorf("%s (%s) is made, and persons have said %v; the rule is %s", c.ID, c.Hazard, book.said[c.ApprovalHash()], book.rule)
		}
		allowed = append(allowed, c.Hazard)
		announced[c.ID] = c.Status != attr.Ready
	}
	for change, n := range w.sim.Saved() {
		for _, hazard := range hazardsIn(change) {
			if n > saved[change] && book.rule.Persons[hazard] > 0 && !slices.Contains(allowed, hazard) {
				w.t.Errorf("%s was sent, and nothing of the hazard %s has its persons", change, hazard)
			}
		}
	}
	if r.Report != nil {
		for i := range r.Report.Changes {
			if c := &r.Report.Changes[i]; c.Result != executor.NotSent {
				book.use(c.ID)
			}
		}
	}
	for i := range r.Plan.Awaiting {
		if a := &r.Plan.Awaiting[i]; a.Needed > 1 && len(a.Approved) >= a.Needed {
			w.t.Errorf("%s waits, and has its persons: %s", a.Change, a)
		}
	}
	return r.Plan
}

// say has persons say something of the changes of a plan: some of them of some, or all
// of them yes to all.
func (w *world) say(d dice, book *wordBook, p *planner.Plan, all bool) {
	w.t.Helper()
	o := w.options
	o.Endpoint = endpoint
	state, err := journal.Open(w.t.Context(), w.dir, o)
	if err != nil {
		w.t.Fatal(err)
	}
	defer state.Close() //nolint:errcheck // what was written is durable
	for _, person := range []string{"ada", "bob", "eve", ""} {
		names := spelled[person]
		if person == "" {
			names = outsiders
		}
		by := names[d.IntN(len(names))]
		records := p.ToRecord(nil, w.portfolio, by, state.Now(), nil)
		said := records[:0]
		for i := range records {
			r := &records[i]
			switch chance := d.IntN(10); {
			case all && person != "":
			case chance < 3:
				r.Until = r.At.Add(time.Duration(1+d.IntN(60)) * time.Hour)
			case chance == 3 && person != "":
				r.Rejected, r.Reason = true, "not now"
			case chance < 7:
				continue
			}
			book.note(r, person)
			said = append(said, *r)
		}
		if err := executor.RecordApprovals(w.t.Context(), state, said); err != nil {
			w.t.Fatal(err)
		}
	}
}
