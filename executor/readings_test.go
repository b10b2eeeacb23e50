package executor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
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
			want    executor.Standing
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
