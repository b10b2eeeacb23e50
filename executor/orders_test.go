package executor_test

import (
	"fmt"
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
	redeem   = "SaveBatchTaskForCreatingOrderRedeem"
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
		p, err := w.plan(w.t.Context())
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
			all, err := j.Purchases(t.Context(), time.Time{}, nil)
			if len(all) != 3 || all[2].Amount != 3300 || all[2].Years != 3 || all[2].Kind != "renewal" || all[2].State != journal.Succeeded {
				t.Errorf("the journal has the purchases %+v", all)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
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
		w.counts(w.mustApply(), standings{executor.Verified: 5}, 0) // the order carries the nameservers, and a lock follows
		w.bought(3)
		w.counts(w.mustApply(), nil, 0)
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
			w.market(func(m *simulator.Market) { m.Names = map[string]wire.Availability{"a.example": wire.Taken} })
		})
		w.counts(w.mustApply(), standings{executor.InDoubt: 1}, 5)
		w.bought(0)
		if n := w.sim.Stats()[register]; n != 1 {
			t.Errorf("the order was sent %d times", n)
		}
	})
}

// TestOrdersThatTakeLong shows that a run does not wait for the end of an
// order: it ends with the order in sight, and a later run reads how it ended.
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
		w.abandon()
		<-time.After(5 * 24 * time.Hour)
		r := w.mustApply()
		w.counts(r, standings{executor.NotSent: 1}, 4)
		if !strings.Contains(r.Changes[0].Message, "has not ended") {
			t.Errorf("the order was refused for %q", r.Changes[0].Message)
		}
		w.bought(0)
	})
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

// TestOrderWithSeveralTasks shows that an order whose task cannot be told from
// somebody else's stays in doubt, and is not sent again when its run is given
// up.
func TestOrderWithSeveralTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], faults(
			simulator.Fault{Kind: simulator.Lose, Operation: renew, Count: 1},
			simulator.Fault{Kind: simulator.Stall, Operation: renew},
			simulator.Fault{Kind: simulator.ForeignTask, Operation: "QueryTaskList", From: 3, Count: 1, TaskType: wire.TaskRenew, Names: []string{"a.example"}},
		))
		w.counts(w.mustApply(), standings{executor.InDoubt: 1}, 5)
		if status, why := w.planned("a.example/renewal"); status != attr.InDoubt || !strings.Contains(why, "domainsync resume --abandon") {
			t.Errorf("the renewal is %s: %s", status, why)
		}
		w.abandon()
		if status, why := w.planned("a.example/renewal"); status != attr.Waiting || !strings.Contains(why, "it was ordered") {
			t.Errorf("given up, the renewal is %s: %s", status, why)
		}
		<-time.After(10 * 24 * time.Hour)
		w.mustApply()
		if n := w.sim.Stats()[renew]; n != 1 {
			t.Errorf("it was ordered %d times", n)
		}
		if status, why := w.planned("a.example/renewal"); status != attr.Waiting || !strings.Contains(why, "somebody else's task") {
			t.Errorf("while a task that may be its own is open the renewal is %s: %s", status, why)
		}
	})
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
			for _, p := range h.Purchases {
				if !p.Failed {
					t.Errorf("a refused order counts as a purchase: %+v", p)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
