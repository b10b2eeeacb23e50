package executor_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/seedtest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// TestLaws declares anything of any account, and applies it again and again
// while time passes. Whatever that is:
//
//   - every apply ends, and after some nothing is left that could be done;
//   - what can be had is as declared;
//   - what is not declared is as it would be without us, and what is held as it was;
//   - the calls are the least that do it;
//   - what was bought is what the plan said, once, and within the budget;
//   - every lock that was on and is not declared off is on.
//
// Every other round has a service whose ambiguous texts are in UTC+8. In half of
// the rounds the service makes trouble: then calls are made again,
// within bounds. EXECUTOR_ROUNDS says how many rounds there are; EXECUTOR_SEED
// repeats the one that a failure names.
func TestLaws(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 25, 5) {
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d", seed), func(t *testing.T) {
			testLaw(t, inMemory, seed)
		})
	}
}

// testLaw plays a round whose state is of a kind.
func testLaw(t *testing.T, h home, seed uint64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { drawn(dice{rand.New(rand.NewPCG(seed, 0))}).obeys(t, h, monthTimes(seed)) })
}

// seeds returns the seeds of the rounds of a test: some in a row, fewer where
// tests are to be short. EXECUTOR_ROUNDS says how many; EXECUTOR_SEED is the
// first, and the only one where nobody says how many.
func seeds(t *testing.T, rounds, short uint64) (all []uint64) {
	t.Helper()
	first := seedtest.First(t)
	if testing.Short() {
		rounds = short
	}
	if os.Getenv("EXECUTOR_SEED") != "" {
		rounds = 1
	}
	for name, n := range map[string]*uint64{"EXECUTOR_ROUNDS": &rounds, "EXECUTOR_SEED": &first} {
		if text := os.Getenv(name); text != "" {
			value, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			*n = value
		}
	}
	for i := range rounds {
		all = append(all, first+i)
	}
	return all
}

// lawful is a world in which the laws hold, beside a twin that is left alone.
type lawful struct {
	*world
	calm    bool
	listed  bool // the list of names tells their nameservers
	twin    *simulator.Simulator
	start   *snapshot.Account
	allowed map[simulator.Purchase]bool // what plans said
	spent   map[string]float64          // in USD, by month or run
	last    *planner.Plan
}

func (x *draw) obeys(t *testing.T, h home, monthTimes string) {
	x.options.Readings.MonthTimes = monthTimes
	defer func() {
		if t.Failed() {
			t.Log(x.text)
		}
	}()
	l := &lawful{
		world: newWorldOf(t, loadText(t, x.text), x.options), calm: x.calm, listed: x.options.Readings.ListedNameservers != "", twin: simulator.New(x.options),
		allowed: make(map[simulator.Purchase]bool), spent: make(map[string]float64),
	}
	l.moveTo(h)
	l.timing.BatchWait = time.Minute // whatever can share a call does
	l.start = l.sim.State()
	for range 5 {
		l.applyUntilDone()
		l.verifyAddresses(x.dice)
		<-time.After(time.Duration(1+x.IntN(60)) * time.Hour)
	}
	l.applyUntilDone()
	l.end()
}

// applyUntilDone applies until nothing is left that could be done now. Where
// the service makes trouble that may take days, and somebody who looks.
func (l *lawful) applyUntilDone() {
	l.t.Helper()
	for try := range 40 {
		l.apply()
		if l.t.Failed() {
			l.t.FailNow() // the first one tells the most
		}
		l.mustPlan(func(p *planner.Plan) { l.last = p })
		open := 0
		err := l.open(l.t.Context(), func(j *journal.Journal) error {
			runs, err := j.Open(l.t.Context())
			open = len(runs)
			return err
		})
		if err != nil {
			l.t.Fatal(err)
		}
		if try == 15 && open > 0 {
			l.abandon()
		}
		unsure := l.last.Count(attr.InDoubt) + l.last.Count(attr.Unknown)
		if l.last.Converged() && open+unsure == 0 {
			return
		}
		if l.calm && try == 3 {
			break
		}
		if !l.calm {
			<-time.After(7 * time.Hour)
		}
	}
	for _, c := range l.last.Changes {
		if c.Status == attr.Ready || c.Status == attr.InDoubt || c.Status == attr.Unknown {
			l.t.Errorf("left after many runs: %s from %v to %v is %s: %s", c.ID, c.Before, c.After, c.Status, c.Reason)
		}
	}
	l.t.FailNow()
}

// apply makes a run of the job, and checks the laws while it goes on: those of
// reading when it has planned, those of a single execution around each.
func (l *lawful) apply() {
	l.t.Helper()
	var plan *planner.Plan
	var began, planned map[string]int // calls
	var held execution
	var done []string
	j := l.job()
	j.Events = func(e job.Event) {
		l.heard(e.Details)
		switch d := e.Details.(type) {
		case job.Settled:
			began = l.sim.Stats()
		case job.Planned:
			if d.Plan.Guarded() || d.Plan.HasErrors() {
				l.t.Errorf("refused: %+v %+v", d.Plan.Guards, d.Plan.Diagnostics)
			}
			l.reads(d.Plan, l.since(began))
			plan, planned, held = d.Plan, l.sim.Stats(), l.begins(d.Plan)
		case job.FollowPlanned:
			held = l.begins(d.Plan)
		case job.Executed:
			ended := l.obeyed(held, d.Report)
			if len(done) == 0 {
				done = ended // what follows is no part of the plan
			}
		}
	}
	if _, err := j.Apply(l.t.Context(), job.ApplyOptions{}); err != nil {
		l.t.Fatal(err)
	}
	if !l.calm {
		return
	}
	if foreseen(plan) {
		made := oneLook(plan, foreseenCalls(plan)["QueryTaskList"], l.since(planned))
		l.asksLog(made) // of names that are planned again, which no forecast knows
		spareLook(plan, made)
		spareDetails(made, l.undocumented())
		asPredicted(l.t, made, plan)
	}
	if err := l.open(l.t.Context(), func(j *journal.Journal) error { return l.rechecked(j, plan, done) }); err != nil {
		l.t.Fatal(err)
	}
}

// rechecked looks at a plan again whose changes are made, as a saved one is: those
// are done, and nothing of it is stale or to be made again.
func (l *lawful) rechecked(j *journal.Journal, p *planner.Plan, done []string) error {
	l.t.Helper()
	history, err := executor.History(l.t.Context(), j)
	if err != nil {
		return err
	}
	live, err := reader.Fetch(l.t.Context(), l.client, l.portfolio, reader.Options{Endpoint: endpoint, Only: planner.SelectNames(p.Touched())})
	if err != nil {
		return err
	}
	again, stale, already := planner.Recheck(p, planner.Input{Portfolio: l.portfolio, Live: live, History: history})
	for _, id := range done {
		if !slices.Contains(already, id) {
			l.t.Errorf("%s is made, and a recheck of its plan does not say so: %+v", id, stale)
		}
	}
	for i := range again.Changes {
		if c := &again.Changes[i]; slices.Contains(done, c.ID) {
			l.t.Errorf("%s is made, and would be made again", c.ID)
		}
	}
	return nil
}

// execution is how things stood when a plan was about to be executed.
type execution struct {
	plan          *planner.Plan
	before, would *snapshot.Account
	calls         map[string]int
	bought        []simulator.Purchase
	began         time.Time
}

func (l *lawful) begins(p *planner.Plan) execution {
	l.events = nil
	return execution{p, l.sim.State(), l.twin.State(), l.sim.Stats(), l.sim.Purchases(), time.Now()}
}

// obeyed checks the laws of a single execution. It returns the changes that are
// done.
func (l *lawful) obeyed(x execution, r *executor.Report) (done []string) {
	l.t.Helper()
	tellsAs(l.t, l.events, r)
	for _, c := range r.Changes {
		if c.Result == executor.Verified || c.Result == executor.Done {
			done = append(done, c.ID)
		} else if l.calm && c.Result != executor.Waiting {
			l.t.Errorf("%s of %s to %s is %s: %s", c.ID, c.Before, c.After, c.Result, c.Message)
		}
	}
	if took := time.Since(x.began); took > 3*time.Hour {
		l.t.Errorf("a run took %s", took)
	}
	after, now := l.sim.State(), l.twin.State()
	x.would.ReadAt = now.ReadAt
	alone := cmp.Equal(x.would, now) // or the service itself did something
	if alone {
		l.held(x.plan, x.before, after)
	}
	if l.calm && alone {
		made := oneLook(x.plan, 1, l.since(x.calls))
		delete(made, "PollTaskResult")
		spareDetails(made, l.undocumented())
		if diff := cmp.Diff(leastCalls(l.portfolio, x.before, after, l.listed), made); diff != "" {
			l.t.Errorf("the least calls and those that were made:\n%s", diff)
		}
	}
	l.buys(x.plan, x.bought)
	l.locked(x.before, after, r)
	l.untouched(after, now)
	return done
}

// oneLook returns calls in which the account's orders were looked at once: an
// order that needs another step leaves later than others, after a look of its
// own. Lists is how often the list of tasks is read with one look.
func oneLook(p *planner.Plan, lists int, calls map[string]int) map[string]int {
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Cost != nil && c.Status == attr.Ready && len(c.Steps[0].Needs) > 0 && calls["QueryTaskList"] == lists+1 {
			calls["QueryTaskList"]--
			calls["QueryTaskInfoHistory"]--
			delete(calls, "QueryTaskDetailList")
		}
	}
	return calls
}

// undocumented counts the tasks so far whose type the reference does not document.
func (l *lawful) undocumented() (n int) {
	for _, t := range l.sim.Tasks() {
		if !t.TaskType.Documented() {
			n++
		}
	}
	return n
}

// spareLook makes no difference of one look at what others do or have ordered: a
// forecast cannot always tell whether what follows needs one more or one less. It
// rests on what the account shows of orders then.
func spareLook(p *planner.Plan, made map[string]int) {
	if len(p.Follows()) == 0 {
		return
	}
	predicted := foreseenCalls(p)
	for _, operation := range []string{"QueryTaskList", "QueryTaskInfoHistory"} {
		if d := made[operation] - predicted[operation]; d != 1 && d != -1 {
			continue
		}
		if made[operation] = predicted[operation]; made[operation] == 0 {
			delete(made, operation)
		}
	}
}

// foreseen reports whether a plan can tell all calls of its apply. What follows
// reads every name again where a host is to go that could not go before.
func foreseen(p *planner.Plan) bool {
	stays := func(c attr.Change) bool {
		return c.Attribute == attr.GlueHosts && c.Action == attr.Delete && c.Status != attr.Ready
	}
	return len(p.Follows()) == 0 || !slices.ContainsFunc(p.Changes, stays)
}

// verifyAddresses lets somebody follow the links in some mails.
func (l *lawful) verifyAddresses(d dice) {
	for _, m := range l.sim.Mail() {
		if m.Token != "" && strings.HasPrefix(m.Subject, "Verify") && d.one(2) {
			_, _ = l.client.VerifyEmail(l.t.Context(), &wire.VerifyEmailRequest{Token: m.Token}) // it may have been followed
		}
	}
}

// reads checks that a plan has read what is declared, what changes must know,
// and nothing else.
func (l *lawful) reads(p *planner.Plan, made map[string]int) {
	l.t.Helper()
	if !l.calm {
		return
	}
	l.asksLog(made)
	if diff := cmp.Diff(leastReads(l, p), made); diff != "" {
		l.t.Errorf("the least reads and those that were made:\n%s", diff)
	}
}

// asksLog takes out the questions to the change log. It is asked where a wait
// may be over, at most once a name.
func (l *lawful) asksLog(made map[string]int) {
	l.t.Helper()
	signed := 0
	for i := range l.portfolio.Domains {
		if l.portfolio.Domains[i].Declares(attr.DSRecords) {
			signed++
		}
	}
	if n := made["QueryChangeLogList"]; n > signed {
		l.t.Errorf("the change log was asked %d times of %d names", n, signed)
	}
	delete(made, "QueryChangeLogList")
}

// kinds are the tasks that buy, by attribute.
var kinds = map[string]wire.TaskType{attr.RegistrationName: wire.TaskRegister, "renewal": wire.TaskRenew, attr.RedemptionName: wire.TaskRedeem}

// purchaseOf is what a change buys.
func purchaseOf(c *attr.Change) simulator.Purchase {
	p := simulator.Purchase{Type: kinds[c.Attribute], Domain: c.Domain, Years: max(c.Cost.Years, 1)}
	switch before := c.Before.(type) {
	case attr.Expiry:
		p.Expires = before.UTC().Truncate(time.Second)
	case attr.RedemptionState:
		p.Expires = before.Expires.UTC().Truncate(time.Second)
	}
	return p
}

// buys checks that what was bought since is what plans said, and within the
// budget. A plan whose purchases nothing troubles has bought all of them.
func (l *lawful) buys(p *planner.Plan, before []simulator.Purchase) {
	l.t.Helper()
	planned := make(map[simulator.Purchase]attr.Amount)
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Cost != nil && c.Status == attr.Ready {
			planned[purchaseOf(c)] = c.Cost.Amount
			l.allowed[purchaseOf(c)] = true
		}
	}
	for _, b := range l.sim.Purchases() {
		if slices.Contains(before, b) {
			continue
		}
		price, what := b.Price, b
		what.Count, what.Price, what.Expires = 0, 0, b.Expires.UTC().Truncate(time.Second)
		most, now := planned[what]
		for attribute, kind := range kinds {
			if bound := mostOf(l.wanted(b.Domain).Value(attribute)); kind == b.Type && bound > 0 && price > float64(bound)/100 {
				l.t.Errorf("%+v was bought, and the files allow %s", b, bound)
			}
		}
		switch {
		case b.Count != 1 || !l.allowed[what]:
			l.t.Errorf("%+v was bought, and no plan said so", b)
		case now && price > float64(most)/100:
			l.t.Errorf("%+v was bought, and may cost %s", b, most)
		}
		delete(planned, what)
		l.spend(p, price)
	}
	for what := range planned {
		if l.calm {
			l.t.Errorf("%+v was not bought, and was planned", what)
		}
	}
}

// spend counts money of the budget.
func (l *lawful) spend(p *planner.Plan, price float64) {
	l.t.Helper()
	b := l.portfolio.Budget
	if b == nil {
		l.t.Error("something was bought without a budget")
		return
	}
	period := time.Now().UTC().Format("2006-01")
	if b.Per == config.PerRun {
		period = p.ReadAt.String()
	}
	if l.spent[period] += price; l.spent[period] > float64(b.Amount)/100 {
		l.t.Errorf("%v were spent, the budget is %s a %s", l.spent[period], b.Amount, b.Per)
	}
}

// held checks that a run changed nothing of names that are held.
func (l *lawful) held(p *planner.Plan, before, after *snapshot.Account) {
	l.t.Helper()
	for _, hold := range l.portfolio.Holds {
		for _, name := range hold.Names {
			if diff := cmp.Diff(before.Domain(name), after.Domain(name)); diff != "" && hold.Until.After(p.ReadAt) {
				l.t.Errorf("%s is held until %s, and changed:\n%s", name, hold.Until, diff)
			}
		}
	}
}

// locked checks that a run leaves locks on, or says which it leaves open.
func (l *lawful) locked(before, after *snapshot.Account, r *executor.Report) {
	l.t.Helper()
	for i := range before.Domains {
		was := &before.Domains[i]
		is, want := after.Domain(was.Name), l.wanted(was.Name)
		switch {
		case !was.UpdateLock.On() || is == nil || is.UpdateLock.On(), is.Expires.Before(after.ReadAt):
		case want.Value(attr.UpdateLock) == attr.Bool(false):
		case !l.calm && slices.Contains(r.Unlocked, was.Name):
		default:
			l.t.Errorf("%s is left unlocked", was.Name)
		}
	}
}

// wanted is what is declared of a name, nothing where that is nothing.
func (w *world) wanted(name string) *config.Domain {
	d, _ := declared(w.portfolio, name)
	return &d
}

// end checks what must hold in the end.
func (l *lawful) end() {
	l.t.Helper()
	l.bought(-1)
	state := l.sim.State()
	for i := range l.start.Domains {
		was := &l.start.Domains[i]
		is, would := state.Domain(was.Name), l.twin.State().Domain(was.Name)
		if was.UpdateLock.On() && is != nil && !is.UpdateLock.On() && would != nil && would.UpdateLock.On() &&
			l.wanted(was.Name).Value(attr.UpdateLock) != attr.Bool(false) {
			l.t.Errorf("%s is left unlocked", was.Name)
		}
	}
	left := make(map[string]attr.Status)
	for _, c := range l.last.Changes {
		left[attr.ChangeID(c.Domain, c.Attribute)] = c.Status
		if c.Reason == "" {
			l.t.Errorf("%s is %s, and nothing says why", c.ID, c.Status)
		}
	}
	for i := range l.portfolio.Domains {
		want := &l.portfolio.Domains[i]
		is := state.Domain(want.Name)
		for _, x := range want.Declared {
			if is != nil && left[attr.ChangeID(want.Name, x.Attribute.Name)] == "" && !l.shows(is, x) {
				l.t.Errorf("%s declares %s = %v, has %+v, and nothing is left to do", want.Name, x.Attribute.Name, x.Value, is)
			}
		}
	}
	l.calledAsDeclared()
	if saved := l.savedAgain(); saved > 0 && l.calm || saved > l.sim.Failures() {
		l.t.Errorf("%d changes were saved again, %v", saved, l.sim.Saved())
	}
}
