package executor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

const endpoint = "https://domain.example"

// A world is a simulated account, what is declared of it, and a state, which lies in
// memory unless it moves. It lives in a synctest bubble, where hours take no time.
type world struct {
	t         *testing.T
	sim       *simulator.Simulator
	client    *apiclient.Client
	portfolio *config.Portfolio
	policy    *config.OperatorPolicy // of the operator; nil: none
	home      home                   // where its states lie
	dir       string                 // its state, by name
	options   journal.Options
	// keepsReadings says that the state keeps what is read of names.
	keepsReadings bool
	timing        executor.Timing
	stop          chan struct{}
	clock         clock.Clock
	executing     func()                                    // happens when a plan is executed next
	wire          func(http.RoundTripper) http.RoundTripper // what is between processes and the service; nil: nothing
	events        []executor.Event
	log           *slog.Logger

	mu     sync.Mutex
	points int    // durable writes and calls so far, each before and after
	die    int    // the process dies at this point; 0: never
	dead   bool   // nothing works any more
	lose   int    // what happens at this point fails, and nothing else; 0: never
	meet   int    // another process does something at this point; 0: never
	other  func() // what it does
	came   bool   // one of these points
	looked bool   // a look at the account's tasks was answered, and nothing was ordered since
}

var errDied = errors.New("the process died")

// point is told of everything that a process could die before or after. A dead
// one writes nothing and reaches nobody.
func (w *world) point(what string) error {
	w.mu.Lock()
	w.points++
	at := w.points
	w.dead = w.dead || at == w.die
	w.came = w.came || at == w.die || at == w.lose || at == w.meet
	switch what {
	case "answer QueryTaskList":
		w.looked = true
	case "answer " + renew, "answer " + redeem, "answer " + register:
		w.looked = false
	}
	dead, meets := w.dead || at == w.lose, at == w.meet
	w.mu.Unlock()
	if meets {
		w.other()
	}
	if dead {
		return errDied
	}
	return nil
}

// meetNobody has nothing more happen at a point. The service counts those of all
// machines: what ends before its point would leave it to another one.
func (w *world) meetNobody() {
	w.mu.Lock()
	w.meet = 0
	w.mu.Unlock()
}

// revive starts a new process.
func (w *world) revive() {
	w.mu.Lock()
	w.points, w.die, w.dead, w.lose, w.meet = 0, 0, false, 0, 0
	w.mu.Unlock()
	w.connect()
}

// name is what a test says of one domain: what is live and what is declared.
type name struct {
	name     string
	live     []string // nameservers; nil: ns0.example.net
	want     []string // nil: undeclared
	locked   bool     // the update lock is on and declared, and may be opened for a change
	transfer *bool    // the transfer lock that is declared; live it is off
	left     int      // days until it expires; 0: not said
	renewal  attr.Value
	redeem   bool
	buy      attr.Value // the account lacks it, and it is registered
}

var (
	oldServers = []string{"ns0.example.net"}
	newServers = []string{"ns1.example.net", "ns2.example.net"}
)

func newWorld(t *testing.T, names []name, o simulator.Options) *world {
	t.Helper()
	o.Account = accountOf(names)
	return newWorldOf(t, portfolioOf(names), o)
}

func newWorldOf(t *testing.T, p *config.Portfolio, o simulator.Options) *world {
	t.Helper()
	w := &world{t: t, portfolio: p, log: logger()}
	w.moveTo(inMemory)
	if o.Seed == 0 {
		o.Seed = 1
	}
	o.BeforeCall = func(_ int, operation string) error { return w.point("call " + operation) }
	o.AfterCall = func(_ int, operation string) error { return w.point("answer " + operation) }
	w.options.Hook = w.point
	w.sim = simulator.New(o)
	w.connect()
	return w
}

// connect makes a new client, as a new process does.
func (w *world) connect() {
	w.t.Helper()
	transport := w.sim.Transport()
	if w.wire != nil {
		transport = w.wire(transport)
	}
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: transport, Clock: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = client
}

// logger writes what runs log to stderr where somebody debugs a test.
func logger() *slog.Logger {
	if os.Getenv("EXECUTOR_LOG") == "" {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func accountOf(names []name) *snapshot.Account {
	a := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	for _, n := range names {
		if n.buy != nil {
			continue
		}
		d := snapshot.Domain{
			Name: n.name, Nameservers: slices.Clone(oldServers), TransferLock: wire.LockOff, UpdateLock: wire.Lock(n.locked),
			DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		}
		if n.live != nil {
			d.Nameservers = n.live
		}
		if n.left != 0 {
			d.Registered, d.Expires = time.Now().AddDate(-5, 0, n.left), time.Now().AddDate(0, 0, n.left)
			if n.left < 0 {
				d.UpdateLock = wire.LockOff // which the service does
			}
		}
		a.Domains = append(a.Domains, d)
	}
	a.Sort()
	return a
}

func portfolioOf(names []name) *config.Portfolio {
	p := &config.Portfolio{Limits: config.DefaultLimits(), Account: config.Account{Unmanaged: config.IgnoreUnmanaged}, Hash: "test"}
	for _, n := range names {
		d := config.Domain{Name: n.name, Settings: attr.Settings{TemporaryUnlock: n.locked}}
		declare := func(attribute string, v attr.Value) {
			d.Declared = append(d.Declared, config.Declared{Attribute: attr.Lookup(attribute), Value: v})
		}
		if n.want != nil {
			declare("nameservers", attr.NewNameserverSet(n.want))
		}
		if n.transfer != nil {
			declare("transfer_lock", attr.Bool(*n.transfer))
		}
		if n.locked {
			declare("update_lock", attr.Bool(true))
		}
		if n.buy != nil {
			declare("registration", n.buy)
		}
		if n.redeem {
			declare("redemption", attr.Redemption{})
		}
		if n.renewal != nil {
			declare("renewal", n.renewal)
		}
		p.Domains = append(p.Domains, d)
	}
	slices.SortFunc(p.Domains, func(a, b config.Domain) int { return strings.Compare(a.Name, b.Name) })
	return p
}

// many returns equal names that change their nameservers.
func many(n int) []name {
	names := make([]name, n)
	for i := range names {
		names[i] = name{name: fmt.Sprintf("n%04d.example", i), want: newServers}
	}
	return names
}

func (w *world) config(j *journal.Journal) executor.Config {
	return executor.Config{
		Service: w.client, Journal: j, Stop: w.stop, BatchSize: w.portfolio.Limits.BatchSize, PageSize: w.portfolio.Refresh.PageSize, Timing: w.timing, Log: w.log, ServiceClock: w.client.ServiceClock(),
		Events: w.heard, Names: len(w.sim.State().Domains),
		ReadList: func(ctx context.Context, operation string, wanted func(string) bool, take func([]snapshot.Domain)) error {
			return reader.FetchRows(ctx, w.client, operation, len(w.sim.State().Domains), wanted, reader.Options{Endpoint: endpoint, PageSize: w.portfolio.Refresh.PageSize}, take)
		},
		Read: func(ctx context.Context, facts map[string]snapshot.Facts) (*snapshot.Account, error) {
			return reader.FetchNames(ctx, w.client, facts, reader.Options{Endpoint: endpoint, PageSize: w.portfolio.Refresh.PageSize})
		},
		Today: func(ctx context.Context, names []string) (planner.Input, error) {
			live, err := reader.FetchSome(ctx, w.client, w.portfolio, names, reader.Options{Endpoint: endpoint, PageSize: w.portfolio.Refresh.PageSize})
			return planner.Input{Portfolio: w.portfolio, Live: live}, err
		},
	}
}

// open opens the journal for the time of a function.
func (w *world) open(ctx context.Context, f func(*journal.Journal) error) error {
	j, err := journal.Open(ctx, w.dir, w.options)
	if err != nil {
		return err
	}
	defer func() {
		if err := j.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	if err := j.Bind(ctx, endpoint, ""); err != nil {
		return err
	}
	return f(j)
}

// plan compares what is declared with what is live.
func (w *world) plan(ctx context.Context) (*planner.Plan, error) {
	j := w.job()
	j.Events, j.Stop = nil, nil
	r, err := j.Plan(ctx, job.PlanOptions{})
	return r.Plan, err
}

// job is the job of the world, by a new process.
func (w *world) job() *job.Job {
	j := &job.Job{
		Portfolio: w.portfolio, Policy: w.policy, Service: w.client, Endpoint: endpoint, Journal: job.InState(w.dir, w.options), Version: "test",
		ShowPersonal: true, Events: func(e job.Event) { w.heard(e.Details) }, Stop: w.stop, Log: w.log, Timing: w.timing, Clock: w.clock,
	}
	if w.keepsReadings {
		j.Readings = job.ReadingsIn(w.dir, w.options)
	}
	return j
}

// apply makes a run of the job, and returns what became of earlier runs and of
// this one.
func (w *world) apply(ctx context.Context) (settled, ran *executor.Report, err error) {
	r, err := w.job().Apply(ctx, job.ApplyOptions{})
	return r.Settled, r.Report, err
}

// mustApply applies without an error.
func (w *world) mustApply() *executor.Report {
	w.t.Helper()
	_, r, err := w.apply(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// resume goes on with the runs that are open.
func (w *world) resume(ctx context.Context) (*executor.Report, error) {
	r, err := w.job().Resume(ctx)
	return r.Report, err
}

// abandon gives up the runs that are open.
func (w *world) abandon() {
	w.t.Helper()
	if _, err := w.job().Abandon(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// counts checks how many changes ended how.
func (w *world) counts(r *executor.Report, want map[executor.ChangeResult]int, exit int) {
	w.t.Helper()
	got := make(map[executor.ChangeResult]int)
	for _, c := range r.Changes {
		got[c.Result]++
	}
	if !maps.Equal(got, want) {
		w.t.Errorf("changes ended as %v, want %v\n%+v", got, want, r.Changes)
	}
	if exitOf(r) != exit {
		w.t.Errorf("exit code %d, want %d: %+v", exitOf(r), exit, r)
	}
}

// converged checks that the account is as declared, and that no change was made
// twice.
func (w *world) converged() {
	w.t.Helper()
	w.settled()
	w.onceEach()
}

// settled checks that the second plan has nothing to do, that no lock is left
// open, and that none of our results is left in the queue.
func (w *world) settled() {
	w.t.Helper()
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		p, err := w.plan(w.t.Context())
		if err == nil && !p.Converged() {
			err = fmt.Errorf("the second plan has changes: %+v, owed relocks %v", p.Changes, p.OwedRelocks)
		}
		open, openErr := j.Open(w.t.Context())
		if len(open) > 0 {
			err = errors.Join(err, fmt.Errorf("runs are open: %+v", open))
		}
		return errors.Join(err, openErr)
	})
	if err != nil {
		w.t.Error(err)
	}
	w.allLocked()
	for _, d := range w.sim.Results() {
		if d.TaskType != "CHG_HOLDER" {
			w.t.Errorf("a result was not acknowledged: %+v", d)
		}
	}
}

// onceEach checks that no change but the opening and closing of locks was
// saved twice.
func (w *world) onceEach() {
	w.t.Helper()
	for change, n := range w.sim.Saved() {
		if n > 1 && !strings.HasPrefix(change, "SaveBatchTaskForUpdateProhibitionLock") {
			w.t.Errorf("saved %d times: %s", n, change)
		}
	}
}

// allLocked checks that names whose update lock is declared have it.
func (w *world) allLocked() {
	w.t.Helper()
	state := w.sim.State()
	for i := range w.portfolio.Domains {
		d := &w.portfolio.Domains[i]
		live := state.Domain(d.Name)
		if d.Value(attr.UpdateLock) == attr.Bool(true) && live != nil && !live.UpdateLock.On() {
			w.t.Errorf("%s is left unlocked", d.Name)
		}
	}
}

// submits returns how many tasks were asked for.
func (w *world) submits() int {
	n := 0
	for operation, calls := range w.sim.Stats() {
		if strings.HasPrefix(operation, "SaveBatchTask") {
			n += calls
		}
	}
	return n
}

// interruptAfter interrupts the next execution of a plan after some time; at once,
// it sends nothing.
func (w *world) interruptAfter(d time.Duration) {
	stop := make(chan struct{})
	w.stop = stop
	w.executing = func() {
		if d == 0 {
			close(stop)
			return
		}
		time.AfterFunc(d, func() { close(stop) })
	}
}

// heard keeps an event.
func (w *world) heard(e executor.Event) {
	if _, ok := e.(executor.Executing); ok && w.executing != nil {
		w.executing()
		w.executing = nil
	}
	w.events = append(w.events, e)
}
