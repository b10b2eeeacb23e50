package executor_test

import (
	"bytes"
	"os"
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
			FromList: snapshot.Nameservers,
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
	const id = "622ff660c6ba0e33070bbb45c87733ea1710dd15dd599c129b64cbace7e1185d"
	for state, p := range map[string]*planner.Plan{"new": p, "saved": read} {
		if got, err := executor.PlanID(p); got != id || err != nil {
			t.Errorf("the ID of the %s plan is %s (%v), want %s", state, got, err, id)
		}
	}
}

// TestPlansOfFormerPrograms: plans that were saved or stored while facts were
// numbers are read, and known by the IDs that they had.
func TestPlansOfFormerPrograms(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../planner/testdata/plan_with_numbers.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := planner.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if want := snapshot.Nameservers | snapshot.Locks; len(p.Failures) != 2 || p.Failures[0].Facts != want || p.Failures[1].Facts != snapshot.DSRecords {
		t.Errorf("the failures are %+v", p.Failures)
	}
	const id = "a2339f54225259e4657f84c31d0764f87c3ff342cb53b06d8a8e053af8fa6768"
	if got, err := executor.PlanID(p); got != id || err != nil {
		t.Errorf("the ID is %s (%v), want %s", got, err, id)
	}
	again, err := p.Encode()
	if err != nil || bytes.Contains(again, []byte(`"facts": 8`)) {
		t.Errorf("it is written with numbers: %v\n%s", err, again)
	}
}
