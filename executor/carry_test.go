package executor_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// A newName is a name that is registered, with nameservers that an order can
// carry or not.
type newName struct {
	nameservers []string
	hosts       string // "": undeclared
	carried     bool
}

// trademark is a name that the service sells to those who say that they may have
// it.
const trademark = "my-trademark.art"

// newNames range over the places that nameservers of a new name can have.
func newNames() map[string]newName {
	elsewhere := "ns1.provider.example"
	return map[string]newName{
		"two.art":        {[]string{elsewhere, "ns2.provider.example"}, "", true},
		"one.art":        {[]string{elsewhere}, "", false},
		"three.art":      {[]string{elsewhere, "ns2.provider.example", "ns3.provider.example"}, "", false},
		"own.art":        {[]string{"ns1.own.art", "ns2.own.art"}, `{ ns1 = ["192.0.2.1"], ns2 = ["192.0.2.2"] }`, false},
		"half.art":       {[]string{"ns1.half.art", elsewhere}, `{ ns1 = ["192.0.2.1"] }`, false},
		"of-new.art":     {[]string{"ns1.own.art", elsewhere}, "", false},       // of a name that is registered beside it
		"of-old.art":     {[]string{"ns1.old.art", elsewhere}, "", true},        // of a name of the account
		"to-come.art":    {[]string{"ns2.old.art", elsewhere}, "", false},       // the host is made beside it
		"of-other.art":   {[]string{"ns1.deep.other.art", elsewhere}, "", true}, // which no file declares
		"of-nothing.art": {[]string{"ns9.stranger.example", elsewhere}, "", true},
		trademark:        {[]string{elsewhere, "ns2.provider.example"}, "", true},
	}
}

// newWorldOfNames has the names registered beside old ones.
func newWorldOfNames(t *testing.T, bare bool) *world {
	text := rules + block("old.art", map[string]string{"hosts": `{ ns1 = ["192.0.2.3"], ns2 = ["192.0.2.4"] }`})
	for name, n := range newNames() {
		values := map[string]string{"nameservers": quoted(n.nameservers), "privacy": "false", "registration": `{ registrant_profile = "Example Ltd" }`}
		if name == trademark {
			values["registration"] = `{ registrant_profile = "Example Ltd", trademark = true }`
		}
		if n.hosts != "" {
			values["hosts"] = n.hosts
		}
		text += block(name, values)
	}
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion}
	old, other := blank("old.art", false), blank("other.art", false)
	old.Hosts = []snapshot.Host{{Name: "ns1.old.art", Addresses: []string{"192.0.2.3"}}}
	other.Hosts = []snapshot.Host{{Name: "ns1.deep.other.art", Addresses: []string{"192.0.2.5"}}}
	account.Domains = append(account.Domains, old, other)
	return newWorldOf(t, loadText(t, text), simulator.Options{Account: account, RequireHosts: true, Market: simulator.Market{BareOrders: bare}})
}

// TestOrdersCarryWhatTheyCan registers names of all kinds. Those whose order can
// say where they are delegated to never stand elsewhere, unless the service does
// not listen: then what follows the order mends that. All orders share a call.
func TestOrdersCarryWhatTheyCan(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		t.Run(fmt.Sprintf("bare=%t", bare), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldOfNames(t, bare)
				err := w.open(t.Context(), func(j *journal.Journal) error {
					plan, err := w.plan(t.Context())
					if err != nil {
						return err
					}
					w.says(plan)
					if _, err := executor.Run(t.Context(), plan, w.config(j)); err != nil {
						return err
					}
					w.registered(bare)
					return w.followUp(j, plan)
				})
				if err != nil {
					t.Fatal(err)
				}
				if n := w.sim.Stats()[register]; n != 1 {
					t.Errorf("%d calls for the orders", n)
				}
				w.bought(-1)
				w.converged()
				w.nothingLeft()
			})
		})
	}
}

// says checks that a plan says of each name what its order carries.
func (w *world) says(p *planner.Plan) {
	w.t.Helper()
	for _, c := range p.Changes {
		n, carries := newNames()[c.Domain], "the order for the name carries it"
		switch c.Attribute {
		case "nameservers":
			if (c.Reason == carries) != n.carried {
				w.t.Errorf("%s %v: %s", c.ID, c.After, c.Reason)
			}
		case "privacy":
			if c.Reason != carries {
				w.t.Errorf("%s: %s", c.ID, c.Reason)
			}
		case "registration":
			order := c.Steps[0].Request.(*wire.SaveBatchTaskForCreatingOrderActivateRequest).OrderActivateParam[0]
			want := wire.Registration{EnableDomainProxy: new(false)}
			if n.carried {
				slices.Sort(n.nameservers)
				want.AliyunDNS, want.DNS1, want.DNS2 = new(false), n.nameservers[0], n.nameservers[1]
			}
			if c.Domain == trademark {
				want.TrademarkDomainActivation = new(true)
			}
			want.DomainName, want.SubscriptionDuration, want.RegistrantProfileID = order.DomainName, order.SubscriptionDuration, order.RegistrantProfileID
			if diff := cmp.Diff(want, order); diff != "" {
				w.t.Errorf("%s: %s", c.ID, diff)
			}
		}
	}
}

// registered checks what names have whose orders have been executed, and nothing
// else.
func (w *world) registered(bare bool) {
	w.t.Helper()
	for name, n := range newNames() {
		d := w.sim.State().Domain(name)
		if d == nil {
			w.t.Errorf("%s is not there", name)
			continue
		}
		slices.Sort(n.nameservers)
		if got := slices.Equal(d.Nameservers, n.nameservers); got != (n.carried && !bare) || *d.Privacy != bare {
			w.t.Errorf("%s has the nameservers %v and privacy %t", name, d.Nameservers, *d.Privacy)
		}
	}
}

// followUp makes what a plan has announced to follow.
func (w *world) followUp(j *journal.Journal, plan *planner.Plan) error {
	w.t.Helper()
	var done []string
	for _, c := range plan.Changes {
		done = append(done, c.ID)
	}
	more, err := planner.Follow(plan, done, func(only planner.Selection) (planner.Input, error) {
		live, err := reader.Fetch(w.t.Context(), w.client, w.portfolio, reader.Options{Endpoint: endpoint, Only: only})
		return planner.Input{Portfolio: w.portfolio, Live: live}, err
	})
	if err != nil {
		return err
	}
	_, err = executor.Run(w.t.Context(), more, w.config(j))
	return err
}
