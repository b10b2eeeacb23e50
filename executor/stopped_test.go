package executor_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/executor/journal/store"
	"github.com/domainsync/domainsync/internal/clock"
)

// A machine can be stopped as a process is by SIGSTOP: what it is about to write, to
// send or to read from the network waits until it goes on, and so do its timers. It
// is the source of its time.
type machine struct {
	mu      sync.Mutex
	goesOn  chan struct{} // closed when it goes on; nil: it runs
	stopped chan struct{} // closed when it is stopped for the first time
}

func newMachine() *machine { return &machine{stopped: make(chan struct{})} }

func (m *machine) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.goesOn = make(chan struct{})
	close(m.stopped)
}

func (m *machine) goOn() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.goesOn != nil {
		close(m.goesOn)
		m.goesOn = nil
	}
}

// wait returns when the machine runs.
func (m *machine) wait() {
	m.mu.Lock()
	goesOn := m.goesOn
	m.mu.Unlock()
	if goesOn != nil {
		<-goesOn
	}
}

// Now returns the time, which passes while the machine is stopped.
func (*machine) Now() time.Time { return clock.Clock{}.Now() }

// WithTimeoutCause is [context.WithTimeoutCause]: what ends in a machine that is
// stopped waits for nothing else.
func (*machine) WithTimeoutCause(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, cause)
}

// NewTimer starts a timer that does not fire while the machine is stopped.
func (m *machine) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	fired := make(chan time.Time, 1)
	timer := time.AfterFunc(d, func() {
		m.wait()
		fired <- time.Now()
	})
	return fired, timer.Stop
}

// network is what a machine sends its requests over.
type network struct {
	*machine
	http.RoundTripper
}

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.wait()
	resp, err := n.RoundTripper.RoundTrip(r)
	n.wait()
	return resp, err
}

// on has a world run on a machine, which is stopped at a point of its run; 0: never.
func (w *world) on(m *machine, at int) {
	w.clock = clock.New(m)
	w.options.Clock = w.clock
	if b := w.options.Transport; b != nil {
		w.options.Transport = network{m, b}
	}
	hook := w.options.Hook
	w.options.Hook = func(point string) error {
		err := hook(point)
		m.wait() // whichever point it was at which the machine was stopped
		return err
	}
	w.meet, w.other = at, func() {
		m.stop()
		m.wait()
	}
	w.wire = func(service http.RoundTripper) http.RoundTripper { return network{m, service} }
	w.connect()
}

// beside returns another machine's world: of the same account, files and state.
func (w *world) beside() *world {
	o := w.options
	o.Hook, o.LockTimeout = nil, 2*time.Minute
	other := &world{t: w.t, sim: w.sim, home: w.home, dir: w.dir, options: o, portfolio: w.portfolio, log: w.log, timing: w.timing}
	other.connect()
	return other
}

// A takeover says how a machine that is stopped loses the account.
type takeover struct {
	home home
	// ends lets the leases in a state end whose clock is not virtual; nil: it is.
	ends func(t *testing.T, w *world)
	// early has the first machine go on while the second one still waits for what the
	// first may have sent; else it goes on when the second has done all.
	early bool
}

// play plays a run that is stopped at a point. Another machine takes the account
// over and does what is to be done, and the first one goes on. It returns how
// many points the first run had, and how it ended.
func (o takeover) play(t *testing.T, names []name, faults simulator.Faults, at int) (points int, first error) {
	t.Helper()
	w := shop(t, names, simulator.Options{Faults: faults})
	w.moveTo(o.home)
	other := w.beside()
	m := newMachine()
	defer m.goOn()
	w.on(m, at)
	done := make(chan error, 1)
	go func() {
		_, _, err := w.apply(t.Context())
		done <- err
	}()
	select {
	case first = <-done: // it had no such point
		points = w.points
		w.meetNobody()
	case <-m.stopped:
		synctest.Wait() // all of the machine stands still
		if o.ends != nil {
			o.ends(t, w)
		}
		if o.early {
			time.AfterFunc(time.Minute, m.goOn)
		}
		other.mustApply()
		m.goOn()
		first = <-done
	}
	time.Sleep(time.Hour) // the bubble's clock
	other.settleOrders()
	other.converged()
	other.bought(2)
	return points, first
}

// stoppable are names to which everything happens: a lock that is opened, orders,
// and what follows an order.
func stoppable() []name {
	return append(few(),
		name{name: "r.example", left: 20, renewal: yearly},
		name{name: "z.example", buy: attr.Registration{Years: 1, Profile: "7001"}, want: newServers, transfer: yes()},
	)
}

// each stops a machine at points of its run.
func (o takeover) each(t *testing.T, c choice) {
	t.Helper()
	for _, service := range []string{"at once", "slow"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			points, fenced := 0, 0
			synctest.Test(t, func(t *testing.T) {
				var err error
				if points, err = o.play(t, stoppable(), orderCrashes[service], 0); err != nil {
					t.Fatal(err)
				}
			})
			chosen := c.points(t, points, 60)
			for _, at := range chosen {
				t.Run(fmt.Sprint("at ", at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						switch _, err := o.play(t, stoppable(), orderCrashes[service], at); {
						case err == nil: // nothing was left to do but to give the account back
						case strings.Contains(err.Error(), "this run has lost the account"):
							fenced++
						default:
							t.Errorf("the run that was stopped ended with %v", err)
						}
					})
				})
			}
			if fenced < len(chosen)*3/4 {
				t.Errorf("of %d runs that were stopped only %d noticed that they had lost the account", len(chosen), fenced)
			}
		})
	}
}

// TestStoppedAtEveryPoint stops a machine before and after every durable write and
// every call, for longer than its lease. Another one takes the account over, and the
// first one goes on, before or after the other one has done all: counted at the
// service, nothing is executed twice.
func TestStoppedAtEveryPoint(t *testing.T) {
	t.Parallel()
	m := &machines{state: pgtest.Start(t).Database(t)}
	seed := seeds(t, 1, 1)[0]
	for kind, o := range map[string]takeover{
		"bucket":                        {home: inBuckets},
		"bucket, goes on early":         {home: inBuckets, early: true},
		"database":                      {home: m.home, ends: endLease},
		"database, which goes on early": {home: m.home, ends: endLease, early: true},
	} {
		t.Run(fmt.Sprintf("%s, EXECUTOR_SEED=%d", kind, seed), func(t *testing.T) {
			t.Parallel()
			n := 5
			if o.ends == nil {
				n = 15
			}
			o.each(t, drawPoints(rand.New(rand.NewPCG(seed, 4)), n))
		})
	}
}

// endLease has the database's clock pass the end of an account's lease.
func endLease(t *testing.T, w *world) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Exec(t.Context(), `UPDATE domainsync_accounts SET ends = clock_timestamp() WHERE account = $1 AND ends IS NOT NULL`, w.options.Account)
	if err := errors.Join(err, c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// TestStoppedInADirectory: a process that is stopped keeps the lock of its
// directory. Nobody takes the account over, and it goes on to its end.
func TestStoppedInADirectory(t *testing.T) {
	t.Parallel()
	for _, at := range []int{20, 40, 60, 80} {
		t.Run(fmt.Sprint("at ", at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, few(), simulator.Options{})
				other := w.beside()
				m := newMachine()
				defer m.goOn()
				w.on(m, at)
				done := make(chan error, 1)
				go func() {
					_, _, err := w.apply(t.Context())
					done <- err
				}()
				<-m.stopped
				_, _, err := other.apply(t.Context())
				if _, ok := errors.AsType[*store.LockedError](err); !ok {
					t.Errorf("the account of a stopped process was taken: %v", err)
				}
				m.goOn()
				if err := <-done; err != nil {
					t.Error(err)
				}
				other.converged()
			})
		})
	}
}
