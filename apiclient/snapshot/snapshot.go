// Package snapshot is the state of an account as plain data: what a plan reads,
// what a snapshot file holds, and what the simulator starts from.
package snapshot

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// FormatVersion is the version of the file format that this package writes. It
// reads version 1 as well, which has numbers in place of the words for facts, and
// knows one time of reading for all.
const FormatVersion = 2

// Account is what is known of an account. What was not read is absent, and
// absent is not the same as empty.
type Account struct {
	FormatVersion int       `json:"format_version"`
	Endpoint      string    `json:"endpoint,omitempty"`
	ID            string    `json:"account,omitempty"` // UserId of the service
	ReadAt        time.Time `json:"read_at"`           // the time that a plan counts from
	Domains       []Domain  `json:"domains"`           // all names that the account holds, sorted by name
	// Emails are the addresses that contacts may have, sorted. Nil: not read.
	Emails []Email `json:"emails,omitzero"`
	// TransfersIn are the names that are on their way into the account, sorted.
	// Nil: not read.
	TransfersIn []TransferIn `json:"transfers_in,omitzero"`
	// Absent are names that the account lacks, as far as somebody asked, sorted.
	Absent []Domain `json:"absent,omitempty"`
	// Left are names that the account held before and lacks now, as far as somebody
	// remembers them and has asked, sorted.
	Left []Departed `json:"left,omitempty"`
	// RegistryLocks are the locks that registries keep on names for a term, sorted. Nil:
	// not read, or the service does not tell them.
	RegistryLocks []RegistryLock `json:"registry_locks,omitzero"`
	// Profiles are the registrant profiles, sorted. Nil: not read.
	Profiles []Profile `json:"profiles,omitzero"`
	// Tasks and Orders are those of others: whoever reads them knows its own. Nil:
	// not read. A file has none: what went on when it was written has ended.
	Tasks    *Tasks    `json:"-"`
	Orders   []Order   `json:"-"`
	Failures []Failure `json:"failures,omitempty"`
}

// TransferIn is a name that is being transferred into the account.
type TransferIn struct {
	Domain string                      `json:"domain"` // canonical
	State  wire.SimpleTransferInStatus `json:"state"`
}

// Departed is a name that has left the account.
type Departed struct {
	Domain string    `json:"domain"` // canonical
	Seen   time.Time `json:"seen"`   // when the account was last known to hold it
}

// RegistryLock is a lock that the registry of a name takes off on a person's word only.
type RegistryLock struct {
	Domain  string    `json:"domain"` // canonical
	Expires time.Time `json:"expires"`
	// Read is when the service told it, where that was before the account was read.
	Read time.Time `json:"read,omitzero"`
}

// Failure is a read that gave no answer. What it would have told is unknown.
type Failure struct {
	Domain    string `json:"domain"`
	Facts     Facts  `json:"facts"`
	Operation string `json:"operation"`
	Message   string `json:"message"`
	RequestID string `json:"request_id,omitempty"`
	// AbsentList says that the answer had no list, and was whole apart from that:
	// the list may be empty.
	AbsentList bool `json:"absent_list,omitempty"`
}

// String says which read failed and why.
func (f *Failure) String() string {
	s := f.Operation + ": " + f.Message
	if f.RequestID != "" {
		s += " (request " + f.RequestID + ")"
	}
	return s
}

// Domain is what is known of one name.
type Domain struct {
	Name       string    `json:"name"` // canonical
	InstanceID string    `json:"instance_id,omitempty"`
	Registered time.Time `json:"registered,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	// ExpiresUnclear says that Expires comes from a text of the list whose time
	// zone nobody knows, and is the earlier of its readings.
	ExpiresUnclear bool              `json:"expires_unclear,omitempty"`
	Status         wire.DomainStatus `json:"status,omitempty"`

	// Nameservers are the delegation, canonical and sorted. Nil: not read.
	Nameservers  []string        `json:"nameservers,omitzero"`
	TransferLock wire.LockStatus `json:"transfer_lock,omitempty"`
	UpdateLock   wire.LockStatus `json:"update_lock,omitempty"`
	// TransferOut says whether the name is being transferred away. Empty: not
	// read.
	TransferOut wire.TransferOutStatus `json:"transfer_out,omitempty"`
	// DSRecords are the delegation signers at the registry. Nil: not read.
	DSRecords []DSRecord `json:"ds_records,omitzero"`
	// Hosts are the glue records below the name. Nil: not read.
	Hosts []Host `json:"hosts,omitzero"`
	// Contacts are who stands behind the name, by role. A role that was not
	// read is absent.
	Contacts map[wire.ContactType]Contact `json:"contacts,omitempty"`
	// RegistrantUpdating is PENDING while a new registrant does not show yet.
	// "": not read.
	RegistrantUpdating wire.UpdatingStatus `json:"registrant_updating,omitempty"`
	// RealName is where the verification of the registrant's real name stands;
	// a passed one is SUCCEED. "": not read.
	RealName wire.RealNameStatus `json:"real_name,omitempty"`
	// EmailHold says that the name does not resolve, because the registrant's
	// e-mail address is not verified. The answer about the name alone tells.
	EmailHold bool `json:"email_hold,omitempty"`
	// EmailUnverified says that nobody has verified the registrant's e-mail address.
	// The answer about the name alone tells.
	EmailUnverified bool `json:"email_unverified,omitempty"`
	// Privacy says whether WHOIS hides the registrant. Nil: not read.
	Privacy *bool `json:"privacy,omitempty"`
	// AutoRenew says whether the service renews the name by itself. Nil: not read,
	// or not told.
	AutoRenew *bool `json:"auto_renew,omitempty"`
	// Premium names have prices of their own. The list of names tells.
	Premium bool `json:"premium,omitempty"`
	// PremiumUnknown says that no answer told whether it is a premium name.
	PremiumUnknown bool `json:"premium_unknown,omitempty"`
	// ENSAddress is the wallet of the name in the Ethereum Name Service, "" for
	// none. Nil: not read.
	ENSAddress *string `json:"ens_address,omitempty"`
	// Art describes the work of art behind a .art name. Nil: not read.
	Art *Art `json:"art,omitempty"`
	// Offer is what the service says of a name that the account lacks. Nil: the
	// account holds it, or nobody asked.
	Offer *Offer `json:"offer,omitempty"`
	// Quote is what the service asks for the next term of a premium name that
	// the account holds. Nil: not read.
	Quote *Quote `json:"quote,omitempty"`
	// Renewal is what the service says of the price of the renewal that a plan asked
	// for. Nil: not read.
	Renewal *RenewalPrice `json:"renewal_price,omitempty"`
	// Arrival is how a name stands that is to be transferred into the account. Nil:
	// nobody asked.
	Arrival *Arrival `json:"arrival,omitempty"`
	// FromList and FromScroll are the facts that stand as the name's row told them, in
	// the list of names or in a scroll over it. Files do not keep that.
	FromList   Facts `json:"-"`
	FromScroll Facts `json:"-"`
	// Row stands for all that the name's row in the list of names told, as far as it
	// does not change by itself: another one tells that the name has changed. Persons
	// are in it as hashes with a key.
	Row string `json:"row,omitempty"`
	// Read says which facts were read before the account was; the others were read
	// at its ReadAt.
	Read []ReadTime `json:"read,omitempty"`
}

// ReadTime says when some facts of a name were read.
type ReadTime struct {
	At    time.Time `json:"at"` // UTC
	Facts Facts     `json:"facts"`
}

// DSRecord is a delegation signer (RFC 4034, section 5).
type DSRecord struct {
	KeyTag     int    `json:"key_tag"`
	Algorithm  int    `json:"algorithm"`
	DigestType int    `json:"digest_type"`
	Digest     string `json:"digest"` // upper-case hexadecimal
}

// Host is a host object at the registry: a nameserver below a name.
type Host struct {
	Name      string   `json:"name"`      // the whole host name
	Addresses []string `json:"addresses"` // canonical text of IPv4 and IPv6 addresses, sorted
}

// Art is the description of a work of art, in free words; its members are those
// of [wire.ArtExtension].
type Art struct {
	ObjectType              string `json:"object_type,omitempty"`
	MaterialsAndTechniques  string `json:"materials_and_techniques,omitempty"`
	Dimensions              string `json:"dimensions,omitempty"`
	Title                   string `json:"title,omitempty"`
	DateOrPeriod            string `json:"date_or_period,omitempty"`
	Maker                   string `json:"maker,omitempty"`
	InscriptionsAndMarkings string `json:"inscriptions_and_markings,omitempty"`
	Subject                 string `json:"subject,omitempty"`
	Features                string `json:"features,omitempty"`
	Reference               string `json:"reference,omitempty"`
}

// Facts is a set of things that can be known of a name.
type Facts uint32

// What can be known of a name. Listed comes from the list of all names; the
// others cost a call a name, save where the list carries them.
const (
	Listed Facts = 1 << iota
	Nameservers
	TransferLock
	DSRecords
	Hosts
	Privacy
	Wallet  // of the Ethereum Name Service
	Artwork // behind a .art name
	RegistrantContact
	AdminContact
	BillingContact
	TechContact
	Holder // what the service tells of the registrant besides the contact
	Emails // of the account
	Expiry
	TransferOut
	Status
	Presence // whether the account holds the name, and else whether it can be registered
	Profiles // of the account
	Quoted   // the price of a premium name
	UpdateLock
	PriceKind     // whether it is a premium name
	AutoRenew     // whether the service renews it by itself
	OthersTasks   // of the account
	PastOrders    // of others, of the account
	RenewalPriced // what a renewal costs
	Arriving      // whether a name is on its way into the account
	Transferable  // whether a name can be transferred into the account
	numFacts      = iota
)

// Locks are both locks of a name.
const Locks = TransferLock | UpdateLock

// Info are the facts that the information about a name tells
// (QueryDomainByDomainName).
const Info = Nameservers | TransferLock | UpdateLock | Privacy | Expiry | TransferOut | Holder | PriceKind

// OfAccount are the facts that are known of the account, not of a name.
const OfAccount = Emails | Profiles | OthersTasks | PastOrders

// Has reports whether all of the facts of the account in f are known.
func (a *Account) Has(f Facts) bool { return f&OfAccount&^a.known() == 0 }

func (a *Account) known() (k Facts) {
	if a.Emails != nil {
		k |= Emails
	}
	if a.Profiles != nil {
		k |= Profiles
	}
	if a.Tasks != nil {
		k |= OthersTasks
	}
	if a.Orders != nil {
		k |= PastOrders
	}
	return k
}

// Lacks returns the facts in f that are known neither of the name nor of the
// account.
func (a *Account) Lacks(d *Domain, f Facts) Facts { return f &^ (d.known() | a.known()) }

// Knows reports whether all of the facts in f are known of the name or of the
// account.
func (a *Account) Knows(d *Domain, f Facts) bool { return a.Lacks(d, f) == 0 }

// Has reports whether all of the facts in f are known of the name.
func (d *Domain) Has(f Facts) bool { return d.known()&f == f }

// Known returns those of the facts in f that are known of the name.
func (d *Domain) Known(f Facts) Facts { return d.known() & f }

func (d *Domain) known() Facts {
	k := Listed
	if d.Nameservers != nil {
		k |= Nameservers
	}
	if d.TransferLock != "" {
		k |= TransferLock
	}
	if d.UpdateLock != "" {
		k |= UpdateLock
	}
	if !d.PremiumUnknown {
		k |= PriceKind
	}
	if d.DSRecords != nil {
		k |= DSRecords
	}
	if d.Hosts != nil {
		k |= Hosts
	}
	if d.Privacy != nil {
		k |= Privacy
	}
	if d.AutoRenew != nil {
		k |= AutoRenew
	}
	if d.ENSAddress != nil {
		k |= Wallet
	}
	if d.Art != nil {
		k |= Artwork
	}
	for role := range d.Contacts {
		k |= ContactFacts[role]
	}
	if d.RegistrantUpdating != "" {
		k |= Holder
	}
	if !d.Expires.IsZero() && !d.ExpiresUnclear {
		k |= Expiry
	}
	if d.TransferOut != "" {
		k |= TransferOut
	}
	if d.Status != "" {
		k |= Status
	}
	if d.Quote != nil {
		k |= Quoted
	}
	if d.Renewal != nil {
		k |= RenewalPriced
	}
	if d.Arrival != nil {
		k |= Arriving
		if d.Arrival.Checked {
			k |= Transferable
		}
	}
	if d.Offer != nil || d.InstanceID != "" || k&(Nameservers|Expiry) != 0 {
		k |= Presence
	}
	return k
}

// Domain returns what is known of a name, nil where the account lacks it.
func (a *Account) Domain(name string) *Domain {
	i, ok := sort.Find(len(a.Domains), func(i int) int { return strings.Compare(name, a.Domains[i].Name) }) // a name is large: none is copied
	if !ok {
		return nil
	}
	return &a.Domains[i]
}

// TransferInState returns how far the transfer of a name into the account is;
// ok is false where none is known. A portfolio may move as a whole, so that each
// of its names asks for one of as many transfers.
func (a *Account) TransferInState(name string) (state wire.SimpleTransferInStatus, ok bool) {
	i, ok := slices.BinarySearchFunc(a.TransfersIn, name, func(t TransferIn, n string) int { return strings.Compare(t.Domain, n) })
	if !ok {
		return "", false
	}
	return a.TransfersIn[i].State, true
}

// Departed returns what is known of a name that left the account, nil where nobody
// remembers that it did.
func (a *Account) Departed(name string) *Departed {
	i, ok := slices.BinarySearchFunc(a.Left, name, func(d Departed, n string) int { return strings.Compare(d.Domain, n) })
	if !ok {
		return nil
	}
	return &a.Left[i]
}

// RegistryLock returns the registry lock of a name, nil where none is known.
func (a *Account) RegistryLock(name string) *RegistryLock {
	i, ok := slices.BinarySearchFunc(a.RegistryLocks, name, func(l RegistryLock, n string) int { return strings.Compare(l.Domain, n) })
	if !ok {
		return nil
	}
	return &a.RegistryLocks[i]
}

func byRegistryLock(x, y RegistryLock) int {
	return cmp.Or(strings.Compare(x.Domain, y.Domain), x.Expires.Compare(y.Expires))
}

func byDeparted(x, y Departed) int { return strings.Compare(x.Domain, y.Domain) }

// Lacking returns what the service says of a name that the account lacks, nil
// where it was not asked.
func (a *Account) Lacking(name string) *Domain {
	i, ok := sort.Find(len(a.Absent), func(i int) int { return strings.Compare(name, a.Absent[i].Name) })
	if !ok {
		return nil
	}
	return &a.Absent[i]
}

// Sort brings the names, transfers and failures into the order that the format asks for.
func (a *Account) Sort() {
	slices.SortFunc(a.Domains, byName)
	slices.SortFunc(a.TransfersIn, byTransfer)
	slices.SortFunc(a.Absent, byName)
	slices.SortFunc(a.Left, byDeparted)
	slices.SortFunc(a.RegistryLocks, byRegistryLock)
	slices.SortFunc(a.Profiles, byID)
	slices.SortFunc(a.Failures, byDomain)
	slices.SortFunc(a.Emails, byAddress)
}
