package apiclient

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

const (
	maxHold        = 5 * time.Minute // the longest hint that is followed
	recoveryStep   = time.Second     // between two steps of recovery
	recoveryFactor = 1.25            // of the rate in a step
	cautiousFactor = 1.02            // the same near the rate that was too fast
	maxSlowdown    = 8               // the configured rate over the slowest one

	// An operation without a limit of ours is slowed to no less than
	// unlimitedLeast calls a second, and free again at unlimitedTop.
	unlimitedMin = 10
	unlimitedMax = 1000
)

// pace keeps one operation within its limit. It slows down when the service
// throttles and recovers step by step, never above the configured rate.
type pace struct {
	configured rate.Limit // rate.Inf: no limit
	limiter    *rate.Limiter
	clock      clock.Clock
	calls      atomic.Int64
	throttled  atomic.Int64 // calls that were refused because they came too fast

	// turn is held by the one caller that waits for a token. So no caller
	// holds a token of the future: a change of the rate counts at once.
	turn chan struct{}

	slowed  atomic.Bool
	mu      sync.Mutex
	until   time.Time  // nobody calls before
	changed time.Time  // when the rate changed last
	tooFast rate.Limit // the rate that was throttled last
	second  time.Time  // start of the second that is counted
	count   int        // calls in it
	before  int        // calls in the one before
}

func newPace(perSecond float64) *pace {
	p := &pace{configured: rate.Inf, turn: make(chan struct{}, 1)}
	if perSecond > 0 {
		p.configured = rate.Limit(perSecond)
	}
	p.limiter = rate.NewLimiter(p.configured, burst(p.configured))
	return p
}

// unlimited reports whether the configuration sets no limit.
func (p *pace) unlimited() bool { return p.configured == rate.Inf }

// burst is the number of calls that may go out at once: one, or what ten
// milliseconds allow where timers are too coarse for one.
func burst(r rate.Limit) int {
	if r == rate.Inf {
		return 1
	}
	return max(1, int(r/100))
}

// wait blocks until the next call may be sent, for which take waits.
func (p *pace) wait(ctx context.Context, take func(context.Context) error) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	for {
		if err := p.clock.Sleep(ctx, p.clock.Until(p.heldUntil())); err != nil {
			return err
		}
		if err := take(ctx); err != nil {
			return err
		}
		if p.countCall() {
			return nil
		}
	}
}

// waitForToken is Wait of the limiter, which would wait by the system's clock. A
// call whose token comes after its deadline does not wait for it.
func (p *pace) waitForToken(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := p.clock.Now()
	token := p.limiter.ReserveN(now, 1)
	delay := token.DelayFrom(now)
	if deadline, ok := ctx.Deadline(); ok && delay > deadline.Sub(now) {
		token.CancelAt(now)
		return errLateToken
	}
	if p.clock.Sleep(ctx, delay) != nil {
		token.CancelAt(p.clock.Now())
		return ctx.Err()
	}
	return nil
}

// errLateToken says what the limiter itself would.
var errLateToken = errors.New("rate: Wait(n=1) would exceed context deadline")

func (p *pace) heldUntil() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// countCall counts a call, unless a hint has come while it waited for its token.
func (p *pace) countCall() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	if now.Before(p.until) {
		return false
	}
	if now.Sub(p.second) >= time.Second {
		p.second, p.before, p.count = now, p.count, 0
	}
	p.count++
	return true
}

// hold keeps all callers back for a while.
func (p *pace) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.clock.Now().Add(min(d, maxHold)); until.After(p.until) {
		p.until = until
	}
}

// slow halves the rate after a call that was sent at start came too early, and
// follows the service's hint. Calls of one rush slow it down once.
func (p *pace) slow(start time.Time, hint time.Duration) {
	p.hold(hint)
	p.mu.Lock()
	defer p.mu.Unlock()
	if start.Before(p.changed) {
		return
	}
	now := p.limiter.Limit()
	least := p.configured / maxSlowdown
	if now == rate.Inf {
		now = rate.Limit(max(p.count, p.before))
	}
	if p.configured == rate.Inf {
		least = unlimitedMin
	}
	p.tooFast = now
	p.set(max(now/2, least))
	p.slowed.Store(true)
}

// recover takes a step back to the configured rate after a call that went well.
func (p *pace) recover() {
	if !p.slowed.Load() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clock.Since(p.changed) < recoveryStep {
		return
	}
	next := min(p.nextRate(), p.configured)
	if p.configured == rate.Inf && next > unlimitedMax {
		next = rate.Inf
	}
	p.set(next)
	p.slowed.Store(next < p.configured)
}

// nextRate is the rate of the next step: fast up to nine tenths of what was too
// fast, slowly up to that, then fast again.
func (p *pace) nextRate() rate.Limit {
	now := p.limiter.Limit()
	next, near := now*recoveryFactor, p.tooFast*0.9
	if now < p.tooFast && next > near {
		return max(near, now*cautiousFactor)
	}
	return next
}

func (p *pace) set(r rate.Limit) {
	now := p.clock.Now()
	p.limiter.SetLimitAt(now, r)
	p.limiter.SetBurstAt(now, burst(r))
	p.changed = now
}

// paces are the paces of all operations. Those that the table knows are there
// from the start and need no lock.
type paces struct {
	known  map[*wire.Operation]*pace
	limits func(operation string) float64
	clock  clock.Clock
	others *sync.Map // by name, of operations that the table does not know
}

func newPaces(limits func(operation string) float64, c clock.Clock) paces {
	if limits == nil {
		limits = func(string) float64 { return 0 }
	}
	p := paces{known: make(map[*wire.Operation]*pace), limits: limits, clock: c, others: new(sync.Map)}
	for _, o := range wire.Operations() {
		p.known[o] = p.newPace(o.Name)
	}
	return p
}

func (p paces) newPace(operation string) *pace {
	made := newPace(p.limits(operation))
	made.clock = p.clock
	return made
}

// other returns the pace of an operation that the table does not know.
func (p paces) other(operation string) *pace {
	found, _ := p.others.LoadOrStore(operation, p.newPace(operation))
	return found.(*pace)
}

func (p paces) each(f func(operation string, p *pace)) {
	for o, known := range p.known {
		f(o.Name, known)
	}
	p.others.Range(func(name, other any) bool {
		f(name.(string), other.(*pace))
		return true
	})
}
