package snapshot

// MemberFacts are the facts that tell members of a name, by what these are called in
// files. Others are known of every name, or have no fact of their own.
var MemberFacts = map[string]Facts{
	"nameservers": Nameservers, "transfer_lock": TransferLock, "update_lock": UpdateLock, "ds_records": DSRecords, "hosts": Hosts,
	"privacy": Privacy, "ens_address": Wallet, "art": Artwork, "transfer_out": TransferOut, "status": Status, "auto_renew": AutoRenew,
	"registrant_updating": Holder, "real_name": Holder, "email_hold": Holder, "email_unverified": Holder,
	"premium": PriceKind, "quote": Quoted, "renewal_price": RenewalPriced, "offer": Presence, "arrival": Arriving,
}

// AccountMemberFacts are the facts that tell members of the account that are read on
// their own.
var AccountMemberFacts = map[string]Facts{"profiles": Profiles, "emails": Emails}

// UnreadMembers returns what the members of the account are called in files that were
// not read.
func (a *Account) UnreadMembers() (unread []string) {
	for name, known := range map[string]bool{
		"emails": a.Emails != nil, "profiles": a.Profiles != nil, "transfers_in": a.TransfersIn != nil, "registry_locks": a.RegistryLocks != nil,
	} {
		if !known {
			unread = append(unread, name)
		}
	}
	return unread
}
