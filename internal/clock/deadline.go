package clock

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// deadlineContext is what [context.WithDeadlineCause] returns, with a deadline of
// another clock. Contexts that are made of it end with it, before whoever ended
// it goes on: package context asks for AfterFunc, and finds the cause by Value.
type deadlineContext struct {
	context.Context // ends with the parent, or for the cause; tells values and cause
	end             context.CancelCauseFunc
	deadline        time.Time
	done            chan struct{}

	mu    sync.Mutex
	err   error
	stop  func() bool    // the timer; nil: it was not started yet
	calls map[int]func() // to be made at the end, by their number
	made  int            // numbers given out
}

// withDeadline returns a context that ends, at the latest, when the function is
// called that start gets. Start has it called at the deadline, and returns what
// keeps it from being called.
func withDeadline(parent context.Context, deadline time.Time, cause error, start func(end func()) (stop func() bool)) (context.Context, context.CancelFunc) {
	if cause == nil {
		cause = context.DeadlineExceeded
	}
	if earlier, ok := parent.Deadline(); ok && earlier.Before(deadline) {
		return context.WithCancel(parent)
	}
	c := &deadlineContext{deadline: deadline, done: make(chan struct{}), calls: make(map[int]func())}
	c.Context, c.end = context.WithCancelCause(parent)
	detach := context.AfterFunc(c.Context, func() { c.finish(context.Canceled, nil) })
	c.startedWith(start(func() { detach(); c.finish(context.DeadlineExceeded, cause) }))
	return c, func() { detach(); c.finish(context.Canceled, nil) }
}

func (c *deadlineContext) startedWith(stop func() bool) {
	c.mu.Lock()
	c.stop = stop
	over := c.err != nil
	c.mu.Unlock()
	if over {
		stop()
	}
}

// finish ends the context, unless it has ended. Where the parent has, its error
// is the context's.
func (c *deadlineContext) finish(err, cause error) {
	for _, call := range c.over(err, cause) {
		call()
	}
}

// over marks the context as ended, and returns the calls that are to be made.
func (c *deadlineContext) over(err, cause error) (calls []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil
	}
	if parents := c.Context.Err(); parents != nil {
		err = parents
	}
	c.end(cause) // first: whoever sees the end sees the cause
	c.err = err
	close(c.done)
	if c.stop != nil {
		c.stop()
	}
	for _, n := range slices.Sorted(maps.Keys(c.calls)) {
		calls = append(calls, c.calls[n])
	}
	return calls
}

// Deadline returns the deadline, by the clock of the context.
func (c *deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Done is closed when the context ends.
func (c *deadlineContext) Done() <-chan struct{} { return c.done }

// Err says how the context ended; nil: it has not.
func (c *deadlineContext) Err() error {
	if c.Context.Err() != nil {
		c.finish(context.Canceled, nil) // the parent has ended, and nobody has told yet
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// AfterFunc has a function called when the context ends; see [context.AfterFunc].
func (c *deadlineContext) AfterFunc(f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		go f()
		return func() bool { return false }
	}
	c.made++
	n := c.made
	c.calls[n] = f
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waits := c.calls[n]
		delete(c.calls, n)
		return waits && c.err == nil
	}
}
