//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// shortLease is that of the program with which machines are tested.
const shortLease = 3 * time.Second

// renewed is how many names of the portfolio are renewed.
const renewed = 4

// TestTwoMachinesOneState kills or stops one of two machines at any moment, for
// longer than its lease, while the other one takes the account over, and wants
// nothing saved twice, every lock closed, the account as declared and the second
// plan empty. KILL_ROUNDS says how many rounds there are, KILL_SEED repeats one.
//
// A machine that is stopped in the moment between the look at its lease and the
// request would need the other one to wait for 15 minutes: the executor's tests
// have that, by a virtual clock.
func TestTwoMachinesOneState(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	binary := buildBinary(t, "-X", "main.lease="+shortLease.String())
	c := pgtest.Start(t)
	rounds, seed := environment(t, "KILL_ROUNDS", 2), environment(t, "KILL_SEED", 1)
	if rounds == 0 {
		t.Fatal("no round is played")
	}
	for kind, state := range map[string]func(*testing.T) string{
		"database": c.Database,
		"bucket":   func(t *testing.T) string { return buckettest.Start(t, "oss").URL("states") },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for round := range rounds {
				t.Run(fmt.Sprintf("KILL_SEED=%d", seed+round), func(t *testing.T) {
					m := newTwoMachines(t, binary, seed+round)
					m.states = [2]string{state(t)}
					m.states[1] = m.states[0]
					m.playTrouble()
				})
			}
		})
	}
}

// TestTwoMachinesTwoStates lets two machines that know nothing of each other apply at
// the same time: what they order is ordered once.
func TestTwoMachinesTwoStates(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	m := newTwoMachines(t, program(t), 1)
	m.playTogether()
}

// environment returns what a variable of the environment says.
func environment(t *testing.T, variable string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// twoMachines have the files of one account, and a state each or together.
type twoMachines struct {
	killer
	random *rand.Rand
	dirs   [2]string
	states [2]string // "": beside the files
	sim    *simulatorProcess
}

func newTwoMachines(t *testing.T, binary string, seed uint64) *twoMachines {
	t.Helper()
	m := &twoMachines{killer: killer{t: t, binary: binary}, random: rand.New(rand.NewPCG(seed, 0)), dirs: [2]string{t.TempDir(), t.TempDir()}}
	for _, dir := range m.dirs {
		writeKillable(t, dir)
		writeRenewals(t, dir)
	}
	sim, err := startSimulatorProcess(binary, m.dirs[0], "--live", "live.json", "--faults", "faults.json", "--seed", fmt.Sprint(seed+1), "--quiet")
	if err != nil {
		t.Fatal(err)
	}
	m.sim = sim
	t.Cleanup(sim.stop)
	return m
}

// writeRenewals adds names that are to be renewed to the files of a machine.
func writeRenewals(t *testing.T, dir string) {
	t.Helper()
	live, err := snapshot.ReadFile(filepath.Join(dir, "live.json"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	hcl := "budget {\n  amount   = 1000\n  currency = \"USD\"\n}\nprices {\n  com = { renew = 11 }\n}\n"
	for i := range renewed {
		d := snapshot.Domain{
			Name: fmt.Sprintf("renewed%d.com", i), Nameservers: []string{"ns1.example.net", "ns2.example.net"}, DSRecords: []snapshot.DSRecord{},
			Registered: now.AddDate(-2, 0, 10+i), Expires: now.AddDate(0, 0, 10+i),
		}
		live.Domains = append(live.Domains, d)
		hcl += fmt.Sprintf("domain %q {\n  renewal = { min_days_left = 60, years = 1 }\n}\n", d.Name)
	}
	live.Sort()
	if err := snapshot.WriteFile(filepath.Join(dir, "live.json"), live); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "renewals.hcl"), hcl)
}

// A process is a command that may be killed or stopped.
type process struct {
	*exec.Cmd
	said bytes.Buffer
}

func (m *twoMachines) start(machine int, args ...string) *process {
	m.t.Helper()
	p := &process{Cmd: m.command(m.sim, place{m.dirs[machine], m.states[machine]}, args...).Cmd}
	p.Stdout, p.Stderr = &p.said, &p.said
	if err := p.Start(); err != nil {
		m.t.Fatal(err)
	}
	return p
}

// after sends a signal after a while, unless the process has ended. The channel is
// closed then.
func (p *process) after(d time.Duration, signal syscall.Signal) <-chan struct{} {
	sent := make(chan struct{})
	time.AfterFunc(d, func() {
		p.Process.Signal(signal) //nolint:errcheck // it may have ended
		close(sent)
	})
	return sent
}

// ended waits for the end of a process, which must be no crash.
func (m *twoMachines) ended(p *process) int {
	m.t.Helper()
	if err := p.Wait(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			m.t.Fatal(err)
		}
	}
	if strings.Contains(p.said.String(), "goroutine ") {
		m.t.Errorf("it crashed:\n%s", tail(p.said.String()))
	}
	return p.ProcessState.ExitCode()
}

// within returns a time of at most so long.
func (m *twoMachines) within(d time.Duration) time.Duration {
	return time.Duration(m.random.Int64N(int64(d)))
}

// commands are what a machine does.
var commands = [][]string{
	{"apply", "--auto-approve", "--quiet-period", "2s", "--lock-timeout", "2m"},
	{"resume", "--quiet-period", "2s", "--lock-timeout", "2m"},
}

// playTrouble has the machines hit each other three times, and then looks at what
// became of the account.
func (m *twoMachines) playTrouble() {
	m.t.Helper()
	for range 3 {
		first, second := m.random.IntN(2), m.random.IntN(len(commands))
		p := m.start(first, commands[0]...)
		if m.random.IntN(2) == 0 {
			<-p.after(m.within(4*time.Second), syscall.SIGKILL)
		} else {
			<-p.after(m.within(4*time.Second), syscall.SIGSTOP)
			p.after(shortLease+m.within(6*time.Second), syscall.SIGCONT)
		}
		other := m.start(1-first, commands[second]...)
		if m.random.IntN(3) == 0 {
			other.after(shortLease+m.within(4*time.Second), syscall.SIGKILL)
		}
		m.ended(p)
		m.ended(other)
	}
	m.converge()
}

// playTogether has both apply at once, and then looks at what they ordered.
func (m *twoMachines) playTogether() {
	m.t.Helper()
	one, other := m.start(0, commands[0]...), m.start(1, commands[0]...)
	m.ended(one)
	m.ended(other)
	m.orders()
}

// converge applies until all is done, and wants the account as declared.
func (m *twoMachines) converge() {
	m.t.Helper()
	for try := 1; ; try++ {
		p := m.start(0, commands[0]...)
		code := m.ended(p)
		if code == exitDone {
			break
		}
		if try == 5 {
			m.t.Fatalf("the last apply ended with %d:\n%s", code, tail(p.said.String()))
		}
	}
	if p := m.start(0, "plan", "--detailed-exitcode"); m.ended(p) != exitDone {
		m.t.Errorf("the second plan is not empty:\n%s", tail(p.said.String()))
	}
	m.inspectBoth()
	m.orders()
}

// inspectBoth counts what was saved, and compares the account with the files.
func (m *twoMachines) inspectBoth() {
	m.t.Helper()
	var saved map[string]int
	m.sim.get(m.t, "saved", &saved)
	for change, n := range saved {
		if n != 1 && !strings.HasPrefix(change, "SaveBatchTaskForUpdateProhibitionLock&") {
			m.t.Errorf("%s was saved %d times", change, n)
		}
	}
	var live snapshot.Account
	m.sim.get(m.t, "state", &live)
	_, want := killablePortfolio()
	for i := range want.Domains {
		w, got := &want.Domains[i], live.Domain(want.Domains[i].Name)
		if got == nil || strings.Join(got.Nameservers, " ") != strings.Join(w.Nameservers, " ") || got.UpdateLock != w.UpdateLock || got.TransferLock != w.TransferLock {
			m.t.Errorf("the account has %+v, want %+v", got, w)
		}
	}
	var queue []struct{ DomainName, TaskType string }
	m.sim.get(m.t, "results", &queue)
	for _, result := range queue {
		if result.TaskType != "CHG_HOLDER" {
			m.t.Errorf("a result of ours is still in the queue: %v", result)
		}
	}
}

// orders wants every name renewed once.
func (m *twoMachines) orders() {
	m.t.Helper()
	var all []simulator.Purchase
	m.sim.get(m.t, "purchases", &all)
	terms := make(map[string]int)
	for _, p := range all {
		terms[p.Domain] += p.Count
	}
	for name, n := range terms {
		if n != 1 {
			m.t.Errorf("%s was ordered %d times", name, n)
		}
	}
	if len(terms) != renewed {
		m.t.Errorf("%d names were renewed, want %d: %+v", len(terms), renewed, all)
	}
}
