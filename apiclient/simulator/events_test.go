package simulator_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// atRegistries are what each event does to a name; nil: it is gone.
var atRegistries = map[simulator.EventKind]func(d *snapshot.Domain) bool{
	simulator.TransferLocked:   func(d *snapshot.Domain) bool { return d.TransferLock.On() },
	simulator.TransferUnlocked: func(d *snapshot.Domain) bool { return d.TransferLock == wire.LockOff },
	simulator.UpdateLocked:     func(d *snapshot.Domain) bool { return d.UpdateLock.On() },
	simulator.UpdateUnlocked:   func(d *snapshot.Domain) bool { return d.UpdateLock == wire.LockOff },
	simulator.Redelegated: func(d *snapshot.Domain) bool {
		return slices.Equal(d.Nameservers, []string{"ns1.example.org", "ns2.example.org"})
	},
	simulator.Unsigned:        func(d *snapshot.Domain) bool { return len(d.DSRecords) == 0 },
	simulator.OnHold:          func(d *snapshot.Domain) bool { return d.EmailHold },
	simulator.OffHold:         func(d *snapshot.Domain) bool { return !d.EmailHold },
	simulator.Expired:         func(d *snapshot.Domain) bool { return !d.Expires.After(time.Now()) && !d.UpdateLock.On() },
	simulator.TransferAsked:   func(d *snapshot.Domain) bool { return d.TransferOut == wire.TransferOutPending },
	simulator.TransferredAway: nil,
}

func eventOf(kind simulator.EventKind, names ...string) simulator.RegistryEvent {
	e := simulator.RegistryEvent{Kind: kind, Names: names}
	if kind == simulator.Redelegated {
		e.Nameservers = []string{"ns2.example.org", "ns1.example.org"}
	}
	return e
}

// TestRegistryEvents: what happens at a registry shows in the account at once and
// not in the change log, however the simulator is told of it.
func TestRegistryEvents(t *testing.T) {
	t.Parallel()
	for _, kind := range simulator.EventKinds() {
		ways := map[string]func(t *testing.T, s *simulator.Simulator, e simulator.RegistryEvent){
			"method": func(t *testing.T, s *simulator.Simulator, e simulator.RegistryEvent) {
				t.Helper()
				if err := s.Happen(e); err != nil {
					t.Error(err)
				}
			},
			"control": func(t *testing.T, s *simulator.Simulator, e simulator.RegistryEvent) {
				t.Helper()
				body := `{"event":"` + string(kind) + `","names":["example.net"]`
				if len(e.Nameservers) > 0 {
					body += `,"nameservers":["ns2.example.org","ns1.example.org"]`
				}
				if status, text := control(t, s, http.MethodPost, "registry", body+"}"); status != http.StatusOK {
					t.Errorf("%d %s", status, text)
				}
			},
			"fault": func(t *testing.T, s *simulator.Simulator, e simulator.RegistryEvent) {
				t.Helper()
				f := simulator.Fault{Kind: simulator.AtRegistry, Operation: "QueryChangeLogList", Event: kind, Names: e.Names, Nameservers: e.Nameservers}
				if err := s.SetFaults(simulator.Faults{Rules: []simulator.Fault{f}}); err != nil {
					t.Error(err)
				}
			},
		}
		for way, tell := range ways {
			t.Run(string(kind)+" by "+way, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					account := three()
					for i := range account.Domains {
						d := &account.Domains[i]
						d.UpdateLock, d.Expires = wire.LockOn, time.Now().AddDate(1, 0, 0)
						d.DSRecords = []snapshot.DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("A1", 32)}}
					}
					s, c := inProcess(t, simulator.Options{Account: account})
					before := s.State()
					tell(t, s, eventOf(kind, "example.net"))
					if told, _ := c.entries("StartDate=" + strconv.FormatInt(time.Now().Add(-time.Hour).UnixMilli(), 10)); len(told) > 0 {
						t.Errorf("the log tells of %v", told)
					}
					after := s.State()
					is := after.Domain("example.net")
					shows := atRegistries[kind]
					if shows == nil {
						if is != nil {
							t.Error("the name is still there")
						}
					} else if is == nil || !shows(is) {
						t.Errorf("it is %+v", is)
					}
					if was := before.Domain("example.com"); after.Domain("example.com").UpdateLock != was.UpdateLock || len(after.Domains) < 2 {
						t.Error("it happened to others, too")
					}
				})
			})
		}
	}
	if len(atRegistries) != len(simulator.EventKinds()) {
		t.Errorf("%d events, and %d are tested", len(simulator.EventKinds()), len(atRegistries))
	}
}

// TestRegistryEventsThatCannotBe: an event says what is wrong with it, and nothing
// happens.
func TestRegistryEventsThatCannotBe(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three()})
	before := s.State()
	for want, e := range map[string]simulator.RegistryEvent{
		`there is no event "burnt", only expired, off_hold`:                      {Kind: "burnt", Names: []string{"example.net"}},
		"event expired: names are missing":                                       {Kind: simulator.Expired},
		"event redelegated: nameservers belong to redelegated, which needs some": {Kind: simulator.Redelegated, Names: []string{"example.net"}},
		"event on_hold: nameservers belong to redelegated":                       {Kind: simulator.OnHold, Names: []string{"example.net"}, Nameservers: []string{"ns1.example.org"}},
		"event transferred_away: the account has no name example.org":            {Kind: simulator.TransferredAway, Names: []string{"example.net", "example.org"}},
	} {
		if err := s.Happen(e); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		f := simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.AtRegistry, Event: e.Kind, Names: e.Names, Nameservers: e.Nameservers}}}
		if err := f.Validate(); e.Kind != simulator.TransferredAway && (err == nil || !strings.HasPrefix(err.Error(), "rules[0]: "+want)) {
			t.Errorf("as a fault: %v, want %s", err, want)
		}
	}
	if after := s.State(); len(after.Domains) != len(before.Domains) {
		t.Errorf("%d names are left of %d", len(after.Domains), len(before.Domains))
	}
}
