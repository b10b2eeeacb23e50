// Package limits keeps the limits of access keys for all who use them at once: the jobs
// of one process, and those of many.
//
// A [Ledger] says when calls may be sent. It gives slots: a span of time that is one
// holder's, with as many calls as fit into it. A [Meter] spends the slots of a process
// call by call, so that a hundred calls a second do not take a hundred statements of a
// database. What is not sent in a slot's time is not sent later.
package limits

import (
	"context"
	"time"
)

// A Ledger gives each span of time to one holder. It may be used by many processes, and
// goes by one clock, which is not theirs.
type Ledger interface {
	// Reserve gives the next slot that is free.
	Reserve(ctx context.Context, r Request) (Slot, error)
	// Slow halves what may be called with a key, and lets nothing of it begin before a
	// hint is over. Calls of one rush slow it down once: what was sent before the last
	// time, which is told by how long ago that was, does not.
	Slow(ctx context.Context, s Slowdown) error
}

// A Request asks for a slot.
type Request struct {
	Key, Operation string
	PerSecond      float64 // calls that all together may make
	Calls          int     // that are wanted
}

// A Slot is a span of time in which its holder alone may call.
type Slot struct {
	In    time.Duration // from the answer of the ledger on until it begins
	Every time.Duration // between two of its calls, and after the last one
	Calls int
}

// A Slowdown is what a call tells that was refused because it came too early.
type Slowdown struct {
	Key, Operation string // "": all operations that were called with the key
	Ago            time.Duration
	Hint           time.Duration
}

// How a rate that was too fast comes back.
const (
	// MostSlowdown is the configured rate over the slowest one.
	MostSlowdown = 8
	// Recovery is the factor by which a slowed rate grows in a second.
	Recovery = 1.1
)

// Margin is how much longer the time between two calls is than the limit asks for, as a
// part of it: a call may be that much late in its slot, and the calls of any second are
// no more than the limit for all that.
const Margin = 0.01

// lateness is how late in its place a call may be sent.
func lateness(every time.Duration) time.Duration {
	return max(time.Duration(float64(time.Second)*Margin), time.Duration(float64(every)*Margin)) * 9 / 10
}
