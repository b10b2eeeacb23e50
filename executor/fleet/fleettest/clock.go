package fleettest

import (
	"context"
	"sync"
	"time"

	"github.com/domainsync/domainsync/internal/clock"
)

// A HandClock stands until it is moved. Its timers are those of the machine.
type HandClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewHandClock returns a clock that stands at a time.
func NewHandClock(now time.Time) *HandClock { return &HandClock{now: now} }

// Now is where the clock stands.
func (c *HandClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock on.
func (c *HandClock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// NewTimer is that of the machine.
func (*HandClock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	return clock.Clock{}.NewTimer(d)
}

// WithTimeoutCause is that of the machine.
func (*HandClock) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return clock.Clock{}.WithTimeoutCause(ctx, d, cause)
}
