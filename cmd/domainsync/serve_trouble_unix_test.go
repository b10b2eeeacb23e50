//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
)

// TestThreeProcessesServeAFleet has three processes serve accounts from one database while
// they are killed, stopped and replaced, their connections are cut and the database begins
// anew, and the files change. In the end every account is as declared, nothing was saved or
// bought twice, no account had two runs at a time, no key made more calls than its limit,
// and every lock is closed. What the service saw decides about all of that.
// FLEET_ACCOUNTS and FLEET_MINUTES make it larger, FLEET_SEED another one.
func TestThreeProcessesServeAFleet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	binary := buildBinary(t, "-X", "main.lease="+fleetLease.String(), "-X", "main.quietPeriod="+fleetQuiet.String())
	f := newServedFleet(t, binary, int(environment(t, "FLEET_ACCOUNTS", 8)), environment(t, "FLEET_SEED", 1))
	for i := range f.processes {
		f.begin(i)
	}
	for len(f.jobs()) == 0 {
		f.pause(100 * time.Millisecond)
	}
	troubles := f.troubles()
	until := time.Now().Add(time.Duration(environment(t, "FLEET_MINUTES", 0)) * time.Minute)
	for round := 0; round == 0 || time.Now().Before(until); round++ {
		for _, n := range f.random.Perm(len(troubles)) {
			f.declare()
			f.ask()
			began := time.Now()
			troubles[n].make()
			f.happened[troubles[n].name]++
			t.Logf("%s: %s", troubles[n].name, time.Since(began).Round(time.Millisecond))
		}
	}
	f.converge()
	f.inspect()
	for _, trouble := range troubles {
		if f.happened[trouble.name] == 0 {
			t.Errorf("there was no %s", trouble.name)
		}
	}
	t.Logf("troubles: %v; %s", f.happened, f.summary())
}

// The times of processes with which trouble is played.
const (
	fleetLease = 4 * time.Second
	fleetQuiet = 2 * time.Second
	fleetDrain = 20 * time.Second
)

// What an account has, and how often each operation may be called.
const (
	fleetNames    = 12
	fleetRenewals = 2 // of names that a generation of the files renews and those before it did not
	fleetQPS      = 6
)

// servedFleet is a fleet with the service that its accounts are at.
type servedFleet struct {
	t          *testing.T
	binary     string
	dir        string
	random     *rand.Rand
	cluster    *pgtest.Cluster
	state      string // URL
	table      *postgres.Table
	service    *meteredService
	endpoint   string
	accounts   int
	generation int
	declared   time.Time // when the files were changed last
	processes  [3]*servedBy
	begun      int // processes
	reliefs    []relief
	struck     map[string][]string // holders that were at work at a trouble, by its name
	happened   map[string]int
}

func newServedFleet(t *testing.T, binary string, accounts int, seed uint64) *servedFleet {
	t.Helper()
	c := pgtest.Start(t)
	f := &servedFleet{
		t: t, binary: binary, dir: t.TempDir(), random: rand.New(rand.NewPCG(seed, 0)), cluster: c, state: c.Database(t), accounts: accounts, happened: make(map[string]int), struck: make(map[string][]string),
	}
	f.service = &meteredService{accounts: make(map[string]*meteredAccount)}
	keys := ""
	for i := range accounts {
		f.service.accounts[keyOf(i)] = &meteredAccount{sim: f.simulate(i, seed)}
		keys += fmt.Sprintf("[%s]\ntype = access_key\naccess_key_id = %s\naccess_key_secret = testsecret\n", keyOf(i), keyOf(i))
	}
	writeText(t, filepath.Join(f.dir, "credentials"), keys)
	server := httptest.NewServer(f.service)
	t.Cleanup(server.Close)
	f.endpoint = server.URL
	f.writeFleet()
	f.declare()
	table, err := postgres.Create(t.Context(), f.state, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	f.table = table
	t.Cleanup(func() { table.Close() }) //nolint:errcheck // its database goes with the test
	return f
}

func keyOf(account int) string { return fmt.Sprintf("key%02d", account) }

// simulate makes an account of the service.
func (f *servedFleet) simulate(account int, seed uint64) *simulator.Simulator {
	f.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	a := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: fmt.Sprint(1000 + account)}
	for i := range fleetNames {
		d := snapshot.Domain{
			Name: fleetName(account, i), Nameservers: []string{"ns1.example.net", "ns2.example.net"}, DSRecords: []snapshot.DSRecord{},
			TransferLock: wire.LockOff, UpdateLock: wire.LockOff, Registered: now.AddDate(-2, 0, 200), Expires: now.AddDate(0, 0, 200),
		}
		if i%3 == 0 {
			d.UpdateLock = wire.LockOn
		}
		a.Domains = append(a.Domains, d)
	}
	a.Sort()
	return simulator.New(simulator.Options{
		Account: a, Key: keyOf(account), Seed: seed + uint64(account),
		Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: 10 * time.Millisecond, Max: 900 * time.Millisecond}}},
	})
}

func fleetName(account, i int) string { return fmt.Sprintf("name%02d-%02d.com", account, i) }

// nameserver is what all names of an account have in a generation of the files.
func nameserver(generation int) string { return fmt.Sprintf("ns1.g%d.example.org", generation) }

// writeFleet declares two jobs for each account: one that applies, and one that only looks.
func (f *servedFleet) writeFleet() {
	f.t.Helper()
	var hazards []string
	for _, h := range attr.Hazards() {
		hazards = append(hazards, fmt.Sprintf("%q", h))
	}
	hcl := ""
	for i := range f.accounts {
		hcl += fmt.Sprintf("job \"apply%02d\" {\n  dir      = \"apply%02d\"\n  schedule = \"* * * * *\"\n  approve  = [%s]\n}\n", i, i, strings.Join(hazards, ", "))
		hcl += fmt.Sprintf("job \"look%02d\" {\n  dir      = \"look%02d\"\n  schedule = \"* * * * *\"\n  action   = \"plan\"\n}\n", i, i)
		for _, kind := range []string{"apply", "look"} {
			if err := os.MkdirAll(filepath.Join(f.dir, fmt.Sprintf("%s%02d", kind, i)), 0o700); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	writeText(f.t, filepath.Join(f.dir, "fleet.hcl"), hcl)
}

// declare writes the next generation of the files.
func (f *servedFleet) declare() {
	f.t.Helper()
	f.generation++
	for i := range f.accounts {
		hcl := fmt.Sprintf("account {\n  id      = \"%d\"\n  profile = %q\n}\nlimits {\n  default_qps = %d\n}\n", 1000+i, keyOf(i), fleetQPS)
		hcl += "guard {\n  max_change_percent = 100\n}\nbudget {\n  amount   = 10000\n  currency = \"USD\"\n}\nprices {\n  com = { renew = 11 }\n}\n"
		for n := range fleetNames {
			hcl += fmt.Sprintf("domain %q {\n  nameservers   = [%q, \"ns2.example.org\"]\n  transfer_lock = true\n  ds_records    = []\n", fleetName(i, n), nameserver(f.generation))
			if n%3 == 0 {
				hcl += "  update_lock      = true\n  temporary_unlock = true\n"
			}
			if n < f.renewed() {
				hcl += "  renewal = { min_days_left = 300, years = 1 }\n"
			}
			hcl += "}\n"
		}
		for _, kind := range []string{"apply", "look"} {
			file := filepath.Join(f.dir, fmt.Sprintf("%s%02d", kind, i), "main.hcl")
			writeText(f.t, file+".new", hcl)
			if err := os.Rename(file+".new", file); err != nil { // at once, as git-sync does
				f.t.Fatal(err)
			}
		}
	}
	f.declared = time.Now()
}

// renewed is how many names of an account are to be renewed by now. Each generation renews
// more, so that money is spent in every trouble.
func (f *servedFleet) renewed() int { return min(f.generation*fleetRenewals, fleetNames) }

// servedBy is a process that serves.
type servedBy struct {
	process
	holder string // as the table names it
}

// begin starts a process in a place.
func (f *servedFleet) begin(place int) {
	f.t.Helper()
	f.begun++
	p := &servedBy{holder: fmt.Sprintf("machine%d", f.begun)}
	p.Cmd = exec.CommandContext(f.t.Context(), f.binary, "serve", "--fleet", "fleet.hcl", "--state", f.state, "--endpoint", f.endpoint, "--drain", fleetDrain.String(), "--log-format", "json")
	p.Dir, p.Stdout, p.Stderr = f.dir, &p.said, &p.said
	p.Env = append(os.Environ(), "USER="+p.holder, "ALIBABA_CLOUD_CREDENTIALS_FILE="+filepath.Join(f.dir, "credentials"), "HOME="+f.dir)
	if err := p.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.processes[place] = p
	f.t.Cleanup(func() {
		p.Process.Kill() //nolint:errcheck // it may have ended
		p.Wait()         //nolint:errcheck // the same
		if text := p.said.String(); strings.Contains(text, "goroutine ") || f.t.Failed() {
			f.t.Logf("%s has said:\n%s", p.holder, tail(text))
		}
	})
}

// busy returns the place of a process that applies, and waits for one.
func (f *servedFleet) busy() int {
	f.t.Helper()
	for range 1200 {
		for place, p := range f.processes {
			if f.applies(p) {
				return place
			}
		}
		f.pause(50 * time.Millisecond)
	}
	f.t.Fatal("no process applies")
	return 0
}

// applies reports whether a process has the turn of a job that applies.
func (f *servedFleet) applies(p *servedBy) bool {
	f.t.Helper()
	return slices.ContainsFunc(f.jobs(), func(e fleet.Entry) bool {
		return e.Turn != nil && strings.HasPrefix(e.Name, "apply") && strings.HasPrefix(e.Turn.Holder, p.holder+"@")
	})
}

// freeze stops a process that applies, at any moment of that. It has the turn until
// somebody takes that over.
func (f *servedFleet) freeze(trouble string) (place int) {
	f.t.Helper()
	for range 100 {
		place = f.busy()
		f.pause(f.soon(2 * time.Second))
		f.signal(place, syscall.SIGSTOP)
		if p := f.processes[place]; f.applies(p) {
			f.struck[trouble] = append(f.struck[trouble], p.holder)
			return place
		}
		f.thaw(place) // its run has ended just before
	}
	f.t.Fatal("no process is at work for two seconds")
	return 0
}

// thaw has a process that was stopped go on.
func (f *servedFleet) thaw(place int) {
	f.t.Helper()
	f.reliefs = append(f.reliefs, relief{time.Now(), f.processes[place].holder + "@"})
	f.signal(place, syscall.SIGCONT)
}

// jobs returns what the table has. A database that is just beginning is asked again.
func (f *servedFleet) jobs() []fleet.Entry {
	f.t.Helper()
	var err error
	for range 100 {
		var all []fleet.Entry
		if all, err = f.table.Jobs(f.t.Context()); err == nil {
			return all
		}
		f.pause(100 * time.Millisecond)
	}
	f.t.Fatal(err)
	return nil
}

// pause waits for processes, which have a time of their own.
func (f *servedFleet) pause(d time.Duration) {
	f.t.Helper()
	if err := (clock.Clock{}).Sleep(f.t.Context(), d); err != nil {
		f.t.Fatal(err)
	}
}

// soon is a moment of the next few.
func (f *servedFleet) soon(most time.Duration) time.Duration {
	return time.Duration(f.random.Int64N(int64(most)))
}

// ask asks for a run of each job that has none on the files of now, and is not asked for.
func (f *servedFleet) ask() {
	f.t.Helper()
	for _, e := range f.jobs() {
		if f.isDone(&e) || e.Asked != nil || e.Turn != nil && e.Turn.Began.After(f.declared) {
			continue
		}
		f.askFor(e.Name)
	}
}

// isDone reports whether the last run of a job has ended well on the files of now.
func (f *servedFleet) isDone(e *fleet.Entry) bool {
	return e.Last != nil && e.Last.ExitCode == exitDone && e.Last.Began.After(f.declared)
}

// trouble is what happens to processes that serve.
type trouble struct {
	name string
	make func()
}

func (f *servedFleet) troubles() []trouble {
	return []trouble{
		{troubleKill, f.kill},
		{troubleStop, f.stop},
		{"cut of all connections", f.cut},
		{"restart of the database", f.restart},
		{"rolling restart", f.roll},
	}
}

// Names of troubles that show in lost runs.
const (
	troubleKill = "kill"
	troubleStop = "stop for longer than the lease"
)

func (f *servedFleet) kill() {
	place := f.freeze(troubleKill) // so that it is killed at work
	f.signal(place, syscall.SIGKILL)
	f.processes[place].Wait() //nolint:errcheck // it was killed
	if status, ok := f.processes[place].ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		f.t.Errorf("a process that is killed ends with %v", f.processes[place].ProcessState)
	}
	f.pause(f.soon(3 * time.Second))
	f.begin(place)
}

func (f *servedFleet) stop() {
	place := f.freeze(troubleStop)
	f.pause(fleetLease + time.Second + f.soon(3*time.Second))
	f.thaw(place)
}

func (f *servedFleet) signal(place int, s syscall.Signal) {
	f.t.Helper()
	if err := f.processes[place].Process.Signal(s); err != nil {
		f.t.Fatalf("%s: %v", f.processes[place].holder, err)
	}
}

func (f *servedFleet) cut() {
	f.busy()
	all := 0
	for range 3 {
		f.pause(f.soon(time.Second))
		db, err := pgx.Connect(f.t.Context(), f.state)
		if err != nil {
			f.t.Fatal(err)
		}
		var cut int
		err = db.QueryRow(f.t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`).Scan(&cut)
		if err != nil {
			f.t.Error(err)
		}
		all += cut
		f.reliefs = append(f.reliefs, relief{at: time.Now()})
		db.Close(f.t.Context()) //nolint:errcheck // it has done its work
	}
	if all < len(f.processes) {
		f.t.Errorf("%d connections were cut", all)
	}
}

func (f *servedFleet) restart() {
	f.busy()
	f.pause(f.soon(2 * time.Second))
	f.cluster.End(syscall.SIGQUIT)
	f.pause(f.soon(2 * time.Second))
	f.cluster.Begin()
	f.reliefs = append(f.reliefs, relief{at: time.Now()})
}

func (f *servedFleet) roll() {
	f.busy()
	for place, p := range f.processes {
		f.pause(f.soon(time.Second))
		f.signal(place, syscall.SIGTERM)
		if err := p.Wait(); err != nil && p.ProcessState.ExitCode() != exitOpen {
			f.t.Errorf("a process that is to end in order: %v\n%s", err, tail(p.said.String()))
		}
		f.begin(place)
	}
}

// converge asks for runs until each job has had one that ended well on the files of now,
// and then ends all processes in order.
func (f *servedFleet) converge() {
	f.t.Helper()
	left := f.unfinished()
	for began := time.Now(); len(left) > 0; left = f.unfinished() {
		if time.Since(began) > 2*time.Minute+time.Duration(f.accounts)*12*time.Second {
			f.t.Fatalf("these have not come to their end:\n%s", strings.Join(left, "\n"))
		}
		f.ask()
		f.pause(300 * time.Millisecond)
	}
	for _, p := range f.processes {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			f.t.Error(err)
		}
	}
	for _, p := range f.processes {
		if err := p.Wait(); err != nil {
			f.t.Errorf("%s ends with %v", p.holder, err)
		}
	}
}

// unfinished returns the jobs without such a run, and how their last one ended.
func (f *servedFleet) unfinished() (left []string) {
	for _, e := range f.jobs() {
		switch {
		case e.Last == nil:
			left = append(left, e.Name+": no run")
		case !f.isDone(&e):
			left = append(left, fmt.Sprintf("%s: exit %d: %s", e.Name, e.Last.ExitCode, e.Last.Message))
		}
	}
	return left
}

// inspect looks at what became of all accounts.
func (f *servedFleet) inspect() {
	f.t.Helper()
	lost := make(map[string]bool) // processes that lost runs that apply
	for i := range f.accounts {
		a, calls := f.service.accounts[keyOf(i)], f.service.accounts[keyOf(i)].seen()
		applies, looks := f.runsOf("apply", i), f.runsOf("look", i)
		for _, r := range applies {
			if r.Reason == fleet.ReasonLost {
				holder, _, _ := strings.Cut(r.Holder, "@")
				lost[holder] = true
				f.happened["lost runs"]++
			}
		}
		f.happened["runs"] += len(applies)
		problems := slices.Concat(
			f.asDeclared(i, a.sim), savedOnce(a.sim), f.boughtOnce(a.sim), withinLimits(calls, fleetQPS),
			oneAfterTheOther(applies), oneWriter(calls, byNumber(applies)), noneLingers(calls, byNumber(applies, looks), f.reliefs, fleetLease),
		)
		for _, problem := range problems {
			f.t.Errorf("account %d: %s", i, problem)
		}
		if left := a.sim.Results(); len(left) > 0 {
			f.t.Errorf("account %d: %d results are still in the queue", i, len(left))
		}
	}
	for _, trouble := range []string{troubleKill, troubleStop} {
		if !slices.ContainsFunc(f.struck[trouble], func(holder string) bool { return lost[holder] }) {
			f.t.Errorf("no run was lost by a %s", trouble)
		}
	}
}

// runsOf returns the runs of a job in their order.
func (f *servedFleet) runsOf(kind string, account int) []fleet.Run {
	f.t.Helper()
	runs, err := f.table.Runs(f.t.Context(), fleet.RunQuery{Job: fmt.Sprintf("%s%02d", kind, account)})
	if err != nil {
		f.t.Fatal(err)
	}
	slices.SortFunc(runs, func(x, y fleet.Run) int { return x.Began.Compare(y.Began) })
	return runs
}

func byNumber(all ...[]fleet.Run) map[int64]fleet.Run {
	numbers := make(map[int64]fleet.Run)
	for _, r := range slices.Concat(all...) {
		numbers[r.ID] = r
	}
	return numbers
}

// oneAfterTheOther wants no run of an account that changes something to have begun before
// the one before it had ended, or was known to be lost.
func oneAfterTheOther(runs []fleet.Run) (problems []string) {
	for n := range runs {
		if n > 0 && (runs[n-1].Ended.IsZero() || runs[n-1].Ended.After(runs[n].Began)) {
			problems = append(problems, fmt.Sprintf("run %d began at %v, and run %d ended at %v", runs[n].ID, runs[n].Began, runs[n-1].ID, runs[n-1].Ended))
		}
	}
	return problems
}

func (f *servedFleet) asDeclared(account int, sim *simulator.Simulator) (problems []string) {
	live := sim.State()
	for i := range fleetNames {
		d := live.Domain(fleetName(account, i))
		want := wire.LockOff
		if i%3 == 0 {
			want = wire.LockOn
		}
		if d == nil || strings.Join(d.Nameservers, " ") != nameserver(f.generation)+" ns2.example.org" || d.TransferLock != wire.LockOn || d.UpdateLock != want {
			problems = append(problems, fmt.Sprintf("it has %+v, want %s and locks %v, %v", d, nameserver(f.generation), wire.LockOn, want))
		}
	}
	return problems
}

// savedOnce wants each change saved once, and each lock closed as often as it was opened.
func savedOnce(sim *simulator.Simulator) (problems []string) {
	open := make(map[string]int)
	for change, n := range sim.Saved() {
		operation, rest, _ := strings.Cut(change, "&")
		_, name, _ := strings.Cut(rest, "DomainName=")
		switch {
		case operation != "SaveBatchTaskForUpdateProhibitionLock":
			if n != 1 {
				problems = append(problems, fmt.Sprintf("%s was saved %d times", change, n))
			}
		case strings.Contains(rest, `Status="true"`):
			open[name] -= n
		default:
			open[name] += n
		}
	}
	for name, n := range open {
		if n != 0 {
			problems = append(problems, fmt.Sprintf("%s: %d more unlocks than relocks", name, n))
		}
	}
	return problems
}

func (f *servedFleet) boughtOnce(sim *simulator.Simulator) (problems []string) {
	terms := make(map[string]int)
	for _, p := range sim.Purchases() {
		terms[p.Domain] += p.Count
	}
	for name, n := range terms {
		if n != 1 {
			problems = append(problems, fmt.Sprintf("%s was ordered %d times", name, n))
		}
	}
	if len(terms) != f.renewed() {
		problems = append(problems, fmt.Sprintf("%d names were renewed, want %d", len(terms), f.renewed()))
	}
	return problems
}

// summary tells what the service saw.
func (f *servedFleet) summary() string {
	calls, most, bought := 0, 0, 0
	for _, a := range f.service.accounts {
		for _, n := range bySecond(a.seen()) {
			calls, most = calls+n, max(most, n)
		}
		bought += len(a.sim.Purchases())
	}
	return fmt.Sprintf("%d runs that apply, %d of them lost, %d generations of files, %d orders, %d calls, at most %d of an operation in a second", f.happened["runs"], f.happened["lost runs"], f.generation, bought, calls, most)
}
