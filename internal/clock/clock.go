// Package clock is where the program gets the time from, and where it waits.
//
// Whoever needs the time or waits for it is given a [Clock]. So one value
// decides for a whole run what time it is and how long a wait takes, those of
// the limiter and between two attempts included, and a test can play many
// days in a moment.
package clock

import (
	"context"
	"time"
)

// A Clock tells the time and measures waits. The zero value is the system's
// clock. It is safe for use by many goroutines at once.
type Clock struct {
	source Source // nil: package time
}

// Source is what a clock rests on. Every wait of a clock is a timer of its
// source, or a context that its source ends: it knows of all of them.
type Source interface {
	Now() time.Time
	// NewTimer starts a timer. The channel gets the time when it fires; stop
	// ends it before, and reports whether it did.
	NewTimer(d time.Duration) (fired <-chan time.Time, stop func() bool)
	// WithTimeoutCause is [context.WithTimeoutCause] by the source's time. The
	// deadline that the context tells is of that time, too.
	WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc)
}

// New returns a clock that rests on a source.
func New(s Source) Clock { return Clock{source: s} }

// Now returns the time.
func (c Clock) Now() time.Time {
	if c.source == nil {
		return time.Now()
	}
	return c.source.Now()
}

// Since returns how long ago t was.
func (c Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until returns how long it is until t.
func (c Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// NewTimer starts a timer. The channel gets the time when it fires, after at
// least d; stop ends it before, and reports whether it did.
func (c Clock) NewTimer(d time.Duration) (fired <-chan time.Time, stop func() bool) {
	if c.source == nil {
		timer := time.NewTimer(d)
		return timer.C, timer.Stop
	}
	return c.source.NewTimer(d)
}

// Sleep waits for a while, or until the context ends: then it returns the
// cause of that. It does not wait at all where d is not positive.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	fired, stop := c.NewTimer(d)
	defer stop()
	select {
	case <-fired:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// WithTimeout returns a context that ends after d at the latest. Its resources
// are freed when it ends or is cancelled.
func (c Clock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return c.WithTimeoutCause(ctx, d, nil)
}

// WithTimeoutCause is [Clock.WithTimeout] with the cause that the context tells
// after d; nil: [context.DeadlineExceeded].
func (c Clock) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	if c.source == nil {
		return context.WithTimeoutCause(ctx, d, cause)
	}
	return c.source.WithTimeoutCause(ctx, d, cause)
}
