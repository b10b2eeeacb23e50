package snapshot

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func byName(x, y Domain) int { return strings.Compare(x.Name, y.Name) }

func byDomain(x, y Failure) int {
	return strings.Compare(x.Domain+" "+x.Operation, y.Domain+" "+y.Operation)
}

func byTransfer(x, y TransferIn) int { return strings.Compare(x.Domain, y.Domain) }

// canonicalize gives the facts of a name the one form in which they are
// compared. It refuses nothing: they are what the service shows.
func (d *Domain) canonicalize() {
	d.Name = wire.LiveName(d.Name)
	d.Nameservers = canonicalSet(d.Nameservers, wire.LiveName)
	for i := range d.DSRecords {
		d.DSRecords[i].Digest = strings.ToUpper(d.DSRecords[i].Digest)
	}
	slices.SortFunc(d.DSRecords, DSRecord.Compare)
	d.DSRecords = slices.Compact(d.DSRecords)
	for i := range d.Hosts {
		d.Hosts[i].Name = wire.LiveName(d.Hosts[i].Name)
		d.Hosts[i].Addresses = canonicalSet(d.Hosts[i].Addresses, liveAddress)
	}
	slices.SortFunc(d.Hosts, func(x, y Host) int { return strings.Compare(x.Name, y.Name) })
	for role, c := range d.Contacts {
		d.Contacts[role] = c.Canonical()
	}
}

// Compare orders the DS records of a name.
func (r DSRecord) Compare(other DSRecord) int {
	return cmp.Or(
		cmp.Compare(r.KeyTag, other.KeyTag),
		cmp.Compare(r.Algorithm, other.Algorithm),
		cmp.Compare(r.DigestType, other.DigestType),
		cmp.Compare(r.Digest, other.Digest),
	)
}

// canonicalSet brings the elements of a set into canonical form and order.
func canonicalSet(set []string, canonical func(string) string) []string {
	for i, s := range set {
		set[i] = canonical(s)
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// liveAddress writes an IP address in its one form, and what is none as it is.
func liveAddress(shown string) string {
	a, err := netip.ParseAddr(shown)
	if err != nil {
		return shown
	}
	return a.Unmap().WithZone("").String()
}
