package snapshot

import (
	"maps"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// AllContacts are the contacts of all roles.
const AllContacts = RegistrantContact | AdminContact | BillingContact | TechContact

// Forget makes facts of a name unknown. What the list of names tells stays, apart
// from an exact time of expiry, which is no longer sure then.
func (d *Domain) Forget(f Facts) {
	d.Take(&Domain{PremiumUnknown: true, ExpiresUnclear: true, Expires: d.Expires}, f)
	d.NoteRead(f, time.Time{})
}

// Take gives a name facts as they are known of it elsewhere, or are not known
// there. What the list of names tells is not among them, and neither is when they
// were read.
func (d *Domain) Take(from *Domain, f Facts) {
	take(&d.Nameservers, from.Nameservers, f&Nameservers)
	take(&d.TransferLock, from.TransferLock, f&TransferLock)
	take(&d.UpdateLock, from.UpdateLock, f&UpdateLock)
	take(&d.Privacy, from.Privacy, f&Privacy)
	take(&d.DSRecords, from.DSRecords, f&DSRecords)
	take(&d.Hosts, from.Hosts, f&Hosts)
	take(&d.ENSAddress, from.ENSAddress, f&Wallet)
	take(&d.Art, from.Art, f&Artwork)
	take(&d.TransferOut, from.TransferOut, f&TransferOut)
	take(&d.Quote, from.Quote, f&Quoted)
	take(&d.Arrival, from.Arrival, f&(Arriving|Transferable))
	take(&d.Renewal, from.Renewal, f&RenewalPriced)
	take(&d.Offer, from.Offer, f&Presence)
	if f&Holder != 0 {
		d.RegistrantUpdating, d.RealName = from.RegistrantUpdating, from.RealName
		d.EmailHold, d.EmailUnverified = from.EmailHold, from.EmailUnverified
	}
	if f&Expiry != 0 {
		d.Expires, d.ExpiresUnclear = from.Expires, from.ExpiresUnclear
	}
	if f&PriceKind != 0 {
		d.Premium, d.PremiumUnknown = from.Premium, from.PremiumUnknown
	}
	d.takeContacts(from, f)
}

func take[T any](to *T, from T, wanted Facts) {
	if wanted != 0 {
		*to = from
	}
}

// takeContacts leaves the maps of both as they are: others may use them.
func (d *Domain) takeContacts(from *Domain, f Facts) {
	if f&AllContacts == 0 {
		return
	}
	contacts := maps.Clone(d.Contacts)
	for role, fact := range ContactFacts {
		if f&fact == 0 {
			continue
		}
		delete(contacts, role)
		if c, ok := from.Contacts[role]; ok {
			if contacts == nil {
				contacts = make(map[wire.ContactType]Contact)
			}
			contacts[role] = c
		}
	}
	d.Contacts = contacts
}
