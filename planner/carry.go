package planner

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// inTheOrder is why a change waits that an order carries.
const inTheOrder = "the order for the name carries it"

// fillOrders puts into the orders that register names what follows them, as far
// as an order can say it. Such a name never has other nameservers, and fewer
// tasks are needed. The changes still follow the order. They find nothing left
// to do, unless the service did not do what the order says.
func (p *Plan) fillOrders(in Input) {
	orders := make(map[string]*wire.Registration) // by change
	for i := range p.Changes {
		if order := attr.OrderOf(&p.Changes[i]); order != nil {
			orders[p.Changes[i].ID] = order
		}
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		order, carry := orders[c.Follows], attr.Lookup(c.Attribute).Carry
		if order != nil && carry != nil && !in.lacksHost(c.Domain, c.After) && carry(c.After, order) {
			c.Follow(c.Follows, inTheOrder)
		}
	}
}

// lacksHost reports whether some nameservers of a new name do not exist, or may
// not exist: those below the name itself, or below another name of the files or
// of the account. A registry refuses a name with such nameservers.
func (in *Input) lacksHost(name string, v attr.Value) bool {
	nameservers := attr.Nameservers(v)
	if slices.ContainsFunc(nameservers, func(host string) bool { return slices.Contains(parentsOf(host), name) }) {
		return true
	}
	lacks := false
	for _, host := range nameservers { // all of them, so that all that is not known is asked for at once
		for _, parent := range parentsOf(host) {
			lacks = in.lacksHostBelow(parent, host) || lacks
		}
	}
	return lacks
}

// lacksHostBelow reports whether a host may not be there that a name of the files
// or of the account would own.
func (in *Input) lacksHostBelow(parent, host string) bool {
	d := in.entry(parent)
	switch {
	case d == nil:
		return in.Portfolio.Domain(parent) != nil
	case in.lacks(d, snapshot.Hosts) != 0:
		return true
	}
	return !slices.ContainsFunc(d.Hosts, func(h snapshot.Host) bool { return h.Name == host })
}

// parentsOf returns the names whose registration a host can belong to: itself
// and those above it, down to two labels.
func parentsOf(host string) (parents []string) {
	for parent := host; strings.Contains(parent, "."); _, parent, _ = strings.Cut(parent, ".") {
		parents = append(parents, parent)
	}
	return parents
}
