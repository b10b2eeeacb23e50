package main

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 2}, 2},
		{[]int{2, 1}, 1},
		{[]int{1, 3}, 3},
		{[]int{2, 3}, 3},
		{[]int{3, 4}, 4},
		{[]int{4, 1}, 4},
		{[]int{4, 5, 3, 1, 2}, 5},
		{[]int{6}, 6},
	} {
		if got := job.ExitCode(test.codes...); got != test.want {
			t.Errorf("job.ExitCode(%v) = %d, want %d", test.codes, got, test.want)
		}
	}
}

func TestExitErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err     error
		code    int
		message string
	}{
		{nil, 0, ""},
		{ended(), 0, ""},
		{ended(0, 2), 2, ""},
		{errors.New("broken"), 1, "broken"},
		{failed(exitGuard, "refused by %s", "x"), 3, "refused by x"},
		{fmt.Errorf("open: %w", failed(exitHeld, "held")), 6, "open: held"},
	} {
		if got := codeOf(test.err); got != test.code {
			t.Errorf("codeOf(%v) = %d, want %d", test.err, got, test.code)
		}
		if got := message(test.err); got != test.message {
			t.Errorf("message(%v) = %q, want %q", test.err, got, test.message)
		}
	}
}

// TestEndsOfRuns: a run that cannot go on says what to do about that, and about
// nothing else.
func TestEndsOfRuns(t *testing.T) {
	t.Parallel()
	lost := &journal.FencedError{Where: "the state", Mine: 1, Now: 2}
	advice := []string{"give the journal room", "wait for the run that has it", "another run holds the account"}
	for _, test := range []struct {
		err    error
		code   int
		advice string
	}{
		{&journal.WriteError{What: "an intent", Err: syscall.ENOSPC}, exitOpen, advice[0]},
		{&journal.WriteError{What: "an intent", Err: fmt.Errorf("append: %w", lost)}, exitOpen, advice[1]},
		{fmt.Errorf("read: %w", lost), exitOpen, advice[1]},
		{&journal.LockedError{Where: "the state"}, exitHeld, advice[2]},
		{fmt.Errorf("read: %w", job.ErrInterrupted), exitError, ""},
		{errors.New("broken"), exitError, ""},
	} {
		err := explainEnd(&job.Result{Operation: job.Applying}, test.err)
		if got := codeOf(err); got != test.code {
			t.Errorf("%v: exit code %d, want %d", err, got, test.code)
		}
		for _, a := range advice {
			if strings.Contains(err.Error(), a) != (a == test.advice) {
				t.Errorf("%v: want the advice %q", err, test.advice)
			}
		}
	}
}

// TestInterruptedRuns: only an interrupt that leaves something open asks for a resume.
func TestInterruptedRuns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		result job.Result
		code   int
	}{
		"while reading":        {job.Result{Operation: job.Applying}, exitError},
		"a plan":               {job.Result{Operation: job.Planning}, exitError},
		"while settling":       {job.Result{Operation: job.Applying, Stopped: true}, exitOpen},
		"with names in doubt":  {job.Result{Operation: job.Applying, Reasons: []job.Reason{job.Open}}, exitOpen},
		"after something sent": {job.Result{Operation: job.Applying, Report: new(executor.Report)}, exitOpen},
		"a resume":             {job.Result{Operation: job.Resuming}, exitOpen},
	} {
		if got := job.ExitCode(codesOf(&test.result, job.ErrInterrupted)...); got != test.code {
			t.Errorf("%s: exit code %d, want %d", name, got, test.code)
		}
	}
}
