package planner

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A missingHost is a host that belongs to a name of the account and does not
// exist there, as far as is known.
type missingHost struct {
	name     string
	owner    string
	read     bool // the owner's hosts are known
	declared bool // the files give it addresses
}

// waitForUnselectedHosts makes delegations wait for declared hosts of names
// that are not selected for the plan.
func (d *differ) waitForUnselectedHosts() {
	d.plan.eachMissingHost(d.Input, func(c *attr.Change, h *missingHost) {
		switch {
		case !h.declared || d.Only.Has(h.owner):
			return
		case h.read:
			c.Block(attr.Deferred, "the host %s is made first, and this plan leaves %s out", h.name, h.owner)
		default:
			c.Block(attr.Unknown, "whether the host %s is there is not known: the hosts of %s were not read", h.name, h.owner)
		}
		d.reordered = true
	})
}

// warnMissingHosts warns of delegations to hosts that neither exist nor are
// declared: nobody can find the address of such a host.
func (p *Plan) warnMissingHosts(in Input) {
	type place struct {
		name, owner string
		read        bool
	}
	hosts := make(map[place][]string)
	var places []place
	p.eachMissingHost(in, func(c *attr.Change, h *missingHost) {
		if at := (place{c.Domain, h.owner, h.read}); !h.declared {
			if hosts[at] == nil {
				places = append(places, at)
			}
			hosts[at] = append(hosts[at], h.name)
		}
	})
	for _, at := range places {
		owner, missing := wire.UnicodeName(at.owner), unicodeNames(hosts[at])
		w := Diagnostic{
			Severity: SeverityWarning, Domain: at.name, Summary: "Delegated to a host without an address",
			Detail: fmt.Sprintf("%s has no host object (glue) for %s, and the files declare none: nobody finds the address of such a nameserver. Declare it in hosts of %s.",
				owner, missing, owner),
		}
		if !at.read {
			w.Summary = "Delegated to a host that may have no address"
			w.Detail = fmt.Sprintf("The hosts of %s were not read, and the files do not declare %s there.", owner, missing)
		}
		p.Diagnostics = append(p.Diagnostics, w)
	}
}

// unicodeNames lists names as people read them.
func unicodeNames(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = wire.UnicodeName(name)
	}
	return strings.Join(shown, ", ")
}

// eachMissingHost calls f with every planned change that begins to delegate to
// a missing host, and with that host. It looks for hosts of changes that are held
// back, too: what is read of an account does not depend on what a plan waits for.
func (p *Plan) eachMissingHost(in Input, f func(*attr.Change, *missingHost)) {
	registered := make(map[string]bool)
	for i := range p.Changes {
		if c := &p.Changes[i]; attr.Lookup(c.Attribute).RegistersNames() && c.Planned() {
			registered[c.Domain] = true
		}
	}
	known := make(map[string]*missingHost)
	p.eachDelegation(func(c *attr.Change, before, after []string) {
		there := in.Live.Domain(c.Domain) != nil || in.Live.Lacking(c.Domain) != nil // or may be bought
		if c.Status == attr.Unknown || !c.Planned() && !there {
			return
		}
		for _, host := range after {
			if slices.Contains(before, host) {
				continue
			}
			h, seen := known[host]
			if !seen {
				h = in.missingHost(host, registered)
				known[host] = h
			}
			if h != nil && c.Planned() {
				f(c, h)
			}
		}
	})
}

// missingHost returns what is known of a host that does not live below a name
// of the account, or below one that is being registered; nil for others.
func (in *Input) missingHost(name string, registered map[string]bool) *missingHost {
	for _, owner := range parentsOf(name) {
		d := in.Live.Domain(owner)
		if d == nil && !registered[owner] {
			continue
		}
		h := &missingHost{name: name, owner: owner, read: d == nil || in.lacks(d, snapshot.Hosts) == 0}
		if d != nil && slices.ContainsFunc(d.Hosts, func(live snapshot.Host) bool { return live.Name == name }) {
			return nil
		}
		if want := in.Portfolio.Domain(owner); want != nil {
			h.declared = slices.ContainsFunc(want.Declared, func(x config.Declared) bool { return len(attr.Addresses(x.Value, name, owner)) > 0 })
		}
		return h
	}
	return nil
}

// declaredNames ranges over the declared names with what is known of each, nil
// where the account lacks it. Both are sorted.
func declaredNames(p *config.Portfolio, live *Live) iter.Seq2[*config.Domain, *snapshot.Domain] {
	return func(yield func(*config.Domain, *snapshot.Domain) bool) {
		rest := live.Domains
		for i := range p.Domains {
			want := &p.Domains[i]
			for len(rest) > 0 && rest[0].Name < want.Name {
				rest = rest[1:]
			}
			var d *snapshot.Domain
			if len(rest) > 0 && rest[0].Name == want.Name {
				d = &rest[0]
			}
			if !yield(want, d) {
				return
			}
		}
	}
}
