package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/sourcegraph/conc"
)

// errInterrupted is why a context ended that a signal has ended.
var errInterrupted = errors.New("interrupted")

// interrupts turns signals into requests to stop: the first one to stop in
// order, the second one to stop now.
type interrupts struct {
	soft context.Context // ends at the first signal
	hard context.Context // ends at the second
}

// interruptible runs a command that ends in order at the first SIGINT or
// SIGTERM.
func (a *app) interruptible(ctx context.Context, command func(interrupts) error) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	i, release := listen(ctx, signals, speaker{a})
	defer release()
	err := command(i)
	a.stderr.rest()
	return err
}

func listen(ctx context.Context, signals <-chan os.Signal, w io.Writer) (i interrupts, release func()) {
	hard, cancelHard := context.WithCancelCause(ctx)
	soft, cancelSoft := context.WithCancelCause(hard)
	done := make(chan struct{})
	var group conc.WaitGroup
	group.Go(func() {
		for _, step := range []struct {
			cancel context.CancelCauseFunc
			text   string
		}{
			{cancelSoft, "interrupted: nothing more is begun, and what was sent is waited for; a second interrupt stops at once, and nothing is lost by it"},
			{cancelHard, "interrupted again: stopping at once"},
		} {
			select {
			case <-signals:
				fmt.Fprintln(w, step.text)
				step.cancel(errInterrupted)
			case <-done:
				return
			}
		}
	})
	return interrupts{soft: soft, hard: hard}, func() {
		close(done)
		group.Wait()
		cancelHard(nil)
	}
}

// explain returns the error of a command that a signal has stopped as such,
// and other errors as they are.
func (i interrupts) explain(err error) error {
	if err != nil && errors.Is(context.Cause(i.soft), errInterrupted) {
		return failed(exitOpen, "interrupted")
	}
	return err
}
