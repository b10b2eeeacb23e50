package clock

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sourcegraph/conc/panics"
)

// Jumping is a [Source] whose time stands still while anything runs, and jumps
// to the next timer when nothing does. A year of nights takes as long as its
// work. Tests have testing/synctest for that, which a program cannot use.
//
// It jumps within [Jumping.Run] alone. All is idle when every goroutine of the
// process waits for another one: see [goroutine.kind] for how that is found out,
// and which waits count. Callers need not say when they wait. What they must
// keep to is:
//
//   - Whoever waits for a time waits by this clock. A goroutine that waits by
//     package time, or in a library that does, is taken for idle or for busy, and
//     time passes it by or stands still for it.
//   - Nothing that runs meanwhile waits for the world outside of the process:
//     a socket, loopback too, a child process, a person at the terminal. While
//     something does the time stands still, for it may go on at any moment. After
//     [Jumping.Patience] Run gives up and says what it waited for. A service is
//     called in process, through an [http.RoundTripper] without sockets. Files
//     are no trouble: they do not let wait for long.
//   - Nothing else happens in the process: a goroutine that computes is busy,
//     whoever started it. Two Runs beside each other are right, and each waits
//     for the work of both.
type Jumping struct {
	// Patience is how long, of real time, Run waits for something outside of the
	// process before it gives up; 0: 30 seconds. It must be set before Run.
	Patience time.Duration

	mu      sync.Mutex
	now     time.Time
	made    uint64 // timers so far
	pending alarms
}

// NewJumping returns a source that begins at a time.
func NewJumping(begin time.Time) *Jumping {
	return &Jumping{now: begin.Round(0)} // without the reading of a clock that does not jump
}

// Now returns the time to which the source has jumped.
func (j *Jumping) Now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

// NewTimer starts a timer. It fires when all is idle, even where d is not
// positive. Timers of the same time fire in the order in which they were made,
// each when all is idle after the one before.
func (j *Jumping) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	fired := make(chan time.Time, 1)
	stop := j.after(d, func(now time.Time) { fired <- now })
	return fired, func() bool {
		if stop() {
			return true
		}
		select {
		case <-fired: // as package time does: nobody has received it, and nobody will
			return true
		default:
			return false
		}
	}
}

// WithTimeoutCause returns a context that ends like a timer fires.
func (j *Jumping) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return withDeadline(ctx, j.Now().Add(d), cause, func(end func()) (stop func() bool) {
		return j.after(d, func(time.Time) { end() })
	})
}

// after calls a function when a time has passed. It must not block.
func (j *Jumping) after(d time.Duration, fire func(now time.Time)) (stop func() bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.made++
	a := &alarm{at: j.now.Add(max(d, 0)), nth: j.made, fire: fire}
	heap.Push(&j.pending, a)
	return func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		if a.place < 0 {
			return false
		}
		heap.Remove(&j.pending, a.place)
		return true
	}
}

// jump goes to the next timer and fires it. It reports whether there was one.
func (j *Jumping) jump() bool {
	j.mu.Lock()
	if len(j.pending) == 0 {
		j.mu.Unlock()
		return false
	}
	next := heap.Pop(&j.pending).(*alarm)
	if next.at.After(j.now) {
		j.now = next.at
	}
	now := j.now
	j.mu.Unlock()
	next.fire(now)
	return true
}

// StuckError says that the time cannot go on.
type StuckError struct {
	Why        string
	Goroutines string // all of the process, as [runtime.Stack] writes them
}

// Error says why.
func (e *StuckError) Error() string { return "the clock cannot jump: " + e.Why }

// errGone is that of a function that ended its goroutine.
var errGone = errors.New("the function ended its goroutine and did not return")

// Run executes a function by the source's time, and returns its error. The time
// passes until the function returns, and stands still before and after: what
// it leaves waiting then waits for ever. A panic of the function is one of Run.
//
// Where the function has not returned, all is idle and no timer is left, nothing
// would ever happen again. The function's context ends then with a
// [*StuckError], and Run returns that error when the function has returned, or
// when all is idle once more because it does not heed its context.
func (j *Jumping) Run(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var caught panics.Catcher
	err, done := errGone, make(chan struct{})
	go func() {
		defer close(done)
		caught.Try(func() { err = f(ctx) })
	}()
	stuck := j.watch(done, cancel)
	caught.Repanic()
	if stuck != nil {
		return stuck
	}
	return err
}

// watch jumps whenever all is idle, until the function is done. An error says
// why it could not: the function need not be done then.
func (j *Jumping) watch(done <-chan struct{}, cancel context.CancelCauseFunc) (stuck error) {
	o := newObserver(j.Patience)
	for !ended(done) {
		found := o.look()
		switch {
		case found == busy || found == outside && !o.impatient():
			o.pause()
			continue
		case found == idle && (ended(done) || j.jump()):
			o.rest()
			continue
		case stuck != nil: // and the function does not heed its context
			return stuck
		}
		e := &StuckError{Why: o.why(found), Goroutines: o.text()}
		stuck = e
		cancel(e)
		o.rest()
	}
	return stuck
}

func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// alarm is a timer that has not fired.
type alarm struct {
	at    time.Time
	nth   uint64
	place int // among the alarms; -1: it has fired, or was stopped
	fire  func(now time.Time)
}

// alarms is a heap of alarms, the next one first.
type alarms []*alarm

func (a alarms) Len() int { return len(a) }

func (a alarms) Less(i, k int) bool {
	if order := a[i].at.Compare(a[k].at); order != 0 {
		return order < 0
	}
	return a[i].nth < a[k].nth
}

func (a alarms) Swap(i, k int) {
	a[i], a[k] = a[k], a[i]
	a[i].place, a[k].place = i, k
}

// Push adds an alarm at the end; see [heap.Interface].
func (a *alarms) Push(x any) {
	x.(*alarm).place = len(*a)
	*a = append(*a, x.(*alarm))
}

// Pop takes the last alarm away; see [heap.Interface].
func (a *alarms) Pop() any {
	last := (*a)[len(*a)-1]
	(*a)[len(*a)-1] = nil
	*a = (*a)[:len(*a)-1]
	last.place = -1
	return last
}
