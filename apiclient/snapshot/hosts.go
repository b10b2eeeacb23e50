package snapshot

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// NewHost returns the host object of a label below a domain, as the service's
// answers describe it: the label, or the whole name; @ is the domain itself.
func NewHost(label, domain string, addresses []string) Host {
	h := Host{Name: label + "." + domain, Addresses: make([]string, 0, len(addresses))}
	if whole := strings.ToLower(strings.TrimSuffix(label, ".")); label == "@" || whole == domain {
		h.Name = domain
	} else if strings.HasSuffix(whole, "."+domain) {
		h.Name = whole
	} else if name, err := wire.CanonicalName(h.Name); err == nil {
		h.Name = name
	}
	for _, a := range addresses {
		if ip, err := netip.ParseAddr(a); err == nil {
			a = ip.Unmap().String()
		}
		h.Addresses = append(h.Addresses, a)
	}
	slices.Sort(h.Addresses)
	h.Addresses = slices.Compact(h.Addresses)
	return h
}
