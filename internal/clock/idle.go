package clock

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
)

// activity is what the goroutines of the process do, the least idle one of
// them.
type activity int

const (
	idle    activity = iota // each waits for another one
	outside                 // one waits for something that no other goroutine does
	busy                    // one runs, or is about to
)

// idleStates are the waits that end by what another goroutine does and by
// nothing else, as the runtime names them. (What it calls semacquire is not among
// them: so waits, too, who wants to stop all goroutines while a look does.) A state that is not known here is
// never taken for idle: with a runtime that has other words the time stands
// still, and Run says for which.
var idleStates = []string{
	"chan receive", "chan receive (nil chan)", "chan send", "chan send (nil chan)", "select", "select (no cases)",
	"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "sync.Cond.Wait", "sync.WaitGroup.Wait", "coroutine",
}

// busyStates are those of a goroutine that goes on by itself, at once. The
// runtime's own work, which some wait for, is so.
var busyStates = []string{
	"running", "runnable", "copystack", "preempted", "GC assist marking", "GC assist wait", "GC sweep wait", "wait for GC cycle",
	"garbage collection", "GC weak to strong wait", "stopping the world", "flushing proc caches",
}

var (
	watchFrame = []byte("internal/clock.(*Jumping).Run(")
	// besideFrames are of goroutines that nothing of the process waits for: the one that
	// takes signals, and the one that writes what a profile of the processor has seen.
	besideFrames = [][]byte{[]byte("os/signal.signal_recv("), []byte("runtime/pprof.profileWriter(")}
)

// goroutine is one as [runtime.Stack] writes it: a line with its state, then its
// frames.
type goroutine []byte

// kind tells what a goroutine does. [runtime.Stack] stops all goroutines before
// it looks, so the states that it writes are those of one moment. In a moment in
// which each goroutine waits for another one, none can go on: whoever could
// wake one would have to run. So all stay as they are until a timer is fired,
// or something comes from outside: of that, signals do not count, for nobody
// can tell whether one will ever come.
//
// The goroutines that watch, in a [Jumping.Run], do nothing but jump; each counts
// the work of the others' functions, and not their looking.
func (g goroutine) kind() activity {
	state := g.state()
	switch {
	case bytes.Contains(g, watchFrame):
		return idle
	case slices.Contains(busyStates, state):
		return busy
	case slices.Contains(idleStates, state) && !bytes.Contains(g.head(), []byte("synctest bubble")):
		return idle
	case slices.ContainsFunc(besideFrames, func(frame []byte) bool { return bytes.Contains(g, frame) }):
		return idle
	}
	return outside
}

func (g goroutine) head() []byte {
	head, _, _ := bytes.Cut(g, []byte("\n"))
	return head
}

// state is what stands in brackets in the first line, without how long it has
// been so and what the garbage collector does there.
func (g goroutine) state() string {
	_, after, _ := bytes.Cut(g.head(), []byte("["))
	state := after[:max(0, bytes.IndexAny(after, ",]"))]
	for _, more := range []string{" (scan)", " (durable)", " (leaked)"} {
		state = bytes.TrimSuffix(state, []byte(more))
	}
	return string(state)
}

// observer looks at the goroutines of the process, its own aside.
type observer struct {
	patience time.Duration
	dump     []byte
	size     int       // of what was written into it last
	worst    goroutine // the least idle one of the last look
	since    time.Time // when the wait for something outside was first seen; zero: there is none
	pauses   int       // since all was idle
	counts   []metrics.Sample
}

func newObserver(patience time.Duration) *observer {
	return &observer{
		patience: cmp.Or(patience, 30*time.Second), dump: make([]byte, 64<<10),
		counts: []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}, {Name: "/sched/goroutines/running:goroutines"}},
	}
}

// look returns what the process does now.
func (o *observer) look() activity {
	if o.seemsBusy() {
		o.since = time.Time{}
		return busy
	}
	for o.size = runtime.Stack(o.dump, true); o.size == len(o.dump); o.size = runtime.Stack(o.dump, true) {
		o.dump = make([]byte, 2*len(o.dump)) // the text was cut
	}
	found := idle
	for i, g := range bytes.Split(o.dump[:o.size], []byte("\n\n")) {
		if kind := goroutine(g).kind(); i > 0 && kind > found { // the first is this one
			found, o.worst = kind, g
		}
	}
	switch {
	case found != outside:
		o.since = time.Time{}
	case o.since.IsZero():
		o.since = time.Now()
	}
	return found
}

// seemsBusy saves most looks, which stop the process, while something runs. The
// runtime's counts are not exact, so they decide nothing: now and then there is
// a look whatever they say.
func (o *observer) seemsBusy() bool {
	metrics.Read(o.counts)
	return o.counts[0].Value.Uint64() > 0 || o.counts[1].Value.Uint64() > 1 && o.pauses%16 != 15
}

// pause lets the others run: at first as long as a short piece of work takes,
// then as long as one does that takes a while.
func (o *observer) pause() {
	if o.pauses++; o.pauses < 100 {
		runtime.Gosched()
		return
	}
	time.Sleep(min(time.Duration(o.pauses)*time.Microsecond, time.Millisecond))
}

// rest begins to wait anew: something was done.
func (o *observer) rest() { o.pauses, o.since = 0, time.Time{} }

// impatient reports whether something outside was waited for too long.
func (o *observer) impatient() bool { return time.Since(o.since) > o.patience }

// why says what keeps the time from going on.
func (o *observer) why(found activity) string {
	if found == idle {
		return "everything waits, and no timer is left that could wake it"
	}
	head, _, _ := bytes.Cut(o.worst.head(), []byte("["))
	return fmt.Sprintf("%s: it waits for something outside of the process (%s) for more than %v, and the time cannot pass meanwhile",
		bytes.TrimSpace(head), o.worst.state(), o.patience)
}

func (o *observer) text() string { return string(o.dump[:o.size]) }
