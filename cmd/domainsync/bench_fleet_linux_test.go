package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// BenchmarkThousandAccounts has real processes serve 1,000 accounts whose jobs are due at
// one time, each an apply of 20 names with an access key of its own, at the limits that
// the service publishes. In the first night all names change, in the next one nothing
// does. It tells of each night when half and 99 % of the runs began after their time and
// when all had ended, and the most memory that a process held. The simulated service runs
// on the same machine.
func BenchmarkThousandAccounts(b *testing.B) {
	accounts := 1000
	if testing.Short() {
		accounts = 4
	}
	for _, state := range []struct {
		name               string
		open               func(f *fleetNights)
		processes, workers int
	}{
		{"directory", (*fleetNights).openDirectory, 1, 256},
		{"database", (*fleetNights).openDatabase, 1, 40}, // each run has up to four connections
		{"database", (*fleetNights).openDatabase, 2, 20},
	} {
		b.Run(fmt.Sprintf("%s/processes=%d", state.name, state.processes), func(b *testing.B) {
			binary := buildBinary(b)
			for b.Loop() {
				f := newFleetNights(b, accounts)
				state.open(f)
				f.serve(binary, state.processes, state.workers)
				f.night("first")
				f.night("quiet")
				f.end()
			}
		})
	}
}

// fleetNights is a fleet that real processes serve, whose nights come when they are called.
type fleetNights struct {
	*testing.B
	dir, state string
	accounts   int
	endpoint   string
	table      fleet.Table
	setDue     func(at time.Time)
	processes  []*process
}

// nightNames is how many names each account has.
const nightNames = 20

func newFleetNights(b *testing.B, accounts int) *fleetNights {
	f := &fleetNights{B: b, dir: b.TempDir(), accounts: accounts}
	service := &meteredService{accounts: make(map[string]*meteredAccount)}
	var keys, jobs strings.Builder
	for i := range accounts {
		service.accounts[keyOf(i)] = &meteredAccount{sim: simulateNight(i)}
		fmt.Fprintf(&keys, "[%s]\ntype = access_key\naccess_key_id = %s\naccess_key_secret = testsecret\n", keyOf(i), keyOf(i))
		fmt.Fprintf(&jobs, "job %q {\n  dir      = %q\n  schedule = \"0 3 1 1 *\"\n  approve  = [\"lock\", \"delegation\"]\n}\n", keyOf(i), keyOf(i))
		f.declare(i)
	}
	writeText(b, filepath.Join(f.dir, "credentials"), keys.String())
	writeText(b, filepath.Join(f.dir, "fleet.hcl"), jobs.String())
	server := httptest.NewServer(service)
	b.Cleanup(server.Close)
	f.endpoint = server.URL
	return f
}

// simulateNight makes an account of the service, whose tasks take some seconds.
func simulateNight(account int) *simulator.Simulator {
	registered := time.Now().UTC().Truncate(time.Second).AddDate(-2, 0, 200)
	a := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: fmt.Sprint(1000 + account)}
	for i := range nightNames {
		a.Domains = append(a.Domains, snapshot.Domain{
			Name: fleetName(account, i), Nameservers: []string{"ns1.example.net", "ns2.example.net"}, DSRecords: []snapshot.DSRecord{},
			TransferLock: wire.LockOff, UpdateLock: wire.LockOff, Registered: registered, Expires: registered.AddDate(2, 0, 0),
		})
	}
	a.Sort()
	var faults simulator.Faults
	if !testing.Short() {
		faults.Durations = map[wire.TaskType]simulator.Range{"*": {Min: time.Second, Max: 5 * time.Second}}
	}
	return simulator.New(simulator.Options{Account: a, Key: keyOf(account), Seed: uint64(account) + 1, Faults: faults})
}

// declare writes the files of an account. Other nameservers than it has are wanted.
func (f *fleetNights) declare(account int) {
	hcl := fmt.Sprintf("account {\n  id      = \"%d\"\n  profile = %q\n}\nguard {\n  max_change_percent = 100\n}\n", 1000+account, keyOf(account))
	for n := range nightNames {
		hcl += fmt.Sprintf("domain %q {\n  nameservers = [\"ns1.example.org\", \"ns2.example.org\"]\n}\n", fleetName(account, n))
	}
	dir := filepath.Join(f.dir, keyOf(account))
	f.check(os.Mkdir(dir, 0o700))
	writeText(f, filepath.Join(dir, "main.hcl"), hcl)
}

func (f *fleetNights) check(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// openDirectory has one process serve the fleet from a directory.
func (f *fleetNights) openDirectory() {
	f.state = filepath.Join(f.dir, "state")
	table, err := sqlite.Create(f.Context(), f.state, clock.Clock{})
	f.check(err)
	db, err := sql.Open("sqlite", filepath.Join(f.state, "fleet.db")+"?_pragma=busy_timeout(10000)")
	f.check(err)
	f.Cleanup(func() { db.Close() }) //nolint:errcheck // its directory goes with it
	f.table, f.setDue = table, func(at time.Time) {
		_, err := db.ExecContext(f.Context(), `UPDATE jobs SET next = ?`, at.UnixMilli())
		f.check(err)
	}
}

// openDatabase has processes share the fleet in a database with durable commits.
func (f *fleetNights) openDatabase() {
	f.state = pgtest.Start(f, "fsync=on", "synchronous_commit=on").NewDatabase(f)
	table, err := postgres.Create(f.Context(), f.state, clock.Clock{})
	f.check(err)
	db, err := pgsql.Connect(f.Context(), f.state, 1)
	f.check(err)
	f.Cleanup(db.Close)
	f.table, f.setDue = table, func(at time.Time) {
		_, err := db.Exec(f.Context(), `UPDATE domainsync_fleet.jobs SET next = $1`, at)
		f.check(err)
	}
}

// serve starts processes, and waits until the jobs are declared.
func (f *fleetNights) serve(binary string, processes, workers int) {
	f.Cleanup(func() { f.table.Close() }) //nolint:errcheck // what it lies in goes with the benchmark
	for n := range processes {
		p := new(process)
		p.Cmd = exec.CommandContext(f.Context(), binary, "serve", "--fleet", "fleet.hcl", "--state", f.state,
			"--workers", strconv.Itoa(workers), "--endpoint", f.endpoint, "--log-level", "warn")
		p.Dir, p.Stdout, p.Stderr = f.dir, &p.said, &p.said
		p.Env = append(os.Environ(), fmt.Sprintf("USER=machine%d", n), "ALIBABA_CLOUD_CREDENTIALS_FILE="+filepath.Join(f.dir, "credentials"), "HOME="+f.dir)
		f.check(p.Start())
		f.Cleanup(func() { p.Process.Kill() }) //nolint:errcheck // it has ended
		f.processes = append(f.processes, p)
	}
	f.until(func() bool {
		acts, err := f.table.Acts(f.Context(), fleet.ActQuery{Deed: fleet.DeedServe})
		f.check(err)
		return len(acts) == processes
	})
}

// until waits for what processes do, which have a time of their own.
func (f *fleetNights) until(is func() bool) {
	f.Helper()
	for patience := time.Now().Add(20 * time.Minute); !is(); {
		if time.Now().After(patience) {
			f.Fatal("the processes do not come to an end")
		}
		f.check(clock.Clock{}.Sleep(f.Context(), time.Second))
	}
}

// night makes all jobs due at a time, and tells how late they began, and what became of them.
func (f *fleetNights) night(which string) {
	due := time.Now().Add(3 * time.Second).Truncate(time.Millisecond)
	f.setDue(due)
	var runs []fleet.Run
	f.until(func() (all bool) {
		var err error
		runs, err = f.table.Runs(f.Context(), fleet.RunQuery{Limit: f.accounts})
		f.check(err)
		return len(runs) == f.accounts && !slices.ContainsFunc(runs, func(r fleet.Run) bool { return r.Due.Before(due) || r.Ended.IsZero() })
	})
	var began, ended []float64
	for _, r := range runs {
		if r.ExitCode != exitDone || !r.Due.Equal(due) || (r.Recorded != 0) != (which == "first") {
			f.Fatalf("a run of the %s night is %+v", which, r)
		}
		began, ended = append(began, r.Began.Sub(due).Seconds()), append(ended, r.Ended.Sub(due).Seconds())
	}
	slices.Sort(began)
	f.ReportMetric(began[len(began)/2], which+"-start-p50-s")
	f.ReportMetric(began[len(began)*99/100], which+"-start-p99-s")
	f.ReportMetric(slices.Max(ended), which+"-all-ended-s")
}

// end ends the processes in order, and tells of the most memory and the processor time
// that one of them took.
func (f *fleetNights) end() {
	var most, cpu float64
	for _, p := range f.processes {
		most = max(most, f.mostMemory(p))
		f.check(p.Process.Signal(syscall.SIGTERM))
		if err := p.Wait(); err != nil {
			f.Errorf("%v\n%s", err, tail(p.said.String()))
		}
		cpu += (p.ProcessState.UserTime() + p.ProcessState.SystemTime()).Seconds()
	}
	f.ReportMetric(most/1024, "peak-MB")
	f.ReportMetric(cpu, "cpu-s")
}

// mostMemory is the most that a process held, in KiB.
func (f *fleetNights) mostMemory(p *process) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	f.check(err)
	m := highWater.FindSubmatch(status)
	if m == nil {
		f.Fatalf("the status of a process is %s", bytes.TrimSpace(status))
	}
	kB, err := strconv.ParseFloat(string(m[1]), 64)
	f.check(err)
	return kB
}
