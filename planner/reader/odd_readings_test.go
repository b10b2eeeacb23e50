package reader_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/simulator/distort"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/seedtest"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// oddNights read everything of an account night after night, in one of them through
// answers that are wrong.
type oddNights struct {
	*testing.T
	sim     *simulator.Simulator
	through *distort.Transport
	client  *apiclient.Client
	p       *config.Portfolio
	options reader.Options
	kept    *pieces
}

func newOddNights(t *testing.T, operation string) *oddNights {
	t.Helper()
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(everything)}}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	n := &oddNights{T: t, p: p, kept: newPieces()}
	given := simulator.Options{Seed: 1, Account: everythingHeld(time.Now()), Market: simulator.Market{Names: map[string]wire.Availability{"taken.com": wire.Taken}}}
	if operation == "ScrollDomainList" { // it is cheaper then, and the list tells no more
		n.options.PageSize, given.Readings.ListedAutoRenew = 1, "absent"
	}
	n.sim = simulator.New(given)
	n.through = &distort.Transport{Next: n.sim.Transport(), Operation: operation, Most: 4000}
	n.asItIs()
	var err error
	n.client, err = apiclient.New(apiclient.Config{
		Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: n.through, Attempts: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// asItIs has all answers be what they are.
func (n *oddNights) asItIs() {
	n.through.Distortion = distort.Distortion{Change: func(_ int, members map[string]any) any { return members }}
}

// readings are those that are kept.
func (n *oddNights) readings() *reader.Readings {
	n.Helper()
	r, bad, err := reader.LoadReadings(n.Context(), n.kept, "")
	if err != nil || bad > 0 {
		n.Fatalf("%d pieces are bad, %v", bad, err)
	}
	return r
}

// read reads what has changed since the readings, and what is older than it may be.
func (n *oddNights) read(maxAge time.Duration) (*planner.Live, error) {
	o := n.options
	before := n.readings()
	o.Earlier = &reader.Earlier{Readings: before, Log: n.client, MaxAge: func(string) time.Duration { return maxAge }, Due: true}
	o.Keeper = &reader.Keeper{Blobs: n.kept, Before: before, Failed: func(err error) { n.Error(err) }}
	return reader.Fetch(n.Context(), n.client, n.p, o)
}

// truth is what the account is now, and the plan of that.
func (n *oddNights) truth() (all *planner.Live, plan *planner.Plan) {
	n.Helper()
	all, err := reader.FetchAll(n.Context(), n.client, kinds|snapshot.Listed, n.options)
	if err != nil {
		n.Fatal(err)
	}
	live, err := reader.Fetch(n.Context(), n.client, n.p, n.options)
	if err != nil {
		n.Fatal(err)
	}
	all.Absent, all.Emails, all.Profiles = live.Absent, live.Emails, live.Profiles
	return all, planner.Diff(planner.Input{Portfolio: n.p, Live: live})
}

// changeEverything changes all that can be of the names of the account. The change
// log tells that each of them has changed.
func (n *oddNights) changeEverything() {
	n.Helper()
	names := []string{"example.art", "example.com", "example.net", "example.org"}
	if _, err := n.client.Submit(n.Context(), &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: names, Status: true}); err != nil {
		n.Fatal(err)
	}
	for _, name := range names {
		n.sim.Change(name, func(d *snapshot.Domain) {
			d.Nameservers, d.TransferLock, d.UpdateLock = []string{"ns8.example.net", "ns9.example.net"}, wire.LockOff, wire.LockOff
			d.Privacy = new(!*d.Privacy)
			d.DSRecords = []snapshot.DSRecord{{KeyTag: 9, Algorithm: 13, DigestType: 2, Digest: "AB"}}
			d.Hosts = []snapshot.Host{{Name: "ns9." + d.Name, Addresses: []string{"192.0.2.9"}}}
			contacts := make(map[wire.ContactType]snapshot.Contact)
			for role, c := range d.Contacts {
				c.City = "Dover"
				contacts[role] = c
			}
			d.Contacts = contacts
			if d.Art != nil {
				d.Art = &snapshot.Art{Title: "Sunset"}
			}
		})
	}
}

const never = 100 * 365 * days

// kinds are the facts of names that are kept.
const kinds = snapshot.Info | snapshot.DSRecords | snapshot.Hosts | snapshot.Wallet | snapshot.Artwork | snapshot.AllContacts

// TestWrongAnswersSpoilNoReading reads everything, and some nights later again, while
// one operation answers wrongly, in every way: once because the readings are due, and
// once because everything has changed, which the log tells. Whatever the answer,
//
//   - nothing wrong is kept;
//   - what was kept and is still true stays where it could not be read;
//   - what has changed is known as it is now, or is not known;
//   - the next night knows everything as it is.
//
// READER_ANSWERS=all tries all of them, instead of some that are drawn.
func TestWrongAnswersSpoilNoReading(t *testing.T) {
	t.Parallel()
	service := reflect.TypeFor[reader.Service]()
	operations, one := []string{"QueryChangeLogList"}, 4
	switch {
	case os.Getenv("READER_ANSWERS") == "all":
		one = 1
	case testing.Short():
		one = 12
	}
	for i := range service.NumMethod() {
		operations = append(operations, service.Method(i).Name)
	}
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	for i, operation := range operations {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			for _, d := range distort.Wrong(wire.Lookup(operation)) {
				for _, changed := range []bool{false, true} {
					if r.IntN(one) > 0 {
						continue
					}
					t.Run(fmt.Sprintf("%s, changed %v", d.Name, changed), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { newOddNights(t, operation).play(&d, changed) })
					})
				}
			}
		})
	}
}

// play plays three nights, of which the second one is odd.
func (n *oddNights) play(d *distort.Distortion, changed bool) {
	n.Helper()
	if _, err := n.read(never); err != nil {
		n.Fatal(err)
	}
	good := n.readings()
	time.Sleep(4 * days)
	maxAge := time.Hour
	if changed {
		maxAge = never
		n.changeEverything()
		time.Sleep(2 * time.Hour)
	}
	truth, plan := n.truth()
	n.through.Distortion = *d
	live, err := n.read(maxAge)
	n.asItIs()
	if err == nil {
		n.holds("the odd night", truth, live, plan)
	}
	kept := n.readings()
	for i := range kept.Account.Domains {
		k := &kept.Account.Domains[i]
		is := truth.Domain(k.Name)
		if is == nil {
			continue // which the list seemed to have
		}
		if g := good.Account.Domain(k.Name); g != nil && !changed {
			if lost := g.Known(kinds) &^ k.Known(kinds) &^ (snapshot.Expiry | snapshot.PriceKind); lost != 0 { // which the list tells
				n.Errorf("%s: %v of a good reading are gone", k.Name, lost)
			}
			shown := *k
			shown.Contacts = nil // of which hashes are kept
			if problem := contradiction(is, &shown); problem != "" {
				n.Errorf("%s is kept with what is wrong: %s", k.Name, problem)
			}
		}
	}
	time.Sleep(12 * time.Hour)
	if live, err = n.read(never); err != nil {
		n.Fatal(err)
	}
	n.holds("the night after", truth, live, plan)
	if len(live.Failures) > 0 {
		n.Errorf("the night after, something is unknown: %+v", live.Failures)
	}
}

// holds compares what a night knows, and would change, with what is true.
func (n *oddNights) holds(night string, truth, live *planner.Live, plan *planner.Plan) {
	n.Helper()
	if problem := untrue(truth, live); problem != "" {
		n.Errorf("%s: %s", night, problem)
	}
	allowed := plan.Executed()
	for _, c := range planner.Diff(planner.Input{Portfolio: n.p, Live: live}).Executed() {
		if !slices.ContainsFunc(allowed, func(x *attr.Change) bool { return x.ID == c.ID && reflect.DeepEqual(x.Before, c.Before) }) {
			n.Errorf("%s: %s would change from %v", night, c.ID, c.Before)
		}
	}
}
