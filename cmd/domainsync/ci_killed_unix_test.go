//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestKilledApplyIsClosedByTheNextStep: a runner that kills an apply, whatever it was
// about to do, leaves no lock open, for the step that runs in any case closes it. The
// change that was not made stays to be made.
func TestKilledApplyIsClosedByTheNextStep(t *testing.T) {
	t.Parallel()
	faults := filepath.Join(t.TempDir(), "faults.json")
	// The change itself never leaves, so that the kill comes before it.
	writeText(t, faults, `{"durations": {"*": "1s"}, "rules": [{"kind": "throttle", "operation": "SaveBatchTaskForModifyingDomainDns"}]}`)
	c := newRepository(t, "--faults", faults)
	unlocking := func(label string) string {
		return strings.Replace(ciFile(label), "{\n", "{\n  temporary_unlock = true\n  update_lock      = true\n\n", 1)
	}
	locked := c.commit("main", "main.hcl", unlocking("ns"))
	c.onSchedule("nightly.yml", "apply").want(t)
	if accountOf(t, c.sim)["example.com"].UpdateLock != wire.LockOn {
		t.Fatal("the name is not locked: the test shows nothing")
	}
	c.push(9, c.commit("change", "main.hcl", unlocking("dns")), "example/domains").want(t)
	c.merge(9, "change", false)
	c.runner.prepare = func(_ string, cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
	c.runner.started = func(step string, p *os.Process) {
		if step == "Apply" {
			go c.killWhenUnlocked(p)
		}
	}
	r := c.pushed(locked)
	if r.codes["Apply"] == exitDone || r.codes["Close what is open"] != exitDone {
		t.Fatalf("the steps ended with %v\n%s\n%s", r.codes, r.log["Apply"], r.log["Close what is open"])
	}
	after := accountOf(t, c.sim)["example.com"]
	if after.UpdateLock != wire.LockOn || after.Nameservers[0] != "ns1.example.org" {
		t.Errorf("the account has %+v\n%s", after, r.log["Close what is open"])
	}
}

// killWhenUnlocked kills a step with all of its processes, as a runner does in the end,
// once the account shows the name without its lock.
func (c *ciRepository) killWhenUnlocked(p *os.Process) {
	for c.t.Context().Err() == nil {
		if accountOf(c.t, c.sim)["example.com"].UpdateLock != wire.LockOn {
			if err := syscall.Kill(-p.Pid, syscall.SIGKILL); err != nil {
				c.t.Error(err)
			}
			return
		}
	}
}
