package main

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	runclock "github.com/domainsync/domainsync/internal/clock"
)

func TestInterrupts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal)
		i, release := listen(t.Context(), signals, runclock.Clock{}, io.Discard)
		defer release()
		signals <- os.Interrupt
		<-i.soft.Done()
		synctest.Wait()
		if i.hard.Err() != nil {
			t.Error("the first signal stops at once")
		}
		if err := i.explain(context.Canceled); codeOf(err) != exitOpen {
			t.Errorf("interrupted: %v, exit code %d", err, codeOf(err))
		}
		signals <- os.Interrupt
		<-i.hard.Done()
		if cause := context.Cause(i.hard); !errors.Is(cause, errInterrupted) {
			t.Errorf("the second signal ends with %v", cause)
		}
	})
}

func TestInterruptedKeepsOtherErrors(t *testing.T) {
	t.Parallel()
	i, release := listen(t.Context(), nil, runclock.Clock{}, io.Discard)
	defer release()
	if err := i.explain(io.EOF); codeOf(err) != exitError {
		t.Errorf("an error without a signal ends with %d", codeOf(err))
	}
}

// TestRunnersInterruptOnce: a SIGTERM soon after a SIGINT is the same interrupt, as runners
// send them; all else is a second one.
func TestRunnersInterruptOnce(t *testing.T) {
	t.Parallel()
	const soon, late = 7500 * time.Millisecond, 31 * time.Second
	type signal struct {
		after time.Duration
		os.Signal
	}
	for name, test := range map[string]struct {
		signals []signal
		hard    bool
	}{
		"a runner":                {[]signal{{0, os.Interrupt}, {soon, syscall.SIGTERM}}, false},
		"a runner, again":         {[]signal{{0, os.Interrupt}, {soon, syscall.SIGTERM}, {soon, syscall.SIGTERM}}, true},
		"a runner, then a person": {[]signal{{0, os.Interrupt}, {soon, syscall.SIGTERM}, {0, os.Interrupt}}, true},
		"long after":              {[]signal{{0, os.Interrupt}, {late, syscall.SIGTERM}}, true},
		"a person twice":          {[]signal{{0, os.Interrupt}, {soon, os.Interrupt}}, true},
		"a person late":           {[]signal{{0, os.Interrupt}, {late, os.Interrupt}}, true},
		"terminated":              {[]signal{{0, syscall.SIGTERM}}, false},
		"terminated twice":        {[]signal{{0, syscall.SIGTERM}, {soon, syscall.SIGTERM}}, true},
		"terminated, then Ctrl-C": {[]signal{{0, syscall.SIGTERM}, {soon, os.Interrupt}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal)
				i, release := listen(t.Context(), signals, runclock.Clock{}, io.Discard)
				defer release()
				for _, s := range test.signals {
					<-time.After(s.after)
					signals <- s.Signal
				}
				synctest.Wait()
				if i.soft.Err() == nil {
					t.Error("it goes on")
				}
				if got := i.hard.Err() != nil; got != test.hard {
					t.Errorf("it stops at once: %v, want %v", got, test.hard)
				}
			})
		})
	}
}
