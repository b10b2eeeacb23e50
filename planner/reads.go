package planner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

const (
	defaultParallel = 64
	// listTries is how often a list that shifts under the reader is read.
	listTries = 5
)

// fetcher reads an account. Reads run side by side; the reader's limits pace them.
type fetcher struct {
	FetchOptions
	r Reader

	mu   sync.Mutex // guards Progress and what the reads of one call have in common
	done int
	// kinds are those of the registrants whose contact is yet to be read, which
	// does not tell it; nil: none will be.
	kinds map[*snapshot.Domain]wire.RegistrantType
	years map[string]int // of the names to register
	// currency is that in which prices are asked for.
	currency wire.FeeCurrency
}

func newFetcher(r Reader, opts FetchOptions) *fetcher {
	if opts.PageSize == 0 {
		opts.PageSize = config.DefaultRefresh().PageSize
	}
	if opts.Parallel == 0 {
		opts.Parallel = defaultParallel
	}
	return &fetcher{FetchOptions: opts, r: r, currency: wire.USD}
}

func (f *fetcher) empty() *Live {
	return &Live{
		FormatVersion: snapshot.FormatVersion, Endpoint: f.Endpoint,
		ReadAt: time.Now().UTC().Truncate(time.Second), Domains: []snapshot.Domain{},
	}
}

// list reads the names of the account. Pages that shift while they are read
// could lose one, so the list is whole only when the totals of its pages agree
// with the number of distinct names.
func (f *fetcher) list(ctx context.Context) (*Live, error) {
	for range listTries {
		items, whole, err := f.pages(ctx)
		if err != nil {
			return nil, fmt.Errorf("the list of names could not be read: %w", err)
		}
		if whole {
			return f.fromItems(items), nil
		}
	}
	return nil, fmt.Errorf("the list of names changed while it was read, %d times in a row: try again later", listTries)
}

// pages reads the list once and reports whether it held still.
func (f *fetcher) pages(ctx context.Context) (items []wire.DomainItem, whole bool, err error) {
	first, err := f.page(ctx, 1)
	if err != nil {
		return nil, false, err
	}
	pages := make([]*wire.QueryDomainListResponse, max(first.TotalPageNum, 1))
	pages[0] = first
	p := pool.New().WithMaxGoroutines(f.Parallel).WithContext(ctx).WithCancelOnError().WithFirstError()
	for i := 1; i < len(pages); i++ {
		p.Go(func(ctx context.Context) error {
			resp, err := f.page(ctx, i+1)
			pages[i] = resp
			return err
		})
	}
	if err := p.Wait(); err != nil {
		return nil, false, err
	}
	whole = true
	names := make(map[string]bool, first.TotalItemNum)
	for _, page := range pages {
		whole = whole && page.TotalItemNum == first.TotalItemNum
		for i := range page.Data {
			names[page.Data[i].DomainName] = true
		}
		items = append(items, page.Data...)
	}
	return items, whole && len(names) == len(items) && len(items) == first.TotalItemNum, nil
}

// page asks for the oldest names first: a name that is added meanwhile comes
// to stand behind the others and moves none.
func (f *fetcher) page(ctx context.Context, n int) (*wire.QueryDomainListResponse, error) {
	return f.r.QueryDomainList(ctx, &wire.QueryDomainListRequest{
		Page:         wire.Page{PageNum: n, PageSize: f.PageSize},
		OrderKeyType: wire.ByRegistration, OrderByType: wire.Ascending,
	})
}

func (f *fetcher) fromItems(items []wire.DomainItem) *Live {
	live := f.empty()
	live.Domains = make([]snapshot.Domain, len(items))
	for i := range items {
		it := &items[i]
		live.Domains[i] = snapshot.Domain{
			Name: it.DomainName, InstanceID: it.InstanceID, Status: it.DomainStatus,
			Registered: it.Registered(), Expires: it.Expires(), Premium: it.Premium,
			RealName:    it.DomainAuditStatus,
			Nameservers: hostSet(it.DNSList),
		}
	}
	live.Sort()
	return live
}

// readAll reads what is needed and not yet known. The first answer tells the
// account; no other call is made where it is the wrong one.
func (f *fetcher) readAll(ctx context.Context, live *Live, all []need) error {
	f.done = 0
	whole := f.expect(all)
	if len(all) > 0 && live.ID == "" {
		if err := f.readOne(ctx, live, all[0], len(all)); err != nil {
			return err
		}
		all = all[1:]
	}
	p := pool.New().WithMaxGoroutines(f.Parallel).WithContext(ctx).WithCancelOnError().WithFirstError()
	for _, n := range all {
		p.Go(func(ctx context.Context) error { return f.readOne(ctx, live, n, len(all)) })
	}
	err := p.Wait()
	if err == nil {
		err = f.readAccount(ctx, live, whole)
	}
	live.Sort()
	return err
}

// expect returns what is needed of the account as a whole, and prepares for
// what needs two reads.
func (f *fetcher) expect(all []need) (whole snapshot.Facts) {
	for i := range all {
		whole |= all[i].facts & snapshot.OfAccount
		if all[i].facts&snapshot.RegistrantContact != 0 && f.kinds == nil {
			f.kinds = make(map[*snapshot.Domain]wire.RegistrantType)
		}
	}
	return whole
}

// readOne reads the facts of one name. It fails only where no other read can
// succeed either.
func (f *fetcher) readOne(ctx context.Context, live *Live, n need, all int) error {
	for _, r := range reads {
		if wanted := n.facts & r.facts; wanted == 0 || n.domain.Has(wanted) {
			continue
		}
		if err := r.do(f, ctx, live, n.domain); err == nil {
			continue
		} else if err := f.failed(ctx, live, n, r, err); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done++
	if f.Progress != nil {
		f.Progress(f.done, all)
	}
	return nil
}

// read is a call that tells facts of one name.
type read struct {
	operation string
	facts     snapshot.Facts
	do        func(f *fetcher, ctx context.Context, live *Live, d *snapshot.Domain) error
}

// reads are all calls that tell facts of one name.
var reads = []read{
	{"QueryDomainByDomainName", snapshot.Nameservers | snapshot.Locks | snapshot.Privacy | snapshot.Expiry | snapshot.TransferOut | snapshot.Holder, (*fetcher).info},
	{"QueryDomainByDomainName", snapshot.Presence, (*fetcher).presence},
	contactRead(wire.RegistrantContact),
	contactRead(wire.AdminContact),
	contactRead(wire.BillingContact),
	contactRead(wire.TechContact),
	{"QueryDomainList", snapshot.Status, (*fetcher).listed},
	{"CheckDomain", snapshot.Quoted, (*fetcher).quote},
	{"QueryDSRecord", snapshot.DSRecords, (*fetcher).dsRecords},
	{"QueryDnsHost", snapshot.Hosts, (*fetcher).hosts},
	{"QueryEnsAssociation", snapshot.Wallet, (*fetcher).wallet},
	{"QueryArtExtension", snapshot.Artwork, (*fetcher).artwork},
}

// instanceFacts come with the instance, by which hosts are asked for, where the
// list did not tell it.
const instanceFacts = snapshot.Nameservers

func (f *fetcher) info(ctx context.Context, live *Live, d *snapshot.Domain) error {
	resp, err := f.r.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: d.Name})
	if err != nil {
		return err
	}
	if err := f.account(live, resp.UserID); err != nil {
		return err
	}
	if d.Nameservers = hostSet(resp.DNSList); d.Nameservers == nil {
		d.Nameservers = []string{}
	}
	d.TransferLock, d.UpdateLock = lockStatus(resp.TransferProhibitionLock), lockStatus(resp.UpdateProhibitionLock)
	d.Privacy, d.TransferOut = &resp.DomainNameProxyService, cmp.Or(resp.TransferOutStatus, wire.TransferOutNormal)
	d.RegistrantUpdating, d.EmailHold = resp.RegistrantUpdatingStatus, resp.EmailVerificationClientHold
	if d.RealName = resp.RealNameStatus; d.RealName.Passed() {
		d.RealName = wire.RealNamePassed
	}
	f.noteKind(d, resp.RegistrantType)
	if d.InstanceID == "" {
		d.InstanceID, d.Registered, d.Expires, d.Premium = resp.InstanceID, resp.Registered(), resp.Expires(), resp.Premium
	}
	return nil
}

// lockStatus is the state of a lock of which an answer says nothing: never set.
func lockStatus(s wire.LockStatus) wire.LockStatus {
	if s == "" {
		return wire.LockUnset
	}
	return s
}

// listed reads the entry of one name in the list, which alone tells its status.
func (f *fetcher) listed(ctx context.Context, _ *Live, d *snapshot.Domain) error {
	it, err := f.entry(ctx, d.Name)
	if err == nil && it == nil {
		err = fmt.Errorf("the account's list lacks %s", d.Name)
	}
	if err == nil {
		d.Status, d.Expires, d.Premium = it.DomainStatus, it.Expires(), it.Premium
	}
	return err
}

// entry returns the entry of one name in the list, nil for none. The filter may
// let other names through.
func (f *fetcher) entry(ctx context.Context, name string) (*wire.DomainItem, error) {
	req := &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: f.PageSize}, DomainName: wire.UnicodeName(name)}
	for ; ; req.PageNum++ {
		resp, err := f.r.QueryDomainList(ctx, req)
		if err != nil {
			return nil, err
		}
		for i := range resp.Data {
			if resp.Data[i].DomainName == name {
				return &resp.Data[i], nil
			}
		}
		if !resp.More(req.PageNum) {
			return nil, nil
		}
	}
}

// entries reads the entries of some names in the list.
func (f *fetcher) entries(ctx context.Context, names []string) (*Live, error) {
	p := pool.NewWithResults[*wire.DomainItem]().WithMaxGoroutines(f.Parallel).WithContext(ctx).WithCancelOnError().WithFirstError()
	for _, name := range names {
		p.Go(func(ctx context.Context) (*wire.DomainItem, error) { return f.entry(ctx, name) })
	}
	found, err := p.Wait()
	if err != nil {
		return nil, fmt.Errorf("the list of names could not be read: %w", err)
	}
	var items []wire.DomainItem
	for _, it := range found {
		if it != nil {
			items = append(items, *it)
		}
	}
	return f.fromItems(items), nil
}

func (f *fetcher) dsRecords(ctx context.Context, _ *Live, d *snapshot.Domain) error {
	resp, err := f.r.QueryDSRecord(ctx, &wire.QueryDSRecordRequest{DomainName: d.Name})
	if err != nil {
		return err
	}
	d.DSRecords = make([]snapshot.DSRecord, len(resp.DSRecordList))
	for i, r := range resp.DSRecordList {
		d.DSRecords[i] = snapshot.DSRecord{
			KeyTag: r.KeyTag, Algorithm: int(r.Algorithm), DigestType: int(r.DigestType), Digest: strings.ToUpper(r.Digest),
		}
	}
	return nil
}

// hosts asks by instance, which the list tells; without the list the name's
// facts tell it first.
func (f *fetcher) hosts(ctx context.Context, live *Live, d *snapshot.Domain) error {
	if d.InstanceID == "" {
		if err := f.info(ctx, live, d); err != nil {
			return err
		}
	}
	resp, err := f.r.QueryDnsHost(ctx, &wire.QueryDnsHostRequest{InstanceID: d.InstanceID})
	if err != nil {
		return err
	}
	d.Hosts = make([]snapshot.Host, len(resp.DNSHostList))
	for i, h := range resp.DNSHostList {
		d.Hosts[i] = attr.Host(h.DNSName, d.Name, h.IPList)
	}
	slices.SortFunc(d.Hosts, func(x, y snapshot.Host) int { return strings.Compare(x.Name, y.Name) })
	return nil
}

// wallet asks the Ethereum Name Service itself: what the service has in its own
// books may be out of date.
func (f *fetcher) wallet(ctx context.Context, _ *Live, d *snapshot.Domain) error {
	resp, err := f.r.QueryEnsAssociation(ctx, &wire.QueryEnsAssociationRequest{DomainName: d.Name})
	if err != nil {
		return err
	}
	d.ENSAddress = &resp.Address
	return nil
}

func (f *fetcher) artwork(ctx context.Context, _ *Live, d *snapshot.Domain) error {
	resp, err := f.r.QueryArtExtension(ctx, &wire.QueryArtExtensionRequest{DomainName: d.Name})
	if err != nil {
		return err
	}
	d.Art = new(snapshot.Art(resp.ArtExtension))
	return nil
}

// noteKind keeps what kind of registrant a name has for the contact.
func (f *fetcher) noteKind(d *snapshot.Domain, kind wire.RegistrantType) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds != nil {
		f.kinds[d] = kind
	}
}

// contactRead is the call that tells a contact of a name.
func contactRead(role wire.ContactType) read {
	return read{"QueryContactInfo", snapshot.ContactFacts[role], func(f *fetcher, ctx context.Context, _ *Live, d *snapshot.Domain) error {
		resp, err := f.r.QueryContactInfo(ctx, &wire.QueryContactInfoRequest{DomainName: d.Name, ContactType: role})
		if err != nil {
			return err
		}
		var kind wire.RegistrantType
		if role == wire.RegistrantContact {
			f.mu.Lock()
			kind = f.kinds[d]
			f.mu.Unlock()
		}
		if d.Contacts == nil {
			d.Contacts = make(map[wire.ContactType]snapshot.Contact)
		}
		d.Contacts[role] = snapshot.NewContact(kind, resp.Contact, resp.ZhContact).Canonical()
		return nil
	}}
}

// stops reports whether an error says that all other reads will fail, too.
func stops(ctx context.Context, err error) bool {
	_, other := errors.AsType[*AccountError](err)
	return other || wire.StopsOperation(err) || ctx.Err() != nil
}

// failed notes a read that failed, or returns the error where it says that all
// others will fail, too.
func (f *fetcher) failed(ctx context.Context, live *Live, n need, r read, err error) error {
	if stops(ctx, err) {
		return err
	}
	f.note(live, n.domain.Name, n.facts&r.facts, r.operation, err)
	return nil
}

// note records a read that failed.
func (f *fetcher) note(live *Live, name string, facts snapshot.Facts, operation string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	live.Failures = append(live.Failures, snapshot.Failure{
		Domain: name, Facts: facts, Operation: operation, Message: err.Error(), RequestID: wire.RequestIDOf(err),
	})
}

// account notes the account that an answer names, and refuses another.
func (f *fetcher) account(live *Live, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if live.ID == "" {
		live.ID = id
	}
	for _, want := range []string{f.Account, live.ID} {
		if id != "" && want != "" && id != want {
			return &AccountError{Want: want, Got: id}
		}
	}
	return nil
}

// identify asks for the account where no read has told it yet: by a name of
// which more may be asked later.
func (f *fetcher) identify(ctx context.Context, live *Live, p *config.Portfolio) error {
	if live.ID != "" || len(live.Domains) == 0 {
		return nil
	}
	d := &live.Domains[0]
	if i := slices.IndexFunc(p.Domains, func(want config.Domain) bool { return f.Only.Has(want.Name) && live.Domain(want.Name) != nil }); i >= 0 {
		d = live.Domain(p.Domains[i].Name)
	}
	err := f.info(ctx, live, d)
	if _, other := errors.AsType[*AccountError](err); err != nil && !other {
		return fmt.Errorf("the account could not be identified: %w", err)
	}
	return err
}

// hostSet sorts the host names of an answer. None is "not read": an answer that
// leaves them out looks the same.
func hostSet(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
