package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// glue orders host objects and the delegations to them, anywhere in the
// account (RFC 5732, section 1.1):
//
//   - a host is made, or gets its addresses, before a name is delegated to it;
//     where that cannot be now, the name waits;
//   - a host goes after the last name that delegated to it has moved away, and
//     stays while one does not, or is to be delegated to it (RFC 9874).
func (d *differ) glue() {
	made := make(map[string]*attr.Change) // by host
	var gone []*attr.Change
	for i := range d.plan.Changes {
		switch c := &d.plan.Changes[i]; {
		case attr.Lookup(c.Attribute).Hosts == nil:
		case c.Action == attr.Delete:
			gone = append(gone, c)
		default:
			for _, host := range attr.Lookup(c.Attribute).Hosts(c) {
				made[host] = c
			}
		}
	}
	if len(made) > 0 {
		d.plan.makeHostsFirst(made)
	}
	if len(gone) > 0 {
		d.removeHostsLast(gone)
	}
	d.reordered = d.reordered || len(made)+len(gone) > 0
}

// eachDelegation calls f with every change of nameservers and the sets that it
// begins and ends with; they are empty where the service picks them, or nobody
// knows.
func (p *Plan) eachDelegation(f func(c *attr.Change, before, after []string)) {
	for i := range p.Changes {
		if c := &p.Changes[i]; delegates(c) {
			f(c, attr.Nameservers(c.Before), attr.Nameservers(c.After))
		}
	}
}

func (p *Plan) makeHostsFirst(made map[string]*attr.Change) {
	p.eachDelegation(func(c *attr.Change, before, after []string) {
		for _, host := range after {
			switch first := made[host]; {
			case first == nil || c.Status != attr.Ready:
			case first.Status == attr.Ready:
				c.Need(first.Steps[0].ID)
			case slices.Contains(before, host): // it delegates there anyway
			case first.Planned():
				c.Follow(first.ID, "the host %s is made first", host)
			default:
				c.BlockWith(first, "the host "+host+" is made first")
			}
		}
	})
}

// removeHostsLast removes a host after the changes of the names that use it. It
// blocks the removal where a name still uses the host then, or is to use it.
func (d *differ) removeHostsLast(gone []*attr.Change) {
	hosts := make(map[string]bool, len(gone))
	for _, c := range gone {
		hosts[goneHost(c)] = true
	}
	users, unread := d.delegatingNames(hosts)
	moves := make(map[string]*attr.Change) // by name
	d.plan.eachDelegation(func(c *attr.Change, before, after []string) {
		if c.Status == attr.Ready || lacksWord(c) && len(c.Steps) > 0 {
			moves[c.Domain] = c
		}
		for _, host := range after {
			if hosts[host] && !slices.Contains(before, host) {
				users[host] = append(users[host], c.Domain)
			}
		}
	})
	for _, c := range gone {
		host := goneHost(c)
		if len(unread) > 0 {
			c.Block(attr.Unknown, "whether a name delegates to %s is not known: the nameservers of %s were not read", host, unread[0])
			continue
		}
		var still, leaving []string
		for _, name := range users[host] {
			if move := moves[name]; move != nil && !delegatesTo(move, host) {
				leaving = append(leaving, move.Steps[0].ID)
			} else {
				still = append(still, name)
			}
		}
		if c.Status == attr.Ready { // else it has no steps to wait with
			c.Need(leaving...)
		}
		if len(still) > 0 {
			c.Block(attr.Blocked, "%s to %s: delegate elsewhere first", dependants(still), host)
		}
	}
}

// goneHost returns the host that a change deletes.
func goneHost(c *attr.Change) string { return attr.Lookup(c.Attribute).Hosts(c)[0] }

// delegatesTo reports whether a change of nameservers ends with the host.
func delegatesTo(c *attr.Change, host string) bool {
	return slices.Contains(attr.Nameservers(c.After), host)
}

// dependants names the first of some names that delegate to a host.
func dependants(names []string) string {
	return firstOf(names) + words.Plural(len(names), " delegates", " delegate")
}

// delegatingNames returns the names of the account that delegate to each of
// some hosts, and the names whose nameservers are not known.
func (in *Input) delegatingNames(hosts map[string]bool) (users map[string][]string, unread []string) {
	users = make(map[string][]string, len(hosts))
	for i := range in.Live.Domains {
		d := &in.Live.Domains[i]
		if in.lacks(d, snapshot.Nameservers) != 0 {
			unread = append(unread, d.Name)
		}
		for _, host := range d.Nameservers {
			if hosts[host] {
				users[host] = append(users[host], d.Name)
			}
		}
	}
	return users, unread
}
