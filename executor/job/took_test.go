package job_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// TestWhatARunTook: the result counts the calls of this run, and those that came too
// fast.
func TestWhatARunTook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, locked, simulator.Options{Faults: simulator.Faults{Rules: []simulator.Fault{
			{Kind: simulator.Throttle, Operation: "QueryDomainList", Count: 2},
		}}}, "example.com", "example.net")
		w.job.Clock = w.job.Service.ServiceClock().Clock()
		first, second := w.apply(job.ApplyOptions{}).Took, w.apply(job.ApplyOptions{}).Took
		if first.Throttled["QueryDomainList"] != 2 || len(second.Throttled) > 0 {
			t.Errorf("throttled are %v, and then %v", first.Throttled, second.Throttled)
		}
		total := 0
		for operation, n := range w.sim.Stats() {
			if got := first.Calls[operation] + second.Calls[operation]; got != n {
				t.Errorf("%d calls of %s are counted, and %d came", got, operation, n)
			}
			total += n
		}
		if total == 0 || first.Seconds <= 0 || !first.Ended.After(first.Began) || second.Began.Before(first.Ended) {
			t.Errorf("%d calls; %+v, and then %+v", total, first, second)
		}
	})
}

// TestCompleteRuns: only a run about everything that went to its end proves that
// something is not there.
func TestCompleteRuns(t *testing.T) {
	t.Parallel()
	one, err := planner.Select([]string{"example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		options job.ApplyOptions
		refuse  bool
		want    bool
	}{
		"everything":      {want: true},
		"one name":        {options: job.ApplyOptions{Only: one}},
		"a limit":         {options: job.ApplyOptions{Limit: 1}},
		"nobody says yes": {refuse: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, locked, simulator.Options{}, "example.com", "example.net")
			if test.refuse {
				w.job.Shown = func() error { return errors.New("broken pipe") }
			}
			r, _ := w.job.Apply(t.Context(), test.options)
			if r.Complete != test.want {
				t.Errorf("%s: complete is %v", what, r.Complete)
			}
		})
	}
}
