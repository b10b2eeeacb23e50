package snapshot

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// FromZone makes an account of a registry's zone file in BIND's format,
// gzipped or not: every name that the zone delegates, with its nameservers, DS
// records and glue hosts. The owner of the SOA record is the zone's apex and no
// domain. NS records below another delegation belong to no registration and
// are left out, as are all other records, and owners outside of the zone, which
// BIND ignores, too. What a zone does not tell (instances, dates, locks) is
// absent.
func FromZone(r io.Reader) (*Account, error) {
	plain, err := gunzip(r)
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	z := zone{owners: make(map[string]*owner), strings: make(map[string]string)}
	if err := z.read(plain); err != nil {
		return nil, err
	}
	if z.apex == "" {
		return nil, errors.New("zone: it has no SOA record, so its apex is unknown: add the record")
	}
	return z.account(), nil
}

// FromZoneFile reads a zone from a file; see [FromZone].
func FromZoneFile(path string) (*Account, error) { return readFile(path, FromZone) }

// zone is the records of a zone file by owner.
type zone struct {
	apex    string // "." is the root
	owners  map[string]*owner
	strings map[string]string // nameservers repeat: one text each
}

// owner is what a zone says of one name.
type owner struct {
	nameservers []string
	ds          []DSRecord
	addresses   []string
}

func (z *zone) read(r *bufio.Reader) error {
	counted := &byteLines{b: r}
	parser := dns.NewZoneParser(counted, "", "")
	parser.SetDefaultTTL(3600) // times to live are of no interest
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if err := z.add(rr); err != nil {
			return fmt.Errorf("zone: line %d: %w", counted.newlines, err)
		}
	}
	if err := parser.Err(); err != nil {
		return fmt.Errorf("zone: %s", strings.TrimPrefix(err.Error(), "dns: "))
	}
	return nil
}

func (z *zone) add(rr dns.RR) error {
	h := rr.Header()
	if h.Class != dns.ClassINET {
		return nil
	}
	switch rr := rr.(type) {
	case *dns.SOA:
		return z.addApex(h.Name)
	case *dns.NS:
		return z.addTo(h.Name, func(o *owner) error {
			host, err := wire.CanonicalName(rr.Ns)
			o.nameservers = append(o.nameservers, z.intern(host))
			return err
		})
	case *dns.DS:
		return z.addTo(h.Name, func(o *owner) error {
			o.ds = append(o.ds, DSRecord{
				KeyTag: int(rr.KeyTag), Algorithm: int(rr.Algorithm), DigestType: int(rr.DigestType),
				Digest: strings.ToUpper(rr.Digest),
			})
			return nil
		})
	case *dns.A:
		return z.addAddress(h.Name, rr.A)
	case *dns.AAAA:
		return z.addAddress(h.Name, rr.AAAA)
	}
	return nil
}

func (z *zone) addApex(name string) (err error) {
	apex := "."
	if name != "." {
		if apex, err = wire.CanonicalName(name); err != nil {
			return err
		}
	}
	if z.apex != "" && z.apex != apex {
		return fmt.Errorf("a second SOA record, of %s after %s: one file is one zone", apex, z.apex)
	}
	z.apex = apex
	return nil
}

func (z *zone) addAddress(name string, ip []byte) error {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return errors.New("an address record without an address")
	}
	return z.addTo(name, func(o *owner) error {
		o.addresses = append(o.addresses, a.Unmap().String())
		return nil
	})
}

func (z *zone) addTo(name string, add func(*owner) error) error {
	if name == "." {
		return nil // the root is no domain, and its own delegation says nothing
	}
	canonical, err := wire.CanonicalName(name)
	if err != nil {
		return err
	}
	o := z.owners[canonical]
	if o == nil {
		o = new(owner)
		z.owners[canonical] = o
	}
	return add(o)
}

func (z *zone) intern(s string) string {
	if known, ok := z.strings[s]; ok {
		return known
	}
	z.strings[s] = s
	return s
}

// account collects the delegations, and the glue below them.
func (z *zone) account() *Account {
	a := &Account{FormatVersion: FormatVersion, Domains: []Domain{}}
	hosts := make(map[string][]Host)
	for name, o := range z.owners {
		under := z.delegation(name)
		if under == "" {
			continue
		}
		if len(o.addresses) > 0 {
			slices.Sort(o.addresses)
			hosts[under] = append(hosts[under], Host{Name: name, Addresses: slices.Compact(o.addresses)})
		}
		if under == name {
			a.Domains = append(a.Domains, o.domain(name))
		}
	}
	a.Sort()
	for i := range a.Domains {
		d := &a.Domains[i]
		d.Hosts = append([]Host{}, hosts[d.Name]...)
		slices.SortFunc(d.Hosts, func(x, y Host) int { return strings.Compare(x.Name, y.Name) })
	}
	return a
}

func (o *owner) domain(name string) Domain {
	slices.Sort(o.nameservers)
	slices.SortFunc(o.ds, DSRecord.Compare)
	return Domain{
		Name:        name,
		Nameservers: slices.Compact(o.nameservers),
		DSRecords:   append([]DSRecord{}, slices.Compact(o.ds)...),
	}
}

// delegation returns the delegated name at or above a name, the one nearest to
// the apex; "" where the zone itself is responsible for the name.
func (z *zone) delegation(name string) string {
	found := ""
	for name != z.apex {
		if o := z.owners[name]; o != nil && len(o.nameservers) > 0 {
			found = name
		}
		_, parent, more := strings.Cut(name, ".")
		if !more {
			if z.apex == "." {
				return found
			}
			return "" // outside of the zone
		}
		name = parent
	}
	return found
}

// byteLines counts the lines that the parser has read.
type byteLines struct {
	b        *bufio.Reader
	newlines int
}

// Read serves callers that do not know of ReadByte; there are none.
func (l *byteLines) Read(p []byte) (int, error) { return l.b.Read(p) }

// ReadByte is how the parser reads.
func (l *byteLines) ReadByte() (byte, error) {
	c, err := l.b.ReadByte()
	if c == '\n' && err == nil {
		l.newlines++
	}
	return c, err
}
