package main

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
)

func TestInterrupts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal)
		i, release := listen(t.Context(), signals, io.Discard)
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
	i, release := listen(t.Context(), nil, io.Discard)
	defer release()
	if err := i.explain(io.EOF); codeOf(err) != exitError {
		t.Errorf("an error without a signal ends with %d", codeOf(err))
	}
}
