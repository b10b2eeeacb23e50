package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sourcegraph/conc"

	runclock "github.com/domainsync/domainsync/internal/clock"
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
	i, release := listen(ctx, signals, a.clock, speaker{a})
	defer release()
	err := command(i)
	a.stderr.rest()
	return err
}

// sameInterrupt is for how long a SIGTERM belongs to a SIGINT before it. Runners that
// cancel a job send both, seconds apart; a person who means to stop at once presses
// Ctrl-C again, which is another SIGINT.
const sameInterrupt = 30 * time.Second

func listen(ctx context.Context, signals <-chan os.Signal, c runclock.Clock, w io.Writer) (i interrupts, release func()) {
	hard, cancelHard := context.WithCancelCause(ctx)
	soft, cancelSoft := context.WithCancelCause(hard)
	done := make(chan struct{})
	var group conc.WaitGroup
	group.Go(func() {
		first, ok := receive(signals, done)
		if !ok {
			return
		}
		at := c.Now()
		fmt.Fprintln(w, "interrupted: nothing more is begun, and what was sent is waited for; a second interrupt stops at once, and nothing is lost by it")
		cancelSoft(errInterrupted)
		second, ok := receive(signals, done)
		if ok && first == os.Interrupt && second == syscall.SIGTERM && c.Since(at) <= sameInterrupt {
			_, ok = receive(signals, done)
		}
		if ok {
			fmt.Fprintln(w, "interrupted again: stopping at once")
			cancelHard(errInterrupted)
		}
	})
	return interrupts{soft: soft, hard: hard}, func() {
		close(done)
		group.Wait()
		cancelHard(nil)
	}
}

// receive waits for a signal; ok is false where the command has ended before.
func receive(signals <-chan os.Signal, done <-chan struct{}) (s os.Signal, ok bool) {
	select {
	case s = <-signals:
		return s, true
	case <-done:
		return nil, false
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
