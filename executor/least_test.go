package executor_test

import (
	ordered "cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// A bill counts the calls that it takes at the least to bring an account from
// one state to another, by the API reference: it knows nothing of plans.
type bill struct {
	portfolio *config.Portfolio
	calls     map[string]int
	shared    map[string]int // names that can share a call, by the operation and all else that it says
	checks    map[string]bool
	results   int
	listed    bool            // rows of the list of names tell nameservers
	gone      map[string]bool // hosts that went, after the names that delegated to them
	spared    map[string]int  // reads that the list of names can spare
}

// leastCalls returns the calls of a run that found one state and left another:
// what is saved, what results are acknowledged, what is asked before, and what
// is read to see it.
func leastCalls(p *config.Portfolio, before, after *snapshot.Account, listed bool) map[string]int {
	b := &bill{
		portfolio: p, calls: make(map[string]int), shared: make(map[string]int), checks: make(map[string]bool),
		listed: listed, gone: goneHosts(before, after), spared: make(map[string]int),
	}
	for i := range after.Domains {
		is := &after.Domains[i]
		want, _ := declared(p, is.Name)
		if was := before.Domain(is.Name); was != nil {
			b.name(want, was, is)
		} else if want.Declares(attr.RegistrationName) {
			b.orders("SaveBatchTaskForCreatingOrderActivate", want.Value(attr.RegistrationName).(attr.Registration).Terms)
			b.calls[info]++
		}
	}
	b.list(len(before.Domains))
	b.account(before, after)
	for key, n := range b.shared {
		operation, _, _ := strings.Cut(key, " ")
		b.calls[operation] += roundUp(n, p.Limits.BatchSize)
	}
	b.calls["VerifyContactField"] = len(b.checks)
	b.calls["AcknowledgeTaskResult"] = roundUp(b.results, 13)
	for operation, n := range b.calls {
		if n == 0 {
			delete(b.calls, operation)
		}
	}
	return b.calls
}

// goneHosts returns the hosts that one state has and the other lacks.
func goneHosts(before, after *snapshot.Account) map[string]bool {
	gone := make(map[string]bool)
	for _, d := range before.Domains {
		for _, h := range d.Hosts {
			gone[h.Name] = true
		}
	}
	for _, d := range after.Domains {
		for _, h := range d.Hosts {
			delete(gone, h.Name)
		}
	}
	return gone
}

// list counts the list of an account of some names, or the reads that it spares
// where these are no more.
func (b *bill) list(names int) {
	pages, spared := roundUp(names, ordered.Or(b.portfolio.Refresh.PageSize, 200)), 0
	for _, n := range b.spared {
		spared += n
	}
	if spared > pages {
		b.calls["QueryDomainList"] += pages
		return
	}
	for operation, n := range b.spared {
		b.calls[operation] += n
	}
}

// declared returns what is declared of a name.
func declared(p *config.Portfolio, name string) (d config.Domain, ok bool) {
	i := slices.IndexFunc(p.Domains, func(d config.Domain) bool { return d.Name == name })
	if i < 0 {
		return config.Domain{}, false
	}
	return p.Domains[i], true
}

// share counts a name that can go into one call with others.
func (b *bill) share(operation string, says ...any) {
	b.results++
	b.shared[operation+" "+fmt.Sprintf("%q", says)]++
}

// single counts calls that take one name.
func (b *bill) single(operation string, n int) {
	b.results += n
	b.calls[operation] += n
}

// orders counts a purchase. One look at the account's orders serves all.
func (b *bill) orders(operation string, t attr.Terms) {
	b.share(operation, t.Coupon, t.Promotion)
	b.calls["QueryTaskList"], b.calls["QueryTaskInfoHistory"] = 1, 1
}

// name counts what it takes to change a name.
func (b *bill) name(want config.Domain, was, is *snapshot.Domain) {
	reads, listed := make(map[string]bool), make(map[string]bool) // the others are in the list, too
	saved := b.results
	if !slices.Equal(was.Nameservers, is.Nameservers) {
		if want.Declares("alidns") {
			b.share("SaveBatchTaskForModifyingDomainDns")
		} else {
			b.share("SaveBatchTaskForModifyingDomainDns", is.Nameservers)
		}
		leaves := slices.ContainsFunc(was.Nameservers, func(host string) bool { return b.gone[host] })
		if b.listed && len(was.Nameservers) > 0 && !leaves && !signedAfter(was.DSRecords, is.DSRecords) {
			listed[info] = true
		} else {
			reads[info] = true
		}
	}
	if private(was) != private(is) {
		b.share("SaveBatchTaskForDomainNameProxyService", private(is))
		reads[info] = true
	}
	b.contacts(want, was, is, reads)
	b.records(was.DSRecords, is.DSRecords, reads)
	b.hosts(was.Hosts, is.Hosts, reads)
	if on := was.UpdateLock.On(); on && is.UpdateLock.On() && b.results > saved {
		b.share(updateLock, false)
		b.share(updateLock, true)
		reads[info] = true
	} else if on != is.UpdateLock.On() {
		b.share(updateLock, !on)
		reads[info] = true
	}
	if was.TransferLock.On() != is.TransferLock.On() {
		b.share("SaveBatchTaskForTransferProhibitionLock", is.TransferLock.On())
		reads[info] = true
	}
	if renewsItself(was) != renewsItself(is) { // which no task does
		b.calls["SetupDomainAutoRenew"]++
		listed["QueryDomainList"] = true
	}
	b.extras(was, is, reads)
	b.term(want, was, is, listed)
	for operation := range reads {
		b.calls[operation]++
		delete(listed, operation)
	}
	for operation := range listed {
		b.spared[operation]++
	}
}

// signedAfter reports whether some DS records change only when the new nameservers
// have been seen at the name itself: the first ones come, or those of a key go.
func signedAfter(was, is []snapshot.DSRecord) bool {
	if len(was) == 0 || len(is) == 0 {
		return len(is) > 0
	}
	gone := make(map[int][]snapshot.DSRecord)
	for _, r := range was {
		if !slices.Contains(is, r) {
			gone[r.KeyTag] = append(gone[r.KeyTag], r)
		}
	}
	for _, old := range gone {
		stays := func(r snapshot.DSRecord) bool { return r.KeyTag == old[0].KeyTag && r.Algorithm == old[0].Algorithm }
		if len(old) > 1 || !slices.ContainsFunc(is, stays) {
			return true
		}
	}
	return false
}

func (b *bill) contacts(want config.Domain, was, is *snapshot.Domain, reads map[string]bool) {
	for role, c := range is.Contacts {
		if cmp.Equal(was.Contacts[role], c) {
			continue
		}
		switch said, _ := want.Value(string(role)).(attr.Contact); {
		case said[attr.RegistrantProfile] == "":
			b.share(setContact, role, c)
			_, suffix, _ := strings.Cut(is.Name, ".")
			b.checks[fmt.Sprintf("%s %q", suffix, c)] = true
		case b.portfolio.Limits.BatchProfiles:
			b.share("SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId", role, c)
		case role == wire.RegistrantContact && strings.HasSuffix(is.Name, ".cn"), b.lacking(said[attr.RegistrantProfile], c):
			b.single("SaveSingleTaskForUpdatingContactInfo", 1)
		default:
			b.share(setContact, role, c)
		}
		b.calls["QueryContactInfo"]++
		if role == wire.RegistrantContact {
			reads[info] = true
		}
	}
}

// lacking reports whether the contact that a name gets from a profile is not
// whole.
func (b *bill) lacking(label string, c snapshot.Contact) bool {
	return slices.Contains([]string{c.Organization, c.Name, c.Email, c.Country, c.Province, c.City, c.Address, c.PostalCode, c.PhoneCountryCode, c.Phone}, "") ||
		b.portfolio.Policy().Profiles[label].Contact["type"] == "" && c.Type == ""
}

// records counts by key tag, which is all that a call can say of an old record.
func (b *bill) records(was, is []snapshot.DSRecord, reads map[string]bool) {
	old, now := make(map[int][]snapshot.DSRecord), make(map[int][]snapshot.DSRecord)
	for _, r := range was {
		old[r.KeyTag] = append(old[r.KeyTag], r)
	}
	for _, r := range is {
		now[r.KeyTag] = append(now[r.KeyTag], r)
	}
	for tag := range old {
		if len(now[tag]) == 0 {
			b.single("SaveSingleTaskForDeletingDSRecord", 1)
			reads["QueryDSRecord"] = true
		}
	}
	for tag, list := range now {
		more := len(slices.DeleteFunc(slices.Clone(list), func(r snapshot.DSRecord) bool { return slices.Contains(old[tag], r) }))
		if more == 0 {
			continue
		}
		if len(list) == 1 && len(old[tag]) == 1 {
			b.single("SaveSingleTaskForModifyingDSRecord", 1)
		} else {
			b.single("SaveSingleTaskForAddingDSRecord", more)
		}
		reads["QueryDSRecord"] = true
	}
}

func (b *bill) hosts(was, is []snapshot.Host, reads map[string]bool) {
	find := func(all []snapshot.Host, name string) *snapshot.Host {
		if i := slices.IndexFunc(all, func(h snapshot.Host) bool { return h.Name == name }); i >= 0 {
			return &all[i]
		}
		return nil
	}
	changed := func(operation string) {
		b.single(operation, 1)
		reads["QueryDnsHost"], reads[info] = true, true // which tells the instance
	}
	for _, h := range was {
		if find(is, h.Name) == nil {
			changed("SaveSingleTaskForDeletingDnsHost")
		}
	}
	for _, h := range is {
		if old := find(was, h.Name); old == nil {
			changed("SaveSingleTaskForCreatingDnsHost")
		} else if !cmp.Equal(*old, h) {
			changed("SaveSingleTaskForModifyingDnsHost")
		}
	}
}

// extras counts what only names below some suffixes have.
func (b *bill) extras(was, is *snapshot.Domain, reads map[string]bool) {
	if is.ENSAddress != nil && *is.ENSAddress != *was.ENSAddress {
		operation := "SaveSingleTaskForAssociatingEns"
		if *is.ENSAddress == "" {
			operation = "SaveSingleTaskForDisassociatingEns"
		}
		b.single(operation, 1)
		reads["QueryEnsAssociation"] = true
	}
	if is.Art != nil && *is.Art != *was.Art {
		b.single("SaveSingleTaskForSaveArtExtension", 1)
		reads["QueryArtExtension"] = true
	}
}

// term counts a longer term, which the list tells.
func (b *bill) term(want config.Domain, was, is *snapshot.Domain, reads map[string]bool) {
	if is.Expires.Equal(was.Expires) {
		return
	}
	reads[info] = true
	if was.Status == wire.NeedsRedemption {
		b.orders("SaveBatchTaskForCreatingOrderRedeem", want.Value(attr.RedemptionName).(attr.Redemption).Terms)
		reads["QueryDomainList"] = true
		return
	}
	b.orders("SaveBatchTaskForCreatingOrderRenew", want.Value("renewal").(attr.Renewal).Terms)
}

// account counts what it takes to change the account itself.
func (b *bill) account(before, after *snapshot.Account) {
	addresses := make(map[string]int) // by operation, which takes several
	for _, e := range after.Emails {
		switch old := before.Email(e.Address); {
		case old == nil:
			addresses["SubmitEmailVerification"]++
		case !old.Verified && old.Sent != e.Sent:
			addresses["ResendEmailVerification"]++
		}
	}
	for _, e := range before.Emails {
		if after.Email(e.Address) == nil {
			addresses["DeleteEmailVerification"]++
		}
	}
	for operation, n := range addresses {
		b.calls[operation] = roundUp(n, min(500, b.portfolio.Limits.BatchSize))
		b.calls["ListEmailVerification"] = 1
	}
	b.profiles(before, after)
}

// profiles counts profiles that are saved, made the default, and deleted. That
// one is the default no longer is another one's doing.
func (b *bill) profiles(before, after *snapshot.Account) {
	find := func(a *snapshot.Account, id int64) *snapshot.Profile {
		if i := slices.IndexFunc(a.Profiles, func(p snapshot.Profile) bool { return p.ID == id }); i >= 0 {
			return &a.Profiles[i]
		}
		return nil
	}
	read := false
	for _, p := range after.Profiles {
		switch old := find(before, p.ID); {
		case old == nil || !cmp.Equal(old.Contact, p.Contact):
			b.calls["SaveRegistrantProfile"]++
			b.checks[fmt.Sprintf(" %q", p.Contact)] = true
			read = true
		case p.Default && !old.Default:
			b.calls["SetDefaultRegistrantProfile"]++
			read = true
		}
	}
	for _, p := range before.Profiles {
		if find(after, p.ID) == nil {
			b.calls["DeleteRegistrantProfile"]++
			read = true
		}
	}
	if read {
		b.calls["QueryRegistrantProfiles"] += 4 // of both types, for both kinds of registries
	}
}

// countsOthersOrders reports whether a plan counts what others have ordered this
// month: the state began in it.
func (l *lawful) countsOthersOrders() bool {
	b, now := l.portfolio.Budget, time.Now().UTC()
	return b != nil && b.OfMonth() > 0 && now.Year() == 2000 && now.Month() == time.January
}

// leastReads returns the calls that tell a plan what it must know: what is
// declared, as few calls show it, and what makes the changes of the plan safe.
func leastReads(l *lawful, p *planner.Plan) map[string]int {
	state, calls := l.sim.State(), map[string]int{"ListServerLock": 1}
	changes := make(map[string]bool)
	unhosts := false
	for _, c := range p.Changes {
		if c.Planned() || c.Status == attr.Deferred && c.Cost == nil {
			calls["QueryTaskList"] = 1 // what others are doing
		}
		if l.countsOthersOrders() && c.Cost != nil && (c.Status == attr.Ready || c.Status == attr.Unapproved || strings.HasPrefix(c.Reason, "over the budget") || strings.HasPrefix(c.Reason, "--limit")) {
			calls["QueryTaskList"], calls["QueryTaskInfoHistory"] = 1, 1 // what others have ordered
		}
		changes[attr.ChangeID(c.Domain, c.Attribute)] = true
		unhosts = unhosts || c.Attribute == attr.GlueHosts && c.Action == attr.Delete
	}
	asked := make(map[string]bool)  // names whose facts are read
	quoted := make(map[string]bool) // premium names that are bought again, within a bound
	hosted := make(map[string]bool) // names whose hosts are read
	for _, want := range l.portfolio.Domains {
		is := state.Domain(want.Name)
		if is == nil {
			if calls["QueryTransferInList"] = 5; l.arrives(want.Name) || !want.Declares(attr.RegistrationName) {
				continue
			}
			asked[want.Name] = true
			calls["CheckDomain"] += l.checks(want, p)
			calls["QueryRegistrantProfiles"] = 4
			for _, parent := range append(parentsInOrder(want, state), ownersOf(want, nil, state)...) {
				hosted[parent] = true
			}
			continue
		}
		for _, x := range want.Declared {
			a, changed := x.Attribute, changes[attr.ChangeID(want.Name, x.Attribute.Name)]
			switch a.Name {
			case "nameservers", "alidns":
				if changed || !l.listed {
					asked[want.Name] = true
				}
				if changed && !want.Settings.KeepDS && !want.Declares(attr.DSRecords) {
					calls["QueryDSRecord"]++
				}
				for _, owner := range ownersOf(want, is.Nameservers, state) {
					hosted[owner] = true
				}
			case "transfer_lock", attr.UpdateLock, "privacy":
				asked[want.Name] = true
			case "auto_renew": // the list has told it
			case attr.Registrant:
				asked[want.Name] = true
				calls["QueryContactInfo"]++
				if changed {
					calls["ListEmailVerification"] = 1
				}
			case "admin", "billing", "tech":
				calls["QueryContactInfo"]++
			case attr.DSRecords:
				calls["QueryDSRecord"]++
			case attr.GlueHosts:
				hosted[want.Name] = true
			case "ens_address":
				calls["QueryEnsAssociation"]++
			case "art":
				calls["QueryArtExtension"]++
			}
			switch bound := mostOf(x.Value); {
			case !changed || a.Hazard != attr.Money:
			case a.Group == attr.GroupTerm: // a renewal
				if l.asksPrice(want.Name, x.Value, is) {
					calls["QueryDomainRealTimePrice"]++
				}
			case is.Premium && bound > 0:
				quoted[want.Name] = true
			}
			if changed && (a.Locked || a.Hazard == attr.Money) {
				asked[want.Name] = true // whether it is locked, or being transferred away
			}
		}
	}
	for _, x := range l.portfolio.Declared {
		if x.Attribute.Name == attr.EmailAddresses {
			calls["ListEmailVerification"] = 1
		} else {
			calls["QueryRegistrantProfiles"] = 4
		}
	}
	if len(quoted) > 0 {
		calls["CheckDomain"] += len(quoted)
	}
	if len(hosted) > 0 {
		calls["QueryDnsHost"] = len(hosted)
	}
	calls["QueryDomainList"] = 1
	calls[info] = len(asked)
	if unhosts && !l.listed { // every name may use a host that goes
		for i := range state.Domains {
			asked[state.Domains[i].Name] = true
		}
		calls[info] = len(asked)
	}
	held := 0
	for name := range asked {
		if state.Domain(name) != nil {
			held++
		}
	}
	if len(state.Domains) > 0 && held == 0 {
		calls[info]++ // whose account it is
	}
	return calls
}

// parentsInOrder returns the names of the account that the nameservers are below
// which the order for a missing name may carry: two, and none below the name
// itself.
func parentsInOrder(want config.Domain, state *snapshot.Account) (parents []string) {
	nameservers, _ := want.Value("nameservers").(attr.NameserverSet)
	if len(nameservers) != 2 {
		return nil
	}
	for _, host := range nameservers {
		if strings.HasSuffix("."+host, "."+want.Name) {
			return nil
		}
		for i := range state.Domains {
			if name := state.Domains[i].Name; strings.HasSuffix("."+host, "."+name) {
				parents = append(parents, name)
			}
		}
	}
	return parents
}

// ownersOf returns the names of the account that the hosts belong to which a name
// is to be delegated to and is not yet: whether those live must be known.
func ownersOf(want config.Domain, before []string, state *snapshot.Account) (owners []string) {
	nameservers, _ := want.Value("nameservers").(attr.NameserverSet)
	for _, host := range nameservers {
		owner := ""
		for i := range state.Domains {
			if name := state.Domains[i].Name; len(name) > len(owner) && strings.HasSuffix("."+host, "."+name) {
				owner = name
			}
		}
		if owner != "" && !slices.Contains(before, host) {
			owners = append(owners, owner)
		}
	}
	return owners
}

// checks returns how often the service is asked for the price of a name that is to
// be registered, where it can be: for more than a year of one with a price of its
// own, it tells no more than the price of a year together with it.
func (l *lawful) checks(want config.Domain, p *planner.Plan) int {
	_, own := l.sim.Market().Premium[want.Name]
	i := slices.IndexFunc(p.Changes, func(c attr.Change) bool { return c.ID == attr.ChangeID(want.Name, attr.RegistrationName) })
	if taken := i >= 0 && p.Changes[i].Before != nil; own && !taken && want.Value(attr.RegistrationName).(attr.Registration).Years > 1 {
		return 2
	}
	return 1
}

// asksPrice reports whether the service is asked what the renewal of a name costs:
// where something can be bought, and only it knows the price.
func (l *lawful) asksPrice(name string, v attr.Value, is *snapshot.Domain) bool {
	r, renews := v.(attr.Renewal)
	if !renews || l.portfolio.Budget == nil || is.Status == wire.NeedsRedemption || is.TransferOut == wire.TransferOutPending {
		return false
	}
	if is.Premium {
		return r.MaxPrice > 0
	}
	return l.portfolio.PricesOf(name).Renew == nil
}

// mostOf is what a purchase may cost, 0 where nobody says it.
func mostOf(v attr.Value) attr.Amount {
	switch v := v.(type) {
	case attr.Renewal:
		return v.MaxPrice
	case attr.Redemption:
		return v.MaxPrice
	case attr.Registration:
		return v.MaxPrice
	}
	return 0
}

// arrives reports whether a name is being transferred into the account.
func (l *lawful) arrives(name string) bool {
	return slices.ContainsFunc(l.sim.TransfersIn(), func(t wire.TransferIn) bool {
		return t.DomainName == name && t.SimpleTransferInStatus != wire.TransferInSucceeded && t.SimpleTransferInStatus != wire.TransferInFailed
	})
}
