package planner

import (
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
)

// glue orders host objects and the delegations to them, anywhere in the
// account (RFC 5732, section 1.1):
//
//   - a host is made, or gets its addresses, before a name is delegated to it;
//   - a host goes after the last name that delegated to it has moved away, and
//     stays while one does not (RFC 9874).
//
// It reports whether there are hosts to order.
func (p *Plan) glue(live *Live) bool {
	made := make(map[string]string) // the step by host
	var gone []*attr.Change
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Attribute != attr.GlueHosts || c.Status != attr.Ready {
			continue
		}
		if c.Action == attr.Delete {
			gone = append(gone, c)
		} else {
			made[attr.HostName(c)] = c.Steps[0].ID
		}
	}
	if len(made) > 0 {
		p.makeHostsFirst(made)
	}
	if len(gone) > 0 {
		p.removeHostsLast(gone, live)
	}
	return len(made)+len(gone) > 0
}

// eachDelegation calls f with every ready change of nameservers and the set that
// it ends with; the set is empty where the service picks it.
func (p *Plan) eachDelegation(f func(c *attr.Change, after attr.Hosts)) {
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Status == attr.Ready && attr.Lookup(c.Attribute).Group == attr.GroupDelegation {
			after, _ := c.After.(attr.Hosts)
			f(c, after)
		}
	}
}

func (p *Plan) makeHostsFirst(made map[string]string) {
	p.eachDelegation(func(c *attr.Change, after attr.Hosts) {
		for _, host := range after {
			if step, ok := made[host]; ok && !slices.Contains(c.Steps[0].Needs, step) {
				c.Steps[0].Needs = append(c.Steps[0].Needs, step)
			}
		}
	})
}

// removeHostsLast orders the removal of hosts behind the changes of those that
// use them, and blocks what somebody goes on using.
func (p *Plan) removeHostsLast(gone []*attr.Change, live *Live) {
	hosts := make(map[string]bool, len(gone))
	for _, c := range gone {
		hosts[attr.HostName(c)] = true
	}
	users, unread := usersOf(hosts, live)
	moves := make(map[string]*attr.Change) // by name
	stays := make(map[string]attr.Hosts)
	p.eachDelegation(func(c *attr.Change, after attr.Hosts) { moves[c.Domain], stays[c.Domain] = c, after })
	for _, c := range gone {
		host := attr.HostName(c)
		if unread != "" {
			c.Block(attr.Unknown, "whether a name delegates to %s is not known: the nameservers of %s were not read", host, unread)
			continue
		}
		var still []string
		for _, name := range users[host] {
			if move := moves[name]; move != nil && !slices.Contains(stays[name], host) {
				c.Steps[0].Needs = append(c.Steps[0].Needs, move.Steps[0].ID)
				continue
			}
			still = append(still, name)
		}
		if len(still) > 0 {
			c.Block(attr.Blocked, "%s to %s: delegate elsewhere first", delegates(still), host)
		}
	}
}

// delegates names the first of some names that delegate to a host.
func delegates(names []string) string {
	if len(names) == 1 {
		return names[0] + " delegates"
	}
	return fmt.Sprintf("%s and %d more delegate", names[0], len(names)-1)
}

// usersOf returns the names of the account that delegate to each of some hosts;
// unread is the first name of which that is not known.
func usersOf(hosts map[string]bool, live *Live) (users map[string][]string, unread string) {
	users = make(map[string][]string, len(hosts))
	for i := range live.Domains {
		d := &live.Domains[i]
		if !d.Has(snapshot.Nameservers) && unread == "" {
			unread = d.Name
		}
		for _, host := range d.Nameservers {
			if hosts[host] {
				users[host] = append(users[host], d.Name)
			}
		}
	}
	return users, unread
}
