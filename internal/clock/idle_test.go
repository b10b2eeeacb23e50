package clock

import (
	"bytes"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"
)

func TestKindOfGoroutine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want activity
	}{
		{"goroutine 7 [running]:\nmain.f()", busy},
		{"goroutine 7 [runnable]:\nmain.f()", busy},
		{"goroutine 7 [GC assist wait]:\nmain.f()", busy},
		{"goroutine 7 [chan receive]:\nmain.f()", idle},
		{"goroutine 7 [chan receive, 12 minutes]:\nmain.f()", idle},
		{"goroutine 7 gp=0xc0000081c0 m=nil [select (no cases), 3 minutes, locked to thread]:\nmain.f()", idle},
		{"goroutine 7 [chan receive (nil chan) (scan)]:\nmain.f()", idle},
		{"goroutine 7 [sync.Mutex.Lock]:\nmain.f()", idle},
		{"goroutine 7 [chan receive (durable), synctest bubble 3]:\nmain.f()", outside}, // its time passes by itself
		{"goroutine 7 [IO wait]:\ninternal/poll.runtime_pollWait()", outside},
		{"goroutine 7 [semacquire]:\nruntime.ReadMemStats()", outside}, // of whoever looks, perhaps
		{"goroutine 7 [syscall]:\nsyscall.Syscall()", outside},
		{"goroutine 7 [syscall, 5 minutes]:\nos/signal.signal_recv()\nos/signal.loop()", idle},
		{"goroutine 7 [syscall, 4 minutes]:\nruntime/pprof.readProfile()\nruntime/pprof.profileWriter({0x14, 0xe4})", idle},
		{"goroutine 7 [sleep]:\ntime.Sleep(0x1)\nruntime/pprof.profileWriter({0x14, 0xe4})", idle},
		{"goroutine 7 [sleep]:\ntime.Sleep(0x1)", outside},
		{"goroutine 7 [a wait of tomorrow]:\nmain.f()", outside},
		{"", outside},
		{"goroutine 7 [runnable]:\nexample.com/internal/clock.(*Jumping).Run(0xc0)\n\t/a.go:1", idle},
		{"goroutine 7 [runnable]:\nmain.f()\n\t/a.go:1\ncreated by example.com/internal/clock.(*Jumping).Run in goroutine 1", busy},
	} {
		if got := goroutine(test.text).kind(); got != test.want {
			t.Errorf("%q is %d, want %d", test.text, got, test.want)
		}
	}
}

// TestStatesAreTheRuntimes holds that this runtime has the words that are taken
// for idle, by goroutines that wait in each of these ways.
func TestStatesAreTheRuntimes(t *testing.T) {
	t.Parallel()
	received, sent, selected := make(chan int), make(chan int), make(chan int)
	var lock, of sync.Mutex
	var reading, writing sync.RWMutex
	var group, waiting sync.WaitGroup
	cond := sync.NewCond(&of)
	lock.Lock()
	reading.Lock()
	writing.RLock()
	group.Add(1)
	ready := false
	waits := map[string]func(){
		"chan receive": func() { <-received },
		"chan send":    func() { sent <- 1 },
		"select": func() {
			select {
			case <-selected:
			case selected <- 1:
			}
		},
		"sync.Mutex.Lock":     func() { lock.Lock(); defer lock.Unlock() },
		"sync.RWMutex.RLock":  func() { reading.RLock(); defer reading.RUnlock() },
		"sync.RWMutex.Lock":   func() { writing.Lock(); defer writing.Unlock() },
		"sync.WaitGroup.Wait": func() { group.Wait() },
		"sync.Cond.Wait": func() {
			of.Lock()
			defer of.Unlock()
			for !ready {
				cond.Wait()
			}
		},
	}
	for _, wait := range waits {
		waiting.Go(wait)
	}
	next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })
	next()
	for states := statesHere(); !containsAll(states, slices.Collect(maps.Keys(waits))) || !slices.Contains(states, "coroutine"); states = statesHere() {
		runtime.Gosched()
	}
	stop()
	received <- 1
	<-sent
	selected <- 1
	lock.Unlock()
	reading.Unlock()
	writing.RUnlock()
	group.Done()
	of.Lock()
	ready = true
	of.Unlock()
	cond.Broadcast()
	waiting.Wait()
	for state := range waits {
		if !slices.Contains(idleStates, state) {
			t.Errorf("%s is not taken for idle", state)
		}
	}
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// statesHere returns the states of the goroutines of this file.
func statesHere() (states []string) {
	dump := make([]byte, 1<<20)
	for g := range bytes.SplitSeq(dump[:runtime.Stack(dump, true)], []byte("\n\n")) {
		if bytes.Contains(g, []byte("/idle_test.go:")) {
			states = append(states, goroutine(g).state())
		}
	}
	return states
}
