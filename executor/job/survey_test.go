package job_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// updateLock sets the update lock of a name.
func updateLock(l wire.LockStatus) func(*snapshot.Domain) {
	return func(d *snapshot.Domain) { d.UpdateLock = l }
}

// unsentOf surveys names, and returns what runs were to make for them and did not send.
func (w *world) unsentOf(names ...string) []job.UnsentChange {
	w.t.Helper()
	s, err := w.job.Survey(w.t.Context(), job.SurveyOptions{Only: planner.SelectNames(names), Whole: true})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range s.Unsent {
		if s.Runs[c.Run] == nil || s.Runs[c.Run].Began.IsZero() {
			w.t.Errorf("nothing is known of run %d", c.Run)
		}
	}
	return s.Unsent
}

// TestSurveyTellsWhatWasNotSent: of a run that was interrupted a survey tells the changes
// of which it sent nothing, as long as it is open, and after a later run has settled it.
// What a plan left out, as what is held, no run has recorded.
func TestSurveyTellsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const files = `
domain "a.com" {
  nameservers      = ["ns1.example.net"]
  update_lock      = true
  temporary_unlock = true
}
domain "b.com" {
  nameservers = ["ns1.example.net"]
}
hold "by-hand" {
  names  = ["b.com"]
  until  = "2010-01-01"
  reason = "moved by hand"
}
`
		w := newWorld(t, files, slow, "a.com", "b.com")
		w.sim.Change("a.com", updateLock(wire.LockOn))
		stop := make(chan struct{})
		w.job.Stop = stop
		time.AfterFunc(time.Minute, func() { close(stop) }) // the lock is being opened
		if r, _ := w.job.Apply(t.Context(), job.ApplyOptions{}); r == nil || r.Report == nil || !r.Report.Interrupted {
			t.Fatalf("the apply came to %+v", r)
		}
		w.job.Stop = nil
		for _, why := range []string{"the run has not ended", "the run ended before"} {
			unsent := w.unsentOf("a.com", "b.com")
			if len(unsent) != 1 || unsent[0].Run != 1 || unsent[0].ID != "a.com/nameservers" || unsent[0].Result != executor.NotSent || unsent[0].Message != why {
				t.Fatalf("it tells of %+v, want what run 1 did not send, since %s", unsent, why)
			}
			if after := unsent[0].After; after == nil || attr.Public(after) != "ns1.example.net" {
				t.Errorf("it was to be %v", after)
			}
			w.apply(job.ApplyOptions{})
		}
		if unsent := w.unsentOf("b.com"); len(unsent) > 0 {
			t.Errorf("of another name it tells %+v", unsent)
		}
		for range 10 {
			w.sim.Change("a.com", updateLock(wire.LockOff))
			w.apply(job.ApplyOptions{})
		}
		if unsent := w.unsentOf("a.com"); len(unsent) > 0 {
			t.Errorf("ten runs later it tells %+v", unsent)
		}
	})
}
