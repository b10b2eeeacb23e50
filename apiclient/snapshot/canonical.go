package snapshot

import (
	"cmp"
	"fmt"
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
// compared.
func (d *Domain) canonicalize() error {
	name, err := wire.CanonicalName(d.Name)
	if err != nil {
		return err
	}
	d.Name = name
	if err := canonicalSet(d.Nameservers, wire.CanonicalName); err != nil {
		return fmt.Errorf("%s: nameservers: %w", name, err)
	}
	d.Nameservers = slices.Compact(d.Nameservers)
	for i := range d.DSRecords {
		d.DSRecords[i].Digest = strings.ToUpper(d.DSRecords[i].Digest)
	}
	slices.SortFunc(d.DSRecords, DSRecord.Compare)
	d.DSRecords = slices.Compact(d.DSRecords)
	for i := range d.Hosts {
		if err := d.Hosts[i].canonicalize(); err != nil {
			return fmt.Errorf("%s: hosts: %w", name, err)
		}
	}
	slices.SortFunc(d.Hosts, func(x, y Host) int { return strings.Compare(x.Name, y.Name) })
	for role, c := range d.Contacts {
		d.Contacts[role] = c.Canonical()
	}
	return nil
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

func (h *Host) canonicalize() (err error) {
	if h.Name, err = wire.CanonicalName(h.Name); err != nil {
		return err
	}
	if err := canonicalSet(h.Addresses, canonicalAddress); err != nil {
		return err
	}
	h.Addresses = slices.Compact(h.Addresses)
	return nil
}

// canonicalSet brings the elements of a set into canonical form and order.
func canonicalSet(set []string, canonical func(string) (string, error)) error {
	for i, s := range set {
		c, err := canonical(s)
		if err != nil {
			return err
		}
		set[i] = c
	}
	slices.Sort(set)
	return nil
}

func canonicalAddress(s string) (string, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return "", fmt.Errorf("%q is no IP address", s)
	}
	return a.Unmap().WithZone("").String(), nil
}
