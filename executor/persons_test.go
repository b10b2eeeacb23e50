package executor_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// TestWhatWasForgottenIsNotSent: a run whose contact was forgotten before it was
// sent is not resumed, and says what to do; the next apply makes it from the files.
func TestWhatWasForgottenIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", locked: true}}, slowTasks())
		w.declare("a.example", "admin", ada())
		w.interruptAfter(time.Second) // the lock is being opened
		if _, ran, err := w.apply(t.Context()); err != nil || !ran.Interrupted {
			t.Fatalf("it was to be interrupted: %+v, %v", ran, err)
		}
		w.stop = nil
		err := w.open(t.Context(), func(j *journal.Journal) error {
			gone, err := executor.Forget(t.Context(), j, executor.ForgetOptions{Who: ada()["email"]})
			if gone.Persons == 0 || len(gone.Open) != 1 {
				t.Errorf("forgotten: %+v", gone)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.resume(t.Context())
		var gone *executor.ForgottenError
		if !errors.As(err, &gone) || len(gone.Changes) != 1 || !strings.Contains(gone.Error(), "resume --abandon") {
			t.Fatalf("resumed all the same: %v", err)
		}
		if n := w.sim.Stats()[setContact]; n != 0 {
			t.Errorf("%d contacts were sent", n)
		}
		w.mustApply()
		w.converged()
	})
}
