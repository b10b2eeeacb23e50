package executor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
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
		w.forgetsAda()
		_, err := w.resume(t.Context())
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

// forgetsAda forgets what the one run that is open tells of her.
func (w *world) forgetsAda() {
	w.t.Helper()
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		gone, err := executor.Forget(w.t.Context(), j, executor.ForgetOptions{Who: ada()["email"]})
		if gone.Persons == 0 || len(gone.Open) != 1 {
			w.t.Errorf("forgotten: %+v", gone)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestWhatWasForgottenIsNotSentAgain: a contact that was sent, forgotten, and then
// fails in a way that would be tried again, has failed; the next apply makes it from
// the files.
func TestWhatWasForgottenIsNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := slowTasks()
		o.Faults.Rules = []simulator.Fault{{Kind: simulator.FailDetail, Operation: setContact, Count: 1, Message: "Another task of the domain name is being processed."}}
		w := newWorld(t, []name{{name: "a.example"}}, o)
		w.declare("a.example", "admin", ada())
		ctx, kill := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, kill)
		_, _, _ = w.apply(ctx) // whatever a dying run says
		w.forgetsAda()
		<-time.After(time.Hour)
		r, err := w.resume(t.Context())
		if err != nil || r.Counts[string(executor.Failed)] != 1 {
			t.Errorf("resumed: %+v, %v", r, err)
		}
		if n := w.sim.Stats()[setContact]; n != 1 {
			t.Errorf("%d contacts were sent", n)
		}
		w.finishOpen()
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		w.settled()
	})
}
