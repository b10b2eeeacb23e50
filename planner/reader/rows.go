package reader

import (
	"context"
	"errors"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// A row is one read of a name: all that is said of it stands here and in the
// functions that it names.
type row struct {
	operation string
	facts     snapshot.Facts // that the answer tells
	// members tell a fact each, where an answer may lack one of them and tell the
	// others.
	members members
	// optional members may be left out of an answer that is whole all the same.
	optional optional
	// read asks, and fills the answer in. What the answer lacks is no error where
	// the facts show it, by not being known afterwards.
	read func(f *fetcher, ctx context.Context, d *snapshot.Domain, may optional) (wire.Lacks, error)
}

// rows are all reads of a name, in the order in which they are made.
var rows = []row{
	{
		operation: "QueryDomainByDomainName", facts: snapshot.Info, read: (*fetcher).info,
		members: members{
			{snapshot.Nameservers, "DnsList"},
			{snapshot.TransferLock, "TransferProhibitionLock"},
			{snapshot.UpdateLock, "UpdateProhibitionLock"},
			{snapshot.Privacy, "DomainNameProxyService"},
			{snapshot.Expiry, "ExpirationDate"},
			{snapshot.TransferOut, "TransferOutStatus"},
			{snapshot.Holder, "RegistrantUpdatingStatus"},
			{snapshot.PriceKind, "Premium"},
		},
	},
	{
		operation: "QueryDomainByDomainName", facts: snapshot.Presence, read: (*fetcher).presence,
		members: members{{snapshot.Presence, "InstanceId"}},
		// The price of a name that has none of its own is the list's.
		optional: optional{"Price": ""},
	},
	contactRow(wire.RegistrantContact),
	contactRow(wire.AdminContact),
	contactRow(wire.BillingContact),
	contactRow(wire.TechContact),
	{
		operation: "QueryDomainList", facts: snapshot.Status | snapshot.AutoRenew, read: (*fetcher).listed,
		members: members{{snapshot.Status, "DomainStatus"}, {snapshot.AutoRenew, "AutoRenewEnabled"}},
	},
	{operation: "QueryTransferInList", facts: snapshot.Arriving, read: (*fetcher).arrival},
	{operation: "CheckTransferInFeasibility", facts: snapshot.Transferable, read: (*fetcher).feasible},
	{operation: priceOperation, facts: snapshot.RenewalPriced, read: (*fetcher).renewalPrice},
	{operation: "CheckDomain", facts: snapshot.Quoted, read: (*fetcher).quote},
	{operation: "QueryDSRecord", facts: snapshot.DSRecords, read: (*fetcher).dsRecords},
	{operation: "QueryDnsHost", facts: snapshot.Hosts, read: (*fetcher).hosts},
	{operation: "QueryEnsAssociation", facts: snapshot.Wallet, read: (*fetcher).wallet},
	{operation: "QueryArtExtension", facts: snapshot.Artwork, read: (*fetcher).artwork},
}

// contactRow is the read of a contact of a name.
func contactRow(role wire.ContactType) row {
	return row{
		operation: "QueryContactInfo", facts: snapshot.ContactFacts[role],
		optional: optional{
			"TelExt": "phone_extension", "ZhRegistrantOrganization": "zh_organization", "ZhRegistrantName": "zh_name",
			"ZhProvince": "zh_province", "ZhCity": "zh_city", "ZhAddress": "zh_address",
		},
		read: func(f *fetcher, ctx context.Context, d *snapshot.Domain, may optional) (wire.Lacks, error) {
			return nil, f.contact(ctx, d, role, may)
		},
	}
}

// A listRow is the read of all names of the account at once, a row of a page for
// each. What a row lacks, or is not understood, is not known of that name.
type listRow struct {
	operation string
	facts     snapshot.Facts // that a row can tell
}

// namesList is the list of names. Its rows tell nameservers where the service is
// newer than its reference.
var namesList = listRow{
	operation: "QueryDomainList",
	facts:     snapshot.Nameservers | snapshot.Expiry | snapshot.Status | snapshot.PriceKind | snapshot.AutoRenew,
}

// An accountRow is one read of the account as a whole.
type accountRow struct {
	operation string
	facts     snapshot.Facts // that the answer tells
	optional  optional       // as of a row
	required  []string       // members without which a row of the answer says nothing
	// spared says that all else is read where the key may not make this read: settings
	// are changed without it, and nothing is bought.
	spared bool
	read   func(f *fetcher, ctx context.Context, r *accountRow) error
}

// accountRows are all reads of the account as a whole.
var accountRows = []accountRow{
	{operation: "ListEmailVerification", facts: snapshot.Emails, read: (*fetcher).emails},
	{
		operation: "QueryRegistrantProfiles", facts: snapshot.Profiles, read: (*fetcher).profiles,
		// No declaration is compared with whether the address is verified.
		optional: optional{"TelExt": "phone_extension", "EmailVerificationStatus": ""},
		// It could be any that is declared, and none would be made beside it.
		required: []string{"RegistrantName", "Email"},
	},
	{operation: "QueryTaskList", facts: snapshot.OthersTasks, spared: true, read: (*fetcher).othersTasks},
	{operation: "QueryTaskInfoHistory", facts: snapshot.PastOrders, spared: true, read: (*fetcher).pastOrders},
}

// lackError is the error of an answer of an operation that is not a row's own.
func lackError(operation string, lacks wire.Lacks, member string) error {
	return errors.New(operation + ": " + lacks.Why(member))
}

// members are the members of an answer that tell facts.
type members []struct {
	fact   snapshot.Facts
	member string
}

// why says which of the facts an answer does not tell.
func (m members) why(missing snapshot.Facts, lacks wire.Lacks) error {
	var names []string
	for _, x := range m {
		if missing&x.fact != 0 {
			names = append(names, x.member)
		}
	}
	return errors.New(lacks.Why(names...))
}

// optional are the members that an answer may leave out, with the names that
// files give them: what they would say stays unknown. One without a name is not
// missed at all, however it is told.
type optional map[string]string

// split returns which of the members that answers may leave out are, as
// [snapshot.Contact.Lacks] has them, and what else is not told or understood.
func (o optional) split(lacks wire.Lacks) (lacked string, others wire.Lacks) {
	var names []string
	for _, x := range lacks {
		switch name, may := o[x.Member]; {
		case may && name == "":
		case may && x.Problem == "":
			names = append(names, name)
		default:
			others = append(others, x)
		}
	}
	return strings.Join(names, " "), others
}
