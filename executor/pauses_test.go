package executor_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestPausedIsNotSent: what is paused after a run was interrupted is not sent when
// it is resumed, and says why; the locks that were opened are closed. It is made
// when the pause has ended.
func TestPausedIsNotSent(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		after  time.Duration // when the run is interrupted
		locked bool
	}{
		"before anything was sent": {0, false},
		"while a lock is opened":   {time.Second, true},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []name{{name: "a.example", want: newServers, locked: test.locked}, {name: "b.example", want: newServers, locked: test.locked}}, slowTasks())
				w.interrupted(test.after)
				w.pauses(journal.Pause{Patterns: []string{"b.*"}, Until: time.Now().Add(48 * time.Hour), Reason: "incident", By: "ada@host"})
				r, err := w.resume(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if c := resultOf(t, r, "b.example/nameservers"); c.Result != executor.NotSent || !strings.Contains(c.Message, "paused until") {
					t.Errorf("the paused change: %+v", c)
				}
				if is := w.sim.State().Domain("b.example"); slices.Equal(is.Nameservers, newServers) || is.UpdateLock.On() != test.locked {
					t.Errorf("b.example was changed, or its lock: %+v", is)
				}
				if is := w.sim.State().Domain("a.example"); !slices.Equal(is.Nameservers, newServers) {
					t.Errorf("a.example was not changed: %+v", is)
				}
				if _, ran, err := w.apply(t.Context()); err != nil || ran.Submits > 0 {
					t.Errorf("an apply sends something: %+v, %v", ran, err)
				}
				<-time.After(49 * time.Hour)
				w.mustApply()
				w.converged()
			})
		})
	}
}

// pauses holds changes back in the state of a world.
func (w *world) pauses(p journal.Pause) {
	w.t.Helper()
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		_, err := executor.Pause(w.t.Context(), j, p)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestUnpause: what was paused ends for one pattern, in whatever spelling, or as a
// whole; what is not paused is refused, and then nothing ends.
func TestUnpause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}}, simulator.Options{})
		w.pauses(journal.Pause{Patterns: []string{"*.EXAMPLE", "bücher.example"}, Reason: "one"})
		w.pauses(journal.Pause{Reason: "two"})
		for _, step := range []struct {
			patterns     []string
			ended, holds int
			refused      bool
		}{
			{patterns: []string{"*.example", "c.example"}, holds: 2, refused: true},
			{patterns: []string{"xn--bcher-kva.example"}, ended: 1, holds: 2},
			{patterns: []string{"*.example"}, ended: 1, holds: 1},
			{patterns: []string{"*.example"}, holds: 1, refused: true},
			{ended: 1},
			{},
		} {
			err := w.open(t.Context(), func(j *journal.Journal) error {
				gone, err := executor.Unpause(t.Context(), j, step.patterns, "ada@host")
				if (err != nil) != step.refused || len(gone) != step.ended {
					t.Errorf("%q: ended %+v, %v", step.patterns, gone, err)
				}
				left, err := j.Pauses(t.Context(), j.Now())
				if len(left) != step.holds {
					t.Errorf("%q: left is %+v", step.patterns, left)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
