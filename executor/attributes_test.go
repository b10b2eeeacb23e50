package executor_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// A setup makes the live state such that an attribute's example changes
// something; nil where any other state will do.
var setups = map[string]func(d *snapshot.Domain){
	attr.RedemptionName:   func(d *snapshot.Domain) { expire(d, -40) },
	attr.RegistrationName: func(d *snapshot.Domain) { d.Name = "" }, // the account lacks it
	"renewal":             func(d *snapshot.Domain) { expire(d, 20) },
}

// expire lets a name's term end in some days. The update lock goes with it.
func expire(d *snapshot.Domain, days int) {
	d.Registered, d.Expires = time.Now().AddDate(-3, 0, days), time.Now().AddDate(0, 0, days)
	if days < 0 {
		d.UpdateLock = wire.LockOff
	}
}

// blank is a name that has nothing of what is declared.
func blank(name string, locked bool) snapshot.Domain {
	return snapshot.Domain{
		Name: name, Registered: time.Now().AddDate(-3, 0, 200), Expires: time.Now().AddDate(0, 0, 200),
		Nameservers: slices.Clone(oldServers), TransferLock: wire.LockOff, UpdateLock: wire.Lock(locked),
		DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{}, Privacy: new(false),
	}
}

// rules are what files state for all names so that every attribute can change.
const rules = `
account {
  unmanaged = "ignore"
}

guard {
  max_change_percent              = 100
  max_registrant_changes          = 1000
  registrant_transfer_prohibition = false
}

budget {
  amount = 1000000
}

prices {
  art = { register = 10, renew = 11, redeem = 90 }
}
`

func loadText(t *testing.T, text string) *config.Portfolio {
	t.Helper()
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text)}}, config.Options{})
	if p == nil {
		t.Fatalf("%s\n%s", text, diags)
	}
	return p
}

// everyDoor lets the service do what examples ask for.
func everyDoor(a *snapshot.Account) simulator.Options {
	return simulator.Options{Account: a, VerifiedEmails: []string{"ada@example.com", "bob@example.com", "hostmaster@example.com"}, RequireHosts: true}
}

func block(name string, values map[string]string) string {
	text := fmt.Sprintf("domain %q {\n", name)
	for attribute, value := range values {
		text += attribute + " = " + value + "\n"
	}
	return text + "}\n"
}

// atOnce is the ds_hold with which nothing has to have been live for a while.
const atOnce = `"0s"`

// changesEach checks that everything that is declared would change, but for
// what nothing can change.
func (w *world) changesEach() {
	w.t.Helper()
	changed, bought := make(map[string]bool), make(map[string]bool)
	w.mustPlan(func(p *planner.Plan) {
		for _, c := range p.Changes {
			changed[attr.ChangeID(c.Domain, c.Attribute)] = true
			bought[c.Domain] = bought[c.Domain] || c.Hazard == attr.Money
		}
	})
	live := w.sim.State()
	for _, d := range w.portfolio.Domains {
		for _, x := range d.Declared {
			settled := x.Attribute.Inert || x.Attribute.Hazard == attr.Money && bought[d.Name] || // a term is bought once
				x.Attribute.Name == attr.UpdateLock && live.Domain(d.Name) != nil && x.Value == attr.Bool(live.Domain(d.Name).UpdateLock.On())
			if id := attr.ChangeID(d.Name, x.Attribute.Name); !changed[id] && !settled {
				w.t.Errorf("%s does not change: does setups have to prepare something for it?", id)
			}
		}
	}
}

// mustPlan looks at the plan of now.
func (w *world) mustPlan(look func(p *planner.Plan)) {
	w.t.Helper()
	p, err := w.plan(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	look(p)
}

// nothingLeft checks that no change of any status is left.
func (w *world) nothingLeft() {
	w.t.Helper()
	w.mustPlan(func(p *planner.Plan) {
		for _, c := range p.Changes {
			w.t.Errorf("%s is %s: %s (%v to %v)", c.ID, c.Status, c.Reason, c.Before, c.After)
		}
		if len(p.Missing)+len(p.Failures) > 0 {
			w.t.Errorf("missing %v, failures %v", p.Missing, p.Failures)
		}
	})
}
