package snapshot

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/textfile"
	"github.com/domainsync/domainsync/internal/words"
)

// Zone is what a registry's zone file tells: every name that it delegates, with
// its nameservers, DS records and glue hosts. What a zone does not tell
// (instances, dates, locks) is absent.
type Zone struct {
	*Account
	Apex string // the owner of the SOA record, canonical; "." is the root
	// Unusable are rows that were left out, such as those of wildcards. What
	// such a row would have told of a delegated name is absent: nameservers, DS
	// records or hosts of which some are missing are no facts.
	Unusable Omitted
	// Outside are delegations of names that are not below the apex.
	Outside Omitted
}

// Omitted is what was left out of a zone.
type Omitted struct {
	Count    int
	Examples []string // with their lines, some at most
}

// omittedShown is how many examples are kept.
const omittedShown = 5

func (o *Omitted) add(format string, args ...any) {
	if o.Count++; o.Count <= omittedShown {
		o.Examples = append(o.Examples, words.Truncate(fmt.Sprintf(format, args...), longestExample))
	}
}

// longestExample bounds what is quoted of a file, in characters: what it has in
// one place can be as long as it.
const longestExample = 300

// String lists the examples.
func (o Omitted) String() string {
	s := strings.Join(o.Examples, "; ")
	if more := o.Count - len(o.Examples); more > 0 {
		s += "; and " + words.Number(more) + " more"
	}
	return s
}

// LeftOut says in sentences what was left out, nothing where all was used.
func (z *Zone) LeftOut() (sentences []string) {
	if n := z.Unusable.Count; n > 0 {
		sentences = append(sentences, fmt.Sprintf("rows of the zone file that cannot be used: %d. %s", n, z.Unusable))
	}
	if n := z.Outside.Count; n > 0 {
		sentences = append(sentences, fmt.Sprintf("delegations outside of the zone %s: %d. Is each $ORIGIN right? %s", wire.UnicodeName(z.Apex), n, z.Outside))
	}
	return sentences
}

// ErrOrigin is the cause where a zone file has relative names and does not say
// below which name they stand.
var ErrOrigin = errors.New("it has a name that is relative, and no $ORIGIN before it says to what")

// ReadZone reads a zone file in BIND's format, compressed or not. The origin is
// what its names are relative to before it says so itself; "": nothing, else the
// zone's apex. The owner of the SOA record is the apex and no domain. NS records
// below another delegation belong to no registration and are left out, as are
// all other records.
//
// $GENERATE is done, $INCLUDE refused. A directive that is not understood is an
// error, since the rows behind it would mean something else.
func ReadZone(r io.Reader, origin string) (*Zone, error) {
	plain, err := textfile.Decompress(r)
	if err == nil {
		plain, err = textfile.Reader(plain)
	}
	if err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	z := &zone{
		rows:    rows{b: plain, line: 1},
		owners:  make(map[string]*owner),
		strings: make(map[string]string),
	}
	if origin != "" {
		if z.origin, err = absolute(origin, "."); err != nil {
			return nil, fmt.Errorf("zone: the origin %q is no name of a zone", origin)
		}
	}
	if err := z.read(); err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	if err := z.check(origin); err != nil {
		return nil, fmt.Errorf("zone: %w", err)
	}
	return z.result()
}

// ReadZoneFile reads a zone from a file; see [ReadZone].
func ReadZoneFile(path, origin string) (*Zone, error) {
	return readFile(path, func(r io.Reader) (*Zone, error) { return ReadZone(r, origin) })
}

// zone is the records of a zone file by owner.
type zone struct {
	rows
	origin   string // absolute; "": none was said
	last     string // the owner of the last row, absolute where it can be
	apex     string // "." is the root
	owners   map[string]*owner
	strings  map[string]string // nameservers repeat: one text each
	unusable Omitted
	empty    bool // no row was seen
}

// owner is what a zone says of one name.
type owner struct {
	line        int // of its first row
	nameservers []string
	ds          []DSRecord
	addresses   []string
	unknown     Facts // of which a row was not usable
	unusableNS  bool  // a row of type NS was not usable
}

func (o *owner) delegated() bool { return len(o.nameservers) > 0 || o.unusableNS }

func (z *zone) read() error {
	z.empty = true
	for {
		more, err := z.next()
		if err != nil || !more {
			return err
		}
		if z.blank() {
			continue
		}
		z.empty = false
		if z.row[0] == '$' {
			err = z.directive()
		} else {
			err = z.record()
		}
		if err != nil {
			return err
		}
	}
}

// check says what is wrong with the zone as a whole.
func (z *zone) check(origin string) error {
	switch {
	case z.empty:
		return errors.New("the file is empty")
	case z.apex == "" && z.unusable.Count > 0:
		return fmt.Errorf("it has no SOA record, so its apex is unknown: is this a zone file? Rows that cannot be used: %d. %s", z.unusable.Count, z.unusable)
	case z.apex == "":
		return errors.New("it has no SOA record, so its apex is unknown: add the record")
	}
	if given := strings.TrimSuffix(strings.ToLower(origin), "."); origin != "" && given != z.apex && z.apex != "." {
		if canonical, err := wire.CanonicalName(given); err != nil || canonical != z.apex {
			return fmt.Errorf("its SOA record is that of %s, and the origin given is %s: correct the origin", wire.UnicodeName(z.apex), origin)
		}
	}
	return nil
}

// result collects the delegations. A zone without any is no registry's.
func (z *zone) result() (*Zone, error) {
	out := &Zone{Account: z.account(), Apex: z.apex, Unusable: z.unusable, Outside: z.outside()}
	if len(out.Domains) > 0 {
		return out, nil
	}
	what := fmt.Sprintf("zone: it delegates no name below %s", wire.UnicodeName(z.apex))
	if left := out.LeftOut(); len(left) > 0 {
		return nil, fmt.Errorf("%s. Left out: %s", what, strings.Join(left, ". "))
	}
	return nil, fmt.Errorf("%s: it is the zone of one name, or an empty one. Names are read from the zone that delegates them, a registry's", what)
}

// record reads a row that is a record.
func (z *zone) record() error {
	text := z.row
	inherits := z.row[0] == ' ' || z.row[0] == '\t'
	if inherits {
		text = append([]byte(z.last), text...)
	}
	var err error
	switch {
	case z.wrong != "":
		err = errors.New(z.wrong)
	case inherits && z.last == "":
		err = errors.New("it has no owner, nor has a row before it")
	default:
		err = z.parse(text, z.origin, func(rr dns.RR) error {
			z.last = rr.Header().Name
			return z.add(rr)
		})
	}
	if err == nil {
		return nil
	}
	if fatal := new(fatalError); errors.As(err, &fatal) {
		return err
	}
	if !inherits {
		z.last = z.first()
		if name, err := absolute(z.last, z.origin); err == nil {
			z.last = name
		}
	}
	if z.wrong == "" && z.missingOrigin(text) {
		return fmt.Errorf("line %d: %w", z.at, ErrOrigin)
	}
	z.omit(err.Error(), rowType(z.row))
	return nil
}

// A fatalError is what is wrong with a zone as a whole, other than with a row.
type fatalError struct{ error }

// Unwrap returns the error itself.
func (e *fatalError) Unwrap() error { return e.error }

// missingOrigin reports whether a row could be read if there was an origin: all
// rows of the file would be left out otherwise.
func (z *zone) missingOrigin(text []byte) bool {
	return z.origin == "" && z.parse(text, "", ignore) != nil && z.parse(text, ".", ignore) == nil
}

func ignore(dns.RR) error { return nil }

// parse reads the records of a row.
func (z *zone) parse(text []byte, origin string, use func(dns.RR) error) error {
	parser := dns.NewZoneParser(bytes.NewReader(text), origin, "")
	parser.SetDefaultTTL(3600) // times to live are of no interest
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if err := use(rr); err != nil {
			return err
		}
	}
	if err := parser.Err(); err != nil {
		what, _, _ := strings.Cut(err.Error(), " at line: ") // of the row, not of the file
		return errors.New(words.Truncate(strings.TrimPrefix(what, "dns: "), longestExample))
	}
	return nil
}

// absolute returns the name that a text stands for.
func absolute(text, origin string) (name string, err error) {
	err = new(zone).parse([]byte(text+" 0 IN NS .\n"), origin, func(rr dns.RR) error {
		name = rr.Header().Name
		return nil
	})
	if err == nil && name == "" {
		err = errors.New("it is no name")
	}
	return name, err
}

// directive reads a row that begins with a dollar sign.
func (z *zone) directive() error {
	what := strings.ToUpper(z.first())
	failed := func(err error) error { return fmt.Errorf("line %d: %s: %w", z.at, what, err) }
	if z.wrong != "" {
		return failed(errors.New(z.wrong))
	}
	switch what {
	case "$ORIGIN":
		text := append(bytes.Clone(z.row), "@ 0 IN NS .\n"...)
		err := z.parse(text, z.origin, func(rr dns.RR) error {
			z.origin = rr.Header().Name
			return nil
		})
		switch {
		case err == nil:
		case z.missingOrigin(text):
			return failed(errors.New("the name is relative, and nothing before it says to what: end it with a dot"))
		default:
			return failed(err)
		}
	case "$TTL":
		if err := z.parse(z.row, z.origin, ignore); err != nil {
			z.omit("$TTL: "+err.Error(), "SOA") // no fact depends on it
		}
	case "$GENERATE":
		return z.generate(failed)
	case "$INCLUDE":
		return failed(errors.New("other files are not read: put what it includes into this one"))
	default:
		return failed(errors.New("it is no directive of zone files"))
	}
	return nil
}

// generate adds the records that a $GENERATE directive stands for.
func (z *zone) generate(failed func(error) error) error {
	fatal := new(fatalError)
	text := z.row
	err := z.parse(text, z.origin, func(rr dns.RR) error {
		z.last = rr.Header().Name
		err := z.add(rr)
		if err != nil && !errors.As(err, &fatal) {
			z.omit("$GENERATE: "+err.Error(), dns.TypeToString[rr.Header().Rrtype])
			return nil
		}
		return err
	})
	switch {
	case err == nil || errors.As(err, &fatal):
		return err
	case z.missingOrigin(text):
		return fmt.Errorf("line %d: %w", z.at, ErrOrigin)
	}
	return failed(err)
}

// omit notes the row as one that cannot be used. What a record of its type would
// have told of its owner is not known.
func (z *zone) omit(why, recordType string) {
	z.unusable.add("line %d: %s", z.at, why)
	name, err := wire.CanonicalName(z.last)
	lost := factsOfRecord(recordType)
	if err != nil || lost == 0 {
		return
	}
	o := z.owner(name)
	o.unknown |= lost
	o.unusableNS = o.unusableNS || lost == Nameservers
}

// factsOfRecord says which facts a type of records tells. An unknown word may
// be a mistyped type, and so tell any.
func factsOfRecord(recordType string) Facts {
	switch recordType {
	case "NS", "TYPE2":
		return Nameservers
	case "DS", "TYPE43":
		return DSRecords
	case "A", "AAAA", "TYPE1", "TYPE28":
		return Hosts
	}
	if _, known := dns.StringToType[recordType]; known || strings.HasPrefix(recordType, "TYPE") {
		return 0
	}
	return Nameservers | DSRecords | Hosts
}

// rowType returns the type of the record that a row is, in upper case: the first
// word behind the owner that is neither a time to live nor a class (RFC 1035,
// section 5.1).
func rowType(row []byte) string {
	words := bytes.FieldsFunc(row, func(r rune) bool { return strings.ContainsRune(" \t\n()", r) })
	if row[0] != ' ' && row[0] != '\t' && len(words) > 0 {
		words = words[1:]
	}
	for _, word := range words {
		word := strings.ToUpper(string(word))
		_, class := dns.StringToClass[word]
		timeToLive := word[0] >= '0' && word[0] <= '9'
		if !timeToLive && !class && !strings.HasPrefix(word, "CLASS") {
			return word
		}
	}
	return ""
}

// add uses a record.
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
			host, err := canonicalOwner(rr.Ns)
			if err == nil {
				o.nameservers = append(o.nameservers, z.intern(host))
			}
			return err
		})
	case *dns.DS:
		return z.addTo(h.Name, func(o *owner) error {
			if _, err := hex.DecodeString(rr.Digest); err != nil || rr.Digest == "" {
				return fmt.Errorf("%q is no digest", rr.Digest)
			}
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

// canonicalOwner returns the canonical form of a name in a zone.
func canonicalOwner(name string) (string, error) {
	switch {
	case name == ".":
		return "", errors.New("the root is no host")
	case strings.HasPrefix(name, "*."):
		return "", fmt.Errorf("%q is a wildcard", name)
	}
	return wire.CanonicalName(name)
}

func (z *zone) addApex(name string) (err error) {
	apex := "."
	if name != "." {
		if apex, err = canonicalOwner(name); err != nil {
			return err
		}
	}
	if z.apex != "" && z.apex != apex {
		return &fatalError{fmt.Errorf("line %d: a second SOA record, of %s after %s: one file is one zone", z.at, apex, z.apex)}
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
	canonical, err := canonicalOwner(name)
	if err != nil {
		return err
	}
	return add(z.owner(canonical))
}

func (z *zone) owner(canonical string) *owner {
	o := z.owners[canonical]
	if o == nil {
		o = &owner{line: z.at}
		z.owners[canonical] = o
	}
	return o
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
	unknown := make(map[string]bool)
	for name, o := range z.owners {
		under := z.delegation(name)
		if under == "" {
			continue
		}
		if len(o.addresses) > 0 {
			slices.Sort(o.addresses)
			hosts[under] = append(hosts[under], Host{Name: name, Addresses: slices.Compact(o.addresses)})
		}
		if o.unknown&Hosts != 0 {
			unknown[under] = true
		}
		if under == name {
			a.Domains = append(a.Domains, o.domain(name))
		}
	}
	a.Sort()
	for i := range a.Domains {
		d := &a.Domains[i]
		if unknown[d.Name] {
			continue
		}
		d.Hosts = append([]Host{}, hosts[d.Name]...)
		slices.SortFunc(d.Hosts, func(x, y Host) int { return strings.Compare(x.Name, y.Name) })
	}
	return a
}

func (o *owner) domain(name string) Domain {
	d := Domain{Name: name}
	if o.unknown&Nameservers == 0 {
		slices.Sort(o.nameservers)
		d.Nameservers = slices.Compact(o.nameservers)
	}
	if o.unknown&DSRecords == 0 {
		slices.SortFunc(o.ds, DSRecord.Compare)
		d.DSRecords = append([]DSRecord{}, slices.Compact(o.ds)...)
	}
	return d
}

// delegation returns the delegated name at or above a name, the one nearest to
// the apex; "" where the zone itself is responsible for the name.
func (z *zone) delegation(name string) string {
	found := ""
	for name != z.apex {
		if o := z.owners[name]; o != nil && o.delegated() {
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

// outside lists the delegations that are not below the apex.
func (z *zone) outside() (out Omitted) {
	var names []string
	for name, o := range z.owners {
		if o.delegated() && z.apex != "." && name != z.apex && !strings.HasSuffix(name, "."+z.apex) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(x, y string) int {
		if lines := z.owners[x].line - z.owners[y].line; lines != 0 {
			return lines
		}
		return strings.Compare(x, y)
	})
	for _, name := range names {
		out.add("%s (line %d)", wire.UnicodeName(name), z.owners[name].line)
	}
	return out
}
