package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/seedtest"
	"github.com/domainsync/domainsync/planner"
)

const endpoint = "https://domain.example"

// world is a fleet whose accounts are simulated.
type world struct {
	*testing.T
	dir      string // of all states
	by       carrying
	sims     map[string]*simulator.Simulator
	declared func(account string) string // the files of an account, as they are now

	mu      sync.Mutex
	working map[string]int // runs at work, by account
	most    int            // that were at work together
	errs    []string
}

func newWorld(t *testing.T, by carrying, declared func(account string) string, accounts ...string) *world {
	w := &world{T: t, by: by, dir: t.TempDir(), sims: make(map[string]*simulator.Simulator), declared: declared, working: make(map[string]int)}
	for _, name := range accounts {
		w.sims[name] = simulator.New(simulator.Options{Seed: 1, Account: &snapshot.Account{FormatVersion: snapshot.FormatVersion, Domains: []snapshot.Domain{{
			Name: name + ".com", Expires: time.Now().AddDate(3, 0, 0).Truncate(time.Second), Nameservers: []string{"ns1.example.org", "ns2.example.org"},
			TransferLock: wire.LockOn, UpdateLock: wire.LockOn, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		}}}})
	}
	return w
}

// locked declares a name whose nameservers change under a lock.
func locked(account, host string) string {
	return fmt.Sprintf(`
domain "%s.com" {
  nameservers      = ["%s1.example.net", "%s2.example.net"]
  update_lock      = true
  temporary_unlock = true
}
`, account, host, host)
}

// fleetOf is a file with a job of each account at a time.
func (w *world) fleetOf(schedules map[string]string) *fleet.File {
	w.Helper()
	f := new(fleet.File)
	for name, text := range schedules {
		account, _, _ := strings.Cut(name, "-")
		j := fleet.Job{Name: name, Dir: account, State: filepath.Join(w.dir, account), Action: fleet.Apply}
		if strings.HasSuffix(name, "-plan") {
			j.Action = fleet.Plan
		}
		if spec, zone, found := strings.Cut(text, "@ "); found {
			j.Schedule = schedule(w.T, strings.TrimSpace(spec), zone)
		}
		f.Jobs = append(f.Jobs, j)
	}
	slices.SortFunc(f.Jobs, func(x, y fleet.Job) int { return strings.Compare(x.Name, y.Name) })
	return f
}

// A process runs jobs until it dies, which it may do before any of its calls and writes.
type process struct {
	*world
	table  fleet.Table
	runner *fleet.Runner
	log    bytes.Buffer
	stop   chan struct{}
	hard   context.CancelFunc
	ended  chan error

	points atomic.Int64
	dieAt  int64 // 0: never
	dead   atomic.Bool
}

var errDead = errors.New("the process is dead")

// point is where the process may die.
func (p *process) point() error {
	if n := p.points.Add(1); p.dieAt > 0 && n >= p.dieAt && !p.dead.Swap(true) {
		p.hard()
	}
	if p.dead.Load() {
		return errDead
	}
	return nil
}

// start begins a process.
func (w *world) start(f *fleet.File, change func(*process)) *process {
	w.Helper()
	p := &process{world: w, stop: make(chan struct{}), ended: make(chan error, 1)}
	table, err := sqlite.Create(w.Context(), filepath.Join(w.dir, "fleet"), clock.Clock{})
	if err != nil {
		w.Fatal(err)
	}
	p.table = table
	p.runner = fleet.NewRunner(f)
	p.runner.Table, p.runner.Perform, p.runner.Holder, p.runner.Poll = &mortal{Table: table, p: p}, p.perform, "machine", time.Hour
	p.runner.Log = slog.New(slog.NewTextHandler(&p.log, nil))
	p.runner.Workers, p.runner.Carrier = 2, w.by(p.runner.Table, p.point)
	ctx, hard := context.WithCancel(w.Context())
	if p.hard = hard; change != nil {
		change(p)
	}
	if err := p.runner.Declare(ctx, "operator", f); err != nil && !p.dead.Load() {
		w.Fatal(err)
	}
	go func() { p.ended <- p.runner.Run(ctx, p.stop) }()
	return p
}

// end waits for the end of a process.
func (p *process) end() error {
	p.Helper()
	err := <-p.ended
	p.hard()
	if err := p.table.Close(); err != nil {
		p.Error(err)
	}
	return err
}

// leave asks a process to end, and waits for that.
func (p *process) leave() error {
	close(p.stop)
	return p.end()
}

// A mortal table does nothing for a process that is dead.
type mortal struct {
	fleet.Table
	p *process
}

func (m *mortal) Declare(ctx context.Context, by string, all []fleet.Declaration) error {
	if err := m.p.point(); err != nil {
		return err
	}
	return m.Table.Declare(ctx, by, all)
}

func (m *mortal) Due(ctx context.Context, c fleet.Claim) ([]fleet.DueJob, time.Time, error) {
	if err := m.p.point(); err != nil {
		return nil, time.Time{}, err
	}
	return m.Table.Due(ctx, c)
}

func (m *mortal) Take(ctx context.Context, c fleet.Claim) (*fleet.Turn, time.Time, error) {
	if err := m.p.point(); err != nil {
		return nil, time.Time{}, err
	}
	turn, next, err := m.Table.Take(ctx, c)
	if turn != nil {
		if err := m.p.point(); err != nil {
			return nil, time.Time{}, err
		}
	}
	return turn, next, err
}

func (m *mortal) Renew(ctx context.Context, t *fleet.Turn, lease time.Duration) error {
	if err := m.p.point(); err != nil {
		return err
	}
	return m.Table.Renew(ctx, t, lease)
}

func (m *mortal) Record(ctx context.Context, t *fleet.Turn, lines [][]byte) error {
	if err := m.p.point(); err != nil {
		return err
	}
	return m.Table.Record(ctx, t, lines)
}

func (m *mortal) End(ctx context.Context, t *fleet.Turn, o fleet.Outcome, again time.Time) error {
	if err := m.p.point(); err != nil {
		return err
	}
	err := m.Table.End(ctx, t, o, again)
	if err == nil {
		err = m.p.point()
	}
	return err
}

// mortalTransport sends nothing for a process that is dead.
type mortalTransport struct {
	p   *process
	sim http.RoundTripper
}

func (m mortalTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := m.p.point(); err != nil {
		return nil, err
	}
	answer, err := m.sim.RoundTrip(r)
	if err == nil {
		err = m.p.point() // the answer comes too late
	}
	return answer, err
}

// perform makes a run as the program does, over the simulated account.
func (p *process) perform(ctx context.Context, w fleet.Work) fleet.Outcome {
	p.enter(w.Job.Dir)
	defer p.exit(w.Job.Dir)
	portfolio, diags := config.LoadFS(fstest.MapFS{"main.hcl": &fstest.MapFile{Data: []byte(p.declared(w.Job.Dir)), Mode: fs.ModePerm}}, config.Options{})
	if diags.HasErrors() {
		return fleet.Outcome{ExitCode: 1, Reason: "error", Message: diags.Error()}
	}
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: mortalTransport{p, p.sims[w.Job.Dir].Transport()},
	})
	if err != nil {
		return fleet.Outcome{ExitCode: 1, Reason: "error", Message: err.Error()}
	}
	j := &job.Job{
		Name: w.Job.Name, Portfolio: portfolio, Service: client, Endpoint: endpoint, Stop: w.Stop, Version: "test",
		Journal: job.InState(w.Job.State, journal.Options{Hook: func(string) error { return p.point() }}),
		Events:  func(e job.Event) { w.Record(fmt.Appendf(nil, `{"type":%q}`, e.Kind())) },
	}
	var r *job.Result
	if w.Job.Action == fleet.Plan {
		r, err = j.Plan(ctx, job.PlanOptions{})
	} else {
		r, err = j.Apply(ctx, job.ApplyOptions{Approval: &planner.Approval{Hazards: attr.Hazards()}})
	}
	return outcomeOf(r, err)
}

// outcomeOf is how a run ended.
func outcomeOf(r *job.Result, err error) fleet.Outcome {
	codes := []int{0}
	for _, reason := range r.Reasons {
		codes = append(codes, job.ExitCodeFor(reason))
	}
	_, held := errors.AsType[*journal.LockedError](err)
	switch {
	case held:
		codes = append(codes, job.ExitHeld)
	case errors.Is(err, job.ErrInterrupted):
		codes = append(codes, job.ExitOpen)
	case err != nil:
		codes = append(codes, job.ExitError)
	}
	o := fleet.Outcome{ExitCode: job.ExitCode(codes...), Held: held}
	if o.Unfinished = errors.Is(err, job.ErrInterrupted) || o.ExitCode == job.ExitOpen; err != nil {
		o.Reason, o.Message = "error", err.Error()
	}
	return o
}

func (w *world) enter(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working[account]++
	all := 0
	for _, n := range w.working {
		all += n
	}
	if w.most = max(w.most, all); w.working[account] > 1 {
		w.errs = append(w.errs, fmt.Sprintf("%d runs of %s at once", w.working[account], account))
	}
}

func (w *world) exit(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.working[account]--
}

// holds holds what must be true in the end: each account is as its files declare, its
// lock closed, and no change was saved twice.
func (w *world) holds() {
	w.Helper()
	for _, e := range w.errs {
		w.Error(e)
	}
	for name, sim := range w.sims {
		d := &sim.State().Domains[0]
		if want := w.declared(name); !strings.Contains(want, d.Nameservers[0]) || !d.UpdateLock.On() {
			w.Errorf("%s has the nameservers %v and the lock %s, declared is %s", name, d.Nameservers, d.UpdateLock, want)
		}
		for change, n := range sim.Saved() {
			if n > 1 && !strings.Contains(change, "UpdateProhibitionLock") { // opened and closed for each change
				w.Errorf("%s: %s was saved %d times", name, change, n)
			}
		}
	}
}

// runs returns the runs of a job, the oldest first.
func (w *world) runs(name string) []fleet.Run {
	w.Helper()
	table, err := sqlite.Open(w.Context(), filepath.Join(w.dir, "fleet"), clock.Clock{})
	if err != nil {
		w.Fatal(err)
	}
	defer table.Close() //nolint:errcheck // it was only read
	all, err := table.Runs(w.Context(), fleet.RunQuery{Job: name})
	if err != nil {
		w.Fatal(err)
	}
	slices.Reverse(all)
	return all
}

// TestMonthOfNights plays a month of three accounts in one process, from winter into
// summer time: each is run each night, at its time, as its files are then. For two nights
// no process is there; the next one runs what was missed, once, and says so.
func TestMonthOfNights(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		time.Sleep(time.Until(time.Date(2000, 3, 12, 12, 0, 0, 0, time.UTC)))
		declared := func(account string) string {
			return locked(account, time.Now().Add(-3*time.Hour).UTC().Format("d0102-"))
		}
		w := newWorld(t, by, declared, "corp", "shop", "labs")
		f := w.fleetOf(map[string]string{
			"corp": "17 3 * * *@ Asia/Shanghai", "shop": "30 2 * * *@ Europe/Berlin", "labs": "0 4 * * *@ UTC", "corp-plan": "15 3 * * *@ Asia/Shanghai",
		})
		w.slow("corp", 2*time.Minute)                             // so that its plan is at work when its apply is due, and others, too
		rarely := func(p *process) { p.runner.Lease = time.Hour } // renewed, which takes a moment each time
		p := w.start(f, rarely)
		time.Sleep(10 * 24 * time.Hour)
		if err := p.leave(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(48 * time.Hour)
		p = w.start(f, rarely)
		time.Sleep(18 * 24 * time.Hour)
		if err := p.leave(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"corp", "shop", "labs", "corp-plan"} {
			w.monthOf(name, f.Job(name).Schedule)
		}
		if w.most != 2 {
			t.Errorf("%d runs were at work together", w.most)
		}
		if !strings.Contains(p.log.String(), "the run begins late") || !strings.Contains(p.log.String(), "missed=1") {
			t.Error("the log does not say what was late")
		}
		for _, e := range w.errs {
			t.Error(e)
		}
		for name, sim := range w.sims {
			for change, n := range sim.Saved() {
				if n > 1 && !strings.Contains(change, "UpdateProhibitionLock") {
					t.Errorf("%s: %s was saved %d times", name, change, n)
				}
			}
		}
	})
}

// monthOf holds that a job was run at all of its times, but for those that were missed.
func (w *world) monthOf(name string, s fleet.Schedule) {
	w.Helper()
	all := w.runs(name)
	due, late := s.Next(time.Date(2000, 3, 12, 12, 0, 0, 0, time.UTC)), 0
	for i := range all {
		r := &all[i]
		if !r.Due.Equal(due) || r.ExitCode != 0 && r.ExitCode != 2 || r.Ended.IsZero() || r.Attempt != 1 {
			w.Errorf("run %d of %s is %+v, due was %v", i, name, r, due)
		}
		if r.Late() > 0 {
			late++
			if r.Missed != 1 || r.Late() < 24*time.Hour {
				w.Errorf("%s: late by %v, and %d more missed", name, r.Late(), r.Missed)
			}
		}
		for range r.Missed + 1 {
			due = s.Next(due)
		}
	}
	if len(all) != 29 || late != 1 {
		w.Errorf("%s has %d runs, %d of them late", name, len(all), late)
	}
}

// TestDeathAtPointsOfARunner lets the process die before and after its calls, its writes
// and its looks at the table. The next one settles what it left, as soon as the lease has
// ended: the account is as declared, and nothing was done twice. EXECUTOR_POINTS=all has
// every point tried, and not some.
func TestDeathAtPointsOfARunner(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]func() carrying{"direct": func() carrying { return alone }, "queue": func() carrying { return newQueue().carry }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deathAtPoints(t, by)
		})
	}
}

func deathAtPoints(t *testing.T, by func() carrying) {
	first, step, died := seedtest.First(t)%8, int64(8), 0
	if os.Getenv("EXECUTOR_POINTS") == "all" {
		first, step = 0, 1
	}
	for at := int64(first) + 1; ; at += step { //nolint:gosec // it is below 8
		over := false
		synctest.Test(t, func(t *testing.T) { over = dieAt(t, by(), at) })
		if over || t.Failed() {
			break
		}
		died++
	}
	if t.Logf("the process died at %d points, of every %d from %d on", died, step, first+1); died < 8 {
		t.Error("there were to be more points")
	}
}

// dieAt plays a death at a point, and reports whether the run was over before.
func dieAt(t *testing.T, by carrying, at int64) (over bool) {
	w := newWorld(t, by, func(account string) string { return locked(account, "new") }, "corp")
	f := w.fleetOf(map[string]string{"corp": "0 3 * * *@ UTC"})
	p := w.start(f, func(p *process) { p.dieAt = at })
	time.Sleep(4 * time.Hour)
	if over = !p.dead.Load(); over {
		if err := p.leave(); err != nil {
			t.Fatal(err)
		}
		w.holds()
		return true
	}
	p.end() //nolint:errcheck // it is dead
	again := time.Now()
	next := w.start(f, nil)
	time.Sleep(24 * time.Hour)
	if err := next.leave(); err != nil {
		t.Fatal(err)
	}
	if w.holds(); t.Failed() {
		t.Fatalf("after a death at point %d:\n%s\nthen\n%s", at, p.log.String(), next.log.String())
	}
	all := w.runs("corp")
	if len(all) > 1 && all[0].Reason == fleet.ReasonLost && (all[1].Began.Sub(again) > time.Minute || !all[1].Due.Equal(all[0].Due)) {
		t.Errorf("after a death at point %d at %v the next process, begun at %v, took the job at %v for %v", at, all[0].Began, again, all[1].Began, all[1].Due)
	}
	if len(all) == 0 || all[len(all)-1].ExitCode != 0 || all[len(all)-1].Ended.IsZero() {
		t.Fatalf("after a death at point %d the runs are %+v", at, all)
	}
	return false
}

// slow has the tasks of an account take so long.
func (w *world) slow(account string, d time.Duration) {
	w.Helper()
	err := w.sims[account].SetFaults(simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: d, Max: d}}})
	if err != nil {
		w.Fatal(err)
	}
}

// TestStopDrains asks a process to end while a lock is open: it settles, closes the lock,
// takes nothing more, and the next one goes on at once.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		w := newWorld(t, by, func(account string) string { return locked(account, "new") }, "corp", "shop")
		f := w.fleetOf(map[string]string{"corp": "0 3 * * *@ UTC", "shop": "1 3 * * *@ UTC"})
		w.slow("corp", time.Minute)
		p := w.start(f, func(p *process) { p.runner.Workers = 1 })
		time.Sleep(3*time.Hour + 30*time.Second) // the lock is being opened
		asked := time.Now()
		if err := p.leave(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(asked); took > 5*time.Minute {
			t.Errorf("it took %v to end", took)
		}
		if d := w.sims["corp"].State().Domains[0]; !d.UpdateLock.On() || d.Nameservers[0] != "ns1.example.org" {
			t.Errorf("the lock is %s, the nameservers are %v", d.UpdateLock, d.Nameservers)
		}
		if n := len(w.runs("shop")); n != 0 {
			t.Errorf("%d runs of shop began", n)
		}
		next := w.start(f, nil)
		time.Sleep(10 * time.Minute)
		if err := next.leave(); err != nil {
			t.Fatal(err)
		}
		w.holds()
		all := w.runs("corp")
		if len(all) != 2 || all[0].ExitCode != job.ExitOpen || all[1].Attempt != 2 || !all[1].Due.Equal(all[0].Due) || all[1].ExitCode != 0 {
			t.Errorf("the runs are %+v", all)
		}
	})
}

// TestDrainIsBounded: a service that does not come to an end keeps no process.
func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		w := newWorld(t, by, func(account string) string { return locked(account, "new") }, "corp")
		f := w.fleetOf(map[string]string{"corp": "0 3 * * *@ UTC"})
		w.slow("corp", 2*time.Hour)
		p := w.start(f, func(p *process) { p.runner.Drain = 10 * time.Minute })
		time.Sleep(3*time.Hour + time.Minute)
		asked := time.Now()
		if err := p.leave(); err == nil || !strings.Contains(err.Error(), "the time to end in order is over") {
			t.Errorf("it ends with %v", err)
		}
		if took := time.Since(asked); took < 10*time.Minute || took > 11*time.Minute {
			t.Errorf("it took %v to end", took)
		}
		w.slow("corp", time.Minute)
		next := w.start(f, nil)
		time.Sleep(6 * time.Hour)
		if err := next.leave(); err != nil {
			t.Fatal(err)
		}
		if w.holds(); t.Failed() {
			t.Logf("%s%s%+v", p.log.String(), next.log.String(), w.runs("corp"))
		}
	})
}

// TestDrainLeavesBehindWhatDoesNotStop: a run that waits for something without a bound
// keeps no process from its end.
func TestDrainLeavesBehindWhatDoesNotStop(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		p := play(t, by, jobsOf(t, "a"), func(context.Context, fleet.Work) fleet.Outcome {
			time.Sleep(24 * time.Hour)
			return fleet.Outcome{}
		}, nil)
		time.Sleep(4 * time.Hour)
		asked := time.Now()
		close(p.stop)
		if err := <-p.ended; err == nil || !strings.Contains(err.Error(), "do not stop") {
			t.Errorf("it ends with %v", err)
		}
		if took := time.Since(asked); took != fleet.DefaultDrain+30*time.Second {
			t.Errorf("it took %v", took)
		}
		time.Sleep(24 * time.Hour) // the run ends after all, in a process that is not there any more
		if err := p.table.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestHeldAccountIsTriedAgain: a command that works on the account goes first.
func TestHeldAccountIsTriedAgain(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		w := newWorld(t, by, func(account string) string { return locked(account, "new") }, "corp")
		f := w.fleetOf(map[string]string{"corp": "0 3 * * *@ UTC"})
		p := w.start(f, nil)
		time.Sleep(2 * time.Hour)
		command, err := journal.Open(t.Context(), f.Jobs[0].State, journal.Options{Endpoint: endpoint})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour + 4*time.Minute + 30*time.Second)
		if err := command.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if err := p.leave(); err != nil {
			t.Fatal(err)
		}
		w.holds()
		all := w.runs("corp")
		var began []string
		for i, r := range all {
			began = append(began, r.Began.Format("15:04"))
			if last := i == len(all)-1; last != (r.ExitCode == 0) || !last && (!r.Held || r.ExitCode != job.ExitHeld) || r.Attempt != i+1 || !r.Due.Equal(all[0].Due) {
				t.Errorf("run %d is %+v", i, r)
			}
		}
		if want := []string{"03:00", "03:01", "03:03", "03:06"}; !slices.Equal(began, want) {
			t.Errorf("runs began at %q, want %q", began, want)
		}
	})
}

// played is a runner whose runs do what a test says.
type played struct {
	*testing.T
	table  fleet.Table
	runner *fleet.Runner
	log    bytes.Buffer
	stop   chan struct{}
	ended  chan error

	mu    sync.Mutex
	begun []string
}

// play begins a runner.
func play(t *testing.T, by carrying, f *fleet.File, run func(ctx context.Context, w fleet.Work) fleet.Outcome, change func(*played)) *played {
	t.Helper()
	table, err := sqlite.Create(t.Context(), t.TempDir(), clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	p := &played{T: t, table: table, stop: make(chan struct{}), ended: make(chan error, 1)}
	p.runner = fleet.NewRunner(f)
	p.runner.Table, p.runner.Holder, p.runner.Poll = table, "machine", time.Hour
	p.runner.Log = slog.New(slog.NewTextHandler(&p.log, nil))
	p.runner.Perform = func(ctx context.Context, w fleet.Work) fleet.Outcome {
		p.mu.Lock()
		p.begun = append(p.begun, w.Job.Name)
		p.mu.Unlock()
		return run(ctx, w)
	}
	if change != nil {
		change(p)
	}
	p.runner.Carrier = by(p.runner.Table, func() error { return nil })
	if err := p.runner.Declare(t.Context(), "operator", f); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.runner.Run(t.Context(), p.stop) }()
	return p
}

// leave ends the runner, and closes its table.
func (p *played) leave() {
	p.Helper()
	close(p.stop)
	if err := <-p.ended; err != nil {
		p.Error(err)
	}
	if err := p.table.Close(); err != nil {
		p.Error(err)
	}
}

func (p *played) ask(name string) {
	p.Helper()
	if err := p.table.Do(p.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: name}); err != nil {
		p.Error(err)
	}
}

// jobsOf is a file with jobs due at 03:00.
func jobsOf(t *testing.T, names ...string) *fleet.File {
	t.Helper()
	f := new(fleet.File)
	for _, name := range names {
		f.Jobs = append(f.Jobs, fleet.Job{Name: name, Dir: name, State: name, Schedule: schedule(t, "0 3 * * *", "UTC")})
	}
	return f
}

func TestPriorityAndBoundOfWorkers(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		f := jobsOf(t, "a", "b", "c", "d", "e")
		f.Job("d").Priority, f.Job("c").Priority = 9, 5
		var working, most atomic.Int32
		p := play(t, by, f, func(context.Context, fleet.Work) fleet.Outcome {
			most.Store(max(most.Load(), working.Add(1)))
			time.Sleep(time.Minute)
			working.Add(-1)
			return fleet.Outcome{}
		}, func(p *played) { p.runner.Workers = 2 })
		time.Sleep(3*time.Hour + 2*time.Minute - time.Second)
		if !p.runner.Busy() {
			t.Error("all workers are at work")
		}
		time.Sleep(time.Hour)
		if p.runner.Busy() {
			t.Error("no worker is at work")
		}
		p.leave()
		if slices.Sort(p.begun[:2]); !slices.Equal(p.begun[:2], []string{"c", "d"}) || len(p.begun) != 5 || most.Load() != 2 {
			t.Errorf("begun were %q, at most %d together", p.begun, most.Load())
		}
	})
}

// TestWhatIsAskedForBeginsSoon also of a job that is at work: once more, when it has ended.
func TestWhatIsAskedForBeginsSoon(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		p := play(t, by, jobsOf(t, "a"), func(context.Context, fleet.Work) fleet.Outcome {
			time.Sleep(time.Minute)
			return fleet.Outcome{}
		}, func(p *played) { p.runner.Poll = fleet.DefaultPoll })
		time.Sleep(time.Second)
		p.ask("a")
		time.Sleep(10 * time.Second)
		p.ask("a")
		p.ask("a")
		time.Sleep(10 * time.Minute)
		runs, err := p.table.Runs(t.Context(), fleet.RunQuery{})
		p.leave()
		if err != nil || len(runs) != 2 || runs[1].Began.Sub(runs[1].Due) > fleet.DefaultPoll || runs[0].By != "ada" {
			t.Errorf("runs are %+v, %v", runs, err)
		}
	})
}

// TestARunIsCanceled: a run ends in order when somebody wants it to, and no other one does;
// what it leaves is settled later.
func TestARunIsCanceled(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		p := play(t, by, jobsOf(t, "a", "b"), func(_ context.Context, w fleet.Work) fleet.Outcome {
			select {
			case <-w.Stop:
				return fleet.Outcome{ExitCode: 5, Reason: "interrupted", Unfinished: true}
			case <-time.After(10 * time.Minute):
				return fleet.Outcome{}
			}
		}, func(p *played) { p.runner.Workers, p.runner.Poll = 2, fleet.DefaultPoll })
		p.ask("a")
		p.ask("b")
		time.Sleep(10 * time.Second)
		runs, err := p.table.Runs(t.Context(), fleet.RunQuery{Job: "a"})
		if err != nil || len(runs) != 1 {
			t.Fatalf("runs are %+v, %v", runs, err)
		}
		for _, run := range []int64{runs[0].ID + 100, runs[0].ID} { // another run is not meant
			if err := p.table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedCancel, Job: "a", Run: run}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Second)
		entries, err := p.table.Jobs(t.Context())
		if err != nil || entries[0].Turn != nil || entries[0].Last.ExitCode != 5 || entries[1].Turn == nil {
			t.Errorf("after it was canceled: %+v, %v", entries, err)
		}
		if next := entries[0].Next.Sub(entries[0].Last.Ended); next < time.Minute {
			t.Errorf("it is run again after %s", next)
		}
		p.leave()
	})
}

// TestACrashEndsItsRunAlone: one account's fault keeps no other one from being run.
func TestACrashEndsItsRunAlone(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		p := play(t, by, jobsOf(t, "a", "b"), func(_ context.Context, w fleet.Work) fleet.Outcome {
			if w.Job.Name == "a" {
				panic("a fault")
			}
			return fleet.Outcome{}
		}, nil)
		time.Sleep(3*time.Hour + time.Minute)
		entries, err := p.table.Jobs(t.Context())
		p.leave()
		if err != nil || entries[0].Last.Reason != "crash" || entries[0].Last.ExitCode != 1 || entries[1].Last.ExitCode != 0 || entries[0].Turn != nil {
			t.Errorf("jobs are %+v, %v", entries, err)
		}
		if !strings.Contains(p.log.String(), "a fault") || !strings.Contains(p.log.String(), "runner_test.go") {
			t.Errorf("the log says %s", p.log.String())
		}
	})
}

// TestARunIsMadeOnceWhatItNeedsCanBeReached, and not at the job's next time alone.
func TestARunIsMadeOnceWhatItNeedsCanBeReached(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		began := time.Now()
		var tries []time.Duration
		p := play(t, by, jobsOf(t, "a"), func(context.Context, fleet.Work) fleet.Outcome {
			tries = append(tries, time.Since(began).Round(time.Minute))
			if len(tries) < 20 {
				return fleet.Outcome{ExitCode: job.ExitError, OutOfReach: true}
			}
			return fleet.Outcome{}
		}, nil)
		time.Sleep((24+2)*time.Hour + time.Minute)
		p.leave()
		if len(tries) != 20 || tries[1]-tries[0] > 2*time.Minute || tries[19]-tries[18] < 15*time.Minute || tries[19]-tries[0] > 4*time.Hour {
			t.Errorf("it was tried after %v", tries)
		}
	})
}

// TestWhatStaysUnfinishedIsTriedSixTimes, each time later, and then at the job's next time.
func TestWhatStaysUnfinishedIsTriedSixTimes(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		p := play(t, by, jobsOf(t, "a"), func(context.Context, fleet.Work) fleet.Outcome {
			return fleet.Outcome{ExitCode: job.ExitOpen, Unfinished: true}
		}, nil)
		time.Sleep((24+3)*time.Hour + time.Minute)
		runs, err := p.table.Runs(t.Context(), fleet.RunQuery{})
		p.leave()
		slices.Reverse(runs)
		if err != nil || len(runs) != 7 {
			t.Fatalf("runs are %+v, %v", runs, err)
		}
		for i := range 6 {
			r := &runs[i]
			wait := time.Duration(i*(i+1)/2) * 30 * time.Minute
			if r.Attempt != i+1 || !r.Due.Equal(runs[0].Due) || r.Began.Sub(runs[0].Began).Round(time.Minute) != wait {
				t.Errorf("attempt %d: %+v, want it %s after the first", i+1, r, wait)
			}
		}
		if last := runs[6]; last.Attempt != 1 || !last.Due.Equal(runs[0].Due.Add(24*time.Hour)) {
			t.Errorf("the next night: %+v", last)
		}
	})
}

// TestALostTurnEndsItsRun: whoever took the job over must not find it run.
func TestALostTurnEndsItsRun(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		ended := make(chan error, 2)
		p := play(t, by, jobsOf(t, "a"), func(ctx context.Context, w fleet.Work) fleet.Outcome {
			if w.Turn.Attempt == 1 {
				<-ctx.Done()
				ended <- context.Cause(ctx)
			}
			return fleet.Outcome{}
		}, nil)
		time.Sleep(3*time.Hour + time.Second)
		steal(t, p.table, "a")
		time.Sleep(fleet.DefaultLease)
		if lost, ok := errors.AsType[*fleet.LostError](<-ended); !ok || lost.Job != "a" {
			t.Errorf("the run ends for %v", lost)
		}
		p.leave()
		if said := p.log.String(); strings.Count(said, "run=1 ") != 2 || !strings.Contains(said, "another process runs the job again") {
			t.Errorf("of the run is said more than that it began and was lost:\n%s", said)
		}
	})
}

// steal ends the turn of a job as another holder would, so that it is its own no more.
func steal(t *testing.T, table fleet.Table, name string) {
	t.Helper()
	entries, err := table.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name == name && e.Turn != nil {
			if err := table.End(t.Context(), e.Turn, fleet.Outcome{Reason: fleet.ReasonLost}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("nobody works on %s", name)
}

// TestATableThatFails keeps no runner from going on when it can.
func TestATableThatFails(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		var broken atomic.Bool
		broken.Store(true)
		p := play(t, by, jobsOf(t, "a"), func(context.Context, fleet.Work) fleet.Outcome { return fleet.Outcome{} }, func(p *played) {
			p.runner.Table, p.runner.Poll = brokenTable{p.table, &broken}, time.Minute
		})
		time.Sleep(4 * time.Hour)
		if looked, err := p.runner.Looked(); err == nil || !looked.IsZero() {
			t.Errorf("looked at %v, %v", looked, err)
		}
		broken.Store(false)
		time.Sleep(3 * time.Minute)
		if looked, err := p.runner.Looked(); err != nil || time.Since(looked) > time.Minute {
			t.Errorf("looked at %v, %v", looked, err)
		}
		p.leave()
		if len(p.begun) != 1 || !strings.Contains(p.log.String(), "no room") {
			t.Errorf("begun were %q; the log says %s", p.begun, p.log.String())
		}
	})
}

// TestATableThatFailsIsToldSparingly: once a minute, though it is looked at more often, and
// once when it can be used again; and anew when it fails once more.
func TestATableThatFailsIsToldSparingly(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		var broken atomic.Bool
		p := play(t, by, jobsOf(t), nil, func(p *played) {
			p.runner.Table, p.runner.Poll = brokenTable{p.table, &broken}, 2*time.Second
		})
		for _, long := range []time.Duration{5 * time.Minute, 2 * time.Minute} {
			broken.Store(true)
			time.Sleep(long - 10*time.Second)
			broken.Store(false)
			time.Sleep(10 * time.Second)
		}
		p.leave()
		said := p.log.String()
		if n := strings.Count(said, "cannot be used"); n != 7 {
			t.Errorf("that it fails is told %d times, want 7", n)
		}
		if n := strings.Count(said, "can be used again"); n != 2 || !strings.Contains(said, "after=4m5") {
			t.Errorf("that it can be used is told %d times:\n%s", n, said)
		}
	})
}

type brokenTable struct {
	fleet.Table
	broken *atomic.Bool
}

func (b brokenTable) Due(ctx context.Context, c fleet.Claim) ([]fleet.DueJob, time.Time, error) {
	if b.broken.Load() {
		return nil, time.Time{}, errors.New("no room")
	}
	return b.Table.Due(ctx, c)
}

func (b brokenTable) Take(ctx context.Context, c fleet.Claim) (*fleet.Turn, time.Time, error) {
	if b.broken.Load() {
		return nil, time.Time{}, errors.New("no room")
	}
	return b.Table.Take(ctx, c)
}

// TestANewFileHoldsFromTheNextRun: what is at work goes on as it began.
func TestANewFileHoldsFromTheNextRun(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, by carrying) {
		var mu sync.Mutex
		var seen []string
		p := play(t, by, jobsOf(t, "a", "b"), func(_ context.Context, w fleet.Work) fleet.Outcome {
			mu.Lock()
			seen = append(seen, w.Job.Name+w.Job.Dir)
			mu.Unlock()
			time.Sleep(10 * time.Minute)
			return fleet.Outcome{}
		}, func(p *played) { p.runner.Workers, p.runner.Poll = 2, time.Hour })
		time.Sleep(3*time.Hour + time.Minute)
		f := jobsOf(t, "a", "c")
		f.Job("a").Dir = "elsewhere"
		if err := p.runner.Declare(t.Context(), "operator", f); err != nil {
			t.Fatal(err)
		}
		time.Sleep(26 * time.Hour)
		p.leave()
		slices.Sort(seen)
		if want := []string{"aa", "aelsewhere", "bb", "cc"}; !slices.Equal(seen, want) {
			t.Errorf("run were %q, want %q", seen, want)
		}
	})
}

// TestLinesOfARunAreBounded: of a run that tells of each of many names is kept how it
// begins, how much there was, and how it ended.
func TestLinesOfARunAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := play(t, alone, jobsOf(t, "a"), func(_ context.Context, w fleet.Work) fleet.Outcome {
			for i := range 12_000 {
				w.Record(fmt.Appendf(nil, `{"n":%d}`, i))
			}
			return fleet.Outcome{}
		}, nil)
		time.Sleep(4 * time.Hour)
		all, err := p.table.Lines(t.Context(), 1, 0)
		p.leave()
		if err != nil || len(all) != 5002 || string(all[5000].Data) != `{"type":"omitted","lines":6999}` || string(all[5001].Data) != `{"n":11999}` {
			t.Errorf("%d lines are kept, %v", len(all), err)
		}
	})
}

// TestLinesShowWhileARunWaits: who looks on sees what happened last.
func TestLinesShowWhileARunWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := play(t, alone, jobsOf(t, "a"), func(_ context.Context, w fleet.Work) fleet.Outcome {
			w.Record([]byte("first"))
			w.Record([]byte("second"))
			time.Sleep(time.Hour)
			return fleet.Outcome{}
		}, nil)
		time.Sleep(3*time.Hour + fleet.DefaultLease/3 + 3*time.Second)
		all, err := p.table.Lines(t.Context(), 1, 0)
		if err != nil || len(all) != 2 || string(all[1].Data) != "second" {
			t.Errorf("lines are %v, %v", all, err)
		}
		time.Sleep(time.Hour)
		p.leave()
	})
}

// TestMissingLinesAreTold: an outage of the table while a run tells what happens.
func TestMissingLinesAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		p := play(t, alone, jobsOf(t, "a"), func(_ context.Context, w fleet.Work) fleet.Outcome {
			time.Sleep(time.Second) // so that nothing happens when the lease is renewed
			for i := range 7 {
				broken.Store(i >= 2 && i <= 4)
				time.Sleep(2 * time.Second)
				w.Record(fmt.Appendf(nil, `{"n":%d}`, i))
			}
			return fleet.Outcome{}
		}, func(p *played) { p.runner.Table = deafTable{p.runner.Table, &broken} })
		time.Sleep(4 * time.Hour)
		all, err := p.table.Lines(t.Context(), 1, 0)
		runs, failed := p.table.Runs(t.Context(), fleet.RunQuery{ID: 1})
		p.leave()
		var text []string
		for _, l := range all {
			text = append(text, string(l.Data))
		}
		if want := `{"n":0} {"n":1} {"type":"missing","lines":3} {"n":5} {"n":6}`; err != nil || strings.Join(text, " ") != want {
			t.Errorf("lines are %s, %v; want %s", text, err, want)
		}
		if failed != nil || len(runs) != 1 || runs[0].LinesMissing != 3 {
			t.Errorf("the run is %+v, %v", runs, failed)
		}
		if log := p.log.String(); !strings.Contains(log, "lines of the run are missing for those who look on") || !strings.Contains(log, "lines=3") {
			t.Errorf("the log is %s", log)
		}
	})
}

// deafTable takes no lines while it is broken.
type deafTable struct {
	fleet.Table
	broken *atomic.Bool
}

func (d deafTable) Record(ctx context.Context, turn *fleet.Turn, lines [][]byte) error {
	if d.broken.Load() {
		return errors.New("no room")
	}
	return d.Table.Record(ctx, turn, lines)
}

// TestTheLogSaysHowARunEnded in words that fit its exit code.
func TestTheLogSaysHowARunEnded(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]fleet.Outcome{
		`level=INFO msg="the run has ended" `:                                            {},
		`level=INFO msg="the run has ended, and changes wait for somebody" `:             {ExitCode: 2, Reason: "unapproved"},
		`level=WARN msg="the run has ended, and not well" `:                              {ExitCode: 4, Reason: "blocked"},
		`level=WARN msg="the run has ended before all was done" `:                        {ExitCode: 5, Unfinished: true},
		`msg="the run has ended without doing anything: what it needs could not be reac`: {ExitCode: 1, OutOfReach: true},
		`msg="the run has ended without doing anything: another process works on the`:    {ExitCode: 6, Held: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := play(t, alone, jobsOf(t, "a"), func(context.Context, fleet.Work) fleet.Outcome { return o }, nil)
			time.Sleep(3*time.Hour + time.Minute)
			p.leave()
			if log := p.log.String(); !strings.Contains(log, want) {
				t.Errorf("%+v is told as\n%s", o, log)
			}
		})
	}
}
