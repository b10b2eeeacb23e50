package reader_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// pieces are kept in memory.
type pieces struct {
	mu  sync.Mutex
	all map[string][]byte
}

func newPieces() *pieces { return &pieces{all: make(map[string][]byte)} }

func (p *pieces) Keys(context.Context) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.all)), nil
}

func (p *pieces) Get(_ context.Context, key string) ([]byte, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, ok := p.all[key]
	return data, ok, nil
}

func (p *pieces) Put(_ context.Context, key string, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[key] = data
	return nil
}

func (p *pieces) Delete(_ context.Context, keys ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range keys {
		delete(p.all, key)
	}
	return nil
}

// nightly reads an account again and again with what it has read before.
type nightly struct {
	t        *testing.T
	sim      *simulator.Simulator
	client   *apiclient.Client
	p        *config.Portfolio
	kept     *pieces
	log      reader.LogReader
	maxAge   time.Duration
	only     planner.Selection
	full     bool                                                      // reads everything
	bad      bool                                                      // pieces may be damaged
	alter    func(call int, page *wire.ScrollDomainListResponse) error // what a scroll shows; nil: as it is
	own      map[string]time.Time                                      // when runs of our own changed names
	standing reader.Standing
}

func newNightly(t *testing.T, n int) *nightly {
	account := held(n)
	for i := range account.Domains {
		account.Domains[i].Expires = time.Now().AddDate(3, 0, 0)
	}
	sim := simulator.New(simulator.Options{Faults: simulator.Faults{LimitProfile: "none"}, Account: account})
	p := portfolio()
	for i := range n {
		p.Domains = append(p.Domains, declare(fmt.Sprintf("name%05d.com", i), map[string]attr.Value{
			"nameservers": hosts("ns1.example.net", "ns2.example.net"), "transfer_lock": attr.Bool(false), attr.DSRecords: attr.NewDSSet(nil),
		}))
	}
	client := connect(t, sim, nil)
	return &nightly{t: t, sim: sim, client: client, log: client, p: p, kept: newPieces(), maxAge: 30 * 24 * time.Hour}
}

// read reads the account, and returns the calls that it took.
func (n *nightly) read() (*planner.Live, map[string]int) {
	n.t.Helper()
	before := n.sim.Stats()
	readings, bad, err := reader.LoadReadings(n.t.Context(), n.kept, "")
	if err != nil || bad > 0 {
		n.t.Fatalf("%d pieces are bad, %v", bad, err)
	}
	n.standing = reader.Standing{}
	earlier := &reader.Earlier{
		Readings: readings, Log: n.log, Succeeded: n.own, MaxAge: func(string) time.Duration { return n.maxAge }, Due: true,
		Told: func(s reader.Standing) { n.standing = s },
	}
	if n.full {
		earlier = nil
	}
	live, err := reader.Fetch(n.t.Context(), &scroller{n.client, n.alter, 0}, n.p, reader.Options{
		Only: n.only, Earlier: earlier,
		Keeper: &reader.Keeper{Blobs: n.kept, Before: readings, Failed: func(err error) { n.t.Error(err) }},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	calls := make(map[string]int)
	for operation, c := range n.sim.Stats() {
		if c -= before[operation]; c > 0 {
			calls[operation] = c
		}
	}
	return live, calls
}

// changeInConsole has somebody else change the transfer lock of a name, which the
// log tells.
func (n *nightly) changeInConsole(name string, lock bool) {
	n.t.Helper()
	if _, err := n.client.SaveBatchTaskForTransferProhibitionLock(n.t.Context(), &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{name}, Status: lock}); err != nil {
		n.t.Fatal(err)
	}
}

// TestSecondReadingReadsWhatChanged counts the calls of a reading where nothing
// changed, where somebody changed a name, and where the list shows another one.
func TestSecondReadingReadsWhatChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 40)
		n.maxAge = 200 * 365 * 24 * time.Hour // no name is due
		_, first := n.read()
		if first["QueryDomainByDomainName"] != 40 || first["QueryDSRecord"] != 40 {
			t.Fatalf("the first reading took %v", first)
		}
		time.Sleep(24 * time.Hour)
		// The first name is to change: what the plan rests on is read again.
		_, second := n.read()
		want := map[string]int{"QueryDomainList": 1, "ListServerLock": 1, "QueryChangeLogList": 2, "QueryDomainByDomainName": 1, "QueryDSRecord": 1}
		if diff := cmp.Diff(want, second); diff != "" {
			t.Errorf("nothing changed: %s", diff)
		}
		time.Sleep(24 * time.Hour)
		n.changeInConsole("name00007.com", true)
		n.sim.Change("name00009.com", func(d *snapshot.Domain) { d.Expires = d.Expires.AddDate(1, 0, 0) })
		time.Sleep(time.Hour)
		live, third := n.read()
		want["QueryDomainByDomainName"], want["QueryDSRecord"] = 3, 3
		if diff := cmp.Diff(want, third); diff != "" {
			t.Errorf("two names changed: %s", diff)
		}
		if lock := live.Domain("name00007.com").TransferLock; lock != wire.LockOn {
			t.Errorf("the lock is %s", lock)
		}
		if n.standing.Changed != 2 || n.standing.Known != 38 || n.standing.Distrust != "" {
			t.Errorf("%+v", n.standing)
		}
	})
}

// TestPiecesHoldWhatWasRead: a piece that is written while other names are still
// being read has none of these.
func TestPiecesHoldWhatWasRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 1100)
		for i := range n.p.Domains {
			n.p.Domains[i] = declare(n.p.Domains[i].Name, map[string]attr.Value{"admin": attr.Contact{"name": "Someone Else"}, attr.DSRecords: attr.NewDSSet(nil)})
		}
		n.read()
		before, err := n.kept.Keys(t.Context())
		if err != nil || len(before) < 2 {
			t.Fatalf("%d pieces, %v", len(before), err)
		}
		n.log = nil // so that nothing stands: each name counts as changed
		n.read()
		all, err := n.kept.Keys(t.Context())
		if err != nil || len(all) < len(before)+2 {
			t.Fatalf("%d pieces, and %d before: %v", len(all), len(before), err)
		}
		for _, key := range all[len(before):] {
			one := newPieces()
			one.all[key] = n.kept.all[key]
			r, _, err := reader.LoadReadings(t.Context(), one, "")
			if err != nil {
				t.Fatal(err)
			}
			for i := range r.Account.Domains {
				if d := &r.Account.Domains[i]; !d.Has(snapshot.DSRecords | snapshot.AdminContact) {
					t.Fatalf("piece %s has %s, which was not read yet", key, d.Name)
				}
			}
		}
	})
}

// TestAFullReadingOfSomeVouchesForNoOthers: a reading that does not ask the log
// leaves open what has become of the names that it does not read.
func TestAFullReadingOfSomeVouchesForNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 3)
		n.maxAge = 200 * 365 * 24 * time.Hour // no name is due
		n.read()
		time.Sleep(24 * time.Hour)
		n.changeInConsole("name00002.com", true)
		time.Sleep(10 * 24 * time.Hour)
		n.only, n.full = planner.SelectNames([]string{"name00001.com"}), true
		n.read()
		time.Sleep(24 * time.Hour)
		n.only, n.full = planner.Selection{}, false
		live, _ := n.read()
		if lock := live.Domain("name00002.com").TransferLock; lock != wire.LockOn {
			t.Errorf("the lock is %s: what the log told was missed", lock)
		}
	})
}

// TestNightsReadShares: names that were read together are read again in equal
// shares, and none stands longer than it may.
func TestNightsReadShares(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 300)
		n.read()
		most, all := 0, 0
		for range 60 {
			time.Sleep(24 * time.Hour)
			live, calls := n.read()
			most, all = max(most, calls["QueryDSRecord"]), all+calls["QueryDSRecord"]
			for i := range live.Domains {
				if d := &live.Domains[i]; live.ReadAt.Sub(live.ReadTimeOf(d, snapshot.DSRecords)) > n.maxAge {
					t.Fatalf("%s was read at %v", d.Name, d.Read)
				}
			}
		}
		if all < 2*300-20 || all > 2*300+80 || most > 11 {
			t.Errorf("%d names were read in 60 nights, %d in one", all, most)
		}
		if keys, _ := n.kept.Keys(t.Context()); len(keys) > 45 {
			t.Errorf("there are %d pieces", len(keys))
		}
	})
}

// TestReadingsTellWhatTheLogTells plays random nights: what the log tells is never
// missed, what nobody tells is found in time, and a cache may be lost.
func TestReadingsTellWhatTheLogTells(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			n := newNightly(t, 30)
			n.maxAge = 10 * 24 * time.Hour
			rnd := rand.New(rand.NewPCG(seed, 1))
			untold := make(map[string]time.Time)
			for night := range 40 {
				for i := range 30 {
					name := fmt.Sprintf("name%05d.com", i)
					switch rnd.IntN(40) {
					case 0:
						n.changeInConsole(name, rnd.IntN(2) == 0)
					case 1:
						n.sim.Change(name, func(d *snapshot.Domain) {
							d.DSRecords = []snapshot.DSRecord{{KeyTag: 1 + rnd.IntN(9), Algorithm: 13, DigestType: 2, Digest: "AB"}}
						})
						untold[name] = time.Now()
					}
				}
				time.Sleep(time.Duration(12+rnd.IntN(24)) * time.Hour)
				if rnd.IntN(15) == 0 {
					n.kept = newPieces()
				}
				live, _ := n.read()
				state := n.sim.State()
				for i := range live.Domains {
					d := &live.Domains[i]
					is := state.Domain(d.Name)
					if d.TransferLock != is.TransferLock || !slices.Equal(d.Nameservers, is.Nameservers) {
						t.Fatalf("night %d: %s is read as %s, and is %s", night, d.Name, d.TransferLock, is.TransferLock)
					}
					if !slices.Equal(d.DSRecords, is.DSRecords) && time.Since(untold[d.Name]) > n.maxAge {
						t.Fatalf("night %d: %s has had other records since %s", night, d.Name, untold[d.Name])
					}
				}
			}
		})
	}
}

// TestDamagedPiecesAreNone: what cannot be understood is read again.
func TestDamagedPiecesAreNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 20)
		n.read()
		for key, data := range n.kept.all {
			n.kept.all[key] = data[:len(data)/2]
		}
		n.kept.all["strange"] = []byte("what is this")
		r, bad, err := reader.LoadReadings(t.Context(), n.kept, "")
		if err != nil || bad != len(n.kept.all) || len(r.Account.Domains) > 0 {
			t.Errorf("%d of %d pieces are bad, %d names, %v", bad, len(n.kept.all), len(r.Account.Domains), err)
		}
		other, bad, err := reader.LoadReadings(t.Context(), newPieces(), "https://elsewhere.example")
		if err != nil || bad > 0 || len(other.Account.Domains) > 0 {
			t.Errorf("%+v, %d, %v", other, bad, err)
		}
	})
}

// FuzzPieces: no piece, however damaged, ends the program.
func FuzzPieces(f *testing.F) {
	f.Add([]byte("what is this"))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x02, '{', '\n'})
	f.Fuzz(func(t *testing.T, data []byte) {
		kept := newPieces()
		kept.all["k"] = data
		if _, _, err := reader.LoadReadings(t.Context(), kept, ""); err != nil {
			t.Error(err)
		}
	})
}

// TestLostPiecesVouchForNothing: what a reading found out stands in several pieces.
// Where one of them is lost, or damaged, what earlier ones say of its names does not
// count as compared with the log: neither by that reading nor by a later one.
func TestLostPiecesVouchForNothing(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(n *nightly, key string){
		"lost":    func(n *nightly, key string) { delete(n.kept.all, key) },
		"damaged": func(n *nightly, key string) { n.kept.all[key] = n.kept.all[key][:40] },
	} {
		for _, later := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s after %d readings more", name, later), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					const many = 1050
					n := newNightly(t, many)
					n.bad = true
					n.maxAge = 200 * 365 * 24 * time.Hour // no name is due
					for i := range n.p.Domains {
						n.p.Domains[i] = declare(n.p.Domains[i].Name, map[string]attr.Value{"transfer_lock": attr.Bool(true)})
					}
					n.read()
					before, _ := n.kept.Keys(t.Context())
					time.Sleep(10 * time.Hour)
					for i := range many {
						n.changeInConsole(fmt.Sprintf("name%05d.com", i), true)
						time.Sleep(time.Second)
					}
					time.Sleep(24 * time.Hour)
					n.read()
					after, _ := n.kept.Keys(t.Context())
					for range later {
						time.Sleep(10 * 24 * time.Hour)
						n.read()
					}
					if len(after) < len(before)+2 {
						t.Fatalf("%d pieces, and %d before", len(after), len(before))
					}
					lose(n, after[len(before)])
					time.Sleep(10 * 24 * time.Hour)
					r, _, err := reader.LoadReadings(t.Context(), n.kept, "")
					if err != nil {
						t.Fatal(err)
					}
					if age, want := time.Since(r.Since), time.Duration(later+1)*10*24*time.Hour+34*time.Hour; age < want {
						t.Errorf("the log is asked for %v, want %v", age, want)
					}
				})
			})
		}
	}
}

// TestRegistrantOfANameThatStands: the kind of a registrant is told with the facts of
// its name. Where these stand from before and the contact does not, both are read.
func TestRegistrantOfANameThatStands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNightly(t, 3)
		n.maxAge = 200 * 365 * 24 * time.Hour // no name is due
		n.read()
		time.Sleep(4 * 24 * time.Hour)
		name := n.p.Domains[1].Name
		n.p.Domains[1] = declare(name, map[string]attr.Value{"registrant": attr.Contact{"name": "Someone Else"}})
		live, calls := n.read()
		if c := live.Domain(name).Contacts[wire.RegistrantContact]; c.Type == "" || n.standing.Known == 0 {
			t.Errorf("%d names stand, and the registrant is %+v after %v", n.standing.Known, c, calls)
		}
	})
}
