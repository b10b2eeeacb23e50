package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/seedtest"
)

const (
	killRounds  = 20
	killedNames = 60
)

// TestKilledApply kills a process at any moment and wants the next apply to
// bring the account to the same end, with no change made twice.
func TestKilledApply(t *testing.T) {
	t.Parallel()
	testKilled(t, killer{recovery: []string{"apply", "--auto-approve", "--quiet-period", "2s"}}, killRounds)
}

// TestKilledResume wants the same of resume.
func TestKilledResume(t *testing.T) {
	t.Parallel()
	testKilled(t, killer{recovery: []string{"resume", "--quiet-period", "2s"}}, killRounds)
}

// TestKilledOnOneOfTwoMachines kills an apply whose state is a database, and wants
// another machine, which has the files and nothing else, to bring the account to
// the same end. It gets the account when the lease of the first one is over.
func TestKilledOnOneOfTwoMachines(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	c := pgtest.Start(t)
	for _, recovery := range []string{"apply --auto-approve", "resume"} {
		k := killer{recovery: append(strings.Fields(recovery), "--quiet-period", "2s", "--lock-timeout", "2m"), state: c.Database}
		testKilled(t, k, 3)
	}
}

func testKilled(t *testing.T, k killer, rounds int) {
	if testing.Short() {
		t.Skip("takes long")
	}
	seed := seedtest.First(t)
	t.Logf("seed %d", seed)
	k.t, k.binary = t, buildBinary(t)
	began := time.Now()
	k.round(seed, 0)
	whole := time.Since(began)
	r := rand.New(rand.NewPCG(seed, 0))
	work := pool.New().WithMaxGoroutines(5)
	for range rounds {
		after, seed := time.Duration(r.Int64N(int64(whole))), r.Uint64()
		work.Go(func() { k.round(seed, after) })
	}
	work.Wait()
}

// killer runs applies that are killed.
type killer struct {
	t        *testing.T
	binary   string
	recovery []string
	// state makes a state that two machines share; nil: it is a directory.
	state func(*testing.T) string
}

// machine returns the directory that the next command runs in: the same one, or
// one of another machine with the same files.
func (k *killer) machine(dir string) string {
	if k.state == nil {
		return dir
	}
	other, err := os.MkdirTemp(k.t.TempDir(), "machine")
	if err != nil {
		k.t.Error(err)
		return dir
	}
	writeKillable(k.t, other)
	return other
}

// round kills an apply after a while (0: never), recovers, and looks at what
// became of the account. Errors, not fatal ones: rounds run side by side.
func (k *killer) round(seed uint64, after time.Duration) {
	dir, err := os.MkdirTemp(k.t.TempDir(), "round")
	if err != nil {
		k.t.Error(err)
		return
	}
	writeKillable(k.t, dir)
	at := place{dir: dir}
	if k.state != nil {
		at.state = k.state(k.t)
	}
	sim, err := startSimulatorProcess(k.binary, dir, "--live", "live.json", "--faults", "faults.json", "--seed", fmt.Sprint(seed), "--quiet")
	if err != nil {
		k.t.Error(err)
		return
	}
	defer sim.stop()
	fail := func(format string, args ...any) {
		k.t.Errorf("seed %d, killed after %s: %s", seed, after, fmt.Sprintf(format, args...))
	}
	if after > 0 {
		k.command(sim, at, "apply", "--auto-approve").killAfter(after)
		at.dir = k.machine(dir)
		if out, err := k.command(sim, at, k.recovery...).output(); err != nil {
			fail("%s: %v\n%s", k.recovery[0], err, tail(out))
		}
	}
	// After a resume there may be changes that no plan had yet. Where the killed run had
	// only begun there was nothing to resume, and its lease may still last.
	if out, err := k.command(sim, at, "apply", "--auto-approve", "--quiet-period", "2s", "--lock-timeout", "2m").output(); err != nil {
		fail("the apply at the end: %v\n%s", err, tail(out))
	}
	if out, err := k.command(sim, at, "plan", "--detailed-exitcode").output(); err != nil {
		fail("the second plan: %v\n%s", err, tail(out))
	}
	for _, problem := range k.inspect(sim) {
		fail("%s", problem)
	}
}

type killable struct{ *exec.Cmd }

// place is where a command runs, and where its state is; "": beside the files.
type place struct{ dir, state string }

func (k *killer) command(sim *simulatorProcess, at place, args ...string) killable {
	args = append([]string{"--dir", at.dir, "--endpoint", sim.endpoint, "--qps", "1000"}, args...)
	cmd := exec.CommandContext(k.t.Context(), k.binary, args...)
	cmd.Env = append(os.Environ(), testKey...)
	if at.state != "" {
		cmd.Env = append(cmd.Env, stateVariable+"="+at.state)
	}
	return killable{cmd}
}

func (c killable) output() (string, error) {
	out, err := c.CombinedOutput()
	return string(out), err
}

// killAfter kills the process (SIGKILL) unless it ends before.
func (c killable) killAfter(d time.Duration) {
	if err := c.Start(); err != nil {
		return
	}
	timer := time.AfterFunc(d, func() { c.Process.Kill() }) //nolint:errcheck // it may have ended
	defer timer.Stop()
	c.Wait() //nolint:errcheck // it was killed
}

// inspect compares the account with what the files declare, and counts what
// was saved.
func (k *killer) inspect(sim *simulatorProcess) []string {
	var problems []string
	var saved map[string]int
	sim.get(k.t, "saved", &saved)
	updates := make(map[string]int)
	for change, n := range saved {
		operation, rest, _ := strings.Cut(change, "&")
		if operation != "SaveBatchTaskForUpdateProhibitionLock" {
			if n != 1 {
				problems = append(problems, fmt.Sprintf("%s was saved %d times", change, n))
			}
			continue
		}
		// A lock that was opened is closed again, as often as that happened.
		_, name, _ := strings.Cut(rest, "DomainName=")
		if strings.Contains(rest, `Status="true"`) {
			updates[name] -= n
		} else {
			updates[name] += n
		}
	}
	for name, n := range updates {
		if n != 0 {
			problems = append(problems, fmt.Sprintf("%s: %d more unlocks than relocks", name, n))
		}
	}
	var live snapshot.Account
	sim.get(k.t, "state", &live)
	_, want := killablePortfolio()
	for i := range live.Domains {
		d, w := live.Domains[i], want.Domains[i]
		got := snapshot.Domain{Name: d.Name, Nameservers: d.Nameservers, TransferLock: d.TransferLock, UpdateLock: d.UpdateLock}
		w.DSRecords = nil
		if diff := cmp.Diff(w, got); diff != "" {
			problems = append(problems, "the end state differs:\n"+diff)
		}
	}
	var queue []struct{ DomainName, TaskType string }
	sim.get(k.t, "results", &queue)
	for _, result := range queue {
		if result.TaskType != "CHG_HOLDER" {
			problems = append(problems, fmt.Sprintf("a result of ours is still in the queue: %v", result))
		}
	}
	if len(queue) != 1 {
		problems = append(problems, fmt.Sprintf("the queue should hold the one result of somebody else: %v", queue))
	}
	slices.Sort(problems)
	return problems
}

// killablePortfolio returns the account before and after.
func killablePortfolio() (before, after *snapshot.Account) {
	before = &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: "42", ReadAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	after = &snapshot.Account{}
	for i := range killedNames {
		d := snapshot.Domain{
			Name:        fmt.Sprintf("name%02d.com", i),
			Nameservers: []string{"ns1.example.net", "ns2.example.net"}, DSRecords: []snapshot.DSRecord{},
			TransferLock: wire.LockOff, UpdateLock: wire.LockOff,
		}
		if i%3 == 0 {
			d.UpdateLock = wire.LockOn
		}
		before.Domains = append(before.Domains, d)
		d.Nameservers, d.TransferLock = []string{fmt.Sprintf("ns1.group%02d.example.org", i%20), "ns2.example.org"}, wire.LockOn
		after.Domains = append(after.Domains, d)
	}
	return before, after
}

func writeKillable(tb testing.TB, dir string) {
	before, after := killablePortfolio()
	if err := snapshot.WriteFile(filepath.Join(dir, "live.json"), before); err != nil {
		tb.Error(err)
	}
	var hcl strings.Builder
	hcl.WriteString("guard {\n  max_change_percent = 100\n}\n")
	for _, d := range after.Domains {
		fmt.Fprintf(&hcl, "domain %q {\n  nameservers = [%q, %q]\n  transfer_lock = true\n", d.Name, d.Nameservers[0], d.Nameservers[1])
		if d.UpdateLock.On() {
			hcl.WriteString("  update_lock = true\n  temporary_unlock = true\n")
		}
		hcl.WriteString("}\n")
	}
	for name, text := range map[string]string{
		"main.hcl": hcl.String(),
		"faults.json": `{
	"durations": {"*": "10ms..700ms"},
	"rules": [
		{"kind": "delay", "operation": "SaveBatchTask*", "wait": "0ms..300ms"},
		{"kind": "delay", "operation": "AcknowledgeTaskResult", "wait": "0ms..100ms"},
		{"kind": "foreign", "operation": "PollTaskResult", "names": ["name01.com"], "count": 1}
	]
}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Error(err)
		}
	}
}
