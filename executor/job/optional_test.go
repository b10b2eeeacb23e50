package job_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestWhatTheServiceLacksIsFoundOutOnceADay: runs that share a state ask for an
// operation that the service lacks once a day, and with --refresh full; runs without
// one ask each for itself.
func TestWhatTheServiceLacksIsFoundOutOnceADay(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		shared bool
		want   []int // calls after each run
	}{
		"with a state":    {true, []int{1, 1, 2, 2, 3}},
		"without a state": {false, []int{1, 2, 3, 4, 5}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				names := make([]string, 30)
				for i := range names {
					names[i] = fmt.Sprintf("name%02d.com", i)
				}
				w := newWorld(t, "refresh {\n  page_size = 5\n}\ndomain \"name00.com\" {\n  transfer_lock = true\n}\n",
					simulator.Options{Readings: simulator.Readings{NewerOperations: "absent", ListedAutoRenew: "absent"}}, names...)
				if test.shared {
					w.job.Readings = job.ReadingsIn(t.TempDir(), journal.Options{})
				}
				var calls []int
				for i := range test.want {
					if w.job.Refresh = job.RefreshAuto; i == 4 {
						w.job.Refresh = job.RefreshFull
					}
					if _, err := w.job.Plan(t.Context(), job.PlanOptions{}); err != nil {
						t.Fatal(err)
					}
					calls = append(calls, w.sim.Stats()["ScrollDomainList"])
					<-time.After(13 * time.Hour)
				}
				if !slices.Equal(calls, test.want) {
					t.Errorf("after each run %v calls of an operation that is not there, want %v", calls, test.want)
				}
			})
		})
	}
}
