package executor_test

import (
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

// TestPlanIDStaysTheSame: by its ID a saved plan is known that was applied, also
// by an earlier version of the program.
func TestPlanIDStaysTheSame(t *testing.T) {
	t.Parallel()
	want := config.Domain{Name: "example.com", Settings: attr.Settings{TemporaryUnlock: true}, Declared: []config.Declared{
		{Attribute: attr.Lookup("nameservers"), Value: attr.NewNameserverSet([]string{"ns1.example.net", "ns2.example.net"})},
		{Attribute: attr.Lookup("update_lock"), Value: attr.Bool(true)},
	}}
	p := planner.Diff(planner.Input{
		Portfolio: &config.Portfolio{Domains: []config.Domain{want}, Limits: config.DefaultLimits()},
		Live: &planner.Live{ReadAt: time.Unix(1_780_000_000, 0), Domains: []snapshot.Domain{{
			Name: "example.com", Nameservers: []string{"ns1.example.org"}, UpdateLock: wire.LockOn, TransferLock: wire.LockOff, DSRecords: []snapshot.DSRecord{},
		}}},
	})
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := planner.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	const id = "f0187e7445dbb456cb17ce4efb036f7fc30d88501c0f5b511259b0370fef9c1d"
	for state, p := range map[string]*planner.Plan{"new": p, "saved": read} {
		if got, err := executor.PlanID(p); got != id || err != nil {
			t.Errorf("the ID of the %s plan is %s (%v), want %s", state, got, err, id)
		}
	}
}
