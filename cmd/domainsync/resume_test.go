package main

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestResumeMakesWhatFollows shows that changes which a plan has announced to
// follow another one are made by the run that reads how the other one ended,
// also where that run is a resume: a name that was registered overnight is
// locked, and nothing else is bought.
func TestResumeMakesWhatFollows(t *testing.T) {
	t.Parallel()
	here(t, "plan", "--dir", t.TempDir(), "--endpoint", "https://domain.example") // the process listens for signals outside of the bubble
	for _, how := range []string{"resume", "apply --auto-approve"} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), `
budget {
  amount   = 100
  currency = "USD"
}

prices {
  com = { register = 10.5 }
}

domain "example-new.com" {
  registration  = { registrant_profile = 3600001 }
  transfer_lock = true
  update_lock   = true
}
`)
			sim := simulator.New(simulator.Options{
				Seed: 1, Account: &snapshot.Account{Domains: []snapshot.Domain{{Name: "example.com"}}},
				Faults: simulator.Faults{Durations: map[wire.TaskType]simulator.Range{wire.TaskRegister: {Min: 9 * time.Hour, Max: 9 * time.Hour}}},
			})
			run := func(command string, code int, want string) {
				t.Helper()
				args := append([]string{"--dir", dir, "--endpoint", "https://domain.example", "--log-level", "warn"}, strings.Fields(command)...)
				if out := hereOver(t, sim.Transport(), args...).want(t, code); !strings.Contains(out.stdout, want) {
					t.Errorf("%s says:\n%s\nwant %q", command, out.stdout, want)
				}
			}
			run("apply --auto-approve", exitDone, "registration")
			run("resume", exitDone, "has no result yet")
			<-time.After(10 * time.Hour)
			run(how, exitDone, "update_lock changed and verified")
			if d := sim.State().Domain("example-new.com"); d == nil || !d.UpdateLock.On() || !d.TransferLock.On() {
				t.Errorf("after %s the name is %+v", how, d)
			}
			run("plan --detailed-exitcode", exitDone, "Nothing to do")
			if bought := sim.Purchases(); len(bought) != 1 || bought[0].Count != 1 {
				t.Errorf("bought: %+v", bought)
			}
		})
	}
}
