package executor_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
)

const setContact = "SaveBatchTaskForUpdatingContactInfoByNewContact"

// ada is a whole contact that no name has; its address is verified.
func ada() attr.Contact {
	return attr.Contact{
		"type": "individual", "organization": "Ada Example", "name": "Ada Example", "email": "hostmaster@example.com",
		"country": "GB", "province": "Kent", "city": "Dover", "address": "3 Example Street", "postal_code": "CT16 1AA",
		"phone_country_code": "44", "phone": "1300000000",
	}
}

// declare adds to what is declared of a name.
func (w *world) declare(name, attribute string, v attr.Value) {
	for i := range w.portfolio.Domains {
		if d := &w.portfolio.Domains[i]; d.Name == name {
			d.Declared = append(d.Declared, config.Declared{Attribute: attr.Lookup(attribute), Value: v})
		}
	}
}

// letRegistrantsChange is what the files state for that.
func (w *world) letRegistrantsChange() { w.portfolio.Guard.RegistrantTransferProhibition = new(true) }

func TestContactsChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example"}, {name: "b.example", locked: true}, {name: "c.com"}}, simulator.Options{})
		for _, n := range []string{"a.example", "b.example", "c.com"} {
			for _, role := range []string{"admin", "billing", "tech"} {
				w.declare(n, role, ada())
			}
		}
		w.counts(w.mustApply(), standings{executor.Verified: 9}, 0)
		w.converged()
		// Each registry is asked once what it thinks of her.
		if n := w.sim.Stats()["VerifyContactField"]; n != 2 {
			t.Errorf("asked %d times about one contact below two suffixes", n)
		}
		for _, n := range []string{"a.example", "b.example", "c.com"} {
			d := w.sim.State().Domain(n)
			if len(d.Contacts) != 3 || d.Contacts[wire.TechContact].City != "Dover" {
				t.Errorf("%s has the contacts %+v", n, d.Contacts)
			}
		}
	})
}

// TestContactsAreCheckedFirst: a contact that the service refuses is not sent,
// no lock is opened for it, and others go on.
func TestContactsAreCheckedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}, {name: "b.example", locked: true}}, simulator.Options{})
		odd := ada()
		odd["name"] = "例"
		w.declare("b.example", "admin", odd)
		w.declare("a.example", "tech", ada())
		r := w.mustApply()
		w.counts(r, standings{executor.Verified: 2, executor.Failed: 1}, 4)
		for _, c := range r.Changes {
			if c.Result == executor.Failed && !strings.Contains(c.Message, "InvalidRegistrantName") {
				t.Errorf("%s failed and says %q", c.ID, c.Message)
			}
		}
		if stats := w.sim.Stats(); stats[updateLock] != 0 || stats[setContact] != 1 {
			t.Errorf("calls: %v", stats)
		}
		w.finishOpen()
	})
}

// finishOpen checks that no run is left open.
func (w *world) finishOpen() {
	w.t.Helper()
	if r, err := w.resume(w.t.Context()); r != nil || err != nil {
		w.t.Errorf("something is left to resume: %+v, %v", r, err)
	}
}

// TestChecksThatGetNoAnswer: what was not checked is not sent.
func TestChecksThatGetNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example"}}, faults(simulator.Fault{Kind: simulator.Reset, Operation: "VerifyContactField"}))
		w.declare("a.example", "admin", ada())
		w.counts(w.mustApply(), standings{executor.Failed: 1}, 4)
		if n := w.sim.Stats()[setContact]; n != 0 {
			t.Errorf("%d contacts were sent", n)
		}
	})
}

// TestRegistrantsThatShowLater: the service takes its time, and nothing is sent
// twice meanwhile, by whatever process.
func TestRegistrantsThatShowLater(t *testing.T) {
	t.Parallel()
	for title, rules := range map[string][]simulator.Fault{
		"":                 nil,
		"the answer lost":  {{Kind: simulator.Lose, Operation: setContact}},
		"the request lost": {{Kind: simulator.Reset, Operation: setContact, Count: 1}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, []name{{name: "a.example"}, {name: "b.example", locked: true}}, simulator.Options{
					Faults: simulator.Faults{RegistrantUpdate: simulator.Range{Min: 3 * time.Hour}, Rules: rules},
				})
				w.letRegistrantsChange()
				w.declare("a.example", "registrant", ada())
				w.declare("b.example", "registrant", ada())
				w.counts(w.mustApply(), standings{executor.Waiting: 2}, 0)
				w.counts(w.mustApply(), nil, 0)
				w.dir = t.TempDir() // the journal is lost
				w.counts(w.mustApply(), nil, 0)
				if got := w.sim.State().Domain("a.example").RegistrantUpdating; got != wire.UpdatingPending {
					t.Errorf("the registrant is %s", got)
				}
				<-time.After(3 * time.Hour)
				w.converged()
				if d := w.sim.State().Domain("a.example"); d.Contacts[wire.RegistrantContact].City != "Dover" {
					t.Errorf("got %+v", d.Contacts)
				}
			})
		})
	}
}

// TestSomebodyElsesRegistrant: a change of the registrant that others began is
// none that is to be sent again once the answer of ours is lost.
func TestSomebodyElsesRegistrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example"}}, faults(simulator.Fault{Kind: simulator.Reset, Operation: setContact, Count: 1}))
		w.letRegistrantsChange()
		w.declare("a.example", "registrant", ada())
		time.AfterFunc(time.Minute, func() {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.RegistrantUpdating = wire.UpdatingPending })
		})
		w.counts(w.mustApply(), standings{executor.InDoubt: 1}, 5)
		if n := w.sim.Stats()[setContact]; n != 1 {
			t.Errorf("%d registrants were sent", n)
		}
		w.sim.Change("a.example", func(d *snapshot.Domain) { d.RegistrantUpdating = wire.UpdatingNormal })
		w.counts(w.mustApply(), standings{executor.Verified: 1}, 0)
		w.converged()
	})
}

// TestDeathOfRegistrantChanges lets a run that changes registrants die at every
// point.
func TestDeathOfRegistrantChanges(t *testing.T) {
	t.Parallel()
	step := 1
	if testing.Short() {
		step = 7
	}
	fresh := func(t *testing.T) *world {
		w := newWorld(t, []name{{name: "a.example"}, {name: "b.example", locked: true}}, simulator.Options{
			Faults: simulator.Faults{RegistrantUpdate: simulator.Range{Min: 3 * time.Hour}},
		})
		w.letRegistrantsChange()
		w.declare("a.example", "registrant", ada())
		w.declare("b.example", "registrant", ada())
		w.declare("b.example", "tech", ada())
		return w
	}
	dieEverywhere(t, step, fresh, func(t *testing.T, w *world) {
		<-time.After(3 * time.Hour)
		w.finish("apply")
		for _, n := range []string{"a.example", "b.example"} {
			if d := w.sim.State().Domain(n); d.Contacts[wire.RegistrantContact].City != "Dover" {
				t.Errorf("the registrant of %s is %+v", n, d.Contacts)
			}
		}
	})
}

// dieEverywhere lets a run of each fresh world die at every step-th of its
// points, has the next run finish what it left, and checks what came of it.
func dieEverywhere(t *testing.T, step int, fresh func(*testing.T) *world, check func(*testing.T, *world)) {
	t.Helper()
	for _, how := range []string{"apply", "resume"} {
		points := 0
		synctest.Test(t, func(t *testing.T) {
			w := fresh(t)
			w.mustApply()
			points = w.points
		})
		if points == 0 {
			t.Fatal("there is no point to die at")
		}
		for die := 1; die <= points; die += step {
			t.Run(fmt.Sprint(how, " after a death at ", die), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := fresh(t)
					w.die = die
					_, _, _ = w.apply(t.Context()) // whatever a dying run says
					w.revive()
					w.finish(how)
					check(t, w)
				})
			})
		}
	}
}
