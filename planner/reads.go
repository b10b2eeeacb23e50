package planner

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// A Read is an operation of the service and the facts that it tells.
type Read struct {
	Operation string
	Facts     snapshot.Facts
	Least     int // calls
}

// infoFacts are what QueryDomainByDomainName tells.
const infoFacts = snapshot.Nameservers | snapshot.TransferLock | snapshot.UpdateLock | snapshot.Privacy | snapshot.Expiry |
	snapshot.TransferOut | snapshot.Holder | snapshot.PriceKind

// instanceFacts come with the instance, by which hosts are asked for, where the
// list did not tell it.
const instanceFacts = snapshot.Nameservers

// reads are all reads of one name, in the order in which they are made.
var reads = []Read{
	{"QueryDomainByDomainName", infoFacts, 1},
	{"QueryDomainByDomainName", snapshot.Presence, 1},
	{"QueryContactInfo", snapshot.ContactFacts[wire.RegistrantContact], 1},
	{"QueryContactInfo", snapshot.ContactFacts[wire.AdminContact], 1},
	{"QueryContactInfo", snapshot.ContactFacts[wire.BillingContact], 1},
	{"QueryContactInfo", snapshot.ContactFacts[wire.TechContact], 1},
	{"QueryDomainList", snapshot.Status, 1},
	{"CheckDomain", snapshot.Quoted, 1},
	{"QueryDSRecord", snapshot.DSRecords, 1},
	{"QueryDnsHost", snapshot.Hosts, 1},
	{"QueryEnsAssociation", snapshot.Wallet, 1},
	{"QueryArtExtension", snapshot.Artwork, 1},
}

// accountReads are all reads of the account as a whole.
var accountReads = []Read{
	{"ListEmailVerification", snapshot.Emails, 1},
	{"QueryRegistrantProfiles", snapshot.Profiles, len(wire.ProfileQueries())},
}

// Reads returns all reads of one name, in the order in which they are made.
func Reads() []Read { return slices.Clone(reads) }

// AccountReads returns all reads of the account as a whole.
func AccountReads() []Read { return slices.Clone(accountReads) }
