package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

const (
	renew    = "SaveBatchTaskForCreatingOrderRenew"
	register = "SaveBatchTaskForCreatingOrderActivate"
)

// yearly renews a name for a year when it has fewer than 60 days left.
var yearly = attr.Renewal{MinDaysLeft: 60, Years: 1}

// shop is a world that may spend money. Its service takes an order for a term
// that is over, too, so that nobody but the program keeps it from being bought
// twice.
func shop(t *testing.T, names []name, o simulator.Options) *world {
	t.Helper()
	o.Profiles = []wire.RegistrantProfile{{
		RegistrantProfileID: 7001, RegistrantProfileType: "common", RegistrantType: "2", RealNameStatus: wire.RealNamePassed,
		Contact: wire.Contact{Email: "hostmaster@example.com"},
	}}
	o.Market.AnyDate = true
	w := newWorld(t, names, o)
	price, dear := attr.Amount(1100), attr.Amount(9000)
	w.portfolio.Budget = &config.Budget{Amount: 100_000, Currency: "USD", Per: config.PerMonth}
	w.portfolio.Prices = map[string]attr.Prices{"example": {Register: &price, Renew: &price, Redeem: &dear}}
	return w
}

// expiring are names that are renewed, and one that is not.
func expiring() []name {
	return []name{
		{name: "a.example", left: 20, renewal: yearly},
		{name: "b.example", left: 30, renewal: yearly, want: newServers, locked: true},
		{name: "c.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 60, Years: 3}},
		{name: "d.example", left: 90, renewal: yearly},
	}
}

// expired are names that must be redeemed, and then are renewed.
func expired() []name {
	longer := attr.Renewal{MinDaysLeft: 400, Years: 1}
	return []name{
		{name: "a.example", left: -40, redeem: true},
		{name: "b.example", left: -45, redeem: true, renewal: longer, want: newServers, locked: true},
		{name: "c.example", left: -45},
	}
}

// wantedNames are names that the account lacks, and one that it has.
func wantedNames() []name {
	new := attr.Registration{Years: 1, Profile: "7001"}
	return []name{
		{name: "a.example", buy: new},
		{name: "b.example", buy: new, want: newServers, locked: true},
		{name: "c.example", buy: attr.Registration{Years: 2, Profile: "7001"}},
		{name: "d.example", want: newServers},
	}
}

// bought checks that no term of a name was ever bought twice, and how many
// were bought.
func (w *world) bought(want int) {
	w.t.Helper()
	terms := make(map[string]int)
	for _, p := range w.sim.Purchases() {
		terms[fmt.Sprint(p.Type, p.Domain, p.Expires)] += p.Count
	}
	for term, n := range terms {
		if n > 1 {
			w.t.Errorf("bought %d times: %s", n, term)
		}
	}
	if want >= 0 && len(terms) != want {
		w.t.Errorf("%d terms were bought, want %d: %+v", len(terms), want, w.sim.Purchases())
	}
}

// planned returns the plan of a name's change now.
func (w *world) planned(id string) (status attr.Status, reason string) {
	w.t.Helper()
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		p, err := w.plan(w.t.Context(), j)
		if err != nil {
			return err
		}
		for _, c := range p.Changes {
			if c.ID == id {
				status, reason = c.Status, c.Reason
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return status, reason
}

func TestRenewalsAreBoughtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring(), simulator.Options{})
		w.counts(w.mustApply(), standings{executor.Verified: 4}, 0)
		w.bought(3)
		w.converged()
		if n := w.sim.Stats()[renew]; n != 1 {
			t.Errorf("%d requests for three renewals, want 1", n)
		}
		left := time.Until(w.sim.State().Domain("c.example").Expires)
		if years := left.Hours() / 24 / 365; years < 3 || years > 3.2 {
			t.Errorf("c.example has %.2f years left", years)
		}
		err := w.open(t.Context(), func(j *journal.Journal) error {
			all, err := j.Purchases(t.Context(), time.Time{})
			if len(all) != 3 || all[2].Amount != 3300 || all[2].Years != 3 || all[2].Kind != "renewal" || all[2].State != journal.Succeeded || !all[2].Spent() {
				t.Errorf("the journal has the purchases %+v", all)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// settleOrders applies until nothing is under way any more. Locks that stay in
// doubt, because the journal that knew their tasks was lost, are given up after
// a while.
func (w *world) settleOrders() {
	w.t.Helper()
	for try := range 40 {
		_, _, err := w.apply(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		open := false
		err = w.open(w.t.Context(), func(j *journal.Journal) error {
			p, err := w.plan(w.t.Context(), j)
			if err != nil {
				return err
			}
			runs, err := j.Open(w.t.Context())
			open = len(runs) > 0 || p.Count(attr.Ready)+p.Count(attr.Waiting) > 0
			if try == 15 && p.Count(attr.InDoubt) > 0 {
				_, err = executor.Abandon(w.t.Context(), w.config(j))
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if !open {
			return
		}
		<-time.After(7 * time.Hour)
	}
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		p, err := w.plan(w.t.Context(), j)
		if err == nil {
			err = fmt.Errorf("the orders do not come to an end: %+v", p.Changes)
		}
		return err
	})
	w.t.Error(err)
}

// orderCrashes are the services under which orders die.
var orderCrashes = map[string]simulator.Faults{
	"at once": {},
	"lossy":   crashes["lossy"],
	"slow":    {Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute, Max: 5 * time.Minute}, wire.TaskRenew: {Min: time.Minute, Max: 20 * time.Hour}, wire.TaskRegister: {Min: time.Minute, Max: 20 * time.Hour}}},
}

// TestOrdersAtEveryDeath lets a run that buys die before and after every
// durable write and every call. Whatever follows (apply, resume, or a new
// state directory, because the old one is lost), each term is bought once.
func TestOrdersAtEveryDeath(t *testing.T) {
	t.Parallel()
	for subject, test := range map[string]struct {
		names func() []name
		terms int
	}{"renewals": {expiring, 3}, "redemptions": {expired, 3}, "registrations": {wantedNames, 3}} {
		for service, f := range orderCrashes {
			points := 0
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, test.names(), simulator.Options{Faults: f})
				w.mustApply()
				points = w.points
				w.settleOrders()
				w.bought(test.terms)
			})
			if points < 20 {
				t.Fatalf("a run has only %d points to die at", points)
			}
			for _, how := range []string{"apply", "resume", "lost"} {
				t.Run(subject+", "+service+", then "+how, func(t *testing.T) {
					t.Parallel()
					for die := 1; die <= points; die += deathStep() {
						t.Run(fmt.Sprint("at ", die), func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) {
								dieAndRecover(t, shop(t, test.names(), simulator.Options{Faults: f}), die, how)
							})
						})
					}
				})
			}
		}
	}
}

// deathStep is how far the moments of death are apart.
func deathStep() int {
	if testing.Short() {
		return 17
	}
	return 1
}

func dieAndRecover(t *testing.T, w *world, die int, how string) {
	w.die = die
	_, _, _ = w.apply(t.Context()) // whatever a dying run says
	w.revive()
	switch how {
	case "resume":
		if _, err := w.resume(t.Context()); err != nil {
			t.Fatal(err)
		}
	case "lost":
		w.dir = t.TempDir()
		if _, _, err := w.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.bought(-1)
		<-time.After(5 * 24 * time.Hour) // the account shows what was bought
	}
	w.settleOrders()
	w.bought(3)
}

// TestRedemptionComesFirst shows that an expired name is redeemed, and then has
// its lock, its nameservers and its term.
func TestRedemptionComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expired(), simulator.Options{})
		w.counts(w.mustApply(), standings{executor.Verified: 2}, 0)
		w.bought(2)
		w.counts(w.mustApply(), standings{executor.Verified: 3}, 0)
		w.bought(3)
		w.converged()
	})
}

// TestRegistrationComesFirst shows that a name that the account lacks is
// registered, and then gets what else is declared of it.
func TestRegistrationComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, wantedNames(), simulator.Options{})
		w.counts(w.mustApply(), standings{executor.Verified: 4}, 0)
		w.bought(3)
		w.counts(w.mustApply(), standings{executor.Verified: 2}, 0)
		w.bought(3)
		w.converged()
	})
}

// TestRegistrationThatSomebodyElseWon shows that an order whose answer was lost
// is not sent again for a name that somebody else holds meanwhile.
func TestRegistrationThatSomebodyElseWon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, wantedNames()[:1], faults(simulator.Fault{Kind: simulator.Reset, Operation: register, Count: 1}))
		time.AfterFunc(5*time.Minute, func() {
			m := w.sim.Market()
			m.Names = map[string]wire.Availability{"a.example": wire.Taken}
			if err := w.sim.SetMarket(m); err != nil {
				t.Error(err)
			}
		})
		w.counts(w.mustApply(), standings{executor.InDoubt: 1}, 5)
		w.bought(0)
		if n := w.sim.Stats()[register]; n != 1 {
			t.Errorf("the order was sent %d times", n)
		}
	})
}

// TestSecondProcessThatBuys lets a second process, with a state directory of
// its own, do a whole apply at every moment of the first. Between the look at
// the account's orders and the order the service alone can tell.
func TestSecondProcessThatBuys(t *testing.T) {
	t.Parallel()
	step := 1
	if testing.Short() {
		step = 17
	}
	for at := 1; at < 60; at += step {
		t.Run(fmt.Sprint("at ", at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var second *world
				inside, calls := false, 0
				w := shop(t, expiring(), simulator.Options{})
				m := w.sim.Market()
				m.AnyDate = false
				if err := w.sim.SetMarket(m); err != nil {
					t.Fatal(err)
				}
				w.options.Hook = func(string) error {
					if calls++; calls != at || inside {
						return nil
					}
					inside = true
					second = &world{t: t, sim: w.sim, dir: t.TempDir(), portfolio: w.portfolio, log: w.log}
					second.connect()
					_, _, err := second.apply(t.Context())
					return err
				}
				if _, _, err := w.apply(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.bought(3)
			})
		})
	}
}

// TestOrdersThatTakeLong shows that a run does not wait for the end of an
// order: it ends with the order in sight, and a later run hears of it.
func TestOrdersThatTakeLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], simulator.Options{Faults: simulator.Faults{
			Durations: map[wire.TaskType]simulator.Range{wire.TaskRenew: {Min: 20 * time.Hour, Max: 20 * time.Hour}},
		}})
		began := time.Now()
		w.counts(w.mustApply(), standings{executor.Waiting: 1}, 0)
		if took := time.Since(began); took < 5*time.Minute || took > 15*time.Minute {
			t.Errorf("the run took %s", took)
		}
		if status, reason := w.planned("a.example/renewal"); status != attr.Waiting || !strings.Contains(reason, "has no result yet") {
			t.Errorf("the renewal is %s: %s", status, reason)
		}
		began = time.Now()
		settled, ran, err := w.apply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.counts(settled, standings{executor.Waiting: 1}, 0)
		if took := time.Since(began); took > 10*time.Second || ran.Run != 0 {
			t.Errorf("the second run took %s: %+v", took, ran)
		}
		<-time.After(20 * time.Hour)
		if settled, _, err = w.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.counts(settled, standings{executor.Verified: 1}, 0)
		w.bought(1)
		w.converged()
	})
}

// TestOrderThatNeverEnds shows that an order without a result is in doubt after
// a day, and nothing is bought for its name.
func TestOrderThatNeverEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := faults(simulator.Fault{Kind: simulator.Stall, Names: []string{"a.example"}, Operation: renew, Count: 1})
		w := shop(t, expiring()[:1], o)
		w.counts(w.mustApply(), standings{executor.Waiting: 1}, 0)
		<-time.After(25 * time.Hour)
		settled, _, err := w.apply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.counts(settled, standings{executor.InDoubt: 1}, 5)
		if status, _ := w.planned("a.example/renewal"); status != attr.InDoubt {
			t.Errorf("the renewal is %s", status)
		}
		// Given up by its owner, it still is in the way: the service works on it.
		if err := w.open(t.Context(), func(j *journal.Journal) error {
			_, err := executor.Abandon(t.Context(), w.config(j))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * 24 * time.Hour)
		r := w.mustApply()
		w.counts(r, standings{executor.NotSent: 1}, 4)
		if !strings.Contains(r.Changes[0].Message, "has not ended") {
			t.Errorf("the order was refused for %q", r.Changes[0].Message)
		}
		w.bought(0)
	})
}

// order has somebody else order something, and returns the number of the task.
func (w *world) order(name string) string {
	w.t.Helper()
	resp, err := w.client.Submit(w.t.Context(), &wire.SaveBatchTaskForCreatingOrderRenewRequest{
		OrderRenewParam: []wire.Renewal{{DomainName: name, CurrentExpirationDate: w.sim.State().Domain(name).Expires, SubscriptionDuration: 1}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.TaskNo
}

// TestOrdersOfOthers shows what of an account's orders keeps a name from being
// bought: what is under way, and what was done lately.
func TestOrdersOfOthers(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration) simulator.Faults {
		return simulator.Faults{Durations: map[wire.TaskType]simulator.Range{wire.TaskRenew: {Min: d, Max: d}}}
	}
	for title, test := range map[string]struct {
		faults simulator.Faults
		later  time.Duration
		want   executor.Standing
	}{
		"under way":       {faults: took(200 * time.Hour), want: executor.NotSent},
		"under way, old":  {faults: took(2000 * time.Hour), later: 20 * 24 * time.Hour, want: executor.NotSent},
		"done lately":     {want: executor.NotSent},
		"done days ago":   {later: 4 * 24 * time.Hour, want: executor.Verified},
		"failed just now": {faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.FailDetail, Operation: renew, Count: 1}}}, want: executor.Verified},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{{name: "a.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}}}, simulator.Options{Faults: test.faults})
				w.order("a.example")
				<-time.After(test.later)
				if err := w.sim.SetFaults(simulator.Faults{}); err != nil {
					t.Fatal(err)
				}
				r := w.mustApply()
				w.counts(r, standings{test.want: 1}, map[executor.Standing]int{executor.NotSent: 4}[test.want])
				w.bought(-1)
			})
		})
	}
}

// TestNoOrdersByAWrongClock shows that nothing is ordered while the clocks
// differ, and that everything else goes on.
func TestNoOrdersByAWrongClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring(), simulator.Options{Faults: simulator.Faults{ClockSkew: simulator.Duration(skew)}})
			r := w.mustApply()
			w.counts(r, standings{executor.NotSent: 3, executor.Verified: 1}, 4)
			for _, c := range r.Changes {
				if c.Standing == executor.NotSent && !strings.Contains(c.Message, "off the service's") {
					t.Errorf("%s was not sent: %s", c.ID, c.Message)
				}
			}
			w.bought(0)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], simulator.Options{})
		r := w.runWith(w.client, func(c *executor.Config) { c.Skew = func() (time.Duration, bool) { return 0, false } })
		w.counts(r, standings{executor.NotSent: 1}, 4)
		w.bought(0)
	})
}

// blindfolded is a service whose tasks cannot be listed for a while.
type blindfolded struct {
	executor.Service
	times int
	err   error
}

func (s *blindfolded) QueryTaskList(ctx context.Context, r *wire.QueryTaskListRequest) (*wire.QueryTaskListResponse, error) {
	if s.times--; s.times >= 0 {
		return nil, s.err
	}
	return s.Service.QueryTaskList(ctx, r)
}

// TestNoOrdersBlindly shows that nothing is ordered while the account's orders
// cannot be read.
func TestNoOrdersBlindly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		times int
		err   error
		want  executor.Standing
		exit  int
	}{
		{2, errors.New("no answer"), executor.Verified, 0},
		{100, errors.New("no answer"), executor.NotSent, 4},
		{1, &wire.Error{Operation: "QueryTaskList", HTTPStatus: 403, Code: "Forbidden.RAM"}, executor.NotSent, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring()[:1], simulator.Options{})
			r := w.runWith(&blindfolded{w.client, test.times, test.err}, nil)
			w.counts(r, standings{test.want: 1}, test.exit)
		})
	}
}

// TestLostAnswerOfAnOrder shows that an order without an answer is looked for,
// and sent again only when it certainly had no effect.
func TestLostAnswerOfAnOrder(t *testing.T) {
	t.Parallel()
	for kind, quiet := range map[simulator.Kind]bool{simulator.Lose: false, simulator.Reset: true} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, expiring(), faults(simulator.Fault{Kind: kind, Operation: renew, Count: 1}))
				began := time.Now()
				w.counts(w.mustApply(), standings{executor.Verified: 4}, 0)
				if waited := time.Since(began) >= 15*time.Minute; waited != quiet {
					t.Errorf("it took %s", time.Since(began))
				}
				w.bought(3)
				w.converged()
			})
		})
	}
}

// TestBudgetHoldsOverRuns shows that the budget of a month counts what earlier
// runs bought, and that the next month goes on.
func TestBudgetHoldsOverRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var names []name
		for i := range 7 {
			names = append(names, name{name: fmt.Sprintf("n%d.example", i), left: 50 - i, renewal: yearly})
		}
		w := shop(t, names, simulator.Options{})
		w.portfolio.Budget.Amount = 3500
		for _, want := range []int{3, 3, 3} {
			w.mustApply()
			w.bought(want)
		}
		for _, left := range []string{"n6.example", "n5.example", "n4.example"} {
			if w.sim.State().Domain(left).Expires.Before(time.Now().AddDate(1, 0, 0)) {
				t.Errorf("%s expires first and was not renewed", left)
			}
		}
		<-time.After(31 * 24 * time.Hour)
		w.mustApply()
		w.bought(6)
	})
}

// TestBalanceEndsOrders shows that an account without money ends the orders and
// nothing else.
func TestBalanceEndsOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		balance := 5.0
		w := shop(t, expiring(), simulator.Options{Market: simulator.Market{Balance: &balance}})
		r := w.mustApply()
		w.counts(r, standings{executor.Failed: 3, executor.Verified: 1}, 4)
		w.bought(0)
		err := w.open(t.Context(), func(j *journal.Journal) error {
			h, err := executor.History(t.Context(), j)
			if len(h.Purchases) != 0 {
				t.Errorf("refused orders count as purchases: %+v", h.Purchases)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestOrdersThatDieAgainAndAgain lets runs that buy, from random portfolios
// with random budgets, die at random points. No term is bought twice, and no
// month costs more than its budget.
func TestOrdersThatDieAgainAndAgain(t *testing.T) {
	t.Parallel()
	rounds := 60
	if testing.Short() {
		rounds = 6
	}
	for seed := range rounds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(seed), 2))
				names := some(random)
				for i := range names {
					names[i].left = 1 + random.IntN(100)
					names[i].renewal = attr.Renewal{MinDaysLeft: 30 + random.IntN(400), Years: 1 + random.IntN(2)}
				}
				services := []string{"at once", "slow", "lossy"}
				w := shop(t, names, simulator.Options{Faults: orderCrashes[services[seed%3]]})
				w.portfolio.Budget.Amount = attr.Amount(1100 * random.IntN(12))
				began := time.Now()
				for range 6 {
					w.die = 1 + random.IntN(90)
					if random.IntN(2) == 0 {
						_, _ = w.resume(t.Context())
					} else {
						_, _, _ = w.apply(t.Context())
					}
					w.revive()
					<-time.After(time.Duration(random.IntN(20)) * time.Minute)
				}
				w.settleOrders()
				w.bought(-1)
				years := 0
				for _, p := range w.sim.Purchases() {
					years += p.Years
				}
				if spent := attr.Amount(1100 * years); time.Since(began) < 25*24*time.Hour && spent > w.portfolio.Budget.Amount {
					t.Errorf("%s were spent of a budget of %s", spent, w.portfolio.Budget.Amount)
				}
			})
		})
	}
}
