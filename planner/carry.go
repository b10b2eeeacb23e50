package planner

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// inTheOrder is why a change waits that an order carries.
const inTheOrder = "the order for the name carries it"

// fillOrders fills the orders that register names with what follows them, as far as
// an order can say it: such a name never has other nameservers, and fewer tasks
// are needed. The changes go on following the order, and find nothing left to do
// then, unless the service did not do what the order says.
func (p *Plan) fillOrders(portfolio *config.Portfolio, live *Live) {
	orders := make(map[string]*wire.Registration) // by change
	for i := range p.Changes {
		if order := attr.OrderOf(&p.Changes[i]); order != nil {
			orders[p.Changes[i].ID] = order
		}
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		order, carry := orders[c.Follows], attr.Lookup(c.Attribute).Carry
		if order != nil && carry != nil && !lacksHost(c.Domain, c.After, portfolio, live) && carry(c.After, order) {
			c.Follow(c.Follows, inTheOrder)
		}
	}
}

// lacksHost reports whether nameservers of a new name are not all there, or may
// not be: below the name itself, or below another name of the files or of the
// account. With such nameservers a registry refuses the name.
func lacksHost(name string, v attr.Value, portfolio *config.Portfolio, live *Live) bool {
	nameservers, _ := v.(attr.NameserverSet)
	return slices.ContainsFunc(nameservers, func(host string) bool {
		return slices.ContainsFunc(parentsOf(host), func(parent string) bool {
			d := live.Domain(parent)
			switch {
			case parent == name:
				return true
			case d == nil:
				return portfolio.Domain(parent) != nil
			}
			return !slices.ContainsFunc(d.Hosts, func(h snapshot.Host) bool { return h.Name == host })
		})
	})
}

// parentsOf returns the names whose registration a host can belong to: itself
// and those above it, down to two labels.
func parentsOf(host string) (parents []string) {
	for parent := host; strings.Contains(parent, "."); _, parent, _ = strings.Cut(parent, ".") {
		parents = append(parents, parent)
	}
	return parents
}

// ParentsInOrders returns the names that the nameservers belong to which the
// orders for missing names may carry, sorted: what hosts those have must be known.
func ParentsInOrders(in Input, missing func(name string) bool) []string {
	var parents []string
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		if !want.Declares(attr.RegistrationName) || !in.Only.Has(want.Name) || !missing(want.Name) {
			continue
		}
		for j := range want.Declared {
			parents = append(parents, parentsInOrder(want.Name, &want.Declared[j])...)
		}
	}
	slices.Sort(parents)
	return slices.Compact(parents)
}

func parentsInOrder(name string, decl *config.Declared) (parents []string) {
	nameservers, ok := decl.Value.(attr.NameserverSet)
	if !ok || !decl.Attribute.Carry(nameservers, new(wire.Registration)) {
		return nil
	}
	for _, host := range nameservers {
		parents = append(parents, parentsOf(host)...)
	}
	if slices.Contains(parents, name) {
		return nil
	}
	return parents
}
