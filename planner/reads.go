package planner

import (
	"cmp"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// A Read is an operation of the service and the facts that it tells.
type Read struct {
	Operation string
	Facts     snapshot.Facts
	Least     int // calls
	// Instance is a fact that is read first where the list did not tell the
	// instance of the name, by which the operation asks; 0: it asks by the name.
	Instance snapshot.Facts
	// Next is the operation that is asked next where the account lacks the name; "":
	// none is.
	Next string
}

// reads are all reads of one name, in the order in which they are made.
var reads = []Read{
	{Operation: "QueryDomainByDomainName", Facts: snapshot.Info, Least: 1},
	{Operation: "QueryDomainByDomainName", Facts: snapshot.Presence, Least: 1, Next: "CheckDomain"},
	{Operation: "QueryContactInfo", Facts: snapshot.ContactFacts[wire.RegistrantContact], Least: 1},
	{Operation: "QueryContactInfo", Facts: snapshot.ContactFacts[wire.AdminContact], Least: 1},
	{Operation: "QueryContactInfo", Facts: snapshot.ContactFacts[wire.BillingContact], Least: 1},
	{Operation: "QueryContactInfo", Facts: snapshot.ContactFacts[wire.TechContact], Least: 1},
	{Operation: "QueryDomainList", Facts: snapshot.Status | snapshot.AutoRenew, Least: 1},
	{Operation: "QueryTransferInList", Facts: snapshot.Arriving, Least: 1},
	{Operation: "CheckTransferInFeasibility", Facts: snapshot.Transferable, Least: 1},
	{Operation: "QueryDomainRealTimePrice", Facts: snapshot.RenewalPriced, Least: 1},
	{Operation: "CheckDomain", Facts: snapshot.Quoted, Least: 1},
	{Operation: "QueryDSRecord", Facts: snapshot.DSRecords, Least: 1},
	{Operation: "QueryDnsHost", Facts: snapshot.Hosts, Least: 1, Instance: snapshot.Nameservers},
	{Operation: "QueryEnsAssociation", Facts: snapshot.Wallet, Least: 1},
	{Operation: "QueryArtExtension", Facts: snapshot.Artwork, Least: 1},
}

// ofReads are the facts that only a read of the name itself tells, or one of its row
// in a list that tells no others.
const ofReads = snapshot.Info | snapshot.AllContacts | snapshot.DSRecords | snapshot.Hosts | snapshot.Wallet | snapshot.Artwork

// accountReads are all reads of the account as a whole.
var accountReads = []Read{
	{Operation: "ListEmailVerification", Facts: snapshot.Emails, Least: 1},
	{Operation: "QueryRegistrantProfiles", Facts: snapshot.Profiles, Least: len(wire.ProfileQueries())},
	{Operation: "QueryTaskList", Facts: snapshot.OthersTasks, Least: 1},
	{Operation: "QueryTaskInfoHistory", Facts: snapshot.PastOrders, Least: 1},
}

// transfersIn is the read of the names that are on their way into the account, of
// which each state is asked for.
var transfersIn = Read{Operation: "QueryTransferInList", Facts: snapshot.Listed, Least: 5}

// logRead is the read of the change log about one name.
var logRead = Read{Operation: "QueryChangeLogList", Least: 1}

// lockRead is the read of a page of the locks that registries keep on names, and
// locksOnPage how many stand there.
var lockRead = Read{Operation: "ListServerLock", Least: 1}

const locksOnPage = 500

// leftRead is the read of a name that the account held before and its list lacks.
var leftRead = Read{Operation: "QueryDomainByDomainName", Least: 1}

// A List is a read of all names of the account at once, page by page.
type List struct {
	Operation string
	Facts     snapshot.Facts // that a row can tell
	page      int            // names in a page; 0: as many as the files say
	before    int            // calls before that of the first page
	// told returns what the row of a name told in a reading.
	told func(*snapshot.Domain) snapshot.Facts
}

// namesList is the list of names that every service has.
var namesList = &lists[0]

// lists are all reads of all names.
var lists = [...]List{
	{
		Operation: "QueryDomainList",
		Facts:     snapshot.Nameservers | snapshot.Expiry | snapshot.Status | snapshot.PriceKind | snapshot.AutoRenew,
		told:      func(d *snapshot.Domain) snapshot.Facts { return d.FromList },
	},
	{
		Operation: "ScrollDomainList", page: 500, before: 1,
		Facts: snapshot.Nameservers | snapshot.Expiry | snapshot.PriceKind,
		told:  func(d *snapshot.Domain) snapshot.Facts { return d.FromScroll },
	},
}

// Lists returns all reads of all names.
func Lists() []List { return slices.Clone(lists[:]) }

// Calls returns how many calls it takes to list so many names, where the files say
// how many stand on a page.
func (l *List) Calls(names, pageSize int) int {
	return l.before + ceil(names, cmp.Or(l.page, pageSize))
}

// Reads returns all reads of one name, in the order in which they are made.
func Reads() []Read { return slices.Clone(reads) }

// AccountReads returns all reads of the account as a whole.
func AccountReads() []Read { return slices.Clone(accountReads) }

// CountTransfersIn adds the least calls that tell which names are on their way into
// the account.
func CountTransfersIn(calls map[string]int) { calls[transfersIn.Operation] += transfersIn.Least }

// CountLogReads adds the least calls that tell what the change log has of some names.
func CountLogReads(calls map[string]int, names int) {
	calls[logRead.Operation] += names * logRead.Least
}

// CountRegistryLocks adds the calls that tell so many registry locks.
func CountRegistryLocks(calls map[string]int, locks int) {
	calls[lockRead.Operation] += max(ceil(locks, locksOnPage), lockRead.Least)
}

// CountDepartures adds the calls that tell whether so many names have left the account.
func CountDepartures(calls map[string]int, names int) {
	calls[leftRead.Operation] += names * leftRead.Least
}
