package store

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// A Holding is what a holder of an account knows of its lease, in stores that
// have one. Such a store ends the lease by its own clock; the holder counts from
// when it asked, which is earlier. It is safe for use by many goroutines at once.
type Holding struct {
	Clock clock.Clock
	Lease time.Duration

	stop     func() // ends the renewing; nil: nothing is held
	renewing sync.WaitGroup

	mu    sync.Mutex
	heard time.Time // when the last request was sent whose answer proves the lease
	gone  error     // why nothing more may be written, nil while it may
}

// Answered notes that the account was certainly held when something was asked,
// and that the lease runs from then on.
func (h *Holding) Answered(asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if asked.After(h.heard) {
		h.heard = asked
	}
}

// Lose remembers why the account is lost, or why nothing more may be written, and
// returns the first reason that it was given.
func (h *Holding) Lose(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone == nil {
		h.gone = err
	}
	return h.gone
}

// Lost returns what Lose remembers, nil while nothing is lost.
func (h *Holding) Lost() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.gone
}

// Held is [Store.Held]. While the last answer of the store is younger than two
// thirds of the lease, nobody else can have the account; after that, as in a
// process that was stopped, renew asks the store.
func (h *Holding) Held(ctx context.Context, renew func(context.Context) error) error {
	h.mu.Lock()
	gone, heard := h.gone, h.heard
	h.mu.Unlock()
	switch {
	case gone != nil:
		return gone
	case h.age(heard) < h.Lease*2/3:
		return nil
	}
	return renew(ctx)
}

// age returns how long ago a time was, by whichever of its readings says more:
// the monotonic clock stands still while a machine sleeps.
func (h *Holding) age(t time.Time) time.Duration {
	now := h.Clock.Now()
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}

// Keep renews the lease in the background until End, or until the account is
// lost: whoever sends or writes next gets the error.
func (h *Holding) Keep(ctx context.Context, renew func(context.Context) error) {
	ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	h.renewing.Go(func() {
		for h.Clock.Sleep(ctx, h.Lease/3) == nil && ctx.Err() == nil {
			if err := renew(ctx); err != nil && h.Lost() != nil {
				return
			}
		}
	})
}

// End ends the renewing, and reports whether there was any: the account is to be
// given back then.
func (h *Holding) End() bool {
	if h.stop == nil {
		return false
	}
	h.stop()
	h.renewing.Wait()
	h.stop = nil
	return true
}

// HolderText says who holds an account, for people.
func HolderText(since time.Time) string {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	return fmt.Sprintf("process %d on %s since %s", os.Getpid(), host, since.UTC().Format(time.RFC3339))
}

// An OpenError says that a state cannot be used.
type OpenError struct {
	Where string // without its secrets
	Err   error
}

// Error says which state it is, and what is wrong.
func (e *OpenError) Error() string {
	return fmt.Sprintf("the state %s cannot be used: %v", e.Where, e.Err)
}

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }
