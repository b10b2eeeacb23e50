package simulator

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// apex is how the host that is called like the name itself is written: other
// hosts are written as the label in front of the name.
const apex = "@"

var hostPart = part{
	read: func(d *domain) {
		if d.unread.Hosts != nil {
			d.Hosts, d.unread.Hosts = d.unread.Hosts, nil
		}
	},
	words: func(d *snapshot.Domain) string {
		words := make([]string, len(d.Hosts))
		for i, h := range d.Hosts {
			words[i] = h.Name + " " + strings.Join(h.Addresses, ",")
		}
		return strings.Join(words, ";")
	},
}

func (s *Simulator) listHosts(c *call, r *wire.QueryDnsHostRequest) (wire.Response, error) {
	d := s.account.byInstance[r.InstanceID]
	if d == nil {
		return nil, errNoDomain
	}
	answer := &wire.QueryDnsHostResponse{Meta: c.meta(), DNSHostList: make([]wire.DNSHost, len(d.Hosts))}
	for i, h := range d.Hosts {
		label := strings.TrimSuffix(h.Name, "."+d.Name)
		if h.Name == d.Name {
			label = apex
		}
		answer.DNSHostList[i] = wire.DNSHost{DNSName: label, IPList: h.Addresses}
	}
	return answer, nil
}

func (s *Simulator) createHost(c *call, r *wire.SaveSingleTaskForCreatingDnsHostRequest) (wire.Response, error) {
	addresses, err := addressesOf(r.IP)
	if err != nil {
		return nil, err
	}
	return s.saveHost(c, r.InstanceID, r.DNSName, func(d *domain, name string) string {
		at, exists := d.host(name)
		if exists {
			return "The DNS host exists already: " + name + "."
		}
		d.Hosts = slices.Insert(slices.Clone(d.Hosts), at, snapshot.Host{Name: name, Addresses: addresses})
		return ""
	})
}

func (s *Simulator) modifyHost(c *call, r *wire.SaveSingleTaskForModifyingDnsHostRequest) (wire.Response, error) {
	addresses, err := addressesOf(r.IP)
	if err != nil {
		return nil, err
	}
	return s.saveHost(c, r.InstanceID, r.DNSName, func(d *domain, name string) string {
		at, exists := d.host(name)
		if !exists {
			return noHost(name)
		}
		d.Hosts = slices.Clone(d.Hosts)
		d.Hosts[at].Addresses = addresses
		return ""
	})
}

func (s *Simulator) deleteHost(c *call, r *wire.SaveSingleTaskForDeletingDnsHostRequest) (wire.Response, error) {
	return s.saveHost(c, r.InstanceID, r.DNSName, func(d *domain, name string) string {
		at, exists := d.host(name)
		if !exists {
			return noHost(name)
		}
		if n, one := s.account.delegating(name); n > 0 {
			return fmt.Sprintf("The DNS host %s is in use: it is a nameserver of %s (%d in all).", name, one, n)
		}
		d.Hosts = slices.Delete(slices.Clone(d.Hosts), at, at+1)
		return ""
	})
}

func noHost(name string) string { return "The DNS host does not exist: " + name + "." }

// saveHost saves a task that changes a host of a name. The change gets the
// name as the registry has it, and returns why it fails.
func (s *Simulator) saveHost(c *call, instance, label string, change func(d *domain, name string) string) (wire.Response, error) {
	d := s.account.byInstance[instance]
	if d == nil {
		return nil, errNoDomain
	}
	name, ok := hostName(label, d.Name)
	if !ok {
		return nil, refusal(400, "InvalidDnsName", "Specified parameter DnsName is not valid: it is the host's label in front of the domain name.")
	}
	return s.saveRegistry(c, d.Name, hostPart, func(d *domain) string { return change(d, name) })
}

func (s *Simulator) synchronizeHosts(c *call, r *wire.SaveSingleTaskForSynchronizingDnsHostRequest) (wire.Response, error) {
	d := s.account.byInstance[r.InstanceID]
	if d == nil {
		return nil, errNoDomain
	}
	return s.saveSingle(c, d.Name, hostPart.synchronize())
}

// hostName returns the whole name of a host. A label that ends with the
// domain's name is a mistake that would make ns1.example.com.example.com.
func hostName(label, domain string) (string, bool) {
	if label == apex {
		return domain, true
	}
	name, err := wire.CanonicalName(label + "." + domain)
	inside := strings.TrimSuffix(name, "."+domain)
	return name, err == nil && inside != domain && !strings.HasSuffix(inside, "."+domain)
}

// addressesOf returns addresses in canonical form, sorted.
func addressesOf(texts []string) ([]string, error) {
	addresses := make([]string, 0, len(texts))
	for i, text := range texts {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" || !a.IsGlobalUnicast() {
			return nil, refusal(400, "InvalidIp", fmt.Sprintf("Specified parameter Ip.%d is not valid: it is no address of a host.", i+1))
		}
		addresses = append(addresses, a.Unmap().String())
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), nil
}

// host returns where a host stands among the hosts of a name, or would stand.
func (d *domain) host(name string) (at int, exists bool) {
	return slices.BinarySearchFunc(d.Hosts, name, func(h snapshot.Host, name string) int { return strings.Compare(h.Name, name) })
}

// delegating returns how many names of the account delegate to a host, and the
// first of them.
func (a *account) delegating(host string) (n int, first string) {
	for name, d := range a.byName {
		if slices.Contains(d.Nameservers, host) {
			n++
			if first == "" || name < first {
				first = name
			}
		}
	}
	return n, first
}

// withoutHost returns the first of the nameservers that lies below a name of
// the account which has no such host; "" where there is none.
func (a *account) withoutHost(nameservers []string) string {
	for _, server := range nameservers {
		if owner := a.above(server); owner != nil {
			if _, exists := owner.host(server); !exists {
				return server
			}
		}
	}
	return ""
}

// above returns the name of the account that a host belongs to, nil for none.
func (a *account) above(host string) *domain {
	for name, more := host, true; more; _, name, more = strings.Cut(name, ".") {
		if d := a.byName[name]; d != nil {
			return d
		}
	}
	return nil
}
