package executor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
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

// A delegated is what a registry has of a name: resolvers may know any of what
// it had within the time that they keep it.
type delegated struct {
	keys  []int // of DS records
	moved bool  // to the declared nameservers
	until time.Time
}

// signers say which keys the nameservers of a name serve: its old ones those of
// the live DS records, its new ones those of the declared ones; both where they
// are the same.
type signers struct{ old, now []int }

func (s signers) serve(d delegated) []int {
	if d.moved {
		return s.now
	}
	return s.old
}

// breaks reports whether a resolver that knows the DS records of one state and
// asks the nameservers of another gets answers that it cannot validate.
func (s signers) breaks(ds, ns delegated) bool {
	keys := s.serve(ns)
	return len(ds.keys) > 0 && !slices.ContainsFunc(ds.keys, func(key int) bool { return slices.Contains(keys, key) })
}

// memories are how many machines make the runs of a test, each with a journal of
// its own: one that remembers all, some that know nothing of each other, and one
// that forgets all after each run.
var memories = []int{1, 3, 0}

// TestSignedNamesNeverBreak changes the DS records and nameservers of names at
// random, with runs at any time, of one machine or of any of several or without
// a memory, slow tasks, and tasks and reads that fail: no resolver that keeps
// what it has heard for as long as ds_hold ever fails to validate. EXECUTOR_ROUNDS
// and EXECUTOR_SEED are those of TestLaws.
func TestSignedNamesNeverBreak(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, 12, 3) {
		machines := memories[seed%3]
		t.Run(fmt.Sprintf("EXECUTOR_SEED=%d, %d machines", seed, machines), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { signedNames(t, dice{rand.New(rand.NewPCG(seed, 0))}, machines) })
		})
	}
}

func signedNames(t *testing.T, d dice, machines int) {
	const hold = 48 * time.Hour
	account, text := &snapshot.Account{FormatVersion: snapshot.FormatVersion}, "guard {\n  max_change_percent = 100\n}\n"
	serving, past := make(map[string]signers), make(map[string][]delegated)
	for i := range 24 {
		n := blank(fmt.Sprintf("n%02d.com", i), d.one(3))
		n.DSRecords = append(n.DSRecords, d.keys()...)
		declared := d.keys()
		values := map[string]string{"ds_records": listed(declared), attr.UpdateLock: "true", "temporary_unlock": "true"}
		if d.one(4) {
			n.Nameservers = slices.Clone(newServers)
			both := append(keysOf(n.DSRecords), keysOf(declared)...)
			serving[n.Name] = signers{both, both}
		} else {
			serving[n.Name] = signers{keysOf(n.DSRecords), keysOf(declared)}
		}
		if !d.one(5) {
			values["nameservers"] = quoted(newServers)
		} else {
			both := append(keysOf(n.DSRecords), keysOf(declared)...)
			serving[n.Name] = signers{both, both}
		}
		text += block(n.Name, values)
		account.Domains = append(account.Domains, n)
	}
	account.Sort()
	w := newWorldOf(t, loadText(t, text), simulator.Options{Account: account, Faults: simulator.Faults{
		Durations: map[wire.TaskType]simulator.Range{"*": {Max: time.Duration(d.IntN(20)) * time.Minute}},
		Rules: []simulator.Fault{
			{Kind: simulator.FailDetail, Share: 0.2, Count: 20},
			{Kind: simulator.Fail5xx, Operation: "QueryChangeLogList", Share: 0.9, Count: 200},
		},
	}})
	dirs := make([]string, max(machines, 1))
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	for run := 0; ; run++ {
		for _, n := range w.sim.State().Domains {
			past[n.Name] = append(past[n.Name], delegated{keys: keysOf(n.DSRecords), moved: slices.Equal(n.Nameservers, newServers)})
		}
		if w.dir = dirs[d.IntN(len(dirs))]; machines == 0 {
			w.dir = t.TempDir()
		}
		if _, _, err := w.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		for _, n := range w.sim.State().Domains {
			states := past[n.Name]
			states[len(states)-1].until = now
			is := delegated{keys: keysOf(n.DSRecords), moved: slices.Equal(n.Nameservers, newServers)}
			for _, was := range states {
				if !was.until.After(now.Add(-hold)) {
					continue
				}
				if s := serving[n.Name]; s.breaks(was, is) || s.breaks(is, was) || s.breaks(is, is) {
					t.Fatalf("%s: %+v became %+v, whose nameservers serve %+v", n.Name, was, is, s)
				}
			}
		}
		var left []string
		w.mustPlan(func(p *planner.Plan) {
			for _, c := range p.Changes {
				if c.Status != attr.Blocked && !strings.Contains(c.Reason, "and that is blocked") {
					left = append(left, fmt.Sprintf("%s is %s: %s", c.ID, c.Status, c.Reason))
				}
			}
		})
		if len(left) == 0 || machines == 0 && run == 20 {
			w.allLocked()
			return
		}
		if run == 60+100*machines {
			w.mustPlan(func(p *planner.Plan) {
				for _, c := range p.Changes {
					t.Logf("%s is %s: %s %v %v", c.ID, c.Status, c.Reason, c.Before, c.After)
				}
			})
			t.Fatalf("left after many runs:\n%s", strings.Join(left, "\n"))
		}
		<-time.After(time.Duration(1+d.IntN(40)) * time.Hour)
	}
}

// keys draws the DS records of some keys, two of which have one key tag, of one
// digest or two.
func (d dice) keys() (all []snapshot.DSRecord) {
	for _, key := range anyOf(d, 113, 108, 213, 308) {
		for _, kind := range anyOf(d, 1, 2) {
			all = append(all, snapshot.DSRecord{
				KeyTag: key / 100, Algorithm: key % 100, DigestType: kind, Digest: strings.Repeat("A1", map[int]int{1: 20, 2: 32}[kind]),
			})
		}
	}
	return all
}

func keysOf(records []snapshot.DSRecord) (keys []int) {
	for _, r := range records {
		keys = append(keys, 100*r.KeyTag+r.Algorithm)
	}
	return keys
}

// listed writes DS records as files do.
func listed(records []snapshot.DSRecord) string {
	var list []string
	for _, r := range records {
		list = append(list, fmt.Sprintf("{ key_tag = %d, algorithm = %d, digest_type = %d, digest = %q }", r.KeyTag, r.Algorithm, r.DigestType, r.Digest))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// TestRecordsOfOneTagAreReplaced, whatever becomes of an answer and wherever the
// run dies: between the steps the name has neither the old records nor the new
// ones.
func TestRecordsOfOneTagAreReplaced(t *testing.T) {
	t.Parallel()
	record := func(tag, algorithm, kind int) snapshot.DSRecord {
		return snapshot.DSRecord{KeyTag: tag, Algorithm: algorithm, DigestType: kind, Digest: strings.Repeat("A1", map[int]int{1: 20, 2: 32}[kind])}
	}
	declared := []snapshot.DSRecord{record(1, 8, 1), record(1, 8, 2), record(2, 13, 2)}
	fresh := func(t *testing.T, faults ...simulator.Fault) *world {
		d := blank("example.com", true)
		d.DSRecords = []snapshot.DSRecord{record(1, 13, 1), record(1, 13, 2), record(2, 13, 2)}
		return worldFrom(t, block(d.Name, map[string]string{
			"ds_records": listed(declared), "ds_hold": atOnce, attr.UpdateLock: "true", "temporary_unlock": "true",
		}), simulator.Options{Faults: simulator.Faults{Rules: faults}}, d)
	}
	finish := func(w *world, resumes bool) {
		for range 3 {
			if resumes {
				_, err := w.resume(w.t.Context())
				if err != nil {
					w.t.Fatal(err)
				}
			}
			w.mustApply()
			<-time.After(time.Hour)
		}
		if d := w.sim.State().Domain("example.com"); !slices.Equal(d.DSRecords, declared) || !d.UpdateLock.On() {
			w.t.Errorf("the name has %v, its lock is %s", d.DSRecords, d.UpdateLock)
		}
		w.finishOpen()
	}
	points, step := 0, 2
	if testing.Short() {
		step = 11
	}
	synctest.Test(t, func(t *testing.T) {
		w := fresh(t)
		w.mustApply()
		points = w.points
	})
	for die := 1; die <= points; die += step {
		t.Run(fmt.Sprint("a death at ", die), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := fresh(t)
				w.die = die
				_, _, _ = w.apply(t.Context()) // whatever a dying run says
				w.revive()
				finish(w, die%4 == 1)
			})
		})
	}
	for _, operation := range []string{"SaveSingleTaskForDeletingDSRecord", "SaveSingleTaskForAddingDSRecord"} {
		for _, kind := range []simulator.Kind{simulator.Lose, simulator.Reset, simulator.NoTaskNumber} {
			t.Run(fmt.Sprint(kind, " ", operation), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					finish(fresh(t, simulator.Fault{Kind: kind, Operation: operation, Count: 5}), false)
				})
			})
		}
	}
}
