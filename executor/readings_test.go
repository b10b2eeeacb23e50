package executor_test

import (
	"math/rand/v2"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

// monthTimes returns the zone of times with the name of a month, in turn one of
// the two in which they can be read.
func monthTimes[N int | uint64](n N) string { return []string{"utc", "utc+8"}[n%2] }

// TestLostTasksInEitherReading lets the answers of requests get lost whose
// tasks end long after nothing of the request can take effect any more: the
// live state does not tell of them. They are found, in whichever zone the list
// of tasks writes its times, and nothing is sent again.
func TestLostTasksInEitherReading(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration) map[wire.TaskType]simulator.Range {
		return map[wire.TaskType]simulator.Range{"*": {Min: d, Max: d}}
	}
	for _, zone := range []string{monthTimes(0), monthTimes(1)} {
		for title, test := range map[string]struct {
			names   []name
			took    time.Duration
			history time.Duration
			want    executor.ChangeResult
		}{
			"settings":                {[]name{{name: "a.example", want: newServers}, {name: "b.example", transfer: yes()}}, 25 * time.Minute, 0, executor.Verified},
			"settings in the history": {[]name{{name: "a.example", want: newServers}}, 25 * time.Minute, time.Nanosecond, executor.Verified},
			"orders":                  {expiring()[:1], 20 * time.Hour, 0, executor.Waiting},
			"registrations":           {wantedNames()[:1], 20 * time.Hour, 0, executor.Waiting},
		} {
			t.Run(title+" in "+zone, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := shop(t, test.names, simulator.Options{Readings: simulator.Readings{MonthTimes: zone}, HistoryAfter: test.history, Faults: simulator.Faults{
						Durations: took(test.took),
						Rules:     []simulator.Fault{{Kind: simulator.Lose, Operation: "SaveBatchTask*"}},
					}})
					w.counts(w.mustApply(), standings{test.want: len(test.names)}, 0)
					w.settleOrders()
					w.onceEach()
				})
			})
		}
	}
}

// eachReading tests each reading of the reference alone.
func eachReading(t *testing.T, test func(t *testing.T, r simulator.Readings)) {
	t.Helper()
	for name, r := range simulator.OtherReadings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, r)
		})
	}
}

// TestLawsInEachReading holds the laws of every apply for each way in which the
// reference can be read, in a fixed number of rounds.
func TestLawsInEachReading(t *testing.T) {
	t.Parallel()
	rounds := uint64(2)
	if testing.Short() {
		rounds = 1
	}
	eachReading(t, func(t *testing.T, r simulator.Readings) {
		for seed := range rounds {
			synctest.Test(t, func(t *testing.T) {
				x := drawn(dice{rand.New(rand.NewPCG(seed, 1))})
				x.options.Readings = r
				x.calm = x.calm && r.CNNIC != simulator.Refused                     // a question that is refused is asked again
				if r.ListedAutoRenew == "absent" || r.NewerOperations == "absent" { // it cannot be seen, or not be changed
					x.text = regexp.MustCompile(`(?m)^ *auto_renew = .*\n`).ReplaceAllString(x.text, "")
				}
				if !r.Tells() {
					x.isNotMisled(t)
					return
				}
				x.obeys(t, inMemory, r.MonthTimes)
			})
		}
	})
}

// isNotMisled applies to a service whose answers leave facts open. What is not
// known is not changed and said to be unknown, and nothing is saved twice.
func (x *draw) isNotMisled(t *testing.T) {
	w := newWorldOf(t, loadText(t, x.text), x.options)
	for range 4 {
		if _, _, err := w.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-time.After(7 * time.Hour)
	}
	w.mustPlan(func(p *planner.Plan) {
		for i := range p.Changes {
			if c := &p.Changes[i]; c.Status == attr.Ready && c.Cost == nil || c.Status == attr.Unknown && c.Reason == "" {
				t.Errorf("%s is %s after four runs: %s", c.ID, c.Status, c.Reason)
			}
		}
	})
	for _, bought := range w.sim.Purchases() {
		if bought.Count != 1 {
			t.Errorf("bought twice: %+v", bought)
		}
	}
	for i := range x.options.Account.Domains {
		was := &x.options.Account.Domains[i]
		if is := w.sim.State().Domain(was.Name); was.UpdateLock.On() && w.wanted(was.Name).Value(attr.UpdateLock) != attr.Bool(false) && is != nil && !is.UpdateLock.On() {
			t.Errorf("%s is left unlocked", was.Name)
		}
	}
}

// TestOrdersInEachReading lets runs that buy die at a fixed number of points,
// for each way in which the reference can be read: each term is bought once.
func TestOrdersInEachReading(t *testing.T) {
	t.Parallel()
	deaths := 4
	if testing.Short() {
		deaths = 2
	}
	eachReading(t, func(t *testing.T, r simulator.Readings) {
		for kind, k := range orderKinds() {
			for n := range deaths {
				synctest.Test(t, func(t *testing.T) {
					w := shop(t, k.plain().names, simulator.Options{Readings: r, Faults: orderCrashes["slow"]})
					w.timing.PollMost = 2 * time.Minute
					w.die = 7 + 11*n
					_, _, _ = w.apply(t.Context()) // whatever a dying run says
					w.revive()
					if !r.Tells() { // nothing is bought while nobody knows what was ordered
						_, _, _ = w.apply(t.Context()) // an empty list of names is not known to be one
						w.bought(-1)
						return
					}
					w.settleOrders()
					w.bought(k.terms)
					if t.Failed() {
						t.Logf("%s, death %d", kind, n)
					}
				})
			}
		}
	})
}

// TestPagesOfTheSizeThatIsAskedFor: no list is asked for a larger page than the
// files allow, by a service that takes no larger one.
func TestPagesOfTheSizeThatIsAskedFor(t *testing.T) {
	t.Parallel()
	for title, history := range map[string]time.Duration{"list": 0, "history": time.Nanosecond} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, append(expiring()[:1], name{name: "x.example", want: newServers}, name{name: "y.example", transfer: yes()}), simulator.Options{
					PageLimit: 1, HistoryAfter: history,
					Faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Lose, Operation: "SaveBatchTask*"}}},
				})
				w.portfolio.Refresh.PageSize = 1
				w.counts(w.mustApply(), standings{executor.Verified: 3}, 0)
				w.settled()
				w.onceEach()
			})
		})
	}
}
