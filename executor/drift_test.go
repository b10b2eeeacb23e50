package executor_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

var handServers = []string{"ns7.example.org", "ns8.example.org"}

// byHand gives a name other nameservers, as somebody does in the console: the change
// log tells it.
func (w *world) byHand(name string, servers []string) {
	w.t.Helper()
	time.Sleep(time.Minute)
	_, err := w.client.SaveBatchTaskForModifyingDomainDns(w.t.Context(), &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{name}, DomainNameServer: servers})
	if err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(time.Hour)
}

// origins returns of all changes of a plan who calls for them.
func (w *world) origins() map[string]attr.Origin {
	w.t.Helper()
	all := make(map[string]attr.Origin)
	w.mustPlan(func(p *planner.Plan) {
		for c := range p.Differences() {
			if all[c.ID] = c.Origin; c.Origin != attr.Drift && c.Logged != nil {
				w.t.Errorf("%s is %q, and the log tells %+v", c.ID, c.Origin, c.Logged)
			}
		}
	})
	return all
}

func (w *world) wantOrigins(when string, want map[string]attr.Origin) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.origins()); diff != "" {
		w.t.Errorf("%s: %s", when, diff)
	}
}

// declares has a name declared with other nameservers.
func (w *world) declares(name string, servers []string) {
	for i := range w.portfolio.Domains {
		if d := &w.portfolio.Domains[i]; d.Name == name {
			d.Declared = slices.Clone(d.Declared)
			d.Declared[0].Value = attr.NewNameserverSet(servers)
		}
	}
}

// TestDriftIsWhatOthersChanged goes through the ways in which a change comes to be
// called for.
func TestDriftIsWhatOthersChanged(t *testing.T) {
	t.Parallel()
	const a, b = "a.example/nameservers", "b.example/nameservers"
	type origins = map[string]attr.Origin
	for title, test := range map[string]func(w *world){
		"without an apply": func(w *world) {
			w.byHand("a.example", handServers)
			w.wantOrigins("nothing is known", origins{a: "", b: ""})
		},
		"by hand after an apply, and again after that was changed back": func(w *world) {
			w.mustApply()
			w.wantOrigins("as declared", origins{})
			for range 2 {
				w.byHand("a.example", handServers)
				w.wantOrigins("by hand", origins{a: attr.Drift})
				w.mustApply()
				w.wantOrigins("changed back", origins{})
			}
		},
		"an edit, alone and beside a drift": func(w *world) {
			w.mustApply()
			w.byHand("a.example", handServers)
			w.declares("a.example", []string{"ns3.example.net"})
			w.declares("b.example", []string{"ns3.example.net"})
			w.wantOrigins("both are edited", origins{a: attr.Edit, b: attr.Edit})
		},
		"by hand to what is declared": func(w *world) {
			w.mustApply()
			w.declares("a.example", handServers)
			w.byHand("a.example", handServers)
			w.wantOrigins("nothing is to be done", origins{})
		},
		"the registry": func(w *world) {
			w.mustApply()
			time.Sleep(time.Hour)
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Nameservers = handServers })
			w.wantOrigins("no log tells it", origins{a: attr.Drift})
			w.mustPlan(func(p *planner.Plan) {
				if c := p.Changes[0]; c.Logged != nil {
					w.t.Errorf("%+v did it, the log says: it was the registry", c.Logged)
				}
			})
		},
		"a lost journal": func(w *world) {
			w.mustApply()
			w.byHand("a.example", handServers)
			w.dir = w.t.TempDir()
			w.wantOrigins("nothing is known", origins{a: ""})
			w.mustApply()
			w.wantOrigins("changed back", origins{})
			w.byHand("a.example", handServers)
			w.wantOrigins("the new state knows", origins{a: attr.Drift})
		},
		"another state changes the account": func(w *world) {
			w.mustApply()
			mine, theirs := w.dir, w.t.TempDir()
			w.dir = theirs
			w.declares("a.example", handServers)
			time.Sleep(time.Hour)
			w.mustApply()
			w.dir = mine
			w.declares("a.example", newServers)
			w.wantOrigins("the other one is somebody else", origins{a: attr.Drift})
			w.mustApply()
			w.dir = theirs
			w.declares("a.example", handServers)
			w.wantOrigins("so is this one", origins{a: attr.Drift})
		},
		"a name leaves and comes back": func(w *world) {
			w.mustApply()
			all := w.portfolio.Domains
			w.portfolio.Domains = all[1:]
			w.mustApply()
			w.byHand("a.example", handServers)
			w.portfolio.Domains = all
			w.wantOrigins("the files want it again", origins{a: attr.Edit})
		},
		"a name leaves the account and comes back": func(w *world) {
			w.mustApply()
			was := *w.sim.State().Domain("a.example")
			w.sim.Remove("a.example")
			w.mustApply()
			state := w.sim.State()
			was.Nameservers = handServers
			state.Domains = append(state.Domains, was)
			state.Sort()
			w.sim.Load(state)
			w.wantOrigins("nobody knows what it was", origins{a: ""})
		},
		"a change that fails stays what it was": func(w *world) {
			w.mustApply()
			w.declares("a.example", []string{"ns3.example.net"})
			if err := w.sim.SetFaults(simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.FailDetail, Names: []string{"a.example"}, Count: 1}}}); err != nil {
				w.t.Fatal(err)
			}
			w.mustApply()
			w.wantOrigins("the edit was not made", origins{a: attr.Edit})
			w.mustApply()
			w.wantOrigins("now it was", origins{})
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test(newWorld(t, []name{{name: "a.example", want: newServers}, {name: "b.example", want: newServers}}, simulator.Options{}))
			})
		})
	}
}

// TestReportedDriftStays: what the drift block reports is held, night after night, is
// told with who did it and when, and goes when the files take it over.
func TestReportedDriftStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers, transfer: yes()}, {name: "b.example", want: newServers}}, simulator.Options{})
		w.portfolio.Drift = config.Drift{attr.Delegation: config.ReportDrift}
		w.mustApply()
		w.byHand("a.example", handServers)
		did := time.Now()
		for night := range 3 {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.TransferLock = wire.LockOff })
			w.mustPlan(func(p *planner.Plan) { w.reported(p, did, night) })
			w.mustApply()
			if got := w.sim.State().Domain("a.example"); !slices.Equal(got.Nameservers, handServers) || !got.TransferLock.On() {
				t.Fatalf("after night %d it has %v, and its lock is on: %v", night, got.Nameservers, got.TransferLock.On())
			}
			time.Sleep(24 * time.Hour)
		}
		w.declares("a.example", handServers)
		w.wantOrigins("taken over", map[string]attr.Origin{})
		w.mustApply()
		w.declares("a.example", newServers)
		w.wantOrigins("and given back", map[string]attr.Origin{"a.example/nameservers": attr.Edit})
		w.mustApply()
	})
}

// reported holds that a plan tells a drift of nameservers, and makes nothing of it.
func (w *world) reported(p *planner.Plan, did time.Time, night int) {
	w.t.Helper()
	for c := range p.Differences() {
		switch {
		case c.Origin != attr.Drift:
			w.t.Errorf("night %d: %s is %q", night, c.ID, c.Origin)
		case c.Attribute == "transfer_lock":
			if c.Status != attr.Ready || c.Logged != nil {
				w.t.Errorf("night %d: %s is %s, and the log tells %+v", night, c.ID, c.Status, c.Logged)
			}
		case c.Status != attr.Held || c.Logged == nil || did.Sub(c.Logged.At) > time.Hour || !strings.Contains(c.Logged.Operation, "DNS") || !isAddress(c.Logged.Address):
			w.t.Errorf("night %d: %s is %s (%s), and the log tells %+v", night, c.ID, c.Status, c.Reason, c.Logged)
		}
	}
	if p.Summary.Drifts != 2 || p.Summary.Edits != 0 {
		w.t.Errorf("night %d: %d drifts and %d edits", night, p.Summary.Drifts, p.Summary.Edits)
	}
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// TestOwnChangesAreNeverDrift lets runs that change a name die at every point, and the
// files take the change back: whatever became of it, nobody else has changed anything.
func TestOwnChangesAreNeverDrift(t *testing.T) {
	t.Parallel()
	step := 3
	if testing.Short() {
		step = 7
	}
	for n := 1; ; n += step {
		over := false
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, []name{{name: "a.example", want: newServers, locked: true}}, simulator.Options{})
			w.mustApply()
			w.declares("a.example", handServers)
			w.die, w.points = n, 0
			_, _, err := w.apply(t.Context())
			over = err == nil
			w.revive()
			w.declares("a.example", newServers)
			time.Sleep(time.Hour)
			for id, origin := range w.origins() {
				if origin == attr.Drift {
					t.Errorf("died at point %d: %s is called a drift", n, id)
				}
			}
			_, _, _ = w.apply(t.Context())
			_, _, _ = w.apply(t.Context())
			w.wantOrigins(fmt.Sprintf("died at point %d, and settled", n), map[string]attr.Origin{})
			time.Sleep(time.Hour)
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Nameservers = handServers })
			if got := w.origins()["a.example/nameservers"]; got != attr.Drift {
				t.Errorf("died at point %d, and settled: what somebody changes then is called %q", n, got)
			}
		})
		if over {
			break
		}
	}
}

// TestDriftsAreWhatSomebodyElseChanged draws what the files and what others change of
// many names, night after night: what a plan calls a drift is what others have changed
// since the last apply, where the files say the same as then, and nothing else.
func TestDriftsAreWhatSomebodyElseChanged(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 8, 2) {
		synctest.Test(t, func(t *testing.T) {
			d := dice{rand.New(rand.NewPCG(seed, 54))}
			w := newWorld(t, many(10), simulator.Options{})
			w.mustApply()
			sets := [][]string{newServers, handServers, {"ns3.example.net"}, oldServers}
			for night := range 3 {
				want := make(map[string]attr.Origin)
				time.Sleep(time.Hour)
				for i := range w.portfolio.Domains {
					name := w.portfolio.Domains[i].Name
					declared := w.portfolio.Domains[i].Declared[0].Value
					if d.one(3) {
						w.declares(name, pick(d, sets...))
					}
					if d.one(3) {
						servers := pick(d, sets...)
						w.sim.Change(name, func(d *snapshot.Domain) { d.Nameservers = slices.Clone(servers) })
					}
					now := w.portfolio.Domains[i].Declared[0].Value
					switch live := attr.NewNameserverSet(w.sim.State().Domain(name).Nameservers); {
					case live.Equal(now):
					case now.Equal(declared):
						want[name+"/nameservers"] = attr.Drift
					default:
						want[name+"/nameservers"] = attr.Edit
					}
				}
				w.wantOrigins(fmt.Sprintf("seed %d, night %d", seed, night), want)
				w.mustApply()
			}
		})
	}
}
