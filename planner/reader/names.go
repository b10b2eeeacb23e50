package reader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
)

// take adds names, as rows of the list tell them, to the account.
func (f *fetcher) take(names []snapshot.Domain) {
	f.begin()
	if len(f.live.Domains) == 0 {
		f.live.Domains = names // a copy of a million is large
	} else {
		f.live.Domains = append(f.live.Domains, names...)
	}
	f.live.Sort()
}

// row is what a row of the list tells of a name, and what stands for it.
func (f *fetcher) row(it *wire.DomainItem) snapshot.Domain {
	d := listedDomain(it)
	d.Row, d.Nameservers = fingerprint(&d), f.sets.Of(d.Nameservers)
	return d
}

// listedDomain is what a row of the list tells of a name.
func listedDomain(it *wire.DomainItem) snapshot.Domain {
	d := snapshot.Domain{
		Name: it.DomainName, InstanceID: it.InstanceID, Status: it.DomainStatus,
		Registered: it.Registered(), Premium: it.Premium, PremiumUnknown: it.Lacks.Has("Premium"),
		RealName:    it.DomainAuditStatus,
		Nameservers: hostSet(it.DNSList), AutoRenew: it.AutoRenewEnabled,
	}
	noteExpiry(&d, it)
	d.FromList = d.Known(namesList.facts)
	return d
}

// noteExpiry takes in when a name expires by its entry in the list. A text of
// two readings is good for a warning, and money needs the exact time.
func noteExpiry(d *snapshot.Domain, it *wire.DomainItem) {
	at := it.ExpiresAt()
	_, exact := at.Exact()
	if !at.IsZero() && (exact || d.Expires.IsZero() || d.ExpiresUnclear) {
		d.Expires, d.ExpiresUnclear = at.First, !exact
	}
}

// info reads the facts of a name. One that the answer does not tell stays as the
// list told it, or is unknown.
func (f *fetcher) info(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	resp, err := f.r.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	if err := f.account(resp.UserID); err != nil {
		return nil, err
	}
	if resp.DNSList != nil {
		told := f.sets.Of(sorted(resp.DNSList))
		if !slices.Equal(told, d.Nameservers) {
			d.FromList, d.FromScroll = d.FromList&^snapshot.Nameservers, d.FromScroll&^snapshot.Nameservers
		}
		d.Nameservers = told
	}
	d.TransferLock, d.UpdateLock = resp.TransferProhibitionLock, resp.UpdateProhibitionLock
	d.TransferOut, d.RegistrantUpdating = resp.TransferOutStatus, resp.RegistrantUpdatingStatus
	if !resp.Lacks.Has("DomainNameProxyService") {
		d.Privacy = new(resp.DomainNameProxyService) // a pointer into the answer would keep all of it
	}
	if d.PremiumUnknown || d.InstanceID == "" {
		d.Premium, d.PremiumUnknown = resp.Premium, resp.Lacks.Has("Premium")
	}
	d.InstanceID = cmp.Or(d.InstanceID, resp.InstanceID)
	if d.Registered.IsZero() {
		d.Registered = resp.Registered()
	}
	if at := resp.Expires(); !at.IsZero() && (d.Expires.IsZero() || d.ExpiresUnclear) {
		d.Expires, d.ExpiresUnclear = at, false
	}
	d.EmailHold = resp.EmailVerificationClientHold
	d.EmailUnverified = resp.EmailVerificationStatus == wire.EmailUnverified && !resp.Lacks.Has("EmailVerificationStatus")
	if resp.RealNameStatus != "" {
		d.RealName = resp.RealNameStatus
	}
	if d.RealName.Passed() {
		d.RealName = wire.RealNamePassed
	}
	f.noteKind(d, resp.RegistrantType)
	return resp.Lacks, nil
}

// noteKind keeps what kind of registrant a name has for the contact.
func (f *fetcher) noteKind(d *snapshot.Domain, kind wire.RegistrantType) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds != nil {
		f.kinds[d.Name] = kind
	}
}

// listed reads the entry of one name in the list, which alone tells its status.
func (f *fetcher) listed(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	it, err := f.entry(ctx, d.Name)
	if err == nil && it == nil {
		err = fmt.Errorf("the account's list lacks %s", d.Name)
	}
	if err != nil {
		return nil, err
	}
	d.Status, d.AutoRenew = it.DomainStatus, it.AutoRenewEnabled
	noteExpiry(d, it)
	if !it.Lacks.Has("Premium") {
		d.Premium, d.PremiumUnknown = it.Premium, false
	}
	return it.Lacks, nil
}

// entry returns the entry of one name in the list, nil for none. The filter may
// let other names through.
func (f *fetcher) entry(ctx context.Context, name string) (*wire.DomainItem, error) {
	req := &wire.QueryDomainListRequest{Page: wire.Page{PageSize: f.PageSize}, DomainName: wire.UnicodeName(name)}
	var found *wire.DomainItem
	err := eachPage(ctx, req, f.r.QueryDomainList, func(page *wire.QueryDomainListResponse) bool {
		for i := range page.Data {
			if page.Data[i].DomainName == name {
				found = &page.Data[i]
			}
		}
		return found != nil
	})
	return found, err
}

// entries takes in the entries of some names in the list.
func (f *fetcher) entries(ctx context.Context, names []string) error {
	found := make([]*wire.DomainItem, len(names))
	for _, name := range names {
		f.lookedUp[name] = true
	}
	err := inOrder(ctx, len(names), f.Parallel, func(ctx context.Context, i int) (err error) {
		found[i], err = f.entry(ctx, names[i])
		return err
	})
	if err != nil {
		return fmt.Errorf("the list of names could not be read: %w", err)
	}
	var held []snapshot.Domain
	for _, it := range found {
		if it != nil {
			held = append(held, f.row(it))
		}
	}
	f.take(held)
	return nil
}

// account notes the account that an answer names, and refuses another.
func (f *fetcher) account(id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.live.ID == "" {
		f.live.ID = id
	}
	for _, want := range []string{f.Account, f.live.ID} {
		if id != "" && want != "" && id != want {
			return &AccountError{Want: want, Got: id}
		}
	}
	return nil
}

// identify finds out the account where no read has told it yet. It asks for a
// name that may be asked for more later.
func (f *fetcher) identify(ctx context.Context, p *config.Portfolio) error {
	live := f.live
	if live.ID != "" || len(live.Domains) == 0 {
		return nil
	}
	d := &live.Domains[0]
	if i := slices.IndexFunc(p.Domains, func(want config.Domain) bool { return f.Only.Has(want.Name) && live.Domain(want.Name) != nil }); i >= 0 {
		d = live.Domain(p.Domains[i].Name)
	}
	_, err := f.info(ctx, d, nil)
	if _, other := errors.AsType[*AccountError](err); err != nil && !other {
		return fmt.Errorf("the account could not be identified: %w", err)
	}
	return err
}

// hostSet sorts the host names of a row of the list. None is "not read": a list
// that shows nameservers at all need not do so of every name.
func hostSet(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return sorted(names)
}

// sorted returns host names sorted, each of them once.
func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
