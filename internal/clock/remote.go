package clock

import (
	"context"
	"sync"
	"time"
)

// Shifted returns a clock that is ahead of another by what a function says when
// the time is asked for. It is safe where the function is. Waits are the other
// clock's, and so are the deadlines that contexts tell: whoever reads one, a
// dialer or a limiter, does not know of the shift.
func Shifted(c Clock, by func() time.Duration) Clock { return New(shifted{c, by}) }

type shifted struct {
	base Clock
	by   func() time.Duration
}

func (s shifted) Now() time.Time { return s.base.Now().Add(s.by()) }

func (s shifted) NewTimer(d time.Duration) (<-chan time.Time, func() bool) { return s.base.NewTimer(d) }

func (s shifted) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return s.base.WithTimeoutCause(ctx, d, cause)
}

// MostApart is how far two clocks may be apart without anybody being told: all
// that goes by days takes it.
const MostApart = 5 * time.Minute

// precision is that of the time that an answer tells: within it two clocks are
// one.
const precision = time.Second

// maxAway is the most that another machine's time is believed to be away; what
// is further away is no time.
const maxAway = 100 * 365 * 24 * time.Hour

// Remote is the time of another machine, which it tells with its answers. The
// local clock carries it on between them. It is safe for use by many goroutines
// at once.
//
// [Remote.Clock] is the time of a run. By the first answer of the run it is
// decided, for all of it, how far that is from the local time; so a run has one
// time, which no later answer moves:
//
//   - the other machine's time, where both are at most [MostApart] apart, or
//     where that is trusted;
//   - the earlier of both where they are further apart and nobody has said which
//     one is right. What waits for a time waits longer then, and never opens
//     early because one of the two is wrong;
//   - the local time where that answer tells none, and before it.
//
// [Remote.Apart] tells when the time is in doubt.
type Remote struct {
	local   Clock
	trusted bool

	mu      sync.Mutex
	told    bool
	skew    time.Duration // how far local is ahead, by the last answer
	decided bool
	shift   time.Duration // how far Clock is ahead of local
	doubted bool          // which has been said, of this run
}

// NewRemote returns the time of a machine. Trusted says that it is right
// whatever the local clock says.
func NewRemote(local Clock, trusted bool) *Remote { return &Remote{local: local, trusted: trusted} }

// Begin begins a run: the next answer decides its time, and what answers to an
// earlier run told is forgotten.
func (r *Remote) Begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told, r.decided, r.doubted = false, false, false
}

// Observe takes in the time that an answer told, cut to the second, to what was
// sent at a local time. It returns how the clocks stand where that is to be
// said: they are apart, and were not at the last answer of the run.
func (r *Remote) Observe(at, sent time.Time) *Difference {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.local.Now()
	local := sent.Add(now.Sub(sent) / 2)
	skew := local.Sub(at.Add(precision / 2))
	if skew.Abs() > maxAway {
		r.decide(0)
		return nil
	}
	if !r.told || (skew-r.skew).Abs() > precision {
		r.told, r.skew = true, skew
	}
	r.decide(shiftFor(r.skew, r.trusted))
	d := r.apart(now)
	was := r.doubted
	if r.doubted = d != nil; was {
		return nil
	}
	return d
}

// ObserveNone takes in that an answer told no time. Where it is the first of a run,
// that goes by the local time: no later answer moves it.
func (r *Remote) ObserveNone() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decide(0)
}

func (r *Remote) decide(shift time.Duration) {
	if !r.decided {
		r.decided, r.shift = true, shift
	}
}

// shiftFor decides how far the time of a run is ahead of the local one.
func shiftFor(skew time.Duration, trusted bool) time.Duration {
	switch {
	case skew.Abs() <= precision:
		return 0
	case trusted || skew.Abs() <= MostApart:
		return -skew
	}
	return min(0, -skew)
}

// Skew returns how far the local clock is ahead of the other (negative: behind),
// to about a second, by the last answer; false before the first.
func (r *Remote) Skew() (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skew, r.told
}

// Local returns the local clock, which no answer moves: by it is measured how
// long something takes, where the first answer may come meanwhile.
func (r *Remote) Local() Clock { return r.local }

// Clock returns the clock of runs.
func (r *Remote) Clock() Clock {
	return Shifted(r.local, func() time.Duration {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.shift
	})
}

// Difference is how clocks stand that are further apart than [MostApart].
type Difference struct {
	Local, Remote, Run time.Time // now, by each
	// Trusted is the other machine's time: then the run's is in no doubt.
	Trusted bool
}

// Most is how much later than the run's time it may be at most.
func (d *Difference) Most() time.Duration {
	if d == nil || d.Trusted {
		return 0
	}
	return max(d.Local.Sub(d.Run), d.Remote.Sub(d.Run), 0)
}

// Latest returns the latest time that it may be when the run's clock says t. What
// is to have lasted for a while counts from then. A nil Remote is in no doubt.
func (r *Remote) Latest(t time.Time) time.Time {
	if r == nil {
		return t
	}
	apart, _ := r.Apart()
	return t.Add(apart.Most())
}

// Moved reports whether the other machine told another time before in this run.
func (d *Difference) Moved() bool { return d.Local.Sub(d.Remote).Abs() <= MostApart }

// Apart returns how the clocks stand by the last answer; nil where they are at
// one, and false where no answer has told a time. A run whose time was decided
// by an answer that no later one confirms is apart from both.
func (r *Remote) Apart() (*Difference, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.apart(r.local.Now()), r.told
}

func (r *Remote) apart(now time.Time) *Difference {
	if !r.told || max(r.skew.Abs(), (r.skew+r.shift).Abs(), r.shift.Abs()) <= MostApart {
		return nil
	}
	return &Difference{Local: now.Round(0), Remote: now.Add(-r.skew).Round(0), Run: now.Add(r.shift).Round(0), Trusted: r.trusted}
}
