package executor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
)

// slowTasks take as long as those of registries may, and delegations need
// their host objects.
func slowTasks() simulator.Options {
	return simulator.Options{RequireHosts: true, Faults: simulator.Faults{
		Durations: map[wire.TaskType]simulator.Range{"*": {Min: 14 * time.Minute, Max: 14 * time.Minute}},
	}}
}

// worldFrom is a simulated account of some names, and a configuration.
func worldFrom(t *testing.T, text string, o simulator.Options, domains ...snapshot.Domain) *world {
	t.Helper()
	o.Account = &snapshot.Account{FormatVersion: snapshot.FormatVersion, Domains: domains}
	o.Account.Sort()
	return newWorldOf(t, loadText(t, text), o)
}

// TestElementsOfOneName: the service works on one task of a kind and a name at
// a time, so that the others are sent when it has ended, none of them in vain.
func TestElementsOfOneName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := worldFrom(t, `
domain "example.com" {
  hosts = { ns1 = ["192.0.2.1"], ns2 = ["192.0.2.2"], ns3 = ["192.0.2.3"] }
  ds_records = [
    { key_tag = 1, algorithm = 13, digest_type = 1, digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    { key_tag = 2, algorithm = 13, digest_type = 1, digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    { key_tag = 3, algorithm = 13, digest_type = 1, digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
  ]
  update_lock      = true
  temporary_unlock = true
}
`, slowTasks(), blank("example.com", true))
		w.counts(w.mustApply(), standings{executor.Verified: 6}, 0)
		w.converged()
		stats := w.sim.Stats()
		if hosts, records := stats["SaveSingleTaskForCreatingDnsHost"], stats["SaveSingleTaskForAddingDSRecord"]; hosts != 3 || records != 3 {
			t.Errorf("%d calls for 3 hosts, %d for 3 DS records", hosts, records)
		}
	})
}
