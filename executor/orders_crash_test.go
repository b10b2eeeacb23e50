package executor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal"
)

// settleOrders applies until nothing is under way any more. Locks that stay in
// doubt, because the journal that knew their tasks was lost, are given up after
// a while.
func (w *world) settleOrders() {
	w.t.Helper()
	var left []attr.Change
	for try := range 40 {
		open, doubt := false, false
		w.mustApply()
		err := w.open(w.t.Context(), func(j *journal.Journal) error {
			p, err := w.plan(w.t.Context())
			if err != nil {
				return err
			}
			left = p.Changes
			runs, err := j.Open(w.t.Context())
			open = len(runs) > 0 || p.Count(attr.Ready) > 0 || slices.ContainsFunc(left, underWay)
			doubt = p.Count(attr.InDoubt) > 0
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		if try == 15 && doubt {
			w.abandon()
		}
		if !open {
			return
		}
		<-time.After(7 * time.Hour)
	}
	for _, c := range left {
		w.t.Errorf("the orders do not come to an end: %s is %s: %s", c.ID, c.Status, c.Reason)
	}
}

// underWay reports whether a change is a purchase that waits for its end, and
// not for another one.
func underWay(c attr.Change) bool {
	return c.Status == attr.Waiting && c.Cost != nil && c.Reason != "the name is redeemed first"
}

// orderCrashes are the services under which orders die.
var orderCrashes = map[string]simulator.Faults{
	"at once": {},
	"lossy":   crashes["lossy"],
	"slow":    {Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute, Max: 5 * time.Minute}, wire.TaskRenew: {Min: time.Minute, Max: 20 * time.Hour}, wire.TaskRegister: {Min: time.Minute, Max: 20 * time.Hour}, wire.TaskRedeem: {Min: time.Minute, Max: 20 * time.Hour}}},
}

// An orderKind is what to buy: names to which more happens than that, and how
// many terms they want.
type orderKind struct {
	names []name
	terms int
}

// orderKinds returns what to buy for each kind of order. It counts days from
// now.
func orderKinds() map[string]orderKind {
	return map[string]orderKind{"renewals": {expiring(), 3}, "redemptions": {expired(), 3}, "registrations": {wantedNames(), 3}}
}

// plain returns the kind without what is no purchase.
func (k orderKind) plain() orderKind {
	var names []name
	for _, n := range k.names {
		if n.want, n.locked = nil, false; n.name != "d.example" {
			names = append(names, n)
		}
	}
	return orderKind{names, k.terms}
}

// A moment is what happens at one of a run that buys.
type moment struct {
	kind, service string
	home          home
	choice        choice
	plain         bool // nothing but purchases
	happens       func(w *world, at int)
}

// each plays the run at the chosen ones of its moments: those before and after every
// durable write and every call. Something happens at each of them; in the end each
// term was bought once, in whichever of two zones the service writes its texts: at
// every other moment in UTC+8. Runs differ by a moment or two, so that the last ones may not
// come; nearly all must.
func (m moment) each(t *testing.T) {
	t.Helper()
	play := func(t *testing.T, at int, happens func(w *world)) {
		synctest.Test(t, func(t *testing.T) {
			k := orderKinds()[m.kind]
			if m.plain {
				k = k.plain()
			}
			w := shop(t, k.names, simulator.Options{Faults: orderCrashes[m.service], Readings: simulator.Readings{MonthTimes: monthTimes(at)}})
			w.moveTo(m.home)
			w.timing.PollMost = 2 * time.Minute // looks at the queue are all alike
			happens(w)
			w.settleOrders()
			w.bought(k.terms)
		})
	}
	points := 0
	play(t, 0, func(w *world) {
		w.mustApply()
		points = w.points
	})
	cases, came := 0, 0
	chosen := m.choice.points(t, points, 30)
	for _, at := range chosen {
		t.Run(fmt.Sprint("at ", at), func(t *testing.T) {
			play(t, at, func(w *world) {
				m.happens(w, at)
				if cases++; w.came {
					came++
				}
			})
		})
	}
	if came < cases-cases/20-1 || cases < len(chosen) {
		t.Errorf("of %d moments %d were chosen and %d were played, and %d came", points, len(chosen), cases, came)
	}
}

// eachOrder runs a test for each kind of order under each service.
func eachOrder(t *testing.T, services []string, test func(t *testing.T, kind, service string)) {
	t.Helper()
	for kind := range orderKinds() {
		for _, service := range services {
			t.Run(kind+", "+service, func(t *testing.T) {
				t.Parallel()
				test(t, kind, service)
			})
		}
	}
}

// TestOrdersAtEveryDeath lets a run that buys die. Whatever follows (apply,
// resume, or a new state directory, because the old one is lost), each term is
// bought once.
func TestOrdersAtEveryDeath(t *testing.T) {
	t.Parallel()
	testOrdersAtDeaths(t, inMemory, recoveries, drawSpread(t, 5, 17))
}

func testOrdersAtDeaths(t *testing.T, h home, hows []string, c choice) {
	t.Helper()
	eachOrder(t, []string{"at once", "lossy", "slow"}, func(t *testing.T, kind, service string) {
		t.Helper()
		for _, how := range hows {
			t.Run("then "+how, func(t *testing.T) {
				t.Parallel()
				moment{kind, service, h, c, false, func(w *world, at int) {
					w.die = at
					_, _, _ = w.apply(w.t.Context()) // whatever a dying run says
					w.revive()
					w.recover(how)
				}}.each(t)
			})
		}
	})
}

// recoveries are what can follow a death.
var recoveries = []string{"apply", "resume", "lost"}

// recover does what follows a death.
func (w *world) recover(how string) {
	switch how {
	case "resume":
		if _, err := w.resume(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	case "lost":
		w.moveTo(w.home)
		w.mustApply()
		w.bought(-1)
		<-time.After(5 * 24 * time.Hour) // the account shows what was bought
	}
}

// TestOrdersAtEveryLostAnswer lets one call of a run that buys not arrive, lets
// its answer not come back, or lets one write of its journal fail.
func TestOrdersAtEveryLostAnswer(t *testing.T) {
	t.Parallel()
	testOrdersAtLostAnswers(t, inMemory, drawSpread(t, 3, 17))
}

func testOrdersAtLostAnswers(t *testing.T, h home, c choice) {
	t.Helper()
	eachOrder(t, []string{"at once", "slow"}, func(t *testing.T, kind, service string) {
		t.Helper()
		moment{kind, service, h, c, true, func(w *world, at int) {
			w.lose = at
			_, _, _ = w.apply(w.t.Context()) // what fails is not always an error
			w.revive()
		}}.each(t)
	})
}

// TestSecondProcessAtEveryMoment lets a second process, with a state directory
// of its own, do a whole apply in the middle of a run. Between the look at the
// account's orders and the order the service alone can tell; at all other
// moments it is of no help.
func TestSecondProcessAtEveryMoment(t *testing.T) {
	t.Parallel()
	testSecondProcess(t, inMemory, every(1, 17))
}

func testSecondProcess(t *testing.T, h home, c choice) {
	t.Helper()
	eachOrder(t, []string{"at once", "slow"}, func(t *testing.T, kind, service string) {
		t.Helper()
		open, moments := 0, 0
		moment{kind, service, h, c, true, func(w *world, at int) {
			second := &world{t: w.t, sim: w.sim, portfolio: w.portfolio, log: w.log, timing: w.timing}
			second.moveTo(h)
			w.meet, w.other = at, func() {
				moments++
				if w.looked {
					open++
					w.market(func(m *simulator.Market) { m.AnyDate = false })
				}
				second.connect()
				second.mustApply()
			}
			w.mustApply()
			w.bought(-1)
			second.settleOrders()
		}}.each(t)
		if moments > 50 && (open == 0 || open > moments/4) {
			t.Errorf("the service had to tell at %d of %d moments", open, moments)
		}
	})
}

// market changes what can be bought.
func (w *world) market(change func(*simulator.Market)) {
	w.t.Helper()
	m := w.sim.Market()
	change(&m)
	if err := w.sim.SetMarket(m); err != nil {
		w.t.Fatal(err)
	}
}

// someOrders are a few names of which some are bought, in one way or another.
func someOrders(random *rand.Rand) []name {
	names := some(random)
	for i := range names {
		n := &names[i]
		n.left, n.renewal = 1+random.IntN(100), attr.Renewal{MinDaysLeft: 30 + random.IntN(400), Years: 1 + random.IntN(2)}
		switch random.IntN(4) {
		case 0:
			n.left, n.redeem = -31-random.IntN(10), true
		case 1:
			n.buy, n.left = attr.Registration{Years: 1 + random.IntN(2), Profile: "7001"}, 0
		}
	}
	return names
}

// TestOrdersThatDieAgainAndAgain lets runs that buy, from random portfolios
// with random budgets, die at random points. No term is bought twice, and no
// month costs more than its budget.
func TestOrdersThatDieAgainAndAgain(t *testing.T) {
	t.Parallel()
	rounds := uint64(60)
	if testing.Short() {
		rounds = 6
	}
	testOrdersAgain(t, inMemory, 0, rounds)
}

// testOrdersAgain plays rounds with the seeds from one on.
func testOrdersAgain(t *testing.T, h home, first, rounds uint64) {
	t.Helper()
	for seed := range rounds {
		seed += first
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 2))
				services := []string{"at once", "slow", "lossy"}
				w := shop(t, someOrders(random), simulator.Options{Faults: orderCrashes[services[seed%3]], Readings: simulator.Readings{MonthTimes: monthTimes(seed)}})
				w.moveTo(h)
				w.portfolio.Budget.Amount = attr.Amount(1100 * random.IntN(20))
				began := time.Now()
				for range 6 {
					w.die = 1 + random.IntN(90)
					if random.IntN(2) == 0 {
						_, _ = w.resume(t.Context())
					} else {
						_, _, _ = w.apply(w.t.Context())
					}
					w.revive()
					<-time.After(time.Duration(random.IntN(20)) * time.Minute)
				}
				w.settleOrders()
				w.bought(-1)
				if spent := w.spent(); time.Since(began) < 25*24*time.Hour && spent > w.portfolio.Budget.Amount {
					t.Errorf("%s were spent of a budget of %s", spent, w.portfolio.Budget.Amount)
				}
			})
		})
	}
}

// spent returns what the purchases cost by the price list.
func (w *world) spent() (sum attr.Amount) {
	for _, p := range w.sim.Purchases() {
		prices := w.portfolio.PricesOf(p.Domain)
		switch p.Type {
		case wire.TaskRegister:
			sum += *prices.Register * attr.Amount(p.Years*p.Count)
		case wire.TaskRenew:
			sum += *prices.Renew * attr.Amount(p.Years*p.Count)
		case wire.TaskRedeem:
			sum += *prices.Redeem * attr.Amount(p.Count)
		}
	}
	return sum
}
